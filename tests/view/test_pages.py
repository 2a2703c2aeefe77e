"""A page of its own: what stands in the file. What it looks like is tried in a browser."""

import base64
import json
import re
from pathlib import Path

import altair as alt
import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.charts.colours import ON_CELLS
from cfusage_lab.view import pages, vega_bundle
from cfusage_lab.view.packing import pack
from cfusage_lab.view.pages import Html, Section, standalone
from cfusage_lab.view.themes import THEMES
from cfusage_lab.wording import visible

EVIL = "</script><script>pwned = 1</script><!-- &\"'\u2028"


def read(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def bars(description: str = "Two bars", title: object = "Bars") -> alt.Chart:
    table = pl.DataFrame({"name": ["a", EVIL], "cost_usd": [1.5, None]})
    return alt.Chart(table, title=title, description=description).mark_bar().encode(x="name", y="cost_usd")


def test_the_library_is_in_the_page_once_however_many_charts_there_are() -> None:
    code = vega_bundle.bundle().decode()

    page = standalone([bars(), bars("Others")], title="Two charts")

    assert page.count(code[:2000]) == 1
    assert len(page) < len(code) + 150_000
    assert [one["id"] for one in read(page).select("[role=img]")] == ["chart-0", "chart-1"]


def test_nothing_is_asked_of_a_network() -> None:
    page = read(standalone([bars()], title="Offline"))

    addresses = [one[name] for name in ("src", "href", "action") for one in page.select(f"[{name}]")]
    assert [one for one in addresses if not one.startswith("data:image/png;base64,")] == []
    assert "default-src 'none'" in page.find("meta", {"http-equiv": True})["content"]
    assert "@import" not in page.style.string
    assert "url(" not in page.style.string


def test_a_chart_has_its_description_and_a_picture_for_readers_without_scripts() -> None:
    page = read(standalone([bars('The "first" of two')], title="A chart"))

    picture = page.select_one("noscript img")
    assert page.select_one("[role=img]")["aria-label"] == 'The "first" of two'
    assert picture["alt"] == 'The "first" of two'
    assert base64.b64decode(picture["src"].partition(",")[2]).startswith(b"\x89PNG")


def test_a_charts_heading_becomes_the_pages() -> None:
    """The package's own charts repeat the heading at the start of their description."""
    usage = cfu.usage_chart(hours("2026-11-02", [1, 2]))
    plain = bars(title=alt.Title(["Costs", "of two"], subtitle=["in dollars", "a day"]))

    page = read(standalone([usage, Section("Part", [plain]), bars(title=alt.Undefined)], title="Headings"))

    captions = page.select("figcaption")
    assert [[part.name for part in one.select("*")] for one in captions] == [["h2", "p"], ["h3", "p", "p"]]
    assert captions[0].h2.text == "AI Gateway cost: $3.00"
    assert captions[0].p.text.startswith("a…a · US dollars an hour")
    assert [one.text for one in captions[1].select("*")] == ["Costs of two", "in dollars", "a day"]
    drawings = json.loads(page.select_one("#drawings").string)
    assert [one["spec"].get("title") for one in drawings] == [None, None, None]


def test_what_is_quoted_ends_no_element() -> None:
    page = read(standalone([bars(EVIL, EVIL)], title=EVIL, note=EVIL, stamp=EVIL))

    assert len(page.find_all("script")) == 3
    quoted = [page.title, page.h1, page.h2, page.select_one(".note"), page.select_one(".stamp")]
    assert [one.text for one in quoted] == [visible(EVIL)] * 5
    assert page.select_one("[role=img]")["aria-label"] == visible(EVIL)
    table = json.loads(page.select_one("#drawings").string)[0]["tables"]["table_0"]
    assert table["columns"][0]["categories"] == ["a", EVIL]


def test_a_script_is_kept_from_ending_its_element() -> None:
    assert pages._inert("'</script>' + /<!--x/ + '</SCRIPT>' < 1") == (
        r"'<\/script>' + /<\!--x/ + '<\/SCRIPT>' < 1"
    )


def test_tables_travel_as_binary_columns() -> None:
    """As in a notebook, byte by byte."""
    page = read(standalone([bars()], title="Numbers"))

    table = json.loads(page.select_one("#drawings").string)[0]["tables"]["table_0"]
    packed = pack(bars().data)
    assert table["length"] == 2
    for found, column in zip(table["columns"], packed["columns"], strict=True):
        binary = {key: part for key, part in column.items() if isinstance(part, bytes)}
        assert {key: base64.b64decode(found[key]["base64"]) for key in binary} == binary
        assert {key: found[key] for key in column if key not in binary} == {
            key: part for key, part in column.items() if key not in binary
        }


def test_html_and_sections_stand_where_they_were_put() -> None:
    page = read(standalone([Html("<p>before</p>"), Section("A & B", [Html("<p>in</p>")])], title="Order"))

    main = page.main
    assert [part.name for part in main.select(":scope > *")] == ["header", "p", "section"]
    assert main.section.h2.text == "A & B"
    assert main.section.p.text == "in"


def test_a_chart_of_rows_that_are_not_a_table_is_shown_too() -> None:
    rows = alt.Data(values=[{"x": 1, "base64": "kept"}])

    page = read(standalone([alt.Chart(rows).mark_point().encode(x="x:Q")], title="Rows"))

    assert json.loads(page.select_one("#drawings").string)[0]["spec"]["data"]["values"] == rows.values
    assert page.select_one("[role=img]")["aria-label"] == "a chart"


def test_a_chart_that_cannot_be_drawn_is_an_error() -> None:
    broken = alt.Chart(pl.DataFrame({"x": [1]})).mark_point().encode(x="x").transform_calculate(y="datum.(")

    with pytest.raises(ValueError, match="Unexpected token"):
        standalone([broken], title="Broken")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_colours_are_those_of_the_charts(theme: str) -> None:
    """Charts are drawn in the page's variables: on paper and on a light screen the light ones."""
    style, script = (
        Path(pages.__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js")
    )
    assert f'"{ON_CELLS}": {{ color: "var(--pure)" }}' in script
    found = [
        dict(re.findall(r"--(\w+): (#\w+)", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    config = THEMES[theme]

    (screen, dark, paper) = found
    chosen = [dark] if theme == "dark" else [screen, paper]
    for one in chosen:
        assert one["text"] == config["title"]["color"]
        assert one["pure"] == config["style"][ON_CELLS]["color"]
        assert one["faint"] == config["axis"]["labelColor"]
        assert one["line"] == config["axis"]["gridColor"]
