"""Usage history that is kept: it opens at once, is brought up to date in a small request, and stays.

``archive`` is what analysts hold, ``reader`` the part of it that reads. ``update`` decides what to ask for,
``corrections`` how a late correction is detected, ``answers`` what is accepted, ``rows`` what becomes of a
window that is fetched again. ``usage_table`` and ``invoice_previews`` are the tables, ``delta_table`` what
they share, ``commits`` how they are written; ``coverage`` says what is held, ``integrity`` whether it is
sound. ``folders``, ``object_stores`` and ``location`` know where an archive may lie, ``errors`` what may go
wrong there.
"""

from cfusage_lab.archive.archive import UsageArchive
from cfusage_lab.archive.corrections import REVISIONS
from cfusage_lab.archive.coverage import COVERAGE
from cfusage_lab.archive.integrity import TABLES

__all__ = ["COVERAGE", "REVISIONS", "TABLES", "UsageArchive"]
