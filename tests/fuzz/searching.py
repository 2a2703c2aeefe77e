"""How often a property is tried."""

import os

from hypothesis import HealthCheck, settings

__all__ = ["tries"]

_ASKED = int(os.environ.get("CFUSAGE_FUZZ", "0"))
_ALLOWED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


def tries(examples: int) -> settings:
    """Try so many examples, the same each time; ``CFUSAGE_FUZZ`` asks for as many others instead."""
    if _ASKED:
        return settings(max_examples=_ASKED, deadline=None, print_blob=True, suppress_health_check=_ALLOWED)
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=_ALLOWED,
    )
