"""When cost arises: profiles, heatmaps, peaks and shares, and a helper for thousands of accounts."""

from cfusage_lab.patterns.blocks import account_blocks, in_account_blocks
from cfusage_lab.patterns.shares import concentration, load_factor, off_hours_share, weekend_share
from cfusage_lab.patterns.weekly import hourly_profile, peak_hours, weekly_heatmap

__all__ = [
    "account_blocks",
    "concentration",
    "hourly_profile",
    "in_account_blocks",
    "load_factor",
    "off_hours_share",
    "peak_hours",
    "weekend_share",
    "weekly_heatmap",
]
