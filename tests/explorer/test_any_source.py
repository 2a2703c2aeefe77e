"""Whatever a source does, and whatever is passed: the banner says so, or an error by name."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import NOW, PATIENCE, A, B, C, Ledger, card, details, title

import cfusage_lab as cfu
from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import ConfigError, FrameError, TransportError
from cfusage_lab.explorer import Selection, UsageExplorer
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import (
    MADE_UP,
    SANDBOX_ACCOUNTS,
    ForwardingSource,
    as_source,
    ask_names,
    kind_of,
    label_of,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
TABLE = hours(START, [1.0] * 240, account_id=A)
FAILURES = [
    ValueError("what must not be shown"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "what must not be shown"),
    OSError(28, "what must not be shown"),
    RecursionError("what must not be shown"),
]


class Panic(BaseException):
    """As polars raises where Rust gives up."""


def explored(source: object) -> UsageExplorer:
    return cfu.explore(source, time_range="Today", now=NOW)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_source_that_fails_at_once_opens_the_explorer_with_its_banner(error: Exception) -> None:
    ledger = Ledger()
    ledger.trouble = error

    explorer = explored(ledger)
    assert explorer.wait(PATIENCE)
    banner = explorer.banner
    assert f"{type(error).__name__}: a fault" in banner
    assert "must not be shown" not in banner
    with pytest.raises(type(error)):
        _ = explorer.history

    ledger.trouble = None
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert (explorer.banner, title(explorer)) == ("", "AI Gateway cost: $10.00")


@pytest.mark.parametrize("error", [*FAILURES, Panic()], ids=lambda error: type(error).__name__)
def test_a_source_that_fails_later_leaves_the_last_good_view(error: Exception) -> None:
    ledger = Ledger()
    explorer = explored(ledger)
    assert explorer.wait(PATIENCE)

    ledger.trouble = error
    explorer.first_day.value = date(2026, 7, 1)
    assert explorer.wait(PATIENCE)
    assert "a fault in this program" in explorer.banner
    assert "must not be shown" not in explorer.banner
    assert "Below is the last good view" in explorer.widget.banner.value
    assert title(explorer) == "AI Gateway cost: $10.00"
    assert (explorer.time_range.value, explorer.first_day.value) == ("Today", date(2026, 11, 15))
    assert "fetching" not in details(explorer)

    ledger.trouble = None
    explorer.first_day.value = date(2026, 7, 1)
    assert explorer.wait(PATIENCE)
    assert (explorer.banner, title(explorer)) == ("", "AI Gateway cost: $3,298.00")


def test_accounts_can_be_chosen_where_there_are_several() -> None:
    """What is here is shown, whatever can't be had beside it; a table of one account is not seen."""
    ledger = Ledger()
    explorer = explored(ledger)
    assert explorer.wait(PATIENCE)
    assert explorer.accounts.layout.display is None

    ledger.trouble = TransportError("no way through")
    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    assert (explorer.accounts.value, explorer.banner) == ((B,), "no way through")

    ledger.trouble = None
    explorer.accounts.value = ()
    assert explorer.wait(PATIENCE)
    assert (explorer.state.accounts, title(explorer)) == ((A, B, C), "AI Gateway cost: $12.50")

    alone = explored(Ledger(names={A: "Alpha"}))
    assert alone.wait(PATIENCE)
    assert alone.accounts.layout.display == "none"


class Aside(Ledger):
    """Tells usage, and fails at everything else."""

    def accounts(self) -> pl.DataFrame:
        """Fail."""
        raise OSError("no accounts")

    def credit_balance(self, _accounts: object = None) -> pl.DataFrame:
        """Fail, too."""
        raise ValueError("no credit")


def test_a_source_that_can_only_tell_usage_is_as_good() -> None:
    explorer = explored(Aside())
    assert explorer.wait(PATIENCE)

    assert explorer.banner == ""
    assert title(explorer) == "AI Gateway cost: $10.00"
    assert "not told: ValueError" in card(explorer, "Prepaid credit").figure.note


class Answering(Ledger):
    """Hands its table over as something else."""

    def __init__(self, change: Callable[[pl.DataFrame], object]) -> None:
        super().__init__()
        self.change = change

    def usage_history(self, time_range: TimeRange | None = None, **options: Any) -> Any:  # noqa: ANN401 - anything
        """Answer."""
        return self.change(super().usage_history(time_range, **options))


def in_nanoseconds(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("start_time", "end_time").cast(pl.Datetime("ns", "UTC")))


def in_tokyo(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("start_time", "end_time").dt.convert_time_zone("Asia/Tokyo"))


CHANGES: list[Callable[[pl.DataFrame], object]] = [
    in_nanoseconds,
    in_tokyo,
    pl.DataFrame.lazy,
    pl.DataFrame.to_arrow,
    lambda table: table.with_columns(pl.col("account_id").cast(pl.Categorical), extra=1),
    lambda table: table.sort("start_time", descending=True),
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_table_of_hours_is_taken_from_a_source_and_by_itself(
    change: Callable[[pl.DataFrame], object],
) -> None:
    for explorer in (explored(Answering(change)), cfu.explore(change(TABLE), time_range="Whole table")):
        assert explorer.wait(PATIENCE)
        assert explorer.banner == ""
        assert explorer.fetched.schema == TABLE.schema
        assert explorer.fetched["start_time"].is_sorted()
    assert title(explorer) == "AI Gateway cost: $240.00"


@pytest.mark.parametrize("answer", [None, 7, "text", [1], pl.DataFrame({"x": [1]})])
def test_what_is_no_table_is_said_in_the_banner_of_a_source_and_refused_by_itself(answer: object) -> None:
    explorer = explored(Answering(lambda _table: answer))
    assert explorer.wait(PATIENCE)
    assert "is not a table" in explorer.banner or "missing" in explorer.banner

    if answer is not None:
        with pytest.raises(FrameError):
            cfu.explore(answer)


def test_a_source_of_days_opens_with_what_can_be_drawn_of_them_and_a_table_of_days_is_refused() -> None:
    days = hours(START, [24.0] * 14, account_id=A, width=timedelta(days=1))

    explorer = cfu.explore(Answering(lambda _table: days), time_range="Last 7 days", now=NOW)
    assert explorer.wait(PATIENCE)
    assert "a UTC day can't" in explorer.banner
    assert explorer.charts["heatmap"].layout.display == "none"
    assert title(explorer) == "AI Gateway cost: $168.00"

    with pytest.raises(FrameError, match="a UTC day can't"):
        cfu.explore(days)


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "tomorrow"},
        {"day": 5},
        {"day": NOW},
        {"weekday": "Monday"},
        {"weekday": 0},
        {"weekday": True},
        {"hour": 2.0},
        {"hour": 24},
        {"start": "2026-11-02"},
        {"start": "yesterday", "end": "today"},
        {"start": 1, "end": 2},
        {"start": "2026-11-03", "end": "2026-11-02"},
    ],
)
def test_a_selection_that_is_none_is_refused_by_name(wrong: dict[str, Any]) -> None:
    explorer = UsageExplorer(TABLE)

    with pytest.raises(ConfigError):
        explorer.select(**wrong)
    assert explorer.selection.is_empty


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Selection(start="2026-11-02", end="2026-11-03"),  # type: ignore[arg-type]
        lambda: Selection(start=date(2026, 11, 2), end=date(2026, 11, 3)),  # type: ignore[arg-type]
        lambda: Selection(day="2026-11-02"),  # type: ignore[arg-type]
        lambda: UsageExplorer(TABLE, time_range=["Today"]),  # type: ignore[arg-type]
        lambda: UsageExplorer(TABLE, time_range=""),
        lambda: UsageExplorer(TABLE, time_zone=None),  # type: ignore[arg-type]
        lambda: UsageExplorer(TABLE, now="soon"),
        lambda: UsageExplorer(TABLE, login="token"),  # type: ignore[arg-type]
        lambda: UsageExplorer(UsageArchive("nowhere"), client="client"),  # type: ignore[arg-type]
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_by_name(wrong: Callable[[], object]) -> None:
    with pytest.raises(ConfigError):
        wrong()


def test_a_selection_and_a_time_to_wait_are_what_they_should_be() -> None:
    explorer = UsageExplorer(TABLE)

    with pytest.raises(ConfigError, match="no selection"):
        explorer.selection = "Mondays"  # type: ignore[assignment]
    for wrong in ("soon", -1, float("nan"), float("inf"), True):
        with pytest.raises(ConfigError, match="timeout"):
            explorer.wait(wrong)  # type: ignore[arg-type]
    assert explorer.wait(PATIENCE)


def test_a_zone_off_the_hour_is_noted_on_screen_and_nobody_is_warned() -> None:
    """Midnight is at 18:15 UTC in Kathmandu: the window from 18:00 on belongs to the day before."""
    explorer = UsageExplorer(TABLE, time_zone="Asia/Kathmandu")

    explorer.select("2026-11-02", "2026-11-03")

    assert explorer.history["start_time"].min() == datetime(2026, 11, 1, 19, tzinfo=UTC)
    assert "Asia/Kathmandu is +05:45 from UTC" in details(explorer)


class Behind(ForwardingSource):
    """Stands in front of a source, and changes nothing."""


def test_a_source_of_three_methods_is_given_answers_for_what_it_lacks() -> None:
    for source in (as_source(Ledger()), Behind(Ledger())):
        assert (source.label, source.source, source.default_accounts) == (Ledger.label, "other", ())
        assert (source.credit_balance([A]), source.invoice_preview([A])) == (None, None)
        assert ask_names(source, pytest.fail)[A] == "Alpha"


def test_whatever_stands_in_front_of_a_client_can_do_what_the_client_can() -> None:
    with cfu.UsageClient.sandbox(now=NOW) as client:
        behind = Behind(client)
        assert (behind.source, behind.default_accounts) == ("sandbox", client.default_accounts)
        for ask in (behind.credit_balance, behind.invoice_preview):
            table = ask(list(client.default_accounts))
            assert table is not None
            assert table.height
        day = cfu.last_days(1, now=NOW)
        assert behind.usage_history(day, with_ids=False).equals(client.usage_history(day, with_ids=False))


@pytest.mark.parametrize("nothing", [None, 7, "client", TABLE, Ledger])
def test_what_hands_out_no_history_is_refused_with_what_to_pass(nothing: object) -> None:
    with pytest.raises(ConfigError, match="usage history: pass a source, such as connect"):
        as_source(nothing)


def test_made_up_accounts_are_known_behind_any_source_and_are_said_to_be_made_up_once() -> None:
    made_up = list(SANDBOX_ACCOUNTS)[:1]
    with cfu.UsageClient.sandbox(now=NOW) as client:
        assert (kind_of(client, made_up), label_of(client, made_up)) == ("sandbox", MADE_UP)
    stranger = as_source(Ledger())
    assert (kind_of(stranger, [A]), label_of(stranger, [A])) == ("account", Ledger.label)
    assert kind_of(stranger, [A, *made_up]) == "sandbox"
    assert label_of(stranger, [A, *made_up]) == f"{MADE_UP} ({Ledger.label})"
    wrapper = Ledger()
    wrapper.label = MADE_UP
    assert label_of(as_source(wrapper), made_up) == MADE_UP
