"""The engines that every function of the analytics must serve with equal answers."""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SESSION_ZONE = "America/St_Johns"
"""The zone of the Spark session: half an hour off, with clock changes, and no test's reporting zone."""


JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Code that runs a few times isn't worth the JVM's second compiler, nor collectors of many threads."""


class Engine(ABC):
    """Hands polars tables to one engine and brings the answer back."""

    @abstractmethod
    def take(self, table: pl.DataFrame) -> object:
        """Return the table as the engine's own kind."""

    @abstractmethod
    def give(self, answer: object) -> pl.DataFrame:
        """Return the engine's answer as a polars DataFrame; fail if it is not the engine's own kind."""

    def run(
        self,
        function: Callable[..., object],
        *tables: pl.DataFrame,
        order: Sequence[str] = (),
        **options: object,
    ) -> pl.DataFrame:
        """Call ``function`` on the engine; return its answer, sorted by ``order``."""
        answer = self.give(function(*map(self.take, tables), **options))
        return answer.sort(order) if order else answer


class PolarsEager(Engine):
    """A polars DataFrame, whose answers come sorted."""

    def run(
        self,
        function: Callable[..., object],
        *tables: pl.DataFrame,
        order: Sequence[str] = (),
        **options: object,
    ) -> pl.DataFrame:
        """Fail unless the answer is in ``order`` already."""
        answer = self.give(function(*tables, **options))
        assert not order or answer.equals(answer.sort(order))
        return answer

    def take(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return the table itself."""
        return table

    def give(self, answer: object) -> pl.DataFrame:
        """Return the answer itself."""
        assert isinstance(answer, pl.DataFrame)
        return answer


class PolarsLazy(Engine):
    """A polars LazyFrame, collected by the streaming engine."""

    def take(self, table: pl.DataFrame) -> pl.LazyFrame:
        """Return the table as a plan."""
        return table.lazy()

    def give(self, answer: object) -> pl.DataFrame:
        """Compute the plan."""
        assert isinstance(answer, pl.LazyFrame)
        return answer.collect(engine="streaming")


class Spark(Engine):
    """A PySpark DataFrame in a local session."""

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    def take(self, table: pl.DataFrame) -> object:
        """Return the table in two partitions, so that rows are in no order."""
        return self.session.createDataFrame(table.to_arrow()).repartition(2)

    def give(self, answer: object) -> pl.DataFrame:
        """Collect the rows."""
        from pyspark.sql import DataFrame  # noqa: PLC0415 - slow, and only where Spark is tested

        assert isinstance(answer, DataFrame)
        return pl.DataFrame(pl.from_arrow(answer.toArrow()))


def require_java() -> None:
    """Skip without Java, except where everything must run."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        if os.environ.get("CI") == "true":
            pytest.fail("PySpark needs Java 17 or newer, and there is none")
        pytest.skip("PySpark needs Java 17 or newer")


@contextmanager
def spark_session() -> Iterator["SparkSession"]:
    """Start a small local session."""
    require_java()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - slow, and only where Spark is tested

    options = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": SESSION_ZONE,
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # A plan that runs once over a few rows isn't worth Java code of its own, nor another plan.
        # The notebook of many accounts runs with both.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.extraJavaOptions": JVM_OPTIONS,
    }
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
