"""Workbooks: every sheet that has the first table's header is read, one after the other."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.importers.table import BATCH_ROWS, Batch, Table, find_header

_LOOKED_AT = 60
_WORKBOOK_PART = "[Content_Types].xml"
"""In every XLSX, which is a zip archive, and in no other."""


def open_workbook(path: Path) -> Table:
    """The table in an XLSX or XLS workbook.

    Raises:
        ImportFileError: Broken, protected, or without a sheet that holds a table.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        tables = [(name, sheet, _header(sheet, path)) for name, sheet in sheets if sheet.height > 1]
    except (CalamineError, OSError, ValueError) as error:
        if zipfile.is_zipfile(path) and _WORKBOOK_PART not in zipfile.ZipFile(path).namelist():
            raise ImportFileError(
                "the file is an archive, not a workbook",
                where=str(path),
                remedy="Unpack it, and import the folder.",
            ) from error
        raise ImportFileError(
            f"the workbook cannot be read: {error}",
            where=str(path),
            remedy="Open it in a spreadsheet program and save it again as XLSX or CSV.",
        ) from error
    found = [(name, sheet, head) for name, sheet, head in tables if head is not None]
    if not found:
        raise ImportFileError(
            "no sheet holds a table",
            where=str(path),
            remedy="Put the columns' names in the first row and one record in each row below.",
        )
    header = found[0][2][1]
    same = [(name, sheet, head[0]) for name, sheet, head in found if head[1] == header]
    others = [name for name, _ in sheets if name not in {name for name, _, _ in same}]
    notes = (f"sheets not read: {', '.join(others)}",) if others else ()
    return Table(
        path,
        "xlsx",
        header,
        tuple(name for name, _, _ in same),
        _batches([(sheet, skip) for _, sheet, skip in same], len(header)),
        notes=notes,
    )


def _header(sheet: CalamineSheet, path: Path) -> tuple[int, tuple[str, ...]] | None:
    rows = [
        [_cell_text(cell) for cell in row]
        for row, _ in zip(sheet.iter_rows(), range(_LOOKED_AT), strict=False)
    ]
    try:
        return find_header(rows, path)
    except ImportFileError:
        return None


def _batches(sheets: list[tuple[CalamineSheet, int]], width: int) -> Iterator[Batch]:
    for part, (sheet, header_at) in enumerate(sheets):
        above = sheet.start[0] if sheet.start else 0
        batch = Batch(part)
        for index, row in enumerate(sheet.iter_rows()):
            if index <= header_at:
                continue
            cells = [_cell_text(cell) for cell in row[:width]]
            if any(cells):
                batch.numbers.append(above + index + 1)
                batch.rows.append(cells + [""] * (width - len(cells)))
            if len(batch.rows) >= BATCH_ROWS:
                yield batch
                batch = Batch(part)
        yield batch


def _cell_text(value: object) -> str:
    """A spreadsheet cell as text; whole numbers without a point, moments as ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
