"""Brings files into the store: recognise, check, write, quarantine, one transaction a file."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
from sqlmodel import Session, col, func, select

from ecomagent.domain.errors import ImportFileError
from ecomagent.domain.ids import random_id
from ecomagent.store.importers.bulk import Bulk
from ecomagent.store.importers.check import Checked, check_rows
from ecomagent.store.importers.mappings import as_kept
from ecomagent.store.importers.prepare import prepare
from ecomagent.store.importers.quarantine import keep_bad_rows, let_go
from ecomagent.store.importers.read import open_table
from ecomagent.store.importers.report import FileReport
from ecomagent.store.importers.settle import Importing, settled
from ecomagent.store.importers.stage import Stage, load
from ecomagent.store.importers.understanding import Understanding
from ecomagent.store.importers.watch import Meter
from ecomagent.store.importers.writers import WRITERS
from ecomagent.store.importers.writing import Outcome, Writing
from ecomagent.store.shop import bump_serial
from ecomagent.store.tables import ImportRow, QuarantineRow

_HASHED = 1 << 20


@dataclass(frozen=True)
class Loaded:
    """One file's report, and what it means for the facts."""

    report: FileReport
    since: date | None = None
    sold: bool = False
    """Whether order lines are new."""
    changed: bool = False
    """Whether anything in the store is new or other than before."""


def load_file(path: Path, con: duckdb.DuckDBPyConnection, importing: Importing) -> Loaded:
    """Import one file; good rows get in, bad ones go to quarantine.

    Raises:
        ImportFileError: The file cannot be read as a table.
        UsageError: Its columns leave a question open and nobody is there to answer.
    """
    started = time.perf_counter()
    digest = _digest(path)
    known = _known(importing, digest)
    if known is not None:
        return Loaded(_known_report(path, known))
    table = open_table(path)
    meter = Meter(path, importing.watch, table.position)
    stage = load(con, table, meter.read)
    if not stage.rows and not stage.malformed:
        if importing.many:  # what a shop has none of is no fault of its bundle
            empty = "left out: no rows below its header"
            return Loaded(
                FileReport(file=path.name, layout="", subject="", status="skipped", notes=(empty,))
            )
        raise ImportFileError(
            "the file has no rows below its header",
            where=str(path),
            remedy="Export it again and import that.",
        )
    understood = settled(stage, path, table.delimiter, importing)
    importing.progress(path.name, "checking rows")
    meter.step("checking", stage.rows)
    prepare(stage, understood)
    checked = check_rows(
        stage,
        understood,
        currency=importing.settings.currency,
        now=importing.now,
        known_skus=_known_skus(importing, understood),
    )
    importing.progress(path.name, "writing to the store")
    meter.step("writing", stage.rows)
    notes = (*table.notes, *understood.notes)
    loaded = _write(stage, understood, checked, digest, importing, notes, started)
    meter.step("done", stage.rows)
    return loaded


def _write(
    stage: Stage,
    understood: Understanding,
    checked: Checked,
    digest: str,
    importing: Importing,
    notes: tuple[str, ...],
    started: float,
) -> Loaded:
    import_id = random_id("imp")
    with importing.database.session() as session:
        bulk = Bulk(session)
        writing = Writing(
            stage, bulk, understood, import_id, importing.settings.currency, importing.undated,
            importing.now,
        )  # fmt: skip
        outcome = WRITERS[understood.subject](writing) if checked.good else Outcome.nothing()
        bad = keep_bad_rows(
            bulk, stage, understood, import_id=import_id,
            currency=importing.settings.currency, now=importing.now,
        )  # fmt: skip
        mended = let_go(bulk, stage, understood)
        if outcome.catalogue_changed:
            bump_serial(session)
        report = FileReport(
            file=understood.file,
            layout=understood.layout,
            subject=understood.subject,
            mapping=understood.mapping,
            unused_columns=tuple(c for c in understood.unused if not c.startswith("quarantine_")),
            rows_read=stage.rows + len(stage.malformed),
            rows_new=outcome.written.new,
            rows_changed=outcome.written.changed,
            rows_known=max(checked.good - outcome.written.new - outcome.written.changed, 0),
            rows_bad=bad,
            rows_left_out=checked.left_out,
            rows_mended=mended,
            seconds=round(time.perf_counter() - started, 3),
            notes=(*notes, *outcome.notes),
        )
        _record(session, import_id, digest, understood, report, importing.now)
    sold = understood.subject == "orders" and outcome.since is not None
    changed = bool(
        outcome.written.new
        or outcome.written.changed
        or outcome.since is not None
        or outcome.catalogue_changed
    )
    return Loaded(report, outcome.since, sold, changed)


def _record(
    session: Session,
    import_id: str,
    digest: str,
    understood: Understanding,
    report: FileReport,
    now: datetime,
) -> None:
    session.add(
        ImportRow(
            id=import_id,
            path=understood.file,
            sha256=digest,
            layout=understood.layout,
            mapping=as_kept(understood),
            rows_read=report.rows_read,
            rows_new=report.rows_new,
            rows_bad=report.rows_bad,
            imported_at=now,
        )
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HASHED):
                digest.update(chunk)
    except OSError as error:
        raise ImportFileError(
            f"the file cannot be opened: {error.strerror}",
            where=str(path),
            remedy="Check its path, and that you may read it.",
        ) from error
    return digest.hexdigest()


def _known(importing: Importing, digest: str) -> ImportRow | None:
    """An earlier import of the same content, unless there is reason to read it again."""
    if importing.chosen:
        return None
    with importing.database.reading() as session:
        query = select(ImportRow).where(ImportRow.sha256 == digest)
        kept = session.exec(query.order_by(col(ImportRow.imported_at).desc())).first()
        if kept is None:
            return None
        waiting = session.exec(
            select(func.count())
            .select_from(QuarantineRow)
            .where(QuarantineRow.import_id == kept.id, QuarantineRow.status == "open")
        ).one()
        return None if waiting else kept


def _known_report(path: Path, known: ImportRow) -> FileReport:
    return FileReport(
        file=path.name,
        layout=known.layout,
        subject=str(known.mapping.get("subject", "")),
        status="known",
        mapping=dict(known.mapping.get("mapping", {})),
        rows_read=0,
        rows_known=known.rows_read - known.rows_bad,
        notes=(f"imported before, on {known.imported_at:%Y-%m-%d}; nothing has changed",),
    )


def _known_skus(importing: Importing, understood: Understanding) -> list[str]:
    if not understood.about.needs_sku:
        return []
    with importing.database.reading() as session:
        return [row[0] for row in Bulk(session).read("SELECT sku FROM variant")]
