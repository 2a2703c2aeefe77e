"""A forecast, a budget and credit in words: each said once, for a chart, a report and a terminal."""

from collections.abc import Mapping
from typing import Any

from cfusage_lab.forecasts.levels import level_name, levels_of
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import HOUR
from cfusage_lab.wording import chance_text, date_text, day_text, dollars, round_dollars

__all__ = ["budget_sentence", "month_end_sentence", "runway_sentence"]

Row = Mapping[str, Any]


def month_end_sentence(row: Row) -> str:
    """Put a row of :func:`cfusage_lab.forecast_month_end` into words, with the narrowest of its intervals.

    Examples
    --------
    >>> row = {"month": date(2026, 11, 1), "spent_usd": 1512.0, "forecast_usd": 2552.0, "days_left": 12}
    >>> month_end_sentence(row | {"lower_80_usd": 2345.29, "upper_80_usd": 2759.0, "method": "run rate"})
    'On course for $2,345 to $2,759 (80 %)'
    """
    forecast = row["forecast_usd"]
    if forecast is None:
        return f"{dollars(row['spent_usd'])} so far; not enough history for a forecast"
    level = min(levels_of([*row]), default=0.0)
    lower, upper = (row.get(f"{side}_{level_name(level)}_usd") for side in ("lower", "upper"))
    if lower is None or upper is None:
        return f"On course for {round_dollars(forecast)}, told from a single day"
    if row["days_left"] == 0 and lower == upper:
        return f"{row['month']:%B} came to {dollars(forecast)}"
    ends = [round_dollars(lower), round_dollars(upper)]
    between = ends[0] if ends[0] == ends[1] else " to ".join(ends)
    return f"On course for {between} ({100 * level:g} %)"


def budget_sentence(row: Row, *, time_zone: str | None = None) -> str:
    """Put a row of :func:`cfusage_lab.budget_check` into words; without a zone, the hour is left out.

    Examples
    --------
    >>> row = {"budget_usd": 2500.0, "chance": 0.64, "is_passed": False, "passed_time": None}
    >>> budget_sentence(row | {"passed_date": date(2026, 11, 30)})
    'A budget of $2,500 is passed with a chance of 64 %, on Mon 30 Nov as it looks'
    """
    budget = _exact(row["budget_usd"])
    if row["is_passed"]:
        return f"{budget} was passed {_moment(row, time_zone)}"
    if row["chance"] is None:
        return f"Not enough history to say whether {budget} is passed"
    chance = chance_text(row["chance"])
    if row["passed_date"] is None:
        return f"A budget of {budget} holds, as it looks; the chance that it is passed is {chance}"
    return f"A budget of {budget} is passed with a chance of {chance}, {_moment(row, time_zone)} as it looks"


def runway_sentence(row: Row) -> str:
    """Put a row of :func:`cfusage_lab.credit_runway` into words, with the narrowest of its intervals.

    Examples
    --------
    >>> row = {"balance_usd": 428.07, "status": "lasts", "used_up_date": date(2026, 11, 23)}
    >>> runway_sentence(row | {"earliest_80_date": date(2026, 11, 22), "latest_80_date": date(2026, 11, 26)})
    'Credit of $428.07 lasts until Mon 23 Nov 2026 (Sun 22 Nov 2026 to Thu 26 Nov 2026, 80 %)'
    """
    balance, status = dollars(row["balance_usd"]), row["status"]
    if status == "topped up":
        amount, threshold = (_exact(row[f"topup_{name}_usd"]) for name in ("amount", "threshold"))
        return (
            f"Credit of {balance} falls to {threshold} on {date_text(row['topup_date'])} as it looks, and is "
            f"topped up by {amount} automatically"
        )
    if status == "lasts":
        level = min(levels_of([*row], ends=("earliest_", "_date")), default=0.0)
        first, last = (row.get(f"{side}_{level_name(level)}_date") for side in ("earliest", "latest"))
        until = "more than a year" if last is None else date_text(last)
        doubt = f" ({date_text(first)} to {until}, {100 * level:g} %)" if first and first != last else ""
        return f"Credit of {balance} lasts until {date_text(row['used_up_date'])}{doubt}"
    return {
        "used up": f"Credit is used up: {balance}",
        "beyond a year": f"Credit of {balance} lasts for more than a year",
        "no cost": f"Credit of {balance}: nothing uses it up",
    }.get(status, f"Credit of {balance}: not enough history to say how long it lasts")


def _exact(amount: float) -> str:
    """Write an amount that somebody set: without cents where it has none."""
    return f"${amount:,.0f}" if amount == round(amount) else dollars(amount)


def _moment(row: Row, time_zone: str | None) -> str:
    """Say on which day, and where that is known in which hour."""
    day = row["passed_date"]
    text = f"on {day_text(day)}"
    if row["passed_time"] is None or time_zone is None:
        return text
    start = row["passed_time"].astimezone(zone(time_zone))
    return f"{text} between {start:%H:%M} and {start + HOUR:%H:%M}"
