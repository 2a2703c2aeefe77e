"""The pictures of the README, taken anew: ``CFUSAGE_PICTURES=1 pytest tests/browser/test_pictures.py``.

What they show is tested elsewhere, so that nothing here runs when no pictures are wanted.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from screens import NOTEBOOKS, put_notebook, settle

import cfusage_lab as cfu

pytestmark = pytest.mark.browser

IMAGES = NOTEBOOKS / "images"
NOW = "2026-11-18T09:30Z"
PARTS = ".cfusage-explorer .cfusage-part"
PATIENCE = 60_000
UPPER = 900
LAB_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
STILL = "() => document.getAnimations().every((one) => one.playState !== 'running')"


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    """Name each theme in turn."""
    return request.param


def keep(name: str, theme: str, picture: bytes) -> None:
    """Store a picture under its name and theme."""
    assert len(picture) > 10_000
    (IMAGES / f"{name}{'-dark' if theme == 'dark' else ''}.png").write_bytes(picture)


def test_the_upper_part_of_the_explorer(notebook: Any, theme: str) -> None:  # noqa: ANN401
    """What it shows, and what it can be asked."""
    notebook.page.set_viewport_size({"width": 1400, "height": 1000})
    page = notebook.open(put_notebook("explore", notebook.lab.root), theme=LAB_THEMES[theme])
    settle(page)
    explorer = page.locator(".cfusage-explorer").first
    explorer.evaluate(
        "(one, height) => { one.style.height = `${height}px`; one.style.overflow = 'hidden'; }", UPPER
    )
    page.set_viewport_size({"width": 1400, "height": UPPER + 400})
    explorer.scroll_into_view_if_needed()
    settle(page)
    page.wait_for_function(STILL)

    keep("explorer", theme, explorer.screenshot())


def test_a_selected_week_and_the_views_that_follow(notebook: Any, theme: str) -> None:  # noqa: ANN401
    """The week on the time line beside the days before, then its hours."""
    notebook.page.set_viewport_size({"width": 1400, "height": 3000})
    page = notebook.run(
        "import cfusage_lab as cfu",
        f'explorer = cfu.explore(time_zone="Europe/Berlin", now="{NOW}"); explorer',
        'explorer.select("2026-11-02", "2026-11-09")',
        theme=LAB_THEMES[theme],
    )
    settle(page)
    heatmap = page.locator(PARTS).nth(2)
    chart = heatmap.locator(".cfusage-chart").first
    expect(chart).to_have_attribute("aria-label", re.compile("168 hours"), timeout=PATIENCE)
    settle(page)
    page.wait_for_function(STILL)

    keep("linked", theme, heatmap.screenshot())
    bar, line, compared = (
        one.bounding_box()
        for one in (
            page.locator(".cfusage-selection-bar"),
            page.locator(PARTS).nth(0),
            page.locator(PARTS).nth(1),
        )
    )
    assert bar and line and compared  # noqa: PT018 - all of them are on the page
    height = compared["y"] + compared["height"] - bar["y"]
    clip = {"x": line["x"] - 8, "y": bar["y"], "width": line["width"] + 16, "height": height}
    keep("time-line", theme, page.screenshot(clip=clip))


def test_the_first_screen_of_a_report(browser: Browser, theme: Any, tmp_path: Path) -> None:  # noqa: ANN401
    time_range = cfu.between("2026-10-01", "2026-11-19", time_zone="Europe/Berlin", now=NOW)
    with cfu.UsageClient.sandbox(now=NOW) as client:
        history = client.usage_history(time_range)
    path = cfu.report(
        history, time_zone="Europe/Berlin", path=tmp_path / "usage.html", now=NOW, label=client.label
    )
    context = browser.new_context(viewport={"width": 1000, "height": 760}, color_scheme=theme, offline=True)
    page = context.new_page()

    page.goto(path.as_uri())
    page.wait_for_selector("body[data-state=drawn]")

    keep("report", theme, page.screenshot())
    context.close()
