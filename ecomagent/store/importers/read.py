"""Any file as a header and batches of text rows, with the row numbers a person would see."""

from __future__ import annotations

from pathlib import Path

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.importers.sheets import open_workbook
from ecomagent.store.importers.table import Table
from ecomagent.store.importers.text import open_text

_MAGIC_ZIP, _MAGIC_OLE, _MAGIC_PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


def open_table(path: Path) -> Table:
    """The table in a CSV, TSV, XLSX, XLS or Parquet file, text possibly gzipped.

    Raises:
        ImportFileError: No such file, not readable, empty, binary, or not a table.
    """
    if not path.is_file():
        raise ImportFileError(
            "there is no such file", where=str(path), remedy="Check the path and its spelling."
        )
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise ImportFileError(
            f"the file cannot be opened: {error.strerror}",
            where=str(path),
            remedy="Check that you may read it.",
        ) from error
    if start == _MAGIC_PARQUET:
        return Table(path, "parquet", (), ("",), iter(()))
    if start in (_MAGIC_ZIP, _MAGIC_OLE):
        return open_workbook(path)
    return open_text(path)
