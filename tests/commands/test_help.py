"""The words of the command line: what a call without a command means, and help that is there at once."""

import subprocess
import sys

import pytest
from running import Run

from cfusage_lab.commands.arguments import parsed

HEAVY = {"polars", "httpx", "altair", "deltalake", "ipywidgets", "narwhals"}


def test_without_a_command_it_is_the_summary() -> None:
    words = ["--sandbox", "--budget", "5", "--time-zone", "Asia/Tokyo"]

    assert vars(parsed(words)) == vars(parsed(["summary", *words]))
    assert parsed(["--json"]).format == parsed(["--format", "json"]).format == "json"
    assert parsed([]).format == "text"


@pytest.mark.parametrize("words", [["--sandbox", "update"], ["update", "report"], ["updat"]])
def test_a_command_that_stands_elsewhere_is_refused(run: Run, words: list[str]) -> None:
    """It would be taken for the summary of a sandbox, or lose what stands before it."""
    ended = run(*words)

    assert (ended.code, ended.out) == (2, "")
    assert "unrecognized arguments" in ended.err


@pytest.mark.parametrize("command", [[], ["summary"], ["update"], ["report"]])
def test_help_is_short_whole_and_needs_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys; from cfusage_lab.commands import main\n"
        f"try: main({[*command, '--help']!r})\n"
        f"finally: print('HEAVY', sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=100, check=False
    )

    text, _, heavy = done.stdout.rpartition("HEAVY")
    assert heavy.strip() == "[]"
    assert done.stderr == ""
    assert text.count("\n") < 60
    for part in ("Exit codes: 0 done", "--sandbox", "--accounts", "CLOUDFLARE_API_TOKEN"):
        assert part in text
