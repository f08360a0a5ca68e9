"""Two runs at once, a holder that died, a full or read-only disk: a clear word, and no harm."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from ecomagent.domain.errors import EcomagentError, LockedError, StoreError, WorkspaceError
from ecomagent.plan.lock import workspace_lock


def test_a_lock_is_free_again_after_its_block(small_shop, tmp_path):
    clock = small_shop.SteppingClock()
    for _ in range(2):
        with workspace_lock(tmp_path / "lock", actor="olga", what="apply", clock=clock):
            assert (tmp_path / "lock").exists()


def test_a_lock_is_free_again_after_an_error(small_shop, tmp_path):
    clock = small_shop.SteppingClock()
    with (
        pytest.raises(ZeroDivisionError),
        workspace_lock(tmp_path / "lock", actor="olga", what="apply", clock=clock),
    ):
        raise ZeroDivisionError

    with workspace_lock(tmp_path / "lock", actor="olga", what="apply", clock=clock):
        pass


HOLD = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from ecomagent.domain.ports import SystemClock
    from ecomagent.plan.lock import workspace_lock
    with workspace_lock(Path(sys.argv[1]), actor="wei", what="apply plan-7", clock=SystemClock()):
        print("held", flush=True)
        time.sleep(60)
""")


def test_the_holder_is_named_and_a_holder_that_died_does_not_keep_the_lock(small_shop, tmp_path):
    lock, clock = tmp_path / "lock", small_shop.SteppingClock()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"

        with (
            pytest.raises(LockedError) as held,
            workspace_lock(lock, actor="olga", what="apply", clock=clock),
        ):
            pass
        assert "wei, apply plan-7, since 20" in held.value.what
        assert f"process {holder.pid}" in held.value.what
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()

    with workspace_lock(lock, actor="olga", what="apply", clock=clock):
        pass


def test_a_note_that_cannot_be_read_does_not_hide_that_it_is_locked(small_shop, tmp_path):
    lock, clock = tmp_path / "lock", small_shop.SteppingClock()
    with workspace_lock(lock, actor="olga", what="apply", clock=clock):
        lock.with_name("lock.json").write_text("torn")

        with (
            pytest.raises(LockedError, match="holder unknown"),
            workspace_lock(lock, actor="wei", what="import", clock=clock),
        ):
            pass


def test_a_folder_that_cannot_be_locked_is_told(small_shop, tmp_path):
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(WorkspaceError, match="cannot be locked"),
        workspace_lock(
            tmp_path / "file" / "lock", actor="o", what="apply", clock=small_shop.SteppingClock()
        ),
    ):
        pass


def test_a_full_disk_is_told_and_the_next_run_finishes(local, small_shop):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector))
    small_shop.decide(local, plan)
    (pages,) = local.sql("PRAGMA page_count")[0]
    with local.database.engine.connect() as connection:
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count={pages}")

    with pytest.raises(StoreError, match="the disk is full") as told:
        for _ in range(50):
            local.apply(plan)
            local.sql("CREATE TABLE IF NOT EXISTS filler (x)")
            local.sql("INSERT INTO filler VALUES (randomblob(100000))")
    assert "nothing was half written" in told.value.remedy

    roomy = local.again()
    assert roomy.apply(plan).exit_code == 0
    counts = small_shop.counts(roomy)
    assert counts["applied"] == counts["writes"] == counts["logged"] == 10
    assert roomy.audit.verify().ok
    roomy.database.close()


def test_a_read_only_store_is_told_and_nothing_is_done(local, small_shop):
    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector))
    small_shop.decide(local, plan)
    with local.database.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA query_only=1")

    with pytest.raises(StoreError, match="read-only"):
        local.apply(plan)

    again = local.again()
    assert again.apply(plan).applied == 10
    again.database.close()


@pytest.mark.parametrize("at_write", range(1, 40, 3))
def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_half_done(local, small_shop, at_write):
    """Every writing statement in turn is the one for which there is no room."""
    from sqlalchemy import event
    from sqlalchemy.exc import OperationalError

    plan = small_shop.sealed(local, small_shop.every_kind_of_action(local.connector)[:3])
    small_shop.decide(local, plan)
    seen = 0

    class Full(Exception):
        sqlite_errorname = "SQLITE_FULL"

    @event.listens_for(local.database.engine, "before_cursor_execute")
    def no_room(connection, cursor, text, *rest):
        nonlocal seen
        seen += text.startswith(("INSERT", "UPDATE"))
        if seen == at_write and text.startswith(("INSERT", "UPDATE")):
            raise OperationalError(text, {}, Full("database or disk is full"))

    try:
        local.apply(plan)
    except EcomagentError as error:
        assert "disk is full" in error.what

    again = local.again()
    again.apply(plan)
    counts = small_shop.counts(again)
    assert counts["applied"] == counts["writes"] == counts["logged"] == 3
    assert again.audit.verify().ok
    again.database.close()
