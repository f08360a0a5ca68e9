"""The agents' notes of how far they are lie beside the store; trouble there is told, too."""

import psycopg
import pytest

from ecomagent.bootstrap import init_workspace
from ecomagent.domain.errors import StoreError


def test_a_server_that_goes_away_meanwhile_is_told(tmp_path, pg_database):
    workspace = init_workspace(
        tmp_path / "shop", currency="GBP", country="GB", database_url=pg_database, env={}
    )
    plain = pg_database.replace("postgresql+psycopg", "postgresql")

    with pytest.raises(StoreError, match="server is stopping"), workspace.checkpointer() as saver:
        with psycopg.connect(plain, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        saver.get_tuple({"configurable": {"thread_id": "run", "checkpoint_ns": ""}})
    workspace.database.close()
