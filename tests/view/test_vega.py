"""Pictures made without a browser, and what works where nothing can make them."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import altair as alt
import polars as pl
import pytest

import cfusage_lab as cfu
from cfusage_lab.view import ChartView, picture, svg
from cfusage_lab.view.pages import standalone

BARS = (
    alt.Chart(pl.DataFrame({"x": ["a"], "y": [1.0]}), description="One bar").mark_bar().encode(x="x", y="y")
)


@pytest.fixture
def without_vl_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be as in a browser's kernel: importing vl_convert fails."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)


def test_a_picture_is_a_whole_png() -> None:
    """Every chunk's checksum holds, and the pixels unpack to the size that the header says."""
    table = pl.DataFrame({"x": ["a"], "y": [1.0]})
    png = picture(alt.Chart(table, width=60, height=40).mark_bar(color="#ff0000").encode(x="x", y="y"))

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + data)
        chunks[kind] = data
        at += length + 12
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    assert width > 60
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (width * 4 + 1)
    assert list(chunks)[-1] == b"IEND"


@pytest.mark.usefixtures("without_vl_convert")
@pytest.mark.parametrize("draw", [picture, svg])
def test_a_picture_without_vl_convert_is_an_error_that_says_what_is_missing(draw: object) -> None:
    with pytest.raises(cfu.ConfigError, match="pip install vl-convert-python"):
        draw(BARS)  # type: ignore[operator]


@pytest.mark.usefixtures("without_vl_convert")
def test_a_live_chart_does_without_vl_convert() -> None:
    """Only the picture behind it is left out."""
    data, _ = ChartView(BARS)._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in data
    assert "image/png" not in data


@pytest.mark.usefixtures("without_vl_convert")
def test_a_page_without_vl_convert_has_a_charts_words_for_readers_without_scripts() -> None:
    page = standalone([BARS], title="A page")

    assert "<noscript><p>One bar</p></noscript>" in page
    assert "vegaEmbed" in page


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_but_a_picture_loads_vl_convert() -> None:
    """It takes 90 MB, and a while."""
    code = """
import sys, cfusage_lab as cfu
NOW = "2026-11-18T09:30Z"
history = cfu.UsageClient.sandbox(now=NOW).usage_history(cfu.last_days(14, now=NOW), progress=cfu.Quiet())
cfu.show(cfu.day_over_day_chart(cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))))
cfu.explore(history, now=NOW)
print("vl_convert" in sys.modules)
"""

    assert run(code).strip() == "False"


@pytest.mark.slow
def test_without_vl_convert_all_but_pictures_works(tmp_path: Path) -> None:
    """From the fetch to the report; the PNG says what it needs."""
    code = f"""
import sys; sys.modules["vl_convert"] = None
import cfusage_lab as cfu
NOW = "2026-11-18T09:30Z"
client = cfu.UsageClient.sandbox(now=NOW)
history = client.usage_history(cfu.last_days(14, now=NOW), progress=cfu.Quiet())
chart = cfu.weekly_heatmap_chart(cfu.weekly_heatmap(history, time_zone="UTC"), time_zone="UTC")
print(cfu.show(chart)._repr_mimebundle_()[0].keys() & {{"image/png"}})
panel = cfu.explore(history, now=NOW)
print(panel._repr_mimebundle_().keys() & {{"image/png"}})
page = cfu.report(history, path={str(tmp_path / "usage.html")!r}, time_zone="UTC", now=NOW)
print("vegaEmbed" in page.read_text("utf-8"))
from cfusage_lab.view import picture
try:
    picture(chart)
except cfu.ConfigError as error:
    print(error)
"""

    told = run(code).splitlines()

    assert told[:3] == ["set()", "set()", "True"]
    assert told[3].startswith("a picture (PNG or SVG) needs the package vl-convert-python")
