"""What a summary says, in words that can be checked in the head."""

from datetime import date

import polars as pl
import pytest
from histories import hours
from summary_rows import ACCOUNT, ROW, summary_of

from cfusage_lab.commands.summary_formats import as_text
from cfusage_lab.headline import HEADLINE, Usage, headline_table, month_end, stood_out


def shown(*, width: int | None = None, **changes: object) -> list[str]:
    """Return the lines of one row."""
    rows = pl.DataFrame([{**ROW, **changes}], schema=HEADLINE)
    return as_text(summary_of(rows), is_rich=False, width=width).splitlines()


def told(history: pl.DataFrame, *, budget: float | None = None, width: int | None = None) -> list[str]:
    """Return the lines of a history's first block after its figures."""
    usage = Usage.of(history, time_zone="UTC")
    total = None if usage.is_alone else headline_table(usage.total, time_zone="UTC").row(0, named=True)
    found = summary_of(
        headline_table(history, time_zone="UTC"),
        total=total,
        end=month_end(usage, budget=budget, balance=None),
        found=stood_out(usage),
    )
    lines = as_text(found, is_rich=False, width=width).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("  End of"))
    return lines[start : lines.index("", start) if "" in lines[start:] else None]


def test_the_text_rounds_and_names_units() -> None:
    assert shown()[:10] == [
        "Cloudflare account",
        "2026-10-01T00:00:00Z to 2026-11-01T15:00:00Z; days of UTC",
        "",
        ACCOUNT,
        ("  Sun 1 Nov 2026 until 14:00          $0.01  $0.01 more vs. the day before by 14:00 ($0.00)"),
        ("  November 2026 so far            $1,250.00  $250.00 more (+25.0%) vs. 1 Oct by 14:00 ($1,000.00)"),
        "  Mean day                          unknown  no whole day is known",
        "  Peak hour                  09:00 to 10:00  $2.00 on average since Thu 1 Oct 2026",
        "  Load factor                         50.0%  mean hour over the highest",
        "  Still provisional                    3.8%  of the finished hours",
    ]


def test_an_account_without_usage_has_no_highest_hour_and_no_change() -> None:
    nothing = dict.fromkeys(("today_usd", "month_usd", "previous_month_usd", "mean_day_usd"), 0.0)
    unused: dict[str, object] = {"day_kind": "zero", "month_kind": "zero", "month_change_ratio": None}
    whole: dict[str, object] = {"whole_days": 31, "first_whole_date": date(2026, 10, 1)}
    lines = shown(**nothing, **unused, **whole, load_factor=None, peak_hour=None)

    assert lines[4].endswith("$0.00  the same as the day before by 14:00")
    assert lines[5].endswith("$0.00  the same as 1 Oct by 14:00")
    assert lines[6].endswith("$0.00  of 31 whole days since Thu 1 Oct 2026")
    assert lines[7].split(maxsplit=3) == ["Peak", "hour", "none", "no hour has a cost above zero on average"]


def test_what_is_unknown_is_never_a_zero() -> None:
    missing = {name: None for name in ROW if name not in {"account_id", "date", "until"}}
    text = "\n".join(shown(**missing))

    assert (text.count("unknown"), text.count("hours of it are missing")) == (6, 2)
    assert "$0.00" not in text


def test_the_month_and_its_budget_are_told() -> None:
    """A dollar an hour since October: 480 until 20 November, 720 in all; the 101st on the 5th."""
    lines = told(hours("2026-10-01", [1] * 24 * 51), budget=100)

    assert lines == [
        "  End of November 2026       On course for $720 (80 %), by weekday mean of 4 weeks",
        "  Budget                     $100 was passed on Thu 5 Nov between 04:00 and 05:00",
        "  What stood out             Nothing stood out.",
    ]


def test_the_few_largest_events_are_told_largest_first() -> None:
    """A dollar an hour; five nights of three hours at 51, 52, and so on each."""
    costs = [1.0] * 24 * 51
    for night in range(5):
        costs[24 * (28 + 4 * night) + 2 : 24 * (28 + 4 * night) + 5] = [51.0 + night] * 3
    (_, first, *parts) = told(hours("2026-10-01", costs))

    assert first == ("  What stood out             5 events came to $780.00 more than usual. The largest 3:")
    assert [part.split(" on ")[0] for part in parts] == ["    · +$162.00", "    · +$159.00", "    · +$156.00"]


def test_several_accounts_are_told_together_first() -> None:
    """1 and 2 dollars an hour: 3 together, $2,160 in a month of 720 hours."""
    parts = [hours("2026-10-01", [n] * 24 * 51, account_id=one) for one, n in {"a": 1, "b": 2}.items()]
    lines = told(pl.concat(parts), budget=3_000)

    assert lines[0].endswith("On course for $2,160 (80 %), by weekday mean of 4 weeks")
    assert lines[1].endswith("A budget of $3,000 holds, as it looks; the chance that it is passed is 0 %")


def test_of_many_accounts_those_that_are_not_shown_are_added_up() -> None:
    rows = pl.DataFrame(
        [{**ROW, "account_id": f"{n:032x}", "month_usd": float(n)} for n in range(1, 13)], schema=HEADLINE
    )
    found = summary_of(rows, total=ROW, shown=tuple(rows["account_id"].tail(10)))
    lines = as_text(found, is_rich=False, width=None).splitlines()

    assert lines[3] == "All 12 accounts"
    assert lines[-2:] == ["2 other accounts", "  Month so far                        $3.00"]


def test_too_little_history_says_so() -> None:
    """Three days of November, from the second on: nothing is known of the first."""
    assert told(hours("2026-11-02", [1] * 72), budget=5) == [
        (
            "  End of the month           "
            "Not enough history for a forecast: it begins after the first of the month"
        ),
        "  What stood out             Not enough history to tell: nothing is judged in the first 7 days",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_lines_end_where_a_terminal_does(width: int) -> None:
    """Words are never broken, and all of them are there."""
    history = hours("2026-10-01", [1.0] * 24 * 50 + [51.0] * 24)
    broken, whole = (told(history, budget=100, width=one) for one in (width, None))

    assert max(map(len, broken)) <= max(width, 43)
    assert " ".join(broken).split() == " ".join(whole).split()
