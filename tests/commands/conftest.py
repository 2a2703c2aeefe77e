"""What tests of commands share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

sys.path.insert(0, str(Path(__file__).parent))

from running import Run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run commands in this process, on a day in the middle of a week and a month."""
    with time_machine.travel("2026-11-18T09:30Z"):
        yield Run(monkeypatch, capsys)
