"""Who is meant, whose numbers they are, and from when to when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab.archive.answer import received
from cfusage_lab.archive.monthly import Whose
from cfusage_lab.archive.spans import SPANS
from cfusage_lab.bounds import midnight
from cfusage_lab.credentials import named_account_ids
from cfusage_lab.errors import ConfigError
from cfusage_lab.options import said
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import last_hours
from cfusage_lab.source import SANDBOX_ACCOUNTS, Source

__all__ = ["asked_for", "bounds_of", "source_of"]

_FIRST: Final = timedelta(days=30)


def asked_for(client: Source, accounts: Sequence[str] | str | None, *, now: datetime) -> list[str]:
    """Return the ids that an update is about, in order.

    Left out, they are those that the client takes by itself: it says so in ``default_accounts``, or it is
    seen from its answer for the running hour.
    """
    if isinstance(client, type) or not hasattr(client, "usage_history"):
        raise ConfigError(f"client {said(client)}: pass a source, such as connect()")
    if accounts is not None:
        return named_account_ids(accounts)
    known: Sequence[str] = getattr(client, "default_accounts", ())
    if known:
        return sorted(known)
    hour = received(client.usage_history(last_hours(1, now=now), with_ids=False, progress=Quiet()), client)
    return hour["account_id"].unique().sort().to_list()


def source_of(client: Source, ids: Sequence[str], *, expected: Whose | None) -> Whose:
    """Return where an update belongs: the sandbox is known by its client, or by its published ids."""
    made_up = [one for one in ids if one in SANDBOX_ACCOUNTS]
    is_sandbox = getattr(client, "source", "account") == "sandbox"
    if made_up and not is_sandbox and len(made_up) < len(ids):
        raise ConfigError(
            f"{made_up[0]} is an account of the sandbox, and others are real: update them one after the other"
        )
    found: Whose = "sandbox" if is_sandbox or made_up else "account"
    if expected not in {None, found}:
        raise ConfigError(f"this archive was opened with source={expected!r}, and the client's is {found!r}")
    return found


def bounds_of(
    ids: Sequence[str], stored: pl.DataFrame, *, start: datetime | None, end: datetime, now: datetime
) -> pl.DataFrame:
    """Return what each account is to hold: from ``start``, else from its first stored window, to ``end``."""
    first = stored.group_by("account_id").agg(first=pl.col("start_time").min())
    since = pl.col("first").fill_null(midnight(now) - _FIRST) if start is None else pl.lit(start)
    return (
        pl.DataFrame({"account_id": list(ids)})
        .join(first, on="account_id", how="left")
        .select("account_id", start=since.cast(SPANS["start"]), end=pl.lit(end, SPANS["end"]))
    )
