"""What a file is called by whose cost it holds, and of which days."""

import unicodedata
from datetime import date
from typing import Final

__all__ = ["file_name"]

_WHAT: Final = "ai-gateway-cost"
_MOST_LETTERS: Final = 40
"""Letters of a name: of four bytes each, the file's name still has fewer than the 255 that a disk takes."""


def file_name(account: str, dates: tuple[date, date] | None, *, what: str = "", suffix: str) -> str:
    """Name a file for an account and the first and the last local day that it holds.

    Letters, digits, hyphens, underscores and a single point: any system takes that, whatever the account is
    called.

    Parameters
    ----------
    account
        What the account is called, or several are, such as ``3 accounts``.
    dates
        Those days; None where there is none.
    what
        What tells it from another file of these days: ``days``.
    suffix
        Without a point.

    Examples
    --------
    >>> from datetime import date
    >>> file_name("Acme: Production?", (date(2026, 11, 10), date(2026, 11, 16)), suffix="csv")
    'ai-gateway-cost_acme-production_2026-11-10_2026-11-16.csv'
    """
    days = "no-days" if dates is None else "_".join(str(day) for day in dict.fromkeys(dates))
    kind = f"{_WHAT}-{what}" if what else _WHAT
    return "_".join([kind, _slug(account) or "account", days]) + f".{suffix}"


def _slug(text: str) -> str:
    """Write a name in small letters and digits of its own script, with hyphens for all between them."""
    signs = (sign if _is_written(sign) else " " for sign in unicodedata.normalize("NFKC", text).lower())
    return "-".join("".join(signs).split())[:_MOST_LETTERS].rstrip("-")


def _is_written(sign: str) -> bool:
    """Whether a sign is a letter, a digit, or a mark on one of them."""
    return unicodedata.category(sign)[0] in "LNM"
