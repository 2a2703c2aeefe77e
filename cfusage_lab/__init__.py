"""What Cloudflare AI Gateway charges an account, hour by hour, in Jupyter.

::

    import cfusage_lab as cfu

    cfu.explore()                                                     # the explorer, in a notebook
    history = cfu.connect().usage_history(cfu.since_previous_month())  # a polars DataFrame
    cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))       # each day beside the day before

Everything here is loaded on first use.
"""

from importlib import import_module

TYPE_CHECKING = False  # importing typing for it would take as long as everything else here
__version__ = "0.1.0"

if TYPE_CHECKING:
    from cfusage_lab.anomaly_detection import anomalies as anomalies
    from cfusage_lab.anomaly_detection import anomaly_scores as anomaly_scores
    from cfusage_lab.app import explore as explore
    from cfusage_lab.archive import UsageArchive as UsageArchive
    from cfusage_lab.changes import compare as compare
    from cfusage_lab.changes import day_over_day as day_over_day
    from cfusage_lab.changes import month_over_month as month_over_month
    from cfusage_lab.changes import movers as movers
    from cfusage_lab.changes import rolling_mean as rolling_mean
    from cfusage_lab.changes import same_time_yesterday as same_time_yesterday
    from cfusage_lab.changes import week_over_week as week_over_week
    from cfusage_lab.charts import anomalies_chart as anomalies_chart
    from cfusage_lab.charts import calendar_chart as calendar_chart
    from cfusage_lab.charts import comparison_chart as comparison_chart
    from cfusage_lab.charts import day_over_day_chart as day_over_day_chart
    from cfusage_lab.charts import hour_profile_chart as hour_profile_chart
    from cfusage_lab.charts import month_end_chart as month_end_chart
    from cfusage_lab.charts import month_over_month_chart as month_over_month_chart
    from cfusage_lab.charts import movers_chart as movers_chart
    from cfusage_lab.charts import usage_by_model_chart as usage_by_model_chart
    from cfusage_lab.charts import usage_chart as usage_chart
    from cfusage_lab.charts import week_over_week_chart as week_over_week_chart
    from cfusage_lab.charts import weekly_heatmap_chart as weekly_heatmap_chart
    from cfusage_lab.credentials import Credentials as Credentials
    from cfusage_lab.credentials import login as login
    from cfusage_lab.daily import daily_usage as daily_usage
    from cfusage_lab.daily import total_usage as total_usage
    from cfusage_lab.errors import ApiError as ApiError
    from cfusage_lab.errors import AuthError as AuthError
    from cfusage_lab.errors import CancelledError as CancelledError
    from cfusage_lab.errors import CfUsageError as CfUsageError
    from cfusage_lab.errors import ConfigError as ConfigError
    from cfusage_lab.errors import FrameError as FrameError
    from cfusage_lab.errors import PayloadError as PayloadError
    from cfusage_lab.errors import RateLimitError as RateLimitError
    from cfusage_lab.errors import TransportError as TransportError
    from cfusage_lab.explorer import UsageExplorer as UsageExplorer
    from cfusage_lab.fetch import UsageClient as UsageClient
    from cfusage_lab.fetch import connect as connect
    from cfusage_lab.focus import FocusExport as FocusExport
    from cfusage_lab.focus import to_focus as to_focus
    from cfusage_lab.forecasts import backtest as backtest
    from cfusage_lab.forecasts import budget_check as budget_check
    from cfusage_lab.forecasts import credit_runway as credit_runway
    from cfusage_lab.forecasts import forecast_daily as forecast_daily
    from cfusage_lab.forecasts import forecast_month_end as forecast_month_end
    from cfusage_lab.forecasts import forecast_month_path as forecast_month_path
    from cfusage_lab.frames import account_blocks as account_blocks
    from cfusage_lab.frames import in_account_blocks as in_account_blocks
    from cfusage_lab.frames import read_table as read_table
    from cfusage_lab.headline import summary as summary
    from cfusage_lab.invoices import reconcile as reconcile
    from cfusage_lab.invoices import usage_by_model as usage_by_model
    from cfusage_lab.patterns import concentration as concentration
    from cfusage_lab.patterns import hourly_profile as hourly_profile
    from cfusage_lab.patterns import load_factor as load_factor
    from cfusage_lab.patterns import off_hours_share as off_hours_share
    from cfusage_lab.patterns import peak_hours as peak_hours
    from cfusage_lab.patterns import weekend_share as weekend_share
    from cfusage_lab.patterns import weekly_heatmap as weekly_heatmap
    from cfusage_lab.progress import Progress as Progress
    from cfusage_lab.progress import ProgressBar as ProgressBar
    from cfusage_lab.progress import Quiet as Quiet
    from cfusage_lab.ranges import OffTheHourWarning as OffTheHourWarning
    from cfusage_lab.ranges import TimeRange as TimeRange
    from cfusage_lab.ranges import between as between
    from cfusage_lab.ranges import last_days as last_days
    from cfusage_lab.ranges import last_hours as last_hours
    from cfusage_lab.ranges import last_week as last_week
    from cfusage_lab.ranges import month_to_date as month_to_date
    from cfusage_lab.ranges import previous_month as previous_month
    from cfusage_lab.ranges import since_previous_month as since_previous_month
    from cfusage_lab.ranges import this_week as this_week
    from cfusage_lab.ranges import today as today
    from cfusage_lab.ranges import yesterday as yesterday
    from cfusage_lab.reports import report as report
    from cfusage_lab.source import SANDBOX_ACCOUNTS as SANDBOX_ACCOUNTS
    from cfusage_lab.source import Source as Source
    from cfusage_lab.view import show as show

_HOMES = {
    "anomaly_detection": ["anomalies", "anomaly_scores"],
    "app": ["explore"],
    "archive": ["UsageArchive"],
    "changes": [
        "compare",
        "day_over_day",
        "month_over_month",
        "movers",
        "rolling_mean",
        "same_time_yesterday",
        "week_over_week",
    ],
    "charts": [
        "anomalies_chart",
        "calendar_chart",
        "comparison_chart",
        "day_over_day_chart",
        "hour_profile_chart",
        "month_end_chart",
        "month_over_month_chart",
        "movers_chart",
        "usage_by_model_chart",
        "usage_chart",
        "week_over_week_chart",
        "weekly_heatmap_chart",
    ],
    "credentials": ["Credentials", "login"],
    "daily": ["daily_usage", "total_usage"],
    "errors": [
        "ApiError",
        "AuthError",
        "CancelledError",
        "CfUsageError",
        "ConfigError",
        "FrameError",
        "PayloadError",
        "RateLimitError",
        "TransportError",
    ],
    "explorer": ["UsageExplorer"],
    "fetch": ["UsageClient", "connect"],
    "focus": ["FocusExport", "to_focus"],
    "frames": ["account_blocks", "in_account_blocks", "read_table"],
    "forecasts": [
        "backtest",
        "budget_check",
        "credit_runway",
        "forecast_daily",
        "forecast_month_end",
        "forecast_month_path",
    ],
    "invoices": ["reconcile", "usage_by_model"],
    "patterns": [
        "concentration",
        "hourly_profile",
        "load_factor",
        "off_hours_share",
        "peak_hours",
        "weekend_share",
        "weekly_heatmap",
    ],
    "progress": ["Progress", "ProgressBar", "Quiet"],
    "ranges": [
        "OffTheHourWarning",
        "TimeRange",
        "between",
        "last_days",
        "last_hours",
        "last_week",
        "month_to_date",
        "previous_month",
        "since_previous_month",
        "this_week",
        "today",
        "yesterday",
    ],
    "reports": ["report"],
    "source": ["SANDBOX_ACCOUNTS", "Source"],
    "headline": ["summary"],
    "view": ["show"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - one list of names is enough; a test holds it against the imports above


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'cfusage_lab' has no attribute {name!r}")
    value: object = getattr(import_module(f"cfusage_lab.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
