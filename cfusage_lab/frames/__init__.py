"""What every engine has in common: the door for tables, local time, and the expressions they share.

Everything above is written once against Narwhals and runs on polars, eager or lazy, and on PySpark.
"""

from cfusage_lab.frames.door import Door, Frames, FrameT, collected, opened, opened_rows
from cfusage_lab.frames.table_files import read_table

__all__ = ["Door", "FrameT", "Frames", "collected", "opened", "opened_rows", "read_table"]
