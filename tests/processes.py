"""Python code in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import cfusage_lab

__all__ = ["run_code"]


def run_code(code: str, *, beside: str) -> str:
    """Run code that finds the helpers beside a test's file; return what it printed."""
    path = os.pathsep.join([str(Path(beside).parent), str(Path(cfusage_lab.__file__).parents[1])])
    done = subprocess.run(  # noqa: S603 - the code of these tests
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
