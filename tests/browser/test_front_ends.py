"""Where there is no JupyterLab: the same notebook as an app by Voilà and in Notebook 7, and one in marimo."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Page, expect
from servers import answering, free_port

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 90_000


def copied(notebook: Any) -> str:  # noqa: ANN401 - the fixture of conftest.py
    """Put the explorer's notebook, at a fixed moment, into the server's folder."""
    copy = nbformat.read(NOTEBOOKS / "explore.ipynb", as_version=4)
    for cell in copy.cells:
        cell.source = re.sub(r"^NOW = None\b", 'NOW = "2026-11-18T09:30Z"', cell.source, flags=re.MULTILINE)
    nbformat.write(copy, notebook.lab.root / "front_end.ipynb")
    return "front_end.ipynb"


def change_the_time_range(page: Page) -> None:
    """See the explorer, ask for another range, see the chart change."""
    page.wait_for_selector(READY, timeout=PATIENCE)
    expect(page.get_by_text("Sandbox: made-up data").first).to_be_visible()
    chart = page.locator(READY).first
    before = chart.get_attribute("aria-label") or ""
    expect(page.get_by_text("684 windows").first).to_be_visible()

    page.get_by_label("Time range").first.select_option(label="Last 7 days")

    expect(chart).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    expect(page.get_by_text("179 windows").first).to_be_visible()


def keep_ours(notebook: Any) -> None:  # noqa: ANN401
    """Keep the complaints that are about charts or widgets; front ends have some of their own."""
    ours = re.compile("cfusage|vega|widget", re.IGNORECASE)
    notebook.complaints[:] = [text for text in notebook.complaints if ours.search(text)]


def test_voila_shows_the_notebook_as_an_app(notebook: Any) -> None:  # noqa: ANN401
    notebook.page.goto(f"{notebook.lab.url}/voila/render/{copied(notebook)}", timeout=PATIENCE)

    change_the_time_range(notebook.page)

    expect(notebook.page.get_by_text("Error displaying widget")).to_have_count(0)
    assert [leak for leak in notebook.leaks if not re.search("fontawesome|mathjax", leak)] == []
    notebook.leaks.clear()  # Voilà's own page asks for icons and formulas
    keep_ours(notebook)


def test_notebook_7_shows_it(notebook: Any) -> None:  # noqa: ANN401
    change_the_time_range(notebook.open(copied(notebook), place="notebooks"))
    keep_ours(notebook)


@pytest.fixture
def marimo(tmp_path: Path) -> Iterator[str]:
    """Serve the notebook for marimo as an app, at a fixed moment, and return its address."""
    text = (NOTEBOOKS / "in_marimo.py").read_text(encoding="utf-8")
    (tmp_path / "app.py").write_text(text.replace("NOW = None", 'NOW = "2026-11-18T09:30Z"'), "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "marimo", "-q", "run", "app.py", "--headless", "--no-token"]
    log = (tmp_path / "server.log").open("w")
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, f"--port={port}"], cwd=tmp_path, stdout=log, stderr=log
    ) as server:
        try:
            yield answering(f"http://127.0.0.1:{port}", server, "health")
        finally:
            server.terminate()
            log.close()


def test_in_marimo_charts_follow_its_own_controls(notebook: Any, marimo: str) -> None:  # noqa: ANN401
    """Also where cells run again, and for the next reader."""
    page = notebook.page
    page.goto(marimo, timeout=PATIENCE)
    charts = page.locator(READY)
    expect(charts).to_have_count(4, timeout=PATIENCE)
    expect(charts.first).to_have_attribute("aria-label", re.compile("Larkspur Support.*UTC"))

    page.get_by_label("Account").select_option(index=1)
    page.get_by_label("Time zone").select_option("Asia/Tokyo")

    told = re.compile("Larkspur Research.*Asia/Tokyo")
    expect(charts.first).to_have_attribute("aria-label", told, timeout=PATIENCE)
    expect(charts).to_have_count(4, timeout=PATIENCE)
    assert "Sandbox: made-up data" in page.locator("body").inner_text()

    page.reload()
    expect(charts).to_have_count(4, timeout=PATIENCE)
    keep_ours(notebook)
