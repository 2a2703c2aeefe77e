"""The tables: what one row is, the name, type and unit of every column.

Money is in US dollars, unrounded, as Cloudflare reports it. Times are UTC instants; ``end_time`` is
exclusive. ``state`` is ``complete`` (past the settle lag), ``provisional`` (may still change) or
``in_progress`` (the window is still running).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Literal, get_args

import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.time_units import DAY, HOUR

__all__ = [
    "ACCOUNT",
    "ACCOUNTS",
    "ANOMALIES",
    "ANOMALY_SCORES",
    "BACKTEST",
    "BUDGET_CHECK",
    "COMPARISON",
    "CONCENTRATION",
    "CREDIT_BALANCE",
    "CREDIT_RUNWAY",
    "DAILY",
    "DAY_KEY",
    "DIRECTIONS",
    "DOMAINS",
    "FOCUS",
    "FORECAST_DAILY",
    "FORECAST_MONTH_END",
    "FORECAST_MONTH_PATH",
    "HISTORY",
    "HOURLY_PROFILE",
    "INTERVALS",
    "INVOICES",
    "INVOICE_LINES",
    "INVOICE_PREVIEWS",
    "KINDS",
    "LOAD_FACTOR",
    "MOVERS",
    "OFF_HOURS_SHARE",
    "PEAK_HOURS",
    "RANGE_COMPARISON",
    "RECONCILIATION",
    "ROLLING",
    "SAME_TIME",
    "SETTLE_LAG",
    "STATES",
    "SUMMARY",
    "USAGE_BY_MODEL",
    "WEEKEND_SHARE",
    "WEEKLY_HEATMAP",
    "WIDTHS",
    "WINDOWS",
    "WINDOW_KEY",
    "Granularity",
    "Kind",
    "State",
    "require_columns",
]

Granularity = Literal["hour", "day"]
State = Literal["complete", "provisional", "in_progress"]

STATES: Final[tuple[State, ...]] = get_args(State)

WIDTHS: Final[dict[Granularity, timedelta]] = {"hour": HOUR, "day": DAY}
"""How long a window is."""

SETTLE_LAG: Final = timedelta(hours=48)
"""How long after its end a window may still change: Cloudflare promises no time, so this is ours.

It is what a client assumes unless it is told otherwise.
"""

HISTORY: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "start_time": pl.Datetime("us", "UTC"),
        "end_time": pl.Datetime("us", "UTC"),
        "aggregated_value": pl.Float64(),
        "id": pl.String(),
        "is_reported": pl.Boolean(),
        "state": pl.String(),
    }
)
"""One row is one window (an hour or a UTC day) of an account; none is absent inside the range.

``aggregated_value`` is the cost in US dollars, null where it is unknown: such a window counts nowhere, and
its day is not whole. ``id`` is Cloudflare's opaque id, null where none came back or none was wanted.
``is_reported`` is false for a window that the endpoint left out: a zero that was added here. Nothing else is
null, and an account has each window once. Source of the columns: Cloudflare API,
``ai-gateway/billing/usage-history``.
"""

_OPTIONAL: Final = ("id", "is_reported")
WINDOWS: Final = pl.Schema({name: kind for name, kind in HISTORY.items() if name not in _OPTIONAL})
"""The columns of a usage history that every figure needs; ``id`` and ``is_reported`` may be absent."""

ACCOUNT: Final = pl.Schema({"account_id": pl.String()})
"""What every table has."""

ACCOUNTS: Final = pl.Schema({"account_id": pl.String(), "name": pl.String()})
"""One row is an account; ``name`` is null where only its id is known."""

CREDIT_BALANCE: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "balance_usd": pl.Float64(),
        "has_default_payment_method": pl.Boolean(),
        "topup_amount_usd": pl.Float64(),
        "topup_threshold_usd": pl.Float64(),
    }
)
"""One row is an account's prepaid credit; the top-up columns are null where none is set up.

``balance_usd`` may be negative. Cloudflare answers in cents; these are dollars.
"""

DAILY: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "cost_usd": pl.Float64(),
        "hours": pl.Int64(),
        "is_whole": pl.Boolean(),
        "state": pl.String(),
    }
)
"""One row is one local calendar day of an account.

``hours`` is how many hours were added up, and ``cost_usd`` null where that is none. The day ``is_whole`` if
these are all it has: 24, or 23 or 25 where clocks change. It is ``in_progress`` or ``provisional`` as soon as
one of its windows is. Of a day that is not whole, ``cost_usd`` is what is known of it: where
accounts are added up before hours, that is fewer hours than where hours are added up first.
"""

Kind = Literal["up", "down", "flat", "new", "stopped", "zero", "unknown"]

DAY_KEY: Final = ("account_id", "date")
"""What tells the rows of a table of days apart."""

WINDOW_KEY: Final = ("account_id", "start_time")
"""What tells the windows of a usage history apart."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What a comparison comes to; every row is of exactly one kind.

``new`` is something after nothing, ``stopped`` nothing after something, ``zero`` nothing twice, and
``unknown`` has no partner. A change is ``flat`` where it is no more than the rounding of sums, which is
``frames.expressions.ROUNDING``. Beside a previous value below zero (a correction), the sign of the change
decides between ``up``, ``down`` and ``flat``.
"""

Direction = Literal["up", "down"]

DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
"""Whether an event cost more than usual, or less."""

DOMAINS: Final = {"state": STATES, "kind": KINDS, "direction": DIRECTIONS}
"""The words that a column of text may hold; none of them is null."""

_COMPARED: Final = {
    "current_usd": pl.Float64(),
    "previous_usd": pl.Float64(),
    "change_usd": pl.Float64(),
    "change_ratio": pl.Float64(),
    "kind": pl.String(),
    "is_whole": pl.Boolean(),
    "state": pl.String(),
}

COMPARISON: Final = pl.Schema({"account_id": pl.String(), "date": pl.Date(), **_COMPARED})
"""One row is one local day of an account (or the days of a month up to it) beside its partner.

``previous_usd``, ``change_usd`` and ``change_ratio`` are null where ``kind`` is ``unknown``: there is no
partner, or one of the two is not whole. The ratio is null, too, unless the previous value is above zero.
``is_whole`` and ``state`` are the current side's. Of a month so far, ``current_usd`` is null where the
account has no window of the month.
"""

RANGE_COMPARISON: Final = pl.Schema({**COMPARISON, "previous_date": pl.Date()})
"""One row is one local day of a range beside its partner in another one, as in :data:`COMPARISON`.

``previous_date`` is the partner's date, and null where ``kind`` is ``unknown``.
"""

SAME_TIME: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "until": pl.String(),
        "against": pl.String(),
        "previous_date": pl.Date(),
        **_COMPARED,
    }
)
"""One row is an account's day so far beside another day until the same local clock time.

``until`` is that clock time, such as ``"14:00"``; it is ``"24:00"`` once the day is over, whatever its clock
has skipped, and then the other day is whole, too. ``against`` is ``yesterday`` or ``last_week``, the same
weekday a week before. The other columns are those of :data:`COMPARISON`; here ``is_whole`` says whether every
hour of the day until then is there, and ``current_usd`` is null where the account has none of them.
"""

ROLLING: Final = pl.Schema({**DAILY, "rolling_mean_usd": pl.Float64()})
"""One row is one local day of an account, beside the mean of the days that end with it.

``rolling_mean_usd`` is null until all of these days are there, each of them whole.
"""

SUMMARY: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "until": pl.String(),
        "today_usd": pl.Float64(),
        "yesterday_usd": pl.Float64(),
        "day_change_ratio": pl.Float64(),
        "day_kind": pl.String(),
        "month_usd": pl.Float64(),
        "previous_month_usd": pl.Float64(),
        "month_change_ratio": pl.Float64(),
        "month_kind": pl.String(),
        "mean_day_usd": pl.Float64(),
        "peak_hour": pl.Int64(),
        "load_factor": pl.Float64(),
        "provisional_share": pl.Float64(),
    }
)
"""One row is an account: the day and the month so far, each beside its partner, and what is usual.

``date`` and ``until`` say how far the figures go. What can't be told is null; ``day_kind`` and
``month_kind`` are ``unknown`` where hours of a comparison are missing.
"""

MOVERS: Final = pl.Schema({**COMPARISON, "share": pl.Float64()})
"""One row is a comparison among those with the largest changes in dollars, largest first.

``share`` is its part of the change of the whole table: negative where it went against it, above 1 where
others did, and null where the whole did not change.
"""


_SLOT: Final = {
    "mean_usd": pl.Float64(),
    "median_usd": pl.Float64(),
    "q25_usd": pl.Float64(),
    "q75_usd": pl.Float64(),
    "total_usd": pl.Float64(),
    "share": pl.Float64(),
    "hours": pl.Int64(),
}

HOURLY_PROFILE: Final = pl.Schema({"account_id": pl.String(), "hour": pl.Int64(), **_SLOT})
"""One row is an hour of the local clock, 0 to 23, of an account; an hour nobody saw has no row.

``mean_usd``, ``median_usd`` and the quartiles are US dollars an hour, over the ``hours`` windows that
began in it; ``total_usd`` is their sum, and ``share`` its part of the account's total: null unless that
is above 0. Without medians, ``median_usd``, ``q25_usd`` and ``q75_usd`` are not there.
"""

WEEKLY_HEATMAP: Final = pl.Schema(
    {"account_id": pl.String(), "weekday": pl.Int64(), "hour": pl.Int64(), **_SLOT}
)
"""One row is an hour of the local week of an account: weekday 1 to 7 (Monday is 1) and hour 0 to 23.

The other columns are those of :data:`HOURLY_PROFILE`.
"""

PEAK_HOURS: Final = pl.Schema(
    {"account_id": pl.String(), "hour": pl.Int64(), "mean_usd": pl.Float64(), "hours": pl.Int64()}
)
"""One row is the hour of the local clock whose mean is an account's highest; ties have a row each."""

LOAD_FACTOR: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "mean_usd": pl.Float64(),
        "peak_usd": pl.Float64(),
        "load_factor": pl.Float64(),
        "hours": pl.Int64(),
    }
)
"""One row is an account: its mean and its highest hour in US dollars, and the first over the second.

``load_factor`` is null unless the peak is above 0.
"""

WEEKEND_SHARE: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "weekend_usd": pl.Float64(),
        "total_usd": pl.Float64(),
        "weekend_share": pl.Float64(),
        "hours": pl.Int64(),
    }
)
"""One row is an account: what it cost on Saturdays and Sundays, in all, and the first over the second.

``weekend_share`` is null unless the total is above 0; ``hours`` is how many windows stand behind the total.
"""

OFF_HOURS_SHARE: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "off_hours_usd": pl.Float64(),
        "total_usd": pl.Float64(),
        "off_hours_share": pl.Float64(),
        "hours": pl.Int64(),
    }
)
"""One row is an account: what it cost outside working hours, in all, and the first over the second.

``off_hours_share`` is null unless the total is above 0; ``hours`` is how many windows stand behind the
total.
"""

CONCENTRATION: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "top_hours": pl.Int64(),
        "top_usd": pl.Float64(),
        "total_usd": pl.Float64(),
        "top_share": pl.Float64(),
        "hours": pl.Int64(),
    }
)
"""One row is an account: what its ``top_hours`` dearest hours cost, its total, and the first over the second.

``top_share`` is null unless the total is above 0; ``hours`` is how many windows stand behind the total.
"""

_COST, _TEXT, _TIME = pl.Float64(), pl.String(), pl.Datetime("us", "UTC")
FOCUS: Final = pl.Schema(
    {
        "BilledCost": _COST,
        "BillingAccountId": _TEXT,
        "BillingAccountName": _TEXT,
        "BillingCurrency": _TEXT,
        "BillingPeriodEnd": _TIME,
        "BillingPeriodStart": _TIME,
        "ChargeCategory": _TEXT,
        "ChargeClass": _TEXT,
        "ChargeDescription": _TEXT,
        "ChargeFrequency": _TEXT,
        "ChargePeriodEnd": _TIME,
        "ChargePeriodStart": _TIME,
        "ContractedCost": _COST,
        "EffectiveCost": _COST,
        "HostProviderName": _TEXT,
        "InvoiceIssuerName": _TEXT,
        "ListCost": _COST,
        "PricingQuantity": _COST,
        "PricingUnit": _TEXT,
        "ProviderName": _TEXT,
        "PublisherName": _TEXT,
        "ServiceCategory": _TEXT,
        "ServiceName": _TEXT,
        "ServiceProviderName": _TEXT,
        "ServiceSubcategory": _TEXT,
        "x_Granularity": _TEXT,
        "x_State": _TEXT,
    }
)
"""One row is one window of an account in the columns of FOCUS, those of its versions 1.2 and 1.3 together.

Costs are US dollars; each period's end is exclusive. A version has its own part of the columns.
"""

ANOMALIES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "start_time": pl.Datetime("us", "UTC"),
        "end_time": pl.Datetime("us", "UTC"),
        "actual_usd": pl.Float64(),
        "expected_usd": pl.Float64(),
        "lower_usd": pl.Float64(),
        "upper_usd": pl.Float64(),
        "impact_usd": pl.Float64(),
        "direction": pl.String(),
        "score": pl.Float64(),
        "hours": pl.Int64(),
        "state": pl.String(),
        "explanation": pl.String(),
    }
)
"""One row is an event: neighbouring hours of an account that were unusual in the same direction.

Amounts are US dollars, of all its ``hours`` added up; ``impact_usd`` is actual less expected. ``direction``
is ``up`` or ``down``. ``score`` is -log10 of how often a month chance alone would bring its most unusual
hour. Nothing is null.
"""

ANOMALY_SCORES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "start_time": pl.Datetime("us", "UTC"),
        "end_time": pl.Datetime("us", "UTC"),
        "actual_usd": pl.Float64(),
        "expected_usd": pl.Float64(),
        "lower_usd": pl.Float64(),
        "upper_usd": pl.Float64(),
        "direction": pl.String(),
        "score": pl.Float64(),
        "is_judged": pl.Boolean(),
        "is_planned": pl.Boolean(),
        "state": pl.String(),
    }
)
"""One row is an hour of an account beside what was to be expected of it, in US dollars.

``expected_usd``, ``lower_usd`` and ``upper_usd`` are null before anything can be expected. ``direction`` is
``up`` or ``down``, and null where the hour is as usual. ``score`` is -log10 of how often a month chance alone
would bring such an hour; null in the first two days, and where the hour was planned.
"""

INTERVALS: Final[dict[str, pl.DataType]] = {
    "lower_LEVEL_usd": pl.Float64(),
    "upper_LEVEL_usd": pl.Float64(),
    "earliest_LEVEL_date": pl.Date(),
    "latest_LEVEL_date": pl.Date(),
    "coverage_LEVEL": pl.Float64(),
    "width_LEVEL_usd": pl.Float64(),
    "interval_score_LEVEL_usd": pl.Float64(),
}
"""The columns that tables of forecasts have besides, for each level that was asked for: 80, 95, 99_9."""

FORECAST_DAILY: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "forecast_usd": pl.Float64(),
        "method": pl.String(),
    }
)
"""One row is one coming local day of an account.

``forecast_usd`` is US dollars, never negative, and null without any whole day of history. Behind it stand
``lower_80_usd`` and ``upper_80_usd``, and so on for each level that was asked for: the interval of that day,
null where nobody can tell. ``method`` says how the day was told.
"""

FORECAST_MONTH_END: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "month": pl.Date(),
        "spent_usd": pl.Float64(),
        "forecast_usd": pl.Float64(),
        "method": pl.String(),
        "days_left": pl.Int64(),
    }
)
"""One row is an account's month, by its first date: US dollars so far, and at its end.

``forecast_usd`` is never below ``spent_usd``, and null without any whole day of history. Behind it stand
``lower_80_usd`` and ``upper_80_usd``, and so on for each level that was asked for: the interval of the sum,
null where nobody can tell. ``days_left`` counts the days after the last known one. The row of ``all`` is a
forecast of the sum, not the sum of the others.
"""

FORECAST_MONTH_PATH: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "spent_usd": pl.Float64(),
        "forecast_usd": pl.Float64(),
        "method": pl.String(),
    }
)
"""One row is a day of the month: US dollars of an account from the 1st to the end of ``date``.

``spent_usd`` is null for days to come, ``forecast_usd`` for those before the last one that is known. Behind
it stand the intervals of that sum: ``lower_80_usd``, ``upper_80_usd`` and so on.
"""

BACKTEST: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "method": pl.String(),
        "horizon_days": pl.Int64(),
        "is_chosen": pl.Boolean(),
        "origins": pl.Int64(),
        "mase": pl.Float64(),
        "smape": pl.Float64(),
    }
)
"""One row is a method and a horizon of an account: how good forecasts of the sum over that horizon were.

``origins`` is how many days were taken for the last one. ``mase`` is the mean absolute error a day over the
mean absolute difference of a day to the same weekday before; null where that is 0. ``smape`` is a percentage
from 0 to 200. For each level follow ``coverage_80``, the fraction of sums inside the interval, its mean
``width_80_usd`` and ``interval_score_80_usd``, lower being better; null where no interval could be tested.
``is_chosen`` marks the method that a forecast of that horizon takes.
"""

BUDGET_CHECK: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "month": pl.Date(),
        "budget_usd": pl.Float64(),
        "spent_usd": pl.Float64(),
        "forecast_usd": pl.Float64(),
        "chance": pl.Float64(),
        "is_passed": pl.Boolean(),
        "passed_date": pl.Date(),
        "passed_time": pl.Datetime("us", "UTC"),
        "method": pl.String(),
    }
)
"""One row is an account's month beside its budget, in US dollars.

``chance`` is how likely the month comes to more than the budget, 0 to 1; null where nobody can tell. Where
``is_passed``, it is 1, and ``passed_date`` is the local day on which the sum first came to more; otherwise it
is the day on which the forecast does, null if not in this month. ``passed_time`` is the start of the hour of
that, in UTC; null unless hours were there to tell.
"""

CREDIT_RUNWAY: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "balance_usd": pl.Float64(),
        "status": pl.String(),
        "used_up_date": pl.Date(),
        "topup_date": pl.Date(),
        "topup_amount_usd": pl.Float64(),
        "topup_threshold_usd": pl.Float64(),
        "method": pl.String(),
    }
)
"""One row is an account's prepaid credit, in US dollars, and the local day on which it is used up.

``status`` is ``used up`` (there is none now), ``lasts`` (until ``used_up_date``), ``beyond a year``, ``no
cost`` (nothing uses it up), ``not enough history``, or ``topped up`` (automatically, first on ``topup_date``:
``used_up_date`` is then when it would be used up without). Behind ``used_up_date`` stand
``earliest_80_date`` and ``latest_80_date``, and so on for each level; the latest is null if it is more than a
year away.
"""

INVOICE_LINES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "period_start": pl.Datetime("us", "UTC"),
        "period_end": pl.Datetime("us", "UTC"),
        "description": pl.String(),
        "provider": pl.String(),
        "model": pl.String(),
        "billed_usd": pl.Float64(),
        "credits_usd": pl.Float64(),
        "discounts_usd": pl.Float64(),
        "quantity": pl.Float64(),
        "status": pl.String(),
    }
)
"""One row is a line of an account's invoice: what a model, or something else, costs in a billing period.

``billed_usd`` is what the line costs, in US dollars, ``credits_usd`` the part of it that prepaid credit pays,
and ``discounts_usd`` what else makes it less: the rest is due. None of them is null. ``provider`` and
``model`` are the two parts of a ``description`` such as ``openai/gpt-5.5``, and null where it is of another
form. ``quantity`` is in the invoice's own unit, which Cloudflare does not name. ``status`` is the invoice's:
``draft`` or ``open`` may still change. ``period_start`` and ``period_end`` are the line's own; the end
is exclusive. Source: Cloudflare API, ``ai-gateway/billing/invoice-preview``, which answers in cents.
"""

INVOICE_PREVIEWS: Final = pl.Schema({"fetched_at": pl.Datetime("us", "UTC"), **INVOICE_LINES})
"""One row is a line of an account's invoice as it was seen at ``fetched_at``: every line as often as seen.

The other columns are those of :data:`INVOICE_LINES`. Several previews of one invoice must never be added up.
"""

INVOICES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "invoice_id": pl.String(),
        "created_time": pl.Datetime("us", "UTC"),
        "origin": pl.String(),
        "description": pl.String(),
        "status": pl.String(),
        "due_usd": pl.Float64(),
        "paid_usd": pl.Float64(),
        "remaining_usd": pl.Float64(),
    }
)
"""One row is an invoice of an account: a month's usage, or a purchase of prepaid credit; newest first.

Amounts are US dollars. ``origin`` says which of the two it is, in Cloudflare's words; it, ``invoice_id``,
``created_time``, ``description`` and ``status`` are null where Cloudflare leaves them out. Source: Cloudflare
API, ``ai-gateway/billing/invoice-history``, which answers in cents.
"""

USAGE_BY_MODEL: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "period_start": pl.Datetime("us", "UTC"),
        "period_end": pl.Datetime("us", "UTC"),
        "provider": pl.String(),
        "model": pl.String(),
        "billed_usd": pl.Float64(),
        "credits_usd": pl.Float64(),
        "discounts_usd": pl.Float64(),
        "share": pl.Float64(),
    }
)
"""One row is a model in an account's billing period: what was billed for it, in US dollars.

What the lines name no model for is one row with null for ``provider`` and ``model``. ``share`` is the part of
all that was billed to the account in the period, a fraction: null unless that is above 0.
"""

RECONCILIATION: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "period_start": pl.Datetime("us", "UTC"),
        "period_end": pl.Datetime("us", "UTC"),
        "hours_usd": pl.Float64(),
        "settled_usd": pl.Float64(),
        "days_usd": pl.Float64(),
        "billed_usd": pl.Float64(),
        "difference_usd": pl.Float64(),
        "ratio": pl.Float64(),
        "outcome": pl.String(),
        "verdict": pl.String(),
        "days_verdict": pl.String(),
    }
)
"""One row is an account's billing period: its usage history beside its invoice lines, in US dollars.

``hours_usd`` is the sum of the hour windows in the period, ``settled_usd`` of those that are complete, and
``days_usd`` of the UTC days, null where none were handed in. ``difference_usd`` is ``hours_usd`` less
``billed_usd``, and ``ratio`` the one over the other, null where there is next to nothing billed. ``outcome``
is one word, ``agrees``, ``pending``, ``factor_100``, ``differs`` or ``unknown``, and ``verdict`` says it to a
reader; ``days_verdict`` says in the same words whether days and hours agree, null where there are no days.
"""


def require_columns(found: Iterable[str], needed: Iterable[str], *, table: str) -> None:
    """Raise :class:`FrameError` unless all ``needed`` columns are ``found``; say which are not."""
    found = list(found)
    missing = [name for name in needed if name not in found]
    if missing:
        columns = ", ".join(map(repr, missing))
        message = f"not a {table} table: missing {columns}; found {', '.join(found) or 'no column'}"
        raise FrameError(message)
