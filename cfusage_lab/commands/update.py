"""An archive that is brought up to date, and the line that says what of it was new."""

from collections.abc import Sequence
from contextlib import suppress

import polars as pl

from cfusage_lab.archive import UsageArchive
from cfusage_lab.commands.arguments import ALL
from cfusage_lab.commands.client import accounts_of, listener
from cfusage_lab.errors import CfUsageError, TransportError
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import last_days
from cfusage_lab.source import kind_of, label_of
from cfusage_lab.wording import counted

__all__ = ["update"]


def update(
    client: UsageClient, *, location: str | None, accounts: str | None, days: int
) -> tuple[str, CfUsageError | None]:
    """Fetch what is new, and say so in one line.

    Where the hours are stored and the invoice previews can't be had, the error says that, beside the line.
    """
    first_time = last_days(days, include_today=True)
    asked = accounts_of(client, ALL if accounts is None else accounts) or []
    archive = UsageArchive(location, source=kind_of(client, asked))
    known = _known(archive, asked)
    before = _counts(archive, asked)
    new = [one for one in asked if one not in known]
    if new:
        archive.update(client, first_time, accounts=new, progress=listener())
    if known:
        archive.update(client, accounts=known, progress=listener())
    trouble = None
    try:
        archive.update_invoice_previews(client, accounts=asked)
    except CfUsageError as error:
        trouble = error
    after = _counts(archive, asked)
    hours, revised = (now - then for now, then in zip(after, before, strict=True))
    held = archive.held(accounts=asked)
    parts = [
        f"{counted(hours, 'hour')} new, {revised:,} revised",
        counted(len(asked), "account"),
        *([] if held is None else [str(held)]),
        "invoice previews stored" if trouble is None else "hours stored, invoice previews not",
    ]
    return f"{label_of(client, asked)}: {'; '.join(parts)}; {archive.location}\n", trouble


def _known(archive: UsageArchive, account_ids: Sequence[str]) -> list[str]:
    """Return the accounts of which hours are held."""
    rows = _read(archive, archive.scan().select(pl.col("account_id").unique()))
    return [one for one in account_ids if one in rows["account_id"]]


def _counts(archive: UsageArchive, account_ids: Sequence[str]) -> tuple[int, int]:
    """Return how many hours of accounts are held, and how often one was revised."""
    is_asked = pl.col("account_id").is_in(list(account_ids))
    held = _read(archive, archive.scan().filter(is_asked).select(pl.len())).item()
    return held, archive.revisions().filter(is_asked).height


def _read(archive: UsageArchive, rows: pl.LazyFrame) -> pl.DataFrame:
    """Collect what was made of a scan, whose errors are polars' own and may hold what nobody may see."""
    with suppress(OSError, pl.exceptions.PolarsError):
        return rows.collect()
    _ = archive.default_accounts  # says what is wrong in words of its own, if it still is
    raise TransportError(
        f"the archive at {archive.location} could not be read just now: run this again", retryable=True
    )
