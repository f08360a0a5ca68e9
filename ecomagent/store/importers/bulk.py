"""Writes many rows into the store at once, on SQLite and PostgreSQL, and counts what was new.

Rows come as plain tuples straight from the staging database: going through the object mapper
would make a million rows take minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel

_CACHE_KIB = 128 * 1024
_EMPTY = "'', '{}', '[]'"
Rows = Iterable[Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Written:
    """How many rows were new, and how many known ones were changed."""

    new: int = 0
    changed: int = 0

    def __add__(self, other: Written) -> Written:
        """Both together."""
        return Written(self.new + other.new, self.changed + other.changed)


class Bulk:
    """The tables of one transaction.

    Args:
        session: The transaction.
    """

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        driver: Any = self._connection.connection.driver_connection
        self._driver = driver
        self._postgres = self._connection.dialect.name == "postgresql"
        if not self._postgres:
            # With its usual 2 MB, SQLite would write index pages out and read them back all along.
            self._driver.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")

    def add(
        self,
        table: type[SQLModel],
        columns: Sequence[str],
        rows: Rows,
        *,
        update: Sequence[str] = (),
        keep_filled: Sequence[str] = (),
        earliest: Sequence[str] = (),
        grow: bool = False,
    ) -> Written:
        """Insert rows; a row whose key is there stays as it is, but for the columns named.

        Args:
            table: The table; its primary key says what is there already.
            columns: What the tuples hold.
            rows: Lists of tuples, to be walked once or twice; keys may not repeat within them.
            update: Columns that take the new value where there is one (not NULL, not empty).
            keep_filled: Columns that take the new value only where the old is NULL or empty.
            earliest: Moments that take the new value where it is earlier.
            grow: Whether ``version`` grows with a change.
        """
        target = table.__table__  # type: ignore[attr-defined]
        changes = _changes(target.name, update, keep_filled, earliest)
        update_action = _update_action(target, changes, grow) if changes else ""
        listed = ", ".join(f'"{column}"' for column in columns)
        before = self._count(target.name)
        if self._postgres:
            touched = self._copy(target.name, listed, rows, update_action or "DO NOTHING")
        else:
            with self._indexed_at_the_end(target.name, empty=not before):
                touched = self._insert(target.name, listed, len(columns), rows, update_action)
        new = self._count(target.name) - before
        return Written(new, touched - new)

    @contextmanager
    def _indexed_at_the_end(self, table: str, *, empty: bool) -> Iterator[None]:
        """Makes the indexes of an empty table once it is filled: sorted, that takes half as long.

        All within the transaction, so that nobody ever sees the table without them.
        """
        found = self._driver.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            " AND tbl_name = ?", (table,),
        ).fetchall() if empty else []  # fmt: skip
        for name, _ in found:
            self._driver.execute(f'DROP INDEX "{name}"')
        yield
        for _, sql in found:
            self._driver.execute(sql)

    def _insert(self, table: str, listed: str, width: int, rows: Rows, update_action: str) -> int:
        marks = ", ".join("?" * width)
        statement = f'INSERT INTO "{table}" ({listed}) VALUES ({marks}) ON CONFLICT '
        before, tried = self._driver.total_changes, 0
        for batch in rows:
            tried += len(batch)
            self._driver.executemany(statement + "DO NOTHING", batch)
        new = int(self._driver.total_changes - before)
        if new == tried or not update_action:
            return new
        # Only now: SQLite keeps a journal for every single row that might be updated.
        for batch in rows:
            self._driver.executemany(statement + update_action, batch)
        return int(self._driver.total_changes - before)

    def _copy(self, table: str, listed: str, rows: Rows, action: str) -> int:
        with self._driver.cursor() as cursor:
            cursor.execute(
                f'CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {listed} FROM "{table}" '
                "WITH NO DATA"
            )
            with cursor.copy(f"COPY incoming ({listed}) FROM STDIN") as copy:
                for batch in rows:
                    for row in batch:
                        copy.write_row(row)
            cursor.execute(
                f'INSERT INTO "{table}" ({listed}) SELECT {listed} FROM incoming '
                f"ON CONFLICT {action}"
            )
            touched = int(cursor.rowcount)
            cursor.execute("DROP TABLE incoming")
        return touched

    def _count(self, table: str) -> int:
        count = self._connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar()
        return int(count or 0)

    def change(self, sql: str) -> int:
        """Run a statement without parameters; returns how many rows it touched."""
        return int(self._connection.exec_driver_sql(sql).rowcount)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Every row of a query without parameters."""
        return [tuple(row) for row in self._connection.exec_driver_sql(sql)]


def _update_action(target: Any, changes: dict[str, str], grow: bool) -> str:
    keys = ", ".join(f'"{column.name}"' for column in target.primary_key)
    sets = [f'"{column}" = {value}' for column, value in changes.items()]
    if grow:
        sets.append(f'version = "{target.name}".version + 1')
    differs = " OR ".join(
        f'CAST({value} AS TEXT) IS DISTINCT FROM CAST("{target.name}"."{column}" AS TEXT)'
        for column, value in changes.items()
    )
    return f"({keys}) DO UPDATE SET {', '.join(sets)} WHERE {differs}"


def _changes(
    table: str, update: Sequence[str], keep_filled: Sequence[str], earliest: Sequence[str]
) -> dict[str, str]:
    """Column → the value that it takes in a row that is there already."""
    changes = {}
    for column in update:
        changes[column] = (
            f"CASE WHEN coalesce(CAST(excluded.\"{column}\" AS TEXT), '') IN ({_EMPTY}) "
            f'THEN "{table}"."{column}" ELSE excluded."{column}" END'
        )
    for column in keep_filled:
        changes[column] = (
            f'CASE WHEN coalesce(CAST("{table}"."{column}" AS TEXT), \'\') IN ({_EMPTY}) '
            f'THEN excluded."{column}" ELSE "{table}"."{column}" END'
        )
    for column in earliest:
        changes[column] = (
            f'CASE WHEN "{table}"."{column}" IS NULL OR excluded."{column}" < '
            f'"{table}"."{column}" THEN excluded."{column}" ELSE "{table}"."{column}" END'
        )
    return changes
