"""The few figures an analyst asks first."""

import warnings
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from engines import Engine
from histories import hours
from polars.testing import assert_frame_equal

from cfusage_lab.changes import same_time_yesterday
from cfusage_lab.errors import FrameError
from cfusage_lab.headline import summary, table
from cfusage_lab.ranges import OffTheHourWarning
from cfusage_lab.schema import HISTORY, SUMMARY


def two_months() -> pl.DataFrame:
    """Make January at a dollar an hour, February at two until the 3rd at 06:00, a dollar more at 15:00."""
    values = [1.0] * 24 * 31 + [2.0] * (24 * 2 + 6)
    values = [value + (n % 24 == 15) for n, value in enumerate(values)]
    states = ["complete"] * (len(values) - 27) + ["provisional"] * 27
    finished = hours("2026-01-01", values, states=states)
    return pl.concat([hours("2026-02-03T06:00", [77], states="in_progress"), finished])


def test_the_figures_of_an_account(engine: Engine) -> None:
    """Each can be checked in the head."""
    found = engine.run(summary, two_months(), time_zone="UTC", order=["account_id"])
    row = found.row(0, named=True)

    assert dict(found.schema) == dict(SUMMARY)
    assert found.height == 1
    assert (row["account_id"], row["date"], row["until"]) == ("a", date(2026, 2, 3), "06:00")
    assert (row["today_usd"], row["yesterday_usd"]) == (12.0, 12.0)
    assert (row["day_change_ratio"], row["day_kind"]) == (0.0, "flat")
    assert (row["month_usd"], row["previous_month_usd"]) == (2 * 49 + 12.0, 2 * 25 + 6.0)
    assert row["month_change_ratio"] == pytest.approx(110 / 56 - 1)
    assert row["month_kind"] == "up"
    assert row["mean_day_usd"] == pytest.approx((31 * 25 + 2 * 49) / 33)
    assert row["peak_hour"] == 15
    assert row["load_factor"] == pytest.approx((31 * 25 + 2 * 49 + 12) / (33 * 24 + 6) / 3)
    assert row["provisional_share"] == pytest.approx(27 / (33 * 24 + 6))


def test_the_figures_are_those_of_the_zone_s_days_and_hours(engine: Engine) -> None:
    """The same months five hours later, which is when they are in New York."""
    later = two_months().with_columns(pl.col("start_time", "end_time").dt.offset_by("5h"))
    found = engine.run(summary, later, time_zone="America/New_York", order=["account_id"])

    assert_frame_equal(found, summary(two_months(), time_zone="UTC"))
    assert found.select("until", "today_usd", "month_usd", "peak_hour").row(0) == ("06:00", 12.0, 110.0, 15)


def test_a_day_that_is_still_running_is_no_usual_day() -> None:
    """Though all of its 24 windows are there at 23:30."""
    states = ["complete"] * 71 + ["in_progress"]
    row = summary(hours("2026-01-05", [1] * 48 + [5] * 24, states=states), time_zone="UTC").row(0, named=True)

    assert (row["mean_day_usd"], row["today_usd"], row["until"]) == (24.0, 115.0, "23:00")


def test_an_account_that_ended_this_month_is_compared_with_nothing(engine: Engine) -> None:
    """Its windows end with the 1st, and the month goes until the 3rd at 06:00."""
    ended = hours("2026-01-01", [1] * 24 * 31 + [3] * 24, account_id="b")
    table = pl.concat([two_months(), ended])
    row = engine.run(summary, table, time_zone="UTC", order=["account_id"]).row(1, named=True)

    assert (row["month_usd"], row["previous_month_usd"], row["month_change_ratio"]) == (72.0, None, None)
    assert (row["today_usd"], row["yesterday_usd"]) == (None, None)
    assert (row["day_kind"], row["month_kind"]) == ("unknown", "unknown")
    assert (row["date"], row["until"]) == (date(2026, 2, 3), "06:00")


def test_an_account_that_lacks_the_last_hour_is_compared_with_nothing() -> None:
    """What is there is told, but not as if it were all."""
    history = two_months()
    late = history.filter(pl.col("start_time") != history["start_time"].sort()[-2])
    table = pl.concat([history, late.with_columns(account_id=pl.lit("b"))])
    whole, lacking = summary(table, time_zone="UTC").iter_rows(named=True)

    assert (whole["today_usd"], whole["day_kind"], whole["month_kind"]) == (12.0, "flat", "up")
    assert (lacking["today_usd"], lacking["yesterday_usd"], lacking["day_kind"]) == (10.0, None, "unknown")
    assert (lacking["month_usd"], lacking["previous_month_usd"]) == (108.0, None)
    assert lacking["month_kind"] == "unknown"


def test_an_account_of_which_nothing_has_ended_has_a_row(engine: Engine) -> None:
    running = hours("2026-02-03T06:00", [5], account_id="b", states="in_progress")
    table = pl.concat([two_months(), running])
    row = engine.run(summary, table, time_zone="UTC", order=["account_id"]).row(1, named=True)

    assert (row["account_id"], row["until"], row["day_kind"], row["month_kind"]) == (
        "b",
        "06:00",
        "unknown",
        "unknown",
    )
    assert (row["today_usd"], row["month_usd"], row["mean_day_usd"], row["provisional_share"]) == (None,) * 4


def test_accounts_have_a_row_each_in_order() -> None:
    """One of them began this morning: what can't be told of it is null or unknown."""
    young = hours("2026-02-03T04:00", [5, 5], account_id="0")
    found = summary(pl.concat([two_months(), young]), time_zone="UTC")

    assert found["account_id"].to_list() == ["0", "a"]
    row = found.row(0, named=True)
    assert (row["today_usd"], row["yesterday_usd"], row["day_kind"]) == (10.0, None, "unknown")
    assert (row["month_usd"], row["previous_month_usd"], row["month_kind"]) == (10.0, None, "unknown")
    assert row["mean_day_usd"] is None
    assert (row["peak_hour"], row["load_factor"]) == (4, 1.0)


def test_an_account_that_ended_long_ago_has_no_today() -> None:
    """Its usual day is still told."""
    old = hours("2026-01-05", [1] * 48, account_id="b")
    row = summary(pl.concat([two_months(), old]), time_zone="UTC").row(1, named=True)

    assert (row["date"], row["until"]) == (date(2026, 2, 3), "06:00")
    assert (row["today_usd"], row["month_usd"], row["day_kind"], row["month_kind"]) == (
        None,
        None,
        "unknown",
        "unknown",
    )
    assert row["mean_day_usd"] == 24.0


def test_where_nothing_was_charged_there_is_no_peak_hour() -> None:
    """Every hour is alike then; the mean day is known, and zero."""
    row = summary(hours("2026-01-05", [0] * 48), time_zone="UTC").row(0, named=True)

    assert (row["peak_hour"], row["load_factor"], row["mean_day_usd"]) == (None, None, 0.0)


def test_an_empty_history_has_no_row() -> None:
    """With every column, and of its type."""
    found = summary(pl.DataFrame(schema=HISTORY), time_zone="Europe/Berlin")

    assert found.is_empty()
    assert dict(found.schema) == dict(SUMMARY)


def test_a_zone_off_the_hour_warns_once() -> None:
    """However many tables stand behind the row."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        summary(two_months(), time_zone="Asia/Kolkata")

    assert [warning.category for warning in caught] == [OffTheHourWarning]
    assert caught[0].filename == __file__


def test_filters_of_warnings_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """They belong to the whole process: what one thread sets aside is lost to all others."""
    inside: list[object] = []

    def watched(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        inside.append(list(warnings.filters))
        return same_time_yesterday(*arguments, **options)

    monkeypatch.setattr(table, "same_time_yesterday", watched)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        before = list(warnings.filters)
        summary(two_months(), time_zone="Asia/Kolkata")

    assert inside == [before]


def test_day_windows_are_refused() -> None:
    """There is no peak hour in a day."""
    with pytest.raises(FrameError, match="granularity='hour'"):
        summary(hours("2026-01-10", [1], width=timedelta(days=1)), time_zone="UTC")


def test_doubling_cost_doubles_dollars_alone() -> None:
    """Ratios, kinds, hours and factors stay."""
    history = two_months()
    doubled = summary(history.with_columns(pl.col("aggregated_value") * 2), time_zone="America/New_York")
    expected = summary(history, time_zone="America/New_York").with_columns(pl.selectors.ends_with("_usd") * 2)

    assert_frame_equal(doubled, expected)
