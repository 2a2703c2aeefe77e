"""Cost over time: a bar a window or a local day, an overview to zoom with, and what the pointer is told."""

from collections.abc import Mapping
from dataclasses import replace

import altair as alt
import polars as pl

from cfusage_lab.anomaly_detection import what_stood_out
from cfusage_lab.argument_checks import names_of
from cfusage_lab.charts.headings import Heading, check_heading, dashed_fact, day_facts, final_fact, one_line
from cfusage_lab.charts.page import fill_page
from cfusage_lab.charts.usage_page import Look, usage_page
from cfusage_lab.charts.usage_rows import average_name, day_windows, mark_events, mark_windows, shown_events
from cfusage_lab.charts.zoomed_heading import WORDS, clock_edges
from cfusage_lab.downsampling import Series, Windows, windows_of
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames import open_table, polars_table
from cfusage_lab.frames.history import polars_history
from cfusage_lab.ranges import zone
from cfusage_lab.schema import ACCOUNT, DAILY, DAY_KEY, ROLLING, WINDOWS
from cfusage_lab.time_units import HOUR
from cfusage_lab.wording import dollars, span_text, visible

__all__ = ["usage_chart"]


def usage_chart(
    usage: pl.DataFrame,
    *,
    rolling: pl.DataFrame | None = None,
    anomalies: pl.DataFrame | None = None,
    time_zone: str | None = None,
    names: Mapping[str, str] | None = None,
    marked: pl.DataFrame | None = None,
    heading: Heading = "full",
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw cost over time: a bar a window or a local day, accounts stacked, above an overview to zoom with.

    A drag on the bars or on the overview zooms, a double click or Esc shows everything again. What may still
    change is paler, and what is still running paler still. A day with hours missing has a dashed outline.
    Pointing at a bar tells when it is, its cost and its state. Of more than five accounts, the costliest five
    are drawn and the rest added up.

    Parameters
    ----------
    usage
        A history table (``schema.HISTORY``) of one granularity, or local days (``schema.DAILY``).
    rolling
        What :func:`cfusage_lab.rolling_mean` returns for these days (``schema.ROLLING``): a line over the
        bars, the accounts' means added up. It breaks where one of them is not known.
    anomalies
        What :func:`cfusage_lab.anomalies` returns (``schema.ANOMALIES``): bars that belong to an event of the
        accounts drawn are marked above, and the pointer is told what was unusual.
    time_zone
        An IANA name. For a history, the axis shows this zone's clock, UTC's if not given: the hour that a
        zone goes through twice in autumn is drawn as two narrow bars, the one that it skips in spring is a
        gap. For local days, whose days these are, to be said in the heading.
    names
        Account id to name; an account without one is called by the ends of its id. The order is kept, and
        gives the colours.
    marked
        Windows to shade, such as those behind a cell of the heatmap: a table with their ``start_time``, or
        for local days with their ``date``. In a chart on screen it takes no new drawing to mark others.
    heading
        ``short`` leaves account and zone to what stands around the chart.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell. Its selection ``brush`` is the zoom:
        two readings of the clock, in milliseconds on a UTC scale.

    Raises
    ------
    FrameError
        If a column is missing, windows of several widths are mixed, a day is a duplicate, or ``rolling``
        is of other accounts.
    ConfigError
        If there is no such zone, or ``rolling`` comes with windows.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(28, now=now))
    >>> cfu.usage_chart(history, time_zone="UTC").title.text
    'AI Gateway cost: $2,366.73'
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> chart = cfu.usage_chart(daily, rolling=cfu.rolling_mean(daily), time_zone="UTC")
    >>> chart.title.subtitle[1]
    'Fri 23 Oct to Thu 19 Nov 2026 · UTC days'
    """
    door = open_table(usage, ACCOUNT, table="usage")
    is_daily = "date" in door.columns
    info = zone("UTC" if time_zone is None else time_zone)
    names = names_of(names)
    if rolling is not None and not is_daily:
        raise ConfigError("a rolling mean goes with local days: pass a daily table, or leave rolling out")
    if is_daily:
        usage = polars_table(door.native, DAILY, table="daily", key=DAY_KEY)
        means = None if rolling is None else polars_table(rolling, ROLLING, table="rolling mean", key=DAY_KEY)
        rows = day_windows(usage, means, names)
        mean = None if means is None else average_name(means)
    else:
        usage = polars_history(door.native, WINDOWS)
        rows, mean = windows_of(usage, info, names), None
    bars, marks = rows.bars() if rows.series else pl.DataFrame(), []
    if rows.series:
        bars = mark_windows(bars, marked, time_zone=info.key, is_daily=is_daily)
    if anomalies is not None:
        events = shown_events(anomalies, usage)
        if rows.series:
            width = None if is_daily else rows.width
            bars, events = mark_events(bars, events, width=width, time_zone=info.key, names=names)
        marks = [f"Marked: {_lowered(what_stood_out(events))}"]
    when = day_facts(usage, time_zone) if is_daily else _span(rows, info.key)
    facts, words = _heading(rows, when, mean, is_daily=is_daily, is_short=check_heading(heading))
    look = Look(
        _unnamed(rows.series) if len(rows.series) == 1 else rows.series,
        rows.width,
        is_zero=rows.is_zero,
        is_daily=is_daily,
        is_with_mean=rolling is not None,
        is_with_events=anomalies is not None,
    )
    return fill_page(
        usage_page(look),
        [bars, rows.overview()] if rows.series else [],
        title=f"AI Gateway cost: {dollars(rows.total_usd) if rows.series else f'no {_what(rows)}s'}",
        facts=[*facts, *marks],
        note=note,
        values={WORDS: words | clock_edges(rows.span, zone("UTC") if is_daily else info)},
    )


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].removesuffix(".")


def _span(windows: Windows, key: str) -> list[str]:
    """Say from when to when the windows go, and on which clock."""
    return [span_text(*windows.span, zone(key)), key] if windows.span else [f"{key} time"]


def _what(rows: Windows) -> str:
    return "hour" if rows.width <= HOUR else "day"


def _heading(
    rows: Windows, when: list[str], mean: str | None, *, is_daily: bool, is_short: bool
) -> tuple[list[str], dict[str, object]]:
    """Say whose cost it is, in what unit and when, and what is not final; and what a zoom takes of that."""
    whose = [rows.series[0].label] if len(rows.series) == 1 and not is_short else []
    when = when[: 1 if rows.span else 0] if is_short else when
    unit = "a day" if is_daily else f"a UTC {_what(rows)}" if rows.width > HOUR else "an hour"
    line = one_line([*whose, f"US dollars {unit}", *([f"line: {mean}"] if mean else [])])
    slots = f"Zoomed out, each bar is the costliest of {rows.slot_windows:,} {_what(rows)}s"
    reduced = [slots] if rows.is_reduced else []
    facts = [*line, *one_line(when), *reduced, *_changing(rows, is_daily=is_daily)]
    kept = {"line": line, "zone": when[1:], "slots": reduced}
    return facts, {name: visible(" ".join(texts)) for name, texts in kept.items()}


def _changing(rows: Windows, *, is_daily: bool) -> list[str]:
    """Say how many windows or days are not final, and which days are not whole."""
    if rows.table.is_empty():
        return []
    final = final_fact(rows.table, _what(rows), by="start_time")
    if not is_daily:
        return final
    return one_line([*final, *dashed_fact(rows.table.with_columns(date=pl.col("start_time").dt.date()))])


def _unnamed(series: tuple[Series, ...]) -> tuple[Series, ...]:
    """Return what the page of an account that is alone is made of: it is named in the heading only."""
    return tuple(replace(one, label="") for one in series)
