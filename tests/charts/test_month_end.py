"""The month's end as a picture."""

from datetime import UTC, datetime

import polars as pl
import pytest
from chart_pictures import rows_of, subtitle_of, texts_of, title_of, told_by
from daily_tables import daily_of
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.schema import CREDIT_BALANCE, FORECAST_MONTH_PATH

DAILY = daily_of([10.0] * 60, last="2026-11-20")


def clock(text: str) -> int:
    """Return a reading of the clock as the chart has it."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def running_history() -> pl.DataFrame:
    """Make October and 20 days and six hours of November at a dollar an hour."""
    count = (31 + 20) * 24 + 6
    return hours("2026-10-01T00:00", [1.0] * count, states=["complete"] * (count - 1) + ["in_progress"])


def test_the_line_goes_on_where_it_is_known_no_more() -> None:
    chart = cfu.month_end_chart(cfu.forecast_month_path(DAILY))
    rows = rows_of(chart)

    assert [(row["at"], row["spent_usd"], row["forecast_usd"]) for row in rows[18:23]] == [
        (clock("2026-11-19"), 180.0, None),
        (clock("2026-11-20"), 190.0, None),
        (clock("2026-11-21"), 200.0, 200.0),
        (clock("2026-11-22"), None, 210.0),
        (clock("2026-11-23"), None, 220.0),
    ]
    assert (rows[0]["at"], rows[0]["spent_usd"]) == (clock("2026-11-01"), 0.0)
    assert rows[-1]["forecast_usd"] == pytest.approx(300.0)


def test_the_running_day_is_known_until_its_clock() -> None:
    history = running_history()
    daily = cfu.daily_usage(history, time_zone="UTC")
    path = cfu.forecast_month_path(daily, history=history, time_zone="UTC")
    rows = rows_of(cfu.month_end_chart(path, until="05:00"))

    now, end = (
        next(row for row in rows if row["at"] == clock(at)) for at in ("2026-11-21T05:00", "2026-11-22")
    )
    assert (now["spent_usd"], now["lower_0_usd"], now["forecast_usd"]) == (486.0, 486.0, 486.0)
    assert (end["spent_usd"], end["forecast_usd"]) == (None, pytest.approx(504.0))


def test_budget_and_credit_are_lines_and_words() -> None:
    budget = cfu.budget_check(DAILY, budget_usd=250)
    credit = pl.DataFrame([("a", 45.0, True, 100.0, 20.0)], schema=CREDIT_BALANCE, orient="row")
    chart = cfu.month_end_chart(
        cfu.forecast_month_path(DAILY), budget=budget, runway=cfu.credit_runway(credit, DAILY)
    )

    written = texts_of(chart)
    assert "Budget $250" in written
    assert "Credit used up at $245" in written
    assert title_of(chart) == "On course for $300 (80 %)"
    assert "A budget of $250 is passed with a chance of 100 %, on Thu 26 Nov as it looks" in " ".join(
        subtitle_of(chart)
    )


def test_a_budget_that_was_passed_is_in_the_title() -> None:
    history = running_history()
    daily = cfu.daily_usage(history, time_zone="UTC")
    budget = cfu.budget_check(daily, budget_usd=400.5, history=history, time_zone="UTC")
    chart = cfu.month_end_chart(cfu.forecast_month_path(daily), budget=budget, time_zone="UTC")

    assert title_of(chart).endswith("; $400.50 was passed on Tue 17 Nov between 16:00 and 17:00")


def test_a_budget_far_above_is_said_and_not_drawn() -> None:
    chart = cfu.month_end_chart(
        cfu.forecast_month_path(DAILY), budget=cfu.budget_check(DAILY, budget_usd=25_000)
    )

    assert "Budget $25,000" not in texts_of(chart)
    assert "A budget of $25,000 holds, as it looks" in " ".join(subtitle_of(chart))


def test_the_pointer_is_told_both_ends() -> None:
    told = told_by(cfu.month_end_chart(cfu.forecast_month_path(DAILY)))

    assert told[19] == {
        "Until the end of": "Fri 20 Nov 2026",
        "Spent": "$200.00",
        "Forecast": "$200.00",
        "80 %": "$200.00 to $200.00",
        "95 %": "$200.00 to $200.00",
    }
    assert told[0]["Forecast"] == "unknown"
    assert told[29]["Spent"] == "unknown"


def test_several_accounts_stand_under_each_other() -> None:
    daily = pl.concat(
        [daily_of([cost] * 60, last="2026-11-20", account_id=name) for name, cost in (("a", 1.0), ("b", 2.0))]
    )
    chart = cfu.month_end_chart(cfu.forecast_month_path(daily), names={"a": "Larkspur"})

    assert title_of(chart) == "Where the month ends"
    assert "Larkspur" in texts_of(chart)
    ends = sorted(rows_of(chart, nth=nth)[-1]["forecast_usd"] for nth in range(3))
    assert ends == pytest.approx([30.0, 60.0, 90.0])


def test_without_history_there_is_nothing_but_what_is_spent() -> None:
    chart = cfu.month_end_chart(cfu.forecast_month_path(daily_of([], last="2026-11-19", running=(5.0, 3))))

    assert title_of(chart) == "$5.00 so far; not enough history for a forecast"
    assert texts_of(chart)


def test_no_days_say_so() -> None:
    chart = cfu.month_end_chart(pl.DataFrame(schema=FORECAST_MONTH_PATH))

    assert title_of(chart) == "Month end: no days"


def test_a_table_of_another_kind_is_refused() -> None:
    with pytest.raises(cfu.FrameError, match="month path"):
        cfu.month_end_chart(DAILY)


def test_an_account_with_days_to_come_alone_is_refused_by_name() -> None:
    path = cfu.forecast_month_path(DAILY).filter(pl.col("spent_usd").is_null())

    with pytest.raises(cfu.FrameError, match="of account a has no day with spent_usd"):
        cfu.month_end_chart(path)
