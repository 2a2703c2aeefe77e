"""The control for accounts: one, several or all of them, found by a part of their name."""

from collections.abc import Mapping
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]
import traitlets

from cfusage_lab.account_names import labels
from cfusage_lab.wording import all_accounts, counted

__all__ = ["AccountPicker"]

_ALL: Final = object()
"""Stands for each account in the list: no id is like it, whatever it is."""
_SEARCHED_FROM: Final = 7
"""How many accounts it takes until a search helps."""
_MOST_ROWS: Final = 6


class AccountPicker(ipywidgets.VBox):  # type: ignore[misc]
    """A list of accounts in which several can be chosen, with a search above it where there are many.

    It is not seen where there is only one account to choose.

    Parameters
    ----------
    names
        Account id to name.
    chosen
        The accounts to begin with.

    Attributes
    ----------
    value
        The ids that are chosen; it can be set, and observed.
    list, search
        The two widgets.
    """

    value = traitlets.Tuple()

    def __init__(self, names: Mapping[str, str], chosen: tuple[str, ...]) -> None:
        self._names = self._offered = dict(names)
        self._is_mirroring = False
        self.search = ipywidgets.Text(
            description="Search", placeholder="a part of a name or id", continuous_update=True
        )
        self.list = ipywidgets.SelectMultiple(description="Accounts")
        for one in (self.search, self.list):
            one.add_class("cfusage-field")
        super().__init__([self.search, self.list], value=chosen)
        self._offer()
        self.search.observe(self._offer, names="value")
        self.list.observe(self._choose, names="value")
        self.observe(self._offer, names="value")

    @property
    def label(self) -> str:
        """Say what is chosen."""
        labels = [label for label, one in self.list.options if one in self.list.value]
        return labels[0] if len(labels) == 1 else counted(len(self.value), "account")

    def offer(self, names: Mapping[str, str]) -> None:
        """Offer other names; nobody has chosen anything by that."""
        self._names = dict(names)
        self._offer()

    def _offer(self, _change: object = None) -> None:
        """Show what the search lets through, what is chosen in any case."""
        ids = dict.fromkeys((*self._names, *self.value))
        labelled = labels(ids, names=self._names)
        self._offered = names = {one: labelled[one] for one in ids}
        part = self.search.value.strip().casefold()
        is_all = len(names) > 1 and set(self.value) == set(names)
        kept = frozenset() if is_all else frozenset(self.value)
        shown = [one for one in names if one in kept or part in self._searched(one).casefold()]
        options = [(all_accounts(len(names)), _ALL)] if len(names) > 1 else []
        options += [(names[one], one) for one in shown]
        self._is_mirroring = True  # other options choose other values
        self.list.options = options
        self.list.value = (_ALL,) if is_all else tuple(one for one in names if one in self.value)
        self._is_mirroring = False
        self.list.rows = min(len(options), _MOST_ROWS)
        is_cut = len(options) > _MOST_ROWS  # what is chosen may be out of sight
        chosen = self.label.removesuffix(" accounts")
        self.list.description = f"Accounts: {chosen}" if is_cut else "Accounts"
        self.layout.display = None if len(names) > 1 else "none"
        self.search.layout.display = None if len(names) >= _SEARCHED_FROM else "none"

    def _searched(self, one: str) -> str:
        """Return what an account is found by: what it is called here and at its source, and its id."""
        return f"{self._offered[one]} {self._names.get(one, '')} {one}"

    def _choose(self, change: dict[str, Any]) -> None:
        """Take a choice over. ``All`` stands alone: another account beside it takes its place."""
        if self._is_mirroring:
            return
        added = [one for one in change["new"] if one not in change["old"]]
        chosen = tuple(one for one in change["new"] if one != _ALL)
        if _ALL in change["new"] and (_ALL in added or not chosen):
            chosen = tuple(self._offered)
        if set(chosen) == set(self.value):
            self._offer()
        else:
            self.value = tuple(sorted(chosen))
