"""What a browser does for the explorer, without a browser: what it would be told, and what it tells."""

from typing import Any

import pytest

from cfusage_lab.explorer.browser import Browser


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Collect the messages that a browser would get."""
    found: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        Browser, "send", lambda _self, content, buffers=None: found.append((content, buffers))
    )
    return found


def tell(browser: Browser, **content: object) -> None:
    """Hand a message over as if a browser had sent it."""
    browser._handle_custom_msg(content, [])


def test_a_file_travels_as_bytes(sent: list[tuple[Any, Any]]) -> None:
    Browser().save("usage 10 to 16 Nov Müller.csv", b"day,cost\n\x00\xff", "text/csv")

    told = {"kind": "save", "name": "usage 10 to 16 Nov Müller.csv", "mime": "text/csv"}
    assert sent == [(told, [b"day,cost\n\x00\xff"])]


def test_whether_a_text_was_copied_is_told(sent: list[tuple[Any, Any]]) -> None:
    browser = Browser()
    heard: list[bool] = []
    browser.on_copied(heard.append)

    browser.copy("import cfusage_lab as cfu\n")
    tell(browser, kind="copied", is_copied=True)
    tell(browser, kind="copied", is_copied=False)

    assert sent == [({"kind": "copy", "text": "import cfusage_lab as cfu\n"}, None)]
    assert heard == [True, False]


def test_each_escape_is_heard_by_all_who_listen_and_nothing_else_is() -> None:
    browser = Browser()
    heard: list[str] = []
    browser.on_escape(lambda: heard.append("one"))
    browser.on_escape(lambda: heard.append("other"))

    tell(browser, kind="escape")
    tell(browser, kind="something")
    tell(browser)

    assert heard == ["one", "other"]


def test_it_takes_no_place_and_knows_no_zone_before_a_browser_told_it() -> None:
    browser = Browser()

    assert (browser.layout.display, browser.time_zone) == ("none", "")
    assert "time_zone" in browser.keys
