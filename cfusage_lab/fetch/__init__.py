"""From a time range to one complete table.

``client`` is what analysts hold; ``requests`` knows what Cloudflare can be asked; ``planning`` decides which
requests make a whole answer, ``parallel`` asks them side by side, and ``table`` makes the table.
"""

from cfusage_lab.fetch.client import UsageClient, connect

__all__ = ["UsageClient", "connect"]
