"""A thousand accounts: nothing is told of each, and everything is still told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.errors import FrameError
from cfusage_lab.frames.history import polars_history
from cfusage_lab.reports.figures import Figures

pytestmark = pytest.mark.slow

ACCOUNTS = 1_000


@pytest.fixture(scope="module")
def fleet() -> pl.DataFrame:
    """Two days of a thousand accounts: account n costs n dollars an hour."""
    account = hours("2026-11-02", [1.0] * 48)
    ids = pl.DataFrame({"account_id": [f"{n:032x}" for n in range(ACCOUNTS)], "dollars": range(ACCOUNTS)})
    return (
        ids.join(account.drop("account_id"), how="cross")
        .with_columns(aggregated_value=pl.col("aggregated_value") * pl.col("dollars"))
        .select(account.columns)
    )


def test_a_report_tells_of_the_costliest_ten_and_adds_the_others_up(
    fleet: pl.DataFrame, tmp_path: Path
) -> None:
    page = cfu.report(fleet, time_zone="UTC", path=tmp_path / "fleet.html").read_text(encoding="utf-8")

    assert "The costliest 10 of 1,000 accounts" in page
    assert "990 other accounts" in page
    assert "995 other accounts" in page  # of a chart, which draws five apart
    assert "$23,976,000.00" in page  # 48 hours of 0 + 1 + ... + 999 dollars


def test_every_account_has_its_cost_and_only_those_that_are_told_have_more(fleet: pl.DataFrame) -> None:
    accounts = Figures.of(fleet, time_zone="UTC", names=None).accounts

    assert accounts["cost_usd"].to_list() == [48.0 * n for n in reversed(range(ACCOUNTS))]
    assert accounts["mean_day_usd"].to_list()[:11] == [*(24.0 * n for n in range(999, 989, -1)), None]


def test_the_explorer_opens_on_all_of_them(fleet: pl.DataFrame) -> None:
    explorer = cfu.explore(fleet, time_zone="UTC")

    assert explorer.history["aggregated_value"].sum() == 23_976_000


@pytest.mark.parametrize("is_with_ids", [True, False])
def test_windows_in_any_order_come_in_order(fleet: pl.DataFrame, *, is_with_ids: bool) -> None:
    some = fleet.head(20 * 48).with_columns(id=pl.lit("x"))
    columns = (
        some.schema if is_with_ids else pl.Schema([one for one in some.schema.items() if one[0] != "id"])
    )

    found = polars_history(some.sample(fraction=1, shuffle=True, seed=3), columns)

    assert found.equals(some.select(columns.names()))


@pytest.mark.parametrize("after", [timedelta(microseconds=1), timedelta(days=365_000)])
def test_a_window_that_is_a_duplicate_is_found_between_others_that_begin_as_near_or_as_far(
    after: timedelta,
) -> None:
    start = datetime(2026, 11, 2, tzinfo=UTC)
    one, other = hours(start, [1.0]), hours(start + after, [1.0])

    with pytest.raises(FrameError, match="duplicate"):
        polars_history(pl.concat([other, one, hours(start, [1.0], account_id="A"), one]))
