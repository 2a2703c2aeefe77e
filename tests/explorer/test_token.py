"""A token typed into the explorer: it opens a source, and is found nowhere after."""

import gc
import json
import logging

import ipywidgets
import pytest
from ledger import NOW, PATIENCE, A, B, Ledger, account_labels, join_threads, title

from cfusage_lab.errors import AuthError, ConfigError
from cfusage_lab.explorer import UsageExplorer

TOKEN = "not-a-real-token-but-a-secret-one"


def test_without_a_way_to_log_in_there_is_no_field() -> None:
    assert UsageExplorer(Ledger(), time_range="Today", now=NOW).token is None


def test_a_token_opens_the_account_in_the_place_of_what_is_on_screen() -> None:
    """Two accounts at a dollar and a quarter an hour, named as the new source names them."""
    typed: list[str] = []

    def login(token: str) -> Ledger:
        typed.append(token)
        return Ledger(own=(A, B), names={A: "First", B: "Second"})

    explorer = UsageExplorer(Ledger(), login=login, time_range="Today", now=NOW)
    assert explorer.token is not None

    explorer.token.value = f" {TOKEN} "

    assert explorer.token.value == "", "the field is empty at once"
    assert explorer.wait(PATIENCE)
    assert typed == [TOKEN]
    assert title(explorer) == "AI Gateway cost: $12.50"
    assert account_labels(explorer) == ["First", "Second"]
    assert explorer.accounts.value == (A, B)

    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    assert title(explorer) == "AI Gateway cost: $210.00"


@pytest.mark.slow
def test_the_token_is_in_no_widget_no_text_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the program has a fault."""
    caplog.set_level(logging.DEBUG)

    def login(token: str) -> Ledger:
        assert token == TOKEN
        raise RuntimeError("a fault")

    explorer = UsageExplorer(Ledger(), login=login, time_range="Today", now=NOW)
    assert explorer.token is not None
    explorer.token.value = TOKEN
    assert explorer.wait(PATIENCE)
    join_threads()

    states = [json.dumps(one.get_state(), default=str) for one in all_widgets()]
    assert not any(TOKEN in state for state in states)
    assert TOKEN not in repr(explorer) + explorer.code() + explorer.status + explorer.banner
    assert TOKEN not in caplog.text
    assert "a fault in this program" in explorer.banner


def all_widgets() -> list[ipywidgets.Widget]:
    gc.collect()  # an explorer that is gone may leave a closed one inside another for a while
    found = [one for one in gc.get_objects() if isinstance(one, ipywidgets.Widget)]
    return [one for one in found if one.comm is not None]


@pytest.mark.parametrize("error", [AuthError("the token is refused"), ConfigError("a wrong form")])
def test_a_token_that_does_not_work_leaves_the_last_view(error: Exception) -> None:
    def login(_token: str) -> Ledger:
        raise error

    explorer = UsageExplorer(Ledger(), login=login, time_range="Today", now=NOW)
    assert explorer.token is not None
    explorer.token.value = TOKEN
    assert explorer.wait(PATIENCE)

    assert str(error) in explorer.banner
    assert title(explorer) == "AI Gateway cost: $10.00"
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert explorer.banner == ""


def test_what_is_typed_is_not_sent_back_to_any_browser() -> None:
    """Other controls are echoed to all pages that show the notebook."""
    explorer = UsageExplorer(Ledger(), login=lambda _token: Ledger(), time_range="Today", now=NOW)

    assert explorer.token is not None
    assert explorer.token.trait_metadata("value", "echo_update") is False
