"""Long computations on Spark, through Fugue: the same parts, the same functions, other machines."""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pandas as pd

from ecomagent.domain.errors import MissingExtraError

Part = TypeVar("Part")
Made = TypeVar("Made")
QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.log.level": "ERROR",
}
"""No page, no bars, no metastore folder in the working folder."""


class Spark:
    """An engine of ``tools.engine`` that hands parts to Spark's workers.

    The workers need ecomagent itself: any machine of the cluster where it is installed.

    Args:
        master: Where Spark runs: ``local[*]`` or a cluster's address.

    Raises:
        MissingExtraError: The extra ``spark`` or Java is not installed.
    """

    def __init__(self, master: str) -> None:
        self._session = _session(master)

    def map(self, work: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        """What ``work`` makes of each part, in their order."""
        import fugue.api as fugue

        bodies = [pickle.dumps((work, part)) for part in parts]
        if not bodies:
            return []
        frame = pd.DataFrame({"place": range(len(bodies)), "body": bodies})
        done: Any = fugue.transform(
            frame, _worked, schema="place:long,body:binary", partition={"by": "place"},
            engine=self._session, as_local=True,
        )  # fmt: skip
        made = fugue.as_pandas(done).sort_values("place")["body"]
        return [pickle.loads(body) for body in made]


def _worked(frame: pd.DataFrame) -> pd.DataFrame:
    made = []
    for body in frame["body"]:
        work, part = pickle.loads(body)
        made.append(pickle.dumps(work(part)))
    return frame[["place"]].assign(body=made)


def _session(master: str) -> Any:
    try:
        import fugue_spark  # type: ignore[import-untyped]  # noqa: F401 -- registers Spark
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtraError(
            "Spark is not installed", remedy="Install it with `pip install 'ecomagent[spark]'`."
        ) from error
    if shutil.which("java") is None:
        raise MissingExtraError(
            "Spark needs Java, and no `java` is on the path",
            remedy='Install a Java 17 runtime, or set `engine = "local"` under [compute].',
        )
    logging.getLogger("py4j").setLevel(logging.WARNING)
    builder = SparkSession.builder.master(master).appName("ecomagent")
    for name, value in QUIET.items():
        builder = builder.config(name, value)
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return builder.getOrCreate()
