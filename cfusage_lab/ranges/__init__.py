"""Half-open time ranges on whole UTC hours, and the presets that cut them on local midnights.

``moments`` reads moments and the ends of a range, ``zones`` knows time zones and where their days begin,
``places`` finds a zone by a part of its name, ``presets`` makes ranges of them, ``bounds`` says which
windows a range comes to, and ``overlaps`` what of some ranges lies in others.
"""

from cfusage_lab.ranges.bounds import checked_range, running_end, window_bounds
from cfusage_lab.ranges.moments import moment
from cfusage_lab.ranges.overlaps import is_inside, joined, missing
from cfusage_lab.ranges.presets import (
    LONGEST,
    TimeRange,
    between,
    last_days,
    last_hours,
    last_week,
    month_to_date,
    previous_month,
    since_previous_month,
    this_week,
    today,
    yesterday,
)
from cfusage_lab.ranges.zones import (
    OffTheHourWarning,
    no_zone_warning,
    off_the_hour,
    warn_if_off_the_hour,
    zone,
)

__all__ = [
    "LONGEST",
    "OffTheHourWarning",
    "TimeRange",
    "between",
    "checked_range",
    "is_inside",
    "joined",
    "last_days",
    "last_hours",
    "last_week",
    "missing",
    "moment",
    "month_to_date",
    "no_zone_warning",
    "off_the_hour",
    "previous_month",
    "running_end",
    "since_previous_month",
    "this_week",
    "today",
    "warn_if_off_the_hour",
    "window_bounds",
    "yesterday",
    "zone",
]
