"""The FOCUS export, every cell of it held against a small table of the specification."""

import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from engines import Engine
from histories import HOUR, hours, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import run_code

import cfusage_lab
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.focus import Billing, FocusExport, FocusVersion, to_focus
from cfusage_lab.schema import INVOICE_LINES
from cfusage_lab.source import SANDBOX_ACCOUNTS

SANDBOX_ID = next(iter(SANDBOX_ACCOUNTS))
DAY = timedelta(days=1)
TEXT, DECIMAL, TIME = pl.String(), pl.Float64(), pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Rule:
    """What FOCUS asks of a column: its type, whether it may be null, its allowed values or its format."""

    dtype: pl.DataType
    is_nullable: bool = False
    allowed: frozenset[str] | None = None
    matches: str | None = None


CATEGORIES = (
    "AI and Machine Learning|Analytics|Business Applications|Compute|Databases|Developer Tools|Multicloud|"
    "Identity|Integration|Internet of Things|Management and Governance|Media|Migration|Mobile|Networking|"
    "Security|Storage|Web|Other"
)
AI_SUBCATEGORIES = (
    "AI Platforms|Bots|Generative AI|Machine Learning|Natural Language Processing|"
    "Other (AI and Machine Learning)"
)


def one_of(values: str) -> frozenset[str]:
    return frozenset(values.split("|"))


COMMON = {
    "BilledCost": Rule(DECIMAL),
    "BillingAccountId": Rule(TEXT),
    "BillingAccountName": Rule(TEXT, is_nullable=True),
    "BillingCurrency": Rule(TEXT, matches="[A-Z]{3}"),
    "BillingPeriodEnd": Rule(TIME),
    "BillingPeriodStart": Rule(TIME),
    "ChargeCategory": Rule(TEXT, allowed=one_of("Usage|Purchase|Tax|Credit|Adjustment")),
    "ChargeClass": Rule(TEXT, is_nullable=True, allowed=one_of("Correction")),
    "ChargeDescription": Rule(TEXT, is_nullable=True),
    "ChargePeriodEnd": Rule(TIME),
    "ChargePeriodStart": Rule(TIME),
    "ContractedCost": Rule(DECIMAL),
    "EffectiveCost": Rule(DECIMAL),
    "InvoiceIssuerName": Rule(TEXT),
    "ListCost": Rule(DECIMAL),
    "PricingQuantity": Rule(DECIMAL, is_nullable=True),
    "PricingUnit": Rule(TEXT, is_nullable=True),
    "ServiceCategory": Rule(TEXT, allowed=one_of(CATEGORIES)),
    "ServiceName": Rule(TEXT),
}
MANDATORY = {
    "1.3": {**COMMON, "HostProviderName": Rule(TEXT), "ServiceProviderName": Rule(TEXT)},
    "1.2": {**COMMON, "ProviderName": Rule(TEXT), "PublisherName": Rule(TEXT)},
}
RECOMMENDED = {
    "ChargeFrequency": Rule(TEXT, allowed=one_of("One-Time|Recurring|Usage-Based")),
    "ServiceSubcategory": Rule(TEXT, allowed=one_of(AI_SUBCATEGORIES)),
}
OURS = {
    "x_Granularity": Rule(TEXT, allowed=one_of("hour|day")),
    "x_State": Rule(TEXT, allowed=one_of("complete|provisional|in_progress")),
}
VERSIONS = pytest.mark.parametrize("version", ["1.3", "1.2"])


def broken_rules(table: pl.DataFrame, version: str) -> list[str]:
    """List every cell and column that breaks the specification."""
    rules = {**MANDATORY[version], **RECOMMENDED, **OURS}
    broken = [f"{name}: absent or surplus" for name in rules.keys() ^ set(table.columns)]
    for name, rule in rules.items():
        column = table[name]
        if column.dtype != rule.dtype:
            broken.append(f"{name}: {column.dtype}")
        broken += [f"{name}: {value!r}" for value in column.to_list() if not is_allowed(value, rule)]
    for row in table.iter_rows(named=True):
        broken += [f"{name} in {row}" for name, holds in ACROSS.items() if not holds(row)]
    return broken


def is_allowed(value: str | float | datetime | None, rule: Rule) -> bool:
    if value is None:
        return rule.is_nullable
    if isinstance(value, str):
        in_list = rule.allowed is None or value in rule.allowed
        return in_list and bool(value.strip()) and bool(re.fullmatch(rule.matches or ".*", value))
    if isinstance(value, datetime):
        return value.utcoffset() == timedelta() and value.microsecond == 0
    return math.isfinite(value) and (value != 0 or math.copysign(1, value) > 0)


ACROSS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "usage that is no correction has a pricing quantity and a unit": lambda row: (
        row["PricingQuantity"] is not None and row["PricingUnit"] is not None
    ),
    "a charge ends after it starts": lambda row: row["ChargePeriodStart"] < row["ChargePeriodEnd"],
    "a charge lies within its billing period": lambda row: (
        row["BillingPeriodStart"] <= row["ChargePeriodStart"]
        and row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
    ),
    "a billing period is a calendar month in UTC": lambda row: (
        row["BillingPeriodStart"].day == 1
        and row["BillingPeriodEnd"].day == 1
        and 28 * DAY <= row["BillingPeriodEnd"] - row["BillingPeriodStart"] <= 31 * DAY
        and row["BillingPeriodStart"].hour == row["BillingPeriodEnd"].hour == 0
    ),
}

STATES = ["complete", "complete", "complete", "provisional", "in_progress"]


def export(**options: Any) -> FocusExport:  # noqa: ANN401 - whatever to_focus takes
    """Export five hours around the turn of a year, of which three are complete and cost 4.75."""
    history = hours("2026-12-31T22:00", [1.5, -0.25, 3.5, 8.0, 16.0], states=STATES)
    return to_focus(history, **{"billing": "invoiced", **options})


@VERSIONS
@pytest.mark.parametrize("billing", ["prepaid", "invoiced"])
@pytest.mark.parametrize("width", [HOUR, DAY])
def test_every_cell_is_what_focus_asks_for(version: FocusVersion, billing: Billing, width: timedelta) -> None:
    history = pl.concat(
        [
            hours("2026-02-25", [0.0, -0.0, 1.25, -2.0, 1e-9, 3e17], account_id=account_id, width=width)
            for account_id in ("a", "b")
        ]
    )
    made = to_focus(history, billing=billing, version=version, account_names={"a": "Ada"})

    assert broken_rules(made.table, version) == []
    assert made.table.height == 12
    assert made.table["x_Granularity"].unique().to_list() == ["hour" if width == HOUR else "day"]


@VERSIONS
def test_twenty_one_columns_are_mandatory_and_ours_come_last(version: FocusVersion) -> None:
    columns = export(version=version).table.columns

    assert len(MANDATORY[version]) == 21
    assert columns[:-2] == sorted({*MANDATORY[version], *RECOMMENDED})
    assert columns[-2:] == ["x_Granularity", "x_State"]


def test_a_window_becomes_this_row() -> None:
    made = export(account_names={"a": "Ada", "nobody": "unused"})

    moment = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert made.table.row(1, named=True) == {
        "BilledCost": -0.25,
        "BillingAccountId": "a",
        "BillingAccountName": "Ada",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": datetime(2027, 1, 1, tzinfo=UTC),
        "BillingPeriodStart": datetime(2026, 12, 1, tzinfo=UTC),
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": "AI Gateway usage, hour window",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": moment + HOUR,
        "ChargePeriodStart": moment,
        "ContractedCost": -0.25,
        "EffectiveCost": -0.25,
        "HostProviderName": "Cloudflare",
        "InvoiceIssuerName": "Cloudflare",
        "ListCost": -0.25,
        "PricingQuantity": -0.25,
        "PricingUnit": "USD",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "AI Gateway",
        "ServiceProviderName": "Cloudflare",
        "ServiceSubcategory": "Generative AI",
        "x_Granularity": "hour",
        "x_State": "complete",
    }
    assert made.table["BillingPeriodStart"].dt.month().to_list() == [12, 12, 1]


def test_prepaid_usage_is_billed_when_credits_are_bought() -> None:
    table = export(billing="prepaid").table

    assert table["BilledCost"].to_list() == [0.0, 0.0, 0.0]
    assert table["EffectiveCost"].sum() == 4.75
    assert export(billing="invoiced").table["BilledCost"].sum() == 4.75


def test_who_is_billed_must_be_said() -> None:
    with pytest.raises(TypeError, match="billing"):
        to_focus(hours("2026-11-01", [1.0]))  # type: ignore[call-arg]


def test_only_complete_windows_unless_asked() -> None:
    complete, everything = export(), export(include_incomplete=True)

    assert complete.table["EffectiveCost"].to_list() == [1.5, -0.25, 3.5]
    assert complete.assumptions["x_State"].startswith("only complete windows: 2 ")
    assert everything.table["EffectiveCost"].to_list() == [1.5, -0.25, 3.5, 8.0, 16.0]
    assert everything.table["x_State"].to_list() == STATES
    assert everything.assumptions["x_State"].startswith("2 of 5 windows may still change")


@VERSIONS
def test_assumptions_name_columns_that_are_there(version: FocusVersion) -> None:
    made = export(version=version)
    named = {name for names in made.assumptions for name in names.split(", ")}

    assert named <= set(made.table.columns)
    assert {"BilledCost", "ListCost", "ContractedCost", "PricingUnit", "ServiceCategory"} <= named


def test_made_up_data_is_refused_unless_asked_and_then_marked() -> None:
    history = pl.concat(
        [hours("2026-11-01", [2.0]), hours("2026-11-01", [1.0], account_id=SANDBOX_ID, states="provisional")]
    )
    with pytest.raises(FrameError, match=f"{SANDBOX_ID} is the sandbox's.*allow_sandbox"):
        to_focus(history, billing="prepaid")

    made = to_focus(history, billing="prepaid", allow_sandbox=True, include_incomplete=True)

    described = dict(made.table.select("BillingAccountId", "ChargeDescription").iter_rows())
    assert described[SANDBOX_ID] == "Sandbox, made-up data: AI Gateway usage, hour window"
    assert described["a"] == "AI Gateway usage, hour window"
    assert "made-up" in made.assumptions["ChargeDescription"]
    assert "ChargeDescription" not in export().assumptions


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"billing": "monthly"}, "'prepaid'.*'invoiced'"),
        ({"version": "1.0"}, r"'1\.3' or '1\.2'"),
        ({"account_names": {"a": " "}}, "name of account a is blank"),
    ],
)
def test_a_wrong_call_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        export(**options)


@pytest.mark.parametrize(
    ("history", "complaint"),
    [
        (pl.DataFrame({"account_id": ["a"]}), "missing 'start_time'"),
        (hours("2026-11-01", [1.0, 2.0])[[0, 1, 1]], "2026-11-01T01:00:00Z of account a is a duplicate"),
        (hours("2026-11-01", [1.0, math.nan]), "2026-11-01T01:00:00Z .* not a number"),
        (hours("2026-11-01", [math.inf]), "not a number"),
        (hours("2026-11-01T00:30", [1.0]), "off the grid"),
        (hours("2026-11-01T05:00", [1.0], width=DAY), "off the grid"),
        (hours("2026-11-01", [1.0], width=2 * HOUR), "windows of 2 hours"),
        (hours("2026-11-01", [1.0], states="final"), "unknown state"),
        (hours("2026-11-01", [1.0]).with_columns(state=pl.lit(None, pl.String)), "lacks"),
        (hours("2026-11-01", [1.0]).with_columns(aggregated_value=pl.lit(None, pl.Float64)), "lacks"),
        (pl.concat([hours("2026-11-01", [1.0]), hours("2026-11-02", [1.0], width=DAY)]), "1 and 24 hours"),
    ],
)
def test_a_table_that_would_make_a_wrong_bill_is_refused(history: pl.DataFrame, complaint: str) -> None:
    with pytest.raises(FrameError, match=complaint):
        to_focus(history, billing="prepaid", include_incomplete=True)


def test_no_window_makes_an_empty_table_with_every_column() -> None:
    table = to_focus(hours("2026-11-01", []), billing="prepaid").table

    assert table.height == 0
    assert broken_rules(table, "1.3") == []


def test_every_engine_exports_the_same(engine: Engine) -> None:
    history = random_history(5, start=datetime(2026, 10, 20, tzinfo=UTC), n_hours=300, accounts=["b", "a"])
    expected = to_focus(history, billing="invoiced")

    made = to_focus(engine.take(history), billing="invoiced")

    assert made.table.equals(expected.table)
    assert made.assumptions == expected.assumptions


def test_times_in_another_zone_are_exported_in_utc() -> None:
    """The same instants, written as Kathmandu's."""
    history = hours("2026-10-31T22:00", [1.0, 2.0, 4.0])
    moved = history.with_columns(pl.col("start_time", "end_time").dt.convert_time_zone("Asia/Kathmandu"))

    made = to_focus(moved, billing="invoiced")

    assert made.table.equals(to_focus(history, billing="invoiced").table)
    assert made.table["BillingPeriodStart"].dt.month().to_list() == [10, 10, 11]


COSTS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)
WINDOWS = st.lists(
    st.tuples(COSTS, st.sampled_from(["complete", "provisional", "in_progress"])), min_size=0, max_size=60
)


@settings(max_examples=60)
@given(windows=WINDOWS, is_day=st.booleans(), is_asked=st.booleans())
def test_cost_is_conserved_to_the_last_bit(
    windows: list[tuple[float, str]], *, is_day: bool, is_asked: bool
) -> None:
    """EffectiveCost holds the costs of the complete windows, and nothing else, in whichever order."""
    costs, states = [cost for cost, _ in windows], [state for _, state in windows]
    history = hours("2026-10-20", costs, states=states, width=DAY if is_day else HOUR)
    wanted = [cost for cost, state in windows if is_asked or state == "complete"]

    table = to_focus(
        history.sample(fraction=1.0, shuffle=True, seed=1), billing="invoiced", include_incomplete=is_asked
    ).table

    for column in ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost", "PricingQuantity"):
        assert table[column].to_list() == wanted
        assert math.fsum(table[column]) == math.fsum(wanted)


@settings(max_examples=40)
@given(costs=st.lists(st.floats(min_value=-1e299, max_value=1e299), min_size=1, max_size=20))
def test_csv_brings_every_bit_back_in_the_format_of_focus(
    costs: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("focus") / "usage.csv"
    made = to_focus(hours("2026-11-01", costs), billing="invoiced", account_names={"a": 'A "b", c'})

    made.write_csv(path)

    raw = pl.read_csv(path, infer_schema=False)
    assert raw["EffectiveCost"].str.contains(r"^-?[0-9]+(\.[0-9]+)?$").all()
    assert raw["ChargePeriodStart"].str.contains(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$").all()
    assert raw["ChargeClass"].null_count() == len(costs)
    back = pl.read_csv(path, schema={name: _csv_type(dtype) for name, dtype in made.table.schema.items()})
    times = pl.col(name for name, dtype in made.table.schema.items() if dtype == TIME)
    assert back.with_columns(times.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")).equals(made.table)


def _csv_type(dtype: pl.DataType) -> pl.DataType:
    return TEXT if dtype == TIME else dtype


def test_csv_has_its_assumptions_beside_it(tmp_path: Path) -> None:
    made = export(version="1.2")

    made.write_csv(tmp_path / "usage.2026.csv")

    assert {path.name for path in tmp_path.iterdir()} == {"usage.2026.csv", "usage.2026.assumptions.json"}
    about = json.loads((tmp_path / "usage.2026.assumptions.json").read_text("utf-8"))
    assert about == {"focus_version": "1.2", "assumptions": made.assumptions}
    first = (tmp_path / "usage.2026.csv").read_text("utf-8").splitlines()[1]
    assert first.startswith("1.5,a,,USD,2027-01-01T00:00:00Z,2026-12-01T00:00:00Z,Usage,,")


def test_another_reader_finds_the_same_sum_types_and_assumptions_in_parquet(tmp_path: Path) -> None:
    history = random_history(11, start=datetime(2026, 9, 1, tzinfo=UTC), n_hours=2_000, accounts=["a", "b"])
    made = to_focus(history, billing="invoiced", include_incomplete=True)
    path = str(tmp_path / "usage.parquet")

    made.write_parquet(path)

    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'Asia/Kathmandu'")
        rows = database.read_parquet(path)
        types = {name: str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}
        costs = rows.project("EffectiveCost").fetchall()
        first = rows.aggregate("epoch(min(ChargePeriodStart))").fetchall()[0][0]
        pairs = database.execute("SELECT key, value FROM parquet_kv_metadata(?)", [path]).fetchall()
    names = {TEXT: "VARCHAR", DECIMAL: "DOUBLE", TIME: "TIMESTAMP WITH TIME ZONE"}
    assert types == {name: names[dtype] for name, dtype in made.table.schema.items()}
    assert math.fsum(cost for (cost,) in costs) == math.fsum(history["aggregated_value"])
    assert first == datetime(2026, 9, 1, tzinfo=UTC).timestamp()
    about = {key.decode(): value.decode() for key, value in pairs}
    assert about["focus_version"] == "1.3"
    assert json.loads(about["assumptions"]) == made.assumptions
    assert pl.read_parquet(path).equals(made.table)


def test_where_one_of_the_two_files_cannot_be_written_both_stay_as_they_were(tmp_path: Path) -> None:
    """New claims never stand beside an old CSV, nor a new CSV beside old claims."""
    path, about = tmp_path / "usage.csv", tmp_path / "usage.assumptions.json"
    for first, other in ((path, about), (about, path)):
        first.write_text("old")
        other.mkdir()

        with pytest.raises(ConfigError, match="is a folder"):
            export().write_csv(path)

        assert first.read_text() == "old"
        other.rmdir()
        first.unlink()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_both_files(tmp_path: Path) -> None:
    """In a process that may write files of 5,000 bytes at most: enough for the claims alone."""
    path, about = tmp_path / "usage.csv", tmp_path / "usage.assumptions.json"
    path.write_text("old")
    about.write_text("old claims")
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from histories import hours; import cfusage_lab as cfu\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "made = cfu.to_focus(hours('2026-11-01', [1.0] * 200), billing='prepaid')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))\n"
        "for write in (made.write_csv, made.write_parquet):\n"
        f"    try: write({str(path)!r})\n"
        "    except cfu.TransportError as error: print(error)\n"
    )

    said = run_code(code, beside=__file__)

    assert said.count("no room to write") == 2
    assert (path.read_text(), about.read_text()) == ("old", "old claims")
    assert set(tmp_path.iterdir()) == {path, about}


def lines(
    *amounts: tuple[float, float, float], account_id: str = "a", start: datetime, end: datetime
) -> pl.DataFrame:
    """Make invoice lines of what is billed, what credit pays and what discounts take off."""
    rows = [(account_id, start, end, None, None, None, *amount, None, "draft") for amount in amounts]
    return pl.DataFrame(rows, schema=INVOICE_LINES, orient="row")


YEAR_END = {"start": datetime(2026, 12, 31, 23, tzinfo=UTC), "end": datetime(2027, 1, 1, 1, tzinfo=UTC)}
"""An invoice's period that holds the second and the third of the five hours."""


def test_an_invoice_says_which_part_of_a_cost_is_billed_and_for_which_period() -> None:
    """Of 3.25 billed, credit pays 1.00 and a discount takes off 0.625: half of it is due."""
    invoice = lines((2.25, 1.0, 0.5), (1.0, 0.0, 0.125), **YEAR_END)

    made = export(invoice_lines=invoice)

    assert made.table["BilledCost"].to_list() == [1.5, -0.125, 1.75]
    assert made.table["EffectiveCost"].to_list() == [1.5, -0.25, 3.5]
    assert made.table["BillingPeriodStart"].to_list() == [
        datetime(2026, 12, 1, tzinfo=UTC),
        *[YEAR_END["start"]] * 2,
    ]
    assert made.table["BillingPeriodEnd"].to_list() == [
        datetime(2027, 1, 1, tzinfo=UTC),
        *[YEAR_END["end"]] * 2,
    ]
    assert made.assumptions["BilledCost"].startswith("for 2 of 3 windows, the cost times the part")
    assert made.assumptions["BillingPeriodStart, BillingPeriodEnd"] == (
        "for 2 of 3 windows, the invoice's own; for the others, the calendar month in UTC"
    )
    assert "discounts of $0.62" in made.assumptions["ListCost, ContractedCost"]
    known = made.table.drop("BilledCost", "BillingPeriodStart", "BillingPeriodEnd")
    assert known.equals(export().table.drop("BilledCost", "BillingPeriodStart", "BillingPeriodEnd"))


@pytest.mark.parametrize("billing", ["prepaid", "invoiced"])
def test_a_window_that_no_invoice_covers_is_billed_as_without_invoices(billing: Billing) -> None:
    """Another account, another month, an invoice of nothing."""
    month = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 12, 1, tzinfo=UTC)}
    for invoice in (
        lines((1.0, 0.5, 0.0), account_id="b", **YEAR_END),
        lines((1.0, 0.5, 0.0), **month),
        lines((0.0, 0.0, 0.0), **YEAR_END),
        INVOICE_LINES.to_frame(),
    ):
        made = export(billing=billing, invoice_lines=invoice)
        assert made.table.equals(export(billing=billing).table)
        assert made.assumptions["BilledCost"].startswith("for 0 of 3 windows")


@settings(max_examples=30)
@given(
    costs=st.lists(st.integers(0, 10**6), min_size=24, max_size=24),
    part=st.floats(0, 1),
    shuffled=st.randoms(use_true_random=False),
)
def test_billed_cost_adds_up_to_what_is_due(costs: list[int], part: float, shuffled: random.Random) -> None:
    """Of two accounts, in any order; one is paid by credit altogether."""
    bounds = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 12, 1, tzinfo=UTC)}
    total = sum(costs) / 100
    history = pl.concat([hours("2026-11-02", [cost / 100 for cost in costs], account_id=one) for one in "ab"])
    order = list(range(history.height))
    shuffled.shuffle(order)
    invoice = pl.concat(
        [
            lines((total, total * part, 0.0), **bounds),
            lines((total, total, 0.0), account_id="b", **bounds),
        ]
    )

    made = to_focus(history[order], billing="prepaid", invoice_lines=invoice)

    billed = dict(made.table.group_by("BillingAccountId").agg(pl.col("BilledCost").sum()).iter_rows())
    assert billed["a"] == pytest.approx(total - total * part, abs=1e-6)
    assert billed["b"] == 0.0
    assert broken_rules(made.table, "1.3") == []


def test_csv_goes_into_files_that_an_upload_takes(tmp_path: Path) -> None:
    """Five rows by two: each file has a header, and the assumptions stand beside them once."""
    made = export(include_incomplete=True)
    path = tmp_path / "usage.csv"

    first = made.write_csv(path, rows_per_file=2)

    names = [f"usage-{nth}.csv" for nth in (1, 2, 3)]
    assert first == tmp_path / names[0]
    assert {file.name for file in tmp_path.iterdir()} == {*names, "usage.assumptions.json"}
    parts = [cfusage_lab.read_table(tmp_path / name) for name in names]
    assert [part.height for part in parts] == [2, 2, 1]
    assert pl.concat(parts)["EffectiveCost"].equals(made.table["EffectiveCost"])
    with pytest.raises(ConfigError, match=r"usage-2\.csv is left over"):
        made.write_csv(path, rows_per_file=5)
    assert [file.stat().st_size for file in sorted(tmp_path.glob("*.csv"))] == [
        (tmp_path / name).stat().st_size for name in names
    ]


@pytest.mark.parametrize("rows_per_file", [0, -1, 2.0, True])
def test_a_file_of_no_rows_is_refused(tmp_path: Path, rows_per_file: object) -> None:
    with pytest.raises(ConfigError, match="pass a whole number from 1"):
        export().write_csv(tmp_path / "usage.csv", rows_per_file=rows_per_file)  # type: ignore[arg-type]
    empty = to_focus(hours("2026-11-01", []), billing="prepaid")
    assert empty.write_csv(tmp_path / "usage.csv", rows_per_file=3).read_text("utf-8").count("\n") == 1


def test_into_a_pipe_go_the_rows_alone() -> None:
    code = (
        "from histories import hours; import cfusage_lab as cfu\n"
        "cfu.to_focus(hours('2026-11-01', [1.0]), billing='prepaid').write_csv('/dev/stdout')\n"
    )

    said = run_code(code, beside=__file__)

    assert said.splitlines()[1].startswith("0.0,a,,USD,2026-12-01T00:00:00Z,")
