"""Binder: what repo2docker makes of the repository, without an engine to build it."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Dockerfile for a copy of what a clone holds."""
    copy = tmp_path_factory.mktemp("clone")
    for name in ("pyproject.toml", "README.md", "LICENSE", "binder", "cfusage_lab", "notebooks"):
        source = ROOT / name
        shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy(source, copy / name)
    command = ["--no-build", "--debug", "--user-id", "1000", "--user-name", "jovyan", str(copy)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "repo2docker", *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_the_project_is_installed_after_it_is_copied(dockerfile: str) -> None:
    """A requirements file of two bytes, '.' and a line break, would be installed before."""
    copied = dockerfile.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/")
    installed = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')

    assert copied < installed < dockerfile.index("RUN ./binder/postBuild")


def test_python_is_one_that_the_project_runs_on(dockerfile: str) -> None:
    wanted = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"py-2d{wanted.replace('.', '-2e')}" in dockerfile
    assert f"Programming Language :: Python :: {wanted}" in project["classifiers"]


def test_binder_names_no_versions_of_its_own() -> None:
    """One list of versions, in pyproject.toml; binder asks for extras that are there."""
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert len(wanted) == 1
    assert wanted[0].startswith(".[")
    assert set(wanted[0][2:-1].split(",")) <= set(project["optional-dependencies"])


def test_what_follows_the_build_runs(tmp_path: Path) -> None:
    """postBuild, run on this machine with the folders of a made-up image."""
    environment = os.environ | {
        "NB_PYTHON_PREFIX": str(tmp_path / "env"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    subprocess.run(["bash", "binder/postBuild"], cwd=ROOT, env=environment, check=True)  # noqa: S607

    assert (tmp_path / "env/share/jupyter/lab/settings/overrides.json").exists()
