"""Where the month of a report ends, and what stood out: figures of the functions, or a sentence why not."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours

import cfusage_lab as cfu

NOW = "2026-11-18T09:30Z"
ENDS, STOOD_OUT = "Where does the month end?", "What stood out?"


def parts(history: pl.DataFrame, folder: Path, **options: object) -> dict[str, BeautifulSoup]:
    """Write a report, and read its sections back by their heading."""
    path = cfu.report(history, path=folder / "usage.html", time_zone="UTC", now=NOW, **options)  # type: ignore[arg-type]
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return {one.h2.text: one for one in page.find_all("section")}


def numbers(part: BeautifulSoup) -> list[float]:
    """Return the unrounded numbers of a part's tables and cards in their order."""
    return [float(one["value"]) for one in part.find_all("data")]


def test_the_month_end_and_the_events_are_the_functions(tmp_path: Path) -> None:
    with cfu.UsageClient.sandbox(now=NOW) as client:
        history = client.usage_history(cfu.last_days(60, include_today=True, now=NOW))
        balance = client.credit_balance()
    daily = cfu.daily_usage(history, time_zone="UTC")
    end = cfu.forecast_month_end(daily, history=history, time_zone="UTC").row(0, named=True)
    events = cfu.anomalies(history, time_zone="UTC").sort(pl.col("impact_usd").abs(), descending=True)

    found = parts(history, tmp_path, budget_usd=2_500, balance=balance)

    columns = ("spent_usd", "forecast_usd", "lower_80_usd", "upper_80_usd", "lower_95_usd", "upper_95_usd")
    assert numbers(found[ENDS]) == pytest.approx([end[name] for name in columns])
    assert end["method"] in found[ENDS].text
    assert "A budget of $2,500 is passed with a chance of" in found[ENDS].text
    assert "Credit of $" in found[ENDS].text
    listed = events.select("actual_usd", "expected_usd", "impact_usd").head(20)
    assert numbers(found[STOOD_OUT]) == pytest.approx([cost for row in listed.rows() for cost in row])
    assert events.height > 0


def test_accounts_are_forecast_together_and_one_by_one(tmp_path: Path) -> None:
    """1 and 2 dollars an hour for 30 days: 3 together, 2,160 in a month of 720 hours."""
    history = pl.concat(hours("2026-11-01", [n] * 480, account_id=one) for one, n in {"a": 1, "b": 2}.items())

    found = parts(history, tmp_path, budget_usd={"all": 1_000, "b": 5_000})

    table = found[ENDS].find("table").tbody
    assert [row.th.text for row in table.find_all("tr")] == ["b…b", "a…a"]
    assert [float(row.find_all("data")[1]["value"]) for row in table.find_all("tr")] == [1440, 720]
    assert numbers(found[ENDS])[:2] == [1440, 2160]
    assert "$1,000 was passed on Sat 14 Nov between 21:00 and 22:00." in found[ENDS].text
    assert "b…b: A budget of $5,000 holds" in found[ENDS].text
    assert "Nothing stood out." in found[STOOD_OUT].text


def test_a_history_that_lacks_the_first_of_the_month_tells_no_month(tmp_path: Path) -> None:
    """What was spent before would be missing."""
    found = parts(hours("2026-11-02", [1] * 72), tmp_path, budget_usd=10)

    assert "Not enough history for a forecast: it begins on Mon 2 Nov 2026, 00:00" in found[ENDS].text
    assert not found[ENDS].find_all("figure")
    assert "nothing is judged in the first 7 days" in found[STOOD_OUT].text


def test_nothing_but_zeros_ends_at_nothing(tmp_path: Path) -> None:
    found = parts(hours("2026-10-01", [0] * 960), tmp_path)

    assert "On course for $0.00 (80 %)." in found[ENDS].text
    assert "Nothing stood out." in found[STOOD_OUT].text


def test_a_month_that_is_over_has_come_to_its_sum(tmp_path: Path) -> None:
    found = parts(hours("2026-10-01", [1] * 24 * 31), tmp_path)

    assert "October came to $744.00." in found[ENDS].text


def test_a_provisional_event_is_said_to_be_one(tmp_path: Path) -> None:
    """A dollar an hour for 40 days, and 50 for the last three hours."""
    states = ["complete"] * 957 + ["provisional"] * 3
    found = parts(hours("2026-10-01", [1] * 957 + [50] * 3, states=states), tmp_path)

    (row,) = found[STOOD_OUT].find("table").tbody.find_all("tr")
    assert row.th.text == "Mon 9 Nov 2026, 21:00 to 24:00"
    assert [cell.text for cell in row.find_all("td")][-1] == "provisional"
    assert "may still change" in row.text
    assert numbers(row) == [150, 3, 147]


@pytest.mark.parametrize("budget", [0, -1, float("nan"), True, {"nobody": 5}])
def test_a_budget_that_is_none_is_refused(tmp_path: Path, budget: object) -> None:
    with pytest.raises(cfu.ConfigError, match="budget"):
        parts(hours("2026-11-01", [1] * 72), tmp_path, budget_usd=budget)
    assert list(tmp_path.iterdir()) == []


def test_the_day_that_has_just_begun_is_counted_from_midnight(tmp_path: Path) -> None:
    history = hours("2026-10-01", [1] * 961, states=["complete"] * 960 + ["in_progress"])
    assert history["end_time"][-1] - history["start_time"][0] == timedelta(hours=961)

    assert "until Tue 10 Nov 2026, 00:00" in parts(history, tmp_path)[ENDS].text
