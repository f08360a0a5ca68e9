"""Opens the facts and hands out views of them as of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from ecomagent.domain.errors import FactsError
from ecomagent.store.facts.layout import TABLES, VERSION, FactTable
from ecomagent.store.facts.manifest import REBUILD, FactsInfo, Manifest, read_manifest

if TYPE_CHECKING:
    from ecomagent.store.facts.view import FactsView

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


class Facts:
    """The facts of a shop as they are on disk; ask for a view to read them.

    Args:
        tables: Their files.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._manifest = tables.manifest

    @classmethod
    def open(cls, folder: Path) -> Facts:
        """Open what ``update_facts`` wrote.

        Raises:
            FactsError: Nothing was imported yet, or the facts are damaged or of another version.
        """
        manifest = read_manifest(folder)
        if manifest is None or manifest.rows("products") == 0:
            raise FactsError(
                "nothing was imported yet",
                where=str(folder),
                remedy="Import the shop's data first: `ecomagent import FILE`.",
            )
        if manifest.version != VERSION:
            raise FactsError(
                "the facts were made by another version of ecomagent",
                where=str(folder),
                remedy=REBUILD,
            )
        broken = manifest.broken(folder)
        if broken:
            raise FactsError(
                "files of the facts are missing or damaged",
                where=f"{folder}: {', '.join(broken[:3])}",
                remedy=REBUILD,
            )
        return cls(Tables(folder, manifest))

    @property
    def hash(self) -> str:
        """Content hash of everything in them."""
        return self._manifest.hash

    @property
    def currency(self) -> str:
        """Currency of every ``*_minor`` column."""
        return self._manifest.currency

    @property
    def timezone(self) -> str:
        """Time zone whose calendar days the facts go by."""
        return self._manifest.timezone

    @property
    def first_day(self) -> date | None:
        """First day with orders."""
        return self._manifest.first_day

    @property
    def last_day(self) -> date | None:
        """Last day with orders."""
        return self._manifest.last_day

    @property
    def info(self) -> FactsInfo:
        """What they hold."""
        return FactsInfo.of(self._manifest)

    def as_of(self, moment: datetime) -> FactsView:
        """What was known at a moment: whole days before its local date, and nothing after it.

        Args:
            moment: Aware; usually the start of a day of the shop.

        Raises:
            FactsError: The moment has no time zone.
        """
        from ecomagent.store.facts.view import FactsView

        if moment.tzinfo is None:
            raise FactsError(
                "a moment without a time zone cannot be looked at",
                where=moment.isoformat(),
                remedy="Add the offset, e.g. 2024-03-01T00:00:00+00:00.",
            )
        today = moment.astimezone(ZoneInfo(self.timezone)).date()
        return FactsView(self._tables, moment.astimezone(UTC), today)
