"""The headline: figures that a reader can check, and none where hours are missing."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import A, B

from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.figures import Headline, credit_figure, figures_html, headline
from cfusage_lab.explorer.same import Same
from cfusage_lab.headline import Figure
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import CREDIT_BALANCE

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MONTHS = TimeRange(OCTOBER, datetime(2026, 11, 3, 10, tzinfo=UTC))


def history(each: float = 1.0, november: float = 2.0, *, account_id: str = A) -> pl.DataFrame:
    """Charge a dollar an hour in October, two in November; the hour that runs costs a hundred."""
    before = hours(OCTOBER, [each] * 31 * 24, account_id=account_id)
    finished = hours(NOVEMBER, [november] * (48 + 9), account_id=account_id)
    running = hours(NOVEMBER + 57 * HOUR, [100.0], account_id=account_id, states="in_progress")
    return pl.concat([before, finished, running])


def told(windows: pl.DataFrame, **options: object) -> dict[str, tuple[str, str]]:
    figures = headline(windows, **{"time_zone": "UTC", "months": MONTHS, "now": NOW, **options})  # type: ignore[arg-type]
    return {one.title: (one.value, one.comparison or one.note) for one in figures}


def test_every_figure_is_what_the_hours_add_up_to() -> None:
    """Nine hours of today at 2 dollars, as yesterday; 57 in November, beside 57 at a dollar."""
    assert told(history()) == {
        "Today until 09:00": ("$18.00", "the same as the day before until then"),
        "November 2026 so far": ("$114.00", "$57.00 more (+100.0%) than October until then ($57.00)"),
        "Mean day": ("$25.45", "of 33 whole days since Thu 1 Oct 2026"),
        "Peak hour": ("00:00 to 01:00", "$1.09 on average since Thu 1 Oct 2026, one of 9 alike"),
    }


def test_several_accounts_are_added_up() -> None:
    """Two dollars and half a dollar an hour in November."""
    both = pl.concat([history(), history(0.0, 0.5, account_id=B)])

    assert told(both)["November 2026 so far"] == (
        "$142.50",
        "$85.50 more (+150.0%) than October until then ($57.00)",
    )
    assert told(both)["Today until 09:00"][0] == "$22.50"


def test_accounts_that_do_not_have_the_same_hours_are_not_added_up() -> None:
    uneven = pl.concat([history(), history(account_id=B).slice(5)])

    assert set(told(uneven).values()) == {
        ("\N{EN DASH}", "the accounts do not have the same hours, and can't be added up")
    }


def test_a_month_that_lacks_hours_is_not_told_as_a_sum() -> None:
    """The table begins on Monday: of November two days are there, of today all hours."""
    found = told(history().filter(pl.col("start_time") >= NOVEMBER + timedelta(days=1)))

    assert found["November 2026 so far"] == ("\N{EN DASH}", "hours of it are missing")
    assert found["Today until 09:00"] == ("$18.00", "the same as the day before until then")
    assert found["Mean day"] == ("$48.00", "of 1 whole day since Mon 2 Nov 2026")


def test_a_month_without_the_one_before_is_told_but_not_compared() -> None:
    found = told(history().filter(pl.col("start_time") >= NOVEMBER))

    assert found["November 2026 so far"] == (
        "$114.00",
        "not compared with October until then: hours are missing",
    )


def test_what_is_older_than_today_is_not_called_today() -> None:
    """Nothing after Monday, 24:00; and nothing after Monday, 05:00, seen on Friday."""
    until_monday = history().filter(pl.col("start_time") < NOVEMBER + timedelta(days=2))

    assert next(iter(told(until_monday))) == "Yesterday"
    assert (
        next(iter(told(until_monday.head(-19), now=NOW + timedelta(days=3)))) == "Mon 2 Nov 2026 until 05:00"
    )


def test_hours_outside_the_two_months_do_not_count() -> None:
    """A costly September, fetched for the range on screen."""
    september = hours(OCTOBER - timedelta(days=30), [50.0] * 30 * 24, account_id=A)

    assert told(pl.concat([september, history()])) == told(history())


def test_the_days_are_the_zones() -> None:
    """In Kiritimati, 14 hours ahead, it is Tuesday, 23:00, when nine hours of it have ended in UTC."""
    found = told(history(), time_zone="Pacific/Kiritimati")

    assert found["Today until 23:00"] == ("$46.00", "the same as the day before until then")


def test_where_nothing_was_charged_no_hour_is_the_peak() -> None:
    found = told(history(0.0, 0.0))

    assert found["Peak hour"] == ("none", "no hour has a cost above zero on average")


def test_no_hours_at_all() -> None:
    found = told(history().clear())

    assert {value for value, _ in found.values()} == {"\N{EN DASH}"}


def credit(**balances: float) -> pl.DataFrame:
    rows = [(one, balance, True, 200.0, 50.0) for one, balance in balances.items()]
    return pl.DataFrame(rows, schema=CREDIT_BALANCE, orient="row")


def test_credit_is_told_with_what_tops_it_up() -> None:
    (figure,) = credit_figure(Beyond(credit=credit(a=12.5)), {})

    assert (figure.value, figure.note) == ("$12.50", "tops up by $200.00 below $50.00")


def test_of_several_accounts_the_lowest_credit_is_named() -> None:
    """It is the one that stops first."""
    (figure,) = credit_figure(Beyond(credit=credit(a=12.5, b=-2.0)), {"b": "Beta"})

    assert (figure.value, figure.note) == ("$10.50", "of 2 accounts; lowest: Beta, -$2.00")


def test_a_source_without_credit_has_no_such_figure() -> None:
    assert credit_figure(Beyond(is_complete=True), {}) == []


def test_credit_that_is_refused_says_why() -> None:
    (figure,) = credit_figure(Beyond(no_credit="not allowed", is_complete=True), {})

    assert (figure.value, figure.note) == ("\N{EN DASH}", "not allowed")


@pytest.mark.parametrize(("kind", "arrow"), [("up", "▲"), ("down", "▼"), ("flat", None)])
def test_a_direction_has_an_arrow_for_the_eye_and_words_for_everybody(kind: str, arrow: str | None) -> None:
    page = figures_html([Figure(title="T", value="$1", kind=kind, comparison="more <than>")])

    assert "more &lt;than&gt;" in page
    assert (f'aria-hidden="true">{arrow}</span>' in page) is (arrow is not None)
    assert "<dt>T</dt>" in page


def test_windows_after_the_present_do_not_count() -> None:
    """A table may go on where the figures end: a complete hour at 500 dollars, and those after it."""
    later = hours(MONTHS.end, [500.0] * 3, account_id=A)

    assert told(pl.concat([history(), later])) == told(history())


def test_today_is_the_zones_own() -> None:
    """Half past midnight in Berlin is still the day before in UTC: what has ended is yesterday."""
    until_midnight = history().filter(pl.col("end_time") <= datetime(2026, 11, 2, 23, tzinfo=UTC))
    now = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)

    titles = list(told(until_midnight, time_zone="Europe/Berlin", now=now))

    assert titles[0] == "Yesterday"


def test_a_mean_day_has_all_its_hours_and_all_of_them_have_ended() -> None:
    """October's 24 dollars and the first of November's 48; not the second while its last hour runs."""
    two_days = history().head((31 + 2) * 24)
    last = pl.col("start_time") == datetime(2026, 11, 2, 23, tzinfo=UTC)
    running = two_days.with_columns(state=pl.when(last).then(pl.lit("in_progress")).otherwise("state"))
    now = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)

    assert told(running, now=now)["Mean day"] == ("$24.75", "of 32 whole days since Thu 1 Oct 2026")
    assert told(two_days.slice(5))["Mean day"] == ("$25.50", "of 32 whole days since Fri 2 Oct 2026")


def test_two_hours_that_are_alike_are_said_to_be_two() -> None:
    """Three dollars at 7 and at 8 o'clock in Berlin, which is an hour earlier in UTC; one all other hours."""
    first = datetime(2026, 11, 1, 23, tzinfo=UTC)
    windows = hours(first, [3.0 if n in (7, 8) else 1.0 for n in range(24)], account_id=A)
    months = TimeRange(first, first + 24 * HOUR)

    figures = told(windows, time_zone="Europe/Berlin", months=months, now=months.end)

    assert figures["Peak hour"] == (
        "07:00 to 08:00",
        "$3.00 on average since Mon 2 Nov 2026, one of 2 alike",
    )


def while_loading(known: pl.DataFrame, *, is_stored: bool) -> set[tuple[str, str]]:
    awaited = Headline(
        known=Same(known),
        time_zone="UTC",
        months=MONTHS,
        now=NOW,
        is_loading=True,
        is_stored=is_stored,
        beyond=Beyond(),
        is_course_awaited=True,
        names=(),
    )
    return {(one.value, one.note) for one in awaited.figures()}


def test_figures_whose_hours_are_on_their_way_say_so_and_nothing_of_what_is_missing() -> None:
    """Of 30 hours today's are there, and not all of yesterday's; means of a part would be no means."""
    told_ = while_loading(history().tail(30), is_stored=False)

    assert told_ == {
        ("$18.00", "hours of it are still being fetched"),
        ("\N{EN DASH}", "hours of it are still being fetched"),
        ("\N{EN DASH}", "the days that tell it are still being fetched"),
    }


def test_figures_of_what_is_stored_are_told_at_once_and_what_they_lack_is_on_its_way() -> None:
    """All of November: of October an hour is not there yet."""
    told_ = while_loading(history().slice(1), is_stored=True)

    assert ("$114.00", "hours of it are still being fetched") in told_
    assert not any("not known" in note for _, note in told_)
