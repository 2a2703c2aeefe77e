"""The accounts as a ranked table in which one or several are chosen."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]
import polars as pl
import traitlets

from cfusage_lab.account_names import labels
from cfusage_lab.changes.account_ranking import RANKED, rank_accounts
from cfusage_lab.explorer.listed_accounts import AWAITED, NOT_FETCHED
from cfusage_lab.explorer.rows import NOTHING, Cell, Rows, bar_cell, change_cell, column, row, spark_cell
from cfusage_lab.wording import all_accounts, counted, dollars, share_text

__all__ = ["AccountTable", "rank_accounts"]

_SEARCHED_FROM: Final = 8
"""How many accounts it takes until a search helps."""
_FIRST: Final = 10
"""Accounts that are seen at once, besides those that are chosen."""
_UNFOLDED: Final = 50
_MOST: Final = 60
"""Rows at most, those that are chosen included: each is sent to the browser."""
_DIGITS: Final = 4
"""Of a point of a small line, as exact as its pixels: each digit travels as a letter."""
_COLUMNS: Final = (
    column("Account"),
    column("Cost", "money"),
    column("Share", "bar"),
    column("Change", "change"),
    column("Trend", "spark"),
)
_NO_CELLS: Final[list[Cell]] = [NOTHING, None, None, None]
_NOBODY: Final = "No account found."
_SWITCH: Final = {"Together": True, "By account": False}


class AccountTable(ipywidgets.VBox):  # type: ignore[misc]
    """Accounts by cost: a click chooses one, Ctrl-click several, and a search finds one of many.

    It is not seen where there is only one account.

    Parameters
    ----------
    names
        Account id to name, of the accounts that can be chosen.
    value
        Those that are chosen to begin with.

    Attributes
    ----------
    value
        The ids that are chosen, sorted; none or each of them stands for all. It can be set, and observed.
    is_together
        Whether several are to be added up; if not, each is shown by itself. It can be set, and observed.
    rows, search, everything, switch, more
        The table, the field above it, the button that chooses all again, the switch between together and
        by account, the button that unfolds the rest.
    """

    value = traitlets.Tuple()
    is_together = traitlets.Bool(default_value=True)

    def __init__(self, names: Mapping[str, str], value: tuple[str, ...] = ()) -> None:
        self._names: dict[str, str] = {}
        self._ranked = pl.DataFrame(schema=RANKED)
        self._others: Mapping[str, str] = {}
        self._labels: dict[str, str] = {}
        self._is_unfolded = False
        self._build()
        head = ipywidgets.Box([self.heading, self.everything, self.search, self.switch])
        foot = ipywidgets.Box([self.more, self.note])
        for one, name in ((head, "cfusage-table-head"), (foot, "cfusage-table-foot")):
            one.add_class(name)
        super().__init__([head, self.rows, foot], value=value)
        self.add_class("cfusage-accounts")
        traitlets.link((self, "is_together"), (self.switch, "value"))
        self.rows.on_click(self._click)
        self.everything.on_click(lambda _button: self._choose(()))
        self.more.on_click(self._unfold)
        self.search.observe(self._draw, names="value")
        self.observe(self._draw, names="value")
        self.offer(names)

    def offer(self, names: Mapping[str, str]) -> None:
        """Offer accounts, id to name; nobody has chosen anything by that."""
        self._names = dict(names)
        self._label()

    def show(self, ranked: pl.DataFrame, others: Mapping[str, str] | None = None) -> None:
        """Show what :func:`rank_accounts` told, and why ``others``, by their ids, have no figures."""
        self._ranked, self._others = ranked, others or {}
        self._label()

    def _build(self) -> None:
        self.heading, self.note = ipywidgets.HTML(), ipywidgets.HTML()
        self.rows = Rows(is_multiple=True)
        self.search = ipywidgets.Text(
            description="Search",
            placeholder="name or id",
            continuous_update=True,
            style={"description_width": "auto"},
        )
        self.everything, self.more = ipywidgets.Button(), ipywidgets.Button()
        self.switch = ipywidgets.ToggleButtons(
            options=_SWITCH,
            tooltips=["Add the accounts up", "Show each account by itself"],
            style={"button_width": "auto"},
        )
        for one, name in (
            (self.heading, "cfusage-table-title"),
            (self.everything, "cfusage-link"),
            (self.more, "cfusage-link"),
            (self.note, "cfusage-quiet"),
            (self.search, "cfusage-search"),
            (self.switch, "cfusage-switch"),
        ):
            one.add_class(name)

    def _label(self) -> None:
        """Name all accounts that there are, the costliest first."""
        ids = dict.fromkeys((*self._ranked["account_id"], *self._names, *self.value))
        called = labels(ids, names=self._names)
        self._labels = {one: called[one] for one in ids}
        self._draw()

    def _chosen(self) -> frozenset[str]:
        """Return what is chosen, and nothing where that is all."""
        chosen = frozenset(self.value)
        return frozenset() if chosen >= self._labels.keys() else chosen

    def _draw(self, _change: object = None) -> None:
        if not self._labels.keys() >= set(self.value):
            self._label()
            return
        chosen, count = self._chosen(), len(self._labels)
        part = self.search.value.strip().casefold()
        found = [one for one in self._labels if part in self._searched(one)]
        first = found[: _UNFOLDED if self._is_unfolded or part else _FIRST]
        kept = [one for one in self._labels if one in chosen][: _MOST - len(first)]
        shown = {*first, *kept}
        self._say(chosen, rest=len(set(found) - shown), is_found=bool(found) or not part)
        self.rows.show(
            _COLUMNS,
            self._rows([one for one in self._labels if one in shown], chosen),
            caption="Accounts, the costliest first",
            empty=_NOBODY,
        )
        self.layout.display = None if count > 1 else "none"
        self.search.layout.display = None if count >= _SEARCHED_FROM else "none"

    def _searched(self, one: str) -> str:
        """Return what an account is found by: what it is called here and at its source, and its id."""
        return f"{self._labels[one]} {self._names.get(one, '')} {one}".casefold()

    def _say(self, chosen: frozenset[str], *, rest: int, is_found: bool) -> None:
        """Say how many there are, are chosen, and are out of sight."""
        count = len(self._labels)
        told = f"{len(chosen):,} of {count:,} selected" if chosen else f"all {count:,}"
        lacking = Counter(self._others.values())
        left, _ = lacking.pop(NOT_FETCHED, 0), lacking.pop(AWAITED, 0)
        if lacking:  # their rows say why
            whose = "it" if lacking.total() == 1 else "them"
            told += f" · {lacking.total():,} could not be fetched: shares are without {whose}"
        self.heading.value = f'<strong>Accounts</strong> <span class="cfusage-quiet">{told}</span>'
        self.everything.description = f"Select {all_accounts(count).lower()}"
        self.everything.layout.visibility = None if chosen else "hidden"
        self.switch.disabled = len(chosen) == 1
        is_searched = bool(self.search.value.strip())
        is_long = self._is_unfolded and count > _FIRST and not is_searched
        self.more.description = f"Show the {_FIRST} costliest" if is_long else f"and {rest:,} more"
        has_more = is_long or (rest > 0 and not is_searched)
        self.more.layout.display = None if has_more else "none"
        cut = f"{counted(rest, 'more account')}: search for a name" if rest and is_long else ""
        cut = f"and {rest:,} more" if rest and is_searched else cut
        cut = cut if is_found or not chosen else _NOBODY
        self.note.value = " · ".join(filter(None, (cut, f"{left:,} {NOT_FETCHED}" if left else "")))

    def _rows(self, shown: list[str], chosen: frozenset[str]) -> list[dict[str, Any]]:
        highest = self._ranked["cost_usd"].max() or 0.0
        exact = pl.element().round_sig_figs(_DIGITS)
        ranked = self._ranked.filter(pl.col("account_id").is_in(shown))
        ranked = ranked.with_columns(pl.col("spark").list.eval(exact))
        figures = {one["account_id"]: one for one in ranked.iter_rows(named=True)}
        rows = []
        for one in shown:
            known = figures.get(one)
            cells = _NO_CELLS if known is None else _cells(known, float(highest))  # type: ignore[arg-type]
            rows.append(
                row(
                    one,
                    [self._labels[one], *cells],
                    is_selected=one in chosen,
                    is_quiet=known is None,
                    tooltip=self._others.get(one, ""),
                )
            )
        return rows

    def _click(self, account_id: str, is_added: bool) -> None:  # noqa: FBT001 - as rows tell it
        chosen = self._chosen()
        if is_added:
            self._choose(tuple(sorted(chosen ^ {account_id})))
        else:
            self._choose(() if chosen == {account_id} else (account_id,))

    def _choose(self, chosen: tuple[str, ...]) -> None:
        self.value = () if len(chosen) == len(self._labels) else chosen

    def _unfold(self, _button: object) -> None:
        self._is_unfolded = not self._is_unfolded
        self._draw()


def _cells(known: Mapping[str, Any], highest: float) -> list[Cell]:
    """Write what an account cost, of which the costliest cost ``highest``."""
    cost, share, values = known["cost_usd"], known["share"], known["spark"]
    ends = [value for value in values if value is not None]
    told = f"Days: first {dollars(ends[0])}, last {dollars(ends[-1])}" if ends else ""
    return [
        NOTHING if cost is None else dollars(cost),
        bar_cell(
            cost / highest if cost is not None and highest > 0 else None,
            NOTHING if share is None else share_text(share),
        ),
        change_cell(known["change_usd"], known["change_ratio"], kind=known["kind"]),
        spark_cell(values, told),
    ]
