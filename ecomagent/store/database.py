"""Opens the store, brings its tables up to date, and hands out transactions.

The same code runs on SQLite (the default, in WAL mode) and on PostgreSQL; whatever a database
says when something is wrong is put into the merchant's words here, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlmodel import Session, create_engine

from ecomagent.domain.errors import ConfigError, MissingExtraError, WorkspaceError
from ecomagent.store.failures import told_by_database
from ecomagent.store.migrations import migrate

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
_READING = "ecomagent_reading"


def sqlite_url(path: Path) -> str:
    """URL of the SQLite store in that file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


class Database:
    """One shop's store, open and up to date.

    Args:
        engine: SQLAlchemy's engine.
        shown: Its URL without a password, for messages.
    """

    def __init__(self, engine: Engine, shown: str) -> None:
        self.engine = engine
        self.shown = shown
        self._readers = engine.execution_options(**{_READING: True})

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a store, making it or adding what newer versions need.

        Args:
            url: ``sqlite:///path`` or ``postgresql://user@host/name``.

        Raises:
            ConfigError: Not a URL, or of a database that is not supported.
            MissingExtraError: PostgreSQL's driver is not installed.
            StoreError: It cannot be reached, read or written, is damaged, or newer than this tool.
        """
        parsed = _supported(url)
        shown = _shown(parsed)
        database = cls(_engine(parsed), shown)
        try:
            migrate(database.engine, shown)
        except DBAPIError as error:
            database.close()
            raise told_by_database(error, shown) from error
        except BaseException:
            database.close()
            raise
        return database

    @property
    def url(self) -> str:
        """The URL with its password, for whoever has to connect again."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that may write: kept when the block ends, undone when it raises.

        On SQLite it takes the write lock at its first statement and waits for other writers, so
        that what it read is still true when it writes.

        Raises:
            StoreError: Disk full, read-only, damaged, busy for too long, or connection lost.
        """
        with self._transaction(self.engine) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, sees one state throughout and waits for nobody.

        Raises:
            StoreError: The store cannot be read.
        """
        with self._transaction(self._readers) as session:
            yield session

    @contextmanager
    def read_connection(self) -> Iterator[Connection]:
        """Like ``reading``, without the object mapper: for reading millions of rows."""
        try:
            with self._readers.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise told_by_database(error, self.shown) from error

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            told = told_by_database(error, self.shown)
            if told is error:
                raise
            raise told from error

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _supported(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "the database URL cannot be read",
            remedy="Write it like postgresql://user:password@host/name or sqlite:////path/store.db.",
        ) from error
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite")
    raise ConfigError(
        f"databases of kind “{backend}” are not supported",
        remedy="Use SQLite or PostgreSQL.",
    )


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "SQLite in memory"
    return url.render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    try:
        engine = create_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": "-c timezone=UTC -c client_min_messages=warning",
            },
        )
    except (ImportError, NoSuchModuleError) as error:
        raise MissingExtraError(
            "PostgreSQL support is not installed",
            remedy="Install it with `pip install 'ecomagent[postgres]'`.",
        ) from error

    @event.listens_for(engine, "engine_connect")
    def set_snapshot(connection: Connection) -> None:
        if connection.get_execution_options().get(_READING):
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    return engine


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                "the folder of the store cannot be made",
                where=f"{folder}: {error.strerror}",
                remedy="Choose a folder you may write to.",
            ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
