"""Charts in a notebook: offline, updated in place, with a picture for readers without a kernel."""

import cfusage_lab.altair_import  # noqa: F401 - before what imports altair
from cfusage_lab.view.altair_theme import theme
from cfusage_lab.view.cell_outputs import show_first
from cfusage_lab.view.pictures import picture, svg, with_picture
from cfusage_lab.view.widget import ChartView, prepare, show

__all__ = ["ChartView", "picture", "prepare", "show", "show_first", "svg", "theme", "with_picture"]
