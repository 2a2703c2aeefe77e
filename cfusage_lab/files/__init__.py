"""How a file is named and written.

``names`` calls it by what it holds, ``paths`` checks where it goes, ``atomic`` writes all of it or nothing.
"""

from cfusage_lab.files.atomic import Content, write_file, write_together
from cfusage_lab.files.errors import FORBIDDEN, FULL
from cfusage_lab.files.names import file_name
from cfusage_lab.files.paths import checked_path, is_address, is_stream, path_text

__all__ = [
    "FORBIDDEN",
    "FULL",
    "Content",
    "checked_path",
    "file_name",
    "is_address",
    "is_stream",
    "path_text",
    "write_file",
    "write_together",
]
