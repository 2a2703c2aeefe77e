"""The page of a chart: a row an account, over one axis, and the heading over it all.

Altair takes tens of milliseconds to make a page and to write it as Vega-Lite, and most pages on a screen are
one that was there before, with other rows. So a :class:`Page` is made once, without tables and heading, and
:func:`fill_page` gives it these; whoever writes it as Vega-Lite keeps that with it.
"""

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, ParamSpec, cast

import altair as alt
import polars as pl

from cfusage_lab.argument_checks import check_text
from cfusage_lab.charts.composition import PageChart
from cfusage_lab.charts.headings import WRAPPED, heading
from cfusage_lab.charts.marks import POINTED, Part, centred_text, hide_from_screen_readers
from cfusage_lab.wording import visible

__all__ = [
    "ROW_HEIGHT",
    "WIDTH",
    "AccountPage",
    "Page",
    "Row",
    "cached_page",
    "empty_chart",
    "empty_page",
    "fill_page",
    "heading_of",
    "page_of",
    "shallow_copy",
    "stack_views",
]

WIDTH: Final = 640
"""Pixels of a picture. In a cell a chart is as wide as the cell."""
ROW_HEIGHT: Final = "childHeight"
"""The signal with the height of a row, as Vega-Lite calls it where all views have the same."""
_GROWTH: Final = 1.6
"""How much higher a row is in a cell as wide as a large screen."""
_PAGE: Final = "_cfusage_page"
"""Where a chart has its page: beside altair's own, which goes where altair copies the chart."""
_MOST_PAGES: Final = 64
"""Pages to keep: a dozen charts, of one account or several, with each statistic. One takes 0.1 to 0.5 MB."""

_Asked = ParamSpec("_Asked")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A chart without tables and heading.

    Attributes
    ----------
    chart
        The chart. Charts that are drawn of it share its parts.
    written
        What it was written as, by what else decides that.
    """

    chart: Part
    written: dict[Hashable, Any] = field(default_factory=dict)


def cached_page(make: Callable[_Asked, Part]) -> Callable[_Asked, Page]:
    """Make pages of the charts that a function makes, and keep them by its arguments."""

    def made(*asked: _Asked.args, **named: _Asked.kwargs) -> Page:
        return Page(make(*asked, **named))

    kept: Any = lru_cache(maxsize=_MOST_PAGES)(made)
    return cast("Callable[_Asked, Page]", kept)


def stack_views(views: Sequence[Part], *, spacing: int = 14, right: int = 6) -> Part:
    """Set views under each other, with ``right`` pixels for the half of a last label that sticks out."""
    for view in views:
        hide_from_screen_readers(view)
    padding = {"left": 2, "top": 4, "right": right, "bottom": 4}
    about = {"fillsTheCell": True, "heading": WRAPPED, "padding": padding}
    return PageChart(vconcat=list(views), spacing=spacing, usermeta=about)


def empty_chart(text: str) -> Part:
    """Say that there is nothing to draw."""
    return stack_views([centred_text(text).properties(width=WIDTH, height=200)])


empty_page: Final = cached_page(empty_chart)
"""The page that says so."""


# A row for each account


@dataclass(frozen=True, slots=True)
class Row:
    """The row of one account.

    Attributes
    ----------
    nth
        Its place, from 0.
    labels
        The names of all accounts.
    is_zero
        Whether there is nothing but zeros in any of them: they share their scales.
    """

    nth: int
    labels: tuple[str, ...]
    is_zero: bool

    @property
    def name(self) -> str:
        """The view's name, by which expressions find its scales."""
        return f"row_{self.nth}"

    @property
    def label(self) -> str:
        """What the account is called."""
        return self.labels[self.nth]

    @property
    def is_alone(self) -> bool:
        """Whether there is no other account."""
        return len(self.labels) == 1

    @property
    def is_last(self) -> bool:
        """Whether it stands above the axis that all rows share."""
        return self.nth == len(self.labels) - 1


@dataclass(frozen=True, slots=True, eq=False)
class AccountPage:
    """A page with a row for each account; all of them share their scales.

    Attributes
    ----------
    layers
        Makes the layers of a :class:`Row`, of what the page is asked with.
    heights
        Pixels of a row that is alone, and of one among others: up to five have to go on a screen.
    what
        What one line of the tables is, to say that there is none.
    steps
        Vega expressions by name, computed for all layers.
    choice
        The name of the selection that a click makes, and its fields; a click beside everything, or a double
        click, takes it back.
    """

    layers: Callable[..., Sequence[Part]]
    heights: tuple[int, int]
    what: str
    steps: Mapping[str, str] | None = None
    choice: tuple[str, Sequence[str]] | None = None

    def of(
        self,
        labels: tuple[str, ...],
        zero_rows: tuple[bool, ...] = (),
        *,
        nothing: str | None = None,
        **asked: Any,  # noqa: ANN401 - each chart's own
    ) -> Page:
        """Return the page of some accounts; ``zero_rows`` says which of them have nothing but zeros.

        Where there is no account, ``nothing`` says why.
        """
        check_text(nothing, "empty")
        if not labels:
            return empty_page(visible(nothing or f"There is no {self.what} in this table"))
        shown = labels if len(labels) > 1 else ("",)  # one that is alone is named in the heading only
        return _account_page(self, shown, zero_rows or (False,) * len(shown), tuple(asked.items()))

    def row(self, row: Row, asked: Mapping[str, Any]) -> Part:
        """Lay the layers of an account over each other; among others, it has its name above."""
        alone, among_others = self.heights
        view = alt.layer(*self.layers(row, **asked)).properties(
            name=row.name, width=WIDTH, height=alone if row.is_alone else among_others
        )
        if not row.is_alone:
            title = alt.Title(row.label, anchor="start", fontSize=12, fontWeight="bold", offset=4)
            view = view.properties(title=title)
        return view.transform_calculate(**self.steps) if self.steps else view


@cached_page
def _account_page(
    kind: AccountPage,
    labels: tuple[str, ...],
    zero_rows: tuple[bool, ...],
    asked: tuple[tuple[str, Any], ...],
) -> Part:
    rows = [kind.row(Row(nth, labels, all(zero_rows)), dict(asked)) for nth in range(len(labels))]
    whole = stack_views(rows).resolve_scale(x="shared", y="shared")
    least = kind.heights[0] if len(labels) == 1 else kind.heights[1]
    whole.usermeta = {**whole.usermeta, "heights": {ROW_HEIGHT: (least, round(least * _GROWTH))}}
    if kind.choice:
        name, fields = kind.choice
        views = [view for one in whole.params if one.name.startswith(POINTED) for view in one.views]
        click = alt.PointSelectionConfig(
            type="point", on="click", clear="dblclick", toggle=False, fields=list(fields)
        )
        whole.params = [*whole.params, alt.TopLevelSelectionParameter(name=name, select=click, views=views)]
    return whole


# The whole chart


def fill_page(
    page: Page,
    tables: Sequence[pl.DataFrame],
    *,
    title: str,
    facts: Sequence[str],
    note: str | None,
    values: Mapping[str, object] | None = None,
) -> alt.VConcatChart:
    """Give a page its tables, its heading with the ``note`` last, and the values of its parameters."""
    check_text(note, "note")
    title = visible(title)
    facts = [visible(fact) for fact in (*facts, *(note.splitlines() if note else ()))]
    chart: alt.VConcatChart = shallow_copy(page.chart)
    chart.vconcat = [shallow_copy(view) for view in chart.vconcat]
    for view, table in zip(chart.vconcat, tables or [pl.DataFrame({"row": [0]})], strict=True):
        view.data = table
    chart.title = heading(title, facts)
    chart.description = ". ".join([title, *facts])
    if values:
        selections = chart.params if isinstance(chart.params, list) else []
        chart.params = selections + [
            alt.VariableParameter(name=name, value=value) for name, value in values.items()
        ]
    vars(chart)[_PAGE] = page, _parts_of(chart), {"text": title, "subtitle": facts}
    return chart


def page_of(chart: alt.TopLevelMixin) -> Page | None:
    """Return the page that a chart was drawn of; None if it was changed since, or is none of ours.

    What others share with it, such as a layer or a mark, is not looked at.
    """
    page, parts, _ = vars(chart).get(_PAGE, (None, [], {}))
    now = _parts_of(chart) if page else []
    is_same = len(now) == len(parts) and all(one is other for one, other in zip(now, parts, strict=True))
    return page if is_same else None


def heading_of(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Return the ``text`` and the ``subtitle`` of a chart that was drawn of a page, in whole lines."""
    whole: dict[str, Any] = vars(chart)[_PAGE][2]
    return whole


def _parts_of(chart: Any) -> list[Any]:  # noqa: ANN401 - altair's own
    """List what stands in a chart, in its lists, its views and its title, which are its own."""
    lists = [part for part in (chart.params, chart.vconcat) if isinstance(part, list)]
    own = [part for part in (chart, *chart.vconcat, chart.title) if isinstance(part, alt.SchemaBase)]
    named = [part for one in own for part in vars(one)["_kwds"].values()]
    return named + [part for one in lists for part in one]


def shallow_copy(part: Part) -> Part:
    """Copy a chart without what is in it; altair's own copy takes all of it apart and together again."""
    copied = copy.copy(part)
    vars(copied)["_kwds"] = dict(vars(part)["_kwds"])
    return copied
