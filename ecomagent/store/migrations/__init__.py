"""Brings a store's tables to what this version needs, with Alembic, from wherever it is installed.

The schema's version is kept in a table of its own name, so that a PostgreSQL database may be
shared with other software that uses Alembic too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

from ecomagent.domain.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The newest revision; known here so that opening an up-to-date store needs no Alembic."""
VERSION_TABLE = "ecomagent_schema"
_LOCK_KEY = 0x65636F6D  # "ecom": one migration at a time on a PostgreSQL server


def migrate(engine: Engine, shown: str) -> None:
    """Make or update the tables; two processes doing so at once do it one after the other.

    Args:
        engine: The database.
        shown: Its name in messages.

    Raises:
        StoreError: It was written by a newer version, or holds tables that are not ours.
    """
    with engine.execution_options(ecomagent_reading=True).connect() as connection:
        if _version(connection) == HEAD:
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        version = _version(connection)
        if version != HEAD:
            _check(connection, version, shown)
            _upgrade(connection)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for that connection; its scripts lie in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()


def _check(connection: Connection, version: str | None, shown: str) -> None:
    from alembic.script import ScriptDirectory

    if version is None:
        _check_empty(connection, shown)
        return
    scripts = ScriptDirectory.from_config(alembic_config(connection))
    known = {script.revision for script in scripts.walk_revisions()}
    if version not in known:
        raise StoreError(
            "the store was written by a newer version of ecomagent",
            where=f"{shown}, schema {version}; this version knows up to {HEAD}",
            remedy="Update ecomagent, e.g. `pip install --upgrade ecomagent`.",
        )


def _check_empty(connection: Connection, shown: str) -> None:
    from sqlmodel import SQLModel

    import ecomagent.store.tables  # noqa: F401  (registers the tables)

    ours = set(SQLModel.metadata.tables)
    taken = sorted(ours & set(inspect(connection).get_table_names()))
    if taken:
        raise StoreError(
            "the database holds tables of something else under our names",
            where=f"{shown}: {', '.join(taken[:5])}",
            remedy="Give ecomagent a database (or a PostgreSQL schema) of its own.",
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
