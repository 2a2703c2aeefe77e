"""Where the month ends and what stood out, in the figures and under the time line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import NOW, PATIENCE, A, B, Ledger, chip, comes_true, facts, heading, seen

import cfusage_lab as cfu
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer import UsageExplorer

BURST = datetime(2026, 11, 10, 3, tzinfo=UTC)
SPAN = (BURST, BURST + timedelta(hours=3))


class Bursting(Ledger):
    """A dollar an hour, and a hundred in three hours of one night; perhaps it knows few days only."""

    since = datetime(2026, 1, 1, tzinfo=UTC)

    def usage_history(self, time_range: cfu.TimeRange | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401 - passed on
        """Answer with what there is."""
        history = super().usage_history(time_range, **options)
        is_burst = pl.col("start_time").is_between(*SPAN, closed="left") & (pl.col("account_id") == A)
        cost = pl.when(is_burst).then(100.0).otherwise("aggregated_value")
        return history.with_columns(aggregated_value=cost).filter(pl.col("start_time") >= self.since)


def opened(source: object = None, **options: Any) -> UsageExplorer:  # noqa: ANN401 - passed on
    explorer = UsageExplorer(source or Bursting(), now=NOW, **options)
    assert explorer.wait(PATIENCE)
    return explorer


def card(explorer: UsageExplorer, title: str) -> str:
    """Tell one figure, with its notes."""
    (found,) = [one.figure for one in explorer.figures if one.figure.title == title]
    return " ".join(filter(None, (found.title, found.value, found.comparison, found.note)))


def said(explorer: UsageExplorer) -> str:
    return seen(explorer.widget.events.said.value)


def rows(explorer: UsageExplorer) -> list[Any]:
    return [one for one in explorer.widget.events.rows.children if one.layout.display != "none"]


def test_a_burst_is_listed_with_what_it_cost_and_a_click_selects_it() -> None:
    explorer = opened()

    assert said(explorer) == "What stood out 1 event came to $297.00 more than usual"
    (row,) = rows(explorer)
    assert row.description == (
        "+$297.00 on Tue 10 Nov 2026, 03:00 to 06:00: 100 times the usual Tuesday 03:00 to 06:00; $300.00, "
        "of which $297.00 above usual"
    )
    row.click()
    assert explorer.wait(PATIENCE)
    assert (explorer.selection.start, explorer.selection.end) == SPAN
    assert explorer.history["aggregated_value"].to_list() == [100.0] * 3
    assert "Tue 10 Nov 2026" in chip(explorer)
    assert explorer.events.select("start_time", "end_time", "impact_usd").rows() == [(*SPAN, 297.0)]


def test_marks_on_the_time_line_are_those_of_the_list() -> None:
    explorer = opened()

    assert "Marked: 1 event came to $297.00 more than usual" in facts(explorer)


def test_a_range_without_the_burst_has_one_quiet_line() -> None:
    explorer = opened(time_range="Today")

    assert said(explorer) == "Nothing stood out in this range"
    assert rows(explorer) == []


def test_a_month_of_a_dollar_an_hour_ends_with_its_hours() -> None:
    """30 days of 24 dollars; 60 days are the same, so nothing is in doubt."""
    explorer = opened(Ledger())

    assert card(explorer, "End of November 2026").startswith("End of November 2026 $720 by ")
    assert explorer.month_end["forecast_usd"].to_list() == pytest.approx([720.0])


def test_a_budget_is_told_with_the_hour_in_which_it_is_passed() -> None:
    """The 48th dollar falls due with the last hour of the second day, the first above it with the next."""
    assert "$48 was passed on Tue 3 Nov between 00:00 and 01:00" in card(
        opened(Ledger(), budget_usd=48), "End of November 2026"
    )
    assert "$48 was passed on Tue 3 Nov between 05:00 and 06:00" not in card(
        opened(Ledger(), budget_usd=48, time_zone="Asia/Tokyo"), "End of November 2026"
    )


def test_budgets_of_several_accounts_are_added_up_if_each_has_one() -> None:
    both = {"own": (A, B)}

    assert "A budget of $2,000 holds" in card(
        opened(Ledger(**both), budget_usd={A: 1500, B: 500}), "End of November 2026"
    )
    assert "budget" not in card(opened(Ledger(**both), budget_usd={A: 1500}), "End of November 2026")
    assert "A budget of $1,800 holds" in card(
        opened(Ledger(**both), budget_usd={A: 1500, "all": 1800}), "End of November 2026"
    )
    explorer = opened(Ledger(**both))
    assert explorer.month_end["account_id"].to_list() == [A, B, "all"]
    assert card(explorer, "End of November 2026").startswith("End of November 2026 $900 by ")


@pytest.mark.parametrize("budget", [0, -1, "2500", True, float("nan"), {A: 0}])
def test_a_budget_that_is_none_is_refused(budget: Any) -> None:  # noqa: ANN401 - as a caller wrote it
    with pytest.raises(ConfigError, match="budget"):
        UsageExplorer(Ledger(), now=NOW, budget_usd=budget)


def test_what_is_on_its_way_is_called_so() -> None:
    source = Bursting()
    explorer = UsageExplorer(source, now=NOW)
    assert explorer.wait(PATIENCE)
    beside = source.hold()  # the 90 days themselves are known by the month's end
    explorer.time_range.value = "Last 90 days"
    assert beside.has_begun()
    assert comes_true(lambda: "once the six weeks before this range are fetched" in said(explorer))
    beside.released.set()
    assert explorer.wait(PATIENCE)
    assert "1 event came to $297.00 more than usual" in said(explorer)
    assert "$" in card(explorer, "End of November 2026")


def test_five_days_of_history_say_that_they_are_not_enough() -> None:
    source = Bursting()
    source.since = NOW - timedelta(days=5)
    explorer = opened(source)

    assert "not enough history, it takes 7 days" in said(explorer)
    assert explorer.events.is_empty()
    assert "by run rate: 4 days of history" in card(explorer, "End of November 2026")


def test_a_table_says_from_when_on_it_was_judged() -> None:
    """It begins with the range; its first week teaches what is usual."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    costs = [100.0 if SPAN[0] <= start + n * timedelta(hours=1) < SPAN[1] else 1.0 for n in range(14 * 24)]
    explorer = UsageExplorer(hours(start, costs))
    assert explorer.wait(PATIENCE)

    assert said(explorer).startswith("What stood out 1 event came to $297.00 more than usual")
    assert "since Sun 8 Nov 2026, 00:00: before, there is not enough history" in said(explorer)


def test_events_are_told_on_the_clock_of_the_zone() -> None:
    explorer = opened(time_zone="America/New_York")

    assert "Mon 9 Nov 2026, 22:00 to Tue 10 Nov, 01:00" in rows(explorer)[0].description


def test_the_running_month_is_drawn_with_what_is_to_come() -> None:
    explorer = opened(Ledger(), time_range="Month to date", budget_usd=800)
    explorer.chart_days.value = "month"
    assert explorer.wait(PATIENCE)
    assert "720" in heading(explorer, "compared")
    explorer.select("2026-11-02", "2026-11-04")
    assert explorer.wait(PATIENCE)
    assert heading(explorer, "compared").startswith("Month to date: $72.00")


def test_more_than_five_events_unfold() -> None:
    client = cfu.UsageClient.sandbox(now=NOW)
    explorer = opened(client, time_range="Last 90 days")
    events, count = explorer.widget.events, explorer.events.height
    assert count > 5

    assert (len(rows(explorer)), events.more.description) == (5, f"and {count - 5} more")
    sizes = [float(re.sub(r"[^\d.]", "", one.description.split(" ")[0])) for one in rows(explorer)]
    assert sizes == sorted(sizes, reverse=True)
    events.more.click()
    assert (len(rows(explorer)), events.more.layout.display) == (count, "none")
    explorer.close()
