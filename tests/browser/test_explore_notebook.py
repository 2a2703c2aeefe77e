"""The first five minutes: the project's own notebook, opened in JupyterLab, run, looked at, changed.

With ``CFUSAGE_PICTURES=1`` in the environment the pictures in ``notebooks/images`` are taken anew.
"""

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
IMAGES = NOTEBOOKS / "images"
READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 60_000
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def opened(notebook: Any, theme: str) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open a copy at the moment that the committed pictures show, and run all of it."""
    copy = nbformat.read(NOTEBOOKS / "explore.ipynb", as_version=4)
    for cell in copy.cells:
        cell.source = re.sub(r"^NOW = None\b", 'NOW = "2026-11-18T09:30Z"', cell.source, flags=re.MULTILINE)
    nbformat.write(copy, notebook.lab.root / "explore.ipynb")
    notebook.page.set_viewport_size({"width": 1400, "height": 1000})
    page: Page = notebook.open("explore.ipynb", theme=THEMES[theme])
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


@pytest.mark.parametrize("theme", THEMES)
def test_the_notebook_shows_the_explorer_and_a_control_changes_it(notebook: Any, theme: str) -> None:  # noqa: ANN401
    page = opened(notebook, theme)
    explorer = page.locator(".jp-OutputArea-output", has=page.locator(READY)).first
    expect(explorer).to_contain_text("Sandbox: made-up data")
    before = page.locator(READY).get_attribute("aria-label")
    assert before is not None
    assert "684 windows" in before

    if os.environ.get("CFUSAGE_PICTURES"):
        explorer.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        IMAGES.mkdir(exist_ok=True)
        explorer.screenshot(path=IMAGES / ("explorer.png" if theme == "light" else "explorer-dark.png"))

    explorer.locator("select").nth(1).select_option(label="Last 7 days")

    expect(page.locator(READY)).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    assert "179 windows" in (page.locator(READY).get_attribute("aria-label") or "")
