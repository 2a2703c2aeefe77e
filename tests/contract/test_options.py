"""Every option of every public function: a value that is none is refused by name, with an error of ours."""

import inspect
import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import hours

import cfusage_lab as cfu
from cfusage_lab import changes

NOW = "2026-11-18T09:30Z"
TABLES = {
    *("history", "daily", "comparison", "usage", "table", "current", "previous", "balance", "profile"),
    *("anomalies", "invoice_lines"),
    *("heatmap", "movers", "month_so_far", "path", "rolling", "budget", "runway", "source", "assumptions"),
    "marked",
}
"""Parameters that take a table, or what stands for one: they are tried in test_tables.py."""
NO_OPTIONS = {
    *("Progress", "Source"),  # what others write
    *("ProgressBar", "Quiet", "SANDBOX_ACCOUNTS"),  # without any
    "FocusExport",  # what to_focus makes
    "Credentials.redactor",  # for the exchange
}
NO_METHODS = {"Progress", "Source", "ProgressBar", "Quiet"}

Calls = dict[str, tuple[Callable[..., Any], dict[str, Any]]]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """Every public function and method, with what it can't do without."""
    folder = tmp_path_factory.mktemp("options")
    history = hours("2026-10-01", [1.0 + hour % 24 for hour in range(24 * 40)])
    daily = cfu.daily_usage(history, time_zone="UTC")
    pairs = cfu.day_over_day(daily)
    client = cfu.UsageClient.sandbox(now=NOW)
    day = cfu.yesterday(now=NOW)
    archive = cfu.UsageArchive(folder / "archive", now=NOW)
    archive.update(client, day)
    export = cfu.to_focus(history, billing="prepaid")
    explorer = cfu.UsageExplorer(history)
    month = cfu.forecast_month_path(daily)
    lines = client.invoice_preview()
    zone = {"time_zone": "UTC"}
    instants = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 11, 2, tzinfo=UTC)}
    yield {
        "Credentials": (cfu.Credentials, {"token": "a" * 40}),
        "FocusExport.write_csv": (export.write_csv, {"path": folder / "focus.csv"}),
        "FocusExport.write_parquet": (export.write_parquet, {"path": folder / "focus.parquet"}),
        "TimeRange": (cfu.TimeRange, instants),
        "UsageArchive": (cfu.UsageArchive, {"location": folder / "archive"}),
        "UsageArchive.export": (archive.export, {"path": folder / "usage.csv"}),
        "UsageArchive.held": (archive.held, {}),
        "UsageArchive.invoice_lines": (archive.invoice_lines, {}),
        "UsageArchive.invoice_previews": (archive.invoice_previews, {}),
        "UsageArchive.revisions": (archive.revisions, {}),
        "UsageArchive.scan": (archive.scan, {}),
        "UsageArchive.update": (archive.update, {"client": client, "time_range": day}),
        "UsageArchive.update_invoice_previews": (archive.update_invoice_previews, {"client": client}),
        "UsageArchive.usage_history": (archive.usage_history, {"time_range": day}),
        "UsageClient": (cfu.UsageClient, {"credentials": cfu.Credentials(token="a" * 40)}),
        "UsageClient.credit_balance": (client.credit_balance, {}),
        "UsageClient.invoice_preview": (client.invoice_preview, {}),
        "UsageClient.invoices": (client.invoices, {}),
        "UsageClient.sandbox": (cfu.UsageClient.sandbox, {}),
        "UsageClient.usage_history": (client.usage_history, {"time_range": day}),
        "UsageExplorer": (cfu.UsageExplorer, {"source": history}),
        "UsageExplorer.chart": (explorer.chart, {}),
        "UsageExplorer.export": (explorer.export, {"path": folder / "usage.csv"}),
        "UsageExplorer.select": (explorer.select, {}),
        "UsageExplorer.wait": (explorer.wait, {}),
        "account_blocks": (cfu.account_blocks, {"history": history.lazy()}),
        "anomalies": (cfu.anomalies, {"history": history, **zone}),
        "anomalies_chart": (cfu.anomalies_chart, {"anomalies": cfu.anomalies(history, time_zone="UTC")}),
        "anomaly_scores": (cfu.anomaly_scores, {"history": history, **zone}),
        "backtest": (cfu.backtest, {"daily": daily}),
        "between": (cfu.between, {"start": "2026-11-01", "end": "2026-11-02", "now": NOW}),
        "budget_check": (cfu.budget_check, {"daily": daily, "budget_usd": 100}),
        "calendar_chart": (cfu.calendar_chart, {"daily": daily}),
        "compare": (cfu.compare, {"current": daily, "previous": daily}),
        "comparison_chart": (cfu.comparison_chart, {"comparison": pairs}),
        "concentration": (cfu.concentration, {"history": history}),
        "connect": (cfu.connect, {}),
        "credit_runway": (cfu.credit_runway, {"balance": client.credit_balance(), "daily": daily}),
        "daily_usage": (cfu.daily_usage, {"history": history, **zone}),
        "day_over_day": (cfu.day_over_day, {"daily": daily}),
        "day_over_day_chart": (cfu.day_over_day_chart, {"comparison": pairs}),
        "explore": (cfu.explore, {"source": history}),
        "forecast_daily": (cfu.forecast_daily, {"daily": daily, "days": 3}),
        "forecast_month_end": (cfu.forecast_month_end, {"daily": daily}),
        "forecast_month_path": (cfu.forecast_month_path, {"daily": daily}),
        "hour_profile_chart": (
            cfu.hour_profile_chart,
            {"profile": cfu.hourly_profile(history, time_zone="UTC"), **zone},
        ),
        "hourly_profile": (cfu.hourly_profile, {"history": history, **zone}),
        "in_account_blocks": (cfu.in_account_blocks, {"history": history, "compute": cfu.load_factor}),
        "last_days": (cfu.last_days, {"n": 1}),
        "last_hours": (cfu.last_hours, {"n": 1}),
        "last_week": (cfu.last_week, {}),
        "load_factor": (cfu.load_factor, {"history": history}),
        "login": (lambda account_id: cfu.Credentials(token="a" * 40, accounts=account_id), {}),
        "month_end_chart": (cfu.month_end_chart, {"path": month}),
        "month_to_date": (cfu.month_to_date, {}),
        "month_over_month": (cfu.month_over_month, {"history": history, **zone}),
        "month_over_month_chart": (
            cfu.month_over_month_chart,
            {"month_so_far": changes.month_over_month(history, time_zone="UTC")},
        ),
        "movers": (cfu.movers, {"comparison": pairs}),
        "movers_chart": (cfu.movers_chart, {"movers": cfu.movers(pairs)}),
        "off_hours_share": (cfu.off_hours_share, {"history": history, **zone}),
        "peak_hours": (cfu.peak_hours, {"history": history, **zone}),
        "previous_month": (cfu.previous_month, {}),
        "read_table": (cfu.read_table, {"path": folder / "usage.csv"}),
        "reconcile": (cfu.reconcile, {"history": history, "invoice_lines": lines}),
        "report": (cfu.report, {"history": history, "path": folder / "usage.html", **zone}),
        "rolling_mean": (cfu.rolling_mean, {"daily": daily}),
        "same_time_yesterday": (cfu.same_time_yesterday, {"history": history, **zone}),
        "show": (cfu.show, {"chart": cfu.usage_chart(daily)}),
        "since_previous_month": (cfu.since_previous_month, {}),
        "summary": (cfu.summary, {"history": history, **zone}),
        "theme": (cfu.theme, {}),
        "this_week": (cfu.this_week, {}),
        "to_focus": (cfu.to_focus, {"history": history, "billing": "prepaid"}),
        "today": (cfu.today, {}),
        "total_usage": (cfu.total_usage, {"table": history}),
        "usage_by_model_chart": (cfu.usage_by_model_chart, {"table": cfu.usage_by_model(lines)}),
        "usage_chart": (cfu.usage_chart, {"usage": daily}),
        "week_over_week": (cfu.week_over_week, {"daily": daily}),
        "week_over_week_chart": (cfu.week_over_week_chart, {"comparison": pairs}),
        "weekend_share": (cfu.weekend_share, {"history": history, **zone}),
        "weekly_heatmap": (cfu.weekly_heatmap, {"history": history, **zone}),
        "weekly_heatmap_chart": (
            cfu.weekly_heatmap_chart,
            {"heatmap": cfu.weekly_heatmap(history, time_zone="UTC"), **zone},
        ),
        "yesterday": (cfu.yesterday, {}),
    }
    alt.theme.enable("default")
    explorer.close()


class Thing:
    """Nothing that any option is."""

    def __repr__(self) -> str:
        raise RuntimeError("not even that")


HUGE = 10**5000
"""Python writes no number of so many digits."""
ANYTHING = [
    *(Thing(), b"UTC", math.nan, -1, complex(1, 1), datetime(1, 1, 1), [None], {None: 1}),  # noqa: DTZ001
    *(pl.DataFrame({"x": [1]}), pl.lit(1), timedelta(-1), [["x"]], {"x": {}}),
]
"""What is right for no option at all."""
COUNT = [0, True, "7", 2.5, None, 10**30, HUGE, math.inf, [1]]
FLAG = ["no", "", 0, 1, 2.5, []]
WORD = ["", "x", 1, True, ["hour"], "HOUR"]
TEXT = [0, 1.5, True, ["x"], {}, date(2026, 11, 1)]
MOMENT = [
    "x",
    "",
    "2026-13-40",
    0,
    True,
    [],
    date(2026, 11, 1),
    datetime.max.replace(tzinfo=UTC),
]
MOMENT += [datetime.min.replace(tzinfo=UTC), "9999-12-31T23:59Z", "0001-01-01T00:00Z", "x" * 10_000]
SPAN_END = ["x", "", "2026-13-40", 0, True, [], date.min, datetime(2026, 11, 1, 0, 30, tzinfo=UTC)]
ZONE = [
    "",
    "x",
    "../etc/passwd",
    "Europe/Berlin\0",
    "europe/berlin",
    "UTC+1",
    "x" * 10_000,
    1,
    True,
    ["UTC"],
    {},
]
PATH = ["", " ", "\0", "\ud800", 0, True, ["x"], None, "s3://bucket/x.csv", "/no/such/folder/x.csv", "x.toml"]
IDS = [0, True, "12", ["12"], [""], [None], [1, 2], {"x": 1}, "é" * 32]
NAMES = [0, True, "x", ["x"], [("a", "b")], {1: "x"}, {"a": 1}, {None: "x"}, {"a": ["x"]}]
AMOUNT = [0, True, "7", math.inf, [1], HUGE]
WRONG: dict[str, list[Any]] = {
    "account_id": ["12", 5, True],
    "account_names": [*NAMES, {"a": " "}],
    "accounts": IDS,
    "align": WORD,
    "allow_sandbox": FLAG,
    "base_url": [0, True, ["x"], "x", "ftp://x", "http://example.com", "\0", "https://u:p@h"],
    "billing": WORD,
    "budget_usd": [*AMOUNT, None, {"x": 1}, {"a": 0}, {"a": "7"}],
    "chart": ["", 0, True, {}, None],
    "client": ["", 0, True, {}, None],
    "compute": ["", 0, True, None, id, str],
    "credentials": ["", "x", 0, True, {}],
    "current": [*TEXT, None],
    "day": ["tomorrow", 5, True, "2026-13-40", datetime(2026, 11, 1)],  # noqa: DTZ001
    "days": COUNT,
    "email": [0, True, ["x"], {}],
    "empty": TEXT,
    "end": SPAN_END,
    "granularity": [*WORD, None, "week"],
    "ground": [*WORD, None],
    "heading": [*WORD, None, "Short"],
    "horizons": [0, True, "7", (), [0], [True], [2.5], [3, 3], [10**30], [HUGE], None],
    "hour": [24, 1.5, True, "7", 10**30],
    "include_in_progress": FLAG,
    "include_incomplete": FLAG,
    "include_partial": FLAG,
    "include_today": FLAG,
    "key": [0, True, ["x"], {}, "two words"],
    "levels": [0.8, "0.8", (), [], [80], [0], [1], [True], [0.8, 0.8], ["x"], [math.nan], [HUGE], None],
    "location": ["", "\0", "\ud800", 0, True, ["x"], "s3:/bucket/x"],
    "login": ["", "x", 0, True],
    "median": [*FLAG, None],
    "label": TEXT,
    "min_impact_usd": [True, "7", math.inf, [1], HUGE],
    "n": COUNT,
    "names": NAMES,
    "note": TEXT,
    "now": MOMENT,
    "path": PATH,
    "planned": ["x", 1, True, None, [1], ["xy"], [("x", "y")], [("2026-11-02", "2026-11-01")], {"a": 1}],
    "previous": [*TEXT, None],
    "progress": ["", "x", 0, True, [], {}],
    "rows_per_file": [0, True, "7", 2.5, math.inf, [1]],
    "sandbox": ["", "x", 0, True, []],
    "sensitivity": [*AMOUNT, None],
    "size": COUNT,
    "settle_lag": [0, 2, True, "2", None, timedelta.max, timedelta(days=4000)],
    "source": [*WORD[1:], True],
    "start": [*SPAN_END, "9999-12-31"],
    "statistic": [*WORD, None, "Mean"],
    "storage_options": ["x", 1, True, ["x"], {"a": 1}, {1: "a"}, {"a": None}, [("a", "b")]],
    "theme": [*WORD, None],
    "time_range": ["x", 1, True, [], "Eternity", ("2026-11-01", "2026-11-02")],
    "time_zone": ZONE,
    "timeout": ["7", True, math.inf, [1], 10**30, HUGE],
    "token": [0, True, ["x"], {}, "two words"],
    "top": COUNT,
    "until": ["", "x", 1, True, ["14:00"], "24:01", "1:00", "14:00\n"],
    "version": [*WORD, 1.3],
    "weekday": [0, 8, 1.5, True, "Mon", 10**30],
    "with_ids": [*FLAG, None],
    "with_recheck": FLAG,
    "working_days": [0, True, "12", (), [0], [8], [1.5], [True], None, [10**30]],
    "working_hours": [9, True, "9-18", (), (9,), (9, 9), (9.5, 18), (24, 6), (9, 25), (True, 18), None],
}
"""By option: what is near to a right value, and is none."""
OTHERS = {  # the same name, and something else
    ("comparison_chart", "current"): WRONG["current"],
    ("comparison_chart", "previous"): WRONG["previous"],
    ("report", "budget_usd"): [*AMOUNT, {"x": 1}, {"a": 0}, {"a": "7"}],
    ("UsageExplorer", "budget_usd"): [*AMOUNT, {"x": 1}, {"a": 0}, {"a": "7"}],
    ("explore", "budget_usd"): [*AMOUNT, {"x": 1}, {"a": 0}, {"a": "7"}],
    ("report", "path"): [one for one in PATH if one != "x.toml"],
    ("read_table", "path"): PATH,
    ("reconcile", "days"): [0, True, "x", 2.5, [1]],
    ("UsageExplorer", "client"): [],
    ("UsageExplorer.select", "start"): [*SPAN_END, "2026-11-01"],
    ("UsageExplorer.select", "end"): [*SPAN_END, "2026-11-01"],
    ("TimeRange", "start"): [*SPAN_END, "2026-11-01", datetime.max.replace(tzinfo=UTC)],
    ("TimeRange", "end"): [*SPAN_END, "2026-11-01", datetime(2100, 1, 1, tzinfo=UTC)],
    ("between", "end"): [one for one in SPAN_END if one != date.min] + [date.min],
    ("FocusExport.write_csv", "path"): [one for one in PATH if one != "x.toml"],
    ("FocusExport.write_parquet", "path"): [one for one in PATH if one != "x.toml"],
    ("Credentials", "accounts"): [one for one in IDS if one != [""]],
}


def options_of(name: str) -> list[str]:
    """Return the parameters of a function that take no table."""
    thing: Any = cfu
    for part in name.split("."):
        thing = getattr(thing, part)
    named = [one for one in inspect.signature(thing).parameters if one not in {"self", "cls"}]
    return [one for one in named if one not in TABLES or (name, one) in OTHERS]


def public() -> list[str]:
    """Return all functions and classes of the package, and the classes' methods, that take any option."""
    found = []
    for name in cfu.__all__:
        thing = getattr(cfu, name)
        if not callable(thing) or (isinstance(thing, type) and issubclass(thing, BaseException)):
            continue
        found.append(name)
        if isinstance(thing, type):
            methods = (one for one in vars(thing) if not one.startswith("_"))
            found += [f"{name}.{one}" for one in methods if callable(getattr(thing, one))]
    mine = [one for one in found if one not in NO_OPTIONS and one.split(".")[0] not in NO_METHODS]
    return [one for one in mine if options_of(one)]


def test_every_public_function_is_tried(calls: Calls) -> None:
    """And every option of it has values that are near to right ones."""
    names = public()

    assert not set(names) - calls.keys()
    assert not {one for name in names for one in options_of(name)} - WRONG.keys()


@pytest.mark.parametrize("name", public())
def test_what_is_no_option_is_refused_by_name(
    name: str, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither taken for a neighbour, nor met with an error of Python, polars or Narwhals."""
    monkeypatch.chdir(tmp_path)
    function, needed = calls[name]
    wrong = []
    for option in options_of(name):
        for value in [*ANYTHING, *OTHERS.get((name, option), WRONG[option])]:
            shown = value if isinstance(value, str | float) else type(value).__name__
            told = f"{name}({option}={shown!r:.20})"
            try:
                made = function(**{**needed, option: value})
                list(made) if inspect.isgenerator(made) else None
            except (cfu.ConfigError, cfu.FrameError):
                continue
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                told += f": {type(error).__name__} {str(error)[:90]}"
            wrong.append(told)

    assert not wrong, "\n".join(wrong)
