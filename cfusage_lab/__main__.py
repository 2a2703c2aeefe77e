"""The summary in a terminal: ``python -m cfusage_lab``."""

import argparse
import json
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cfusage_lab import terminal
from cfusage_lab.errors import AuthError, CfUsageError, ConfigError
from cfusage_lab.wording import visible

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from cfusage_lab.fetch import UsageClient
    from cfusage_lab.ranges import TimeRange

_NAME: Final = "cfusage_lab"
_DONE, _CONFIG, _AUTH, _LATER = 0, 2, 3, 4
_EPILOG: Final = """\
What is fetched: every hour from the first day of the previous month until now, in the time zone, which is
what month-to-date against the month before needs. Cost is US dollars of Unified Billing.

Who asks: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, in
the environment. Without them nothing is shown, unless made-up data is asked for with --sandbox.

Exit codes: 0 done; 1 another error, such as an answer that can't be written; 2 wrong arguments, or
credentials, a proxy or certificates that are missing or malformed; 3 Cloudflare refused the token or the
account id, or what the one may do with the other; 4 no network, rate limit or a passing fault: the same call
may succeed later; 130 interrupted. An error is one line on stderr.
Where Cloudflare asks to wait, that is done for up to 15 minutes; a line on stderr, or a bar in a terminal,
says so.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What is printed: the summary, one row an account, and where it comes from."""

    source: str
    label: str
    time_zone: str
    time_range: "TimeRange"
    rows: list[dict[str, Any]]


class _Told:
    """Says in a line of its own what a long wait is for, where there is no bar to say it."""

    is_cancelled = False

    def update(self, done: int, total: int) -> None:
        """Take no notice."""

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for, and how long."""
        terminal.complain(_NAME, f"note: waiting {seconds:.0f} s: {reason}")

    def close(self) -> None:
        """Take no notice."""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line, as every other error here."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and leave."""
        terminal.complain(_NAME, f"{message}; --help says more")
        self.exit(_CONFIG)

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:  # noqa: ARG002 - always the same
        """Write the help, if it can be written."""
        terminal.write(self.format_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary, and return the exit code."""
    return terminal.run(_NAME, lambda: _printed(arguments))


def _printed(arguments: Sequence[str] | None) -> int:
    parser = _Parser(
        prog="python -m cfusage_lab",
        description="Print what Cloudflare AI Gateway charged an account: the summary, without a notebook.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sandbox", action="store_true", help="made-up data, without a token or a network")
    parser.add_argument("--json", action="store_true", help="JSON for scripts: unrounded numbers, UTC times")
    parser.add_argument(
        "--time-zone", default="UTC", metavar="NAME", help="zone of days and months (default: UTC)"
    )
    options = parser.parse_args(arguments)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")  # others' warnings are no matter of this command's reader
            warnings.simplefilter("always", UserWarning)
            answer = _answer(is_sandbox=options.sandbox, time_zone=options.time_zone)
    except CfUsageError as error:
        terminal.complain(_NAME, error)
        return _code(error)
    for note in dict.fromkeys(str(warning.message) for warning in caught):
        terminal.complain(_NAME, f"note: {note}")
    is_rich = terminal.is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
    terminal.write(_as_json(answer) if options.json else _as_text(answer, is_rich=is_rich))
    return _DONE


def _code(error: CfUsageError) -> int:
    if isinstance(error, ConfigError):
        return _CONFIG
    if isinstance(error, AuthError):
        return _AUTH
    return _LATER if error.retryable else terminal.OTHER


def _answer(*, is_sandbox: bool, time_zone: str) -> _Answer:
    """Fetch the history and sum it up."""
    from cfusage_lab.ranges import since_previous_month  # noqa: PLC0415 - keeps --help fast
    from cfusage_lab.source import MADE_UP, are_made_up  # noqa: PLC0415
    from cfusage_lab.summaries import summary  # noqa: PLC0415

    now = datetime.now(UTC)
    time_range = since_previous_month(time_zone=time_zone, now=now)
    with _client(is_sandbox=is_sandbox) as client:
        progress = None if terminal.is_terminal(sys.stderr) else _Told()
        history = client.usage_history(time_range, with_ids=False, progress=progress)
    is_made_up = is_sandbox or are_made_up(history["account_id"].unique())
    return _Answer(
        source="sandbox" if is_made_up else "account",
        label=client.label if is_sandbox or not is_made_up else f"{MADE_UP} ({client.label})",
        time_zone=time_zone,
        time_range=time_range,
        rows=summary(history, time_zone=time_zone).to_dicts(),
    )


def _client(*, is_sandbox: bool) -> "UsageClient":
    """Return the client that was asked for, never the other one."""
    from cfusage_lab.credentials import find_credentials  # noqa: PLC0415
    from cfusage_lab.fetch import UsageClient  # noqa: PLC0415

    if is_sandbox:
        return UsageClient.sandbox()
    credentials = find_credentials()
    if credentials is None:
        raise ConfigError(
            "no credentials: set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID; made-up data is shown with "
            "--sandbox"
        )
    return UsageClient(credentials)


def _as_json(answer: _Answer) -> str:
    about = {
        "source": answer.source,
        "label": answer.label,
        "time_zone": answer.time_zone,
        "start_time": answer.time_range.start,
        "end_time": answer.time_range.end,
        "summary": answer.rows,
    }
    return json.dumps(about, indent=2, allow_nan=False, default=_iso) + "\n"


def _as_text(answer: _Answer, *, is_rich: bool) -> str:
    """Return the label, the range, and a few lines for each account."""
    bold, plain = ("\033[1m", "\033[0m") if is_rich else ("", "")
    lines = [f"{bold}{visible(answer.label)}{plain}", f"{answer.time_range}; days of {answer.time_zone}"]
    for row in answer.rows:
        lines += ["", f"{bold}{visible(row['account_id'])}{plain}"]
        lines += [f"  {what:<27}{figure:>16}  {beside}".rstrip() for what, figure, beside in _figures(row)]
    return "\n".join(lines) + "\n"


def _figures(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what each figure is, the figure, and what stands beside it."""
    day = _beside(row["day_kind"], row["day_change_ratio"], row["yesterday_usd"])
    month = _beside(row["month_kind"], row["month_change_ratio"], row["previous_month_usd"])
    until = f"{row['date']} until {row['until']}" if row["date"] else "no hour has ended"
    return [
        (until, _usd(row["today_usd"]), f"{day} the day before, until then"),
        ("month until then", _usd(row["month_usd"]), f"{month} the month before, until then"),
        ("mean of whole days", _usd(row["mean_day_usd"]), ""),
        ("hour with the highest mean", _peak(row), ""),
        ("load factor", _share(row["load_factor"]), "mean hour over highest hour"),
        ("still provisional", _share(row["provisional_share"]), "of the finished hours"),
    ]


def _beside(kind: str | None, ratio: float | None, previous: float | None) -> str:
    """Say how a figure compares; where there is no ratio, its kind says why."""
    if kind == "zero":
        return f"the same as {_usd(previous)}"
    change = kind or "unknown" if ratio is None else f"{ratio:+.1%}"
    return f"{change} against {_usd(previous)}"


def _peak(row: dict[str, Any]) -> str:
    """Name the hour; where nothing was charged, all of them are alike and none is the highest."""
    if row["peak_hour"] is None:
        return "none" if row["mean_day_usd"] == 0 else "unknown"
    return f"{row['peak_hour']:02d}:00"


def _usd(value: float | None) -> str:
    """Write a cost in cents, or in four digits where that is less than a dollar."""
    if value is None:
        return "unknown"
    return f"{value:,.2f} USD" if value == 0 or abs(value) >= 1 else f"{value:.4g} USD"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _iso(moment: object) -> str:
    """Return a date, or a moment in UTC, in ISO 8601."""
    if isinstance(moment, date):  # a datetime is one, too
        return moment.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(moment).__name__} has no place in JSON")


if __name__ == "__main__":
    sys.exit(main())
