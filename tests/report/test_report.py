"""The report: its numbers are the functions', its words are honest, and it is one file that is whole."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bs4 import BeautifulSoup, Tag
from engines import Engine
from histories import HOUR, hours, random_history
from hostile import TEXTS

import cfusage_lab as cfu
from cfusage_lab.source import MADE_UP
from cfusage_lab.wording import visible

NOW = "2026-11-18T09:30Z"
MONDAY = "2026-11-02"
EVIL = "</script><img src=x onerror='pwned = 1'>&\"<!--"


def written(history: object, folder: Path, **options: Any) -> BeautifulSoup:  # noqa: ANN401 - report()'s own
    """Write a report, and read it back."""
    options = {"time_zone": "UTC", "now": NOW, **options}
    path = cfu.report(history, path=folder / "usage.html", **options)
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def section(page: BeautifulSoup, heading: str) -> Tag:
    """Return the part of the page under a heading."""
    (found,) = [one for one in page.find_all("section") if one.h2.text == heading]
    return found  # type: ignore[no-any-return]


def cards(part: Tag) -> dict[str, Tag]:
    """Return the figures of a part by what they are."""
    return {one.dt.text: one for one in part.select(".card")}


def value(part: Tag) -> float:
    """Return the unrounded number of a figure or a cell."""
    return float(part.data["value"])


def rows(part: Tag, caption: str) -> list[list[str]]:
    """Return the texts of a table's rows."""
    (table,) = [one for one in part.find_all("table") if one.caption.text == caption]
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in table.tbody.find_all("tr")]


def three_days() -> pl.DataFrame:
    """Monday to Wednesday at 1, 2 and 4 dollars an hour; the first window was left out by the API."""
    history = hours(MONDAY, [1] * 24 + [2] * 24 + [4] * 24)
    return history.with_columns(is_reported=pl.col("start_time") > pl.col("start_time").min())


# Numbers


def test_the_headline_of_three_days(tmp_path: Path) -> None:
    found = cards(section(written(three_days(), tmp_path), "How much does it cost?"))
    month = found.pop("November 2026 so far")

    assert [part.text for part in month.find_all("dd")] == ["unknown", "hours of it are missing"]
    assert [(label, value(card.select_one(".figure"))) for label, card in found.items()] == [
        ("Total cost", 168.0),
        ("Wed 4 Nov 2026", 96.0),
        ("Mean day", 56.0),
    ]
    assert found["Total cost"].select_one(".figure").text == "$168.00"
    assert "$48.00 more (+100.0%) vs. the day before" in found["Wed 4 Nov 2026"].text
    assert "of 3 whole days" in found["Mean day"].text


def test_the_habits_of_three_days(tmp_path: Path) -> None:
    found = cards(section(written(three_days(), tmp_path), "When does it cost?"))

    assert found.pop("Peak hour").select_one(".figure").text == "00:00 to 01:00"  # all hours tie
    assert {label: value(card) for label, card in found.items()} == {
        "Load factor": pytest.approx(168 / 72 / 4),
        "On weekends": 0.0,
        "Off hours": pytest.approx(15 / 24),
        "Costliest 24 hours": pytest.approx(96 / 168),
    }


def test_the_costliest_hours_and_days(tmp_path: Path) -> None:
    history = three_days().with_columns(
        aggregated_value=pl.when(pl.int_range(pl.len()) == 30).then(9.0).otherwise("aggregated_value")
    )

    found = section(
        written(history, tmp_path, time_zone="Europe/Berlin"), "Which hours and days cost the most?"
    )

    top = rows(found, "Hours with the highest cost")
    assert top[0] == ["Tue 3 Nov 2026, 07:00 to 08:00", "2026-11-03 06:00Z", "$9.00", "5.1%", "complete"]
    assert top[1][2:4] == ["$4.00", "2.3%"]
    assert len(top) == 10
    assert rows(found, "Days with the highest cost") == [
        ["Wed 4 Nov 2026", "24", "$94.00", "53.7%", "complete"],  # 1 hour of Tuesday's 2 dollars, 23 of 4
        ["Tue 3 Nov 2026", "24", "$54.00", "30.9%", "complete"],
        ["Mon 2 Nov 2026", "23", "$23.00", "13.1%", "complete, hours missing"],
        ["Thu 5 Nov 2026", "1", "$4.00", "2.3%", "complete, hours missing"],
    ]


def test_what_may_still_change(tmp_path: Path) -> None:
    states = ["complete"] * 40 + ["provisional"] * 9 + ["in_progress"]
    history = hours(MONDAY, [0.5] * 50, states=states)

    part = section(written(history, tmp_path), "What may still change?")

    assert {label: value(card.select_one(".figure")) for label, card in cards(part).items()} == {
        "Complete": 20.0,
        "Provisional": 4.5,
        "In progress": 0.5,
    }
    assert [card.select_one(".aside").text for card in cards(part).values()] == [
        "in 40 windows",
        "in 9 windows",
        "in 1 window",
    ]
    assert (
        "10 of 50 windows may still change: from Tue 3 Nov 2026, 16:00 to Wed 4 Nov 2026, 02:00" in part.text
    )
    assert "complete after Fri 6 Nov 2026, 02:00" in part.text
    assert (
        "1 day without all hours, and compared with nothing: Wed 4 Nov 2026 (2 hours, still running)"
        in part.text
    )


def test_a_settled_history_says_so(tmp_path: Path) -> None:
    part = section(written(three_days(), tmp_path), "What may still change?")

    assert "Nothing: all 72 windows" in part.text
    assert "left out 1 window in which nothing was charged" in part.text
    assert "No day lacks hours." in part.text


def test_the_figures_are_the_functions(tmp_path: Path) -> None:
    """Two months of three accounts, a clock change among them."""
    with cfu.UsageClient.sandbox(now=NOW) as client:
        history = client.usage_history(
            cfu.between("2026-10-01", "2026-11-18T09:00Z", time_zone="Europe/Berlin", now=NOW),
            accounts=list(cfu.SANDBOX_ACCOUNTS)[:3],
        )
    page = written(history, tmp_path, time_zone="Europe/Berlin")
    total = cfu.total_usage(history)
    overall = cfu.summary(total, time_zone="Europe/Berlin").row(0, named=True)
    each = cfu.summary(history, time_zone="Europe/Berlin").rows_by_key("account_id", named=True, unique=True)
    part = section(page, "How much does it cost?")

    costs = [value(card.select_one(".figure")) for card in cards(part).values()]
    assert costs == [
        pytest.approx(expected)
        for expected in (
            history["aggregated_value"].sum(),
            overall["today_usd"],
            overall["month_usd"],
            overall["mean_day_usd"],
        )
    ]
    of = {name: one for one, name in cfu.SANDBOX_ACCOUNTS.items()}
    table = part.find("table").tbody.find_all("tr")
    assert len(table) == 3
    for row in table:
        cells = row.find_all("td")
        expected = each[of[row.th.text]]
        assert value(cells[2]) == pytest.approx(expected["mean_day_usd"])
        assert value(cells[3]) == pytest.approx(expected["month_change_ratio"])
        assert cells[4].text == f"{expected['peak_hour']:02d}:00"
        assert value(cells[5]) == pytest.approx(expected["load_factor"])
    assert sum(value(row.find_all("td")[0]) for row in table) == pytest.approx(costs[0])
    assert sum(value(row.find_all("td")[1]) for row in table) == pytest.approx(1)
    habits = cards(section(page, "When does it cost?"))
    weekend = cfu.weekend_share(total, time_zone="Europe/Berlin")["weekend_share"][0]
    assert value(habits["On weekends"]) == pytest.approx(weekend)
    assert value(habits["Costliest 24 hours"]) == pytest.approx(cfu.concentration(total)["top_share"][0])


def test_of_many_accounts_the_costliest_ten_and_the_rest_add_up(tmp_path: Path) -> None:
    """Accounts 1 to 12 cost as many dollars an hour: 78 in all, the last ten of them 75."""
    history = pl.concat(hours(MONDAY, [n] * 24, account_id=f"{n:032d}") for n in range(1, 13))

    part = section(written(history, tmp_path, names={f"{12:032d}": "Twelfth"}), "How much does it cost?")

    found = rows(part, "The costliest 10 of 12 accounts")
    assert found[0][:3] == ["Twelfth", "$288.00", "15.4%"]
    assert found[1][0] == "0000…0011"
    assert found[10][:3] == ["2 other accounts", "$72.00", "3.8%"]
    assert value(cards(part)["Total cost"]) == 78 * 24


def test_the_costliest_hours_of_several_accounts_name_the_one_with_most_of_it(tmp_path: Path) -> None:
    history = pl.concat([hours(MONDAY, [1, 5, 2]), hours(MONDAY, [3, 1, 2.5], account_id="b")])

    part = section(written(history, tmp_path), "Which hours and days cost the most?")

    found = [[row[1][11:16], *row[2:6]] for row in rows(part, "Hours with the highest cost")]
    assert found == [
        ["01:00", "$6.00", "41.4%", "a…a", "$5.00"],
        ["02:00", "$4.50", "31.0%", "b…b", "$2.50"],
        ["00:00", "$4.00", "27.6%", "b…b", "$3.00"],
    ]


def test_nothing_but_zeros_is_a_report_too(tmp_path: Path) -> None:
    page = written(hours(MONDAY, [0] * 30), tmp_path)

    assert value(cards(section(page, "How much does it cost?"))["Total cost"]) == 0
    habits = cards(section(page, "When does it cost?"))
    assert habits["On weekends"].select_one(".figure").text == "unknown"
    assert habits["Peak hour"].select_one(".figure").text == "none"
    assert "Largest change:" not in page.text
    assert "No hour cost anything." in page.text


def test_every_engine_gives_the_same_report(engine: Engine, tmp_path: Path) -> None:
    history = three_days()
    (tmp_path / "other").mkdir()

    found = written(engine.take(history), tmp_path / "other")

    assert str(found) == str(written(history, tmp_path))


# Words


def test_it_says_how_it_was_computed(tmp_path: Path) -> None:
    page = written(three_days(), tmp_path, time_zone="Europe/Berlin", label="a made-up source")
    part = section(page, "How was it computed?")
    said = {one.dt.text: one.dd.text for one in part.select(".terms > div")}

    assert said["Time range"] == "2026-11-02 00:00Z to 2026-11-05 00:00Z, the end not included"
    assert said["Time zone"] == "Europe/Berlin"
    assert said["Accounts"] == "a…a (a)"
    assert said["Source"] == "a made-up source"
    assert said["Made"] == "Wed 18 Nov 2026, 10:30 (2026-11-18 09:30Z)"
    assert said["With"] == f"cfusage_lab {cfu.__version__}"
    assert {"Cost", "Window", "Day", "Change", "Month to date", "Load factor"} < set(said)


def test_sections_stand_in_the_order_of_the_questions(tmp_path: Path) -> None:
    page = written(three_days(), tmp_path)

    assert page.html["lang"] == "en"
    assert [one.text for one in page.find_all("h1")] == ["AI Gateway cost: a…a"]
    assert [one.text for one in page.find_all("h2")] == [
        "How much does it cost?",
        "Where does the month end?",
        "What changed?",
        "What stood out?",
        "When does it cost?",
        "Which hours and days cost the most?",
        "What may still change?",
        "How was it computed?",
    ]
    assert len(page.select("figure > figcaption > h3")) == 7


@pytest.mark.slow
def test_made_up_data_is_stamped_and_other_data_is_not(tmp_path: Path) -> None:
    made_up = three_days().with_columns(account_id=pl.lit(next(iter(cfu.SANDBOX_ACCOUNTS))))
    mixed = pl.concat([three_days(), made_up])

    assert [bool(written(one, tmp_path).select(".stamp")) for one in (made_up, mixed, three_days())] == [
        True,
        True,
        False,
    ]
    assert written(made_up, tmp_path).select_one(".stamp").text == MADE_UP
    assert "Larkspur Support" in written(made_up, tmp_path).h1.text


def test_a_name_is_text_wherever_it_stands(tmp_path: Path) -> None:
    history = pl.concat([three_days(), three_days().with_columns(account_id=pl.lit("b"))])
    path = cfu.report(
        history, time_zone="UTC", path=tmp_path / "usage.html", now=NOW, names={"a": EVIL}, label=EVIL
    )
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")

    assert page.select("img[src=x]") == []
    assert len(page.find_all("script")) == 3
    assert EVIL in page.text
    assert json.loads(page.select_one("#drawings").string)
    assert rows(page, "Accounts")[0][0] == EVIL


def test_an_account_without_a_name_is_called_by_its_id(tmp_path: Path) -> None:
    page = written(three_days(), tmp_path, names={"a": None})

    assert page.h1.text == "AI Gateway cost: a…a"


def test_a_zone_off_the_hour_is_said_once_and_on_the_page(tmp_path: Path) -> None:
    with pytest.warns(cfu.OffTheHourWarning) as caught:
        page = written(three_days(), tmp_path, time_zone="Asia/Kolkata")

    assert len(caught) == 1
    assert str(caught[0].message) in page.text


# The file


@pytest.mark.slow
def test_a_year_of_hours_stays_small(tmp_path: Path) -> None:
    start = hours(MONDAY, [0])["start_time"][0] - timedelta(days=365)
    history = pl.concat(
        random_history(n, start=start, n_hours=8760, accounts=[f"{n:032d}"]).with_columns(
            pl.col("aggregated_value").clip(0)
        )
        for n in range(3)
    )
    windows = history.select("start_time", "end_time", "state").unique("start_time")
    grid = windows.join(history.select("account_id").unique(), how="cross")
    whole = grid.join(history.drop("end_time", "state"), on=["account_id", "start_time"], how="left")
    whole = whole.with_columns(
        pl.col("aggregated_value").fill_null(0.0), pl.col("is_reported").fill_null(value=False)
    )

    path = cfu.report(whole, time_zone="America/New_York", path=tmp_path / "year.html", now=NOW)

    assert path.stat().st_size < 3_000_000


def test_an_older_report_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "usage.html").write_text("older")

    path = cfu.report(three_days(), time_zone="UTC", path=str(tmp_path / "usage.html"), now=NOW)

    assert path == tmp_path / "usage.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("place", "said"),
    [(".", "is a folder"), ("absent/usage.html", "there is no folder"), ("x" * 300, "can't be written")],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, place: str, said: str) -> None:
    with pytest.raises(cfu.ConfigError, match=said):
        cfu.report(three_days(), time_zone="UTC", path=tmp_path / place)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (three_days().clear(), "no window in this usage history has ended"),
        (hours(MONDAY, [1], states="in_progress"), "no window in this usage history has ended"),
        (pl.concat([three_days(), three_days().head(1)]), "2026-11-02T00:00:00Z of account a is a duplicate"),
        (three_days().with_columns(aggregated_value=pl.lit(None, pl.Float64)), "lacks its aggregated_value"),
        (hours(MONDAY, [1.0, float("nan")]), "2026-11-02T01:00:00Z of account a has aggregated_value nan"),
        (pl.concat([three_days(), hours(MONDAY, [1], account_id="b")]), "fetch all accounts for one range"),
        (hours(MONDAY, [1, 2], width=24 * HOUR), "hour"),
        (three_days().drop("state"), "missing 'state'"),
    ],
    ids=["empty", "running", "twice", "null", "nan", "uneven", "days", "column"],
)
def test_a_table_that_cannot_be_reported_is_refused(history: pl.DataFrame, said: str, tmp_path: Path) -> None:
    with pytest.raises(cfu.FrameError, match=said):
        cfu.report(history, time_zone="UTC", path=tmp_path / "usage.html")

    assert list(tmp_path.iterdir()) == []


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cfu.ConfigError, match="Mars"):
        cfu.report(three_days(), time_zone="Mars/Olympus", path=tmp_path / "usage.html")


def test_any_names_ids_and_sources_are_read_in_the_page_and_none_is_markup(tmp_path: Path) -> None:
    """In its heading, its tables and its list of accounts; no element or attribute comes of them."""
    ids = [*TEXTS[:8], *TEXTS[17:19]]  # polars takes no half of a pair
    names = dict(zip(ids, [TEXTS[8], *TEXTS[10:23]], strict=False))
    history = pl.concat([hours(MONDAY, [1.0] * 48, account_id=one) for one in ids])

    page = written(history, tmp_path, names=names, label="".join(TEXTS[:20]))

    read = page.get_text()
    assert all(visible(name) in read for name in names.values())
    assert all(visible(one) in read for one in ids)
    assert visible("".join(TEXTS[:20])) in read
    assert not page.find_all("img", src="x")
    assert not [one for one in page.find_all() if any(key.startswith("on") for key in one.attrs)]
