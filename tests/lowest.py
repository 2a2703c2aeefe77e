"""The package as it is installed, with the lowest versions that it says it works with.

Run ``python tests/lowest.py``, with ``--newest`` for the newest versions instead, and ``--python python3.13``
for another interpreter. It builds the wheel, makes a virtual environment in a temporary folder, installs the
wheel there with every direct dependency at its lower bound in ``pyproject.toml``, copies the tests beside it,
and runs those that need no browser, no JVM and no benchmark's peers. Nothing of the checkout is on the path.
Further arguments go to pytest in place of the tests that are chosen.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("archive",)
TOOLS = (
    *("beautifulsoup4", "duckdb", "hypothesis", "pandas", "pyarrow", "pytest", "pyyaml"),
    "rfc3987-syntax",  # as in JupyterLab
)
TESTS = (
    *(
        "tests/changes",
        "tests/wire/test_answers.py",
        "tests/wire/test_refusals.py",
        "tests/wire/test_pacing.py",
    ),
    *("tests/fetch/test_planning.py", "tests/fetch/test_load.py", "tests/view/test_packing.py"),
    *("tests/charts/test_usage.py", "tests/archive/test_update.py", "tests/report/test_figures.py"),
    *(
        "tests/explorer/test_explorer.py",
        "tests/test_ranges.py",
        "tests/test_zones.py",
        "tests/test_fleet.py",
    ),
    *("tests/contract/test_public_names.py", "tests/contract/test_examples.py", "tests/test_main.py"),
    "tests/contract/test_readme.py::test_the_python_blocks_run_in_order_on_the_sandbox",
)
_BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)>=(?P<lowest>[0-9.]+)")


def lowest() -> list[str]:
    """Return a pin at its lower bound for each direct dependency, as pip's constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in extras[extra])]
    bounds = [_BOUND.match(one) for one in wanted]
    lacking = [one for one, bound in zip(wanted, bounds, strict=True) if bound is None]
    if lacking:
        raise SystemExit(f"no lower bound: {', '.join(lacking)}")
    return [f"{bound['name']}=={bound['lowest']}" for bound in bounds if bound]


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command, or end as it did."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise SystemExit(done.returncode)


def main() -> None:
    """Build, install, and test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the interpreter")
    parser.add_argument("--newest", action="store_true", help="the newest versions of everything")
    parser.add_argument("tests", nargs="*", default=TESTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run(given.python, "-m", "venv", "venv", cwd=folder)
        python = folder / "venv" / "bin" / "python"
        run(python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder / "dist", ROOT, cwd=folder)
        (folder / "constraints.txt").write_text("\n".join([] if given.newest else lowest()))
        wheel = next((folder / "dist").glob("*.whl"))
        package = f"cfusage-lab[{','.join(EXTRAS)}] @ {wheel.as_uri()}"
        run(
            *(python, "-m", "pip", "install", "-q", "-c", folder / "constraints.txt", package, *TOOLS),
            cwd=folder,
        )
        run(python, "-m", "pip", "check", cwd=folder)
        shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder / name)
        chosen = ("-m", "not spark and not browser", *given.tests)
        run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, cwd=folder)


if __name__ == "__main__":
    main()
