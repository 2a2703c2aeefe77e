"""What is to come and what was billed, beside the same questions asked of the plain history.

What is simple is worked out by plain polars and the calendar. What a model says is asked of the public
function, of exactly the documented days of accounts that were added up here: it is the explorer's choice of
windows, its adding up, its rounding and its sentences that are looked at.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from math import fsum
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from events_check import StoodOut
from ledger import seen
from plain import COST, DAY, HOUR, Plain, dollars, round_dollars, to_nine_digits

import cfusage_lab as cfu
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.headline import Figure
from cfusage_lab.ranges import no_zone_warning

__all__ = ["Outlook"]

_FORECAST = 90 * DAY


@dataclass
class Outlook:
    """What no preset changes, of some accounts on a zone's clock.

    Attributes
    ----------
    plain
        All windows of the accounts.
    names
        What the accounts are called.
    credit, invoice
        As a client told them of the accounts; None where nobody did.
    budgets
        US dollars a month by account.
    """

    plain: Plain
    names: Mapping[str, str] = field(default_factory=dict)
    credit: pl.DataFrame | None = None
    invoice: pl.DataFrame | None = None
    budgets: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def stood_out(self) -> StoodOut:
        """What stood out of the same accounts."""
        return StoodOut(self.plain, self.names)

    def check(self, explorer: UsageExplorer) -> None:
        """Check what the explorer says of it."""
        month_end, *credit = (one.figure for one in explorer.figures[5:])
        self._month_end(explorer.month_end.to_dicts(), month_end)
        self._credit(credit)
        self._billed(explorer.widget.billed.value)

    @cached_property
    def _season(self) -> pl.DataFrame:
        """The last 90 days, and today until now."""
        return self.plain.between((self.plain.today - _FORECAST, self.plain.today))

    @cached_property
    def _month(self) -> pl.DataFrame:
        return self.plain.between((self.plain.today.replace(day=1), self.plain.today))

    # Where the month ends

    @cached_property
    def _ends(self) -> list[dict[str, Any]]:
        """Each account's by itself, then that of all added up."""
        parts = [*map(self._own, self.plain.accounts), self.plain.added(self._season)]
        return [self._asked(cfu.forecast_month_end, one).row(0, named=True) for one in parts]

    def _asked(
        self, function: Callable[..., pl.DataFrame], history: pl.DataFrame, **options: object
    ) -> pl.DataFrame:
        """Ask a public function of local days, and of the hours that these were made of."""
        with no_zone_warning():
            daily = cfu.daily_usage(history, time_zone=self.plain.zone)
            return function(daily=daily, history=history, time_zone=self.plain.zone, **options)

    def _own(self, account: str) -> pl.DataFrame:
        return self.plain.bare(self._season.filter(pl.col("account_id") == account))

    def _month_end(self, table: list[dict[str, Any]], figure: Figure) -> None:
        """Check the table, its bounds, and how its last row is put into words."""
        last = self._ends[-1]
        ends = self._ends if len(self.plain.accounts) > 1 else [last]
        assert to_nine_digits(table) == to_nine_digits(ends)
        for row in table:
            self._bounds(row)
        assert figure.title == f"End of {self.plain.today:%B %Y}"
        forecast = round_dollars(last["forecast_usd"])
        lower, upper = (round_dollars(last[f"{side}_80_usd"]) for side in ("lower", "upper"))
        assert last["lower_80_usd"] < last["upper_80_usd"]
        assert figure.value == (f"{lower}\N{EN DASH}{upper}" if lower != upper else lower)
        assert figure.note == f"80 % interval, forecast {forecast}, by {last['method']}"
        assert figure.comparison == self._budget

    def _bounds(self, row: dict[str, Any]) -> None:
        """Check what holds whatever a model says."""
        today, whose = self.plain.today, row["account_id"]
        windows = self._month if whose == "all" else self._month.filter(pl.col("account_id") == whose)
        assert row["month"] == today.replace(day=1)
        assert row["days_left"] == ((today.replace(day=28) + 4 * DAY).replace(day=1) - DAY - today).days
        assert row["spent_usd"] == pytest.approx(windows[COST].sum())
        names = ("lower_95_usd", "lower_80_usd", "forecast_usd", "upper_80_usd", "upper_95_usd")
        ends = [row[name] for name in names]
        assert ends == sorted(ends)
        if self._season.filter(pl.col(COST) < 0).is_empty():
            assert row["forecast_usd"] >= row["spent_usd"] - 1e-9
            assert row["lower_95_usd"] >= row["spent_usd"] - 1e-9

    @cached_property
    def _budget(self) -> str:
        """Say how the budget stands; each account has one, so all have the sum."""
        if not self.budgets:
            return ""
        budget = sum(self.budgets[one] for one in self.plain.accounts)
        hours = self._month.group_by("start_time", "date").agg(pl.col(COST).sum()).sort("start_time")
        passed = hours.filter(pl.col(COST).cum_sum() > budget)
        if passed.height:
            day, start = passed.row(0, named=True)["date"], passed.row(0, named=True)["start_time"]
            return f"${budget:,.0f} was passed {self._hour(day, start)}"
        row = self._asked(cfu.budget_check, self.plain.added(self._season), budget_usd=budget)
        told = row.row(0, named=True)
        chance = f"{100 * told['chance']:.0f} %"
        assert 0.01 < told["chance"] < 0.99, "another account of these tests is the better one"
        if told["passed_date"] is None:
            return f"A budget of ${budget:,.0f} holds, as it looks; the chance that it is passed is {chance}"
        when = self._hour(told["passed_date"], told["passed_time"])
        return f"A budget of ${budget:,.0f} is passed with a chance of {chance}, {when} as it looks"

    def _hour(self, day: date, start: datetime) -> str:
        clocks = (f"{one.astimezone(ZoneInfo(self.plain.zone)):%H:%M}" for one in (start, start + HOUR))
        return f"on {day:%a} {day.day} {day:%b} between {' and '.join(clocks)}"

    # Prepaid credit

    @cached_property
    def _lasts(self) -> list[dict[str, Any]]:
        """How long each account's credit lasts."""
        assert self.credit is not None
        each = [
            self._asked(cfu.credit_runway, self._own(one), balance=self.credit.filter(account_id=one))
            for one in self.plain.accounts
        ]
        return pl.concat(each).to_dicts()

    def _credit(self, figures: list[Figure]) -> None:
        if self.credit is None:
            assert figures == []
            return
        (figure,) = figures
        balances = dict(self.credit.select("account_id", "balance_usd").iter_rows())
        assert figure.title == "Prepaid credit"
        assert set(balances) == set(self.plain.accounts)
        assert figure.value == dollars(sum(balances.values()))
        ends = [row for row in self._lasts if row["status"] == "used up" or row["used_up_date"]]
        first = min(
            ends,
            key=lambda row: (
                row["status"] == "topped up",
                row["used_up_date"] or date.min,
                row["account_id"],
            ),
        )
        if len(balances) == 1:
            assert figure.comparison == self._lasting(first)
            assert figure.note == ""
            return
        lowest = min(balances, key=lambda one: balances[one])
        assert figure.note == (
            f"of {len(balances)} accounts; lowest: {self.names[lowest]}, {dollars(balances[lowest])}"
        )
        assert figure.comparison == f"first: {self.names[first['account_id']]} {self._lasting(first)}"

    @staticmethod
    def _lasting(row: dict[str, Any]) -> str:
        if row["status"] == "used up":
            assert row["balance_usd"] <= 0
            return "is used up"
        assert row["status"] == "topped up"
        topped = f"{row['topup_date']:%a} {row['topup_date'].day} {row['topup_date']:%b %Y}"
        threshold, amount = (f"${row[f'topup_{name}_usd']:,.0f}" for name in ("threshold", "amount"))
        return f"falls to {threshold} on {topped} as it looks, and is topped up by {amount} automatically"

    # What was billed

    @cached_property
    def _billed_rows(self) -> list[list[str]]:
        """Write a row a model of an account, each account's costliest first."""
        assert self.invoice is not None
        rows = []
        for one in self.plain.accounts:
            models: dict[str, float] = {}
            for line in self.invoice.filter(pl.col("account_id") == one).iter_rows(named=True):
                named = [line[name] for name in ("provider", "model") if line[name]]
                name = "/".join(named) or "No model named"
                models[name] = models.get(name, 0.0) + line["billed_usd"]
            whole = fsum(models.values())
            for name, cost in sorted(models.items(), key=lambda model: -model[1]):
                whose = [self.names[one]] if self.invoice["account_id"].n_unique() > 1 else []
                rows.append([name, *whose, dollars(cost), f"{cost / whole:,.1%}"])
        return rows

    @cached_property
    def _agreements(self) -> list[str]:
        """Add up the hours of the invoice's period, of each account, and set them beside its lines."""
        assert self.invoice is not None
        said = []
        for one in self.plain.accounts:
            lines = self.invoice.filter(pl.col("account_id") == one)
            whose = "" if len(self.plain.accounts) == 1 else f" of {self.names[one]}"
            if lines.is_empty():
                said.append(f"Hours and invoice{whose}: unknown: there is no invoice line of this account")
                continue
            ((start, end),) = lines.select("period_start", "period_end").unique().rows()
            hours = self.plain.rows.filter(
                pl.col("account_id") == one, pl.col("start_time") >= start, pl.col("start_time") < end
            )
            off = abs(fsum(hours[COST]) - fsum(lines["billed_usd"]))
            assert off <= 0.005 * lines.height + 1e-6
            said.append(
                f"Hours and invoice{whose}: agrees with the invoice preview to {dollars(round(off, 2))}"
            )
        return said

    def _billed(self, value: str) -> None:
        if self.invoice is None:
            assert value == ""
            return
        rows = [
            [seen(cell) for cell in re.findall(r"<td.*?</td>", row)]
            for row in re.findall(r"<tr><td.*?</tr>", value)
        ]
        assert rows == self._billed_rows
        said = [seen(one) for one in re.findall(r'<div class="cfusage-quiet">.*?</div>', value)]
        assert sorted(said) == sorted(self._agreements)
        assert "alert" not in value
        first = self.plain.now.date().replace(day=1)  # it is UTC's
        last = (first + 31 * DAY).replace(day=1) - DAY
        days = f"{first:%a} {first.day} {first:%b} to {last:%a} {last.day} {last:%b %Y}"
        assert f"for the invoice period {days} (UTC), whatever range is on screen" in seen(value)
