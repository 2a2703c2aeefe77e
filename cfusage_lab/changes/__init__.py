"""How cost moves: days, ranges and accounts beside others, means, and the month and the day so far."""

from cfusage_lab.changes.days import Alignment, compare, day_over_day, movers, week_over_week
from cfusage_lab.changes.months import month_over_month
from cfusage_lab.changes.rolling import rolling_mean
from cfusage_lab.changes.same_time import same_time_yesterday

__all__ = [
    "Alignment",
    "compare",
    "day_over_day",
    "month_over_month",
    "movers",
    "rolling_mean",
    "same_time_yesterday",
    "week_over_week",
]
