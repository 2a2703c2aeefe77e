"""The explorer without a browser: controls are set, tables and words are read."""

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import NOW, PATIENCE, A, B, C, Ledger, account_labels, cost, details, facts, title

from cfusage_lab.errors import AuthError, ConfigError, FrameError, TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.ranges import TimeRange, last_days
from cfusage_lab.schema import CREDIT_BALANCE, HISTORY


def test_the_first_table_is_there_before_anything_is_shown() -> None:
    """28 whole days of Alpha at a dollar an hour: 672 dollars, without ids."""
    ledger = Ledger(names={A: "Alpha"})

    explorer = UsageExplorer(ledger, now=NOW)

    end = datetime(2026, 11, 15, tzinfo=UTC)
    assert ledger.asked[0] == (TimeRange(datetime(2026, 10, 18, tzinfo=UTC), end), None, False)
    assert explorer.history.height == 672
    assert title(explorer) == "AI Gateway cost: $672.00"
    assert facts(explorer).startswith("US dollars an hour · Sun 18 Oct to Sat 14 Nov 2026")
    assert explorer.wait(PATIENCE)
    assert cost(explorer) == 672.0
    today = TimeRange(end, datetime(2026, 11, 15, 10, tzinfo=UTC))
    before = TimeRange(datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 10, 18, tzinfo=UTC))
    rest = [(today, (A,), False), (before, (A,), False)]
    assert ledger.asked[1:] == rest, "the 90 days that tell the month, the newest first"


def test_last_28_days_are_those_of_the_package_and_today_is_a_choice_of_its_own() -> None:
    explorer = UsageExplorer(Ledger(), time_zone="Europe/Berlin", now=NOW)
    days = last_days(28, time_zone="Europe/Berlin", now=NOW)
    assert explorer.state.query.time_range == days

    explorer.with_today.value = True
    assert explorer.wait(PATIENCE)

    assert explorer.state.query.time_range == TimeRange(days.start, datetime(2026, 11, 15, 10, tzinfo=UTC))
    assert explorer.history.height == 673 + 11


def test_another_time_range_is_fetched_and_drawn() -> None:
    """Nine hours and a half of today are ten windows."""
    explorer = UsageExplorer(Ledger(), now=NOW)

    explorer.time_range.value = "Today"
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == 10
    assert title(explorer) == "AI Gateway cost: $10.00"


@pytest.mark.parametrize(
    ("preset", "windows"),
    [
        ("Last 7 days", 7 * 24),
        ("Last 90 days", 90 * 24),
        ("This week", 6 * 24 + 10),
        ("Month to date", 14 * 24 + 10),
        ("Previous month", 31 * 24),
    ],
)
def test_every_preset_has_its_hours(preset: str, windows: int) -> None:
    """Sunday, 15 November 2026, 09:30 UTC."""
    assert UsageExplorer(Ledger(), time_range=preset, now=NOW).history.height == windows


@pytest.mark.slow
def test_another_account_and_all_of_them() -> None:
    """Beta costs a quarter of a dollar an hour; all three together a dollar and a quarter."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    assert sorted(account_labels(explorer)) == ["Alpha", "Beta", "cccc…cccc"]

    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    assert title(explorer) == "AI Gateway cost: $2.50"
    assert explorer.state.accounts_text == "Beta"
    assert "10 hours, all final" in details(explorer)

    explorer.accounts.value = ()
    assert explorer.wait(PATIENCE)
    assert title(explorer) == "AI Gateway cost: $12.50"
    assert explorer.history["account_id"].n_unique() == 3
    assert "10 hours of 3 accounts, all final" in details(explorer)
    assert explorer.state.accounts_text == "all 3 accounts"
    assert cost(explorer) == 12.5


def test_another_time_zone_moves_the_days_and_the_axis() -> None:
    """In Berlin it is 10:30: eleven windows of today, and an axis that begins at midnight."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)

    explorer.time_zone.value = "Europe/Berlin"
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == 11
    assert explorer.chart().vconcat[0].data["left"][0] == datetime(2026, 11, 15, tzinfo=UTC)
    assert "Sun 15 Nov 2026, 00:00 to 11:00 · 11 hours, all final" in details(explorer)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("kathmandu", "Asia/Kathmandu"),
        ("Europe/Berl", "Europe/Berlin"),
        ("buenos aires", None),
        ("EST", "EST"),
    ],
)
def test_a_part_of_a_zones_name_is_enough_if_it_is_the_only_one(written: str, meant: str | None) -> None:
    """There are two Buenos Aires in the database: what could be meant is listed."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)

    explorer.time_zone.value = written
    assert explorer.wait(PATIENCE)

    if meant:
        assert (explorer.time_zone.value, explorer.banner) == (meant, "")
        assert f"{meant} time" in explorer.status
    else:
        assert "America/Argentina/Buenos_Aires, America/Buenos_Aires" in explorer.banner
        assert "UTC time" in explorer.status


@pytest.mark.parametrize("written", ["", "Middle/Earth"])
def test_no_zone_is_an_error_in_the_banner(written: str) -> None:
    """The last good view keeps its own zone."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)

    explorer.time_zone.value = written
    assert explorer.wait(PATIENCE)

    assert "there is no time zone" in explorer.banner
    assert "UTC time" in explorer.status


def test_refresh_fetches_again() -> None:
    """The same question, a second time."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, now=NOW)
    assert explorer.wait(PATIENCE)
    first = [asked[0] for asked in ledger.asked]

    explorer.refresh.click()
    assert explorer.wait(PATIENCE)

    assert [asked[0] for asked in ledger.asked] == first * 2


def test_where_the_numbers_come_from_and_when_is_always_written() -> None:
    """The label as text, never as markup; the moment on the zone's clock."""
    explorer = UsageExplorer(Ledger(), time_zone="Europe/Berlin", now=NOW)

    status = "Ledger <of> tests · data as of Sun 15 Nov 2026, 10:30 Europe/Berlin time"
    assert explorer.status == status
    assert repr(explorer) == f"<UsageExplorer: {status}>"
    assert "Ledger &lt;of&gt; tests" in explorer.widget.status.value
    assert "data as of Sun 15 Nov 2026, 10:30 Europe/Berlin time" in details(explorer)


def test_a_zone_off_the_whole_hour_is_noted_on_screen() -> None:
    """A warning of Python's would be seen by nobody in here."""
    explorer = UsageExplorer(Ledger(), now=NOW)

    explorer.time_zone.value = "Asia/Kathmandu"
    assert explorer.wait(PATIENCE)

    assert "Asia/Kathmandu is +05:45 from UTC" in details(explorer)


def test_an_error_stands_in_a_banner_and_the_last_good_view_stays() -> None:
    """Until something works again; the controls say what is on screen."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    ledger.trouble = TransportError("no answer from <the> server; try again")

    explorer.first_day.value = date(2026, 1, 1)
    assert explorer.wait(PATIENCE)

    assert explorer.banner == "no answer from <the> server; try again"
    assert "no answer from &lt;the&gt; server; try again" in explorer.widget.banner.value
    assert explorer.history.height == 10
    assert title(explorer) == "AI Gateway cost: $10.00"
    assert (explorer.time_range.value, explorer.first_day.value) == ("Today", date(2026, 11, 15))
    assert "fetching" not in details(explorer)

    ledger.trouble = None
    explorer.first_day.value = date(2026, 11, 8)
    assert explorer.wait(PATIENCE)

    assert explorer.banner == explorer.widget.banner.value == ""
    assert explorer.history.height == 178


def test_a_fault_of_the_program_is_shown_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may hold anything, so only its kind goes on screen."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    ledger.trouble = KeyError("what must not be shown")

    explorer.first_day.value = date(2026, 1, 1)
    assert explorer.wait(PATIENCE)

    assert "KeyError: a fault in this program" in explorer.banner
    assert "must not be shown" not in explorer.banner
    (record,) = caplog.records
    assert record.exc_info
    assert record.exc_info[1] is ledger.trouble
    assert explorer.history.height == 10


def test_a_table_that_cannot_be_drawn_leaves_the_last_one() -> None:
    """A source that answers with something else."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    good = explorer.history

    ledger.is_odd = True
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)

    assert "missing 'state'" in explorer.banner
    assert explorer.history is good


def test_an_error_of_the_first_table_is_raised() -> None:
    """There is no good view to keep."""
    ledger = Ledger()
    ledger.trouble = AuthError("the token is wrong", status_code=403)

    with pytest.raises(AuthError, match="the token is wrong"):
        UsageExplorer(ledger, now=NOW)


def test_a_source_without_accounts_of_its_own_begins_with_all_that_it_lists() -> None:
    """Three of them, added up."""
    ledger = Ledger(own=None)

    explorer = UsageExplorer(ledger, now=NOW)

    assert explorer.wait(PATIENCE)
    assert explorer.state.accounts == (A, B, C)
    assert explorer.state.accounts_text == "all 3 accounts"
    assert cost(explorer) == 672 * 1.25
    assert {accounts for _, accounts, _ in ledger.asked[1:]} == {(A, B, C)}


def test_of_more_than_20_accounts_the_first_is_opened() -> None:
    """A token may see thousands: they are not all fetched unasked."""
    ledger = Ledger(own=None, names={f"{n:032x}": f"Team {n}" for n in range(21)})

    explorer = UsageExplorer(ledger, now=NOW)

    assert explorer.wait(PATIENCE)
    assert explorer.state.accounts_text == "Team 0"
    assert {accounts for _, accounts, _ in ledger.asked} == {None, (f"{0:032x}",)}


def test_a_source_with_several_accounts_of_its_own_begins_with_them() -> None:
    """Two of three: neither one of them nor all."""
    explorer = UsageExplorer(Ledger(own=(A, B)), now=NOW)

    assert explorer.state.accounts_text == "2 accounts"
    assert explorer.accounts.value == (A, B)


def test_accounts_that_cannot_be_listed_are_taken_from_the_table() -> None:
    """A token may read usage and nothing else."""
    ledger = Ledger()
    ledger.cannot_list = AuthError("no permission to list")

    explorer = UsageExplorer(ledger, now=NOW)

    assert account_labels(explorer) == ["aaaa…aaaa"]
    assert explorer.accounts.layout.display == "none", "there is nothing to choose"


def test_accounts_of_one_name_are_told_apart() -> None:
    """By their ids, as in the charts."""
    explorer = UsageExplorer(Ledger(names={A: "Twin", B: "Twin"}), now=NOW)

    assert explorer.wait(PATIENCE)
    assert sorted(account_labels(explorer)) == [f"Twin ({A})", f"Twin ({B})"]


def test_wrong_arguments_are_refused_before_anything_is_fetched() -> None:
    """The message lists the presets."""
    ledger = Ledger()
    with pytest.raises(ConfigError, match=r"no time range 'Eternity': take one of Today, Last 7 days"):
        UsageExplorer(ledger, time_range="Eternity")
    with pytest.raises(ConfigError, match="Middle/Earth"):
        UsageExplorer(ledger, time_zone="Middle/Earth")
    assert ledger.asked == []


@pytest.mark.slow
def test_a_history_table_is_a_source() -> None:
    """The whole of it first; presets count back from its end."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    history = pl.concat([hours(start, [1.0] * 72, account_id=A), hours(start, [2.0] * 72, account_id=B)])

    explorer = UsageExplorer(history)

    assert (explorer.time_range.value, explorer.state.accounts_text) == ("Whole table", "all 2 accounts")
    assert title(explorer) == "AI Gateway cost: $216.00"
    assert explorer.status == "History table · data as of Wed 4 Mar 2026, 00:00 UTC time"

    explorer.time_range.value = "Month to date"
    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)

    assert explorer.history["start_time"].max() == start + 71 * HOUR
    assert title(explorer) == "AI Gateway cost: $144.00"


def test_a_table_is_not_waited_for() -> None:
    """It answers before anybody could read of it: no bar comes and goes, no word."""
    explorer = UsageExplorer(hours(datetime(2026, 3, 1, tzinfo=UTC), [1.0] * 72, account_id=A))
    assert explorer.wait(PATIENCE)
    told: list[str] = []
    explorer.widget.waiting.layout.observe(lambda change: told.append(change["new"]), names="visibility")
    explorer.widget.status.observe(lambda change: told.append(change["new"]), names="value")

    explorer.time_zone.value = "Asia/Tokyo"
    assert explorer.wait(PATIENCE)

    assert len(told) == 1
    assert "Asia/Tokyo time" in told[0]
    assert "fetching" not in told[0]


def test_a_table_without_windows_or_columns_is_refused() -> None:
    """It has no range to show."""
    with pytest.raises(ConfigError, match="no windows"):
        UsageExplorer(pl.DataFrame(schema=HISTORY))
    with pytest.raises(FrameError, match="not a usage history table"):
        UsageExplorer(pl.DataFrame({"x": [1]}))


def test_a_reader_without_a_kernel_sees_the_charts_and_where_they_come_from(tmp_path: Path) -> None:
    """One picture of all of them, small enough for a notebook; the status is a line of it."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)

    bundle = explorer._repr_mimebundle_()

    picture = base64.b64decode(bundle["image/png"])
    svg = explorer.export(tmp_path / "same.svg").read_text()
    assert svg.count("<svg") == 5, "four charts in one"
    for line in (
        "AI Gateway cost · Alpha",
        "15 Nov 2026 · $10.00",
        explorer.status.replace("<of>", "&lt;of&gt;"),
    ):
        assert line in svg
    assert picture.startswith(b"\x89PNG")
    assert len(bundle["image/png"]) < 200_000
    assert bundle["text/plain"] == repr(explorer)
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_zone_control_offers_places_and_utc() -> None:
    """No technical names, and the chosen one in any case."""
    options = UsageExplorer(Ledger(), time_zone="Etc/GMT+5", now=NOW).time_zone.options

    assert options[0] == "UTC"
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+5"} <= set(options)
    assert not {"EST", "posixrules", "Etc/GMT+6"} & set(options)


def test_the_clock_gives_the_present_if_nobody_else_does() -> None:
    """Within the hour that runs while the test does."""
    before = datetime.now(UTC)

    explorer = UsageExplorer(Ledger(), time_range="Today")

    assert explorer.history["end_time"].max() > before  # type: ignore[operator]
    assert explorer.history["end_time"].max() - before <= timedelta(hours=1, minutes=1)  # type: ignore[operator]


def test_credit_is_asked_for_where_the_source_has_it() -> None:
    """12.50 dollars; not for hundreds of accounts, which would be as many requests."""
    ledger = Creditor()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)

    (figure,) = [one.figure for one in explorer.figures if one.figure.title == "Prepaid credit"]
    assert figure.value == "$12.50"
    assert "<dt>Prepaid credit</dt>" in explorer.widget.figures.value

    many = UsageExplorer(Creditor(own=[f"{n:032x}" for n in range(30)]), time_range="Today", now=NOW)
    assert many.wait(PATIENCE)
    assert "30 accounts are as many requests" in many.widget.figures.value


class Creditor(Ledger):
    """A ledger that knows the credit of its accounts."""

    def credit_balance(self, accounts: tuple[str, ...]) -> pl.DataFrame:
        """Return 12.50 dollars each."""
        rows = [(one, 12.5, True, None, None) for one in accounts]
        return pl.DataFrame(rows, schema=CREDIT_BALANCE, orient="row")
