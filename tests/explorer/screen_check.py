"""What is on screen of an explorer, beside what plain polars says of the same history."""

import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from ledger import chip, facts, heading
from outlook_check import Outlook
from plain import COST, DAY, FINISHED, Dates, Named, Plain, days_of, dollars, in_cell, month_before, named

from cfusage_lab.explorer import UsageExplorer

__all__ = ["OTHER", "Check"]

OTHER: Dates = (date(2026, 6, 1), date(2026, 6, 20))
"""The days that a reader compares with."""
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Check:
    """What is on screen of a preset, beside what should be."""

    def __init__(self, explorer: UsageExplorer, outlook: Outlook, dates: Dates) -> None:
        self.explorer, self.outlook, self.dates = explorer, outlook, dates
        self.plain = plain = outlook.plain
        self.figures = explorer.figures
        self.is_together = explorer.accounts.is_together or len(plain.accounts) == 1
        chosen = explorer.selection
        self.history = plain.between(dates)
        span = self.history
        if chosen.start is not None:
            span = span.filter(pl.col("start_time") >= chosen.start, pl.col("start_time") < chosen.end)
        self.brushed = span
        self.spanned = span if chosen.day is None else span.filter(pl.col("date") == chosen.day)
        self.cell = None if chosen.weekday is None or chosen.hour is None else (chosen.weekday, chosen.hour)
        self.selected = in_cell(self.spanned, self.cell)

    def everything(self) -> None:
        """Check the screen, part by part."""
        assert self.explorer.banner == ""
        assert self.explorer.history.height == self.selected.height
        for check in (self.cost, self.mean, self.costliest, self.today, self.month):
            check()
        for check in (self.time_line, self.compared, self.heatmap, self.profile):
            check()
        for check in (self.ranked, self.days, self.chip):
            check()
        self.outlook.check(self.explorer)
        self.outlook.stood_out.check(self.explorer, self.dates, is_together=self.is_together)

    # The figures

    def cost(self) -> None:
        """Add up exactly the days and hours that the sentence names."""
        figure = self.figures[0].figure
        assert figure.value == dollars(self.selected[COST].sum())
        how = self.explorer.comparison.value
        expected = self.plain.compare(self.spanned, how, whole=self.dates, other=OTHER, cell=self.cell)
        if expected.before is None:
            assert figure.words == "nothing to compare with"
            return
        if expected.current is None or expected.previous is None:
            assert figure.words in {"nothing to compare yet", "nothing to compare"}
            return
        told = re.fullmatch(r"(?:(.*) vs\.|the same as) (.*) \((.*)\)", figure.comparison)
        assert told, figure
        size, days, amount = told.groups()
        partner, cell = days, None
        if self.cell:
            cell_words, _, partner = days.partition(" of ")
            hour = self.cell[1]
            assert cell_words == f"{WEEKDAYS[self.cell[0] - 1]}s, {hour:02d}:00 to {hour + 1:02d}:00"
            cell = self.cell
        assert named(partner) == _shown(expected.before)
        assert amount == dollars(in_cell(self.plain.cut(named(partner)), cell)[COST].sum())
        assert amount == dollars(expected.previous)
        change = expected.current - expected.previous
        if abs(change) <= 1e-12 * expected.current:
            assert size is None
            return
        percent = f" ({change / expected.previous:+,.1%})" if expected.previous > 0 else ""
        assert size == f"{dollars(abs(change))} {'more' if change > 0 else 'less'}{percent}"

    def mean(self) -> None:
        found = self.figures[1].figure
        over = self.selected.filter(FINISHED)
        if self.cell:
            count = over["start_time"].n_unique()
            if not count:
                assert (found.value, found.note) == ("\N{EN DASH}", "no hour of it has ended")
                return
            assert (found.title, found.value) == ("Mean hour", dollars(over[COST].sum() / count))
            assert found.note == f"of {count} selected hour{'' if count == 1 else 's'}"
            return
        days = [one for one in self.plain.days(self.selected).values() if one["is_whole"] and one["is_over"]]
        if not days:
            assert (found.value, found.note) == ("\N{EN DASH}", "no whole day is selected")
            return
        assert found.value == dollars(sum(one["cost"] for one in days) / len(days))  # type: ignore[misc]
        assert found.note == f"of {len(days)} whole day{'' if len(days) == 1 else 's'}"

    def costliest(self) -> None:
        found = self.figures[2]
        days = self.plain.days(self.selected)
        if len(days) < 2:
            assert found.figure.note == "a single day is selected"
            return
        day, most = max(days.items(), key=lambda one: (one[1]["cost"], -one[0].toordinal()))  # type: ignore[attr-defined]
        if most["cost"] <= 0:
            assert found.figure.note == "no day has a cost"
            return
        assert found.figure.value == dollars(most["cost"])  # type: ignore[arg-type]
        assert found.figure.note == f"{day:%a} {day.day} {day:%b %Y}"  # type: ignore[attr-defined]
        assert found.day == day

    @property
    def last_day(self) -> date:
        """The day of the last hour that is over: in the first hour of a day, that is yesterday."""
        last: Any = self.plain.rows.filter(FINISHED)["date"].max()
        return last  # type: ignore[no-any-return]

    def today(self) -> None:
        found, day = self.figures[3].figure, self.last_day
        windows = self.plain.between((day, day)).filter(FINISHED)
        until = self._until(windows)
        is_today = day == self.plain.today
        assert found.title == (f"Today until {until}" if is_today else "Yesterday")
        assert found.value == dollars(windows[COST].sum())
        before = self.plain.between((day - DAY, day - DAY))
        before = before.filter(pl.col("clock") < until) if is_today else before
        partner = f"yesterday by {until}" if is_today else "the day before"
        self._change(found.comparison, partner, windows[COST].sum(), before[COST].sum())

    def month(self) -> None:
        found, day = self.figures[4].figure, self.last_day
        month = self.plain.between((day.replace(day=1), day)).filter(FINISHED)
        assert found.title == f"{day:%B %Y} so far"
        assert found.value == dollars(month[COST].sum())
        partner = re.sub(r"^the same as | \(\S+\)$|^.* vs\. ", "", found.comparison)
        told = named(partner, year=day.year - (day.month == 1))
        assert told.dates == ((day.replace(day=1) - DAY).replace(day=1), month_before(day))
        is_partner = told.dates[1].day == day.day  # of a shorter month, all of it counts
        until = self._until(month.filter(pl.col("date") == day))
        assert told.until == (until if is_partner and day == self.plain.today else None)
        self._change(found.comparison, partner, month[COST].sum(), self.plain.cut(told)[COST].sum())

    def _until(self, windows: pl.DataFrame) -> str:
        end: Any = windows["end_time"].max()
        return pl.Series([end]).dt.convert_time_zone(self.plain.zone).dt.strftime("%H:%M")[0]  # type: ignore[no-any-return]

    def _change(self, sentence: str, partner: str, current: float, previous: float) -> None:
        change = current - previous
        if abs(change) <= 1e-12 * (abs(current) + abs(previous)):
            assert sentence == f"the same as {partner}"
            return
        ratio = f" ({change / previous:+,.1%})" if previous > 0 else ""
        size = f"{dollars(abs(change))} {'more' if change > 0 else 'less'}{ratio}"
        assert sentence == f"{size} vs. {partner} ({dollars(previous)})"

    # The charts

    def rows(self, chart: str) -> list[pl.DataFrame]:
        views = self.explorer.charts[chart].chart.vconcat
        return [view.data for view in views if hasattr(view.data, "columns")]

    def time_line(self) -> None:
        total = self.history[COST].sum()
        assert heading(self.explorer, "time_line") == f"AI Gateway cost: {dollars(total)}"
        bars = self.rows("time_line")[0].filter(~pl.col("is_slot"))
        costs = bars.select(pl.sum_horizontal(pl.col("^cost_.*$"))).to_series()
        assert costs.sum() == pytest.approx(total)
        is_daily = self.explorer.state.granularity == "day"
        assert ("US dollars a day" if is_daily else "US dollars an hour") in facts(self.explorer)
        assert bars.height == self.history["date" if is_daily else "start_time"].n_unique()

    def compared(self) -> None:
        """Each day beside its partner; the title's days are those of the bars, and its sums theirs."""
        dates: Dates = (self.brushed["date"].min(), self.brushed["date"].max())  # type: ignore[assignment]
        how = self.explorer.comparison.value
        before = self.plain.before(dates, how, whole=self.dates, other=OTHER)
        by_account = not self.is_together
        partners = {} if before is None else dict(zip(days_of(dates), days_of(before), strict=False))
        known = self.plain.known_account_days if by_account else self.plain.known_days
        pairs: dict[object, tuple[float, float, date, date]] = {}
        for key, one in known.items():
            day, *whose = key if by_account else [key]  # type: ignore[misc, list-item]
            then = known.get((partners.get(day), *whose) if by_account else partners.get(day))  # type: ignore[arg-type]
            is_over = all(part and part["is_whole"] and part["is_over"] for part in (one, then))
            if day in partners and is_over:
                pairs[key] = (one["cost"], then["cost"], day, partners[day])  # type: ignore[assignment, index]
        found = [
            row
            for table in self.rows("compared")
            if "current_usd" in table.columns
            for row in table.drop_nulls(["current_usd", "previous_usd"])
            .select("current_usd", "previous_usd", pl.col("left").dt.date())
            .iter_rows()
        ]
        has_cost = {key[1] for key, one in pairs.items() if by_account and (one[0] or one[1])}  # type: ignore[index]
        wanted = [one[:3] for key, one in pairs.items() if not by_account or key[1] in has_cost]  # type: ignore[index]
        if len(days_of(dates)) <= 60:
            assert sorted(found, key=_place) == [_near(row) for row in sorted(wanted, key=_place)]
        if pairs and not by_account:
            self._compared_title([*pairs.values()])

    def _compared_title(self, pairs: list[tuple[float, float, date, date]]) -> None:
        title = heading(self.explorer, "compared")
        current, previous = (sum(one[n] for one in pairs) for n in (0, 1))
        change = current - previous
        direction = "more" if change > 0 else "less"
        words = f": {dollars(current)}, {dollars(abs(change))} {direction} ({change / previous:+,.1%}) than "
        assert words in title, (title, words)
        assert named(title.partition(words)[2]).dates == (pairs[0][3], pairs[-1][3])

    def heatmap(self) -> None:
        self._pattern("heatmap", ["weekday", "hour"])

    def profile(self) -> None:
        self._pattern("profile", ["hour"])

    def _pattern(self, chart: str, key: list[str]) -> None:
        means = self.plain.pattern(self.brushed, key)
        if not self.is_together:
            self._patterns(chart, key)
            return
        peak = max(means, key=lambda one: (means[one], *(-part for part in one))) if means else None
        title = heading(self.explorer, chart)
        if peak is None or means[peak] <= 0:
            assert "Peak" not in title
            return
        hour = f"{peak[-1]:02d}:00 to {peak[-1] + 1:02d}:00"
        words = (
            f"Peak of the week: {WEEKDAYS[peak[0] - 1]} {hour}, " if len(key) > 1 else f"Peak hour {hour}: "
        )
        assert title == f"{words}{dollars(means[peak])} on average"
        (table,) = (one for one in self.rows(chart) if "mean_usd" in one.columns)
        found = {
            row[:-1]: row[-1] for row in table.drop_nulls("mean_usd").select(*key, "mean_usd").iter_rows()
        }
        assert found == pytest.approx(means)

    def _patterns(self, chart: str, key: list[str]) -> None:
        """Check each account's own means; one without cost is not drawn."""
        costs = self.brushed.filter(FINISHED).group_by("account_id").agg(pl.col(COST).sum())
        drawn = costs.filter(pl.col(COST) != 0).sort(COST, descending=True)["account_id"]
        tables = [one for one in self.rows(chart) if "mean_usd" in one.columns] if drawn.len() else []
        found = [
            {row[:-1]: row[-1] for row in one.drop_nulls("mean_usd").select(*key, "mean_usd").iter_rows()}
            for one in tables
        ]
        expected = [
            self.plain.pattern(self.brushed.filter(pl.col("account_id") == one), key) for one in drawn
        ]
        assert len(found) == len(expected)
        for means in expected:
            assert any(one == pytest.approx(means) for one in found), chart

    # The tables

    def ranked(self) -> None:
        """Check the accounts that are chosen; another one has figures where its windows are known."""
        table = {row["key"]: row for row in self.explorer.accounts.rows.rows}
        chosen = self.plain.accounts
        assert {one for one, row in table.items() if row["is_selected"]} == (
            set(chosen) if len(chosen) < len(table) else set()
        )
        shown = [row for row in table.values() if not row["is_quiet"]]
        others = Plain(
            self.plain.everything, tuple(row["key"] for row in shown), self.plain.zone, self.plain.now
        )
        starts = self.spanned["start_time"].unique().implode()
        spanned = others.rows.filter(pl.col("start_time").is_in(starts))
        costs = dict(spanned.group_by("account_id").agg(pl.col(COST).sum()).iter_rows())
        assert [costs[row["key"]] for row in shown] == sorted(costs.values(), reverse=True)
        whole = sum(costs.values()) if len(shown) == len(table) else 0.0
        for row in shown:
            one = row["key"]
            _, cost, share, change, spark = row["cells"]
            assert cost == dollars(costs[one])
            assert share["text"] == (f"{costs[one] / whole:,.1%}" if whole > 0 else "\N{EN DASH}")
            if one in chosen:
                self._ranked_change(one, change)
                self._spark(one, spark["values"])

    def _ranked_change(self, one: str, cell: dict[str, str]) -> None:
        plain = Plain(self.plain.everything, (one,), self.plain.zone, self.plain.now)
        own = self.spanned.filter(pl.col("account_id") == one)
        found = plain.compare(own, self.explorer.comparison.value, whole=self.dates, other=OTHER)
        if found.current is None or found.previous is None:
            assert cell["text"] == "\N{EN DASH}"
            return
        change = found.current - found.previous
        assert cell["text"] == ("+" if change > 5e-11 else "") + dollars(change)
        ratio = f"{change / found.previous:+,.1%}" if found.previous and abs(change) > 1e-9 else ""
        assert cell["note"] in {ratio, "new", "stopped"}

    def _spark(self, one: str, values: list[float | None]) -> None:
        own = self.spanned.filter(pl.col("account_id") == one, FINISHED)
        plain = Plain(self.plain.everything, (one,), self.plain.zone, self.plain.now)
        days = [day["cost"] if day["is_whole"] else None for day in plain.days(own).values()]
        if len(days) <= 60:
            assert values == [None if day is None else pytest.approx(day, rel=1e-3) for day in days]

    def days(self) -> None:
        """Check the first page of days, the newest first."""
        by_account = not self.is_together and self.selected["account_id"].n_unique() > 1
        days = self.plain.days(self.selected, by_account=by_account)
        known = self.plain.known_account_days if by_account else self.plain.known_days
        rows = self.explorer.widget.days.rows.rows
        assert len(rows) == min(14, len(days))
        for row in rows:
            key = row["key"].split()
            day = date.fromisoformat(key[0])
            own: Any = days[(day, key[1]) if by_account else day]
            told, *_, cost, change, state = row["cells"]
            assert told.startswith(f"{day:%a} {day.day} {day:%b}")
            assert cost["text"] == dollars(own["cost"])
            before: Any = known[(day - DAY, key[1]) if by_account else day - DAY]
            is_compared = own["is_whole"] and own["is_over"]
            difference = own["cost"] - before["cost"]
            text = ("+" if difference > 5e-11 else "") + dollars(difference)
            assert change["text"] == (text if is_compared else "\N{EN DASH}"), row
            words = [
                *(["so far"] if not own["is_over"] else []),
                *(
                    [f"{own['hours']} of {own['due']} hours"]
                    if own["is_over"] and not own["is_whole"]
                    else []
                ),
                *(["may still change"] if own["is_over"] and not own["is_final"] else []),
            ]
            assert state == ", ".join(words), row

    def chip(self) -> None:
        told = chip(self.explorer)
        if self.explorer.selection.is_empty:
            assert told == "Whole range. Drag on the chart to zoom in."
            return
        cost, count = self.selected[COST].sum(), self.selected["start_time"].n_unique()
        whole = self.history[COST].sum()
        share = f" · {cost / whole:,.1%} of the range" if whole > 0 else ""
        rest = f"{dollars(cost)}{share} · {count:,} hour{'' if count == 1 else 's'}"
        assert told.endswith(f" · {rest}"), (told, rest)


def _shown(days: Named) -> Named:
    """Leave out a last day of which no hour is added."""
    (first, last), since, until = days.dates, days.since, days.until
    is_left_out = until == "00:00" and since is None and first < last
    return Named((first, last - DAY)) if is_left_out else days


def _near(row: tuple[float, float, date]) -> Any:  # noqa: ANN401 - pytest's own
    return tuple(pytest.approx(one) if isinstance(one, float) else one for one in row)


def _place(row: tuple[float, float, date]) -> tuple[date, float, float]:
    return row[2], round(row[0], 6), round(row[1], 6)
