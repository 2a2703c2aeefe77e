"""An archive that commands keep: what is fetched, what is said of it, and how a run ends."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from running import Ended, Run, credentials

import cfusage_lab as cfu
from cfusage_lab.sandbox import Sandbox, Trouble, serve

ACCOUNT, OTHER = "ab" * 16, "cd" * 16
HOUR = timedelta(hours=1)


def usage(*accounts: str, changed: float = 0.0) -> dict[str, dict[datetime, float]]:
    """Make the hours of 12 days; ``changed`` is added to one that was settled long ago."""
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = {
        one: {newest - n * HOUR: (1 + n % 7) / 8 + nth for n in range(12 * 24)}
        for nth, one in enumerate(accounts)
    }
    settled = newest.replace(hour=12) - 5 * 24 * HOUR
    for hours in found.values():
        hours[settled] += changed
    return found


def told(ended: Ended) -> tuple[int, int, int]:
    """Return how many hours were new, how many revised, and of how many accounts."""
    assert ended.code == 0, ended.err
    (found,) = re.findall(r": ([\d,]+) hours? new, ([\d,]+) revised; ([\d,]+) accounts?; ", ended.out)
    assert ended.out.count("\n") == 1
    new, revised, accounts = (int(one.replace(",", "")) for one in found)
    return new, revised, accounts


def held(folder: Path) -> pl.DataFrame:
    return cfu.UsageArchive(folder, source="account").scan().collect()


def test_several_runs_in_a_row_add_up_to_what_the_endpoint_holds(run: Run, tmp_path: Path) -> None:
    """The second account comes later, from as far back; then an old hour is corrected."""
    first = ["update", "--archive", str(tmp_path), "--days", "10", "--accounts", ACCOUNT]
    both = [*first[:-1], f"{ACCOUNT},{OTHER}"]
    with serve(Sandbox(usage=usage(ACCOUNT, OTHER))) as base_url:
        settings = credentials(base_url, ACCOUNT)
        runs = [told(run(*first, **settings)), told(run(*first, **settings)), told(run(*both, **settings))]
    sandbox = Sandbox(usage=usage(ACCOUNT, OTHER, changed=1.0))
    with serve(sandbox) as base_url:
        corrected = run(*both, **credentials(base_url, ACCOUNT))

    runs.append(told(corrected))
    assert 240 < runs[0][0] <= 264
    assert [accounts for *_, accounts in runs] == [1, 1, 2, 2]
    assert [revised for _, revised, _ in runs] == [0, 0, 0, 2]
    rows = held(tmp_path)
    assert rows.height == sum(new for new, *_ in runs)
    settled = rows.filter(pl.col("state") != "in_progress")
    for one in (ACCOUNT, OTHER):
        mine = settled.filter(account_id=one).sort("start_time")
        truth = sandbox.truth(one, mine["start_time"][0], mine["end_time"][-1])
        costs = dict(zip(truth["start_time"], truth["aggregated_value"], strict=True))
        assert dict(mine.select("start_time", "aggregated_value").iter_rows()) == pytest.approx(costs)
    span = re.search(r"accounts; (\S+) to (\S+); invoice previews stored; ", corrected.out)
    assert span is not None
    assert datetime.fromisoformat(span[1]) == rows["start_time"].min()
    assert str(tmp_path) in corrected.out
    previews = cfu.UsageArchive(tmp_path, source="account").invoice_previews()
    assert set(previews["account_id"]) == {ACCOUNT, OTHER}


def test_all_accounts_of_the_token_are_meant(run: Run, tmp_path: Path) -> None:
    """Here they are the sandbox's, and stay apart from real ones."""
    with serve(Sandbox()) as base_url:
        ended = run("update", "--archive", str(tmp_path), "--days", "2", **credentials(base_url))

    assert told(ended)[2] == 4
    archive = cfu.UsageArchive(tmp_path)
    assert (archive.source, archive.default_accounts) == ("sandbox", tuple(sorted(cfu.SANDBOX_ACCOUNTS)))


def test_made_up_and_real_accounts_are_never_one_archive(run: Run, tmp_path: Path) -> None:
    with serve(Sandbox(usage=usage(ACCOUNT))) as base_url:
        ended = run("update", "--archive", str(tmp_path / "new"), **credentials(base_url))

    assert (ended.code, ended.out) == (2, "")
    assert "is an account of the sandbox, and others are real" in ended.err
    assert not (tmp_path / "new").exists()


def test_without_credentials_nothing_is_made(run: Run, tmp_path: Path) -> None:
    ended = run("update", "--archive", str(tmp_path / "new"))

    assert (ended.code, ended.out) == (2, "")
    assert "no credentials" in ended.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Trouble.forbidden(9109), 3), (Trouble.throttled(400), 4), (Trouble.null_result(), 1)],
)
def test_a_run_that_fails_leaves_the_archive_as_it_was(
    run: Run, tmp_path: Path, trouble: Trouble, code: int
) -> None:
    words = ["update", "--archive", str(tmp_path), "--days", "2", "--accounts", ACCOUNT]
    with serve(Sandbox(usage=usage(ACCOUNT))) as base_url:
        told(run(*words, **credentials(base_url, ACCOUNT)))
    before = held(tmp_path).drop("state")
    with serve(Sandbox(usage=usage(ACCOUNT, changed=1.0), trouble=[trouble] * 40)) as base_url:
        ended = run(*words, **credentials(base_url, ACCOUNT))

    assert (ended.code, ended.out) == (code, "")
    assert ended.err.count("\n") == 1
    assert held(tmp_path).drop("state").sort("start_time").equals(before.sort("start_time"))


def test_hours_are_kept_where_the_invoice_is_refused_and_the_run_says_so(run: Run, tmp_path: Path) -> None:
    """Cloudflare forgets it: nobody may take that run for a whole one."""
    words = ["update", "--archive", str(tmp_path), "--days", "2", "--accounts", ACCOUNT]
    asked = Sandbox(usage=usage(ACCOUNT))
    with serve(asked) as base_url:
        run(*words[:2], str(tmp_path / "other"), *words[3:], **credentials(base_url, ACCOUNT))
    hours = len([one for one in asked.requests if "usage-history" in one.path])
    sandbox = Sandbox(usage=usage(ACCOUNT), trouble=[None] * hours + [Trouble.forbidden(9109)] * 9)
    with serve(sandbox) as base_url:
        ended = run(*words, **credentials(base_url, ACCOUNT))

    assert ended.code == 3
    assert "hours stored, invoice previews not" in ended.out
    assert "AI Gateway Read" in ended.err
    assert held(tmp_path).height > 48


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--days", "0"], "0 days: pass a whole number from 1"),
        (["--days", "many"], "invalid int value: 'many'"),
        (["--archive", "/dev/null"], "/dev/null"),
        (["--archive", ""], "the location"),
        (["--json"], "unrecognized arguments: --json"),
    ],
)
def test_what_the_caller_got_wrong_is_2_before_anything_is_asked(
    run: Run, tmp_path: Path, words: list[str], said: str
) -> None:
    sandbox = Sandbox(usage=usage(ACCOUNT))
    place = [] if "--archive" in words else ["--archive", str(tmp_path)]
    with serve(sandbox) as base_url:
        settings = credentials(base_url, ACCOUNT)
        ended = run("update", *words, *place, "--accounts", ACCOUNT, **settings)
        unnamed = run("update", "--archive", str(tmp_path), "--accounts", "", **settings)

    assert (ended.code, ended.out, sandbox.requests) == (2, "", ())
    assert said in ended.err
    assert (unnamed.code, unnamed.out) == (2, "")  # an unset variable of a script is not all accounts
    assert "accounts is empty" in unnamed.err


def test_two_at_once_are_both_right(tmp_path: Path) -> None:
    """Two processes, one archive: each hour is there once."""
    command = [
        *(sys.executable, "-m", "cfusage_lab", "update"),
        *("--archive", str(tmp_path / "history"), "--days", "3", "--accounts", ACCOUNT),
    ]
    sandbox = Sandbox(usage=usage(ACCOUNT))
    with serve(sandbox) as base_url:
        environment = {"PATH": "", **credentials(base_url, ACCOUNT)}
        started = [
            subprocess.Popen(  # noqa: S603 - our own command
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path.cwd()
            )
            for _ in range(2)
        ]
        ended = [(*one.communicate(timeout=200), one.returncode) for one in started]

    assert [code for *_, code in ended] == [0, 0], ended
    rows = held(tmp_path / "history")
    assert rows.height == rows["start_time"].n_unique() >= 72
    cfu.UsageArchive(tmp_path / "history", source="account").verify()
