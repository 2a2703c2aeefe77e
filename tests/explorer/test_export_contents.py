"""What files hold, and what they are called, without a widget."""

import io
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import polars as pl
import pytest
from histories import hours, local_days
from hostile import TEXTS

import cfusage_lab as cfu
from cfusage_lab.explorer.day_export import days_for_export
from cfusage_lab.explorer.exports import FORMATS, Shown, made, name_of
from cfusage_lab.explorer.file_names import file_name
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
        "title": "AI Gateway cost",
        "note": "data as of 17 Nov 2026, 09:30",
        "stamp": None,
        "code": "import cfusage_lab as cfu\n",
    }
    return Shown(**(whole | options))  # type: ignore[arg-type]


def test_days_for_accounting_on_the_days_clocks_change() -> None:
    """Two accounts in Berlin: the Sunday of autumn has 25 hours, and starts at 22:00 UTC."""
    history = pl.concat(
        local_days("2026-10-24", "2026-10-26", BERLIN, each=each, account_id=account)
        for account, each in {"a": 1.0, "x": 0.1}.items()
    )

    found = days_for_export(history, time_zone=BERLIN, names=NAMES)

    assert found.drop("cost_usd").rows()[:4] == [
        (date(2026, 10, 24), "Acme: Production", "a", "2026-10-24 00:00", utc(23, 22), 24, True, "complete"),
        (date(2026, 10, 25), "Acme: Production", "a", "2026-10-25 00:00", utc(24, 22), 25, True, "complete"),
        (date(2026, 10, 26), "Acme: Production", "a", "2026-10-26 00:00", utc(25, 23), 24, True, "complete"),
        (date(2026, 10, 24), None, "x", "2026-10-24 00:00", utc(23, 22), 24, True, "complete"),
    ]
    assert found["cost_usd"].to_list() == pytest.approx([24.0, 25.0, 24.0, 2.4, 2.5, 2.4])


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def test_a_day_that_is_cut_says_from_when_and_that_it_is_not_whole() -> None:
    history = hours("2026-11-10T08:00", [1.0, 2.0], states=["provisional", "in_progress"])

    (row,) = days_for_export(history, time_zone=BERLIN, names={}).to_dicts()

    assert row == {
        "date": date(2026, 11, 10),
        "account_name": None,
        "account_id": "a",
        "cost_usd": 3.0,
        "local_start": "2026-11-10 09:00",
        "utc_start": datetime(2026, 11, 10, 8, tzinfo=UTC),
        "hours": 2,
        "is_whole": False,
        "state": "in_progress",
    }


def test_a_zone_off_the_hour_says_when_its_first_window_starts() -> None:
    history = local_days("2026-11-10", "2026-11-10", "Asia/Kolkata")

    (row,) = days_for_export(history, time_zone="Asia/Kolkata", names={}).to_dicts()

    assert (row["local_start"], row["utc_start"]) == (
        "2026-11-10 00:30",
        datetime(2026, 11, 9, 19, tzinfo=UTC),
    )


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
    assert is_safe(called)


def is_safe(name: str) -> bool:
    """Whether any system takes a file of that name."""
    stem, point, suffix = name.partition(".")
    is_plain = all(sign.isalnum() or sign in "-_" for sign in stem)
    return is_plain and bool(point) and suffix == "csv" and len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("account", "dates", "what", "expected"),
    [
        ("Acme Production", WEEK, "", "ai-gateway-cost_acme-production_2026-11-10_2026-11-16.csv"),
        ("3 accounts", WEEK, "days", "ai-gateway-cost-days_3-accounts_2026-11-10_2026-11-16.csv"),
        ("all accounts", (WEEK[0], WEEK[0]), "", "ai-gateway-cost_all-accounts_2026-11-10.csv"),
        (
            "株式会社 Müller & Söhne",
            WEEK,
            "",
            "ai-gateway-cost_株式会社-müller-söhne_2026-11-10_2026-11-16.csv",
        ),
        ('..\\..\\CON: a/b?*"<>|', WEEK, "", "ai-gateway-cost_con-a-b_2026-11-10_2026-11-16.csv"),
        ("\u202egpj.exe\x00", WEEK, "", "ai-gateway-cost_gpj-exe_2026-11-10_2026-11-16.csv"),
        ("👩‍💻", None, "", "ai-gateway-cost_account_no-days.csv"),
        ("long " * 100, WEEK, "", f"ai-gateway-cost_{'long-' * 7}long_2026-11-10_2026-11-16.csv"),
    ],
)
def test_names_of_files(account: str, dates: tuple[date, date] | None, what: str, expected: str) -> None:
    found = file_name(account, dates, what=what, suffix="csv")

    assert found == expected
    assert is_safe(found)
    assert is_safe(file_name("\U00020000" * 200, dates, what=what, suffix="csv"))


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
