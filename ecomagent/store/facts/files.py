"""The facts' files as DuckDB views."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ecomagent.domain.errors import FactsError
from ecomagent.store.facts.layout import TABLES, FactTable
from ecomagent.store.facts.manifest import REBUILD, Manifest

_DUCKDB_TYPES = {
    "string": "VARCHAR", "date32[day]": "DATE", "int64": "BIGINT", "double": "DOUBLE",
    "bool": "BOOLEAN", "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}  # fmt: skip


class Tables:
    """The facts' files as DuckDB views; safe to query from several threads.

    Args:
        folder: Where they lie.
        manifest: Which files count.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone='UTC'")
        try:
            for table in TABLES:
                self._connection.execute(f"CREATE VIEW {table.name} AS {self._rows(table)}")
        except duckdb.Error as error:
            raise _damaged(folder, error) from error

    def _rows(self, table: FactTable) -> str:
        files = [
            str(self.folder / file.file).replace("'", "''")
            for file in self.manifest.tables.get(table.name, {}).values()
        ]
        if not files:
            empty = ", ".join(
                f"CAST(NULL AS {_DUCKDB_TYPES[str(kind)]}) AS {name}"
                for name, kind in table.columns.items()
            )
            return f"SELECT {empty} WHERE false"
        listed = ", ".join(f"'{name}'" for name in files)
        return f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"

    def query(
        self,
        sql: str,
        values: Mapping[str, Any] | None = None,
        *,
        frames: Mapping[str, pd.DataFrame] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Run a query; ``frames`` are seen by it as tables of those names.

        Raises:
            FactsError: A file is missing or damaged.
        """
        cursor = self._connection.cursor()
        try:
            for name, frame in (frames or {}).items():
                cursor.register(name, frame)
            return cursor.execute(sql, dict(values or {}))
        except duckdb.Error as error:
            raise _damaged(self.folder, error) from error

    def frame(
        self, sql: str, values: Mapping[str, Any] | None = None, **options: Any
    ) -> pd.DataFrame:
        """The rows of a query; days as ``datetime64[ns]``, moments as aware UTC."""
        cursor = self.query(sql, values, **options)
        try:
            found: pd.DataFrame = cursor.df()
        except duckdb.Error as error:
            raise _damaged(self.folder, error) from error
        return found.astype(
            {
                name: "datetime64[ns, UTC]" if kind.tz is not None else "datetime64[ns]"
                for name, kind in found.dtypes.items()
                if isinstance(kind, pd.DatetimeTZDtype)
            }
            | {
                name: "datetime64[ns]"
                for name, kind in found.dtypes.items()
                if kind.kind == "M" and not isinstance(kind, pd.DatetimeTZDtype)
            }
        )

    def columns(
        self, sql: str, values: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The rows of a query as one numpy array a column; NULL becomes NaN."""
        cursor = self.query(sql, values, **options)
        try:
            found: dict[str, Any] = cursor.fetchnumpy()
        except duckdb.Error as error:
            raise _damaged(self.folder, error) from error
        return found


def _damaged(folder: Path, error: duckdb.Error) -> FactsError:
    return FactsError(
        "the facts are damaged or were replaced while they were read",
        where=f"{folder}: {str(error).splitlines()[0]}",
        remedy=f"Run the command again; if it fails again: {REBUILD}",
    )
