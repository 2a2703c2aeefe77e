"""The project's notebooks in a real JupyterLab, in a narrow window: every cell runs, every chart is drawn."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATIENCE = 90_000
DONE = """() => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map((one) => one.innerText);
  const charts = [...document.querySelectorAll(".cfusage-chart")];
  return prompts.every((text) => /\\[\\d+\\]/.test(text)) && charts.length > 0
    && charts.every((one) => one.dataset.state === "ready");
}"""
TOO_WIDE = """() => [...document.querySelectorAll(".cfusage-chart")].filter(
  (one) => one.querySelector("canvas").clientWidth > one.clientWidth + 1).map((one) => one.ariaLabel)"""


@pytest.mark.parametrize("name", ["explore", "day_over_day", "hourly_patterns", "archive"])
def test_every_cell_runs_and_every_chart_fits_a_narrow_window(notebook: Any, name: str) -> None:  # noqa: ANN401
    copy = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    for cell in copy.cells:
        cell.source = re.sub(r"^NOW = None\b", 'NOW = "2026-11-18T09:30Z"', cell.source, flags=re.MULTILINE)
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    nbformat.write(copy, notebook.lab.root / f"{name}.ipynb")
    notebook.page.set_viewport_size({"width": 1000, "height": 6000})

    page = notebook.open(f"{name}.ipynb")

    page.wait_for_function(DONE, timeout=PATIENCE)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.evaluate(TOO_WIDE) == []
