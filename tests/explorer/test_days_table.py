"""The table of days: its order, its pages, what is unfolded, what a click tells."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from histories import hours
from ledger import A, B

from cfusage_lab.explorer.days_table import DaysTable

START = datetime(2026, 11, 2, tzinfo=UTC)
NAMES = {A: "Alpha", B: "Beta"}


def days(count: int, *, account_id: str = A, start: datetime = START) -> pl.DataFrame:
    """Make whole days at 24, 48, 72 dollars and so on."""
    return hours(start, [1.0 + n // 24 for n in range(24 * count)], account_id=account_id)


def table(selected: pl.DataFrame, **options: Any) -> DaysTable:  # noqa: ANN401
    shown = DaysTable()
    show(shown, selected, **options)
    return shown


def show(shown: DaysTable, selected: pl.DataFrame, **options: Any) -> None:  # noqa: ANN401
    usual: dict[str, Any] = {"time_zone": "UTC", "names": NAMES, "by_account": False}
    shown.show(selected, selected, **usual | options)


def heads(shown: DaysTable, level: int = 0) -> list[str]:
    return [row["cells"][0] for row in shown.rows.rows if row["level"] == level]


def tell(shown: DaysTable, kind: str, key: str) -> None:
    shown.rows._handle_custom_msg({"kind": kind, "key": key}, [])


def is_seen(widget: Any) -> bool:  # noqa: ANN401
    return bool(widget.layout.display != "none")


def test_the_newest_day_comes_first_unless_another_order_is_wanted() -> None:
    shown = table(days(20))
    assert (heads(shown)[0], len(heads(shown))) == ("Sat 21 Nov", 14)

    shown.next.click()
    assert heads(shown)[0] == "Sat 7 Nov"
    shown.order.value = "Oldest first"
    assert heads(shown)[0] == "Mon 2 Nov"
    shown.order.value = "Costliest first"
    assert heads(shown)[0] == "Sat 21 Nov"


def test_pages_are_turned_to_the_last_and_back() -> None:
    shown = table(days(20))
    assert "20 days" in shown.heading.value
    assert (shown.place.value, shown.previous.disabled, shown.next.disabled) == ("1 to 14 of 20", True, False)

    shown.next.click()
    assert (shown.place.value, shown.previous.disabled, shown.next.disabled) == (
        "15 to 20 of 20",
        False,
        True,
    )
    shown.previous.click()
    assert heads(shown)[0] == "Sat 21 Nov"


def test_the_page_stays_where_the_days_are_the_same() -> None:
    shown = table(days(20))
    shown.next.click()

    show(shown, days(20).with_columns(aggregated_value=pl.lit(5.0)), chosen=date(2026, 11, 3))
    assert heads(shown)[0] == "Sat 7 Nov"
    assert [row["key"] for row in shown.rows.rows if row["is_selected"]] == ["2026-11-03"]
    show(shown, days(19))
    assert heads(shown)[0] == "Fri 20 Nov"


def test_hours_unfold_and_of_three_days_the_first_folds_up() -> None:
    shown = table(days(3))

    tell(shown, "open", "2026-11-02")
    assert heads(shown, level=1)[:2] == ["00:00 to 01:00", "01:00 to 02:00"]
    tell(shown, "open", "2026-11-02")
    assert heads(shown, level=1) == []
    for day in ("2026-11-02", "2026-11-03", "2026-11-04"):
        tell(shown, "open", day)
    assert [row["key"] for row in shown.rows.rows if row["is_open"]] == ["2026-11-04", "2026-11-03"]
    assert len(shown.rows.rows) == 3 + 2 * 24


def test_a_click_tells_the_day() -> None:
    shown = table(pl.concat([days(2), days(2, account_id=B)]), by_account=True)
    heard: list[date] = []
    shown.on_day(heard.append)
    tell(shown, "open", f"2026-11-03 {B}")

    tell(shown, "click", f"2026-11-03 {B}")
    tell(shown, "click", f"2026-11-03 {B} 2026-11-03T05Z")

    assert heard == [date(2026, 11, 3)]
    assert "4 rows" in shown.heading.value


def test_no_more_is_shown_than_helps() -> None:
    assert not is_seen(table(days(14)).children[-1])
    assert not is_seen(table(days(1)).order)
    nothing = table(days(0))
    assert (nothing.rows.rows, nothing.rows.empty) == ([], "No hour is selected.")
    assert nothing.heading.value == "<strong>Days</strong>"
    nothing.next.click()
    assert DaysTable().rows.rows == []
