"""Every open question about the endpoint, as a setting of the sandbox."""

from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal, get_args, get_origin, get_type_hints

from cfusage_lab.errors import ConfigError

__all__ = ["DEFAULT_KNOBS", "Knobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How the sandbox answers where Cloudflare's documentation is silent.

    The defaults are the likeliest reading: the endpoint has the shape of Stripe's meter event summaries.

    Attributes
    ----------
    time_unit
        Unit of all times in the answers; the request always speaks milliseconds.
    numbers
        How whole numbers are written: ``int`` as JavaScript does (``3``), ``float`` with a point (``3.0``).
    page_size
        Most windows or invoices in one answer; there is no way to ask for the next page. None: no limit.
    drops
        Which end of the range a cut answer lacks.
    result_info
        ``present``: ``has_more`` and ``total_count`` tell the truth. ``uninformative``: the block is there,
        but always says that nothing is missing. ``absent``: there is no block.
    order
        Order of the windows in an answer.
    is_empty_left_out
        Whether windows without usage are left out; otherwise they come as zeros.
    is_id_stable
        Whether a window has the same ``id`` in every answer.
    is_bounds_optional
        Whether a request may omit ``start_time`` or ``end_time``; then the last 366 days up to the end of
        the running window are meant. Otherwise such a request is refused with 400.
    future_end
        What an ``end_time`` beyond the window that is running does.
    longest_days
        Longest range that is answered, in days; a longer one is refused with 400. None: no limit.
    never_used
        What an account without any usage gets: an empty list, or ``result: null``.
    settling_hours
        Hours after the end of a window until all of its cost has arrived; it grows evenly until then.
    is_token_account_owned
        Whether the token belongs to an account; such a token may not list accounts (code 1001).
    ratelimit
        What the ``Ratelimit`` header says: requests left, seconds to the reset. None: the header is missing.
    limit
        Requests allowed, in a time of so many seconds; one more, and every request is refused with 429 for
        that time. The headers then tell the truth. None: no limit.
    latency_seconds
        Seconds that every answer takes; needs :func:`serve`.
    invoice_unit
        Unit of the amounts on invoices.
    invoice_lines
        What the lines of an invoice are: one a model, as since September 2026; a single one for all; as
        many that name no model; or an empty list, whatever is due.
    invoice_status
        What the preview of the running month calls itself.

    Raises
    ------
    ConfigError
        If a value is none of those a knob can have.
    """

    time_unit: Literal["seconds", "milliseconds"] = "seconds"
    numbers: Literal["int", "float"] = "int"
    page_size: int | None = 100
    drops: Literal["oldest", "newest"] = "oldest"
    result_info: Literal["present", "uninformative", "absent"] = "present"
    order: Literal["newest_first", "oldest_first", "shuffled"] = "newest_first"
    is_empty_left_out: bool = True
    is_id_stable: bool = True
    is_bounds_optional: bool = False
    future_end: Literal["accepted", "refused"] = "accepted"
    longest_days: int | None = None
    never_used: Literal["empty", "null"] = "empty"
    settling_hours: float = 0.0
    is_token_account_owned: bool = False
    ratelimit: tuple[int, int] | None = (1_199, 300)
    limit: tuple[int, float] | None = None
    latency_seconds: float = 0.0
    invoice_unit: Literal["cents", "dollars"] = "cents"
    invoice_lines: Literal["by_model", "one", "without_model", "empty"] = "by_model"
    invoice_status: Literal["draft", "open"] = "draft"

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if get_origin(hint) is Literal and value not in get_args(hint):
                allowed = ", ".join(map(repr, get_args(hint)))
                raise ConfigError(f"the sandbox has no {name}={value!r}; choose one of {allowed}")
        for name in ("page_size", "longest_days"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"the sandbox's {name} is {value!r}; it must be at least 1, or None")
        for name in ("settling_hours", "latency_seconds"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise ConfigError(f"the sandbox's {name} is {value!r}; it must be 0 or more")
        if self.limit is not None and not (self.limit[0] >= 1 and self.limit[1] > 0):
            raise ConfigError(f"the sandbox's limit is {self.limit!r}; give requests and seconds above 0")


DEFAULT_KNOBS: Final = Knobs()
