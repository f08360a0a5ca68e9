"""Any file as a header and batches of text rows, with the row numbers a person would see."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import TextIO

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.importers.encoding import (
    Encoding,
    detect_encoding,
    open_bytes,
    packed_position,
)

BATCH_ROWS = 50_000
_SNIFFED_LINES = 60
_DELIMITERS = (",", "\t", ";", "|")
_MAGIC_ZIP, _MAGIC_OLE, _MAGIC_PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
Row = Sequence[str]


@dataclass(frozen=True)
class Malformed:
    """A row whose cells cannot be told apart."""

    part: int
    row: int
    reason: str
    cells: tuple[str, ...]


@dataclass
class Batch:
    """Rows of one part of a file; ``rows[i]`` stands in row ``numbers[i]`` (1 is the first)."""

    part: int
    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.malformed)


@dataclass
class Table:
    """A file understood as a table of text; ``batches`` may be walked once."""

    path: Path
    format: str
    """csv, xlsx or parquet."""
    header: tuple[str, ...]
    parts: tuple[str, ...]
    """Names of sheets; one empty name for a file without sheets."""
    batches: Iterator[Batch]
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()
    first_row: int = 2
    """Number of the first row below the header, in a text file."""
    position: Callable[[], int] = lambda: 0
    """How many of the file's bytes the batches have taken."""


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
        from ecomagent.store.importers.sheets import open_workbook

        return open_workbook(path)
    return _open_text(path)


def _open_text(path: Path) -> Table:
    encoding = detect_encoding(path)
    with _text(path, encoding) as stream:
        lines = [line for line, _ in zip(stream, range(_SNIFFED_LINES), strict=False)]
    delimiter = sniff_delimiter(lines)
    if delimiter is None:
        raise ImportFileError(
            "the file is not a table: no column separator is used throughout",
            where=str(path),
            remedy="Separate columns by comma, semicolon, tab or |, with names in the first row.",
        )
    sample = list(csv.reader(lines, delimiter=delimiter))
    first, header = find_header(sample, path)
    notes = (f"{first} lines above the header were skipped",) if first else ()
    if encoding.damaged:
        notes = (*notes, f"some characters are damaged in {encoding.name}")
    source = _Source(path, encoding)
    return Table(
        path,
        "csv",
        header,
        ("",),
        source.batches(delimiter, len(header), skip=first + 1),
        encoding=encoding.name,
        delimiter=delimiter,
        notes=notes,
        first_row=first + 2,
        position=source.position,
    )


def _text(path: Path, encoding: Encoding) -> TextIO:
    # Bytes that the codec refuses become U+FFFD and send their row to quarantine.
    return io.TextIOWrapper(open_bytes(path), encoding=encoding.name, errors="replace", newline="")


def sniff_delimiter(lines: Sequence[str]) -> str | None:
    """The separator that gives most lines the same number (two or more) of cells."""
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        common = max(set(wide), key=lambda width: (wide.count(width), width))
        score = (round(wide.count(common) / len(widths), 1), common)
        if score > best:
            best, chosen = score, delimiter
    return chosen


def find_header(rows: Sequence[Row], path: Path) -> tuple[int, tuple[str, ...]]:
    """Index of the header row and its names, made unique.

    Raises:
        ImportFileError: No row looks like column names.
    """
    widths = [_width(row) for row in rows]
    usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width))
    for index, row in enumerate(rows[:30]):
        names = [cell.strip() for cell in row]
        filled = [name for name in names if name]
        if len(filled) < max(2, 0.6 * usual):
            continue
        if sum(_like_data(name) for name in filled) > 0.3 * len(filled):
            break
        return index, unique_names(names)
    raise ImportFileError(
        "the file has no header row",
        where=str(path),
        remedy="Put the columns' names in the first row.",
    )


def _width(row: Row) -> int:
    return max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0)


def _like_data(name: str) -> bool:
    digits = sum(char.isdigit() for char in name)
    return digits > 0 and digits >= 0.5 * len(name)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names in order; blanks become ``column_3``, repeats ``name_2``."""
    seen: dict[str, int] = {}
    result = []
    while len(names) > 1 and not names[-1]:
        names = names[:-1]
    for position, raw in enumerate(names, start=1):
        name = raw.lstrip("\ufeff") or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(result)


class _Lines:
    """Physical lines; remembers those of the current record and takes some back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._held: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._held.popleft() if self._held else next(self._stream)
        self.taken.append(line)
        return line

    def keep_first(self) -> str:
        """Give back every line of the record but its first, which is returned."""
        self._held.extendleft(reversed(self.taken[1:]))
        first = self.taken[0]
        self.taken = [first]
        return first


class _Source:
    """The records of a text file, and how far its reading has come."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._path = path
        self._encoding = encoding
        self._taken = 0

    def position(self) -> int:
        """Bytes of the file as it lies on disk, packed or not."""
        return self._taken

    def batches(self, delimiter: str, width: int, *, skip: int) -> Iterator[Batch]:
        """Records in batches; the header and what stands above it are skipped."""
        with _text(self._path, self._encoding) as stream:
            records = _Records(_Lines(stream), delimiter, width)
            for batch in records.batches(skip):
                self._taken = packed_position(stream.buffer)
                yield batch


class _Records:
    """CSV records with line numbers; one bad quote costs one row, not the rest of the file."""

    def __init__(self, lines: _Lines, delimiter: str, width: int) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._row = 0

    def batches(self, skip: int) -> Iterator[Batch]:
        batch = Batch(0)
        for cells in self._records():
            taken = self._lines.taken
            if self._row >= skip:
                if len(cells) == self._width and len(taken) == 1:
                    batch.numbers.append(self._row + 1)
                    batch.rows.append(cells)
                else:
                    self._judge(cells, batch)
            self._row += len(self._lines.taken)
            self._lines.taken.clear()
            if len(batch.rows) >= BATCH_ROWS:
                yield batch
                batch = Batch(0)
        yield batch

    def _records(self) -> Iterator[Row]:
        reader = csv.reader(self._lines, delimiter=self._delimiter)
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._literal(self._lines.keep_first())

    def _literal(self, line: str) -> Row:
        row = next(csv.reader([line], delimiter=self._delimiter, quoting=csv.QUOTE_NONE), [])
        return [*row, "\ufffd"] if len(row) == self._width else row

    def _judge(self, cells: Row, batch: Batch) -> None:
        if not any(cell.strip() for cell in cells):
            return
        number = self._row + 1
        if len(cells) != self._width and len(self._lines.taken) > 1:
            cells = self._literal(self._lines.keep_first())
            batch.malformed.append(Malformed(0, number, "quote", tuple(cells[: self._width])))
            return
        if len(cells) > self._width and not any(cell.strip() for cell in cells[self._width :]):
            cells = cells[: self._width]
        if len(cells) == self._width:
            batch.numbers.append(number)
            batch.rows.append(cells)
            return
        reason = f"columns:{len(cells)}:{self._width}"
        batch.malformed.append(Malformed(0, number, reason, tuple(cells)))


def cell_text(value: object) -> str:
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
