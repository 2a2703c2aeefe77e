"""What a source of usage history is, and which numbers are made up.

A client, an archive and a history table are sources, and so is whatever a caller writes. Nobody but
:class:`ForwardingSource` looks what one of them can do.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypedDict, TypeGuard, Unpack, cast

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

    from cfusage_lab.progress import Progress
    from cfusage_lab.ranges import TimeRange
    from cfusage_lab.schema import Granularity

__all__ = [
    "MADE_UP",
    "SANDBOX_ACCOUNTS",
    "Archive",
    "ForwardingSource",
    "FullSource",
    "HistoryOptions",
    "Kind",
    "Source",
    "are_made_up",
    "as_source",
    "ask_names",
    "is_archive",
    "kind_of",
    "label_of",
]

Kind = Literal["account", "sandbox", "table", "other"]
"""Whose numbers a source hands out: a real account's, made-up ones, those of a table; or it does not say."""

SANDBOX_ACCOUNTS: Final = {
    "5a4db0c5000000000000000000000001": "Larkspur Support",
    "5a4db0c5000000000000000000000002": "Larkspur Research",
    "5a4db0c5000000000000000000000003": "Larkspur Batch",
    "5a4db0c5000000000000000000000004": "Larkspur Pilot",
}
"""The sandbox's accounts, id to name. Whatever carries one of these ids is made up."""

MADE_UP: Final = "Sandbox: made-up data"
"""What such numbers are called."""


def are_made_up(account_ids: Iterable[str]) -> bool:
    """Whether an account of the sandbox is among these: what it has a part in is made up."""
    return not SANDBOX_ACCOUNTS.keys().isdisjoint(account_ids)


class Source(Protocol):
    """Anything that can hand out usage history: a client, an archive, or a class of your own.

    A class of your own needs no base and no more than these three. It may have ``source``,
    ``default_accounts``, ``credit_balance`` and ``invoice_preview``, too, as :class:`cfusage_lab.UsageClient`
    has them. Without them, its numbers are of no known origin, a call names the accounts, and nothing is
    told of credit and invoices.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> def cost_usd(source: cfu.Source) -> float:
    ...     return source.usage_history(cfu.last_days(1, now="2026-11-18T09:30Z"))["aggregated_value"].sum()
    >>> round(cost_usd(cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")), 2)
    96.31
    """

    @property
    def label(self) -> str:
        """Say in a few words where the numbers come from; never a secret."""

    def accounts(self) -> "pl.DataFrame":
        """List the accounts that can be asked for (``schema.ACCOUNTS``)."""

    def usage_history(
        self,
        time_range: "TimeRange | None" = None,
        *,
        granularity: "Granularity" = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: "Progress | None" = None,
    ) -> "pl.DataFrame":
        """Return the cost of every window in the range (``schema.HISTORY``)."""


class FullSource(Source, Protocol):
    """A source that can be asked everything; :func:`as_source` makes one of any."""

    @property
    def source(self) -> Kind:
        """Whose numbers it hands out."""

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The ids that a call without ``accounts`` is about; empty where only an answer tells."""

    def credit_balance(self, accounts: Sequence[str] | str | None = None) -> "pl.DataFrame | None":
        """Return prepaid credit (``schema.CREDIT_BALANCE``); None where the source knows of none."""

    def invoice_preview(self, accounts: Sequence[str] | str | None = None) -> "pl.DataFrame | None":
        """Return the running invoice (``schema.INVOICE_LINES``); None where the source knows of none."""


class Archive(Source, Protocol):
    """A source that keeps what it was told, such as :class:`cfusage_lab.UsageArchive`."""

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The accounts that are held."""

    def held(
        self, *, granularity: "Granularity" = "hour", accounts: Sequence[str] | str | None = None
    ) -> "TimeRange | None":
        """Return the newest range that is held without a gap."""

    def update(
        self,
        client: Source,
        time_range: "TimeRange | None" = None,
        *,
        granularity: "Granularity" = "hour",
        accounts: Sequence[str] | str | None = None,
        progress: "Progress | None" = None,
    ) -> None:
        """Fetch and store what is not held."""


class HistoryOptions(TypedDict, total=False):
    """The options of ``usage_history``, for whoever hands them on."""

    granularity: "Granularity"
    accounts: Sequence[str] | str | None
    with_ids: bool
    progress: "Progress | None"


class ForwardingSource:
    """Hands every question on to a source, and has an answer where that source can't be asked.

    It is the base of whatever stands in front of a source.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def _target(self) -> Any:  # noqa: ANN401 - what it can do is found out here
        return self._source

    @property
    def label(self) -> str:
        return str(self._target().label)

    @property
    def source(self) -> Kind:
        return cast("Kind", getattr(self._target(), "source", "other"))

    @property
    def default_accounts(self) -> tuple[str, ...]:
        return tuple(getattr(self._target(), "default_accounts", ()))

    def accounts(self) -> "pl.DataFrame":
        return cast("pl.DataFrame", self._target().accounts())

    def usage_history(
        self, time_range: "TimeRange | None" = None, **options: Unpack[HistoryOptions]
    ) -> "pl.DataFrame":
        return cast("pl.DataFrame", self._target().usage_history(time_range, **options))

    def credit_balance(self, accounts: Sequence[str] | str | None = None) -> "pl.DataFrame | None":
        return self._told("credit_balance", accounts)

    def invoice_preview(self, accounts: Sequence[str] | str | None = None) -> "pl.DataFrame | None":
        return self._told("invoice_preview", accounts)

    def _told(self, what: str, accounts: Sequence[str] | str | None) -> "pl.DataFrame | None":
        ask = getattr(self._target(), what, None)
        return None if ask is None else cast("pl.DataFrame", ask(accounts))


def as_source(source: object, name: str = "source") -> FullSource:
    """Return a source that can be asked everything, of any that has ``usage_history``.

    Raises
    ------
    ConfigError
        If it has not.
    """
    if isinstance(source, ForwardingSource):
        return source
    if not hands_out_history(source):
        raise ConfigError(
            f"{name} {said(source)} hands out no usage history: pass a source, such as connect()"
        )
    return ForwardingSource(source)


def hands_out_history(source: object) -> TypeGuard[Source]:
    """Whether something is a source, and not a table or a class."""
    return not isinstance(source, type) and hasattr(source, "usage_history")


def is_archive(source: object) -> TypeGuard[Archive]:
    """Whether a source keeps what it was told."""
    return hands_out_history(source) and all(hasattr(source, name) for name in ("held", "update"))


def kind_of(source: FullSource, account_ids: Iterable[str]) -> Literal["account", "sandbox"]:
    """Say what numbers of these accounts are: ``account``, or ``sandbox`` if made up, whoever serves them."""
    return "sandbox" if source.source == "sandbox" or are_made_up(account_ids) else "account"


def label_of(source: FullSource, account_ids: Iterable[str]) -> str:
    """Say where numbers of these accounts come from, and that they are made up where the source does not."""
    label = source.label
    is_said = source.source == "sandbox" or MADE_UP in label  # a wrapper may show what it wraps by its label
    return label if is_said or not are_made_up(account_ids) else f"{MADE_UP} ({label})"


def ask_names(source: Source, failed: Callable[[Exception], None]) -> dict[str, str | None]:
    """Return what accounts are called, by their ids; where that can't be had, none, and ``failed`` hears why.

    A token may read usage and still not list accounts.
    """
    try:
        return dict(source.accounts().iter_rows())
    except Exception as error:  # noqa: BLE001 - anybody's source
        failed(error)
        return {}
