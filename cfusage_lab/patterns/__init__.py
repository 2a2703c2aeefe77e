"""When cost arises: profiles, heatmaps, peaks and shares."""

from cfusage_lab.patterns.hours import hourly_profile, peak_hours, weekly_heatmap
from cfusage_lab.patterns.shares import concentration, load_factor, off_hours_share, weekend_share

__all__ = [
    "concentration",
    "hourly_profile",
    "load_factor",
    "off_hours_share",
    "peak_hours",
    "weekend_share",
    "weekly_heatmap",
]
