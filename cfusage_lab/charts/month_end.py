"""Where the month ends: what is spent, and a fan of what is to come, beside a budget and prepaid credit."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import columns_of, cost_axis, cost_scale, day_x, line_key
from cfusage_lab.charts.colours import PALETTE
from cfusage_lab.charts.headings import Heading, check_heading, day_facts, one_line
from cfusage_lab.charts.marks import Part, hover_columns
from cfusage_lab.charts.month import DAY_MINUTES, clock_minutes, month_of_days
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import PickedAccounts, pick_accounts, place_days, zeros_of
from cfusage_lab.charts.tooltips import DAY_TEXT, add_account_title, known_text, quote, range_text
from cfusage_lab.errors import FrameError
from cfusage_lab.forecasts import budget_sentence, month_end_sentence, runway_sentence
from cfusage_lab.forecasts.levels import level_name, levels_of, with_intervals
from cfusage_lab.frames import open_table, polars_table
from cfusage_lab.schema import BUDGET_CHECK, CREDIT_RUNWAY, FORECAST_MONTH_PATH
from cfusage_lab.wording import dollars, round_dollars

__all__ = ["month_end_chart"]

_LIMITS: Final = {"budget": PALETTE[4], "credit": PALETTE[3]}
"""Lines that a month may reach, and their colours."""
_LIMIT_TEXTS: Final = {"budget": "Budget", "credit": "Credit used up at"}
_DASHES: Final = {"spent": [], "forecast": [5, 3]}
_ENTRY_PIXELS: Final = 180
"""What an entry of the key takes: half of a short one and the forecast's."""
_FAN: Final = (0.26, 0.16, 0.1)
"""How dense the narrowest interval is, and those around it."""
_FARTHEST: Final = 1.5
"""A limit higher above all else than this would press the month flat: it is said, and not drawn."""


def month_end_chart(
    path: pl.DataFrame,
    *,
    budget: pl.DataFrame | None = None,
    runway: pl.DataFrame | None = None,
    until: str | None = None,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    heading: Heading = "full",
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw where the month ends: what is spent, then a fan that holds what is to come.

    The solid line is what is spent since the first of the month, the dashed one its forecast; around it stand
    the intervals of the sum, the likelier the lighter. Several accounts stand under each other, on one scale;
    those without cost are named in the heading, and of more than five, the costliest are drawn.

    Parameters
    ----------
    path
        What :func:`cfusage_lab.forecast_month_path` returns (``schema.FORECAST_MONTH_PATH``).
    budget
        What :func:`cfusage_lab.budget_check` returns: a line for each account's budget, and words.
    runway
        What :func:`cfusage_lab.credit_runway` returns: a line where prepaid credit is used up, and words.
        Several accounts have lines without words. A limit far above the month is not drawn.
    until
        The local clock time until which the last day is counted, such as ``"14:00"``.
    heading
        ``short`` leaves account, range and zone to what stands around the chart.
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        A whole month, as wide as the chart of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing, or the days are of several months.
    ConfigError
        If there is no such zone, or ``until`` is not a clock time.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> history = client.usage_history(cfu.last_days(90, include_today=True, now=now))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> path = cfu.forecast_month_path(daily, history=history, time_zone="UTC")
    >>> budget = cfu.budget_check(daily, budget_usd=2_500, history=history, time_zone="UTC")
    >>> chart = cfu.month_end_chart(path, budget=budget, until="09:00", time_zone="UTC")
    >>> print(chart.title.text)
    On course for $2,335 to $2,776 (80 %)
    """
    levels = levels_of(open_table(path, FORECAST_MONTH_PATH, table="month path").columns)
    columns = with_intervals(FORECAST_MONTH_PATH, levels)
    path = polars_table(path, columns, table="month path", key=("account_id", "date"))
    if budget is not None:
        budget = polars_table(budget, BUDGET_CHECK, table="budget check", key=("account_id",))
    if runway is not None:
        runway = open_table(runway, CREDIT_RUNWAY, table="credit runway").native
    passed = DAY_MINUTES if until is None else clock_minutes(until)
    if month_of_days(path) is None:
        days = day_facts(path, time_zone)
        return fill_page(_PAGE.of(()), [], title="Month end: no days", facts=days, note=note)
    _refuse_unspent(path)
    found = pick_accounts(path, size="forecast_usd", names=names, is_short=check_heading(heading))
    limits = _limits(path, budget, runway)
    tables = [_rows(one, limits.get(one["account_id"][0], {}), levels, passed, until) for one in found.tables]
    costs = [name for name in tables[0].columns if name.endswith("_usd")]
    return fill_page(
        _PAGE.of(found.labels, zeros_of(tables, *costs), levels=_percents(levels)),
        tables,
        title=_title(found, budget, time_zone),
        facts=[*_facts(found, budget, runway, time_zone), *found.facts],
        note=note,
        values={"end_labels": {"spent": "Spent", "forecast": _forecast_label(levels)}},
    )


# The rows


def _refuse_unspent(path: pl.DataFrame) -> None:
    """Raise :class:`FrameError` about an account of which only days to come are there."""
    spent = path.group_by("account_id", maintain_order=True).agg(pl.col("spent_usd").count())
    for (account_id,) in spent.filter(pl.col("spent_usd") == 0).select("account_id").iter_rows():
        raise FrameError(
            f"the month path of account {account_id} has no day with spent_usd: a forecast goes on from what "
            f"was spent; pass all rows that forecast_month_path returns"
        )


def _limits(
    path: pl.DataFrame, budget: pl.DataFrame | None, runway: pl.DataFrame | None
) -> dict[str, dict[str, float]]:
    """Return the lines that each account has: its budget, and the sum at which its credit is used up."""
    found: dict[str, dict[str, float]] = {}
    if budget is not None:
        for account_id, amount in budget.select("account_id", "budget_usd").iter_rows():
            found.setdefault(account_id, {})["budget"] = amount
    if runway is not None:
        spent = dict(path.group_by("account_id").agg(pl.col("spent_usd").max()).iter_rows())
        for account_id, balance in runway.select("account_id", "balance_usd").iter_rows():
            if balance > 0 and account_id in spent:
                found.setdefault(account_id, {})["credit"] = spent[account_id] + balance
    return found


def _rows(
    table: pl.DataFrame,
    limits: Mapping[str, float],
    levels: tuple[float, ...],
    passed: int,
    until: str | None,
) -> pl.DataFrame:
    """Give each day a row at its end, the first midnight one, and the moment from which the fan goes.

    Intervals are called by their place, ``lower_0`` and ``upper_0`` the narrowest.
    """
    ends = {
        f"{side}_{place}_usd": f"{side}_{level_name(level)}_usd"
        for place, level in enumerate(levels)
        for side in ("lower", "upper")
    }
    days = table.sort("date").select(
        "date", "spent_usd", "forecast_usd", **{k: pl.col(v) for k, v in ends.items()}
    )
    last = days.filter(pl.col("spent_usd").is_not_null()).tail(1)
    is_last = pl.col("date") == last["date"].item()
    is_running = until is not None and passed < DAY_MINUTES
    rows = place_days(days.with_columns(is_last=is_last)).with_columns(
        at=pl.col("right"),
        known_usd="spent_usd",
        spent_usd=pl.when(~pl.col("is_last") | (not is_running)).then("spent_usd"),
    )
    spent = last["spent_usd"].item()
    now = rows.filter("is_last").with_columns(
        at=pl.col("left") + pl.duration(minutes=passed),
        **{name: pl.lit(spent) for name in ("spent_usd", "forecast_usd", *ends)},
    )
    start = rows.head(1).select(at=pl.col("left"), spent_usd=pl.lit(0.0), is_first=pl.lit(value=True))
    joined = pl.concat([start, rows.filter(~pl.col("is_last")), now], how="diagonal")
    if is_running or days.filter(is_last)["forecast_usd"].item() != spent:
        end = rows.filter("is_last").with_columns(spent_usd=pl.lit(None, pl.Float64))
        joined = pl.concat([joined, end], how="diagonal")
    highest = max(value or 0.0 for value in joined.select(pl.col("^.*_usd$").max()).row(0))
    drawn_limits = {name: value for name, value in limits.items() if value <= _FARTHEST * highest}
    return joined.sort("at").with_columns(
        **{f"{name}_usd": pl.lit(drawn_limits.get(name), pl.Float64) for name in _LIMITS},
        is_first=pl.col("is_first").fill_null(value=False),
    )


# The heading


def _percents(levels: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(f"{100 * level:g} %" for level in levels)


def _forecast_label(levels: tuple[float, ...]) -> str:
    intervals = " and ".join(_percents(levels))
    return f"Forecast, with its {intervals} interval{'s' if len(levels) > 1 else ''}"


def _title(found: PickedAccounts, budget: pl.DataFrame | None, time_zone: str | None) -> str:
    """Say where the month of one account ends."""
    if len(found.labels) > 1:
        return "Where the month ends"
    text = month_end_sentence(_end(found.table))
    rows = _of(budget, found.table["account_id"][0])
    return "; ".join([text, *(budget_sentence(row, time_zone=time_zone) for row in rows if row["is_passed"])])


def _end(path: pl.DataFrame) -> dict[str, Any]:
    """Return the month's end of one account as a row of ``schema.FORECAST_MONTH_END``."""
    rows = path.sort("date")
    return rows.row(-1, named=True) | {
        "month": rows["date"][0],
        "spent_usd": rows["spent_usd"].drop_nulls()[-1],
        "days_left": rows["spent_usd"].null_count(),
    }


def _of(table: pl.DataFrame | None, account_id: str) -> list[dict[str, Any]]:
    """Return an account's row of a table, if there are both."""
    return [] if table is None else table.filter(pl.col("account_id") == account_id).to_dicts()


def _facts(
    found: PickedAccounts, budget: pl.DataFrame | None, runway: pl.DataFrame | None, time_zone: str | None
) -> list[str]:
    """Say whose month it is and how it was told; of one account, how budget and credit stand, too."""
    lines = [*one_line([found.whose, "US dollars since the 1st"]), *one_line(found.when(time_zone))]
    if len(found.labels) > 1:
        ends = zip(found.labels, map(_end, found.tables), strict=True)
        return lines + [f"{label} · {month_end_sentence(end)}" for label, end in ends]
    account_id, end = found.table["account_id"][0], _end(found.table)
    lines.append(f"Spent {dollars(end['spent_usd'])}, forecast {_forecast(end)}, by {end['method']}")
    budgets = [row for row in _of(budget, account_id) if not row["is_passed"]]
    lines += [budget_sentence(row, time_zone=time_zone) for row in budgets]
    return lines + [runway_sentence(row) for row in _of(runway, account_id)]


def _forecast(end: Mapping[str, Any]) -> str:
    return "unknown" if end["forecast_usd"] is None else round_dollars(end["forecast_usd"])


# The picture


def _layers(row: Row, *, levels: tuple[str, ...]) -> list[Part]:
    """Draw a line and a fan over a month; ``levels`` are the intervals' names, the narrowest first."""
    y = {"axis": cost_axis(), "scale": cost_scale(is_zero=row.is_zero)}
    base = alt.Chart().encode(x=day_x(is_labelled=row.is_last), x2="right:T")
    titles = {"date": "Until the end of", "spent": "Spent", "forecast": "Forecast"}
    titles |= {f"interval_{place}": level for place, level in enumerate(levels)}
    texts = _texts(row.label, len(levels))
    columns = hover_columns(base, ["left"], add_account_title(titles, of=len(row.labels)), texts, nth=row.nth)
    columns = columns.transform_filter("isValid(datum.left) && datum.at == datum.right")
    fan = [_interval(place, y) for place in reversed(range(len(levels)))]
    limits = [mark for name in _LIMITS for mark in _limit(name, y)]
    return [*fan, *limits, _line("forecast", y), _line("spent", y), _now(), columns]


def _interval(place: int, y: dict[str, Any]) -> Part:
    area = alt.Chart().mark_area(color=PALETTE[0], opacity=_FAN[min(place, len(_FAN) - 1)], line=False)
    placed = area.encode(x="at:T", y=alt.Y(f"lower_{place}_usd:Q", **y), y2=f"upper_{place}_usd:Q")
    return placed.transform_filter(f"isValid(datum.lower_{place}_usd)")


def _line(name: str, y: dict[str, Any]) -> Part:
    order = list(_DASHES)
    dashes = alt.Scale(domain=order, range=[_DASHES[one] for one in order])
    legend = line_key("end_labels", symbolStrokeColor=PALETTE[0], columns=columns_of(_ENTRY_PIXELS))
    return (
        alt.Chart()
        .mark_line(strokeWidth=2.5 if name == "spent" else 2, color=PALETTE[0])
        .encode(
            x="at:T",
            y=alt.Y(f"{name}_usd:Q", **y),
            strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=legend),
        )
        .transform_filter(f"isValid(datum.{name}_usd)")
        .transform_calculate(line=f"'{name}'")
    )


def _now() -> Part:
    """Mark how far the month is known."""
    point = alt.Chart().mark_point(size=60, color=PALETTE[0]).encode(x="at:T", y="spent_usd:Q")
    return point.transform_filter("datum.is_last && isValid(datum.spent_usd)")


def _limit(name: str, y: dict[str, Any]) -> list[Part]:
    """Draw a line across the month, and say over its start what it is."""
    base = alt.Chart().transform_filter(f"datum.is_first && isValid(datum.{name}_usd)")
    text = f"{quote(_LIMIT_TEXTS[name])} + ' ' + format(datum.{name}_usd, '$,.2~f')"
    rule = base.mark_rule(color=_LIMITS[name], strokeWidth=1.5, strokeDash=[8, 3])
    words = base.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=11)
    return [
        rule.encode(y=alt.Y(f"{name}_usd:Q", **y)),
        words.encode(x="at:T", y=f"{name}_usd:Q", text="text:N").transform_calculate(text=text),
    ]


def _texts(account: str, levels: int) -> dict[str, str]:
    """Write the expressions for what the pointer is told."""
    texts = {
        "account": quote(account),
        "date": DAY_TEXT,
        "spent": known_text("datum.known_usd"),
        "forecast": known_text("datum.forecast_usd"),
    }
    for place in range(levels):
        lower, upper = (f"datum.{side}_{place}_usd" for side in ("lower", "upper"))
        texts[f"interval_{place}"] = f"isValid({lower}) ? {range_text(lower, upper)} : 'unknown'"
    return texts


_PAGE: Final = AccountPage(_layers, heights=(280, 140), what="day")
