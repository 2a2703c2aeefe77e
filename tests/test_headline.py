"""A terminal, a report and the explorer say the same figures in the same words."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours
from states import state_of
from summary_rows import summary_of

import cfusage_lab as cfu
from cfusage_lab.commands.summary_formats import as_markdown, as_text
from cfusage_lab.explorer.figures import cards, cards_html
from cfusage_lab.explorer.outlook_figures import month_end_figure
from cfusage_lab.forecasts import month_end_sentence
from cfusage_lab.headline import (
    HEADLINE,
    Usage,
    comparison_sentence,
    headline_figures,
    headline_table,
    month_end,
)
from cfusage_lab.ranges import moment

EN_DASH = "\N{EN DASH}"
A, B = "a" * 32, "b" * 32
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
MONTHS = cfu.since_previous_month(now=NOW)
OCTOBER = MONTHS.start
FINISHED = (datetime(2026, 11, 18, 9, tzinfo=UTC) - OCTOBER).days * 24 + 9
RISING = [0.5 + (n % 24) / 10 + n / 1000 for n in range(FINISHED)]


def sandbox() -> pl.DataFrame:
    with cfu.UsageClient.sandbox(now=NOW) as client:
        return client.usage_history(MONTHS, with_ids=False)


def two_accounts() -> pl.DataFrame:
    return pl.concat([hours(OCTOBER, RISING, account_id=A), hours(OCTOBER, RISING[::-1], account_id=B)])


HISTORIES = {
    "sandbox": sandbox,
    "two accounts": two_accounts,
    "a cost every hour alike": lambda: hours(OCTOBER, [2.0] * FINISHED, account_id=A),
    "something after nothing": lambda: hours(OCTOBER, [0.0] * (FINISHED - 9) + [1.0] * 9, account_id=A),
    "nothing after something": lambda: hours(OCTOBER, [1.0] * 744 + [0.0] * (FINISHED - 744), account_id=A),
    "never anything": lambda: hours(OCTOBER, [0.0] * FINISHED, account_id=A),
    "a correction": lambda: hours(OCTOBER, [-1.0] * (FINISHED - 9) + [1.0] * 9, account_id=A),
    "a day that is over": lambda: hours(OCTOBER, RISING[:-9], account_id=A),
    "a month without its first days": lambda: hours(
        datetime(2026, 11, 3, tzinfo=UTC), RISING[:369], account_id=A
    ),
    "no month before": lambda: hours(datetime(2026, 11, 1, tzinfo=UTC), RISING[:417], account_id=A),
}


def in_terminal(history: pl.DataFrame) -> dict[str, str]:
    """Return title to value and words, of all accounts together."""
    usage = Usage.of(history, time_zone="UTC")
    rows = headline_table(history, time_zone="UTC")
    total = None if usage.is_alone else headline_table(usage.total, time_zone="UTC").row(0, named=True)
    found = summary_of(rows, total=total, time_range=MONTHS)
    lines = as_text(found, is_rich=False, width=None).splitlines()[4:9]
    table = [re.split(r" {2,}", line.strip(), maxsplit=2) for line in lines]
    day = table[0]
    digest = as_markdown(found)
    assert f" | {day[1]} | " in digest
    assert f"Day: {day[0]}; month: {table[1][0]}." in digest
    return {line[0]: " ".join(line[1:]) for line in table}


def in_report(history: pl.DataFrame, folder: Path) -> dict[str, str]:
    """Return the same of the cards of a report."""
    path = cfu.report(history, time_zone="UTC", path=folder / "usage.html", now=NOW)
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    cards = [[part.text for part in card.find_all(["dt", "dd"])] for card in page.select(".card")]
    return {card[0]: " ".join(card[1:]) for card in cards}


def in_explorer(history: pl.DataFrame) -> dict[str, str]:
    """Return the same of the figures above the explorer's charts, as to a reader of another day.

    They are of the two months, whatever the range.
    """
    page = BeautifulSoup(cards_html(cards(state_of(history, now=NOW, days="Today"))), "html.parser")
    shown = [[part.text.strip() for part in card.find_all(["dt", "dd"])] for card in page.select("dl > div")]
    found = {card[0]: re.sub("^[▲▼] ", "", " ".join(card[1:])) for card in shown}
    return {_of_another_day(title): _of_another_day(words) for title, words in found.items()}


def _of_another_day(words: str) -> str:
    days = {"Today": "Wed 18 Nov 2026", "Yesterday": "Tue 17 Nov 2026", "yesterday": "the day before"}
    for relative, name in days.items():
        words = re.sub(rf"\b{relative}\b", name, words)
    return re.sub(f"^{EN_DASH} ", "unknown ", words)


@pytest.mark.slow
@pytest.mark.parametrize("name", HISTORIES)
def test_all_three_say_the_same_figures_in_the_same_words(name: str, tmp_path: Path) -> None:
    history = HISTORIES[name]()

    terminal, report, explorer = in_terminal(history), in_report(history, tmp_path), in_explorer(history)

    shared = [title for title in explorer if title in terminal and title not in ("Mean day", "Peak hour")]
    assert len(shared) == 2, "today and the month"
    for title in shared:
        words = re.sub(r"[▲▼] | without the running hour$", "", explorer[title])
        assert terminal[title] == words
        assert report[title] == words
    for title in ("Mean day", "Peak hour", "Load factor"):
        assert report[title] == terminal[title]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sandbox", "two accounts", "a cost every hour alike"])
def test_all_three_let_the_month_end_alike(name: str, tmp_path: Path) -> None:
    history = HISTORIES[name]()
    state = state_of(history, now=NOW)
    state.tell_course()
    explorer = month_end_figure(state)

    end = month_end(Usage.of(history, time_zone="UTC"), budget=None, balance=None)

    assert end
    terminal = month_end_sentence(end.whole)
    assert explorer.title == "End of November 2026"
    assert f"On course for {explorer.value.replace(EN_DASH, ' to ')} (80 %)" == terminal
    path = cfu.report(history, time_zone="UTC", path=tmp_path / "usage.html", now=NOW)
    assert f"<p>{terminal}." in path.read_text(encoding="utf-8")


def test_a_month_that_lacks_hours_has_no_sum(tmp_path: Path) -> None:
    told = in_report(HISTORIES["a month without its first days"](), tmp_path)

    assert told["November 2026 so far"] == "unknown hours of it are missing"


def test_the_words_are_those_of_the_figures() -> None:
    """Two dollars an hour, and so they were before."""
    assert in_terminal(HISTORIES["a cost every hour alike"]()) == {
        "Wed 18 Nov 2026 until 09:00": "$18.00 the same as the day before by 09:00",
        "November 2026 so far": "$834.00 the same as 1\N{EN DASH}18 Oct by 09:00",
        "Mean day": "$48.00 of 48 whole days since Thu 1 Oct 2026",
        "Peak hour": "00:00 to 01:00 $2.00 on average since Thu 1 Oct 2026, one of 24 alike",
        "Load factor": "100.0% mean hour over the highest",
    }


def test_a_summary_is_the_headline_without_what_is_said_beside_it() -> None:
    history = two_accounts()

    table = headline_table(history, time_zone="Europe/Berlin")

    assert table.schema == HEADLINE
    summary = cfu.summary(history, time_zone="Europe/Berlin")
    assert table.select(summary.columns).equals(summary)


@pytest.mark.parametrize(
    ("kind", "change", "ratio", "previous", "words"),
    [
        ("up", 5.0, 0.5, 10.0, "$5.00 more (+50.0%) vs. it ($10.00)"),
        ("down", -5.0, -0.5, 10.0, "$5.00 less (-50.0%) vs. it ($10.00)"),
        ("new", 5.0, None, 0.0, "$5.00 more vs. it ($0.00)"),
        ("stopped", -5.0, -1.0, 5.0, "$5.00 less (-100.0%) vs. it ($5.00)"),
        ("up", 7.0, None, -2.0, "$7.00 more vs. it (-$2.00)"),
        ("flat", 0.0, 0.0, 10.0, "the same as it"),
        ("zero", 0.0, None, 0.0, "the same as it"),
        ("unknown", None, None, None, "not compared with it: hours are missing"),
        ("up", 5.0, 0.5, None, "$5.00 more (+50.0%) vs. it"),
    ],
)
def test_every_kind_of_comparison_has_one_sentence(
    kind: str, change: float | None, ratio: float | None, previous: float | None, words: str
) -> None:
    assert comparison_sentence(kind, change, ratio, "it", previous=previous) == words


def test_to_a_reader_of_that_day_it_is_today() -> None:
    row = headline_table(hours(OCTOBER, RISING, account_id=A), time_zone="UTC").row(0, named=True)

    titles = [headline_figures(row, today=row["date"].replace(day=n)).day.title for n in (18, 19, 20)]
    assert titles == ["Today until 09:00", "Yesterday until 09:00", "Wed 18 Nov 2026 until 09:00"]


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        ("2026-11-18T09:00Z", "yesterday by 09:00", "1\N{EN DASH}18 Oct by 09:00"),
        ("2026-11-01T01:00Z", "yesterday by 01:00", "1 Oct by 01:00"),
        ("2026-03-31T09:00Z", "yesterday by 09:00", "1\N{EN DASH}28 Feb"),
        ("2026-01-02T09:00Z", "yesterday by 09:00", "1\N{EN DASH}2 Dec by 09:00"),
    ],
)
def test_a_comparison_names_the_days_and_the_time_that_were_added_up(now: str, day: str, month: str) -> None:
    """A dollar an hour of today, two before: of a shorter month, all of it counts."""
    end = moment(now)
    months = cfu.since_previous_month(now=end - timedelta(minutes=30))
    costs = [1.0 if n >= months.hours - end.hour else 2.0 for n in range(months.hours)]
    row = headline_table(hours(months.start, costs, account_id=A), time_zone="UTC").row(0, named=True)

    found = headline_figures(row, today=end.date())

    assert found.day.comparison == f"${end.hour}.00 less (-50.0%) vs. {day} (${2 * end.hour}.00)"
    assert f" vs. {month} ($" in found.month.comparison
    assert row["previous_month_usd"] == 2 * _hours_of(month)


def _hours_of(days: str) -> int:
    """Count the hours that a few words stand for."""
    dates, _, until = days.partition(" by ")
    first, _, last = dates.split()[0].partition("\N{EN DASH}")
    whole = int(last or first) - int(first) + 1
    return 24 * whole if not until else 24 * (whole - 1) + int(until[:2])


def test_two_hours_that_are_alike_are_said_to_be_two() -> None:
    """Three dollars at 7 and at 8 o'clock in Berlin, which is an hour earlier in UTC; one all other hours."""
    first = datetime(2026, 11, 1, 23, tzinfo=UTC)
    windows = hours(first, [3.0 if n in (7, 8) else 1.0 for n in range(24)], account_id=A)

    row = headline_table(windows, time_zone="Europe/Berlin").row(0, named=True)

    peak = headline_figures(row).peak_hour
    assert (peak.value, peak.note) == (
        "07:00 to 08:00",
        "$3.00 on average since Mon 2 Nov 2026, one of 2 alike",
    )
