"""The explorer: what accounts cost, on screen, with controls.

It is handed a source, or a history table, and never reaches a network itself.
"""

from cfusage_lab.explorer.panel import UsageExplorer
from cfusage_lab.explorer.selection import Selection

__all__ = ["Selection", "UsageExplorer"]
