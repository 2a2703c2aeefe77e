"""A file that the product wrote is a table that the product takes."""

import csv
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from histories import hours, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab import schema
from cfusage_lab.archive import UsageArchive
from cfusage_lab.changes import month_over_month
from cfusage_lab.frames import table_files
from cfusage_lab.frames.table_files import read_table, write_csv

START = datetime(2026, 11, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ZONE = "Europe/Berlin"
BALANCE = pl.DataFrame(
    {"account_id": ["a"], "balance_usd": [25.0], "has_default_payment_method": [True]}
).with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("topup_amount_usd", "topup_threshold_usd"))
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "'=1",
    "''=1",
    "'",
    "a=1",
    "",
    " =1",
]


def written(table: pl.DataFrame) -> str:
    file = BytesIO()
    write_csv(table, file)
    return file.getvalue().decode()


def read_back(table: pl.DataFrame, folder: Path) -> pl.DataFrame:
    path = folder / "table.csv"
    path.write_text(written(table), encoding="utf-8", newline="")
    return read_table(path)


def test_the_dialect() -> None:
    table = pl.DataFrame(
        {
            "account_id": ["a", "", None, 'b "c", d'],
            "start_time": pl.Series(
                [START, START + timedelta(microseconds=1_500), None, START]
            ).dt.cast_time_unit("us"),
            "date": [date(2026, 11, 2)] * 4,
            "cost_usd": [2.0, 1.5e-7, None, -1e22],
            "hours": [24, 23, None, 25],
            "is_whole": [True, False, None, True],
        }
    )

    assert written(table).splitlines() == [
        "account_id,start_time,date,cost_usd,hours,is_whole",
        "a,2026-11-02T00:00:00Z,2026-11-02,2.0,24,true",
        '"",2026-11-02T00:00:00.001500Z,2026-11-02,0.00000015,23,false',
        ",,2026-11-02,,,",
        '"b ""c"", d",2026-11-02T00:00:00Z,2026-11-02,-10000000000000000000000.0,25,true',
    ]


def test_times_of_another_zone_are_written_in_utc() -> None:
    table = hours(START, [1.0]).with_columns(pl.col("start_time").dt.convert_time_zone("Asia/Kathmandu"))

    assert "a,2026-11-02T00:00:00Z," in written(table)


def test_a_night_of_zeros_is_no_column_of_whole_numbers() -> None:
    """Who guesses types from the first hundred lines finds amounts all the same."""
    history = hours(START, [0.0] * 150 + [0.25])

    assert pl.read_csv(StringIO(written(history)))["aggregated_value"].sum() == 0.25


@settings(max_examples=100)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_amount_comes_back_bit_by_bit_and_has_no_exponent(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[float]
) -> None:
    table = pl.DataFrame({"account_id": "a", "cost_usd": amounts})

    back = read_back(table, tmp_path_factory.mktemp("amounts"))

    assert [struct.pack("d", one) for one in back["cost_usd"]] == [struct.pack("d", one) for one in amounts]
    assert "e" not in written(table).split("\n", 1)[1]


@settings(max_examples=100)
@given(st.lists(st.none() | st.text() | st.sampled_from(FORMULAS) | st.text("'=+-@\t\r\na,\""), min_size=1))
def test_every_text_comes_back_and_is_no_formula(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str | None]
) -> None:
    table = pl.DataFrame({"account_id": texts, "hours": 1}, schema_overrides={"account_id": pl.String})

    assert_frame_equal(read_back(table, tmp_path_factory.mktemp("texts")), table, check_dtypes=False)
    cells = [row[0] for row in csv.reader(StringIO(written(table), newline=""))]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


def test_a_formula_is_a_text_in_every_csv(tmp_path: Path) -> None:
    """FOCUS, the explorer and the archive write the same dialect; and all of them come back."""
    history = hours(START, [1.0, 2.0], account_id="=1+1")
    explorer = cfu.UsageExplorer(history, now=NOW)
    focus = cfu.to_focus(history, billing="invoiced", account_names={"=1+1": "@SUM(A1)"})

    explored = explorer.export(tmp_path / "explored.csv")
    focused = focus.write_csv(tmp_path / "focus.csv")

    assert (
        explored.read_text()
        .splitlines()[1]
        .startswith("'=1+1,2026-11-02T00:00:00Z,2026-11-02T01:00:00Z,1.0,")
    )
    assert focused.read_text().splitlines()[1].startswith("1.0,'=1+1,'@SUM(A1),USD,2026-12-01T00:00:00Z,")
    assert_frame_equal(read_table(explored), history)
    assert_frame_equal(read_table(focused), focus.table)


def derived(history: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Ask every function of the analytics."""
    daily = cfu.daily_usage(history, time_zone=ZONE)
    comparison = cfu.day_over_day(daily)
    return {
        "daily": daily,
        "total": cfu.total_usage(daily),
        "comparison": comparison,
        "week": cfu.week_over_week(daily),
        "compared": cfu.compare(daily.tail(5), daily.head(5)),
        "movers": cfu.movers(comparison),
        "rolling": cfu.rolling_mean(daily),
        "same_time": cfu.same_time_yesterday(history, time_zone=ZONE),
        "month": month_over_month(history, time_zone=ZONE),
        "profile": cfu.hourly_profile(history, time_zone=ZONE),
        "heatmap": cfu.weekly_heatmap(history, time_zone=ZONE),
        "peaks": cfu.peak_hours(history, time_zone=ZONE),
        "load": cfu.load_factor(history),
        "weekend": cfu.weekend_share(history, time_zone=ZONE),
        "off_hours": cfu.off_hours_share(history, time_zone=ZONE),
        "concentration": cfu.concentration(history),
        "summary": cfu.summary(history, time_zone=ZONE),
        "focus": cfu.to_focus(history, billing="invoiced", include_incomplete=True).table,
    }


def looking_ahead(history: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Ask for forecasts, and for what stood out."""
    daily = cfu.daily_usage(history, time_zone=ZONE)
    return {
        "forecast": cfu.forecast_daily(daily, days=3),
        "month_end": cfu.forecast_month_end(daily, levels=(0.5, 0.999)),
        "path": cfu.forecast_month_path(daily),
        "backtest": cfu.backtest(daily, horizons=[3]),
        "budget": cfu.budget_check(daily, budget_usd=100),
        "runway": cfu.credit_runway(BALANCE, daily),
        "anomalies": cfu.anomalies(history, time_zone=ZONE),
        "scores": cfu.anomaly_scores(history, time_zone=ZONE),
    }


def billed() -> dict[str, pl.DataFrame]:
    """Ask a client for all that its account was billed."""
    with cfu.UsageClient.sandbox(now=NOW) as client:
        lines = client.invoice_preview()
        history = client.usage_history(cfu.month_to_date(time_zone="UTC", now=NOW))
        return {
            "lines": lines,
            "models": cfu.usage_by_model(lines),
            "reconciliation": cfu.reconcile(history, lines),
            "invoices": client.invoices(),
            "balance": client.credit_balance(),
            "accounts": client.accounts(),
        }


def draw(history: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> None:
    """Draw every chart."""
    for chart in (
        cfu.usage_chart(history, time_zone=ZONE),
        cfu.usage_chart(tables["daily"], time_zone=ZONE, rolling=tables["rolling"]),
        cfu.day_over_day_chart(tables["comparison"]),
        cfu.week_over_week_chart(tables["week"]),
        cfu.comparison_chart(tables["compared"]),
        cfu.movers_chart(tables["movers"]),
        cfu.month_over_month_chart(tables["month"]),
        cfu.hour_profile_chart(tables["profile"], time_zone=ZONE),
        cfu.weekly_heatmap_chart(tables["heatmap"], time_zone=ZONE),
        cfu.calendar_chart(tables["daily"]),
    ):
        assert chart.to_dict()["datasets"]


HISTORY = random_history(3, start=START, n_hours=14 * 24, accounts=["a"]).sort("start_time")
OTHERS = random_history(4, start=START, n_hours=14 * 24, accounts=["-b", "c"])


def by_table(path: Path) -> pl.DataFrame:
    return read_table(path)


def by_polars(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)


@pytest.mark.slow
@pytest.mark.parametrize("read", [by_table, by_polars])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_the_explorer_writes_goes_back_into_everything(
    tmp_path: Path, suffix: str, read: Callable[[Path], pl.DataFrame]
) -> None:
    path = cfu.UsageExplorer(HISTORY, now=NOW).export(tmp_path / f"usage.{suffix}")

    history = read(path)

    assert_frame_equal(history, HISTORY)
    found, expected = derived(history), derived(HISTORY)
    for name, table in expected.items():
        assert_frame_equal(found[name], table)
    draw(history, found)
    assert_frame_equal(cfu.UsageExplorer(history, now=NOW).history, HISTORY)
    page = cfu.report(history, time_zone=ZONE, path=tmp_path / "usage.html", now=NOW)
    assert page.stat().st_size > 100_000


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_derived_is_read_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    """Also columns that are null throughout, and amounts that polars writes with an exponent."""
    history = pl.concat([HISTORY, OTHERS])
    for name, table in {**derived(history), **looking_ahead(HISTORY), **billed()}.items():
        path = tmp_path / f"{name}.{suffix}"
        with path.open("wb") as file:
            write_csv(table, file) if suffix == "csv" else table.write_parquet(file)

        assert_frame_equal(read_table(path), table, check_exact=True)


def test_what_polars_and_pandas_write_is_read_as_well(tmp_path: Path) -> None:
    """Times with an offset or with more digits, exponents, True for true."""
    path = tmp_path / "usage.csv"
    HISTORY.write_csv(path)
    assert_frame_equal(read_table(path), HISTORY)
    HISTORY.to_pandas().to_csv(path, index=False)
    assert_frame_equal(read_table(path), HISTORY)


def test_pandas_takes_the_file_and_the_analytics_take_pandas(tmp_path: Path) -> None:
    path = cfu.UsageExplorer(HISTORY, now=NOW).export(tmp_path / "usage.csv")
    frame = pd.read_csv(path, parse_dates=["start_time", "end_time"])

    assert_frame_equal(cfu.daily_usage(frame, time_zone=ZONE), cfu.daily_usage(HISTORY, time_zone=ZONE))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_an_archive_writes_is_its_history(tmp_path: Path, suffix: str) -> None:
    """The same bytes of CSV as the explorer's, for the same windows."""
    archive = UsageArchive(tmp_path / "archive", now=NOW)
    asked = cfu.last_days(5, now=NOW)
    with cfu.UsageClient.sandbox(now=NOW) as client:
        archive.update(client, asked, progress=cfu.Quiet())

    path = archive.export(tmp_path / f"usage.{suffix}")

    assert_frame_equal(read_table(path), archive.usage_history(asked))
    shown = cfu.UsageExplorer(archive.usage_history(asked), now=NOW).export(tmp_path / "shown.csv")
    assert archive.export(tmp_path / "again.csv").read_bytes() == shown.read_bytes()


def test_focus_is_read_back_from_both(tmp_path: Path) -> None:
    for version in ("1.3", "1.2"):
        made = cfu.to_focus(HISTORY, billing="prepaid", version=version, include_incomplete=True)

        assert_frame_equal(read_table(made.write_csv(tmp_path / "focus.csv")), made.table, check_exact=True)
        assert_frame_equal(read_table(made.write_parquet(tmp_path / "focus.parquet")), made.table)
        assert made.table.schema.items() <= schema.FOCUS.items()


def examples(kind: pl.DataType) -> list[object]:
    """Return values of a type that would not come back if they were taken for anything else."""
    known: dict[type[pl.DataType], list[object]] = {
        pl.String: ["007", "", None, "=1"],
        pl.Float64: [1.0, -1.5e-7, None, 0.0],
        pl.Int64: [1, -1, None, 0],
        pl.Boolean: [True, False, None, True],
        pl.Date: [date(2026, 11, 2), date(1999, 12, 31), None, date(2026, 2, 28)],
        pl.Datetime: [START, START + timedelta(microseconds=1), None, NOW],
    }
    return known[type(kind)]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    "name", [name for name, table in vars(schema).items() if isinstance(table, pl.Schema)]
)
def test_every_table_comes_back(name: str, suffix: str, tmp_path: Path) -> None:
    columns = getattr(schema, name)
    if "forecast_usd" in columns or name in {"BACKTEST", "CREDIT_RUNWAY"}:
        levels = {
            column.replace("LEVEL", level): kind
            for column, kind in schema.INTERVALS.items()
            for level in ("80", "99_9")
        }
        columns = pl.Schema({**columns, **levels})
    table = pl.DataFrame({column: examples(kind) for column, kind in columns.items()}, schema=columns)
    path = tmp_path / f"table.{suffix}"

    for rows in (table, table.clear()):
        with path.open("wb") as file:
            write_csv(rows, file) if suffix == "csv" else rows.write_parquet(file)

        assert_frame_equal(read_table(path), rows, check_exact=True)


def test_a_column_has_one_type_in_all_tables() -> None:
    assert all(
        table_files._KINDS[name] == kind for table in table_files._TABLES for name, kind in table.items()
    )


def test_other_columns_stay_text_and_a_history_without_ids_has_none(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("account_id,cost_usd,team,lower_team_usd\na,1,07,08\n")
    assert read_table(path).rows() == [("a", 1.0, "07", "08")]

    with path.open("wb") as file:
        write_csv(HISTORY.drop("id"), file)
    assert_frame_equal(read_table(path), HISTORY)


def test_a_file_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("env=prod", "a b#%20?[x]*"):
        Path(name).mkdir()
        for suffix in ("csv", "parquet"):
            path = cfu.UsageExplorer(HISTORY, now=NOW).export(f"{name}/{name}.{suffix}")
            assert_frame_equal(read_table(path), HISTORY)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty CSV"),
        (b"a,b\n1,2\n", "no table of this package: found a, b"),
        (b"account_id,cost_usd\na,1,2\n", "neither a CSV nor a Parquet"),
        (b"PAR1 or so", "neither a CSV nor a Parquet"),
        (b"account_id,cost_usd\na,1\nb,dear\n", "'cost_usd' of row 2 is 'dear', and should be Float64"),
        (b"account_id,start_time\na,yesterday\n", "'start_time' of row 1 is 'yesterday'"),
        (b"account_id,date\na,2026-02-30\n", "'date' of row 1 is '2026-02-30'"),
        (b"account_id,hours\na,1.5\n", "'hours' of row 1 is '1.5'"),
        (b"account_id,is_whole\na,perhaps\n", "'is_whole' of row 1 is 'perhaps'"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(content)

    with pytest.raises(cfu.FrameError, match=said):
        read_table(path)


@pytest.mark.parametrize("path", ["absent.csv", ".", "", None, b"usage.csv"])
def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: object) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(cfu.ConfigError):
        read_table(path)
