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
