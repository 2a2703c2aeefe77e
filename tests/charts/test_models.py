"""Billed cost by model as a picture."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from chart_pictures import MINUS, bars_of, complete, rows_of, subtitle_of, texts_of, title_of, told_by

from cfusage_lab.charts import usage_by_model_chart
from cfusage_lab.charts.bar_list import MOST_ROWS
from cfusage_lab.charts.colours import PALETTE
from cfusage_lab.errors import FrameError
from cfusage_lab.schema import USAGE_BY_MODEL

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def models(
    *billed: float, account_id: str = "a", start: datetime = START, end: datetime = END
) -> pl.DataFrame:
    """Make a period of an account: models m0, m1, … and what each was billed, half of it paid by credit."""
    rows = [
        (account_id, start, end, "x", f"m{nth}", amount, amount / 2, 0.0, amount / sum(billed))
        for nth, amount in enumerate(billed)
    ]
    return pl.DataFrame(rows, schema=USAGE_BY_MODEL, orient="row")


def test_bars_are_as_long_as_what_was_billed_and_in_the_order_of_the_table() -> None:
    """6 and 2 of 8: the pointer is told all of it."""
    chart = usage_by_model_chart(models(6.0, 2.0), names={"a": "Ada"})

    two, six = sorted(bars_of(chart, PALETTE[0]), key=lambda bar: bar[2])
    assert six[2] / two[2] == pytest.approx(3.0, rel=1e-3)
    assert six[1] < two[1]
    assert {"x/m0", "$6.00", "75.0%", "x/m1", "$2.00", "25.0%"} <= set(texts_of(chart))
    assert told_by(chart)[0] == {
        "Account": "Ada",
        "Invoice period": "Sun 1 Nov to Mon 30 Nov 2026",
        "Model": "x/m0",
        "Billed": "$6.00",
        "Of it, by prepaid credit": "$3.00",
        "Of it, by discounts": "$0",
        "Share": "75.0%",
    }


def test_the_heading_says_that_it_was_billed_and_for_which_period() -> None:
    chart = usage_by_model_chart(models(6.0, 2.0), names={"a": "Ada"}, note="Sandbox")

    assert title_of(chart) == "Billed, for the invoice period: $8.00"
    assert subtitle_of(chart) == [
        "Ada · US dollars, and share of all that is billed",
        "Sun 1 Nov to Mon 30 Nov 2026 · UTC",
        "Of it, prepaid credit pays $4.00",
        "Sandbox",
    ]


def test_accounts_and_periods_tell_bars_of_one_model_apart() -> None:
    later = {"start": END, "end": END + timedelta(days=31)}
    two = pl.concat([models(6.0), models(2.0, account_id="b")])

    chart = usage_by_model_chart(two, names={"a": "Ada", "b": "Bo"})
    periods = usage_by_model_chart(pl.concat([models(6.0), models(2.0, **later)]))

    assert [row["on"] for row in rows_of(chart)] == ["Ada", "Bo"]
    assert "Billed to 2 accounts" in title_of(chart)
    assert [row["on"][:9] for row in rows_of(periods)] == ["Sun 1 Nov", "Tue 1 Dec"]
    assert title_of(periods) == "Billed, for 2 invoice periods: $8.00"


def test_what_names_no_model_and_what_was_corrected_is_there() -> None:
    odd = models(5.0, -1.0).with_columns(
        provider=pl.lit(None, pl.String), model=pl.lit(None, pl.String), share=pl.lit(None, pl.Float64)
    )

    chart = usage_by_model_chart(odd)

    assert {"No model named", f"{MINUS}$1.00"} <= set(texts_of(chart))
    assert told_by(chart)[1]["Share"] == "none: nothing was billed in all"


def test_of_many_models_the_costliest_are_drawn_and_of_none_it_says_so() -> None:
    chart = usage_by_model_chart(models(*map(float, range(1, MOST_ROWS + 6))))

    assert [row["change_usd"] for row in rows_of(chart)] == list(range(6, MOST_ROWS + 6))
    assert f"The largest {MOST_ROWS} of {MOST_ROWS + 5} rows" in subtitle_of(chart)
    nothing = usage_by_model_chart(models())
    assert "Nothing is billed in this table" in texts_of(nothing)
    assert "vconcat" in complete(nothing)


def test_another_table_is_refused() -> None:
    with pytest.raises(FrameError, match="usage by model"):
        usage_by_model_chart(models(1.0).drop("share"))
