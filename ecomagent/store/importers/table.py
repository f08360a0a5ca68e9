"""What every kind of file is read into: a header and batches of text rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecomagent.domain.errors import ImportFileError

BATCH_ROWS = 50_000
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
