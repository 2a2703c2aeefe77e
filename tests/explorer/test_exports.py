"""What leaves the screen can be read again."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from ledger import NOW, PATIENCE, A, Ledger
from polars.testing import assert_frame_equal

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.exports import FORMATS, made


@pytest.fixture(scope="module")
def explorer() -> UsageExplorer:
    """Show a week of Alpha, with a morning of it selected: three dollars."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.select("2026-11-10T09:00", "2026-11-10T12:00")
    assert explorer.wait(PATIENCE)
    return explorer


def without_counters(content: bytes) -> bytes:
    """Leave out what Vega numbers anew in every picture."""
    return re.sub(rb"(clip|gradient_)\d+", rb"\1", content)


def texts(svg: str) -> list[str]:
    """List the texts of a picture that stand above its charts."""
    root = ET.fromstring(svg)  # noqa: S314 - our own
    return [one.text or "" for one in root.findall("{http://www.w3.org/2000/svg}text")]


def linked(explorer: UsageExplorer) -> tuple[str, bytes]:
    """Return the name and the content of the file that is offered on screen."""
    found = re.search(
        r'href="data:[\w./+-]+;base64,([^"]+)" download="([^"]+)"', explorer._conductor.exporter.result.value
    )
    assert found
    return found[2], base64.b64decode(found[1])


def test_a_csv_holds_the_selected_windows_in_full(explorer: UsageExplorer, tmp_path: Path) -> None:
    lines = explorer.export(tmp_path / "usage.csv").read_text().splitlines()

    assert lines == [
        "account_id,start_time,end_time,aggregated_value,id,is_reported,state",
        f"{A},2026-11-10T09:00:00Z,2026-11-10T10:00:00Z,1.0,,true,complete",
        f"{A},2026-11-10T10:00:00Z,2026-11-10T11:00:00Z,1.0,,true,complete",
        f"{A},2026-11-10T11:00:00Z,2026-11-10T12:00:00Z,1.0,,true,complete",
    ]


def test_a_parquet_file_is_the_table(explorer: UsageExplorer, tmp_path: Path) -> None:
    path = explorer.export(str(tmp_path / "usage.parquet"))

    assert_frame_equal(pl.read_parquet(path), explorer.history)


def test_pictures_hold_all_charts_and_where_they_come_from(explorer: UsageExplorer, tmp_path: Path) -> None:
    svg = explorer.export(tmp_path / "usage.svg").read_text()
    png = explorer.export(tmp_path / "usage.png").read_bytes()

    assert svg.count("<svg") == 5, "four charts in one"
    assert texts(svg)[:3] == [
        "AI Gateway cost · Alpha",
        "Selected: Tue 10 Nov 2026, 09:00 to 12:00 · $3.00",
        explorer.status,
    ]
    assert "AI Gateway cost: $178.00" in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids)), "a name of one chart is no name of another"
    assert png.startswith(b"\x89PNG")


def test_a_page_stands_alone(explorer: UsageExplorer, tmp_path: Path) -> None:
    page = explorer.export(tmp_path / "usage.html").read_text()

    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>AI Gateway cost · Alpha</h1>" in page
    assert "Selected: Tue 10 Nov 2026, 09:00 to 12:00 · $3.00" in page
    assert "Ledger &lt;of&gt; tests" in page


def test_code_is_a_file_too(explorer: UsageExplorer, tmp_path: Path) -> None:
    assert explorer.export(tmp_path / "usage.py").read_text() == explorer.code()


def test_another_suffix_is_refused(explorer: UsageExplorer, tmp_path: Path) -> None:
    for suffix in ("xls", "days", "days_parquet"):
        message = f"no format '{suffix}': take one of csv, parquet, png, svg, html, py$"
        with pytest.raises(ConfigError, match=message):
            explorer.export(tmp_path / f"usage.{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_button_offers_a_link_with_the_file_in_it(
    explorer: UsageExplorer, form: str, tmp_path: Path
) -> None:
    """The same file as Python writes."""
    explorer._conductor.exporter.by_form[form].click()
    assert explorer.wait(PATIENCE)

    name, content = linked(explorer)
    kind = "ai-gateway-cost-days" if form.startswith("days") else "ai-gateway-cost"
    assert name == f"{kind}_alpha_2026-11-10.{FORMATS[form].suffix}"
    if form == "parquet":
        assert_frame_equal(pl.read_parquet(io.BytesIO(content)), explorer.history)
    elif form.startswith("days"):
        assert content == made(explorer._conductor.shown(), form)
    else:
        again = explorer.export(tmp_path / f"again.{form}").read_bytes()
        assert without_counters(content) == without_counters(again)


def test_a_link_goes_when_something_else_is_selected() -> None:
    """It would hand out what is no longer on screen."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    explorer._conductor.exporter.by_form["csv"].click()
    assert explorer.wait(PATIENCE)
    assert "download=" in explorer._conductor.exporter.result.value

    explorer.select("2026-11-15T01:00", "2026-11-15T02:00")

    assert explorer._conductor.exporter.result.value == ""


@pytest.mark.parametrize(
    ("place", "said"),
    [(".", "is a folder"), ("absent/usage.csv", "make it first"), ("x" * 300 + ".csv", "can't be")],
)
def test_a_place_that_cannot_be_written_is_refused(
    explorer: UsageExplorer, tmp_path: Path, place: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        explorer.export(tmp_path / place)

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_where_it_is_and_keeps_its_permissions(
    explorer: UsageExplorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "usage.py").write_text("old")
    (tmp_path / "usage.py").chmod(0o600)
    (tmp_path / "link.py").symlink_to("usage.py")

    assert explorer.export("~/link.py") == tmp_path / "link.py"

    assert (tmp_path / "usage.py").read_text() == explorer.code()
    assert (tmp_path / "usage.py").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "link.py").is_symlink()
