"""What leaves the screen can be read again."""

import html
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
from cfusage_lab.explorer.browser import Browser
from cfusage_lab.explorer.exports import FORMATS


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


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes, str]]:
    """Collect the name, the content and the MIME type of files that a browser would save."""
    files: list[tuple[str, bytes, str]] = []
    monkeypatch.setattr(Browser, "save", lambda _self, *file: files.append(file))
    return files


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
    assert "AI Gateway cost: $168.00" in svg
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
@pytest.mark.parametrize("form", [form for form in FORMATS if form != "py"])
def test_one_click_saves_a_file(
    explorer: UsageExplorer, saved: list[tuple[str, bytes, str]], form: str, tmp_path: Path
) -> None:
    """The same file as Python writes."""
    explorer.widget.exports.by_form[form].click()
    assert explorer.wait(PATIENCE)

    ((name, content, mime),) = saved
    kind = "ai-gateway-cost-days" if form.startswith("days") else "ai-gateway-cost"
    assert (name, mime) == (f"{kind}_alpha_2026-11-10.{FORMATS[form].suffix}", FORMATS[form].mime)
    assert f"Saved {name} (" in explorer.widget.exports.result.value
    if form == "parquet":
        assert_frame_equal(pl.read_parquet(io.BytesIO(content)), explorer.history)
    elif form.startswith("days"):
        read = pl.read_csv if form == "days" else pl.read_parquet
        assert read(io.BytesIO(content))["cost_usd"].to_list() == [3.0]
    else:
        again = explorer.export(tmp_path / f"again.{form}").read_bytes()
        assert without_counters(content) == without_counters(again)


def test_code_is_copied_and_shown_in_case_the_browser_refuses(
    explorer: UsageExplorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(Browser, "copy", lambda _self, text: copied.append(text))

    explorer.widget.exports.by_form["py"].click()
    assert explorer.wait(PATIENCE)

    assert copied == [explorer.code()]
    assert html.escape(explorer.code()) in explorer.widget.exports.result.value


def test_what_became_of_a_click_goes_when_something_else_is_selected() -> None:
    """Code would be that of what is no longer on screen."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    explorer.widget.exports.by_form["py"].click()
    assert explorer.wait(PATIENCE)
    assert "usage_history" in explorer.widget.exports.result.value

    explorer.select("2026-11-15T01:00", "2026-11-15T02:00")

    assert explorer.widget.exports.result.value == ""


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
