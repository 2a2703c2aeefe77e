"""The figures above the charts: what the selected days cost, then what an analyst asks whatever the range."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from cfusage_lab.changes.range_comparison import compare_range
from cfusage_lab.daily import daily_usage
from cfusage_lab.explorer import computed
from cfusage_lab.explorer.outlook_figures import credit_figure, month_end_figure
from cfusage_lab.explorer.rows import NOTHING
from cfusage_lab.explorer.state import State
from cfusage_lab.frames.expressions import net
from cfusage_lab.headline import Figure, headline_figures, headline_table, range_sentence
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.wording import counted, date_text, dollars, html_text, short_days_text

__all__ = ["Card", "cards", "cards_html"]

_ARROWS: Final = {"up": "▲", "down": "▼", "new": "▲", "stopped": "▼"}
_MEAN_DAY: Final = "Mean day"
_MEAN_HOUR: Final = "Mean hour"
_COSTLIEST: Final = "Costliest day"
_NO_HOUR: Final = "no hour is known here"
_AWAITED: Final = "hours of it are still being fetched"
_PARTNERS_AWAITED: Final = "the days to compare with are still being fetched"
_FITS: Final = 11
"""Letters of a value that the narrowest card has room for in large type; a longer one is set smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A figure on screen.

    Attributes
    ----------
    figure
        The figure.
    day
        The day to which a click on it goes, if there is one.
    is_main
        Whether it is the one that is set largest.
    """

    figure: Figure
    day: date | None = None
    is_main: bool = False


def cards(state: State) -> list[Card]:
    """Put the figures of a state into words: of the selection first, then of today, the month, the credit."""
    with no_zone_warning():
        days = _days(state)
        mine = [_total_card(state), Card(figure=_mean_figure(state, days)), _costliest_card(days)]
        others = [*_headline(state), month_end_figure(state), *credit_figure(state)]
    return [*mine, *(Card(figure=one) for one in others)]


def _total_card(state: State) -> Card:
    """Set what is selected beside the days that it is compared with."""
    dates = state.dates
    if dates is None:
        return Card(figure=_untold("Cost", _NO_HOUR), is_main=True)
    chosen = state.selection
    compared = compare_range(
        state.spanned,
        state.known,
        dates=dates,
        previous_dates=state.compared_dates,
        time_zone=state.time_zone,
        weekday=chosen.weekday,
        hour=chosen.hour,
    )
    whose = short_days_text(*dates) if chosen.is_empty else chosen.words(time_zone=state.time_zone)
    is_awaited = compared.kind == "unknown" and state.partners == "loading"
    sentence = range_sentence(compared)
    is_running = "in_progress" in state.selected["state"]  # of the hours of the week that are selected
    running = "compared without the running hour" if is_running else ""
    figure = Figure(
        title=f"Cost, {whose}",
        value=dollars(compared.cost_usd),
        number=compared.cost_usd,
        kind=compared.kind,
        comparison="" if compared.kind == "unknown" else sentence,
        note=_PARTNERS_AWAITED if is_awaited else sentence if compared.kind == "unknown" else running,
    )
    return Card(figure=figure, is_main=True)


def _mean_figure(state: State, days: pl.DataFrame) -> Figure:
    """Say what a whole day of the selection costs; of hours of the week, what one of them does."""
    windows = state.selected.filter(pl.col("state") != "in_progress")
    if state.selection.weekday is not None or state.selection.hour is not None:
        count = windows["start_time"].n_unique()
        if not count:
            return _untold(_MEAN_HOUR, "no hour of it has ended")
        mean = net(windows["aggregated_value"]) / count
        return _figure(_MEAN_HOUR, mean, f"of {counted(count, 'selected hour')}")
    whole = days.filter("is_whole", "is_over")
    if whole.is_empty():
        return _untold(_MEAN_DAY, "no whole day is selected")
    mean = net(whole["cost_usd"]) / whole.height
    return _figure(_MEAN_DAY, mean, f"of {counted(whole.height, 'whole day')}")


def _costliest_card(days: pl.DataFrame) -> Card:
    """Name the selected day that cost most, whole or not; the earliest of several."""
    if days.height < 2:  # noqa: PLR2004 - of a single day there is nothing to tell
        return Card(figure=_untold(_COSTLIEST, "a single day is selected"))
    row = days.sort(["cost_usd", "date"], descending=[True, False]).row(0, named=True)
    if row["cost_usd"] <= 0:
        return Card(figure=_untold(_COSTLIEST, "no day has a cost"))
    return Card(figure=_figure(_COSTLIEST, row["cost_usd"], date_text(row["date"])), day=row["date"])


def _figure(title: str, amount: float, note: str) -> Figure:
    return Figure(title=title, value=dollars(amount), number=amount, note=note)


def _untold(title: str, why: str) -> Figure:
    return Figure(title=title, value=NOTHING, note=why)


def _days(state: State) -> pl.DataFrame:
    """Add the selected windows up by local day, all accounts together; a day is whole if it is for each."""
    daily = daily_usage(state.selected, time_zone=state.time_zone)
    return daily.group_by("date").agg(
        pl.col("cost_usd").sum(), pl.col("is_whole").all(), is_over=(pl.col("state") != "in_progress").all()
    )


def _headline(state: State) -> tuple[Figure, Figure]:
    """Tell of today and of the month so far, of all accounts on screen together."""
    part = state.months_part
    windows = state.data.made(computed.total, part)
    if windows is None:
        why = "the accounts do not have the same hours, and can't be added up"
        return _untold("Today", why), _untold("This month", why)
    table = state.data.made(_headline_table, part, time_zone=state.time_zone)
    if table is None or table.is_empty():
        return _untold("Today", _NO_HOUR), _untold("This month", _NO_HOUR)
    found = headline_figures(table.row(0, named=True), today=state.query.today)
    day, month = (one if one.value else replace(one, value=NOTHING) for one in (found.day, found.month))
    if "in_progress" in set(windows["state"]) and not month.note:
        month = replace(month, note="without the running hour")
    if state.is_busy and state.is_lacking([state.query.months]):
        return _awaited(day), _awaited(month)
    return day, month


def _headline_table(windows: pl.DataFrame, *, time_zone: str) -> pl.DataFrame | None:
    together = computed.total(windows)
    return None if together is None else headline_table(together, time_zone=time_zone)


def _awaited(figure: Figure) -> Figure:
    """Say of a figure that can't be told yet that it is on its way."""
    is_open = figure.value == NOTHING or figure.kind == "unknown"
    return replace(figure, note=_AWAITED) if is_open else figure


def cards_html(shown: list[Card]) -> str:
    """Write cards as HTML: a list of terms, each with its figure, its comparison and its note."""
    return '<dl class="cfusage-figures" aria-label="Figures">' + "".join(map(_card, shown)) + "</dl>"


def _card(card: Card) -> str:
    figure = card.figure
    arrow = _ARROWS.get(figure.kind, "")
    sign = f'<span class="cfusage-{figure.kind}" aria-hidden="true">{arrow}</span> ' if arrow else ""
    kind = "cfusage-value" if len(figure.value) <= _FITS else "cfusage-value cfusage-long"
    lines = [f'<dd class="{kind}">{html_text(figure.value)}</dd>']
    lines += [f"<dd>{sign}{html_text(figure.comparison)}</dd>"] if figure.comparison else []
    if card.day is not None:
        lines.append(
            f'<dd><button type="button" class="cfusage-link" data-action="day {card.day}" '
            f'title="Select this day">{html_text(figure.note)}</button></dd>'
        )
    elif figure.note:
        lines.append(f'<dd class="cfusage-quiet">{html_text(figure.note)}</dd>')
    main = ' class="cfusage-main"' if card.is_main else ""
    return f"<div{main}><dt>{html_text(figure.title)}</dt>{''.join(lines)}</div>"
