"""The site, built once as README says, and read from the disk by a browser without a network."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, Route, expect

import cfusage_lab as cfu

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
WIDTHS = (600, 1100, 1600)
ON_DISK = {"file", "data", "blob", "about"}
OF_OURS = "code.py-func, code.py-class, code.py-meth, code.py-data, code.py-mod"
LEGIBLE = """async () => (await axe.run({
  runOnly: ["color-contrast", "image-alt", "link-name", "label"],
})).violations.map(violation => [violation.id, violation.nodes.map(node => node.html.slice(0, 200))])"""
in_light = pytest.mark.parametrize("page", ["light"], indirect=True)  # colours change nothing of these
BLANK = "() => [...document.images].filter(image => image.checkVisibility() && !image.naturalWidth).length"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site by README's command; without the tools, skip locally and fail where CI is set."""
    if missing := [name for name in ("sphinx", "furo", "myst_nb", "numpydoc") if find_spec(name) is None]:
        reason = f"no {', '.join(missing)}: the extra docs brings them"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    folder = tmp_path_factory.mktemp("build") / "site"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (arguments,) = re.findall(r"`\.venv/bin/sphinx-build ([^`]+) build/site`", readme)
    command = [sys.executable, "-m", "sphinx", *arguments.split(), str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def soups(site: Path) -> dict[Path, BeautifulSoup]:
    """Parse every page."""
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in site.rglob("*.html")
    }


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """Open a page that may read the disk and nothing else."""
    context = browser.new_context(color_scheme=request.param)
    page, refused, complaints = context.new_page(), [], []

    def watch(route: Route) -> None:
        if urlsplit(route.request.url).scheme in ON_DISK:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route("**/*", watch)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert refused == []
    assert complaints == []


@in_light
def test_every_page_opens_without_a_network_and_fits_its_window(site: Path, page: Page) -> None:
    wrong = []
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 1000})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append((path.name, width))

    assert wrong == []


@pytest.mark.parametrize("name", ["index", "notebooks/month_end", "reference/archive"])
def test_a_page_of_each_kind_is_legible(site: Path, page: Page, name: str) -> None:
    page.goto((site / f"{name}.html").as_uri())

    page.evaluate(AXE_SCRIPT)

    assert page.evaluate(LEGIBLE) == []


def test_every_link_and_anchor_leads_somewhere(site: Path, soups: dict[Path, BeautifulSoup]) -> None:
    anchors = {path: {tag["id"] for tag in soup.select("[id]")} for path, soup in soups.items()}
    lost, followed = [], 0
    for path, soup in soups.items():
        for tag in soup.select("[href], [src]"):
            parts = urlsplit(tag.get("href") or tag.get("src"))
            if parts.scheme in {"https", "mailto", "data"} and tag.name == "a":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            followed += 1
            if parts.scheme or not target.is_file() or (anchor and anchor not in anchors.get(target, set())):
                lost.append((str(path.relative_to(site)), parts.geturl()))

    assert lost == []
    assert followed > 1000


def test_every_public_name_has_its_place(soups: dict[Path, BeautifulSoup]) -> None:
    placed = [tag["id"] for soup in soups.values() for tag in soup.select(".sig-object[id]")]

    assert [name for name in cfu.__all__ if placed.count(f"cfusage_lab.{name}") != 1] == []


def test_every_name_of_ours_in_a_docstring_is_a_link(soups: dict[Path, BeautifulSoup]) -> None:
    named = [code for soup in soups.values() for code in soup.select(OF_OURS)]

    assert [code.text for code in named if code.find_parent("a") is None] == []
    assert len(named) > 100


def test_every_notebook_shows_its_charts_with_their_words(soups: dict[Path, BeautifulSoup]) -> None:
    pages = {path.stem: soup for path, soup in soups.items() if path.parent.name == "notebooks"}

    assert pages.keys() == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    for name, soup in pages.items():
        words = [image.get("alt", "") for image in soup.select(".cell_output img")]
        assert words, name
        assert [text for text in words if not text.startswith(("ChartView: ", "UsageExplorer: "))] == []


def test_pictures_are_drawn_and_those_of_the_readme_go_with_the_theme(site: Path, page: Page) -> None:
    for path in (site / "index.html", *(site / "notebooks").glob("*.html")):
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        assert page.evaluate(BLANK) == 0, path

    page.goto((site / "index.html").as_uri())
    theme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    shown, hidden = page.locator(f"img.only-{theme}"), page.locator("article img:not(:visible)")
    assert shown.count() == hidden.count() == 4
    expect(shown.first).to_be_visible()


@in_light
def test_search_finds_a_function_and_leads_to_it(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())

    page.get_by_role("textbox", name="Search").fill("daily_usage")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click()

    page.wait_for_url("**/reference/analytics.html*#cfusage_lab.daily_usage")
    expect(page.locator("[id='cfusage_lab.daily_usage']")).to_be_in_viewport()
