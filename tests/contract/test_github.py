"""What a code host shows a newcomer: it asks for no secret, and runs the project's own check."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cfusage_lab as cfu

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"


def test_the_workflow_is_the_projects_own_check() -> None:
    """Everything else is in the script that a person runs."""
    workflow = (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")

    assert re.findall(r"- run: (.+)", workflow) == [".ci/run"]
    assert re.search(r'CI: "true"', workflow)
    assert re.search(r"timeout-minutes: \d+", workflow)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_whoever_cites_it_cites_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

    assert re.findall(r"^(version|license): (.+)$", citation, re.MULTILINE) == [
        ("version", cfu.__version__),
        ("license", "MIT"),
    ]


def test_the_line_that_a_bug_report_asks_for_prints_versions() -> None:
    form = (GITHUB / "ISSUE_TEMPLATE" / "bug_report.yml").read_text(encoding="utf-8")
    (code,) = re.findall(r'python -c "(.*?)"', form, re.DOTALL)

    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", " ".join(code.split())], capture_output=True, text=True, check=True
    )

    assert f"cfusage-lab {cfu.__version__}" in done.stdout
    assert "polars 2" in done.stdout


def test_no_form_asks_for_a_token() -> None:
    """Each says that none is needed, and has no field for one."""
    for form in ("bug_report.yml", "question.yml"):
        text = (GITHUB / "ISSUE_TEMPLATE" / form).read_text(encoding="utf-8")

        assert re.search(r"Never paste a token|paste no token", text)
        assert not re.search(r"label: .*(token|key|account)", text, re.IGNORECASE)
