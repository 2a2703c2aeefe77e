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
UPPER = 760
ARE_PICTURES_WANTED = bool(os.environ.get("CFUSAGE_PICTURES"))
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


def picture(page: Page, path: Path) -> None:
    """Take the upper part of the explorer: what it shows, and what it can be asked."""
    explorer = page.locator(".cfusage-explorer").first
    explorer.evaluate(
        "(one, height) => { one.style.height = `${height}px`; one.style.overflow = 'hidden'; }", UPPER
    )
    page.set_viewport_size({"width": 1400, "height": UPPER + 400})
    explorer.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    path.parent.mkdir(exist_ok=True)
    explorer.screenshot(path=path)
    explorer.evaluate("(one) => { one.style.height = ''; one.style.overflow = ''; }")


@pytest.mark.parametrize("theme", THEMES if ARE_PICTURES_WANTED else ["light"])
def test_the_notebook_shows_the_explorer_and_a_control_changes_it(notebook: Any, theme: str) -> None:  # noqa: ANN401
    page = opened(notebook, theme)
    explorer = page.locator(".jp-OutputArea-output", has=page.locator(READY).first).first
    expect(explorer).to_contain_text("Sandbox: made-up data")
    expect(explorer).to_contain_text("684 windows")
    before = page.locator(READY).first.get_attribute("aria-label") or ""

    if ARE_PICTURES_WANTED:
        picture(page, IMAGES / ("explorer.png" if theme == "light" else "explorer-dark.png"))

    explorer.get_by_label("Time range").select_option(label="Last 7 days")

    expect(page.locator(READY).first).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    expect(explorer).to_contain_text("179 windows")
