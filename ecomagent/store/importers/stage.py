"""The staging database of one import: raw rows as text in DuckDB, on disk and bounded in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.importers.encoding import open_bytes
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.table import Batch, Malformed, Table

_MEMORY = "320MB"
_FETCH = 20_000
_CHUNK = 1 << 22
Counted = Callable[[int], None]
"""Told how many rows have been read so far."""


def name(column: str) -> str:
    """A column name as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


class Batches:
    """Lists of rows that can be walked more than once, each time read anew.

    Args:
        read: Begins reading.
    """

    def __init__(self, read: Callable[[], Iterator[list[tuple[Any, ...]]]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[list[tuple[Any, ...]]]:
        """From the beginning."""
        return self._read()


def fetched(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of a query in lists, on a cursor of its own."""
    cursor = con.cursor()
    cursor.execute(sql)
    while rows := cursor.fetchmany(_FETCH):
        yield rows
    cursor.close()


@dataclass
class Stage:
    """One table being imported: ``raw`` holds n, part, row and c0, c1… (NULL where blank)."""

    con: duckdb.DuckDBPyConnection
    header: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("",)
    malformed: tuple[Malformed, ...] = ()
    rows: int = 0

    def column(self, title: str) -> str:
        """SQL name of the raw column under a header."""
        return f"c{self.header.index(title)}"

    def execute(self, sql: str) -> None:
        """Run a statement."""
        self.con.execute(sql)

    def one(self, sql: str) -> tuple[Any, ...]:
        """The first row of a query that has one."""
        return tuple(self.con.execute(sql).fetchall()[0])

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a small query."""
        return list(self.con.execute(sql).fetchall())

    def table(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Make a table of rows read from the store.

        Args:
            table: Its name; one of that name is replaced.
            columns: Names and SQL types, as in CREATE TABLE.
            rows: As the store's driver gives them.
        """
        self.con.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        if not rows:
            return
        names = [column.split()[0] for column in columns.split(", ")]
        arrow = pa.table(
            dict(zip(names, (pa.array(v) for v in zip(*rows, strict=True)), strict=True))
        )
        self.con.register("arriving", arrow)
        self.con.execute(f"INSERT INTO {table} SELECT * FROM arriving")
        self.con.unregister("arriving")

    def rows_of(self, sql: str) -> Batches:
        """Rows of a large query in lists, on a cursor of its own."""
        return Batches(lambda: fetched(self.con, sql))


@contextmanager
def staging(threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB database in a temporary folder, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ecomagent-import-") as folder:
        con = duckdb.connect(str(Path(folder) / "stage.duckdb"))
        try:
            con.execute(f"SET memory_limit='{_MEMORY}'")
            con.execute(f"SET threads={threads}")
            con.execute("SET TimeZone='UTC'")
            yield con
        finally:
            con.close()


def load(con: duckdb.DuckDBPyConnection, table: Table, counted: Counted) -> Stage:
    """Copy every row of a table that holds anything into ``raw``.

    Raises:
        ImportFileError: A Parquet file is broken.
    """
    stage = _load(con, table, counted)
    cells = ", ".join(f"c{i}" for i in range(len(stage.header)))
    stage.execute(f"DELETE FROM raw WHERE coalesce({cells}) IS NULL")
    stage.rows = int(stage.one("SELECT count(*) FROM raw")[0])
    return stage


def _load(con: duckdb.DuckDBPyConnection, table: Table, counted: Counted) -> Stage:
    con.execute("DROP TABLE IF EXISTS raw")
    if table.format == "parquet":
        return _load_parquet(con, table, counted)
    columns = [f"c{i}" for i in range(len(table.header))]
    quick = _load_clean(con, table, columns) if table.format == "csv" else None
    if quick is not None:
        counted(quick.rows)
        return quick
    typed = ", ".join(f"{column} VARCHAR" for column in columns)
    con.execute(f'CREATE TABLE raw (n BIGINT, part SMALLINT, "row" BIGINT, {typed})')
    stage = Stage(con, table.header, table.parts)
    malformed: list[Malformed] = []
    for batch in table.batches:
        _damaged(batch, malformed)
        malformed.extend(batch.malformed)
        _append(stage, batch, columns)
        counted(stage.rows + len(malformed))
    stage.malformed = tuple(malformed)
    return stage


_BLANKS = "' \t\r\n\u3000\ufeff'"


def _cells(columns: Sequence[str]) -> str:
    """Without blanks around them, and without the ``="…"`` that keeps spreadsheets off digits."""
    trimmed = ((column, f"trim({column}, {_BLANKS})") for column in columns)
    return ", ".join(
        f"nullif(CASE WHEN {cell} LIKE '=\"%\"' THEN trim({cell}[3:-2], {_BLANKS}) "
        f"ELSE {cell} END, '') AS {column}"
        for column, cell in trimmed
    )


def _load_clean(
    con: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]
) -> Stage | None:
    """Let DuckDB read a UTF-8 file that has one well-formed record a line; None for any other.

    It is several times as fast as reading record by record, but cannot tell in which row
    something is wrong, nor number rows that span lines.
    """
    if table.encoding not in ("utf-8", "utf-8-sig"):
        return None
    source = (
        f"read_csv({quoted(str(table.path))}, header=false, auto_detect=false, all_varchar=true, "
        f"columns={_columns(columns)}, delim={quoted(table.delimiter)}, quote='\"', "
        f"escape='\"', strict_mode=true, skip={table.first_row - 1}, nullstr='', "
        f"compression='{_compression(table)}')"
    )
    above = table.first_row - 1
    try:
        con.execute(
            "CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS n, 0::SMALLINT AS part, "
            f'row_number() OVER () + {above} AS "row", {_cells(columns)} FROM {source}'
        )
    except duckdb.Error:
        con.execute("DROP TABLE IF EXISTS raw")
        return None
    stage = Stage(con, table.header, table.parts)
    stage.rows = int(stage.one("SELECT count(*) FROM raw")[0])
    if stage.rows != _lines_below_header(table):
        con.execute("DROP TABLE raw")
        return None
    return stage


def _columns(columns: Sequence[str]) -> str:
    return "{" + ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in columns) + "}"


def _compression(table: Table) -> str:
    with table.path.open("rb") as file:
        return "gzip" if file.read(2) == b"\x1f\x8b" else "none"


def _lines_below_header(table: Table) -> int:
    count, last = 0, b""
    with open_bytes(table.path) as file:
        while chunk := file.read(_CHUNK):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last not in (b"", b"\n")) - (table.first_row - 1)


def _damaged(batch: Batch, malformed: list[Malformed]) -> None:
    """Rows with characters that could not be decoded are taken out."""
    bad = [i for i, row in enumerate(batch.rows) if any("\ufffd" in cell for cell in row)]
    for index in reversed(bad):
        cells = tuple(batch.rows.pop(index))
        malformed.append(Malformed(batch.part, batch.numbers.pop(index), "characters", cells))


def _append(stage: Stage, batch: Batch, columns: Sequence[str]) -> None:
    if not batch.rows:
        return
    count = len(batch.rows)
    arrays = [
        pa.array(range(stage.rows, stage.rows + count), pa.int64()),
        pa.array([batch.part] * count, pa.int16()),
        pa.array(batch.numbers, pa.int64()),
        *(pa.array(cells, pa.string()) for cells in zip(*batch.rows, strict=True)),
    ]
    arrow = pa.Table.from_arrays(arrays, names=["n", "part", "row", *columns])
    stage.con.register("batch", arrow)
    stage.con.execute(f'INSERT INTO raw SELECT n, part, "row", {_cells(columns)} FROM batch')
    stage.con.unregister("batch")
    stage.rows += count


def _load_parquet(con: duckdb.DuckDBPyConnection, table: Table, counted: Counted) -> Stage:
    source = "read_parquet(" + "'" + str(table.path).replace("'", "''") + "')"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        header = tuple(str(row[0]) for row in described)
        cells = ", ".join(
            f"nullif(trim(CAST({name(title)} AS VARCHAR)), '') AS c{i}"
            for i, title in enumerate(header)
        )
        con.execute(
            "CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS n, 0::SMALLINT AS part, "
            f'row_number() OVER () AS "row", {cells} FROM {source}'
        )
    except duckdb.Error as error:
        raise ImportFileError(
            f"the Parquet file cannot be read: {str(error).splitlines()[0]}",
            where=str(table.path),
            remedy="Write it again, or export the table as CSV.",
        ) from error
    stage = Stage(con, header, table.parts)
    stage.rows = int(stage.one("SELECT count(*) FROM raw")[0])
    counted(stage.rows)
    return stage
