"""Appends entries and proves that none was changed, removed or put in between.

An entry's hash covers its content and the hash before it; the newest is also named by a file
apart from the log (``head``), so that cutting off the log's end shows too.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ecomagent.audit.head import GENESIS, Head, Mark
from ecomagent.domain.errors import AuditError
from ecomagent.domain.ids import content_hash
from ecomagent.store.audit_log import (
    Unreadable,
    append_row,
    count_rows,
    hash_of,
    latest_rows,
    rows,
    subjects_of,
)
from ecomagent.store.database import Database
from ecomagent.store.tables import AuditRow


class AuditEntry(BaseModel):
    """One thing that happened."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at: datetime
    actor: str
    event: str
    """What happened, e.g. ``action.applied``."""
    subject: str
    """What it happened to: a plan's id, or what begins with it for an action of the plan."""
    body: dict[str, Any]
    previous_hash: str
    hash: str


class AuditReport(BaseModel):
    """What verification found."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    entries: int
    last_hash: str
    """Hash of the last entry that fits: note it down elsewhere to prove the log up to there."""
    first_bad: int | None = None
    """Number of the first entry that does not fit; None where the head file alone is wrong."""
    problem: str = ""


class AuditLog:
    """The log of one shop.

    Args:
        database: The store.
        head_file: Where the newest hash is kept, apart from the log.
    """

    def __init__(self, database: Database, head_file: Path) -> None:
        self._database = database
        self._head = Head(head_file)

    def append(
        self,
        *,
        at: datetime,
        actor: str,
        event: str,
        subject: str,
        body: dict[str, Any],
        once: bool = False,
    ) -> None:
        """Add an entry; it is on disk when this returns.

        Args:
            at: When it happened, aware.
            actor: Who did it.
            event: What happened.
            subject: To which plan or action.
            body: JSON values; no secrets, no personal data.
            once: Not where an entry of that event and subject is there.

        Raises:
            StoreError: Disk full, or the store is read-only.
            AuditError: The head file cannot be written.
        """
        plain = json.loads(json.dumps(body, default=str))
        before = Mark.start()

        def make(last: AuditRow | None) -> AuditRow:
            nonlocal before
            if last is None:
                self._begin()
            else:
                before = Mark(seq=last.seq, hash=last.hash)
            row = AuditRow(
                seq=before.seq + 1,
                at=at.astimezone(UTC),
                actor=actor,
                event=event,
                subject=subject,
                body=plain,
                previous_hash=before.hash,
                hash="",
            )
            row.hash = _hash(row)
            return row

        row = append_row(self._database, make, once=once)
        if row is not None:
            self._move_head(before, Mark(seq=row.seq, hash=row.hash))

    def subjects(self, event: str, prefix: str) -> frozenset[str]:
        """Subjects beginning with ``prefix`` of which the log says that the event happened."""
        return subjects_of(self._database, event, prefix)

    def entries(self, limit: int = 50, *, subject: str = "") -> tuple[AuditEntry, ...]:
        """The newest entries, newest first; only of subjects that name ``subject``, if given.

        Raises:
            AuditError: One of them was tampered with and cannot be read.
        """
        try:
            found = latest_rows(self._database, limit, subject)
            return tuple(AuditEntry.model_validate(row, from_attributes=True) for row in found)
        except ValueError as error:
            raise AuditError(
                "an entry of the audit log was changed and cannot be read any more",
                remedy="`ecomagent audit verify` says which.",
            ) from error

    def verify(self) -> AuditReport:
        """Walk the whole log and say where it first does not fit, if anywhere.

        A head file that is behind by whole entries is what a kill leaves, and is no fault.
        """
        try:
            head = self._head.read()
        except AuditError as error:
            return self._bad(Mark.start(), None, error.what)
        last, met = Mark.start(), head is not None and head.seq == 0
        for row in rows(self._database):
            problem = _problem(row, last)
            if problem:
                return self._bad(last, last.seq + 1, problem)
            last = Mark(seq=last.seq + 1, hash=row.hash)  # type: ignore[union-attr]
            if head is not None and head.seq == last.seq:
                met = True
                if head != last:
                    return self._bad(last, last.seq, "the entry is not the one that was written")
        if head is None and last.seq:
            return self._bad(last, None, "the head file is missing")
        if head is not None and not met:
            cut = f"the log was cut off: {head.seq:,} entries were written, {last.seq:,} are left"
            return self._bad(last, last.seq + 1, cut)
        return AuditReport(ok=True, entries=last.seq, last_hash=last.hash)

    def _bad(self, last: Mark, first_bad: int | None, problem: str) -> AuditReport:
        return AuditReport(
            ok=False,
            entries=count_rows(self._database),
            last_hash=last.hash,
            first_bad=first_bad,
            problem=problem,
        )

    def _begin(self) -> None:
        """A head before the first entry, so that a missing one always means something."""
        if not self._head.exists():
            self._head.write(Mark.start())

    def _move_head(self, before: Mark, now: Mark) -> None:
        """Killed before this, the head stays behind, and the next entry moves it on.

        A damaged head is left as it is, like a missing one: ``verify`` names it.
        """
        try:
            head = self._head.read()
        except AuditError:
            return
        if head is None or head.seq > before.seq:
            return
        known = before.hash if head.seq == before.seq else hash_of(self._database, head.seq)
        if head.hash in (known, GENESIS if head.seq == 0 else None):
            self._head.write(now)


def _hash(row: AuditRow) -> str:
    return content_hash(
        [row.seq, row.at, row.actor, row.event, row.subject, row.body, row.previous_hash]
    )


def _problem(row: AuditRow | Unreadable, last: Mark) -> str:
    if row.seq != last.seq + 1:
        return "the entry is missing"
    if isinstance(row, Unreadable):
        return "the entry was changed after it was written: it cannot be read any more"
    if row.previous_hash != last.hash:
        return "the entry is not linked to the one before: one of the two was changed"
    if row.hash != _hash(row):
        return "the entry was changed after it was written"
    return ""
