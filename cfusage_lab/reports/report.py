"""A report in one file."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cfusage_lab.argument_checks import check_text, names_of
from cfusage_lab.files import checked_path, write_file
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.forecasts.credit import credit_balances
from cfusage_lab.ranges import (
    TimeRange,
    moment,
    no_zone_warning,
    off_the_hour,
    warn_if_off_the_hour,
    zone,
)
from cfusage_lab.reports.billing import billed
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.outlook import month_end, stood_out
from cfusage_lab.reports.sections import sections
from cfusage_lab.source import MADE_UP
from cfusage_lab.view.pages import standalone
from cfusage_lab.wording import span_text

__all__ = ["report"]


def report(  # noqa: PLR0913 - all but the first are keyword-only
    history: object,
    *,
    time_zone: str,
    path: str | os.PathLike[str],
    time_range: TimeRange | None = None,
    names: Mapping[str, str | None] | None = None,
    label: str | None = None,
    budget_usd: float | Mapping[str, float] | None = None,
    balance: object | None = None,
    invoice_lines: object | None = None,
    now: datetime | str | None = None,
) -> Path:
    """Write a report: one HTML file that needs no network, no kernel and no server, and prints well.

    It says how much it costs, where the month ends, what changed, what stood out, when it costs, which hours
    and days cost the most, what each model was billed, what may still change, and how all of that was
    computed. Several accounts are added up, with the costliest ten in a table; these are forecast and judged
    by themselves, too, and charts draw five of them apart. Made-up data from the sandbox is marked as such,
    on every printed page.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), from the first of the previous month for all
        comparisons, as of :func:`cfusage_lab.since_previous_month`; 90 days are better for the forecast and
        for what stood out. Where it is too short for them, the report says so. A lazy or PySpark table is
        computed here, and has to fit into memory.
    time_zone
        The IANA name of the zone whose days, weeks and clock these are.
    path
        The file to write; one that is there is replaced, in one step.
    time_range
        What the report is of, such as ``last_week(time_zone=…)``; left out, all of the history. The hours
        before it are what it is compared with, and what tells what is usual: the same weekdays before, or of
        a range from the first of a month the month before. Where the month ends is told as of the end of the
        history.
    names
        Account id to name, as in ``dict(client.accounts().iter_rows())``; an account without one is called
        by the ends of its id.
    label
        Where the numbers come from, in a few words, such as ``client.label``.
    budget_usd
        US dollars a month, of all accounts together; or a number by account id, of which ``all`` is one.
    balance
        Prepaid credit (``schema.CREDIT_BALANCE``), as ``client.credit_balance()`` returns it. It is told how
        long that of the costliest ten accounts lasts.
    invoice_lines
        Lines of invoices (``schema.INVOICE_LINES``), as ``client.invoice_preview()`` returns them, each once:
        they tell what each model was billed for the invoice period, and whether the hours agree with it. A
        factor of 100 or another difference is said at the top. Lines of other accounts are left out.
    now
        When the report is made, if it is not the clock's time: an aware datetime or an ISO 8601 text.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        If there is no such zone, ``time_range`` is none, ``now`` is no moment, the budget is no number above
        0 or is one for an account that is not there, or the file can't be written where ``path`` says.
    TransportError
        If there is no room for it.
    FrameError
        If the table is no history of hours, if no window of it or of the time range has ended (as in an
        empty one), if a window is a duplicate or has no cost, if accounts do not have the same windows,
        if one of the time range is not there, or if a table of invoice lines is none.

    Warns
    -----
    OffTheHourWarning
        If local midnights fall inside UTC hours, as in India.

    Examples
    --------
    >>> import tempfile
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.since_previous_month(now=now))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = cfu.report(history, time_zone="UTC", path=f"{folder}/usage.html", now=now)
    ...     print(file.name, "Sandbox: made-up data" in file.read_text(encoding="utf-8"))
    usage.html True
    """
    info, made_at = zone(time_zone), moment(now)
    check_text(label, "label")
    named = {one: name for one, name in names_of(names).items() if name}
    target = checked_path(path)
    budget = None if budget_usd is None else checked_budget(budget_usd)
    credit = None if balance is None else credit_balances(balance)
    with no_zone_warning():
        figures = Figures.of(history, time_zone=time_zone, names=named, time_range=time_range)
        note = off_the_hour(time_zone, *figures.span)
        parts = sections(
            figures,
            end=month_end(figures, budget=budget, balance=credit),
            found=stood_out(figures),
            invoice=None if invoice_lines is None else billed(figures, invoice_lines),
            label=label,
            made_at=made_at,
            note=note,
        )
    warn_if_off_the_hour(time_zone, *figures.span)
    page = standalone(
        parts,
        title=f"AI Gateway cost: {figures.whose}",
        note=" · ".join([span_text(*figures.span, info), f"{time_zone} time", *([label] if label else [])]),
        stamp=MADE_UP if figures.is_made_up else None,
    )
    return write_file(target, page)
