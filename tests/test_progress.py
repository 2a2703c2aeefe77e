"""How a long fetch shows itself."""

import sys

import nbformat
import pytest
from nbclient import NotebookClient

from cfusage_lab import progress
from cfusage_lab.progress import ProgressBar, Quiet, default_progress


def test_one_request_needs_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.update(1, 1)
    bar.close()

    assert capsys.readouterr().err == ""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any fetch be one that takes long."""
    monkeypatch.setattr(progress, "_QUICK", 0.0)


def test_a_quick_fetch_needs_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    for done in range(1, 89):
        bar.update(done, 88)
    bar.close()

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("slow")
def test_several_requests_are_counted_on_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    for done in range(1, 89):
        bar.update(done, 88)
    shown = bar._shown()

    assert (shown.n, shown.total) == (88, 88)
    bar.close()
    assert "Usage history" in capsys.readouterr().err


def test_a_long_wait_says_what_for_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.wait("Cloudflare asks to wait", 212.4)
    bar.close()

    assert "waiting 212 s: Cloudflare asks to wait" in capsys.readouterr().err


@pytest.mark.usefixtures("slow")
def test_a_bar_counts_the_next_fetch_anew(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.update(3, 4)
    bar.close()
    bar.update(1, 2)

    assert (bar._shown().n, bar._shown().total) == (1, 2)
    bar.close()
    assert capsys.readouterr().err.endswith("\r")


SLOW = """
import cfusage_lab as cfu
from cfusage_lab import progress
from cfusage_lab.sandbox import Sandbox
from cfusage_lab.sandbox.answers import refuse
from cfusage_lab.sandbox.trouble import Trouble
progress._QUICK = 0.0
"""
ENDS = {
    "success": "bar = cfu.ProgressBar()\nbar.update(2, 3)\nbar.close()",
    "error": "from contextlib import closing\nwith closing(cfu.ProgressBar()) as bar:\n"
    "    bar.update(2, 3)\n    raise ValueError",
    "interrupt": "from contextlib import closing\nwith closing(cfu.ProgressBar()) as bar:\n"
    "    bar.update(2, 3)\n    raise KeyboardInterrupt",
    "fetch": "history = cfu.UsageClient.sandbox().usage_history(\n"
    "    cfu.last_days(360), accounts=list(cfu.SANDBOX_ACCOUNTS))",
    "refusal": "trouble = [*[None] * 20, Trouble(answer=refuse(403, (10000, 'Authentication error')))]\n"
    "cfu.UsageClient.sandbox(Sandbox(trouble=trouble)).usage_history(\n"
    "    cfu.last_days(360), accounts=list(cfu.SANDBOX_ACCOUNTS))",
}


ENDS_IN = {"error": ["ValueError"], "interrupt": ["KeyboardInterrupt"], "refusal": ["AuthError"]}


@pytest.mark.slow
def test_in_a_kernel_no_bar_is_left_however_a_fetch_ends() -> None:
    """Neither on the page, nor as a text or a dead widget in the saved notebook."""
    cells = [nbformat.v4.new_code_cell(SLOW), *map(nbformat.v4.new_code_cell, ENDS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(notebook, timeout=60, allow_errors=True)

    client.execute()

    for name, cell in zip(ENDS, notebook.cells[1:], strict=True):
        shown = [output.get("data") for output in cell.outputs if output.output_type != "error"]
        assert all(data == {} for data in shown), name
        assert shown, name
        errors = [output.ename for output in cell.outputs if output.output_type == "error"]
        assert errors == ENDS_IN.get(name, []), name
    assert not [one for one in client.widget_state.values() if one.get("bar_style") == "danger"]


def test_where_nobody_looks_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "modules", {name: m for name, m in sys.modules.items() if name != "ipykernel"})
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)

    assert isinstance(default_progress(), Quiet)


def test_a_terminal_and_a_notebook_get_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(default_progress(), ProgressBar)

    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert isinstance(default_progress(), ProgressBar)


def test_voila_gets_no_bar_that_would_be_gone_when_the_page_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    assert isinstance(default_progress(), Quiet)
