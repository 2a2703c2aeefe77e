"""The control for accounts."""

import pytest
from ledger import A, B, C

from cfusage_lab.explorer.accounts import AccountPicker

NAMES = {A: "Alpha", B: "Beta", C: "cccc…cccc"}
MANY = {f"{n:032x}": f"Team {n}" for n in range(40)}


def labels(picker: AccountPicker) -> list[str]:
    return [label for label, _ in picker.list.options]


def test_several_can_be_chosen_and_all_stand_for_each_of_them() -> None:
    picker = AccountPicker(NAMES, (A,))
    heard: list[tuple[str, ...]] = []
    picker.observe(lambda change: heard.append(change["new"]), names="value")

    picker.list.label = ("Alpha", "Beta")
    picker.list.label = ("All 3 accounts", "Alpha", "Beta")
    picker.list.label = ("All 3 accounts", "Beta")

    assert heard == [(A, B), (A, B, C), (B,)]
    assert picker.list.label == ("Beta",)


@pytest.mark.parametrize("one", ["all", "", "All 2 accounts", "__proto__"])
def test_any_string_is_an_id_and_none_of_them_stands_for_all(one: str) -> None:
    """A table of the total has one account, and its id is "all"."""
    picker = AccountPicker({one: "Whole", A: "Alpha"}, (one,))
    assert picker.list.label == ("Whole",)

    picker.list.label = ("Whole", "Alpha")
    assert (set(picker.value), picker.list.label) == ({one, A}, ("All 2 accounts",))
    picker.list.label = ("All 2 accounts", "Whole")
    assert (picker.value, picker.list.label) == ((one,), ("Whole",))


def test_no_two_accounts_are_called_alike_and_none_is_called_nothing() -> None:
    picker = AccountPicker({A: "One\n", B: "One\n", C: ""}, (A,))

    assert labels(picker) == ["All 3 accounts", f"One␊ ({A})", f"One␊ ({B})", "cccc…cccc"]


def test_all_taken_away_leaves_none() -> None:
    """The explorer then says that one is wanted."""
    picker = AccountPicker(NAMES, (A, B, C))
    assert picker.list.label == ("All 3 accounts",)

    picker.list.label = ("Alpha",)
    picker.list.label = ()

    assert picker.value == ()


def test_a_search_keeps_what_is_chosen_in_sight() -> None:
    picker = AccountPicker(MANY, (f"{3:032x}",))
    heard: list[object] = []
    picker.observe(heard.append, names="value")

    picker.search.value = "team 39"

    assert labels(picker) == ["All 40 accounts", "Team 3", "Team 39"]
    assert picker.list.label == ("Team 3",)
    assert heard == []

    picker.list.label = ("Team 3", "Team 39")
    picker.search.value = ""
    assert picker.list.label == ("Team 3", "Team 39")
    assert picker.label == "2 accounts"


def test_what_is_chosen_is_named_where_it_may_be_out_of_sight() -> None:
    """Six rows are seen; a list of four needs no such words."""
    picker = AccountPicker(MANY, (f"{33:032x}",))
    assert picker.list.description == "Accounts: Team 33"

    picker.list.label = ("Team 33", "Team 39")
    assert picker.list.description == "Accounts: 2"
    picker.value = tuple(MANY)
    assert picker.list.description == "Accounts: All 40"
    picker.offer(NAMES)
    picker.value = (B,)
    assert (picker.list.description, picker.list.label) == ("Accounts", ("Beta",))


def test_an_id_is_found_too() -> None:
    picker = AccountPicker(MANY, (f"{3:032x}",))

    picker.search.value = f"{38:032x}"

    assert labels(picker)[1:] == ["Team 3", "Team 38"]


@pytest.mark.parametrize(
    ("names", "list_seen", "search_seen"),
    [({A: "Alpha"}, False, False), (NAMES, True, False), (MANY, True, True)],
)
def test_no_more_is_shown_than_helps(names: dict[str, str], *, list_seen: bool, search_seen: bool) -> None:
    picker = AccountPicker(names, (next(iter(names)),))

    assert (picker.layout.display != "none") is list_seen
    assert (picker.search.layout.display != "none") is search_seen


def test_names_that_come_later_choose_nothing() -> None:
    picker = AccountPicker({A: "aaaa…aaaa"}, (A,))
    heard: list[object] = []
    picker.observe(heard.append, names="value")

    picker.offer(NAMES)

    assert picker.list.label == ("Alpha",)
    assert heard == []
