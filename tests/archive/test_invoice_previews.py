"""Invoice previews as they were seen: added, never changed, and each invoice as it was seen last."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from nights import BATCH, DAY, NOW, ONE, RESEARCH, SUPPORT, TWO, Nights, contents
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.archive import UsageArchive, invoice_previews
from cfusage_lab.archive.commits import create, replace_months
from cfusage_lab.archive.delta_table import MonthlyTable
from cfusage_lab.archive.invoice_previews import InvoicePreviewTable
from cfusage_lab.archive.location import StorageOptions
from cfusage_lab.errors import ConfigError, FrameError, PayloadError
from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Knobs
from cfusage_lab.schema import INVOICE_LINES, INVOICE_PREVIEWS

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11, 12))
FOLDER = Path("sandbox", "invoice_preview")


def seen(nights: Nights, accounts: Sequence[str] | str = SUPPORT) -> pl.DataFrame:
    """Store what the invoice is at this moment, and return it."""
    with nights.client as client:
        nights.archive.update_invoice_previews(client, accounts=accounts)
        return client.invoice_preview(accounts)


def line(amount: float = 1.0, **other: object) -> pl.DataFrame:
    """Make an invoice of a line, of account ONE in November."""
    row = dict.fromkeys(INVOICE_LINES) | {
        "account_id": ONE,
        "period_start": NOVEMBER,
        "period_end": DECEMBER,
        "description": "maker/large",
        "provider": "maker",
        "model": "large",
        "billed_usd": amount,
        "credits_usd": 0.0,
        "discounts_usd": 0.0,
    }
    return pl.DataFrame([row | other], schema=INVOICE_LINES)


class Invoicing:
    """A source of accounts ONE and TWO whose invoice is what it is told."""

    label = "invoicing"
    default_accounts = (ONE, TWO)

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def usage_history(self) -> None:
        """Nobody asks."""
        raise NotImplementedError

    def invoice_preview(self, accounts: Sequence[str]) -> object:
        """Answer."""
        assert list(accounts) == [ONE, TWO]
        return self.answer


def keep(folder: Path, answer: object, *, now: datetime = NOW) -> UsageArchive:
    """Store an invoice, and return the archive."""
    archive = UsageArchive(folder, now=now)
    archive.update_invoice_previews(Invoicing(answer))  # type: ignore[arg-type]
    return archive


def test_cost_by_model_has_a_history(tmp_path: Path) -> None:
    """Each invoice as it was seen last: October's an hour before its end."""
    nights = Nights(tmp_path)
    last = {}
    for moment in (OCTOBER + 9 * DAY, NOVEMBER - timedelta(hours=1), NOVEMBER + DAY, NOW):
        nights.now = moment
        last[f"{moment:%b}"] = seen(nights)

    lines = nights.archive.invoice_lines()

    assert_frame_equal(lines, pl.concat(last.values()))
    assert_frame_equal(cfu.usage_by_model(lines), cfu.usage_by_model(pl.concat(last.values())))
    previews = nights.archive.invoice_previews()
    assert previews.schema == INVOICE_PREVIEWS
    assert previews["fetched_at"].n_unique() == 4
    assert nights.archive.source == "sandbox"


def test_an_unchanged_preview_is_stored_once(tmp_path: Path) -> None:
    keep(tmp_path, line())
    before = contents(tmp_path)

    keep(tmp_path, line(), now=NOW + DAY)

    assert contents(tmp_path) == before


def test_what_was_stored_is_never_changed(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    seen(nights)
    first = nights.archive.invoice_previews()

    nights.now += 2 * DAY
    seen(nights, [SUPPORT, RESEARCH])

    both = nights.archive.invoice_previews()
    assert_frame_equal(both.filter(pl.col("fetched_at") == NOW), first)
    assert both.group_by("account_id").agg(pl.col("fetched_at").n_unique()).sort("account_id").rows() == [
        (SUPPORT, 2),
        (RESEARCH, 1),
    ]
    assert_frame_equal(nights.archive.invoice_previews(RESEARCH), both.filter(account_id=RESEARCH))


def test_two_previews_of_one_moment_are_two(tmp_path: Path) -> None:
    """As of a clock that stands still; lines that are the same twice over are two, too."""
    keep(tmp_path, line(1.0))

    archive = keep(tmp_path, pl.concat([line(2.0), line(2.0)]))

    assert archive.invoice_previews()["billed_usd"].to_list() == [1.0, 2.0, 2.0]
    assert archive.invoice_lines()["billed_usd"].to_list() == [2.0, 2.0]
    assert archive.verify()["rows"].item() == 3


def test_lines_that_begin_late_or_correct_another_month_are_of_their_invoice(tmp_path: Path) -> None:
    october = line(7.0, period_start=OCTOBER, period_end=NOVEMBER)
    correction = line(-1.0, period_start=NOVEMBER - 3 * DAY, period_end=NOVEMBER)
    late = line(3.0, period_start=NOVEMBER + 4 * DAY)
    keep(tmp_path, october, now=NOVEMBER - DAY)

    archive = keep(tmp_path, pl.concat([late, correction]), now=NOVEMBER + 5 * DAY)

    assert archive.invoice_lines()["billed_usd"].to_list() == [7.0, 3.0, -1.0]


def test_an_invoice_without_lines_leaves_what_was_seen(tmp_path: Path) -> None:
    assert keep(tmp_path, line().clear()).invoice_previews().is_empty()
    assert contents(tmp_path) == {}
    keep(tmp_path, line())

    archive = keep(tmp_path, line().clear(), now=DECEMBER)

    assert archive.invoice_lines()["billed_usd"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (line(account_id=SUPPORT), "1 lines of other accounts"),
        (line(account_id=None), "account_id"),
        (line(billed_usd=None), "1 values that are missing"),
        (line(credits_usd=math.nan), "credits_usd"),
        (line(discounts_usd=math.inf), "discounts_usd"),
        (line(period_end=None), "lacks its period_end"),
        (line(period_start=DECEMBER), "1 periods that end before they begin"),
        (line().drop("billed_usd"), "missing 'billed_usd'"),
        (line().with_columns(billed_usd=pl.lit("dear")), "'billed_usd' is String"),
        (7, "is not a table"),
        ("nothing", "is not a table"),
    ],
)
@pytest.mark.parametrize("is_begun", [True, False])
def test_an_answer_of_anything_else_leaves_the_archive_as_it_was(
    answer: object, said: str, *, is_begun: bool, tmp_path: Path
) -> None:
    if is_begun:
        keep(tmp_path, line(5.0))
    before = contents(tmp_path)

    with pytest.raises(PayloadError, match="archive is as it was") as caught:
        keep(tmp_path, answer)

    assert said in str(caught.value)
    assert contents(tmp_path) == before


def test_a_source_without_invoices_is_told_so_and_its_history_is_kept(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    span = TimeRange(NOW.replace(hour=0, minute=0) - 5 * DAY, NOW.replace(hour=0, minute=0) - 3 * DAY)
    with nights.client as client:
        other = UsageArchive(tmp_path / "other", now=NOW)
        other.update(client, span, accounts=SUPPORT)
    archive = UsageArchive(tmp_path / "copy", now=NOW)

    archive.update(other, span)
    with pytest.raises(ConfigError, match="has no invoices: pass one with invoice_preview"):
        archive.update_invoice_previews(other)

    assert archive.usage_history(span).height == 48
    assert archive.invoice_lines().is_empty()


def test_a_source_that_answers_nothing_has_no_invoices(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no invoices: pass one with invoice_preview"):
        keep(tmp_path, None)

    assert contents(tmp_path) == {}


def test_a_refusal_of_the_endpoint_leaves_the_archive_as_it_was(tmp_path: Path) -> None:
    """Lines that do not add up to what is due."""
    nights = Nights(tmp_path)
    seen(nights, BATCH)
    before = contents(tmp_path)
    broken = Nights(tmp_path, knobs=Knobs(invoice_lines="empty"))

    with pytest.raises(PayloadError, match="invoice"):
        seen(broken, BATCH)

    assert contents(tmp_path) == before


def test_made_up_and_real_invoices_lie_apart(tmp_path: Path) -> None:
    keep(tmp_path, line(5.0))

    seen(Nights(tmp_path))

    assert UsageArchive(tmp_path, source="account").invoice_lines()["billed_usd"].to_list() == [5.0]
    assert UsageArchive(tmp_path, source="sandbox").invoice_lines()["account_id"].unique().item() == SUPPORT
    with pytest.raises(ConfigError, match="opened with source='account'"):
        UsageArchive(tmp_path, source="account").update_invoice_previews(Nights(tmp_path).client)


def _altered(path: Path) -> None:
    rows = pl.read_parquet(path, hive_partitioning=False)
    size = path.stat().st_size
    for digits in range(6):  # a value that takes as many bytes
        rows.with_columns(billed_usd=pl.col("billed_usd") + 10.0**-digits).write_parquet(
            path, compression="zstd"
        )
        if path.stat().st_size == size:
            return


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [_altered, _cut_short, _gone])
def test_damage_is_found_and_nothing_is_deleted_after_it(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    nights = Nights(tmp_path)
    seen(nights)
    (path,) = (tmp_path / FOLDER).rglob("*.parquet")
    damage(path)

    with pytest.raises(PayloadError, match="invoice_preview is not as it was written"):
        nights.archive.verify()
    with pytest.raises(PayloadError):
        nights.archive.compact()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.col("billed_usd") + 0.01, "2026-11 is not what was written"),
        (pl.lit(math.nan).alias("credits_usd"), "values that are no number of dollars"),
        (pl.lit(None, pl.Float64).alias("billed_usd"), "values that are missing"),
        (pl.lit(1, pl.Int64).alias("line"), "duplicate lines"),
        (pl.col("fetched_at").dt.offset_by("-1mo"), "lines in another month's files"),
    ],
)
def test_rows_that_another_program_wrote_are_found(tmp_path: Path, change: pl.Expr, said: str) -> None:
    nights = Nights(tmp_path)
    seen(nights)
    table = InvoicePreviewTable(str(tmp_path), StorageOptions(), "sandbox")
    opened = table.open()
    assert opened is not None
    replace_months(table, opened, table.read(table.scan(opened)).with_columns(change), ["2026-11"])

    with pytest.raises(PayloadError, match=said):
        nights.archive.verify()


def test_several_that_write_at_once_end_with_the_union(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    ids = [SUPPORT, RESEARCH, BATCH]
    with ThreadPoolExecutor(6) as pool:
        assert all(rows.height for rows in pool.map(lambda one: seen(nights, one), [*ids, *ids]))

    found = nights.archive.invoice_previews()
    assert_frame_equal(found.select(INVOICE_LINES.names()), nights.client.invoice_preview(ids))
    assert nights.archive.verify()["rows"].item() == found.height


def test_what_another_stores_while_one_begins_the_table_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for a table and its creation, somebody else makes it and stores a preview."""

    def create_late(table: MonthlyTable) -> DeltaTable:
        monkeypatch.setattr(invoice_previews, "create", create)
        keep(tmp_path, line(account_id=TWO))
        return create(table)

    monkeypatch.setattr(invoice_previews, "create", create_late)
    table = InvoicePreviewTable(str(tmp_path), StorageOptions(), "account")
    table.add(line(), seen_at=NOW)

    assert table.all()["account_id"].to_list() == [ONE, TWO]


def test_a_commit_that_loses_a_race_is_made_on_top_of_the_winners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, line(1.0))
    table = InvoicePreviewTable(str(tmp_path), StorageOptions(), "account")
    others = [2.0, 3.0]

    def replace_late(table: MonthlyTable, opened: DeltaTable, rows: pl.DataFrame, months: list[str]) -> None:
        monkeypatch.setattr(invoice_previews, "replace_months", replace_months)
        if others:
            table.add(line(others.pop(0)), seen_at=NOW)
        monkeypatch.setattr(invoice_previews, "replace_months", replace_late)
        replace_months(table, opened, rows, months)

    monkeypatch.setattr(invoice_previews, "replace_months", replace_late)
    paused: list[float] = []
    table.add(line(4.0), seen_at=NOW, pause=paused.append)

    assert table.all()["billed_usd"].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert len(paused) == 2


def test_previews_of_several_moments_are_never_added_up(tmp_path: Path) -> None:
    previews = keep(tmp_path, line()).invoice_previews()

    with pytest.raises(FrameError, match=r"must not be added up: pass UsageArchive.invoice_lines\(\)"):
        cfu.usage_by_model(previews)
    with pytest.raises(FrameError, match="must not be added up"):
        cfu.usage_by_model(previews.lazy())


@pytest.mark.parametrize("name", ["env=prod", "a b", "ü*?"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    nights = Nights(tmp_path / name)
    first = seen(nights)
    nights.now += DAY

    last = seen(nights)

    assert_frame_equal(nights.archive.invoice_lines(), last)
    assert not first.equals(last)
    assert nights.archive.verify()["rows"].item() == first.height + last.height
    assert nights.archive.compact()["files_deleted"].item() == 0
