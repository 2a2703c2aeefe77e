"""What the pointer is told about a window or a local day of the usage chart: Vega expressions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from cfusage_lab.charts.tooltips import STATE_TEXT, exact_text
from cfusage_lab.charts.usage_rows import MEAN
from cfusage_lab.downsampling import Series
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["day_texts", "day_titles", "window_texts", "window_titles"]

_LOCAL: Final = "(+datum.start_time + datum.offset_minutes * 60000)"
_OFFSET: Final = (
    "(datum.offset_minutes < 0 ? '-' : '+') + format(floor(abs(datum.offset_minutes) / 60), '02d')"
    " + ':' + format(abs(datum.offset_minutes) % 60, '02d')"
)
_HOURS: Final = (
    "(datum.fewest_hours === datum.most_hours ? '' : datum.fewest_hours + ' to ') + datum.most_hours"
    " + (datum.is_whole ? '' : ', not the whole day')"
)


def window_titles(series: Sequence[Series]) -> dict[str, str]:
    """Return the titles of what is told about a window."""
    return {"local_time": "Local time", "utc_offset": "UTC offset", "utc": "UTC", **_cost_titles(series)}


def window_texts(series: Sequence[Series], width: timedelta) -> dict[str, str]:
    """Write the expressions for a window of that width."""
    length = width // timedelta(milliseconds=1)
    is_hour = width <= HOUR
    until = f"utcFormat({_LOCAL} + {length}, '%H:%M')" if is_hour else "'a day later'"
    return {
        "local_time": f"utcFormat({_LOCAL}, '%a %-d %b %Y, %H:%M') + ' to ' + {until}",
        "utc_offset": _OFFSET,
        "utc": "utcFormat(datum.start_time, '%Y-%m-%d %H:%MZ')",
        **_cost_texts(series, length, "hour" if is_hour else "day"),
    }


def day_titles(series: Sequence[Series], *, is_with_mean: bool) -> dict[str, str]:
    """Return the titles of what is told about a local day."""
    costs = _cost_titles(series)
    status = costs.pop("status")
    mean = {"mean": "Average"} if is_with_mean else {}
    return {"date": "Day", **costs, **mean, "count": "Hours", "status": status}


def day_texts(series: Sequence[Series]) -> dict[str, str]:
    """Write the expressions for a local day."""
    mean = f"datum.{MEAN}"
    return {
        "date": "utcFormat(datum.start_time, '%a %-d %b %Y')",
        "mean": f"isValid({mean}) ? ({exact_text(mean)}) : 'none: it takes whole days in a row'",
        "count": _HOURS,
        **_cost_texts(series, DAY // timedelta(milliseconds=1), "day"),
    }


def _cost_titles(series: Sequence[Series]) -> dict[str, str]:
    accounts = {f"{one.column}_text": one.label for one in series} if len(series) > 1 else {}
    return {**accounts, "total": "All" if accounts else "Cost", "status": "State"}


def _cost_texts(series: Sequence[Series], length: int, what: str) -> dict[str, str]:
    """Tell each account's cost, their sum, and which of several rows is drawn in the place of all."""
    count = f"round((datum.right - datum.left) / {length})"
    total = " + ".join(f"datum.{one.column}" for one in series)
    picked = f"({total} < 0 ? ', the lowest of ' : ', the costliest of ') + {count} + ' {what}s'"
    texts = {
        "total": exact_text(total),
        "status": f"{STATE_TEXT} + (datum.is_slot ? {picked} : '')",
    }
    if len(series) > 1:
        for one in series:
            cost = f"datum.{one.column}"
            texts[f"{one.column}_text"] = f"isValid({cost}) ? {exact_text(cost)} : 'no {what}'"
    return texts
