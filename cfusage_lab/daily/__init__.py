"""Hour windows to local calendar days, accounts added up, and days as accounting reads them."""

from cfusage_lab.daily.local_days import TOTAL, daily_usage, total_usage

__all__ = ["TOTAL", "daily_usage", "total_usage"]
