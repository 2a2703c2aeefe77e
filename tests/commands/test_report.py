"""Reports that commands write: from an account as from its archive, to a file that is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from running import Run, credentials

import cfusage_lab as cfu
from cfusage_lab.account_names import labels
from cfusage_lab.sandbox import Sandbox, Trouble, serve

ACCOUNT, OTHER = "ab" * 16, "cd" * 16
HOUR = timedelta(hours=1)
SAME = ("How much does it cost?", "What changed?", "Which hours and days cost the most?")

pytestmark = pytest.mark.filterwarnings("ignore::cfusage_lab.OffTheHourWarning")


def usage() -> dict[str, dict[datetime, float]]:
    """Make the hours of a hundred days, each week a little dearer."""
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return {
        one: {newest - n * HOUR: scale * (3 - n / 2_000) * (1 + n % 5) / 8 for n in range(100 * 24)}
        for one, scale in {ACCOUNT: 1.0, OTHER: 3.0}.items()
    }


def parts(text: str) -> dict[str, BeautifulSoup]:
    page = BeautifulSoup(text, "html.parser")
    return {one.h2.text: one for one in page.find_all("section")}


def total(path: Path) -> float:
    """Return the first figure of a report."""
    part = parts(path.read_text(encoding="utf-8"))["How much does it cost?"]
    return float(part.select_one(".figure data")["value"])


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_the_report_of_last_week_is_named_by_its_days_and_is_their_sum(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.chdir(tmp_path)
    sandbox = Sandbox(usage=usage())
    with serve(sandbox) as base_url:
        ended = run("report", "--time-zone", zone, **credentials(base_url, ACCOUNT, OTHER))

    assert ended.code == 0, ended.err
    (path,) = tmp_path.iterdir()
    assert ended.out == f"{path}\n"
    week = cfu.last_week(time_zone=zone)
    first = week.start.astimezone(cfu.ranges.zone(zone)).date()
    assert path.name == f"ai-gateway-cost_{first}_{first + timedelta(days=6)}.html"
    expected = sum(
        sandbox.truth(one, week.start, week.end)["aggregated_value"].sum() for one in (ACCOUNT, OTHER)
    )
    assert total(path) == pytest.approx(expected)


@pytest.mark.slow
def test_a_report_from_the_archive_is_that_of_the_account(run: Run, tmp_path: Path) -> None:
    ids = f"{ACCOUNT},{OTHER}"
    archive = str(tmp_path / "history")
    files = [tmp_path / "account.html", tmp_path / "archive.html"]
    words = ["report", "--range", "last-month", "--time-zone", "Europe/Berlin", "--budget", "5000"]
    names = labels([ACCOUNT, OTHER], names=None)  # an archive knows no others
    with serve(Sandbox(usage=usage(), accounts=names)) as base_url:
        settings = credentials(base_url, ACCOUNT, OTHER)
        run("update", "--archive", archive, "--days", "99", "--accounts", ids, **settings)
        first = run(*words, "--output", str(files[0]), **settings)
    second = run(*words, "--archive", archive, "--output", str(files[1]))

    assert (first.code, second.code) == (0, 0), first.err + second.err
    account, stored = (parts(one.read_text(encoding="utf-8")) for one in files)
    assert [account[heading].text for heading in SAME] == [stored[heading].text for heading in SAME]
    assert [*account] == [*stored]
    assert "Billed, by model" in stored
    assert "Archive of Cloudflare" in stored["How was it computed?"].text
    assert total(files[0]) == total(files[1]) > 0


@pytest.mark.parametrize("name", ["yesterday", "this-week", "last-28-days", "this-month", "previous-month"])
def test_every_range_has_a_report(run: Run, tmp_path: Path, name: str) -> None:
    ended = run("report", "--sandbox", "--range", name, "--output", str(tmp_path / "usage.html"))

    assert ended.code == 0, ended.err
    text = (tmp_path / "usage.html").read_text(encoding="utf-8")
    assert "Sandbox: made-up data" in text
    assert "hours of it are missing" not in text
    assert "Learned from" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--range", "last-century"], "invalid choice: 'last-century'"),
        (["--time-zone", "Mars/Olympus"], "no time zone 'Mars/Olympus'"),
        (["--budget", "nan"], "budget"),
        (["--output", "no/such/folder/usage.html"], "there is no folder"),
        (["--accounts", "12"], "'12' is not an account id"),
    ],
)
def test_what_the_caller_got_wrong_is_2_before_anything_is_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    sandbox = Sandbox(usage=usage())
    with serve(sandbox) as base_url:
        ended = run("report", *words, **credentials(base_url, ACCOUNT))

    assert (ended.code, ended.out, sandbox.requests) == (2, "", ())
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_lacks_the_range_says_what_to_do(run: Run, tmp_path: Path) -> None:
    archive, file = str(tmp_path / "history"), tmp_path / "usage.html"
    none = run("report", "--archive", archive, "--output", str(file))
    with serve(Sandbox(usage=usage())) as base_url:
        words = ("update", "--archive", archive, "--days", "1", "--accounts", ACCOUNT)
        run(*words, **credentials(base_url, ACCOUNT))
    short = run("report", "--archive", archive, "--range", "last-28-days", "--output", str(file))

    assert (none.code, none.out, short.code, short.out) == (2, "", 2, "")
    assert "holds no hours of the accounts that are meant: 'update' fetches them" in none.err
    assert "'update' fetches what is absent" in short.err
    assert not file.exists()


def test_without_credentials_there_is_no_report(run: Run, tmp_path: Path) -> None:
    ended = run("report", "--output", str(tmp_path / "usage.html"))

    assert (ended.code, ended.out) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_leaves_no_file(run: Run, tmp_path: Path) -> None:
    with serve(Sandbox(usage=usage(), trouble=[Trouble.forbidden(9109)] * 9)) as base_url:
        ended = run("report", "--output", str(tmp_path / "usage.html"), **credentials(base_url, ACCOUNT))

    assert (ended.code, ended.out) == (3, "")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_file_and_is_one_line(run: Run) -> None:
    ended = run("report", "--sandbox", "--output", "/dev/full")

    assert ended.code in {1, 4}
    assert ended.out == ""
    assert ended.err.count("\n") == 1
