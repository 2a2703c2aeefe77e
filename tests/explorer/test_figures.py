"""The figures above the charts: each can be checked by a reader, and none is told where hours are missing."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import A, B
from states import figures_told, state_of

from cfusage_lab.explorer.data import Aside
from cfusage_lab.explorer.figures import Card, cards_html
from cfusage_lab.explorer.outlook_figures import credit_figure
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.headline import Figure
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import CREDIT_BALANCE

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MONTHS = TimeRange(OCTOBER, datetime(2026, 11, 3, 10, tzinfo=UTC))
BOTH_MONTHS = (date(2026, 10, 1), date(2026, 11, 3))
NOTHING = "\N{EN DASH}"
MONTH = "November 2026 so far"


def history(each: float = 1.0, november: float = 2.0, *, account_id: str = A) -> pl.DataFrame:
    """Charge a dollar an hour in October, two in November; the hour that runs costs a hundred."""
    before = hours(OCTOBER, [each] * 31 * 24, account_id=account_id)
    finished = hours(NOVEMBER, [november] * (48 + 9), account_id=account_id)
    running = hours(NOVEMBER + 57 * HOUR, [100.0], account_id=account_id, states="in_progress")
    return pl.concat([before, finished, running])


def told(windows: pl.DataFrame, **options: object) -> dict[str, tuple[str, str]]:
    """Tell the figures of both months, of today and of this month."""
    return figures_told(state_of(windows, **{"now": NOW, "days": BOTH_MONTHS, **options}))  # type: ignore[arg-type]


def test_every_figure_is_what_the_hours_add_up_to() -> None:
    """Nine hours of today at 2 dollars, as yesterday; 57 in November, beside 57 at a dollar."""
    found = told(history())

    assert found["Today until 09:00"] == ("$18.00", "the same as yesterday by 09:00")
    assert found[MONTH] == (
        "$114.00",
        "$57.00 more (+100.0%) vs. 1\N{EN DASH}3 Oct by 09:00 ($57.00)",
    )
    assert found["Mean day"] == ("$25.45", "of 33 whole days")
    assert found["Costliest day"] == ("$118.00", "Tue 3 Nov 2026")
    assert found["Cost, 1 Oct \N{EN DASH} 3 Nov 2026"][0] == "$958.00"


def test_several_accounts_are_added_up() -> None:
    """Two dollars and half a dollar an hour in November."""
    both = pl.concat([history(), history(0.0, 0.5, account_id=B)])

    assert told(both)[MONTH] == (
        "$142.50",
        "$85.50 more (+150.0%) vs. 1\N{EN DASH}3 Oct by 09:00 ($57.00)",
    )
    assert told(both)["Today until 09:00"][0] == "$22.50"


def test_accounts_that_do_not_have_the_same_hours_are_not_added_up() -> None:
    uneven = pl.concat([history(), history(account_id=B).slice(5)])
    unequal = (NOTHING, "the accounts do not have the same hours, and can't be added up")

    assert (told(uneven)["Today"], told(uneven)["This month"]) == (unequal, unequal)


def test_a_month_that_lacks_hours_is_not_told_as_a_sum() -> None:
    """The table begins on Monday: of November two days are there, of today all hours."""
    found = told(history().filter(pl.col("start_time") >= NOVEMBER + timedelta(days=1)))

    assert found[MONTH] == (NOTHING, "hours of it are missing")
    assert found["Today until 09:00"] == ("$18.00", "the same as yesterday by 09:00")
    assert found["Mean day"] == ("$48.00", "of 1 whole day")


def test_a_month_without_the_one_before_is_told_but_not_compared() -> None:
    found = told(history().filter(pl.col("start_time") >= NOVEMBER))

    assert found[MONTH] == (
        "$114.00",
        "not compared with 1\N{EN DASH}3 Oct by 09:00: hours are missing",
    )


def test_what_is_older_than_today_is_not_called_today() -> None:
    """Nothing after Monday, 24:00; and nothing after Monday, 05:00, seen on Friday."""
    until_monday = history().filter(pl.col("start_time") < NOVEMBER + timedelta(days=2))

    assert "Yesterday" in told(until_monday)
    assert "Mon 2 Nov 2026 until 05:00" in told(until_monday.head(-19), now=NOW + timedelta(days=3))


def test_hours_outside_the_two_months_do_not_count() -> None:
    """A costly September, fetched for the range on screen."""
    september = hours(OCTOBER - timedelta(days=30), [50.0] * 30 * 24, account_id=A)
    with_it, without = told(pl.concat([september, history()])), told(history())

    for title in ("Today until 09:00", MONTH, "Mean day", "Costliest day"):
        assert with_it[title] == without[title]


def test_the_days_are_the_zones() -> None:
    """In Kiritimati, 14 hours ahead, it is Tuesday, 23:00, when nine hours of it have ended in UTC."""
    found = told(history(), time_zone="Pacific/Kiritimati")

    assert found["Today until 23:00"] == ("$46.00", "the same as yesterday by 23:00")


def test_where_nothing_was_charged_no_day_is_the_costliest() -> None:
    free = history(0.0, 0.0).with_columns(aggregated_value=0.0)

    assert told(free)["Costliest day"] == (NOTHING, "no day has a cost")


def test_no_hours_at_all() -> None:
    found = told(history().clear(), accounts=(A,))

    assert {value for value, _ in found.values()} == {NOTHING}


def test_figures_obey_the_selection() -> None:
    """The last two days of October at 24 dollars, the first of November at 48; Sundays at ten o'clock."""
    span = Selection(start=NOVEMBER - timedelta(days=2), end=NOVEMBER + timedelta(days=1))
    found = told(history(), selection=span)

    assert found["Cost, Fri 30 Oct to Sun 1 Nov 2026"] == (
        "$96.00",
        "$24.00 more (+33.3%) vs. 27\N{EN DASH}29 Oct 2026 ($72.00)",
    )
    assert found["Mean day"] == ("$32.00", "of 3 whole days")
    assert found["Costliest day"] == ("$48.00", "Sun 1 Nov 2026")
    assert found["Today until 09:00"][0] == "$18.00"

    cell = told(history(), selection=Selection(weekday=7, hour=10))
    assert cell["Cost, Sundays 10:00 to 11:00"][0] == "$6.00"
    assert cell["Mean hour"] == ("$1.20", "of 5 selected hours")


def credit(**balances: float) -> pl.DataFrame:
    rows = [(one, balance, True, 200.0, 50.0) for one, balance in balances.items()]
    return pl.DataFrame(rows, schema=CREDIT_BALANCE, orient="row")


def credit_told(names: dict[str, str] | None = None, **aside: object) -> list[Figure]:
    accounts = ("a", "b")
    told_beside = Aside(accounts=accounts, **aside)  # type: ignore[arg-type]
    return credit_figure(
        state_of(history().clear(), now=NOW, accounts=accounts, names=names, aside=told_beside)
    )


def test_credit_is_told_with_what_tops_it_up() -> None:
    (figure,) = credit_told(credit=credit(a=12.5))

    assert (figure.value, figure.note) == ("$12.50", "tops up by $200.00 below $50.00")


def test_of_several_accounts_the_lowest_credit_is_named() -> None:
    """It is the one that stops first."""
    (figure,) = credit_told({"b": "Beta"}, credit=credit(a=12.5, b=-2.0))

    assert (figure.value, figure.note) == ("$10.50", "of 2 accounts; lowest: Beta, -$2.00")


def credit_of_two(told: pl.DataFrame, *, second: str = "Beta") -> Figure:
    """Tell the credit of two accounts of a dollar an hour and more, the first called Alpha."""
    both = pl.concat([history(), history(account_id=B)])
    aside = Aside(accounts=(A, B), credit=told)
    state = state_of(both, now=NOW, names={A: "Alpha", B: second}, aside=aside)
    state.tell_course()
    (figure,) = credit_figure(state)
    return figure


def test_credit_that_is_used_up_is_told_in_a_sentence() -> None:
    """One of two accounts owes money."""
    figure = credit_of_two(credit(**{A: 900.0, B: -2.0}))

    assert figure.comparison == "first: Beta is used up"


def test_credit_that_is_topped_up_hides_none_that_runs_out() -> None:
    """Alpha's 100 dollars would last four days and are topped up below 50; nobody tops up Beta's 200."""
    told = credit(**{A: 100.0, B: 200.0})
    is_alpha = pl.col("account_id") == A
    amounts = {name: pl.when(is_alpha).then(name) for name in ("topup_amount_usd", "topup_threshold_usd")}

    assert credit_of_two(told.with_columns(**amounts)).comparison.startswith("first: Beta ")
    assert credit_of_two(told).comparison.startswith("first: Alpha ")


def test_of_two_accounts_with_one_name_it_is_said_which_credit_is_used_up() -> None:
    figure = credit_of_two(credit(**{A: 900.0, B: -2.0}), second="Alpha")

    assert figure.comparison == f"first: Alpha ({B}) is used up"
    assert figure.note == f"of 2 accounts; lowest: Alpha ({B}), -$2.00"


def test_credit_of_other_accounts_tells_nothing_about_these() -> None:
    """It is still there while that of the accounts now on screen is on its way."""
    others = Aside(accounts=(B,), credit=credit(**{B: 12.5}))
    state = state_of(history(), now=NOW, aside=others)

    assert state.tell_course().runway is None
    assert credit_figure(state) == []
    assert (
        state_of(history(), now=NOW, aside=Aside(accounts=(A,), credit=credit(**{A: 9}))).tell_course().runway
        is not None
    )


def test_a_source_without_credit_has_no_such_figure() -> None:
    assert credit_told() == []


def test_credit_that_is_refused_says_why() -> None:
    (figure,) = credit_told(no_credit="not allowed")

    assert (figure.value, figure.note) == (NOTHING, "not allowed")


@pytest.mark.parametrize(("kind", "arrow"), [("up", "▲"), ("down", "▼"), ("flat", None)])
def test_a_direction_has_an_arrow_for_the_eye_and_words_for_everybody(kind: str, arrow: str | None) -> None:
    page = cards_html([Card(figure=Figure(title="T", value="$1", kind=kind, comparison="more <than>"))])

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

    assert "Yesterday" in told(until_midnight, time_zone="Europe/Berlin", now=now)


def test_a_mean_day_has_all_its_hours_and_all_of_them_have_ended() -> None:
    """October's 24 dollars and the first of November's 48; not the second while its last hour runs."""
    two_days = history().head((31 + 2) * 24)
    last = pl.col("start_time") == datetime(2026, 11, 2, 23, tzinfo=UTC)
    running = two_days.with_columns(state=pl.when(last).then(pl.lit("in_progress")).otherwise("state"))
    now = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)

    assert told(running, now=now)["Mean day"] == ("$24.75", "of 32 whole days")
    assert told(two_days.slice(5))["Mean day"] == ("$25.50", "of 32 whole days")


def test_figures_whose_hours_are_on_their_way_say_so_and_nothing_of_what_is_missing() -> None:
    """Of 30 hours today's are there, and not all of yesterday's; means of a part would be no means."""
    state = state_of(
        history(), now=NOW, days="Today", held=(TimeRange(MONTHS.end - 30 * HOUR, MONTHS.end),), is_busy=True
    )
    found = {(value, words) for value, words in figures_told(state, with_course=False).values()}

    assert ("$18.00", "hours of it are still being fetched") in found
    assert (NOTHING, "hours of it are still being fetched") in found
    assert (NOTHING, "the days that tell it are still being fetched") in found
    assert ("$118.00", "the days to compare with are still being fetched") in found
    assert not any("missing" in words for _, words in found)
    assert not any("unknown" in words for _, words in found)


def test_figures_of_what_is_here_are_told_at_once_and_what_they_lack_is_on_its_way() -> None:
    """All of November: of October an hour is not there yet."""
    held = (TimeRange(OCTOBER + HOUR, MONTHS.end),)
    state = state_of(history(), now=NOW, days="Month to date", held=held, is_busy=True)
    found = {(value, words) for value, words in figures_told(state, with_course=False).values()}

    assert ("$114.00", "hours of it are still being fetched") in found
    assert not any("not known" in words for _, words in found)
