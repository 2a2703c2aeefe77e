"""Usage history that is kept: it opens at once, is brought up to date in a small request, and stays.

``archive`` is what analysts hold; ``updating`` decides what to ask for, ``merging`` what becomes of the
answer, ``monthly`` and ``store`` keep it in Delta tables, ``tables`` says what is held and whether it is
sound. ``previews`` are the invoices of running periods, as they were seen.
"""

from cfusage_lab.archive.archive import UsageArchive
from cfusage_lab.archive.tables import COVERAGE, REVISIONS, TABLES

__all__ = ["COVERAGE", "REVISIONS", "TABLES", "UsageArchive"]
