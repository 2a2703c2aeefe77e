"""What the README shows beside the explorer's first screen: linked views, and the report.

With ``CFUSAGE_PICTURES=1`` in the environment the pictures in ``notebooks/images`` are taken anew.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, expect

import cfusage_lab as cfu

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "notebooks" / "images"
NOW = "2026-11-18T09:30Z"
PARTS = ".cfusage-explorer .cfusage-part"
PATIENCE = 60_000
Theme = Literal["light", "dark"]
ARE_PICTURES_WANTED = bool(os.environ.get("CFUSAGE_PICTURES"))
wanted = pytest.mark.parametrize("theme", ["light", "dark"] if ARE_PICTURES_WANTED else ["light"])


def keep(name: str, theme: Theme, picture: bytes) -> None:
    """Store a picture, if that is wanted."""
    assert len(picture) > 10_000
    if ARE_PICTURES_WANTED:
        (IMAGES / f"{name}{'-dark' if theme == 'dark' else ''}.png").write_bytes(picture)


@wanted
def test_a_selection_from_python_is_seen_in_every_view(notebook: Any, theme: Theme) -> None:  # noqa: ANN401
    notebook.page.set_viewport_size({"width": 1400, "height": 2600})
    page = notebook.run(
        "import cfusage_lab as cfu",
        f'explorer = cfu.explore(time_zone="Europe/Berlin", now="{NOW}"); explorer',
        'explorer.select("2026-11-02", "2026-11-09")',
        theme="JupyterLab Dark" if theme == "dark" else "JupyterLab Light",
    )
    parts = page.locator(PARTS)
    heatmap = parts.nth(2).locator(".cfusage-chart").first
    expect(parts.first).to_contain_text("Mon 2 Nov to Sun 8 Nov 2026", timeout=PATIENCE)
    windows = page.locator(f"{PARTS}:has(.cfusage-windows)")
    expect(windows).to_contain_text("of 168)", timeout=PATIENCE)
    expect(heatmap).to_have_attribute("aria-label", re.compile("168 hours"), timeout=PATIENCE)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cfusage-chart')].every((one) => one.dataset.state === 'ready')"
    )

    page.wait_for_timeout(300)  # a tooltip fades
    keep("linked", theme, parts.nth(2).screenshot())


@wanted
def test_the_report_opens_with_its_figures(browser: Browser, theme: Theme, tmp_path: Path) -> None:
    time_range = cfu.between("2026-10-01", "2026-11-19", time_zone="Europe/Berlin", now=NOW)
    with cfu.UsageClient.sandbox(now=NOW) as client:
        history = client.usage_history(time_range)
    path = cfu.report(
        history, time_zone="Europe/Berlin", path=tmp_path / "usage.html", now=NOW, source=client.label
    )
    context = browser.new_context(viewport={"width": 1000, "height": 760}, color_scheme=theme, offline=True)
    page = context.new_page()

    page.goto(path.as_uri())
    page.wait_for_selector("body[data-state=drawn]")

    assert page.get_by_role("heading", name="How much does it cost?").is_visible()
    keep("report", theme, page.screenshot())
    context.close()
