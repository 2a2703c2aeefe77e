"""The table of accounts: what is chosen by clicks, what is in sight, what its cells say."""

from typing import Any

import polars as pl
import pytest
from hostile import TEXTS
from ledger import A, B, C

from cfusage_lab.changes.account_ranking import RANKED
from cfusage_lab.explorer.account_table import AccountTable
from cfusage_lab.explorer.rows import NOTHING
from cfusage_lab.wording import visible

NAMES = {A: "Alpha", B: "Beta", C: "Gamma"}
MANY = {f"{n:032x}": f"Team {n}" for n in range(1000)}


def ranked(costs: dict[str, float | None], **more: Any) -> pl.DataFrame:  # noqa: ANN401
    """Make a ranking of these costs, in this order."""
    whole = sum(cost or 0.0 for cost in costs.values())
    rows = {
        "account_id": list(costs),
        "name": list(costs),
        "cost_usd": list(costs.values()),
        "share": [None if cost is None or whole <= 0 else cost / whole for cost in costs.values()],
        "previous_usd": [None] * len(costs),
        "change_usd": [None] * len(costs),
        "change_ratio": [None] * len(costs),
        "kind": ["unknown"] * len(costs),
        "spark": [[]] * len(costs),
    }
    return pl.DataFrame(rows | more, schema=RANKED)


def table(names: dict[str, str] | None = None, value: tuple[str, ...] = ()) -> AccountTable:
    names = NAMES if names is None else names
    shown = AccountTable(names, value)
    shown.show(ranked({one: float(len(names) - place) for place, one in enumerate(names)}))
    return shown


def click(shown: AccountTable, account_id: str, *, is_added: bool = False) -> None:
    content = {"kind": "click", "key": account_id, "is_added": is_added}
    shown.rows._handle_custom_msg(content, [])


def keys(shown: AccountTable) -> list[str]:
    return [one["key"] for one in shown.rows.rows]


def selected(shown: AccountTable) -> list[str]:
    return [one["key"] for one in shown.rows.rows if one["is_selected"]]


def is_seen(widget: Any) -> bool:  # noqa: ANN401
    return bool(widget.layout.display != "none" and widget.layout.visibility != "hidden")


def test_a_click_chooses_one_and_the_same_again_all() -> None:
    shown = table()
    heard: list[tuple[str, ...]] = []
    shown.observe(lambda change: heard.append(change["new"]), names="value")

    click(shown, A)
    assert selected(shown) == [A]
    click(shown, B)
    click(shown, B)

    assert heard == [(A,), (B,), ()]
    assert selected(shown) == []


def test_ctrl_and_a_click_adds_and_takes_away_and_each_is_all() -> None:
    shown = table()
    heard: list[tuple[str, ...]] = []
    shown.observe(lambda change: heard.append(change["new"]), names="value")

    for one in (B, A, B, B, C):
        click(shown, one, is_added=True)

    assert heard == [(B,), (A, B), (A,), (A, B), ()]


def test_what_is_set_is_shown_and_the_button_chooses_all_again() -> None:
    shown = table()
    assert not is_seen(shown.everything)
    assert "all 3" in shown.heading.value

    shown.value = (A, C)
    assert selected(shown) == [A, C]
    assert "2 of 3 selected" in shown.heading.value
    assert (is_seen(shown.everything), shown.everything.description) == (True, "Select all 3 accounts")
    shown.everything.click()
    assert (shown.value, is_seen(shown.everything)) == ((), False)

    shown.value = (A, B, C)
    assert (selected(shown), is_seen(shown.everything)) == ([], False)


def test_together_or_by_account() -> None:
    """Of a single one, there is no question."""
    shown = table()
    heard: list[bool] = []
    shown.observe(lambda change: heard.append(change["new"]), names="is_together")
    assert (shown.is_together, shown.switch.label, shown.switch.disabled) == (True, "Together", False)

    shown.switch.label = "By account"
    shown.value = (A,)
    assert shown.switch.disabled
    shown.value = (A, B)
    assert not shown.switch.disabled
    shown.is_together = True

    assert heard == [False, True]
    assert shown.switch.label == "Together"


def test_ten_are_seen_at_once_and_those_that_are_chosen() -> None:
    ids = list(MANY)
    shown = table(MANY, (ids[500],))

    assert keys(shown) == [*ids[:10], ids[500]]
    assert shown.more.description == "and 989 more"
    shown.more.click()
    assert keys(shown) == [*ids[:50], ids[500]]
    assert "949 more accounts: search" in shown.note.value
    assert shown.more.description == "Show the 10 costliest"
    shown.more.click()
    assert keys(shown) == [*ids[:10], ids[500]]

    shown.value = tuple(ids[100:300])
    shown.more.click()
    assert keys(shown) == [*ids[:50], *ids[100:110]]


def test_a_search_finds_names_and_ids_and_keeps_what_is_chosen_in_sight() -> None:
    ids = list(MANY)
    shown = table(MANY, (ids[3],))

    shown.search.value = " tEAM 99"
    assert keys(shown) == [ids[3], ids[99], *ids[990:1000]]
    assert (is_seen(shown.more), shown.note.value) == (False, "")
    shown.search.value = ids[998]
    assert keys(shown) == [ids[3], ids[998]]
    shown.search.value = "team"
    assert len(keys(shown)) == 50
    assert shown.note.value == "and 950 more"
    shown.search.value = "nobody"
    assert (keys(shown), shown.note.value) == ([ids[3]], "No account found.")
    shown.value = ()
    assert (keys(shown), shown.rows.empty, shown.note.value) == ([], "No account found.", "")
    shown.search.value = ""
    assert keys(shown) == ids[:10]


@pytest.mark.parametrize(
    ("count", "table_seen", "search_seen"),
    [(1, False, False), (2, True, False), (7, True, False), (8, True, True)],
)
def test_no_more_is_shown_than_helps(count: int, *, table_seen: bool, search_seen: bool) -> None:
    shown = table(dict(list(MANY.items())[:count]))

    assert (is_seen(shown), is_seen(shown.search)) == (table_seen, search_seen)
    assert not is_seen(shown.more)


def test_cells_say_cost_share_change_and_days() -> None:
    """The bar is as long as the cost beside the highest one."""
    shown = AccountTable(NAMES)
    figures = {
        "change_usd": [1.5, -2.0, None],
        "change_ratio": [0.2, -0.4, None],
        "kind": ["up", "down", "unknown"],
        "spark": [[None, 4.0, 5.0, None], [1.0], []],
    }

    shown.show(ranked({B: 9.0, A: 3.0, C: None}, **figures))

    cells = {one["key"]: one["cells"] for one in shown.rows.rows}
    assert [column["name"] for column in shown.rows.columns] == [
        "Account",
        "Cost",
        "Share",
        "Change",
        "Trend",
    ]
    assert cells[B] == [
        "Beta",
        "$9.00",
        {"ratio": 1.0, "text": "75.0%"},
        {"text": "+$1.50", "note": "+20.0%", "direction": "up"},
        {"values": [None, 4.0, 5.0, None], "text": "Days: first $4.00, last $5.00"},
    ]
    assert cells[A][2:4] == [
        {"ratio": 1 / 3, "text": "25.0%"},
        {"text": "-$2.00", "note": "-40.0%", "direction": "down"},
    ]
    assert cells[C][1:3] == [NOTHING, {"ratio": None, "text": NOTHING}]


def test_an_account_without_figures_can_be_chosen_too() -> None:
    shown = AccountTable(NAMES)
    shown.show(ranked({C: 1.0}))

    assert keys(shown) == [C, A, B]
    assert shown.rows.rows[1]["cells"] == ["Alpha", NOTHING, None, None, None]
    assert [one["is_quiet"] for one in shown.rows.rows] == [False, True, True]
    click(shown, A)
    assert shown.value == (A,)


def test_other_names_choose_nothing() -> None:
    shown = AccountTable({A: "aaaa…aaaa"}, (A,))
    heard: list[object] = []
    shown.observe(heard.append, names="value")

    shown.offer(NAMES)

    assert (selected(shown), heard, is_seen(shown)) == ([A], [], True)


def test_whatever_accounts_are_called_they_are_read() -> None:
    names = {f"{n:032x}": text for n, text in enumerate(TEXTS)}
    shown = table(names)

    shown.search.value = "onerror"

    assert [one["cells"][0] for one in shown.rows.rows] == [
        visible(text) for text in TEXTS if "onerror" in text
    ]
