"""From a time range to one complete table.

``client`` is what analysts hold; ``planning`` decides which requests make a whole answer, ``parallel`` asks
them side by side, ``table`` makes the table; ``billing`` asks for credit and invoices.
"""

from cfusage_lab.fetch.client import UsageClient, connect

__all__ = ["UsageClient", "connect"]
