"""How a long fetch shows itself."""

import sys

import pytest

from cfusage_lab.progress import ProgressBar, Quiet, default_progress


def test_one_request_needs_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.update(1, 1)
    bar.close()

    assert capsys.readouterr().err == ""


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
