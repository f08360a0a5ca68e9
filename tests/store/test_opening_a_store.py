"""Opening a store: it is made, brought up to date, and says what is wrong in a merchant's words."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import select

from ecomagent.domain.errors import ConfigError, MissingExtraError, StoreError
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.migrations import HEAD, VERSION_TABLE, alembic_config
from ecomagent.store.tables import PlanRow, ProductRow, ShopRow, SQLModel, SupplierOfferRow


def test_migrations_make_exactly_the_tables_that_the_code_declares(database: Database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_newest_revision_is_the_one_that_opening_looks_for():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    folder = Path(sys.modules["ecomagent.store.migrations"].__file__).parent
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_opening_again_keeps_what_is_there(database: Database):
    with database.session() as session:
        session.add(ProductRow(id="P1", title="Mug"))
    again = Database.open(database.url)
    with again.reading() as session:
        assert session.get_one(ProductRow, "P1").title == "Mug"
    again.close()


def test_a_store_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_holds(
    database: Database,
):
    from alembic import command

    with database.session() as session:
        session.add(ProductRow(id="P1", title="Mug"))
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0001")

    again = Database.open(database.url)

    with again.reading() as session:
        assert session.get_one(ProductRow, "P1").title == "Mug"
        assert session.exec(select(SupplierOfferRow)).all() == []
    again.close()


def test_a_failing_block_leaves_nothing_behind(database: Database):
    with pytest.raises(ValueError, match="stop"), database.session() as session:
        session.add(ProductRow(id="P1"))
        session.flush()
        raise ValueError("stop")
    with database.reading() as session:
        assert session.get(ProductRow, "P1") is None


def test_a_reader_sees_one_state_while_another_writes(database: Database):
    with database.reading() as reader:
        assert reader.exec(select(ProductRow.id)).all() == []
        with database.session() as writer:
            writer.add(ProductRow(id="P1"))
        assert reader.exec(select(ProductRow.id)).all() == []
    with database.reading() as reader:
        assert reader.exec(select(ProductRow.id)).all() == ["P1"]


def test_moments_come_back_aware_in_utc(database: Database):
    seen = datetime.fromisoformat("2024-03-01T08:30:00.123456+08:00")
    with database.session() as session:
        session.add(ProductRow(id="P1", first_seen=seen))
    with database.reading() as session:
        kept = session.get_one(ProductRow, "P1").first_seen
    assert kept == seen
    assert kept.tzinfo == UTC


def test_two_processes_may_make_the_same_store_at_once(store_url: str):
    code = "import sys; from ecomagent.store.database import Database; Database.open(sys.argv[1])"
    both = [
        subprocess.Popen([sys.executable, "-c", code, store_url], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for each in both:
        _, errors = each.communicate()
        assert each.returncode == 0, errors.decode()


def test_a_store_of_a_newer_version_is_left_alone(database: Database):
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version") as failure:
        Database.open(database.url)
    assert "Update ecomagent" in failure.value.remedy


def test_a_database_with_tables_of_something_else_is_left_alone(store_url: str, tmp_path: Path):
    from sqlalchemy import create_engine

    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE product (id int)"))
    engine.dispose()
    with pytest.raises(StoreError, match="tables of something else") as failure:
        Database.open(store_url)
    assert "product" in failure.value.where


def test_sqlite_waits_for_other_writers_and_guards_references(tmp_path: Path):
    database = Database.open(sqlite_url(tmp_path / "s.db"))
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() > 0


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path):
    (tmp_path / "s.db").write_bytes(b"not a database at all, but long enough " * 50)
    with pytest.raises(StoreError, match="damaged") as failure:
        Database.open(sqlite_url(tmp_path / "s.db"))
    assert "backup" in failure.value.remedy
    assert str(tmp_path / "s.db") in failure.value.where


def test_a_store_with_a_torn_page_is_called_damaged(tmp_path: Path):
    path = tmp_path / "s.db"
    database = Database.open(sqlite_url(path))
    with database.session() as session:
        session.add_all(ProductRow(id=f"P{i}", title="x" * 500) for i in range(200))
    database.close()
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        opened = Database.open(sqlite_url(path))
        with opened.reading() as session:
            session.exec(select(ProductRow)).all()


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path):
    database = Database.open(sqlite_url(tmp_path / "s.db"))
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    from sqlalchemy import event

    @event.listens_for(database.engine, "begin")
    def no_room(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with pytest.raises(StoreError, match="disk is full") as failure, database.session() as session:
        session.add_all(ProductRow(id=f"P{i}", title="x" * 2000) for i in range(100))
    assert "Free some space" in failure.value.remedy
    with database.reading() as session:
        assert session.exec(select(ProductRow.id)).all() == []


def test_a_read_only_store_is_told(tmp_path: Path):
    database = Database.open(sqlite_url(tmp_path / "s.db"))
    from sqlalchemy import event

    @event.listens_for(database.engine, "begin")
    def read_only(connection):
        connection.exec_driver_sql("PRAGMA query_only=ON")

    with pytest.raises(StoreError, match="read-only"), database.session() as session:
        session.add(ProductRow(id="P1"))


def test_a_read_only_database_is_told_on_a_server(pg_database: str):
    database = Database.open(pg_database)
    with (
        pytest.raises(StoreError, match="read-only"),
        database.reading() as session,
    ):
        session.add(ProductRow(id="P1"))
        session.flush()
    database.close()


def test_the_folder_of_the_store_is_made(tmp_path: Path):
    Database.open(sqlite_url(tmp_path / "new" / "deep" / "s.db"))
    assert (tmp_path / "new" / "deep" / "s.db").is_file()


@pytest.mark.parametrize("url", ["mysql://host/shop", "no url", "://"])
def test_only_sqlite_and_postgresql_are_taken(url: str):
    with pytest.raises(ConfigError) as failure:
        Database.open(url)
    assert failure.value.remedy


def test_a_server_that_does_not_answer_is_told_without_the_password():
    with pytest.raises(StoreError, match="cannot be reached") as failure:
        Database.open("postgresql://me:secret@127.0.0.1:1/shop")
    assert "secret" not in str(failure.value)


def test_a_database_that_is_not_there_is_told(postgres_url: str):
    with pytest.raises(StoreError, match="no such database") as failure:
        Database.open(f"{postgres_url}/nowhere")
    assert "createdb" in failure.value.remedy


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match="PostgreSQL") as failure:
        Database.open("postgresql://host/shop")
    assert "ecomagent[postgres]" in failure.value.remedy


def test_a_broken_reference_is_a_mistake_of_the_program_and_not_hidden(database: Database):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), database.session() as session:
        session.add(PlanRow(id="p", hash="h", created_at=None, expires_at=None))
    with database.reading() as session:
        assert len(session.exec(select(ShopRow)).all()) == 1
