"""What an account id is; a token may stand in its place by mistake, and is never repeated."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from cfusage_lab.errors import ConfigError

__all__ = ["ACCOUNT_ID", "account_ids", "named_account_ids", "parse_account_ids"]

ACCOUNT_ID: Final = re.compile(r"[0-9a-f]{32}")
"""What an account id looks like."""
_LONGEST_TYPO: Final = 36
"""Characters: what is longer than an id with a slip of the finger may be a token in its place."""


def account_ids(accounts: Sequence[str]) -> tuple[str, ...]:
    """Return account ids, each once, in the order given, from a sequence or a text with commas.

    Raises
    ------
    ConfigError
        If one of them is not 32 hexadecimal digits.
    """
    ids, wrong = parse_account_ids(accounts)
    del accounts
    if wrong:
        raise ConfigError(wrong)
    return ids


def named_account_ids(accounts: Sequence[str]) -> list[str]:
    """Return the account ids that a call names, in order.

    Raises
    ------
    ConfigError
        If it names none, or as :func:`account_ids`.
    """
    ids = account_ids(accounts)
    if not ids:
        raise ConfigError("accounts is empty: pass at least one account id, or leave it out")
    return sorted(ids)


def parse_account_ids(accounts: object) -> tuple[tuple[str, ...], str]:
    """Return account ids, and what is wrong with one of them; a token may stand where an id should."""
    given = accounts.split(",") if isinstance(accounts, str) else accounts
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        return (), f"accounts is of type {type(accounts).__name__}: pass account ids, as texts"
    ids = [str(text).strip().lower() for text in given if str(text).strip()]
    for text in ids:
        if not ACCOUNT_ID.fullmatch(text):
            shown = text if len(text) <= _LONGEST_TYPO else f"{text[:4]}…"
            return (), (
                f"{shown!r} is not an account id: 32 hexadecimal digits, as in the address of the account's "
                "page at dash.cloudflare.com"
            )
    return tuple(dict.fromkeys(ids)), ""
