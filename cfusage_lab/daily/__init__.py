"""Hour windows to local calendar days, and accounts added up."""

from cfusage_lab.daily.local_days import TOTAL, daily_usage, total_usage

__all__ = ["TOTAL", "daily_usage", "total_usage"]
