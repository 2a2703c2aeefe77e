"""What files hold, and what they are called, without a widget."""

import io
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import polars as pl
import pytest
from histories import hours, local_days
from hostile import TEXTS, is_file_name

import cfusage_lab as cfu
from cfusage_lab.explorer.exports import FORMATS, Shown, made, name_of
from cfusage_lab.schema import DAILY
from cfusage_lab.wording import visible

BERLIN = "Europe/Berlin"
NAMES = {"a": "Acme: Production", "b": "Acme", "c": "Silent"}
WEEK = date(2026, 11, 10), date(2026, 11, 16)


def shown(history: pl.DataFrame, **options: object) -> Shown:
    whole = {
        "history": history,
        "time_zone": BERLIN,
        "names": NAMES,
        "charts": [alt.Chart(pl.DataFrame({"x": [1]})).mark_point().encode(x="x:Q")],
        "note": "data as of 17 Nov 2026, 09:30",
        "stamp": None,
        "code": "import cfusage_lab as cfu\n",
    }
    return Shown(**(whole | options))  # type: ignore[arg-type]


def test_a_csv_for_accounting_is_read_by_people_and_goes_back_into_every_function(tmp_path: Path) -> None:
    history = local_days("2026-11-10", "2026-11-11", BERLIN, each=0.1)
    path = tmp_path / "days.csv"

    path.write_bytes(made(shown(history), "days"))

    text = path.read_text().splitlines()
    assert text[0] == "date,account_name,account_id,cost_usd,local_start,utc_start,hours,is_whole,state"
    assert text[1].startswith("2026-11-10,Acme: Production,a,2.4")
    assert text[1].endswith(",2026-11-10 00:00,2026-11-09T23:00:00Z,24,true,complete")
    back = cfu.read_table(path)
    assert back.select(DAILY.names()).equals(cfu.daily_usage(history, time_zone=BERLIN))
    assert cfu.day_over_day(back).equals(cfu.day_over_day(cfu.daily_usage(history, time_zone=BERLIN)))
    parquet = pl.read_parquet(io.BytesIO(made(shown(history), "days_parquet")))
    assert parquet.select(DAILY.names()).equals(cfu.daily_usage(history, time_zone=BERLIN))


def test_amounts_in_files_come_to_what_is_selected() -> None:
    """Tenths, a millionth of a millionth and a correction: no digit is lost on the way."""
    costs = [0.1, 0.2, 1e-12, -0.3, 1234567.891, 1 / 3] * 8
    history = hours("2026-11-09T23:00", costs)

    by_hour = pl.read_csv(io.BytesIO(made(shown(history), "csv")))["aggregated_value"]
    by_day = pl.read_csv(io.BytesIO(made(shown(history), "days")))["cost_usd"]

    assert by_hour.to_list() == costs
    assert math.fsum(by_day) == pytest.approx(math.fsum(costs), abs=1e-8)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "'=1"])
def test_no_name_is_a_formula_and_each_comes_back(name: str, tmp_path: Path) -> None:
    history = local_days("2026-11-10", "2026-11-10", BERLIN)
    path = tmp_path / "days.csv"

    path.write_bytes(made(shown(history, names={"a": name}), "days"))

    cell = path.read_text().splitlines()[1].split(",")[1]
    assert cell[0] not in "=@+-\t"
    assert cfu.read_table(path)["account_name"].item() == visible(name)


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_names_leave_files_as_text(name: str) -> None:
    selected = shown(local_days("2026-11-10", "2026-11-10", BERLIN), names={"a": name}, charts=[])

    rows = pl.read_csv(io.BytesIO(made(selected, "days")))
    svg = ET.fromstring(made(selected, "svg"))  # noqa: S314 - our own
    page = made(selected, "html").decode()
    called = name_of(selected, "csv")

    assert (rows.height, rows["account_id"].to_list()) == (1, ["a"])
    assert all(one.tag.startswith("{http://www.w3.org/2000/svg}") for one in svg.iter())
    assert made(selected, "png").startswith(b"\x89PNG")
    assert not any(sign in page for sign in ("<img src=x", "<b onclick", "<script>pwned"))
    assert is_file_name(called)


def test_a_file_is_named_for_the_days_and_the_accounts_that_it_holds() -> None:
    """Local days: in Berlin, 23:00 UTC on the 9th is the 10th."""
    week = local_days("2026-11-10", "2026-11-16", BERLIN)
    both = pl.concat([week, week.with_columns(account_id=pl.lit("b"))])
    every = pl.concat([both, week.with_columns(account_id=pl.lit("c"))])

    assert name_of(shown(week), "csv") == "ai-gateway-cost_acme-production_2026-11-10_2026-11-16.csv"
    assert name_of(shown(both), "days") == "ai-gateway-cost-days_2-accounts_2026-11-10_2026-11-16.csv"
    assert name_of(shown(every), "png") == "ai-gateway-cost_all-accounts_2026-11-10_2026-11-16.png"
    assert name_of(shown(week[:1]), "csv") == "ai-gateway-cost_acme-production_2026-11-10.csv"
    assert name_of(shown(week.clear()), "csv") == "ai-gateway-cost_0-accounts_no-days.csv"
    assert name_of(shown(week, names={"a": "All Stars"}), "csv").startswith("ai-gateway-cost_all-stars_")
    assert len({name_of(shown(week), form) for form in FORMATS}) == len(FORMATS)


def test_the_heading_says_whose_cost_it_is_what_is_selected_and_what_it_comes_to() -> None:
    week = local_days("2026-11-10", "2026-11-16", BERLIN)
    every = pl.concat([week.with_columns(account_id=pl.lit(one)) for one in NAMES])
    whole = shown(week)

    assert whole.heading == (
        "AI Gateway cost · Acme: Production",
        "10\N{EN DASH}16 Nov 2026 · $168.00",
        "data as of 17 Nov 2026, 09:30",
    )
    assert replace(whole, selection="10 Nov 2026, Mondays").heading[1] == (
        "Selected: 10 Nov 2026, Mondays · $168.00"
    )
    assert replace(whole, stamp="Made up").heading[-1] == "Made up"
    assert replace(whole, stamp="Made up", note="Made up · today").heading[2:] == ("Made up · today",)
    assert shown(every).heading[:2] == (
        "AI Gateway cost · All 3 accounts",
        "10\N{EN DASH}16 Nov 2026 · $504.00",
    )
    assert shown(week.clear()).heading[:2] == ("AI Gateway cost · 0 accounts", "Nothing · $0.00")


def test_nothing_selected_makes_every_file() -> None:
    nothing = shown(hours("2026-11-10", []))

    assert [form for form in FORMATS if not made(nothing, form)] == []
    assert made(nothing, "days").decode().count("\n") == 1


def test_a_long_heading_is_broken_into_lines() -> None:
    week = local_days("2026-11-10", "2026-11-16", BERLIN)
    svg = made(shown(week, selection=" · ".join(["Mondays 14:00 to 15:00"] * 12)), "svg").decode()

    lines = [one.text for one in ET.fromstring(svg).findall("{http://www.w3.org/2000/svg}text")]  # noqa: S314

    assert len(lines) > 4
    assert max(len(line or "") for line in lines) < 100
