"""The summary in a terminal, run as a user or a script runs it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cfusage_lab import errors
from cfusage_lab.commands.run import code_of
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, Trouble, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

ACCOUNT = "ab" * 16
SANDBOX_ID = next(iter(SANDBOX_ACCOUNTS))
SECRET = "a-token-nobody-may-ever-read-in-a-terminal"
COMMAND = [sys.executable, "-m", "cfusage_lab"]
HOUR = timedelta(hours=1)


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without credentials, and with these settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CLOUDFLARE_") and name != "NO_COLOR"
    }
    return {**kept, "PYTHONIOENCODING": "utf-8", **settings}


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; whatever happens, it shows no token and no traceback."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        env=environment(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    for token in {SECRET, SANDBOX_TOKEN, settings.get("CLOUDFLARE_API_TOKEN") or SECRET}:
        assert token not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def credentials(base_url: str, **settings: str) -> dict[str, str]:
    """Return the settings of a user whose account is made up, but is not one of the sandbox's own."""
    return {
        "CLOUDFLARE_BASE_URL": base_url,
        "CLOUDFLARE_API_TOKEN": SANDBOX_TOKEN,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        **settings,
    }


def seventy_days() -> dict[datetime, float]:
    """Make costs in eighths of a dollar, whose sums are exact, for every hour until now."""
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return {newest - n * HOUR: (1 + (n * 7) % 11) / 8 for n in range(70 * 24)}


def counted(truth: Mapping[datetime, float], end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Add the figures up by hand, from what the sandbox knows; ``end`` is the last finished window's."""
    local = {start.astimezone(zone): cost for start, cost in truth.items() if start < end}
    last = max(local)
    today, clock = last.date(), last.time()
    first = today.replace(day=1)
    month_before = (first - timedelta(days=1)).replace(day=1)

    def until(day: date, *, since: date) -> float:
        """Add up from ``since`` to the last hour's clock time on ``day``."""
        wanted = [
            cost
            for start, cost in local.items()
            if since <= start.date() and (start.date(), start.time()) <= (day, clock)
        ]
        return sum(wanted)

    days: dict[date, list[float]] = {}
    for start, cost in local.items():
        days.setdefault(start.date(), []).append(cost)
    whole = [sum(costs) for costs in days.values() if len(costs) == 24]
    before = [day for day in days if day.month == month_before.month and day.day <= today.day]
    return {
        "date": today.isoformat(),
        "today_usd": until(today, since=today),
        "yesterday_usd": until(today - timedelta(days=1), since=today - timedelta(days=1)),
        "month_usd": until(today, since=first),
        "previous_month_usd": _same_days(local, before, today.day, clock) if before else None,
        "mean_day_usd": sum(whole) / len(whole),
    }


def _same_days(local: Mapping[datetime, float], days: list[date], cut: int, clock: time) -> float:
    """Add up days of the month before; the one numbered ``cut`` only until the clock time."""
    return sum(
        cost
        for start, cost in local.items()
        if start.date() in days and (start.day < cut or start.time() <= clock)
    )


def test_the_figures_of_an_account_are_those_the_endpoint_holds() -> None:
    """Tokyo has no clock changes, so that this holds on every day of the year."""
    zone = ZoneInfo("Asia/Tokyo")
    sandbox = Sandbox(usage={ACCOUNT: seventy_days()})
    with serve(sandbox) as base_url:
        done = run("--json", "--time-zone", "Asia/Tokyo", **credentials(base_url))
    assert done.returncode == 0, done.stderr

    answer = json.loads(done.stdout)
    start, end = (datetime.fromisoformat(answer[name]) for name in ("start_time", "end_time"))
    truth = sandbox.truth(ACCOUNT, start, end)
    costs = dict(zip(truth["start_time"], truth["aggregated_value"], strict=True))
    (row,) = answer["summary"]
    assert row["account_id"] == ACCOUNT
    wanted = counted(costs, end - HOUR, zone)
    assert {name: row[name] for name in wanted} == wanted
    assert answer["source"] == "account"
    assert answer["label"] == "Cloudflare account, through 127.0.0.1"
    assert done.stderr == ""


def test_the_range_is_the_previous_month_until_now_in_the_zone() -> None:
    before = datetime.now(UTC)
    answer = json.loads(run("--sandbox", "--json", "--time-zone", "America/New_York").stdout)
    after = datetime.now(UTC)

    start, end = (datetime.fromisoformat(answer[name]) for name in ("start_time", "end_time"))
    local = (end - 2 * HOUR).astimezone(ZoneInfo("America/New_York"))  # the last hour that is over
    first = start.astimezone(ZoneInfo("America/New_York"))
    assert (first.day, first.hour) == (1, 0)
    assert (local.year * 12 + local.month) - (first.year * 12 + first.month) == 1
    assert before < end <= after + HOUR


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_lost_token_never_ends_in_invented_dollars(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "CLOUDFLARE_API_TOKEN" in done.stderr
    assert "--sandbox" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "complaint"),
    [
        ((), {"CLOUDFLARE_API_TOKEN": f"Bearer {SECRET}"}, "starts with 'Bearer'"),
        ((), {"CLOUDFLARE_API_TOKEN": SECRET, "CLOUDFLARE_ACCOUNT_ID": "12"}, "not an account id"),
        ((), {"CLOUDFLARE_EMAIL": "a@b.example"}, "CLOUDFLARE_API_KEY"),
        (("--sandbox", "--time-zone", "Europe/Nowhere"), {}, "no time zone 'Europe/Nowhere'"),
        (("--days", "3"), {}, "unrecognized arguments: --days 3"),
    ],
)
def test_what_the_caller_got_wrong_is_2(
    arguments: tuple[str, ...], settings: dict[str, str], complaint: str
) -> None:
    done = run(*arguments, **settings)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cfusage_lab: ")
    assert done.stderr.count("\n") == 1
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("trouble", "settings", "code", "complaint"),
    [
        (None, {"CLOUDFLARE_API_TOKEN": SECRET}, 3, "AI Gateway Read"),
        (Trouble.forbidden(9109), {}, 3, "AI Gateway Read"),
        (Trouble.throttled(400), {}, 4, "try again in 400 s"),
        (Trouble.null_result(), {}, 1, "`$.result` is null"),
        (Trouble.refused(404, 7003, "Could not route"), {}, 3, "check the account id"),
    ],
)
def test_what_cloudflare_refuses_is_one_line_and_a_code(
    trouble: Trouble | None, settings: dict[str, str], code: int, complaint: str
) -> None:
    sandbox = Sandbox(usage={ACCOUNT: seventy_days()}, trouble=[trouble] * 40)
    with serve(sandbox) as base_url:
        done = run("--json", **credentials(base_url, **settings))

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("cfusage_lab: ")
    assert done.stderr.count("\n") == 1
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TransportError("", retryable=True), 4),
        (errors.RateLimitError("", retryable=True), 4),
        (errors.ApiError("", status_code=502, retryable=True), 4),
        (errors.ApiError("", status_code=400), 1),
        (errors.PayloadError(""), 1),
        (errors.CancelledError(""), 1),
        (errors.AuthError(""), 3),
        (errors.ConfigError(""), 2),
    ],
)
def test_every_error_has_its_code(error: errors.CfUsageError, code: int) -> None:
    assert code_of(error) == code


def test_an_interrupt_ends_it_without_a_traceback() -> None:
    """The signal comes while the first answer is waited for."""
    was_asked = threading.Event()

    def clock() -> float:
        was_asked.set()
        return monotonic()

    sandbox = Sandbox(Knobs(latency_seconds=60), usage={ACCOUNT: seventy_days()}, clock=clock)
    script = (  # whoever runs the tests in the background has interrupts turned off
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('cfusage_lab', run_name='__main__')"
    )
    with (
        serve(sandbox) as base_url,
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", script],
            env=environment(**credentials(base_url)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
    ):
        assert was_asked.wait(60)
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=30)

    assert (process.returncode, printed, complained) == (130, "", "cfusage_lab: interrupted\n")


def test_the_first_line_says_that_the_sandbox_is_made_up() -> None:
    done = run("--sandbox", CLOUDFLARE_API_TOKEN=SECRET)

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "Sandbox: made-up data"
    assert "\033" not in done.stdout
    assert json.loads(run("--sandbox", "--json").stdout)["source"] == "sandbox"


def test_a_sandbox_account_is_made_up_behind_any_address() -> None:
    with serve(Sandbox(accounts={ACCOUNT: "Ada"})) as base_url:
        done = run(**credentials(base_url, CLOUDFLARE_ACCOUNT_ID=f"{ACCOUNT},{SANDBOX_ID}"))

    lines = done.stdout.splitlines()
    assert lines[0] == "Sandbox: made-up data (Cloudflare account, through 127.0.0.1)"
    names = ["All 2 accounts", "Ada", SANDBOX_ACCOUNTS[SANDBOX_ID]]
    assert sorted(line for line in lines[2:] if line[:1].strip()) == sorted(names)


def test_a_zone_off_the_hour_is_a_note_beside_the_answer() -> None:
    done = run("--sandbox", "--json", "--time-zone", "Asia/Kathmandu")

    assert json.loads(done.stdout)["time_zone"] == "Asia/Kathmandu"
    assert done.stderr.startswith("cfusage_lab: note: Asia/Kathmandu is +05:45 from UTC")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("settings", "is_bold"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_only_a_terminal_gets_bold_text(settings: dict[str, str], *, is_bold: bool) -> None:
    pty = pytest.importorskip("pty")
    terminal, end = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "--sandbox"], env=environment(**settings), stdout=end, stderr=subprocess.PIPE
    ) as process:
        process.communicate(timeout=100)
    os.close(end)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)

    assert shown.startswith("\033[1mSandbox: made-up data\033[0m" if is_bold else "Sandbox: made-up data")


def test_the_help_says_what_is_fetched_and_every_exit_code() -> None:
    told = " ".join(run("--help").stdout.split())

    assert "until now" in told
    for code in ("0 done", "1 another error", "2 wrong", "3 Cloudflare refused", "4 no network"):
        assert code in told


def test_a_long_wait_is_told_where_there_is_no_bar() -> None:
    """Cloudflare asks for a second; the answer is the whole one nevertheless."""
    sandbox = Sandbox(usage={ACCOUNT: seventy_days()}, trouble=[Trouble.throttled(1)])
    with serve(sandbox) as base_url:
        done = run("--json", **credentials(base_url))

    assert done.returncode == 0
    assert done.stderr == (
        "cfusage_lab: note: waiting 1 s: trying again after an answer 429: too many requests\n"
    )


UNWRITABLE = {
    "a full disk": (">/dev/full", "No space left on device"),
    "a closed output": (">&-", "standard output is closed"),
    "a pipe that nobody reads": ("| true", "Broken pipe"),
}


@pytest.mark.parametrize("command", ["cfusage_lab --sandbox", "cfusage_lab --help", "cfusage_lab.sandbox"])
@pytest.mark.parametrize(("output", "why"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_an_answer_that_cannot_be_written_is_one_line_and_1(command: str, output: str, why: str) -> None:
    line = f"set -o pipefail; '{sys.executable}' -m {command} {output}"
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/bash", "-c", line],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )

    assert done.returncode == 1
    name = command.partition(" ")[0]
    assert done.stderr == f"{name}: the answer can't be written: {why}\n"


@pytest.mark.parametrize("output", ["2>&-", "2>/dev/full", "2>&1 >/dev/null | true"])
def test_nobody_who_hears_of_errors_is_no_error(output: str) -> None:
    line = f"'{sys.executable}' -m cfusage_lab --sandbox --time-zone No/Where {output}"
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], env=environment(), timeout=100, check=False
    )

    assert done.returncode == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "utf-16"},
        {"PYTHONWARNINGS": "error"},
        {"COLUMNS": "no", "TERM": "dumb", "TZ": "No/Where", "NO_PROXY": ",*,[::", "HOME": ""},
    ],
)
def test_an_odd_environment_is_no_error(settings: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "--sandbox"], env=environment(**settings), capture_output=True, timeout=100, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"m\x00a\x00d\x00e" in done.stdout or b"made-up data" in done.stdout


@pytest.mark.parametrize(
    "settings",
    [
        {"https_proxy": "http://user:a-password-of-a-proxy@proxy.example:99999"},
        {"all_proxy": "gopher://user:a-password-of-a-proxy@proxy.example"},
        {"CLOUDFLARE_BASE_URL": "https://user:a-password-of-a-proxy@api.example"},
        {"SSL_CERT_FILE": "/no/where"},
    ],
)
def test_what_the_environment_got_wrong_about_the_network_is_2(settings: dict[str, str]) -> None:
    kept = dict.fromkeys(("https_proxy", "all_proxy", "no_proxy"), "")
    done = run(**kept | {"CLOUDFLARE_API_TOKEN": SECRET, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT} | settings)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "a-password" not in done.stderr


@pytest.mark.parametrize("accounts", [ACCOUNT, ",".join(f"{n:032x}" for n in range(5))])
@pytest.mark.parametrize("phase", ["silent", "waiting"])
def test_an_interrupt_ends_the_process_within_a_second(accounts: str, phase: str) -> None:
    """While a server is silent, and while Cloudflare is waited for; one account, and several."""
    was_asked = threading.Event()
    number = 1 if accounts == ACCOUNT or phase == "waiting" else 2

    def clock() -> float:
        if len(sandbox.requests) + 1 >= number:
            was_asked.set()
        return monotonic()

    usage = {account: seventy_days() for account in accounts.split(",")}
    trouble = [None] * (number - 1) + [Trouble.slow(60) if phase == "silent" else Trouble.throttled(200)] * 9
    sandbox = Sandbox(usage=usage, trouble=trouble, clock=clock)
    script = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('cfusage_lab', run_name='__main__')"
    )
    with (
        serve(sandbox) as base_url,
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", script],
            env=environment(**credentials(base_url, CLOUDFLARE_ACCOUNT_ID=accounts)),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
    ):
        assert was_asked.wait(60)
        sleep(0.3)  # it is sent while the answer is waited for, not before
        began = monotonic()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=30)
        took = monotonic() - began

    assert process.returncode == 130
    assert complained.splitlines()[-1] == "cfusage_lab: interrupted"
    assert took < 3
