"""The table of windows: each row as it is, each page as it is numbered."""

import html
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import A, B

from cfusage_lab.explorer.windows_table import Page, windows_html

FIRST = datetime(2026, 10, 24, 22, tzinfo=UTC)
"""Midnight in Berlin, on the day whose third hour comes twice."""
DAY = hours(FIRST, [float(n) for n in range(25)], account_id=A)


def rows(
    page: Page, *, time_zone: str = "Europe/Berlin", names: dict[str, str] | None = None
) -> list[list[str]]:
    """Read the cells of the table."""
    page_ = windows_html(page, which="everything", time_zone=time_zone, names=names or {A: "Alpha"})
    body = page_.partition("<tbody>")[2]
    return [
        [html.unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("<td.*?</td>", row)]
        for row in re.findall("<tr>(.*?)</tr>", body)
    ]


def caption(page: Page) -> str:
    page_ = windows_html(page, which="every<thing>", time_zone="UTC", names={A: "Alpha"})
    return re.sub("<[^>]*>", "", page_.partition("<caption>")[2].partition("</caption>")[0])


def test_a_row_tells_both_clocks_the_cost_and_the_state() -> None:
    """The hour that stands twice is told apart by how far it is from UTC."""
    found = rows(Page.of(DAY, order="Oldest first", number=0))

    assert len(found) == 12
    assert found[0] == ["Sun 25 Oct 2026, 00:00 to 01:00 +02:00", "2026-10-24 22:00Z", "0.0000", "complete"]
    assert found[2][:2] == ["Sun 25 Oct 2026, 02:00 to 03:00 +02:00", "2026-10-25 00:00Z"]
    assert found[3][:2] == ["Sun 25 Oct 2026, 02:00 to 03:00 +01:00", "2026-10-25 01:00Z"]


def test_what_nobody_reported_and_what_may_change_is_said() -> None:
    table = hours(FIRST, [0.0, 2.0], account_id=A, states=["provisional", "in_progress"])
    table = table.with_columns(is_reported=pl.Series([False, True]))

    found = rows(Page.of(table, order="Oldest first", number=0))

    assert [row[-1] for row in found] == ["provisional, none reported", "in progress"]


@pytest.mark.parametrize(
    ("cost", "written"),
    [
        (1234.56789, "1,234.5679"),
        (0.0, "0.0000"),
        (0.00005, "0.0001"),
        (0.00004, "0.00004"),
        (0.000000123, "0.000000123"),
        (-0.5, "-0.5000"),
    ],
)
def test_no_amount_reads_as_zero_that_is_not(cost: float, written: str) -> None:
    assert rows(Page.of(hours(FIRST, [cost]), order="Oldest first", number=0))[0][2] == written


@pytest.mark.parametrize(
    ("number", "count", "told", "page", "is_last"),
    [
        (0, 25, "1 to 12 of 25", 0, False),
        (1, 25, "13 to 24 of 25", 1, False),
        (2, 25, "25 to 25 of 25", 2, True),
        (9, 25, "25 to 25 of 25", 2, True),
        (-1, 25, "1 to 12 of 25", 0, False),
        (0, 24, "1 to 12 of 24", 0, False),
        (2, 24, "13 to 24 of 24", 1, True),
        (0, 12, "1 to 12 of 12", 0, True),
        (0, 0, "none", 0, True),
    ],
)
def test_pages_follow_each_other_without_a_gap(
    number: int, count: int, told: str, page: int, *, is_last: bool
) -> None:
    found = Page.of(DAY.head(count), order="Oldest first", number=number)

    assert caption(found) == f"Windows: every&lt;thing&gt; ({told})"
    assert (found.number, found.is_last) == (page, is_last)
    start = page * 12
    assert found.rows["aggregated_value"].to_list() == [
        float(n) for n in range(start, min(start + 12, count))
    ]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Newest first", [(A, 2, 3.0), (B, 2, 9.0), (A, 1, 9.0), (B, 1, 9.0), (A, 0, 1.0), (B, 0, 1.0)]),
        ("Oldest first", [(A, 0, 1.0), (B, 0, 1.0), (A, 1, 9.0), (B, 1, 9.0), (A, 2, 3.0), (B, 2, 9.0)]),
        ("Costliest first", [(B, 2, 9.0), (A, 1, 9.0), (B, 1, 9.0), (A, 2, 3.0), (A, 0, 1.0), (B, 0, 1.0)]),
    ],
)
def test_windows_are_in_order(order: str, expected: list[tuple[str, int, float]]) -> None:
    """Of several that cost the same, the newest come first; of one hour, accounts in theirs."""
    two = pl.concat(
        [hours(FIRST, [1.0, 9.0, 9.0], account_id=B), hours(FIRST, [1.0, 9.0, 3.0], account_id=A)]
    )

    found = Page.of(two, order=order, number=0).rows

    which = (pl.col("start_time") - FIRST) / HOUR
    told = found.select("account_id", which.cast(pl.Int64), "aggregated_value").rows()
    assert told == expected


def test_each_window_is_its_accounts_own() -> None:
    two = pl.concat([hours(FIRST, [1.0], account_id=A), hours(FIRST, [2.0], account_id=B)])

    found = rows(Page.of(two, order="Oldest first", number=0), names={A: "Alpha", B: "Beta & <Co>"})

    assert [(row[0], row[3]) for row in found] == [("Alpha", "1.0000"), ("Beta & <Co>", "2.0000")]
