"""The project's notebooks in a real JupyterLab, in a narrow window: every cell runs, every chart is drawn."""

from typing import Any

import pytest
from playwright.sync_api import Page
from screens import change_the_time_range, put_notebook

pytestmark = pytest.mark.browser

PATIENCE = 90_000
DONE = """() => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map((one) => one.innerText);
  const charts = [...document.querySelectorAll(".cfusage-chart")];
  return prompts.every((text) => /\\[\\d+\\]/.test(text)) && charts.length > 0
    && charts.every((one) => one.dataset.state === "ready");
}"""
TOO_WIDE = """() => [...document.querySelectorAll(".cfusage-chart")].filter(
  (one) => one.querySelector("canvas").clientWidth > one.clientWidth + 1).map((one) => one.ariaLabel)"""


def run_and_fit(notebook: Any, name: str) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Run a notebook in a narrow window; fail if a cell fails or a chart is wider than its cell."""
    put_notebook(name, notebook.lab.root)
    notebook.page.set_viewport_size({"width": 1000, "height": 6000})

    page: Page = notebook.open(f"{name}.ipynb")

    page.wait_for_function(DONE, timeout=PATIENCE)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.evaluate(TOO_WIDE) == []
    return page


@pytest.mark.parametrize("name", ["day_over_day", "hourly_patterns", "archive"])
def test_every_cell_runs_and_every_chart_fits_a_narrow_window(notebook: Any, name: str) -> None:  # noqa: ANN401
    run_and_fit(notebook, name)


def test_the_first_notebook_shows_the_explorer_and_a_control_changes_it(notebook: Any) -> None:  # noqa: ANN401
    change_the_time_range(run_and_fit(notebook, "explore"))


SKELETON = ".cfusage-skeleton"
WATCH = """() => {
  window.firstSeen = {};
  const look = () => {
    for (const name of ["cfusage-skeleton", "cfusage-explorer"]) {
      if (document.querySelector(`.${name}`)) window.firstSeen[name] ??= performance.now();
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""
KINDS = """() => {
  const {cells} = window.jupyterapp.shell.currentWidget.context.model.sharedModel.toJSON();
  return cells.at(-1).outputs.map(({data}) => Object.keys(data));
}"""


@pytest.mark.parametrize("place", ["lab/tree", "notebooks"])
def test_run_all_ends_with_the_explorer_in_view_after_grey_blocks(fresh_page: Any, place: str) -> None:  # noqa: ANN401
    """Beside the explorer nothing of the blocks is seen, and none are saved."""
    page = fresh_page.page
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', {WATCH})")

    fresh_page.open(put_notebook("explore", fresh_page.lab.root), place=place)

    page.wait_for_selector(".cfusage-explorer", timeout=PATIENCE)
    seen = page.evaluate("window.firstSeen")
    assert seen["cfusage-skeleton"] < seen["cfusage-explorer"]
    assert page.locator(SKELETON).count() == 0 or not page.locator(SKELETON).is_visible()
    page.wait_for_function(DONE, timeout=PATIENCE)
    assert 0 < page.locator(".cfusage-explorer").bounding_box()["y"] < 300
    page.wait_for_function(f"() => ({KINDS})().at(-1).includes('image/png')", timeout=PATIENCE)
    page.wait_for_function(f"() => ({KINDS})()[0].length === 0", timeout=PATIENCE)
    fresh_page.complaints[:] = [text for text in fresh_page.complaints if "cfusage" in text]


def test_an_explorer_that_fails_or_is_not_shown_leaves_no_grey_blocks(notebook: Any) -> None:  # noqa: ANN401
    page = notebook.run(
        "import cfusage_lab as cfu",
        "explorer = cfu.explore(now='2026-11-18T09:30Z')",
        "cfu.explore(time_zone='Nowhere')",
    )

    page.get_by_text("ConfigError").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(500)
    assert page.locator(SKELETON).count() == 0
