"""Derives the facts from the store: all of them, or only the months that an import touched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from filelock import FileLock
from sqlalchemy.exc import DBAPIError

from ecomagent.domain.errors import FactsError
from ecomagent.domain.ports import Progress, silent
from ecomagent.store.ahead import one_ahead
from ecomagent.store.database import Database
from ecomagent.store.facts.derive import DERIVED, ORDER_LINES
from ecomagent.store.facts.layout import TABLES, VERSION, FactTable
from ecomagent.store.facts.manifest import (
    REBUILD,
    WHOLE,
    FactFile,
    FactsInfo,
    Manifest,
    read_manifest,
    sweep,
    told_of_disk,
    write_manifest,
    write_table,
)
from ecomagent.store.facts.sources import SOURCES
from ecomagent.store.failures import told_by_database
from ecomagent.store.shop import get_shop
from ecomagent.store.tables import ShopRow

_MEMORY = "400MB"
_THREADS = 2


def update_facts(
    database: Database, folder: Path, *, since: date | None = None, progress: Progress = silent
) -> FactsInfo:
    """Bring the facts up to what the store holds.

    Args:
        database: The store.
        folder: Where the facts lie; made where it is missing.
        since: Earliest day, in the shop's time zone, of any dated row that is new or changed;
            whole months from there on are derived again. Catalogue, prices, costs, promotions,
            campaigns and customers always are. None: everything is.
        progress: Told of each step.

    Raises:
        FactsError: The facts cannot be written.
        StoreError: The store cannot be read.
    """
    with told_of_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            shop = get_shop(database)
            kept = _continued(folder, shop) if since is not None else None
            first = None if kept is None or since is None else since.replace(day=1)
            return _build(database, folder, shop, kept=kept, first=first, progress=progress)


def rebuild_facts(database: Database, folder: Path, progress: Progress = silent) -> FactsInfo:
    """Derive everything again from the store; gives the same content as all updates together.

    Raises:
        FactsError: The facts cannot be written.
        StoreError: The store cannot be read.
    """
    return update_facts(database, folder, progress=progress)


def _continued(folder: Path, shop: ShopRow) -> Manifest | None:
    """The facts that may be continued, or None where all have to be made anew."""
    try:
        kept = read_manifest(folder)
    except FactsError:
        return None
    if kept is None or kept.version != VERSION:
        return None
    same = kept.currency == shop.currency and kept.timezone == shop.timezone
    return kept if same and not kept.broken(folder) else None


def _build(
    database: Database,
    folder: Path,
    shop: ShopRow,
    *,
    kept: Manifest | None,
    first: date | None,
    progress: Progress,
) -> FactsInfo:
    written = 0
    tables: dict[str, dict[str, FactFile]] = {}
    with _staging(folder) as stage:
        _load(database, stage, _start(first, shop.timezone), progress)
        for table in TABLES:
            progress("facts", table.name)
            stage.execute(
                f"CREATE TEMP TABLE made AS {DERIVED[table.name]}", {"zone": shop.timezone}
            )
            months = dict(_kept_months(kept, table, first))
            for month, rows in _cut(stage, table):
                months[month], fresh = write_table(folder, table, month, rows)
                written += fresh
            stage.execute("DROP TABLE made")
            tables[table.name] = dict(sorted(months.items()))
        manifest = Manifest(currency=shop.currency, timezone=shop.timezone, tables=tables)
        manifest = _with_days(stage, folder, manifest).sealed()
    before = _previous(folder)
    manifest = manifest.model_copy(update={"replaced": _replaced(before, manifest)})
    write_manifest(folder, manifest)
    sweep(folder, manifest)
    return FactsInfo.of(manifest, written)


def _previous(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except FactsError:
        return None


def _replaced(before: Manifest | None, now: Manifest) -> tuple[str, ...]:
    """Files of the state before; of the one before that where nothing has changed."""
    if before is None:
        return ()
    if before.hash == now.hash:
        return before.replaced
    current = {file.file for file in now.files()}
    return tuple(sorted({file.file for file in before.files()} - current))


@contextmanager
def _staging(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB database on the same disk, bounded in memory, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as place:
        stage = duckdb.connect(str(Path(place) / "stage.duckdb"))
        try:
            stage.execute(f"SET memory_limit='{_MEMORY}'")
            stage.execute(f"SET threads={_THREADS}")
            stage.execute("SET TimeZone='UTC'")
            yield stage
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise FactsError(
                "the facts cannot be made",
                where=f"{folder}: {str(error).splitlines()[0]}",
                remedy=REBUILD,
            ) from error
        finally:
            stage.close()


def _start(first: date | None, timezone: str) -> datetime | None:
    if first is None:
        return None
    return datetime.combine(first, time(), tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _load(
    database: Database,
    stage: duckdb.DuckDBPyConnection,
    since: datetime | None,
    progress: Progress,
) -> None:
    """Copy what is needed of the store, all of it as of one moment."""
    try:
        with database.read_connection() as connection:
            for source in SOURCES:
                progress("facts", f"reading {source.name.replace('_', ' ')}")
                empty = pa.schema(list(source.types.items())).empty_table()
                stage.register("batch", empty)
                stage.execute(f"CREATE TABLE raw_{source.name} AS SELECT * FROM batch")
                for batch in one_ahead(source.batches(connection, since)):
                    stage.register("batch", pa.Table.from_batches([batch]))
                    stage.execute(f"INSERT INTO raw_{source.name} SELECT * FROM batch")
                stage.unregister("batch")
            # Joined here, since DuckDB does it in a tenth of the time the store would take.
            stage.execute(f"CREATE TABLE raw_order_lines AS {ORDER_LINES}")
    except DBAPIError as error:
        raise told_by_database(error, database.shown) from error


def _kept_months(
    kept: Manifest | None, table: FactTable, first: date | None
) -> Iterator[tuple[str, FactFile]]:
    """Files of months before the first one derived again."""
    if kept is None or first is None or not table.monthly:
        return
    for month, file in kept.tables.get(table.name, {}).items():
        if month < f"{first:%Y-%m}":
            yield month, file


def _cut(stage: duckdb.DuckDBPyConnection, table: FactTable) -> Iterator[tuple[str, pa.Table]]:
    """The derived rows in their order, a month at a time."""
    columns = ", ".join(table.columns)
    order = ", ".join(table.order)
    if not table.monthly:
        yield WHOLE, _fetch(stage, table, f"SELECT {columns} FROM made ORDER BY {order}")
        return
    months = stage.execute(
        "SELECT DISTINCT strftime(date, '%Y-%m') AS month FROM made ORDER BY month"
    ).fetchall()
    for (month,) in months:
        start = f"DATE '{month}-01'"
        yield (
            month,
            _fetch(
                stage,
                table,
                f"SELECT {columns} FROM made WHERE date >= {start}"
                f" AND date < {start} + INTERVAL 1 MONTH ORDER BY {order}",
            ),
        )


def _fetch(stage: duckdb.DuckDBPyConnection, table: FactTable, query: str) -> pa.Table:
    return stage.sql(query).to_arrow_table().cast(table.schema)


def _with_days(stage: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest) -> Manifest:
    """First and last day with orders, read from the first and the last month that has any."""
    months = [file.file for file in manifest.tables["order_lines"].values()]
    if not months:
        return manifest
    found = stage.execute(
        "SELECT min(date), max(date) FROM read_parquet($files, hive_partitioning = false)",
        {"files": [str(folder / name) for name in {months[0], months[-1]}]},
    ).fetchone()
    assert found is not None
    return manifest.model_copy(update={"first_day": found[0], "last_day": found[1]})
