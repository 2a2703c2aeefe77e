"""What stood out, beside the same question asked of the plain history."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from ledger import facts, seen
from plain import COST, DAY, FINISHED, HOUR, Dates, Plain, dollars, to_nine_digits

import cfusage_lab as cfu
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.ranges import no_zone_warning

__all__ = ["StoodOut"]

_USUAL = 42 * DAY
_LISTED = 5
"""Events that are seen before the list is unfolded."""


@dataclass
class StoodOut:
    """What stood out of some accounts, of each range once.

    Attributes
    ----------
    plain
        All windows of the accounts.
    names
        What the accounts are called.
    """

    plain: Plain
    names: Mapping[str, str] = field(default_factory=dict)
    _found: dict[tuple[Dates, bool], pl.DataFrame] = field(default_factory=dict)

    def _anomalies(self, dates: Dates, *, is_together: bool) -> pl.DataFrame:
        """Ask for what was unusual in a range, told by it and the six weeks before."""
        key = (dates, is_together)
        if key not in self._found:
            start = self.plain.hours_of(dates[0])[0]
            inside = (pl.col("start_time") >= start - _USUAL) & (pl.col("date") <= dates[1])
            windows = self.plain.rows.filter(inside)
            judged = self.plain.added(windows) if is_together else self.plain.bare(windows)
            with no_zone_warning():
                found = cfu.anomalies(judged, time_zone=self.plain.zone)
            end = self.plain.between(dates)["end_time"].max()
            self._found[key] = found.filter(pl.col("end_time") > start, pl.col("start_time") < end)
        return self._found[key]

    def check(self, explorer: UsageExplorer, dates: Dates, *, is_together: bool) -> None:
        """Check the events, the list of them, and the bars that are marked."""
        expected = self._anomalies(dates, is_together=is_together)
        found = explorer.events
        assert to_nine_digits(found.to_dicts()) == to_nine_digits(expected.to_dicts())
        for event in found.iter_rows(named=True):
            self._event(event)
        events = sorted(found.iter_rows(named=True), key=lambda event: -abs(event["impact_usd"]))
        whose = {} if is_together else self.names
        texts = [self._line(event, whose) for event in events]
        page = explorer.widget.events
        shown = [one.description for one in page.rows.children if one.layout.display != "none"]
        assert shown == texts[:_LISTED]
        rest = len(texts) - _LISTED
        assert page.more.description == (f"and {rest} more" if rest > 0 else "")
        said = _stood_out([event["impact_usd"] for event in events])
        assert seen(page.said.value) == (f"What stood out {said}" if events else f"{said} in this range")
        self._marks(explorer, dates, events)

    def _event(self, event: Mapping[str, Any]) -> None:
        """Add up what an event cost, and read what is said of it."""
        start, end = event["start_time"], event["end_time"]
        windows = self.plain.rows.filter(pl.col("start_time") >= start, pl.col("start_time") < end)
        if event["account_id"] != "all":
            windows = windows.filter(pl.col("account_id") == event["account_id"])
        assert windows["start_time"].n_unique() == event["hours"] == (end - start) // HOUR
        assert windows.filter(~FINISHED).is_empty()
        actual, impact = event["actual_usd"], event["impact_usd"]
        assert actual == pytest.approx(windows[COST].sum())
        assert impact == pytest.approx(actual - event["expected_usd"])
        assert (impact > 0) == (event["direction"] == "up")
        assert event["lower_usd"] <= event["expected_usd"] <= event["upper_usd"]
        told = {dollars(one) for one in (actual, abs(impact), event["expected_usd"])}
        words = event["explanation"]
        assert set(re.findall(r"-?\$[\d,.]*\d", words)) <= told
        is_open = not (windows["state"] == "complete").all()
        assert words.endswith("; may still change") == is_open

    def _line(self, event: Mapping[str, Any], whose: Mapping[str, str]) -> str:
        first, last = (
            event[name].astimezone(ZoneInfo(self.plain.zone)) for name in ("start_time", "end_time")
        )
        when = f"{first:%a} {first.day} {first:%b %Y}, {first:%H:%M} to "
        if (last - timedelta(microseconds=1)).date() == first.date():
            when += "24:00" if f"{last:%H:%M}" == "00:00" else f"{last:%H:%M}"
        else:
            when += f"{last:%a} {last.day} {last:%b}, {last:%H:%M}"
        sign = "+" if event["impact_usd"] > 0 else ""
        name = f"{whose[event['account_id']]}: " if whose else ""
        return f"{name}{sign}{dollars(event['impact_usd'])} on {when}: {event['explanation']}"

    def _marks(self, explorer: UsageExplorer, dates: Dates, events: list[dict[str, Any]]) -> None:
        """Check that the bars are marked in which an event lies, and what is said of them."""
        said = _stood_out([event["impact_usd"] for event in events])
        assert f"Marked: {said[0].lower()}{said[1:]}" in facts(explorer)
        inside = [
            pl.col("start_time").is_between(one["start_time"], one["end_time"], closed="left")
            for one in events
        ]
        hours = self.plain.between(dates).filter(pl.any_horizontal(pl.lit(value=False), *inside))
        bars = explorer.charts["time_line"].chart.vconcat[0].data
        bars = bars.filter(~pl.col("is_slot"), pl.col("event_direction").is_not_null())
        if explorer.state.granularity == "day":
            assert set(bars["left"].dt.date()) == set(hours["date"])
        else:
            assert set(bars["start_time"]) == set(hours["start_time"])


def _stood_out(impacts: list[float]) -> str:
    above, below = [one for one in impacts if one > 0], [-one for one in impacts if one <= 0]
    more, less = (
        f"{len(one)} event{'' if len(one) == 1 else 's'} {{}}to {dollars(sum(one))}" for one in (above, below)
    )
    if not above and not below:
        return "Nothing stood out"
    if not above:
        return f"{less.format('came ')} less than usual"
    first = f"{more.format('came ')} more than usual"
    return f"{first}, {less.format('')} less" if below else first
