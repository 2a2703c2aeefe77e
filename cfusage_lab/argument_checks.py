"""What an option may be: a value of another kind is refused by the option's name, before anything is done.

A number is not taken for a flag, nor a text for a list, and nothing is taken for something near it.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from cfusage_lab.errors import ConfigError

__all__ = [
    "check_call",
    "check_choice",
    "check_distinct",
    "check_flags",
    "check_text",
    "check_whole",
    "names_of",
    "number",
    "said",
    "wrong_kind",
]

T = TypeVar("T")

_MOST: Final = 1_000_000_000
"""What a count may be at most: far beyond any table, and within the numbers of every engine."""

_LONGEST: Final = 80
"""Characters of a value that a message repeats."""


def said(value: object) -> str:
    """Return a value as it may stand in a message: in one line of bounded length, else its type alone."""
    if isinstance(value, str):
        text = repr(value[:_LONGEST])
        return text if len(value) <= _LONGEST else f"{text}…"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - of somebody else's class, or a number of thousands of digits
        text = ""
    is_short = 0 < len(text) <= _LONGEST and text.isprintable()
    return text if is_short else f"of type {type(value).__qualname__}"


def check_flags(**flags: object) -> None:
    """Raise :class:`ConfigError` unless all are True or False: ``"no"`` would count as yes."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise ConfigError(f"{name} {said(value)}: pass True or False")


def check_choice(value: object, name: str, words: Collection[str]) -> None:
    """Raise :class:`ConfigError` unless a value is one of some words."""
    if not isinstance(value, str) or value not in words:
        *others, last = map(repr, words)
        raise ConfigError(f"{name} {said(value)}: pass {', '.join(others)} or {last}")


def check_distinct(values: Sequence[T], name: str, *, key: Callable[[T], object] = repr) -> None:
    """Raise :class:`ConfigError` about the first of some values whose ``key`` one before it has, too."""
    seen = set()
    for value in values:
        if key(value) in seen:
            raise ConfigError(f"{name} {said(values)}: {said(value)} is a duplicate")
        seen.add(key(value))


def check_text(value: object, name: str, *, is_needed: bool = False) -> None:
    """Raise :class:`ConfigError` unless a value is a text, or None where it may be left out."""
    if not isinstance(value, str) and (is_needed or value is not None):
        raise ConfigError(f"{name} {said(value)}: pass a text{'' if is_needed else ', or leave it out'}")


def check_whole(value: object, name: str, *, most: int = _MOST) -> None:
    """Raise :class:`ConfigError` unless a value is a whole number from 1 to ``most``."""
    if type(value) is not int or not 1 <= value <= most:
        is_limit_told = most < _MOST or (type(value) is int and value > most)
        to = f" to {most:,}" if is_limit_told else ""
        raise ConfigError(f"{name} {said(value)}: pass a whole number from 1{to}")


def number(value: object) -> float | None:
    """Return a finite number, or None where a value is none; True is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def check_call(value: object, name: str) -> None:
    """Raise :class:`ConfigError` unless a value can be called."""
    if not callable(value):
        raise ConfigError(f"{name} {said(value)}: pass a function")


def names_of(value: object, name: str = "names") -> dict[str, Any]:
    """Return account names as they were passed, in their order; of an account without one, None.

    Raises
    ------
    ConfigError
        If they are no mapping of account id to name.
    """
    if value is None:
        return {}
    if isinstance(value, Mapping):
        for account_id, called in value.items():
            if not isinstance(account_id, str) or not isinstance(called, str | None):
                pair = f"{said(account_id)}: {said(called)}"
                raise ConfigError(f"{name} holds {pair}: pass a text for each account id, or None")
        return dict(value)
    raise ConfigError(
        f"{name} {said(value)}: pass account id to name, as in dict(client.accounts().iter_rows())"
    )


def wrong_kind(value: object, kind: Any, name: str) -> str:  # noqa: ANN401 - a type, or several
    """Say what is wrong with a value of another kind, None aside; it may be a secret, so not what it is."""
    if value is None or isinstance(value, kind):
        return ""
    wanted = getattr(kind, "__name__", "text").replace("str", "text")
    return f"{name} is of type {type(value).__name__}: pass a {wanted}"
