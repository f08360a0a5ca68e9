"""Text files: separators are told by content, and one bad quote costs one row."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.importers.encoding import (
    Encoding,
    detect_encoding,
    open_bytes,
    packed_position,
)
from ecomagent.store.importers.table import BATCH_ROWS, Batch, Malformed, Row, Table, find_header

_SNIFFED_LINES = 60
_DELIMITERS = (",", "\t", ";", "|")


def open_text(path: Path) -> Table:
    """The table in a CSV or TSV file, gzipped or not.

    Raises:
        ImportFileError: Empty, binary, without a header, or not a table.
    """
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
    above = "1 line above the header was" if first == 1 else f"{first} lines above the header were"
    notes = (f"{above} skipped",) if first else ()
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
