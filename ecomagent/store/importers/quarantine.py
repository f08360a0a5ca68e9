"""Rows that could not be imported: kept with reason and remedy, exported, mended, let go."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, func, select

from ecomagent.domain.errors import NotFoundError, WorkspaceError
from ecomagent.domain.ids import content_id
from ecomagent.store.database import Database
from ecomagent.store.importers.bulk import Bulk
from ecomagent.store.importers.reasons import explain
from ecomagent.store.importers.stage import Batches, Stage
from ecomagent.store.importers.understanding import Understanding
from ecomagent.store.tables import QuarantineRow

MARK = "quarantine_id"
_ADDED = (MARK, "quarantine_row", "quarantine_field", "quarantine_reason", "quarantine_remedy")
_COLUMNS = (
    "id", "import_id", "file", "row", "field", "value", "reason", "remedy", "record", "layout",
    "status", "at",
)  # fmt: skip


class QuarantinedRow(BaseModel):
    """A row in quarantine, as shown to people."""

    model_config = ConfigDict(frozen=True)

    id: str
    file: str
    row: int
    field: str
    value: str
    reason: str
    remedy: str
    record: dict[str, Any]


class QuarantineList(BaseModel):
    """Rows in quarantine, and how often each reason occurs."""

    model_config = ConfigDict(frozen=True)

    total: int
    reasons: dict[str, int]
    rows: tuple[QuarantinedRow, ...]


def keep_bad_rows(
    bulk: Bulk, stage: Stage, understood: Understanding, *, import_id: str, currency: str,
    now: datetime,
) -> int:  # fmt: skip
    """Put the bad rows of a checked file into quarantine; returns how many the file has.

    A row that is there already, under its number in the file or its id in an exported one, is
    brought up to date and not kept twice.
    """
    rows = Batches(lambda: _bad_rows(stage, understood, import_id, currency, now))
    bulk.add(
        QuarantineRow,
        _COLUMNS,
        rows,
        update=("import_id", "field", "value", "reason", "remedy", "record", "status", "at"),
    )
    bad, malformed = stage.one("SELECT count(*) FROM bad")[0], len(stage.malformed)
    return int(bad) + malformed


def _bad_rows(
    stage: Stage, understood: Understanding, import_id: str, currency: str, now: datetime
) -> Iterator[list[tuple[Any, ...]]]:
    cells = ", ".join(f"raw.c{i}" for i in range(len(stage.header)))
    at = now.strftime("%Y-%m-%d %H:%M:%S.%f")

    def made(
        part: int, row: int, field: str, code: str, cells: Sequence[str | None]
    ) -> tuple[Any, ...]:
        beyond = (f"column_{i + 1}" for i in range(len(stage.header), len(cells)))
        titles = (*stage.header, *beyond)
        record = dict(zip(titles, (cell or "" for cell in cells), strict=False))
        reason, remedy = explain(code, field, understood.subject, currency, understood.mapping)
        value = record.get(understood.mapping.get(field, ""), "")
        file, number = _place(stage, part, row, understood.file), row
        key = record.get(MARK) or content_id("bad", [file, row, record], digits=16)
        if record.get(MARK):
            number = int(record.get("quarantine_row") or row)
        shown = {title: cell for title, cell in record.items() if title not in _ADDED}
        return (
            key, import_id, file, number, field, value, reason, remedy,
            json.dumps(shown, ensure_ascii=False), understood.layout, "open", at,
        )  # fmt: skip

    for rows in stage.rows_of(
        f'SELECT raw.part, raw."row", field, code, {cells} FROM bad JOIN raw USING (n) ORDER BY n'
    ):
        yield [made(row[0], row[1], row[2], row[3], row[4:]) for row in rows]
    if stage.malformed:
        yield [made(row.part, row.row, "", row.reason, row.cells) for row in stage.malformed]


def _place(stage: Stage, part: int, row: int, file: str) -> str:
    sheet = stage.parts[part] if part < len(stage.parts) else ""
    return f"{file}#{sheet}" if sheet else file


def let_go(bulk: Bulk, stage: Stage, understood: Understanding) -> int:
    """Mark as mended what a file now brings in good order; returns how many rows left.

    A row of an exported file is known by its id; a row mended in the file that it came from by
    its number and by every cell but the one that was wrong.
    """
    if MARK in stage.header:
        column = stage.column(MARK)
        mended = [
            row[0] for row in stage.all(f"SELECT {column} FROM good JOIN raw USING (n)") if row[0]
        ]
    else:
        mended = list(_mended_in_place(bulk, stage, understood))
    left = 0
    for start in range(0, len(mended), 500):
        listed = ", ".join(
            "'" + key.replace("'", "''") + "'" for key in mended[start : start + 500]
        )
        left += bulk.change(
            f"UPDATE quarantine SET status = 'mended' WHERE status = 'open' AND id IN ({listed})"
        )
    return left


def _mended_in_place(bulk: Bulk, stage: Stage, understood: Understanding) -> Iterator[str]:
    titles = list(stage.header)
    cells = ", ".join(f"raw.c{i}" for i in range(len(titles)))
    for part in range(len(stage.parts)):
        place = _place(stage, part, 0, understood.file).replace("'", "''")
        waiting = bulk.read(
            "SELECT id, row, field, record FROM quarantine "
            f"WHERE status = 'open' AND file = '{place}'"
        )
        if not waiting:
            continue
        numbers = ", ".join(str(int(row[1])) for row in waiting)
        found = {
            row[0]: dict(zip(titles, (cell or "" for cell in row[1:]), strict=True))
            for row in stage.all(
                f'SELECT raw."row", {cells} FROM good JOIN raw USING (n) '
                f'WHERE raw.part = {part} AND raw."row" IN ({numbers})'
            )
        }
        for key, number, field, record in waiting:
            kept = json.loads(record) if isinstance(record, str) else record
            wrong = understood.mapping.get(field, "")
            if number in found and _same_but(kept, found[number], wrong):
                yield key


def _same_but(kept: dict[str, Any], now: dict[str, str], wrong: str) -> bool:
    """Whether two rows agree on every cell but one; a row that was cut wrongly on its first."""
    titles = [title for title in now if title != wrong]
    if not wrong:
        titles = titles[:1]
    return all((kept.get(title) or "") == now[title] for title in titles)


def list_quarantine(
    database: Database, *, file: str | None = None, limit: int = 50
) -> QuarantineList:
    """Rows that wait to be mended, oldest first."""
    with database.reading() as session:
        query = select(QuarantineRow).where(QuarantineRow.status == "open")
        if file is not None:
            query = query.where(QuarantineRow.file == file)
        counted = session.exec(
            select(QuarantineRow.reason, func.count())
            .where(col(QuarantineRow.id).in_(query.with_only_columns(col(QuarantineRow.id))))
            .group_by(col(QuarantineRow.reason))
        ).all()
        ordered = query.order_by(col(QuarantineRow.file), col(QuarantineRow.row)).limit(limit)
        rows = session.exec(ordered).all()
        shown = tuple(QuarantinedRow.model_validate(row.model_dump()) for row in rows)
    reasons = dict(Counter({reason: int(count) for reason, count in counted}).most_common())
    return QuarantineList(total=sum(reasons.values()), reasons=reasons, rows=shown)


def export_quarantine(database: Database, target: Path) -> tuple[Path, ...]:
    """Write the waiting rows as CSV files to mend and import again, one a source file.

    Args:
        database: The store.
        target: A folder; made where it is missing.

    Raises:
        NotFoundError: The quarantine is empty.
        WorkspaceError: The folder cannot be written.
    """
    listed = list_quarantine(database, limit=10**9)
    if not listed.rows:
        raise NotFoundError("the quarantine is empty", remedy="There is nothing to mend.")
    by_file: dict[str, list[QuarantinedRow]] = {}
    for row in listed.rows:
        by_file.setdefault(row.file, []).append(row)
    try:
        target.mkdir(parents=True, exist_ok=True)
        return tuple(_write(target, file, rows) for file, rows in sorted(by_file.items()))
    except OSError as error:
        raise WorkspaceError(
            f"the rows cannot be written: {error.strerror}",
            where=str(target),
            remedy="Choose a folder you may write to, with room on its disk.",
        ) from error


def _write(target: Path, file: str, rows: Iterable[QuarantinedRow]) -> Path:
    kept = list(rows)
    titles = list(dict.fromkeys(title for row in kept for title in row.record))
    path = target / ("".join(c if c.isalnum() or c in "._-" else "_" for c in file) + ".mend.csv")
    # The mark tells spreadsheet programs that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*titles, *_ADDED])
        for row in kept:
            cells = [row.record.get(title, "") for title in titles]
            writer.writerow([*cells, row.id, row.row, row.field, row.reason, row.remedy])
    return path


def discard_quarantine(database: Database, ids: Sequence[str]) -> int:
    """Let rows go that shall never be imported; returns how many.

    Args:
        database: The store.
        ids: Rows to let go; empty for all.
    """
    with database.session() as session:
        query = select(QuarantineRow).where(QuarantineRow.status == "open")
        if ids:
            query = query.where(col(QuarantineRow.id).in_(ids))
        rows = session.exec(query).all()
        for row in rows:
            row.status = "discarded"
            session.add(row)
    if ids and not rows:
        raise NotFoundError(
            "no such row waits in quarantine",
            where=", ".join(ids),
            remedy="See `ecomagent quarantine list` for the ids.",
        )
    return len(rows)


def open_quarantine_count(database: Database) -> int:
    """How many rows wait to be mended."""
    with database.reading() as session:
        waiting = select(func.count()).select_from(QuarantineRow)
        return int(session.exec(waiting.where(QuarantineRow.status == "open")).one())
