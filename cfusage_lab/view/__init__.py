"""Charts in a notebook: offline, updated in place, with a picture for readers without a kernel."""

from cfusage_lab.view.widget import ChartView, picture, show, with_picture

__all__ = ["ChartView", "picture", "show", "with_picture"]
