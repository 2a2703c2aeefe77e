"""What only a browser can do for the explorer, done by a real one."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PATIENCE = 40_000
CELL = """
import ipywidgets as w
from cfusage_lab.explorer.browser import Browser
browser = Browser()
save, copy, told = w.Button(description="Save it"), w.Button(description="Copy it"), w.Label("nothing yet")
field, escapes = w.Text(placeholder="field"), []
save.on_click(lambda _: browser.save("16 Nov Müller.csv", "day,cost\\n16,1.5 €\\n".encode(), "text/csv"))
copy.on_click(lambda _: browser.copy("one\\ntwo €"))
browser.on_copied(lambda is_copied: setattr(told, "value", f"copied: {is_copied}"))
browser.on_escape(lambda: (escapes.append(1), setattr(told, "value", f"escapes: {len(escapes)}")))
zone = w.Label()
w.jslink((browser, "time_zone"), (zone, "value"))
box = w.VBox([browser, save, copy, field, told, zone])
box.add_class("cfusage-explorer")
box
"""
REFUSE = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }"


def test_a_browser_saves_copies_and_hears_escape(notebook: Any) -> None:  # noqa: ANN401 - of conftest.py
    """Shown twice, it still saves one file."""
    page = notebook.run(CELL, "box")
    expect(page.get_by_role("button", name="Save it")).to_have_count(2, timeout=PATIENCE)
    expect(page.get_by_text("Asia/Tokyo")).to_have_count(2, timeout=PATIENCE)
    downloads: list[Any] = []
    page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108 - no built-in is taken

    with page.expect_download() as saving:
        page.get_by_role("button", name="Save it").first.click()
    assert saving.value.suggested_filename == "16 Nov Müller.csv"
    assert Path(saving.value.path()).read_bytes() == "day,cost\n16,1.5 €\n".encode()

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy it").first.click()
    expect(page.get_by_text("copied: True").first).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("navigator.clipboard.readText()") == "one\ntwo €"
    assert len(downloads) == 1

    page.evaluate("navigator.clipboard.writeText('old')")
    page.evaluate(REFUSE)
    page.get_by_role("button", name="Copy it").first.click()
    page.wait_for_function("async () => await navigator.clipboard.readText() === 'one\\ntwo €'")
    expect(page.get_by_role("button", name="Copy it").first).to_be_focused()

    told = page.locator(".cfusage-explorer").first
    page.keyboard.press("Escape")
    expect(told).to_contain_text("escapes: 1", timeout=PATIENCE)
    page.get_by_placeholder("field").first.press("Escape")
    page.locator(".jp-Cell .cm-content").first.click()
    page.keyboard.press("Escape")
    told.hover()
    page.keyboard.press("Escape")
    expect(told).to_contain_text("escapes: 2", timeout=PATIENCE)
