"""What Cloudflare AI Gateway charges an account, hour by hour, in Jupyter.

::

    import cfusage_lab as cfu

    cfu.explore()                                                     # the explorer, in a notebook
    history = cfu.connect().usage_history(cfu.last_days(28))          # a polars DataFrame

Everything here is loaded on first use.
"""

from importlib import import_module

TYPE_CHECKING = False  # importing typing for it would take as long as everything else here
__version__ = "0.1.0"

if TYPE_CHECKING:
    from cfusage_lab.app import explore as explore
    from cfusage_lab.charts import usage_chart as usage_chart
    from cfusage_lab.credentials import Credentials as Credentials
    from cfusage_lab.credentials import login as login
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
    from cfusage_lab.ranges import this_week as this_week
    from cfusage_lab.ranges import today as today
    from cfusage_lab.ranges import yesterday as yesterday
    from cfusage_lab.source import SANDBOX_ACCOUNTS as SANDBOX_ACCOUNTS
    from cfusage_lab.source import Progress as Progress
    from cfusage_lab.source import Source as Source
    from cfusage_lab.view import show as show

_HOMES = {
    "app": ["explore"],
    "charts": ["usage_chart"],
    "credentials": ["Credentials", "login"],
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
    "progress": ["ProgressBar", "Quiet"],
    "ranges": [
        "OffTheHourWarning",
        "TimeRange",
        "between",
        "last_days",
        "last_hours",
        "last_week",
        "month_to_date",
        "previous_month",
        "this_week",
        "today",
        "yesterday",
    ],
    "source": ["SANDBOX_ACCOUNTS", "Progress", "Source"],
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
