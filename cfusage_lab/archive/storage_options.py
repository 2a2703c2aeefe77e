"""What delta-rs needs to reach an object store: some of it secret, so none of it is shown."""

import re
from collections.abc import Mapping
from typing import Final

from cfusage_lab.redaction import Redactor

__all__ = ["StorageOptions", "storage_options_of"]

_OPEN: Final = re.compile(
    r"region|endpoint|bucket|container|account_name|timeout|allow_|style|locking|rename|retr(y|ies)|interval",
    re.IGNORECASE,
)
"""Names of options whose values may stand in a message, as long as no password is in them."""

_SHORTEST: Final = 6
"""Characters: what is shorter is a switch or a number, and part of many a text."""


class StorageOptions(dict[str, str]):
    """Options by name, as delta-rs and polars take them; a traceback that prints them shows no value."""

    def __repr__(self) -> str:
        return f"<storage options: {', '.join(self)}>" if self else "<no storage options>"

    def redacted(self, text: str) -> str:
        """Return a text without the values that may be secret."""
        secrets = [
            value
            for name, value in self.items()
            if len(value) >= _SHORTEST and ("@" in value or not _OPEN.search(name))
        ]
        return Redactor(secrets)(text) if secrets else text


def storage_options_of(given: object) -> tuple[StorageOptions, str]:
    """Return the options that a caller passed, and what is wrong with them; no value is repeated."""
    if given is None:
        return StorageOptions(), ""
    if not isinstance(given, Mapping):
        return StorageOptions(), f"storage_options is of type {type(given).__name__}: pass name to value"
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            called = f"{name!r:.80}" if isinstance(name, str) else f"of type {type(name).__name__}"
            return StorageOptions(), (
                f"the storage option {called} has a value of type {type(value).__name__}: pass texts alone"
            )
    return StorageOptions(given), ""
