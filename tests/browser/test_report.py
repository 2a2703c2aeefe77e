"""The report as a reader opens it: from a disk, without a network, on a screen and on paper."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pypdfium2
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, expect

import cfusage_lab as cfu
from cfusage_lab.source import MADE_UP
from cfusage_lab.wording import dollars

pytestmark = pytest.mark.browser

NOW = "2026-11-18T09:30Z"
EVIL = "</script><img src=x onerror='pwned = 1'>&\""
SANDBOX = next(iter(cfu.SANDBOX_ACCOUNTS))
BARS = """() => [...document.querySelectorAll('figure')]
  .find((one) => one.textContent.includes('AI Gateway cost'))
  .querySelectorAll('svg .detail_layer_1_marks path').length"""
WIDTHS = """() => [...document.querySelectorAll('.chart svg')].map(
  (svg) => [svg.getBoundingClientRect().width, svg.parentElement.clientWidth])"""


@pytest.fixture(scope="module")
def history() -> pl.DataFrame:
    """Return the last 28 days of an account of the sandbox, the running one on top."""
    with cfu.UsageClient.sandbox(now=NOW) as client:
        return client.usage_history(
            cfu.last_days(28, time_zone="Europe/Berlin", include_today=True, now=NOW), accounts=SANDBOX
        )


@pytest.fixture(scope="module")
def report(history: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of an account of the sandbox."""
    path = tmp_path_factory.mktemp("report") / "usage.html"
    return cfu.report(history, time_zone="Europe/Berlin", path=path, now=NOW, label="Sandbox")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty page without a network; whatever it asks for, or complains of, fails the test."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, timezone_id="Asia/Tokyo")
    context.set_offline(True)
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [one for one in asked if not one.startswith(("file:", "blob:", "data:"))] == []
    assert complaints == []


def opened(page: Page, path: Path) -> Page:
    """Open a file, and wait until its charts are drawn."""
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-state=drawn]")
    return page


def test_every_chart_is_drawn_as_wide_as_the_page(page: Page, report: Path) -> None:
    opened(page, report)

    marks = page.eval_on_selector_all(
        ".chart",
        "all => all.map((one) => one.querySelectorAll('svg .mark-rect path, svg .mark-bar path').length)",
    )
    assert len(marks) == 8
    assert [count for count in marks if count < 8] == []
    assert page.locator(".cfusage-error").count() == 0
    assert page.get_by_role("heading", name="How much does it cost?").is_visible()
    for width in (1100, 700):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"({WIDTHS})().every(([drawn, wanted]) => Math.abs(drawn - wanted) < 2)")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_pointing_at_a_window_tells_its_cost(page: Page, report: Path, history: pl.DataFrame) -> None:
    opened(page, report)
    chart = page.locator("figure", has_text="AI Gateway cost").locator("svg").first
    chart.scroll_into_view_if_needed()

    place = chart.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 500, place["y"] + 100)
    page.mouse.move(place["x"] + 501, place["y"] + 100)

    told = page.locator("#vg-tooltip-element")
    told.wait_for(state="visible")
    rows = dict(
        zip(told.locator(".key").all_inner_texts(), told.locator(".value").all_inner_texts(), strict=True)
    )
    moment = pl.lit(rows["UTC"]).str.to_datetime("%Y-%m-%d %H:%MZ", time_zone="UTC")
    (cost,) = history.filter(pl.col("start_time") == moment)["aggregated_value"]
    assert rows["Cost"] in {f"${cost:,.2f}", f"${cost:,.6f}".rstrip("0"), "$0" if cost == 0 else ""}


def test_a_drag_on_the_bars_zooms_and_a_double_click_or_escape_ends_it(
    page: Page, report: Path, history: pl.DataFrame
) -> None:
    """Fewer bars are left, and the heading is of them; a click alone changes nothing."""
    opened(page, report)
    heading = page.locator("figure", has_text="AI Gateway cost").locator("figcaption")
    everything = heading.inner_text()
    chart = page.locator("figure", has_text="AI Gateway cost").locator("svg").first
    chart.scroll_into_view_if_needed()
    place = chart.bounding_box()
    assert place is not None
    whole = bars(page)

    def drag(start: float, end: float) -> None:
        page.mouse.move(place["x"] + start, place["y"] + 200)
        page.mouse.down()
        page.mouse.move(place["x"] + end, place["y"] + 200, steps=3)
        page.mouse.up()

    drag(400, 500)
    page.wait_for_function(f"({BARS})() < {whole / 5}")
    once = bars(page)
    expect(heading).not_to_have_text(everything, use_inner_text=True)
    assert heading.inner_text().splitlines()[0] == f"AI Gateway cost: {dollars(cost_of(history, heading))}"
    drag(500, 400)
    page.wait_for_function(f"({BARS})() < {once / 5}")
    twice = bars(page)
    page.mouse.click(place["x"] + 450, place["y"] + 200)
    page.mouse.move(place["x"] + 460, place["y"] + 200)
    assert bars(page) == twice

    page.keyboard.press("Escape")
    page.wait_for_function(f"({BARS})() === {whole}")
    expect(heading).to_have_text(everything, use_inner_text=True)
    drag(400, 500)
    page.wait_for_function(f"({BARS})() === {once}")
    page.mouse.dblclick(place["x"] + 300, place["y"] + 200)
    page.wait_for_function(f"({BARS})() === {whole}")


def cost_of(history: pl.DataFrame, heading: Locator) -> float:
    """Add up the hours between the two times of Berlin's clock that a heading names."""
    said = re.search(r"(\d+ \w+), (..:..) to \w+ (\d+ \w+) (\d+), (..:..)", heading.inner_text())
    assert said is not None
    day, time, last_day, year, last_time = said.groups()
    start, end = (
        datetime.strptime(text, "%d %b %Y %H:%M").replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
        for text in (f"{day} {year} {time}", f"{last_day} {year} {last_time}")
    )
    inside = (pl.col("start_time") >= start) & (pl.col("start_time") < end)
    return float(history.filter(inside)["aggregated_value"].sum())


def bars(page: Page) -> int:
    """Count the bars of the time line."""
    count: int = page.evaluate(BARS)
    return count


def test_a_name_is_text_and_nothing_else(page: Page, history: pl.DataFrame, tmp_path: Path) -> None:
    other = history.with_columns(account_id=pl.lit("b"))
    names = {SANDBOX: EVIL, "b": f"{EVIL} again"}
    path = cfu.report(
        pl.concat([history, other]), time_zone="UTC", path=tmp_path / "usage.html", names=names, now=NOW
    )

    opened(page, path)
    for chart in page.locator(".chart svg").all():
        chart.scroll_into_view_if_needed()
        place = chart.bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        page.mouse.move(place["x"] + place["width"] / 2 + 1, place["y"] + place["height"] / 2)

    assert EVIL in page.inner_text("main")
    assert page.evaluate("typeof pwned") == "undefined"
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_follow_the_readers_setting(page: Page, report: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    opened(page, report)

    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    label = page.evaluate("() => getComputedStyle(document.querySelector('.role-axis-label text')).fill")

    assert (ground, label) == {
        "light": ("rgb(255, 255, 255)", "rgb(97, 97, 97)"),
        "dark": ("rgb(23, 25, 28)", "rgb(168, 168, 168)"),
    }[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(page: Page, report: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    opened(page, report)

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run()")

    complaints = {one["id"]: [node["html"][:300] for node in one["nodes"]] for one in found["violations"]}
    assert complaints == {}, json.dumps(complaints, indent=1)
    assert found["passes"]


def test_it_prints_in_light_colours_with_the_stamp_on_every_page(page: Page, report: Path) -> None:
    """Whatever the screen's colours are: dark ones here."""
    page.emulate_media(color_scheme="dark")
    opened(page, report)

    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))

    texts = [sheet.get_textpage().get_text_range() for sheet in document]
    assert 3 <= len(texts) <= 7
    assert [text.count(MADE_UP) for text in texts] == [1] * len(texts)
    assert [text.count(f"{nth} / {len(texts)}") for nth, text in enumerate(texts, start=1)] == [1] * len(
        texts
    )
    for sheet in document:
        assert (round(sheet.get_width()), round(sheet.get_height())) == (595, 842)
        picture = sheet.render(scale=0.2)
        place = 165 * picture.stride + 60 * picture.n_channels  # paper, left of the page number
        assert min(bytes(picture.buffer)[place : place + 3]) == 255


def test_no_chart_is_cut_by_the_edge_of_a_sheet(page: Page, report: Path) -> None:
    """All of a chart's words stand on the sheet of its heading."""
    opened(page, report)
    headings = page.locator("figure figcaption h3").all_inner_texts()
    ends = {  # the last axis label of some charts, as it is written below them
        "Costliest day": "16 Nov",
        "Peak of the week": "21:00",
        "Peak hour": "21:00",
    }

    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))

    texts = [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in document]
    for start, end in ends.items():
        (heading,) = [one for one in headings if one.startswith(f"{start}")]
        (text,) = [one for one in texts if heading in one]
        assert end in text.partition(heading)[2]


def test_without_scripts_there_are_pictures(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())

    sizes = [one.bounding_box() for one in page.locator("figure img").all()]

    assert len(sizes) == 8
    assert all(size is not None and size["width"] > 500 and size["height"] > 100 for size in sizes)
    context.close()


def test_a_report_of_a_week_is_drawn_beside_the_week_before(
    page: Page, history: pl.DataFrame, tmp_path: Path
) -> None:
    week = cfu.last_week(time_zone="Europe/Berlin", now=NOW)
    path = cfu.report(
        history, time_zone="Europe/Berlin", path=tmp_path / "week.html", time_range=week, now=NOW
    )

    opened(page, path)

    headings = page.locator("figure figcaption h3").all_inner_texts()
    assert [one for one in headings if one.startswith("This time range: $")]
    bars = page.locator("figure", has_text="than the 7 days before").locator("svg .mark-rect path")
    assert bars.count() >= 14
    assert page.evaluate("document.documentElement.scrollWidth") == 1100
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate("() => axe.run()")["violations"] == []
