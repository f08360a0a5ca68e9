"""What Alembic runs: the revisions, on the connection it was given."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import ecomagent.store.tables  # noqa: F401  (registers the tables)
from ecomagent.store.migrations import VERSION_TABLE


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
    )
    context.run_migrations()


run()
