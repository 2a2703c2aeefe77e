"""The figures an analyst asks first, as data and in words: a terminal, a report and an explorer share them.

``table`` holds the day, the month, a usual day and its peak hour; ``outlook`` where the month ends and what
stood out; ``sentences`` says the former. The latter are said where they are computed, in ``forecasts`` and
``anomaly_detection``.
"""

from cfusage_lab.headline.outlook import (
    MOST_ACCOUNTS,
    MonthEnd,
    StoodOut,
    Usage,
    month_end,
    stood_out,
)
from cfusage_lab.headline.sentences import (
    NO_FORECAST,
    NOT_JUDGED,
    Figure,
    change_text,
    comparison_sentence,
    headline_figures,
)
from cfusage_lab.headline.table import HEADLINE, headline_table, summary

__all__ = [
    "HEADLINE",
    "MOST_ACCOUNTS",
    "NOT_JUDGED",
    "NO_FORECAST",
    "Figure",
    "MonthEnd",
    "StoodOut",
    "Usage",
    "change_text",
    "comparison_sentence",
    "headline_figures",
    "headline_table",
    "month_end",
    "stood_out",
    "summary",
]
