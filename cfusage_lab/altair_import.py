"""Imports altair, and spares it a second: to be imported before anything that imports altair.

Altair imports jsonschema, which imports each check of a format that is installed. One of them, brought by
JupyterLab's own dependencies, compiles a grammar of addresses as soon as it is imported (jsonschema's issue
1428), and altair never checks an address. So the grammar is compiled when somebody first does.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Final

_CHECK: Final = "rfc3987_syntax"


class _Later(ModuleType):
    """Stands in for the check while jsonschema takes its function; imports it when that is called."""

    @staticmethod
    def is_valid_syntax(term: str, value: str) -> bool:
        """Check ``value`` as the module itself does."""
        return bool(_check().is_valid_syntax(term, value))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        if name.startswith("__"):
            raise AttributeError(name)  # what an import asks of every module
        return getattr(_check(), name)


def _check() -> Any:  # noqa: ANN401 - a module without types
    if isinstance(sys.modules.get(_CHECK), _Later):
        del sys.modules[_CHECK]
    return importlib.import_module(_CHECK)


def _import_altair() -> None:
    is_known = "jsonschema" in sys.modules or _CHECK in sys.modules
    if is_known or importlib.util.find_spec(_CHECK) is None:
        return
    sys.modules[_CHECK] = _Later(_CHECK)
    try:
        import altair as alt  # noqa: F401, PLC0415 - only now
    finally:
        if isinstance(sys.modules.get(_CHECK), _Later):
            del sys.modules[_CHECK]


_import_altair()
