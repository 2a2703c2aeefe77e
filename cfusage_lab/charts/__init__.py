"""Charts: a table in, an altair chart out, for any notebook.

Nothing here computes a figure. Axes carry the wall-clock time of the zone that was asked for, as readings on
a UTC scale, so that no chart depends on the clock of the machine that shows it.
"""

import cfusage_lab.altair_import  # noqa: F401 - before what imports altair
from cfusage_lab.charts.anomalies import anomalies_chart
from cfusage_lab.charts.changes import day_over_day_chart, week_over_week_chart
from cfusage_lab.charts.comparison import comparison_chart
from cfusage_lab.charts.day_calendar import calendar_chart
from cfusage_lab.charts.heatmap import weekly_heatmap_chart
from cfusage_lab.charts.models import usage_by_model_chart
from cfusage_lab.charts.month import month_over_month_chart
from cfusage_lab.charts.month_end import month_end_chart
from cfusage_lab.charts.movers import movers_chart
from cfusage_lab.charts.profile import hour_profile_chart
from cfusage_lab.charts.usage import usage_chart

__all__ = [
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
]
