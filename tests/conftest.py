"""What several test modules share: no credentials, the engines, and hypothesis's settings."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # so that tests import the plain modules beside them

from engines import Engine, PolarsEager, PolarsLazy, Spark, spark_session

from cfusage_lab import credentials

# On a busy machine an example may take ten times as long; how long says nothing about the code.
settings.register_profile("busy", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-xdist, where it is installed, from putting the files of most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take longest, so that no process is left alone with one at the end."""
    longest = ("slow", "browser", "spark")
    marked = {name: {item.path for item in items if item.get_closest_marker(name)} for name in longest}
    items.sort(key=lambda item: [item.path not in marked[name] for name in longest])


@pytest.fixture(autouse=True)
def _no_credentials_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's token, and one that a test before told to ``login()``, away from every test."""
    for name in [name for name in os.environ if name.startswith("CLOUDFLARE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(credentials, "_told", [])


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start PySpark once a test session."""
    with spark_session() as session:
        yield session


@pytest.fixture(params=["eager", "lazy", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Name each engine in turn."""
    if request.param == "spark":
        return Spark(request.getfixturevalue("spark"))
    return {"eager": PolarsEager, "lazy": PolarsLazy}[request.param]()
