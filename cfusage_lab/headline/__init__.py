"""The figures an analyst asks first, as data and in words: a terminal, a report and an explorer share them.

``table`` holds the day, the month, a usual day and its peak hour; ``month_course`` where the month ends, and
``range_events`` what stood out; ``outlook`` tells both of all accounts added up and of some of them;
``sentences`` says what is in the table, and how a range compares with other days. The others are said where
they are computed, in ``forecasts`` and ``anomaly_detection``.
"""

from cfusage_lab.headline.month_course import Budget, Course, budget_of, month_course, require_accounts
from cfusage_lab.headline.outlook import (
    MOST_ACCOUNTS,
    MonthEnd,
    StoodOut,
    Usage,
    month_end,
    stood_out,
)
from cfusage_lab.headline.range_events import MOST_JUDGED, Events, range_events
from cfusage_lab.headline.sentences import (
    NO_FORECAST,
    NOT_JUDGED,
    Figure,
    change_text,
    comparison_sentence,
    headline_figures,
    range_sentence,
)
from cfusage_lab.headline.table import HEADLINE, headline_table, summary

__all__ = [
    "HEADLINE",
    "MOST_ACCOUNTS",
    "MOST_JUDGED",
    "NOT_JUDGED",
    "NO_FORECAST",
    "Budget",
    "Course",
    "Events",
    "Figure",
    "MonthEnd",
    "StoodOut",
    "Usage",
    "budget_of",
    "change_text",
    "comparison_sentence",
    "headline_figures",
    "headline_table",
    "month_course",
    "month_end",
    "range_events",
    "range_sentence",
    "require_accounts",
    "stood_out",
    "summary",
]
