"""Usage history that is kept: it opens at once, is brought up to date in a small request, and stays.

``archive`` is what analysts hold; ``updating`` decides what to ask for, ``merging`` what becomes of the
answer, ``store`` keeps it in Delta tables, ``tables`` says what is held and whether it is sound.
"""

from cfusage_lab.archive.archive import UsageArchive
from cfusage_lab.archive.tables import COVERAGE, REVISIONS, TABLES

__all__ = ["COVERAGE", "REVISIONS", "TABLES", "UsageArchive"]
