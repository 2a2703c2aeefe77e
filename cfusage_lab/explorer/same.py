"""Tables by identity: to compare their rows would take longer than to draw them."""

import polars as pl

__all__ = ["Same"]


class Same:
    """A table that is equal to itself alone."""

    __slots__ = ("table",)

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.table is other.table

    def __hash__(self) -> int:
        return id(self.table)
