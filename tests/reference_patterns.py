"""The patterns again, slowly: lists, loops and the standard library's time zones."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable

import polars as pl
from reference_changes import local

Rows = list[dict]


def counted(history: pl.DataFrame, *, include_in_progress: bool = False) -> Rows:
    """List the windows that count."""
    return [
        row
        for row in history.iter_rows(named=True)
        if row["aggregated_value"] is not None and (include_in_progress or row["state"] != "in_progress")
    ]


def grouped(rows: Rows, key: Callable[[dict], Hashable]) -> dict[Hashable, list[float]]:
    """Collect values by key."""
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row["aggregated_value"])
    return dict(sorted(groups.items()))


def quantile(values: list[float], part: float) -> float:
    """Walk ``part`` of the way through the sorted values, in a straight line between two of them."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * part
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place - math.floor(place))


def share(part: float, total: float) -> float | None:
    """Divide, if there is a total to divide by."""
    return part / total if total > 0 else None


def pattern(history: pl.DataFrame, zone: str, *, names: tuple[str, ...], include_in_progress: bool) -> Rows:
    """Describe each account and slot; ``names`` are ``hour``, or ``weekday`` and ``hour``."""
    clock = {"weekday": lambda moment: moment.isoweekday(), "hour": lambda moment: moment.hour}
    rows = counted(history, include_in_progress=include_in_progress)
    slots = grouped(
        rows,
        lambda row: (
            row["account_id"],
            *(clock[name](local(row["start_time"], zone)) for name in names),
        ),
    )
    totals = {
        account: sum(values) for account, values in grouped(rows, lambda row: row["account_id"]).items()
    }
    return [
        {
            **dict(zip(("account_id", *names), key, strict=True)),
            "mean_usd": sum(values) / len(values),
            "median_usd": quantile(values, 0.5),
            "q25_usd": quantile(values, 0.25),
            "q75_usd": quantile(values, 0.75),
            "total_usd": sum(values),
            "share": share(sum(values), totals[key[0]]),
            "hours": len(values),
        }
        for key, values in slots.items()
    ]


def peak_hours(history: pl.DataFrame, zone: str, *, include_in_progress: bool = False) -> Rows:
    """Keep the hours whose mean is the account's highest."""
    profile = pattern(history, zone, names=("hour",), include_in_progress=include_in_progress)
    peaks = {}
    for row in profile:
        peaks[row["account_id"]] = max(row["mean_usd"], peaks.get(row["account_id"], -math.inf))
    return [
        {name: row[name] for name in ("account_id", "hour", "mean_usd", "hours")}
        for row in profile
        if math.isclose(row["mean_usd"], peaks[row["account_id"]], rel_tol=1e-12)
    ]


def load_factor(history: pl.DataFrame, *, include_in_progress: bool = False) -> Rows:
    """Divide each account's mean by its highest hour."""
    rows = counted(history, include_in_progress=include_in_progress)
    return [
        {
            "account_id": account,
            "mean_usd": sum(values) / len(values),
            "peak_usd": max(values),
            "load_factor": share(sum(values) / len(values), max(values)),
            "hours": len(values),
        }
        for account, values in grouped(rows, lambda row: row["account_id"]).items()
    ]


def part_of_week(
    history: pl.DataFrame,
    zone: str,
    *,
    is_part: Callable[[int, int], bool],
    part: str,
    include_in_progress: bool,
) -> Rows:
    """Add up the windows of which a weekday and an hour are part."""
    answer = []
    rows = counted(history, include_in_progress=include_in_progress)
    for account, values in grouped(rows, lambda row: row["account_id"]).items():
        inside = 0.0
        for row in rows:
            moment = local(row["start_time"], zone)
            if row["account_id"] == account and is_part(moment.isoweekday(), moment.hour):
                inside += row["aggregated_value"]
        answer.append(
            {
                "account_id": account,
                f"{part}_usd": inside,
                "total_usd": sum(values),
                f"{part}_share": share(inside, sum(values)),
                "hours": len(values),
            }
        )
    return answer


def concentration(history: pl.DataFrame, *, top: int, include_in_progress: bool = False) -> Rows:
    """Add up each account's dearest hours."""
    rows = counted(history, include_in_progress=include_in_progress)
    return [
        {
            "account_id": account,
            "top_hours": min(top, len(values)),
            "top_usd": sum(sorted(values, reverse=True)[:top]),
            "total_usd": sum(values),
            "top_share": share(sum(sorted(values, reverse=True)[:top]), sum(values)),
            "hours": len(values),
        }
        for account, values in grouped(rows, lambda row: row["account_id"]).items()
    ]
