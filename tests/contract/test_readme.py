"""What the README says is true: its Python runs, its commands are the check's, its links lead somewhere."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

import cfusage_lab as cfu
from cfusage_lab.commands.arguments import parsed

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SHELL = re.findall(r"```(?:bash|powershell)\n(.*?)```", README, re.DOTALL)


def test_the_python_blocks_run_in_order_on_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    for block in PYTHON:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - the project's own text

    summary = cfu.summary(names["total"], time_zone="Europe/Berlin")  # type: ignore[type-var]
    assert summary.height == 1
    assert "unknown" not in summary.row(0)
    assert None not in summary.row(0)
    assert "hours are missing" not in BeautifulSoup(Path("usage.html").read_text("utf-8"), "html.parser").text


def test_the_check_runs_the_readmes_own_test_command() -> None:
    command = next(line for block in SHELL for line in block.splitlines() if "/pytest" in line)
    check = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert [part for part in command.split(" && ") if part not in check] == []


def test_both_systems_install_and_open_the_same() -> None:
    first, windows = (block.strip() for block in SHELL[:2])

    assert windows.replace("\\", "/") == first.replace("python3", "py").replace(" && ", "; ").replace(
        ".venv/bin", ".venv/Scripts"
    )


def test_relative_links_lead_to_files() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README) + re.findall(r'src(?:set)?="([^"]+)"', README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_notebook_stands_in_the_table() -> None:
    listed = set(re.findall(r"\(notebooks/(\w+)\.ipynb\)", README))

    assert listed == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_every_room_of_the_package_stands_in_the_picture() -> None:
    picture = README.split("## How it is built")[1].split("## Develop")[0]
    rooms = {
        path.stem
        for path in (ROOT / "cfusage_lab").iterdir()
        if path.is_dir() or path.suffix == ".py"
        if not path.name.startswith("_")
    }

    assert [room for room in sorted(rooms) if not re.search(rf"\b{room}\b", picture)] == []


WITHOUT = README.partition("## Without a notebook\n")[2].partition("\n## ")[0]


def blocks_of(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", WITHOUT, re.DOTALL)


def test_the_commands_are_ones_that_the_command_line_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """In the shell, of cron, of systemd and of a workflow; what stands after # is not part of them."""
    lines = [
        one for block in re.findall(r"```\w+\n(.*?)```", WITHOUT, re.DOTALL) for one in block.splitlines()
    ]
    words = [
        shlex.split(one.partition("-m cfusage_lab")[2], comments=True)
        for one in lines
        if "-m cfusage_lab" in one
    ]
    found = [parsed(one).command for one in words]

    assert len(found) == 9
    assert set(found) == {"summary", "update", "report"}
    assert capsys.readouterr().err == ""


def test_cron_runs_a_line_of_five_fields_and_a_command() -> None:
    (table,) = blocks_of("crontab")
    lines = [one for one in table.splitlines() if not one.startswith(("#", "SHELL="))]

    assert len(lines) == 2
    for line in lines:
        *fields, command = line.split(maxsplit=5)
        assert all(re.fullmatch(r"\*|\d+", one) for one in fields)
        assert command.startswith("cd ~/cfusage-lab && ")
        assert "%" not in command  # cron takes it for the end of a line


def test_the_units_and_the_workflow_are_whole() -> None:
    units = [configparser.ConfigParser(interpolation=None, allow_no_value=False) for _ in range(2)]
    for unit, text in zip(units, blocks_of("ini"), strict=True):
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(text)
    (workflow,) = (yaml.safe_load(one) for one in blocks_of("yaml"))

    assert [[*unit] for unit in units] == [["DEFAULT", "Service"], ["DEFAULT", "Timer", "Install"]]
    assert workflow[True]["schedule"] == [{"cron": "45 6 * * 1"}]  # YAML takes "on" for true; GitHub does not
    (job,) = workflow["jobs"].values()
    assert [set(step) & {"uses", "run"} for step in job["steps"]] == [{"uses"}, {"uses"}, {"run"}, {"uses"}]
    assert job["steps"][-1]["with"]["path"] in job["steps"][2]["run"]
