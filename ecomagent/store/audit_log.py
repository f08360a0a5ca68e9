"""Rows of the audit log: appended one after the other, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from ecomagent.store.database import Database
from ecomagent.store.tables import AuditRow

_LOCK_KEY = 0x65636F61  # "ecoa": one writer at a time on a PostgreSQL server
_BATCH = 500


@dataclass(frozen=True)
class Unreadable:
    """A row whose values are no longer of their column's kind."""

    seq: int


def append_row(
    database: Database, make: Callable[[AuditRow | None], AuditRow], *, once: bool = False
) -> AuditRow | None:
    """Add the row that ``make`` builds from the last one; writers wait for one another.

    With ``once``, nothing is added, and None returned, where its event and subject are there.
    """
    with database.session() as session:
        _lock(session, database)
        row = make(_last(session))
        if once and _is_there(session, row.event, row.subject):
            return None
        session.add(row)
        session.flush()
        session.expunge(row)
        return row


def _is_there(session: Session, event: str, subject: str) -> bool:
    query = select(AuditRow.seq).where(AuditRow.event == event, AuditRow.subject == subject)
    return session.exec(query.limit(1)).first() is not None


def subjects_of(database: Database, event: str, prefix: str) -> frozenset[str]:
    """Subjects beginning so of all entries of one kind."""
    with database.reading() as session:
        query = select(AuditRow.subject).where(
            AuditRow.event == event, col(AuditRow.subject).startswith(prefix, autoescape=True)
        )
        return frozenset(session.exec(query))


def rows(database: Database) -> Iterator[AuditRow | Unreadable]:
    """Every row in order, in batches, so that a long log fits in memory."""
    after = -1
    while True:
        batch = _batch(database, after)
        yield from batch
        if len(batch) < _BATCH:
            return
        after = batch[-1].seq


def _batch(database: Database, after: int) -> Sequence[AuditRow | Unreadable]:
    query = select(AuditRow).where(col(AuditRow.seq) > after).order_by(col(AuditRow.seq))
    try:
        with database.reading() as session:
            return session.exec(query.limit(_BATCH)).all()
    except ValueError:  # a moment or a body that was made nonsense of
        return [_one(database, seq) for seq in _numbers(database, after)]


def _numbers(database: Database, after: int) -> Sequence[int]:
    query = select(AuditRow.seq).where(col(AuditRow.seq) > after).order_by(col(AuditRow.seq))
    with database.reading() as session:
        return session.exec(query.limit(_BATCH)).all()


def _one(database: Database, seq: int) -> AuditRow | Unreadable:
    try:
        with database.reading() as session:
            return session.exec(select(AuditRow).where(AuditRow.seq == seq)).one()
    except ValueError:
        return Unreadable(seq)


def hash_of(database: Database, seq: int) -> str | None:
    """The hash of one entry."""
    with database.reading() as session:
        return session.exec(select(AuditRow.hash).where(AuditRow.seq == seq)).first()


def latest_rows(database: Database, limit: int, subject: str = "") -> tuple[AuditRow, ...]:
    """The newest rows, newest first; of subjects that name one, where given."""
    with database.reading() as session:
        query = select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(limit)
        if subject:
            query = query.where(col(AuditRow.subject).contains(subject, autoescape=True))
        return tuple(session.exec(query))


def count_rows(database: Database) -> int:
    """How many rows there are."""
    with database.reading() as session:
        return int(session.exec(select(func.count()).select_from(AuditRow)).one())


def _last(session: Session) -> AuditRow | None:
    return session.exec(select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(1)).first()


def _lock(session: Session, database: Database) -> None:
    if database.dialect == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
