"""Copy as code: the lines run, and give the very table."""

import ast
from datetime import UTC, date, datetime

import polars as pl
import pytest
from histories import hours
from hostile import TEXTS
from ledger import NOW, PATIENCE, A, B, Ledger
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.code import Recipe
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.fetch import UsageClient
from cfusage_lab.sandbox import SANDBOX_TOKEN
from cfusage_lab.source import SANDBOX_ACCOUNTS

SANDBOX_NOW = "2026-11-15T09:30Z"
SELECTIONS = [
    {},
    {"start": "2026-11-02T09:00", "end": "2026-11-05T18:00"},
    {"weekday": 1, "hour": 10},
    {"day": date(2026, 11, 4)},
    {"start": "2026-11-02", "end": "2026-11-12", "weekday": 3},
]


def run(code: str, **given: object) -> pl.DataFrame:
    """Execute the lines as somebody would who has pasted them."""
    names: dict[str, object] = dict(given)
    exec(code, names)  # noqa: S102 - that is what is promised of them
    history = names["history"]
    assert isinstance(history, pl.DataFrame)
    return history


@pytest.mark.parametrize("selected", SELECTIONS)
def test_the_code_of_a_sandbox_gives_the_table(selected: dict[str, object]) -> None:
    explorer = UsageExplorer(UsageClient.sandbox(now=SANDBOX_NOW), time_zone="Europe/Berlin", now=SANDBOX_NOW)
    explorer.accounts.value = tuple(SANDBOX_ACCOUNTS)[:2]
    assert explorer.wait(PATIENCE)
    explorer.select(**selected)  # type: ignore[arg-type]

    code = explorer.code()

    assert explorer.history.height > 0
    assert_frame_equal(run(code), explorer.history)
    assert SANDBOX_TOKEN not in code
    assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize("selected", SELECTIONS)
def test_the_code_of_a_table_gives_a_part_of_it(selected: dict[str, object]) -> None:
    start = datetime(2026, 10, 20, tzinfo=UTC)
    table = pl.concat([hours(start, [1.0] * 600, account_id=A), hours(start, [2.0] * 600, account_id=B)])
    table = table.with_columns(id=pl.lit("opaque"))
    explorer = UsageExplorer(table, time_zone="America/New_York")
    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    explorer.select(**selected)  # type: ignore[arg-type]

    assert explorer.history.height > 0
    assert_frame_equal(run(explorer.code(), history=table), explorer.history)


def test_the_code_of_any_other_source_asks_it() -> None:
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)

    assert_frame_equal(run(explorer.code(), source=ledger), explorer.history)


def test_the_code_of_an_account_names_no_secret() -> None:
    """It connects as any notebook does."""
    ledger = Ledger()
    ledger.source = "account"  # type: ignore[attr-defined]
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)

    assert "client = cfu.connect(" in explorer.code()


def test_no_id_becomes_code_or_ends_a_line() -> None:
    """Whoever hands a table on may have put anything into it: it reads as the very texts."""
    ids = [*TEXTS, '"]; import os; os.abort(); accounts = ["', "# none"]
    recipe = Recipe(
        whose="table",
        accounts=ids,
        time_range=cfu.between("2026-11-01", "2026-11-02", now=NOW),
        selection=Selection(hour=1),
        time_zone='Europe/Berlin"); import os; os.abort(); ("',
        now=None,
    )

    code = ast.parse(recipe.code())

    (accounts,) = [
        one.value
        for one in code.body
        if isinstance(one, ast.Assign) and "accounts" in ast.dump(one.targets[0])
    ]
    assert ast.literal_eval(accounts) == ids
    assert [one.names[0].name for one in ast.walk(code) if isinstance(one, ast.Import)] == [
        "cfusage_lab",
        "polars",
    ]
    assert "os" not in {one.id for one in ast.walk(code) if isinstance(one, ast.Name)}
