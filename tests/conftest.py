"""What several test modules share: the engines, and hypothesis's settings."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # so that tests import the plain modules beside them

from engines import Engine, PolarsEager, PolarsLazy, Spark, spark_session

# On a busy machine an example may take ten times as long; how long says nothing about the code.
settings.register_profile("busy", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


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
