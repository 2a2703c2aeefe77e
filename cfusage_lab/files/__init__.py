"""How a file is named and written: ``paths`` checks where it goes, ``atomic`` writes all of it or nothing."""

from cfusage_lab.files.atomic import Content, write_file, write_together
from cfusage_lab.files.errors import FORBIDDEN, FULL, shown
from cfusage_lab.files.paths import checked_path, expanded, is_address, is_stream

__all__ = [
    "FORBIDDEN",
    "FULL",
    "Content",
    "checked_path",
    "expanded",
    "is_address",
    "is_stream",
    "shown",
    "write_file",
    "write_together",
]
