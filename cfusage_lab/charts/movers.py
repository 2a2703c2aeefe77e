"""Movers: the largest changes, one bar each."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.days import changing, when
from cfusage_lab.charts.parts import WIDTH, drawn, page, pointed, words
from cfusage_lab.charts.shades import NEUTRAL, kinds_colour, kinds_outline, settled
from cfusage_lab.charts.style import days_text
from cfusage_lab.charts.texts import compared_texts
from cfusage_lab.drawing import labels
from cfusage_lab.frames import collected
from cfusage_lab.schema import MOVERS
from cfusage_lab.wording import dollars, percent

__all__ = ["MOST_MOVERS", "movers_chart"]

MOST_MOVERS: Final = 40
"""Bars that are read one by one."""
_LETTER: Final = 7.2
"""Pixels that a letter takes on average, in a wide font."""
_RATIO_PIXELS: Final = 66
_WHO_PIXELS: Final = f"min(movers_letters.who * {_LETTER}, width * (movers_letters.on ? 0.28 : 0.45))"
"""The room for names of accounts; longer ones are cut off."""
_IS_SHORT: Final = "(width < 420 && movers_letters.who > 0)"
"""Whether weekdays are left out, for want of room."""
_BARS_BEGIN: Final = f"({_WHO_PIXELS}) + max(0, movers_letters.on - ({_IS_SHORT} ? 4 : 0)) * {_LETTER} + 16"
_BARS_END: Final = f"max({_BARS_BEGIN} + 10, width - movers_letters.change * {_LETTER} - {_RATIO_PIXELS} - 8)"
"""Right of where they begin, however narrow the cell: else bars would go the wrong way."""


def movers_chart(
    movers: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw the largest changes as bars, in the order of the table, with the amount and the ratio beside them.

    Bars go right from zero where cost rose and left where it fell. Paler bars may still change; a dashed
    outline is a day with hours missing. A bar is named by its day, by its account, or by both, whatever
    tells it from the others; in a narrow cell, without the weekday. Of more than 40 rows, the first are
    drawn.

    Parameters
    ----------
    movers
        What :func:`cfusage_lab.changes.movers` returns (``schema.MOVERS``).
    names
        Account id to name; an account without one is called by the ends of its id.
    time_zone
        The IANA name of the zone whose days these are, to be said in the heading.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell.

    Raises
    ------
    FrameError
        If a column is missing.
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(56, now=now))
    >>> changes = cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))
    >>> chart = cfu.movers_chart(cfu.movers(changes, top=3), time_zone="UTC")
    >>> print(*chart.title.text)
    Largest change: Mon 12 Oct, +$166.26 (+286.2%)
    """
    movers = collected(movers, MOVERS, table="movers")
    rows = _rows(movers.head(MOST_MOVERS), names)
    return drawn(
        _page(rows.height),
        [rows] if rows.height else [],
        title=_title(rows),
        facts=_facts(movers, rows, when(movers, time_zone)),
        note=note,
        values={"movers_letters": _letters(rows)} if rows.height else None,
    )


# The rows


def _rows(movers: pl.DataFrame, names: Mapping[str, str] | None) -> pl.DataFrame:
    """Give each row its place, from 1, and a name: ``who`` and ``on``, of which one may be empty."""
    known = labels(dict.fromkeys(movers["account_id"]), names=names)
    texts = [days_text(day, day) for day in movers["date"]]
    is_one_year = movers["date"].dt.year().n_unique() == 1
    days = [text.rpartition(" ")[0] for text in texts] if is_one_year else texts
    accounts = [known[one] for one in movers["account_id"]]
    is_one_account = movers["account_id"].n_unique() <= 1
    is_one_day = not is_one_account and movers["date"].n_unique() == 1
    nothing = [""] * movers.height
    return movers.with_columns(
        place=pl.int_range(1, pl.len() + 1),
        who=pl.Series(nothing if is_one_account else accounts, dtype=pl.String),
        on=pl.Series(nothing if is_one_day else days, dtype=pl.String),
        account=pl.Series(accounts, dtype=pl.String),
        day=pl.Series(texts, dtype=pl.String),
    ).drop("account_id", "date")


def _letters(rows: pl.DataFrame) -> dict[str, int]:
    """Count the letters of the longest texts of each column, for their room."""
    sizes = rows["change_usd"].abs()
    largest, smallest = float(sizes.max()), float(sizes.min())  # type: ignore[arg-type]
    digits = 10 if 0 < smallest < 1e-5 else 6 if 0 < smallest < 1 else 2  # noqa: PLR2004 - as exact_text() has it
    change = max(len(f"+${largest:,.2f}"), len(f"+$0.{'0' * digits}"))
    return {"who": _longest(rows["who"]), "on": _longest(rows["on"]), "change": change}


def _longest(texts: pl.Series) -> int:
    return max(map(len, texts))


# The heading


def _title(rows: pl.DataFrame) -> str:
    """State the first row: the largest change."""
    if rows.is_empty():
        return "Largest changes: no known change"
    row = rows.row(0, named=True)
    ratio = "" if row["change_ratio"] is None else f" ({percent(row['change_ratio'])})"
    if row["change_usd"] == 0:
        return "Largest changes: nothing changed"
    sign = "+" if row["change_usd"] > 0 else ""
    named = ", ".join(filter(None, (row["who"], row["on"])))
    return f"Largest change: {named}, {sign}{dollars(row['change_usd'])}{ratio}"


def _facts(movers: pl.DataFrame, rows: pl.DataFrame, days: list[str]) -> list[str]:
    """Say whose changes these are, in what unit, and how many are not drawn."""
    if rows.is_empty():
        return days
    whose = [rows["account"][0]] if rows["account"].n_unique() == 1 else []
    lines = [" · ".join([*whose, "Change in US dollars"]), " · ".join(days)]
    if movers.height > rows.height:
        lines.append(f"The first {rows.height} of {movers.height:,} rows")
    if changing(rows):
        lines.append(f"Paler bars may still change: {changing(rows)}")
    return lines


# The page without its table and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _page(count: int) -> Any:  # noqa: ANN401 - altair's own
    if not count:
        return page([words("There is no known change in this table")])
    return page([_bars().properties(name="row_0", width=WIDTH, height=24 * count)])


def _bars() -> Any:  # noqa: ANN401 - altair's own
    places = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.1))
    base = alt.Chart().encode(y=places)
    bars = base.mark_bar(aria=False, **settled()).encode(
        x=alt.X(
            "change_usd:Q",
            axis=None,
            scale=alt.Scale(nice=False, range=[alt.ExprRef(_BARS_BEGIN), alt.ExprRef(_BARS_END)]),
        ),
        x2=alt.datum(0),
        color=kinds_colour(),
        stroke=kinds_outline(),
    )
    zero = alt.Chart().mark_rule(aria=False, color=NEUTRAL).encode(x=alt.datum(0))
    name = base.mark_text(aria=False, align="left", fontSize=12, limit=alt.ExprRef(_WHO_PIXELS))
    left = base.mark_text(aria=False, align="left", fontSize=12)
    right = base.mark_text(aria=False, align="right", fontSize=12)
    texts = [
        name.encode(x=alt.value(0), text="who:N"),
        left.encode(x=_at(f"({_WHO_PIXELS}) + (movers_letters.who ? 8 : 0)"), text="when:N"),
        right.encode(x=_at(f"width - {_RATIO_PIXELS}"), text="change:N"),
        right.encode(x=_at("width"), text="aside:N"),
    ]
    columns = pointed(0, base, ["place"], _TITLES)
    return alt.layer(bars, zero, *texts, columns).transform_calculate(**_TEXTS)


def _at(pixels: str) -> Any:  # noqa: ANN401 - altair's own
    return alt.value(alt.ExprRef(pixels))


_TITLES: Final = {
    "account": "Account",
    "day": "Day",
    "cost": "Cost",
    "before": "Before",
    "change": "Change",
    "ratio": "Change ratio",
    "part": "Share of the whole change",
    "what": "Kind",
    "status": "State",
}
_FROM_THE_TABLE: Final = ("account", "date")
_TEXTS: Final = {
    **{name: text for name, text in compared_texts().items() if name not in _FROM_THE_TABLE},
    "when": f"{_IS_SHORT} ? slice(datum.on, 4) : datum.on",
    "aside": (
        "isValid(datum.change_ratio)"
        " ? format(datum.change_ratio, abs(datum.change_ratio) < 10 ? '+,.1%' : '+,.0%') : datum.kind"
    ),
    "part": "isValid(datum.share) ? format(datum.share, ',.1%') : 'none: the whole did not change'",
}
