"""Where there is no JupyterLab: the same notebook as an app by Voilà and in Notebook 7, and one in marimo."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from screens import NOTEBOOKS, READY, change_the_time_range, put_notebook
from servers import answering, free_port

pytestmark = pytest.mark.browser

PATIENCE = 90_000


def keep_ours(notebook: Any) -> None:  # noqa: ANN401
    """Keep the complaints that are about charts or widgets; front ends have some of their own."""
    ours = re.compile("cfusage|vega|widget", re.IGNORECASE)
    notebook.complaints[:] = [text for text in notebook.complaints if ours.search(text)]


def test_voila_shows_the_notebook_as_an_app(fresh_page: Any) -> None:  # noqa: ANN401
    fresh_page.page.goto(
        f"{fresh_page.lab.url}/voila/render/{put_notebook('explore', fresh_page.lab.root)}", timeout=PATIENCE
    )

    change_the_time_range(fresh_page.page)

    expect(fresh_page.page.get_by_text("Error displaying widget")).to_have_count(0)
    assert [leak for leak in fresh_page.leaks if not re.search("fontawesome|mathjax", leak)] == []
    fresh_page.leaks.clear()  # Voilà's own page asks for icons and formulas
    keep_ours(fresh_page)


def test_notebook_7_shows_it(fresh_page: Any) -> None:  # noqa: ANN401
    change_the_time_range(fresh_page.open(put_notebook("explore", fresh_page.lab.root), place="notebooks"))
    keep_ours(fresh_page)


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


def test_in_marimo_charts_follow_its_own_controls(fresh_page: Any, marimo: str) -> None:  # noqa: ANN401
    """Also where cells run again, and for the next reader."""
    page = fresh_page.page
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
    keep_ours(fresh_page)
