"""What a comparison comes to: its change, and its kind, such as ``new``, ``stopped`` or ``flat``."""

import narwhals as nw

from cfusage_lab.frames import Frames
from cfusage_lab.frames.expressions import ROUNDING

__all__ = ["with_change"]


def with_change(frame: Frames) -> Frames:
    """Add ``change_usd``, ``change_ratio`` and ``kind`` to ``current_usd`` and ``previous_usd``.

    ``previous_usd`` is null where there is no partner, and becomes so where the current cost is unknown.
    """
    current, previous = nw.col("current_usd"), nw.col("previous_usd")
    change, nothing = nw.col("change_usd"), nw.lit(0.0)
    raw = current - previous
    is_rounding = raw.abs() <= ROUNDING * (current.abs() + previous.abs())
    return (
        frame.with_columns(previous_usd=nw.when(~current.is_null()).then(previous))
        .with_columns(change_usd=nw.when(is_rounding).then(nothing).otherwise(raw))
        .with_columns(change_ratio=nw.when(previous > 0).then(change / previous))
        .with_columns(
            kind=_first_of(
                (previous.is_null(), "unknown"),
                ((previous == 0) & (current == 0), "zero"),
                (previous == 0, "new"),
                ((previous > 0) & (current == 0), "stopped"),
                (change > 0, "up"),
                (change < 0, "down"),
                otherwise="flat",
            )
        )
    )


def _first_of(*cases: tuple[nw.Expr, str], otherwise: str) -> nw.Expr:
    """Return the text of the first case that is true."""
    result = nw.lit(otherwise)
    for condition, text in reversed(cases):
        result = nw.when(condition).then(nw.lit(text)).otherwise(result)
    return result
