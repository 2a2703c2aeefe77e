"""The table of rows, without a browser: what it would be told, and what it tells."""

import json

import pytest
from hostile import TEXTS

from cfusage_lab.explorer.rows import Rows, bar_cell, change_cell, column, row, spark_cell

COLUMNS = [column("Day"), column("Cost", "bar")]


def table() -> Rows:
    """Show a day that unfolds, an hour that can't be chosen, and another day."""
    shown = Rows()
    rows = [
        row("16", ["16 Nov", bar_cell(1.0, "$2.00")], is_expandable=True, is_open=True),
        row("16 9", ["09:00", bar_cell(0.5, "$1.00")], level=1, is_selected=None, is_quiet=True),
        row("15", ["15 Nov", None], is_selected=True),
    ]
    shown.show(COLUMNS, rows, caption="Days", empty="No day.")
    return shown


def tell(shown: Rows, **content: object) -> None:
    """Hand a message over as if a browser had sent it."""
    shown._handle_custom_msg(content, [])


def test_all_that_a_browser_needs_is_sent() -> None:
    state = table().get_state()

    assert state["columns"] == [{"name": "Day", "kind": "text"}, {"name": "Cost", "kind": "bar"}]
    assert (state["caption"], state["empty"], state["is_multiple"]) == ("Days", "No day.", False)
    assert state["rows"][1] == {
        "key": "16 9",
        "cells": ["09:00", {"ratio": 0.5, "text": "$1.00"}],
        "level": 1,
        "is_selected": None,
        "is_open": False,
        "is_expandable": False,
        "is_quiet": True,
        "tooltip": "",
    }


def test_clicks_are_told_with_their_key_and_whether_the_row_is_added() -> None:
    shown = table()
    heard: list[tuple[str, bool]] = []
    shown.on_click(lambda key, is_added: heard.append((key, is_added)))

    tell(shown, kind="click", key="16", is_added=False)
    tell(shown, kind="click", key="15", is_added=True)

    assert heard == [("16", False), ("15", True)]


def test_what_is_not_there_any_more_or_was_never_meant_for_it_is_not_told() -> None:
    """A click may cross another answer on its way."""
    shown = table()
    heard: list[object] = []
    shown.on_click(lambda *told: heard.append(told))
    shown.on_open(heard.append)

    tell(shown, kind="click", key="14")
    tell(shown, kind="click", key="16 9")
    tell(shown, kind="open", key="15")
    tell(shown, kind="else", key="16")
    tell(shown, kind="click")
    tell(shown, kind="open", key="16")

    assert heard == ["16"]


@pytest.mark.parametrize(
    ("change", "ratio", "kind", "expected"),
    [
        (35.1, 0.0252, "up", ("+$35.10", "+2.5%", "up")),
        (-1234.5, -0.129, "down", ("-$1,234.50", "-12.9%", "down")),
        (301.25, None, "new", ("+$301.25", "new", "up")),
        (-10.0, -1.0, "stopped", ("-$10.00", "stopped", "down")),
        (0.0, 0.0, "flat", ("$0.00", "", "flat")),
        (0.0, None, "zero", ("$0.00", "", "flat")),
        (5.0, None, "up", ("+$5.00", "", "up")),
        (0.004, 0.5, "up", ("+$0.004000", "+50.0%", "up")),
        (None, None, "unknown", ("\N{EN DASH}", "", "flat")),
    ],
)
def test_a_change_is_said_with_its_sign(
    change: float | None, ratio: float | None, kind: str, expected: tuple[str, str, str]
) -> None:
    found = change_cell(change, ratio, kind=kind)

    assert (found["text"], found["note"], found["direction"]) == expected


def test_any_text_may_stand_in_a_row() -> None:
    """It travels as JSON."""
    rows = [row(str(n), [text, spark_cell([1.0, None], text)]) for n, text in enumerate(TEXTS)]
    shown = Rows()

    shown.show([column("Account"), column("Trend", "spark")], rows, caption="Accounts")

    assert [one["cells"][0] for one in json.loads(json.dumps(shown.get_state()["rows"]))] == list(TEXTS)
