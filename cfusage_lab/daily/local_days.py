"""Hour windows to local calendar days, and accounts added up."""

from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.frames import Frames, FrameT, open_checked, open_table
from cfusage_lab.frames.checks import duplicate
from cfusage_lab.frames.expressions import state_of, state_rank, without_rounding
from cfusage_lab.frames.grouping import grouped
from cfusage_lab.frames.local_time import localize
from cfusage_lab.frames.row_order import have_same_places, is_in_order
from cfusage_lab.schema import ACCOUNT, DAILY, DAY_KEY, HISTORY, WINDOW_KEY

__all__ = ["TOTAL", "daily_usage", "total_usage"]

TOTAL: Final = "all"
"""The account id that stands for all accounts added up."""

_TOTALLED: Final = pl.Schema({name: kind for name, kind in HISTORY.items() if name != "id"})


def daily_usage(history: FrameT, *, time_zone: str) -> FrameT:
    """Add windows up to the local days in which they start.

    Every window counts, the running one too: the cost of all days is the cost of all windows.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), or in day windows if the zone is UTC.
    time_zone
        The IANA name of the zone whose days these are.

    Returns
    -------
    DataFrame
        One row a local day of an account (``schema.DAILY``), sorted by both unless it is lazy:

        - ``account_id``, ``date``: the account and the local calendar day
        - ``cost_usd``: US dollars
        - ``hours``: how many hours were added up; one without a value does not count
        - ``is_whole``: whether these are all the hours of that day, 23, 24 or 25
        - ``state``: ``in_progress`` if any window is, or else ``provisional`` if any is, or else
          ``complete``

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If columns are missing, windows are not hours, hours and days stand together, or (found only
        where the result is computed at once) there are duplicate windows.

    Warns
    -----
    OffTheHourWarning
        If local midnights fall inside UTC hours, as in India.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(3, now="2026-11-18T09:30Z"))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> daily.select("date", "cost_usd", "hours", "is_whole", "state")
    shape: (3, 5)
    ┌────────────┬────────────┬───────┬──────────┬─────────────┐
    │ date       ┆ cost_usd   ┆ hours ┆ is_whole ┆ state       │
    │ ---        ┆ ---        ┆ ---   ┆ ---      ┆ ---         │
    │ date       ┆ f64        ┆ i64   ┆ bool     ┆ str         │
    ╞════════════╪════════════╪═══════╪══════════╪═════════════╡
    │ 2026-11-15 ┆ 37.455998  ┆ 24    ┆ true     ┆ complete    │
    │ 2026-11-16 ┆ 121.118892 ┆ 24    ┆ true     ┆ provisional │
    │ 2026-11-17 ┆ 96.312941  ┆ 24    ┆ true     ┆ provisional │
    └────────────┴────────────┴───────┴──────────┴─────────────┘
    """
    local = localize(history, time_zone=time_zone, is_day_allowed=True)
    of, windows = local.table.expressions(local.frame)
    windows = nw.from_native(windows.select("account_id", "date", "cost_usd", rank=state_rank(of)))
    sums = _sums_with_gross if local.span.may_have_corrections else _sums
    cost = of.col("cost_usd")
    if local.span.may_have_corrections:
        cost = without_rounding(cost, of.col("gross"), of)
    _, days = local.table.expressions(
        grouped(windows, local.table, by="date", aggregates=sums, runs=local.runs)
    )
    _, day_hours = local.table.expressions(local.days)
    days = nw.from_native(
        days.join(day_hours, on="date", how="left")
        .with_columns(
            hours=of.col("windows").cast(of.Int64) * local.span.window_hours, state=state_of("rank", of)
        )
        .with_columns(
            cost_usd=of.when(of.col("windows") > 0).then(cost),
            is_whole=of.col("hours") == of.col("day_hours"),
        )
    )
    result: FrameT = local.table.hand_back(days.select(*DAILY.names()), order=DAY_KEY)
    return result


def total_usage(table: FrameT) -> FrameT:
    """Add all accounts up.

    Parameters
    ----------
    table
        Usage history (``schema.HISTORY``) or local days (``schema.DAILY``).

    Returns
    -------
    DataFrame
        The same kind of table with one account, ``all``. ``state`` is the least settled of the
        accounts'; ``hours`` the fewest. A day is whole if it is whole for every account of the table. A
        window is reported if it is for any account; its ``id`` is null.

    Raises
    ------
    FrameError
        If the table is neither, or a usage history in which the accounts do not have the same windows:
        a window that one of them lacks would make the total fall.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> two_days = cfu.last_days(2, now="2026-11-18T09:30Z")
    >>> history = client.usage_history(two_days, accounts=list(cfu.SANDBOX_ACCOUNTS))
    >>> cfu.total_usage(cfu.daily_usage(history, time_zone="UTC"))
    shape: (2, 6)
    ┌────────────┬────────────┬────────────┬───────┬──────────┬─────────────┐
    │ account_id ┆ date       ┆ cost_usd   ┆ hours ┆ is_whole ┆ state       │
    │ ---        ┆ ---        ┆ ---        ┆ ---   ┆ ---      ┆ ---         │
    │ str        ┆ date       ┆ f64        ┆ i64   ┆ bool     ┆ str         │
    ╞════════════╪════════════╪════════════╪═══════╪══════════╪═════════════╡
    │ all        ┆ 2026-11-16 ┆ 161.569702 ┆ 24    ┆ true     ┆ provisional │
    │ all        ┆ 2026-11-17 ┆ 145.177163 ┆ 24    ┆ true     ┆ provisional │
    └────────────┴────────────┴────────────┴───────┴──────────┴─────────────┘
    """
    usage = open_table(table, ACCOUNT, table="usage")
    is_history = "start_time" in usage.columns
    total: FrameT = _total_history(usage.native) if is_history else _total_daily(usage.native)
    return total


def _sums(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    cost = of.col("cost_usd")
    return {"cost_usd": cost.sum(), "windows": cost.count(), "rank": of.col("rank").max()}


def _sums_with_gross(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    return _sums(of) | {"gross": of.col("cost_usd").abs().sum()}


def _total_daily(daily: FrameT) -> FrameT:
    table = open_checked(daily, DAILY, table="daily", key=DAY_KEY)
    rows = table.frame.with_columns(rank=state_rank())
    accounts = rows.select(accounts=nw.col("account_id").n_unique())
    cost = nw.col("cost_usd")
    days = (
        rows.group_by("date")
        .agg(
            cost.sum(),
            nw.col("hours").min(),
            nw.col("is_whole").all(),
            nw.col("rank").max(),
            found=nw.len(),
            known=cost.count(),
            gross=cost.abs().sum(),
        )
        .join(accounts, how="cross")
        .with_columns(
            account_id=nw.lit(TOTAL),
            cost_usd=nw.when(nw.col("known") > 0).then(without_rounding(cost, nw.col("gross"))),
            is_whole=nw.col("is_whole")
            & (nw.col("found") == nw.col("accounts"))
            & (nw.col("known") == nw.col("accounts")),
            state=state_of("rank"),
        )
    )
    result: FrameT = table.hand_back(days.select(*DAILY.names()), order=("date",))
    return result


def _total_history(history: FrameT) -> FrameT:
    table = open_checked(history, _TOTALLED, table="usage history", key=WINDOW_KEY)
    if table.is_spark:
        _refuse_duplicates(table.frame)
        _require_same_windows(table.frame, nw.col("start_time").n_unique(), nw.len())
    elif not table.is_eager:
        _require_each_once(table.frame)
    value = nw.col("aggregated_value")
    lowest = table.frame.select(value.min()).collect("polars").item() if table.is_eager else None
    may_cancel = not table.is_eager or (lowest or 0) < 0
    windows = (
        table.frame.with_columns(rank=state_rank())
        .group_by("start_time", "end_time")
        .agg(
            value.sum(),
            nw.col("is_reported").any(),
            nw.col("rank").max(),
            found=nw.len(),
            known=value.count(),
            gross=(value.abs() if may_cancel else value).sum(),
        )
        .with_columns(
            account_id=nw.lit(TOTAL),
            aggregated_value=nw.when(nw.col("known") == nw.col("found")).then(
                without_rounding(value, nw.col("gross"))
            ),
            id=nw.lit(None, dtype=nw.String),
            state=state_of("rank"),
        )
    )
    if not table.is_eager:
        lazy: FrameT = table.hand_back(windows.select(*HISTORY.names()))
        return lazy
    total = table.hand_back(windows.select(*HISTORY.names(), "found"), order=("start_time",))
    _require_same_windows(table.frame, nw.lit(total.height), nw.lit(int(total["found"].sum())))
    return total.select(HISTORY.names())  # type: ignore[no-any-return]


def _refuse_duplicates(history: Frames) -> None:
    """Ask a lazy table whether any window is a duplicate; of a DataFrame, that is known."""
    key = WINDOW_KEY
    found = history.group_by(*key).agg(rows=nw.len()).filter(nw.col("rows") > 1).head(1)
    for row in found.collect("polars").to_native().iter_rows(named=True):
        raise duplicate(row, key)


def _require_each_once(history: Frames) -> None:
    """Ask a lazy polars table for its keys alone; where they are in order, no window is a duplicate.

    Groups of account and window would be as many as there are rows, and take more memory than the keys.
    """
    keys = history.select("account_id", "start_time").collect("polars")
    rows: pl.DataFrame = keys.to_native()
    if is_in_order(rows, rows.columns):
        if have_same_places(*rows.get_columns()):
            return
    else:
        _refuse_duplicates(keys.lazy())
    _require_same_windows(keys.lazy(), nw.col("start_time").n_unique(), nw.len())


def _require_same_windows(history: Frames, windows: nw.Expr, rows: nw.Expr) -> None:
    """Ask for counts; raise unless every account has every window. None is a duplicate."""
    counts = history.select(accounts=nw.col("account_id").n_unique(), windows=windows, rows=rows)
    n_accounts, n_windows, n_rows = counts.collect("polars").to_native().row(0)
    if n_rows != n_accounts * n_windows:
        raise FrameError(
            f"{n_accounts} accounts times {n_windows} windows would be {n_accounts * n_windows:,} rows, and "
            f"there are {n_rows:,}: fetch all accounts for one range, or take total_usage(daily_usage(…)), "
            "which says which days are not whole"
        )
