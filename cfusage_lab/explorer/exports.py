"""What leaves the screen: tables, pictures, a page, the code behind them."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.daily.finance_days import finance_days
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.chart_code import recipe_of
from cfusage_lab.explorer.chart_views import CHARTS
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.status import status
from cfusage_lab.files import file_name
from cfusage_lab.frames.expressions import net
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.frames.table_files import write_csv
from cfusage_lab.source import MADE_UP, are_made_up
from cfusage_lab.view.pages import Block, Html, standalone
from cfusage_lab.view.stacked_pictures import stacked
from cfusage_lab.view.vega import svg_to_png
from cfusage_lab.wording import all_accounts, counted, dollars, html_text, short_days_text

__all__ = ["DRAWN", "FORMATS", "Format", "Shown", "form_of", "made", "name_of", "picture_of", "shown_of"]

_TITLE: Final = "AI Gateway cost"
_SHARP: Final = 2.0
"""Pixels of a picture to one of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is on screen, to be taken along.

    Attributes
    ----------
    history
        The selected windows (``schema.HISTORY``).
    time_zone
        The IANA name of the zone on whose clock they are shown.
    names
        Account id to name, of all accounts that there are to choose from.
    selection
        What is selected, in words such as ``10 Nov 2026, Mondays``; empty where nothing is, and so all is on
        screen.
    charts
        The charts, from the top.
    note, stamp
        Where the numbers come from, and a warning if they are made up.
    code
        The lines of Python that give ``history``.
    """

    history: pl.DataFrame
    time_zone: str
    names: Mapping[str, str]
    selection: str = ""
    charts: Sequence[alt.VConcatChart]
    note: str
    stamp: str | None
    code: str

    @property
    def account(self) -> str:
        """What the account is called, or how many there are."""
        ids = self.history["account_id"].unique().to_list()
        if len(ids) == 1:
            return labels(ids, names=self.names)[ids[0]]
        return all_accounts(len(ids)) if self.is_all else counted(len(ids), "account")

    @property
    def is_all(self) -> bool:
        """Whether these are several accounts, and all there are."""
        ids = set(self.history["account_id"].unique())
        return len(ids) > 1 and ids == set(self.names)

    @property
    def dates(self) -> tuple[date, date] | None:
        """The first and the last local date on which a window starts; None where there is none."""
        if self.history.is_empty():
            return None
        ends: Any = self.history["start_time"].min(), self.history["start_time"].max()
        found: Any = local_time(pl.Series(ends), time_zone=self.time_zone)["date"].to_list()
        return found[0], found[1]

    @property
    def heading(self) -> tuple[str, ...]:
        """What it is and whose, what is selected and what it costs, where it comes from, and the warning."""
        days = "" if self.dates is None else short_days_text(*self.dates)
        when = f"Selected: {self.selection}" if self.selection else days or "Nothing"
        cost = dollars(net(self.history["aggregated_value"]))
        stamp = "" if self.stamp is None or self.stamp in self.note else self.stamp
        return tuple(filter(None, (f"{_TITLE} · {self.account}", f"{when} · {cost}", self.note, stamp)))


def shown_of(state: State, *, is_drawn: bool = True) -> Shown:
    """Return what is selected, the lines of Python behind it, and its charts where they are wanted."""
    chosen = state.selection
    return Shown(
        history=state.selected,
        time_zone=state.time_zone,
        names=state.names,
        selection="" if chosen.is_empty else chosen.words(time_zone=state.time_zone),
        charts=[view.draw(state.displayed(heading="full")) for view in CHARTS.values()] if is_drawn else [],
        note=status(state),
        stamp=MADE_UP if are_made_up(state.history["account_id"].unique()) else None,
        code=recipe_of(state).code(),
    )


def made(shown: Shown, form: str) -> bytes:
    """Make a file of one of the :data:`FORMATS`."""
    return FORMATS[form].make(shown)


def form_of(suffix: str) -> str:
    """Return the format of a file by its suffix, such as ``.csv``.

    Raises
    ------
    ConfigError
        If it stands for none.
    """
    form = suffix.lower().removeprefix(".")
    if form not in FORMATS or FORMATS[form].suffix != form:
        files = dict.fromkeys(one.suffix for one in FORMATS.values())
        raise ConfigError(f"no format {form!r}: take one of {', '.join(files)}")
    return form


def name_of(shown: Shown, form: str) -> str:
    """Name the file of a format for the account and the days that it holds."""
    known = FORMATS[form]
    account = "all accounts" if shown.is_all else shown.account
    return file_name(account, shown.dates, what=known.what, suffix=known.suffix)


def picture_of(shown: Shown) -> bytes:
    """Draw the charts as a PNG, small enough to be kept in a notebook."""
    return svg_to_png(_svg(shown))


def _days(shown: Shown) -> pl.DataFrame:
    return finance_days(shown.history, time_zone=shown.time_zone, names=shown.names)


def _csv(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    write_csv(table, file)
    return file.getvalue()


def _parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


def _svg(shown: Shown) -> str:
    return stacked(shown.charts, shown.heading)


def _page(shown: Shown) -> bytes:
    """Make a page; the warning stands above it."""
    title, selected = shown.heading[:2]
    blocks: list[Block] = [Html(f'<p class="note">{html_text(shown.note)}</p>'), *shown.charts]
    return standalone(blocks, title=title, note=selected, stamp=shown.stamp).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    label
        What it is called on screen.
    suffix, mime
        What its name ends in, and its MIME type.
    what
        What its name says it holds, where another format has the same suffix.
    make
        Makes it.
    """

    label: str
    suffix: str
    mime: str
    what: str = ""
    make: Callable[[Shown], bytes]


_CSV: Final = {"suffix": "csv", "mime": "text/csv"}
_PARQUET: Final = {"suffix": "parquet", "mime": "application/vnd.apache.parquet"}
FORMATS: Final[Mapping[str, Format]] = {
    "days": Format(
        **_CSV, label="Days for finance (CSV)", what="days", make=lambda shown: _csv(_days(shown))
    ),
    "csv": Format(**_CSV, label="Hours (CSV)", make=lambda shown: _csv(shown.history)),
    "days_parquet": Format(
        **_PARQUET, label="Days (Parquet)", what="days", make=lambda shown: _parquet(_days(shown))
    ),
    "parquet": Format(**_PARQUET, label="Hours (Parquet)", make=lambda shown: _parquet(shown.history)),
    "png": Format(
        label="PNG",
        suffix="png",
        mime="image/png",
        make=lambda shown: svg_to_png(_svg(shown), scale=_SHARP),
    ),
    "svg": Format(label="SVG", suffix="svg", mime="image/svg+xml", make=lambda shown: _svg(shown).encode()),
    "html": Format(label="HTML page", suffix="html", mime="text/html", make=_page),
    "py": Format(label="Python", suffix="py", mime="text/x-python", make=lambda shown: shown.code.encode()),
}
"""The formats, as they stand on screen; hours and the code are those that a file's suffix alone means."""
DRAWN: Final = frozenset({"png", "svg", "html"})
"""Those that hold charts."""
