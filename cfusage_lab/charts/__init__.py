"""Charts: a table in, an altair chart out, for any notebook.

Nothing in here computes a figure. Axes carry the wall-clock time of the zone that was asked for, as
readings on a UTC scale, so that no chart depends on the clock of the machine that shows it.
"""

from cfusage_lab.charts.usage import usage_chart

__all__ = ["usage_chart"]
