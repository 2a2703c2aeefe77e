"""The figures to look at first: today and the month, where the month ends, and what stood out."""

from cfusage_lab.summaries.headline import summary
from cfusage_lab.summaries.outlook import (
    MOST_ACCOUNTS,
    MonthEnd,
    StoodOut,
    Usage,
    month_end,
    stood_out,
)

__all__ = ["MOST_ACCOUNTS", "MonthEnd", "StoodOut", "Usage", "month_end", "stood_out", "summary"]
