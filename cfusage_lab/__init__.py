"""What Cloudflare AI Gateway charges an account, hour by hour, in Jupyter.

::

    import cfusage_lab as cfu

    cfu.explore()                                                     # the explorer, in a notebook
    history = cfu.connect().usage_history(cfu.since_previous_month())  # a polars DataFrame
    cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))       # each day beside the day before

Everything here is loaded on first use. The names stand in ``__init__.pyi``.
"""

from importlib import import_module

__version__ = "0.1.0"


def _homes() -> dict[str, str]:
    """Return each public name and the module it is in, as the stub has them.

    The stub's lines are split rather than parsed: ``ast`` would take longer than everything else here.
    """
    stub = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi").decode()  # in a zip file, too
    imports = (line.split() for line in stub.splitlines() if line.startswith("from "))
    return {words[-1]: words[1] for words in imports}


_HOMES = _homes()
__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list, whose names are said once


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cfusage_lab' has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
