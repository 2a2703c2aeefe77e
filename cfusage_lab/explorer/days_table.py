"""The selected days as a table on the page: in an order, some at a time, with hours that unfold."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import ipywidgets  # type: ignore[import-untyped]
import polars as pl

from cfusage_lab.changes.selected_days import SelectedDays
from cfusage_lab.explorer.day_rows import DAYS, ORDERS, DayPage, day_rows
from cfusage_lab.explorer.rows import Rows
from cfusage_lab.wording import counted

__all__ = ["DaysTable", "day_rows"]

_MOST_OPEN: Final = 2
"""Days that are unfolded at once: with a page of days, some 60 rows."""
_ISO: Final = len("2026-11-16")
"""Letters of a row's key that are its date."""


class DaysTable(ipywidgets.VBox):  # type: ignore[misc]
    """The selected days: what each cost, and how it changed; a click on a day is told.

    Attributes
    ----------
    rows, order, previous, next
        The table, the control of its order, the buttons that turn its pages.
    """

    def __init__(self) -> None:
        self._days: SelectedDays | None = None
        self._names: Mapping[str, str] = {}
        self._chosen: date | None = None
        self._page = 0
        self._open: tuple[str, ...] = ()
        self.heading = ipywidgets.HTML("<strong>Days</strong>").add_class("cfusage-table-title")
        self.order = ipywidgets.Dropdown(
            description="Order", options=tuple(ORDERS), style={"description_width": "auto"}
        )
        head = ipywidgets.Box([self.heading, self.order.add_class("cfusage-order")])
        self.place = ipywidgets.HTML().add_class("cfusage-quiet")
        self.previous = ipywidgets.Button(description="Previous").add_class("cfusage-link")
        self.next = ipywidgets.Button(description="Next").add_class("cfusage-link")
        self.rows = Rows()
        self._foot = ipywidgets.Box([self.place, self.previous, self.next])
        super().__init__(
            [head.add_class("cfusage-table-head"), self.rows, self._foot.add_class("cfusage-table-foot")]
        )
        self.add_class("cfusage-days")
        self.rows.on_open(self._unfold)
        self.order.observe(lambda _change: self._turn(0), names="value")
        self.previous.on_click(lambda _button: self._turn(self._page - 1))
        self.next.on_click(lambda _button: self._turn(self._page + 1))

    def on_day(self, callback: Callable[[date], None]) -> None:
        """Call ``callback`` with the date of a day that is clicked, or chosen with Enter or Space."""
        self.rows.on_click(lambda key, _is_added: callback(date.fromisoformat(key[:_ISO])))

    def show(
        self,
        selected: pl.DataFrame,
        known: pl.DataFrame,
        *,
        time_zone: str,
        names: Mapping[str, str],
        by_account: bool,
        chosen: date | None = None,
    ) -> None:
        """Show the days of the selected windows; the page stays where it has the same days.

        Parameters
        ----------
        selected, known, time_zone, by_account
            As in :class:`SelectedDays`.
        names, chosen
            As for :func:`day_rows`.
        """
        before, self._names, self._chosen = self._days, names, chosen
        self._days = SelectedDays(selected=selected, known=known, time_zone=time_zone, by_account=by_account)
        self._turn(self._page if before is not None and _have_same_pages(before, self._days) else 0)

    def _turn(self, page: int) -> None:
        if self._days is None:
            return
        found = day_rows(
            self._days,
            names=self._names,
            order=self.order.value,
            page=page,
            open_days=frozenset(self._open),
            chosen=self._chosen,
        )
        self._page = found.number
        self.rows.show(found.columns, found.rows, caption="Days", empty="No hour is selected.")
        self._say(found)

    def _say(self, page: DayPage) -> None:
        """Say which days these are, where there are more of them."""
        rows = "row" if "Account" in {one["name"] for one in page.columns} else "day"
        told = f' <span class="cfusage-quiet">{counted(page.count, rows)}</span>' if page.count else ""
        self.heading.value = f"<strong>Days</strong>{told}"
        self.place.value = f"{page.first:,} to {page.last:,} of {page.count:,}"
        self._foot.layout.display = None if page.count > DAYS else "none"
        self.order.layout.display = None if page.count > 1 else "none"
        self.previous.disabled = page.number == 0
        self.next.disabled = page.last == page.count

    def _unfold(self, key: str) -> None:
        rest = tuple(one for one in self._open if one != key)
        self._open = rest if key in self._open else (*rest, key)[-_MOST_OPEN:]
        self._turn(self._page)


def _have_same_pages(one: SelectedDays, other: SelectedDays) -> bool:
    is_alike = (one.by_account, one.time_zone) == (other.by_account, other.time_zone)
    return is_alike and one.span() == other.span()
