"""One writer at a time in a workspace; the lock says who holds it, for what, and since when."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ecomagent.domain.errors import LockedError, WorkspaceError
from ecomagent.domain.ports import Clock


@contextmanager
def workspace_lock(path: Path, *, actor: str, what: str, clock: Clock) -> Iterator[None]:
    """Hold the workspace while the block runs.

    The operating system lets go of the lock when its holder dies, so a killed run never leaves
    the workspace locked.

    Args:
        path: The lock file; a note of who holds it lies beside it.
        actor: Who wants it.
        what: For what.
        clock: Since when.

    Raises:
        LockedError: Another run holds it; says who, what and since when.
        WorkspaceError: The lock file cannot be written.
    """
    note = path.with_name(path.name + ".json")
    lock = _acquired(path, note)
    try:
        since = clock.now().isoformat(timespec="seconds")
        holder = {"actor": actor, "what": what, "since": since, "pid": os.getpid()}
        try:
            note.write_text(json.dumps(holder, ensure_ascii=False), encoding="utf-8")
        except OSError as error:
            raise _unlockable(path, error) from error
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _acquired(path: Path, note: Path) -> FileLock:
    lock = FileLock(path, timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LockedError(
            f"another run holds the workspace: {_holder(note)}",
            where=str(path),
            remedy="Wait until it is done, then run the same command again.",
        ) from error
    except OSError as error:
        raise _unlockable(path, error) from error
    return lock


def _unlockable(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        "the workspace cannot be locked",
        where=f"{path}: {error.strerror}",
        remedy="Make room on the disk and check that you may write there.",
    )


def _holder(note: Path) -> str:
    try:
        held = json.loads(note.read_text(encoding="utf-8"))
        return f"{held['actor']}, {held['what']}, since {held['since']} (process {held['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "holder unknown"
