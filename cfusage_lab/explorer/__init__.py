"""The explorer: what accounts cost, on screen, with controls.

It is handed a source, or a history table, and never reaches a network itself.
"""

import cfusage_lab.altair_import  # noqa: F401 - before what imports altair
from cfusage_lab.explorer.explorer import UsageExplorer
from cfusage_lab.explorer.selection import Selection

__all__ = ["Selection", "UsageExplorer"]
