"""Settles what a file is: by what was given, kept or recognised, else by asking the merchant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from ecomagent.domain.errors import UsageError
from ecomagent.domain.ports import Progress
from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database
from ecomagent.store.importers.mappings import check_chosen, keep_mapping, kept_mapping
from ecomagent.store.importers.quarantine import MARK
from ecomagent.store.importers.recognise import understand
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.understanding import Confirm, Understanding
from ecomagent.store.importers.watch import Watch
from ecomagent.store.tables import ImportRow, QuarantineRow


@dataclass(frozen=True)
class Importing:
    """What holds for every file of one import.

    Args:
        database: The store.
        settings: The shop.
        mappings_file: Where confirmed mappings are kept.
        chosen: What ``--map`` says.
        confirm: Asks a person; None where nobody is there.
        now: This moment.
        progress: Told of each step.
        watch: Shown how far the reading of a file is.
        many: Whether a folder is imported, so that ``--map`` may not fit every file.
    """

    database: Database
    settings: ShopSettings
    mappings_file: Path
    chosen: Mapping[str, str]
    confirm: Confirm | None
    now: datetime
    progress: Progress
    watch: Watch | None
    many: bool

    @property
    def undated(self) -> datetime:
        """Moment of what bears no date: the last second before today, so that today may use it."""
        local = self.now.astimezone(ZoneInfo(self.settings.timezone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - timedelta(seconds=1)).astimezone(self.now.tzinfo)


def settled(stage: Stage, path: Path, delimiter: str, importing: Importing) -> Understanding:
    """What the file is, with every doubt settled by the merchant."""
    chosen = check_chosen(importing.chosen, stage.header, whole=not importing.many)
    understood = understand(
        stage,
        path,
        delimiter=delimiter,
        country=importing.settings.country,
        timezone=importing.settings.timezone,
        chosen=chosen,
        saved=_mended(stage, importing) or kept_mapping(importing.mappings_file, stage.header),
    )
    if understood.doubts:
        answer = importing.confirm(understood) if importing.confirm else None
        if answer is None:
            raise _unsettled(understood)
        understood = answer.model_copy(update={"doubts": (), "saved": True})
        keep_mapping(importing.mappings_file, understood)
    elif chosen and understood.layout == "table":
        keep_mapping(importing.mappings_file, understood)
    return understood


def _mended(stage: Stage, importing: Importing) -> Understanding | None:
    """How the file was understood that a quarantine export came from."""
    if MARK not in stage.header:
        return None
    column = stage.column(MARK)
    ids = [row[0] for row in stage.all(f"SELECT {column} FROM raw WHERE {column} IS NOT NULL")]
    with importing.database.reading() as session:
        query = select(ImportRow).join(
            QuarantineRow, col(QuarantineRow.import_id) == col(ImportRow.id)
        )
        kept = session.exec(query.where(col(QuarantineRow.id).in_(ids[:500]))).first()
    if kept is None:
        return None
    understood = Understanding.model_validate(kept.mapping)
    return understood.model_copy(update={"columns": stage.header})


def _unsettled(understood: Understanding) -> UsageError:
    doubts = understood.doubts
    blank = {"day_first": "yes"}
    answers = {d.field: d.proposed or blank.get(d.field, "COLUMN") for d in doubts}
    wanted = " ".join(f"--map {quote(f'{field}={said}')}" for field, said in answers.items())
    likely = (
        ""
        if all(doubt.proposed for doubt in doubts)
        else (f" Columns: {', '.join(understood.columns)}.")
    )
    return UsageError(
        " ".join(doubt.question for doubt in doubts),
        where=f"{understood.file}, taken for a table of {understood.subject}",
        remedy=f"Say so with {wanted}, or import it in a terminal to be asked.{likely}",
    )
