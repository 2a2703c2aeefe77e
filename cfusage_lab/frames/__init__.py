"""Tables of every engine: opened and checked, in local time, grouped, some accounts at a time.

Everything above is written once against Narwhals and runs on polars, eager or lazy, and on PySpark.
``engines`` opens a table, ``checks`` says what a column may hold, ``history`` and ``local_time`` read a
usage history, ``grouping`` groups by ``integer_keys``, and ``row_order`` and ``hour_runs`` find out what is
sorted already.
"""

from cfusage_lab.frames.blocks import account_blocks, in_account_blocks
from cfusage_lab.frames.engines import EngineTable, Frames, FrameT, open_checked, open_table, polars_table
from cfusage_lab.frames.table_files import read_table

__all__ = [
    "EngineTable",
    "FrameT",
    "Frames",
    "account_blocks",
    "in_account_blocks",
    "open_checked",
    "open_table",
    "polars_table",
    "read_table",
]
