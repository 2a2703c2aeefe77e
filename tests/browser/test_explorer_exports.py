"""Every kind of file, downloaded from the explorer in a real JupyterLab, and opened again."""

import base64
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from canvases import PIXELS
from playwright.sync_api import Browser, Page, expect
from polars.testing import assert_frame_equal

from cfusage_lab.schema import HISTORY

pytestmark = pytest.mark.browser

PATIENCE = 40_000
NAME = "ai-gateway-cost_larkspur-support_2026-11-10_2026-11-13"
OPEN = """
import cfusage_lab as cfu
NOW = "2026-11-15T09:30Z"
explorer = cfu.explore(cfu.UsageClient.sandbox(now=NOW), time_range="Last 7 days", now=NOW)
explorer.select("2026-11-10T06:00", "2026-11-13T18:00")
explorer.history.write_parquet({path!r})
explorer
"""
NAMES = {
    "Hours (CSV)": f"{NAME}.csv",
    "Hours (Parquet)": f"{NAME}.parquet",
    "HTML page": f"{NAME}.html",
    "Days for finance (CSV)": f"{NAME.replace('cost_', 'cost-days_')}.csv",
}
COST = "$310.01"
CHARTS = 4
DRAW = """async (base64) => {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas;
}"""


@pytest.fixture
def selected(tmp_path: Path) -> Path:
    """Tell the kernel where to leave what is selected."""
    return tmp_path / "selected.parquet"


@pytest.fixture
def download(notebook: Any, selected: Path, tmp_path: Path) -> Callable[[str], Path]:  # noqa: ANN401
    """Open the explorer, and give a hand that presses a button and takes the file."""
    page = notebook.run(OPEN.format(path=str(selected)))
    page.set_viewport_size({"width": 1280, "height": 2600})
    expect(page.locator('.cfusage-chart[data-state="ready"]')).to_have_count(CHARTS, timeout=PATIENCE)
    expect(page.get_by_role("status")).not_to_contain_text("fetching", timeout=PATIENCE)
    page.get_by_role("button", name="Export").click()
    chip = page.locator(".cfusage-chip").inner_text()
    assert re.findall(r"\$[\d.,]+", chip) == [COST]

    def downloaded(button: str) -> Path:
        name = NAMES.get(button, f"{NAME}.{button.lower()}")
        with page.expect_download(timeout=PATIENCE) as caught:
            page.get_by_role("button", name=button).click()
        assert caught.value.suggested_filename == name
        expect(page.get_by_text(f"Saved {name}")).to_be_visible(timeout=PATIENCE)
        path = tmp_path / caught.value.suggested_filename
        caught.value.save_as(path)
        return path

    return downloaded


def test_every_file_can_be_opened_and_holds_what_is_selected(
    download: Callable[[str], Path], browser: Browser, selected: Path
) -> None:
    """84 hours of the sandbox's first account, as the kernel has them."""
    history = pl.read_parquet(selected)
    assert (history.height, history.schema) == (84, HISTORY)
    hours = history.group_by(pl.col("start_time").dt.hour()).agg(pl.col("aggregated_value").mean())
    peak = f"${hours['aggregated_value'].max():,.2f} on average"

    assert_frame_equal(pl.read_parquet(download("Hours (Parquet)")), history)
    csv = pl.read_csv(download("Hours (CSV)"), schema_overrides=history.schema)
    assert_frame_equal(csv, history, check_exact=True)
    _check_days(download("Days for finance (CSV)"), history)
    _check_svg(download("SVG"), peak)
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.set_offline(True)
    _check_png(context.new_page(), download("PNG"))
    _check_page(context.new_page(), download("HTML page"), peak)
    context.close()


def test_code_is_copied_and_gives_what_is_selected(
    notebook: Any,  # noqa: ANN401
    download: Callable[[str], Path],
    selected: Path,
) -> None:
    """It is in the clipboard and on the page; run, its lines give the same table."""
    assert download
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy as code").click()

    expect(page.get_by_text("Copied.")).to_be_visible(timeout=PATIENCE)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.locator(".cfusage-code").inner_text().strip() == copied.strip()
    names: dict[str, Any] = {}
    exec(copied, names)  # noqa: S102 - our own
    assert_frame_equal(names["history"], pl.read_parquet(selected))


def _check_days(path: Path, history: pl.DataFrame) -> None:
    """Four days, with the account's name; together they cost what the hours do."""
    days = pl.read_csv(path)
    assert days["date"].to_list() == ["2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"]
    assert set(days["account_name"]) == {"Larkspur Support"}
    assert days["cost_usd"].sum() == pytest.approx(history["aggregated_value"].sum())


def _check_svg(path: Path, peak: str) -> None:
    """One picture of four, with their texts."""
    root = ET.fromstring(path.read_text())  # noqa: S314 - our own
    texts = " ".join(text.strip() for one in root.iter() for text in one.itertext())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall("{http://www.w3.org/2000/svg}svg")) == CHARTS
    assert "Sandbox: made-up data" in texts
    assert "Selected: Tue 10 Nov, 06:00 to Fri 13 Nov 2026, 18:00 · $310.01" in texts
    assert "AI Gateway cost: " in texts
    assert "The selected days: " in texts
    assert peak in texts


def _check_png(page: Page, path: Path) -> None:
    """Decode it as a browser does: white, and a good deal that is not."""
    content = base64.b64encode(path.read_bytes()).decode()
    page.goto("about:blank")
    canvas = page.evaluate_handle(DRAW, content)
    counts = Counter(canvas.evaluate(PIXELS))
    width, height = (int(canvas.get_property(name).json_value()) for name in ("width", "height"))
    assert width > 1000
    assert height > width
    assert sum(counts.values()) == width * height, "no hole in it"
    inked = sum(counts.values()) - counts["255,255,255"]
    assert 0.02 < inked / (width * height) < 0.9
    assert len(counts) > 100


def _check_page(page: Page, path: Path, peak: str) -> None:
    """Open it without a network; whatever it asks for, or complains of, is a fault."""
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-state=drawn]", timeout=PATIENCE)
    drawn = page.locator(".chart svg")
    expect(drawn).to_have_count(CHARTS)
    for nth in range(CHARTS):
        box = drawn.nth(nth).bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 100
        assert drawn.nth(nth).locator("path").count() > 10
    expect(page.locator("body")).to_contain_text("Sandbox: made-up data")
    expect(page.locator("body")).to_contain_text("data as of Sun 15 Nov 2026, 09:30 UTC time")
    expect(page.locator("body")).to_contain_text(peak)
    assert [one for one in asked if not one.startswith(("file:", "blob:", "data:"))] == []
    assert complaints == []
