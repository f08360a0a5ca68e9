"""Which files the facts are made of right now: one small JSON file, swapped as a whole.

Data files are named by their content and never changed, so that a reader sees either all of the
old facts or all of the new ones, and equal content has equal names. The files that the last
change replaced are kept until the next one, for readers that are still at work.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ecomagent.domain.errors import FactsError
from ecomagent.domain.ids import content_hash
from ecomagent.store.facts.layout import VERSION, FactTable

MANIFEST = "facts.json"
WHOLE = ""
"""Key of the only file of a table that is not cut by month."""
REBUILD = "Make them again with `ecomagent facts rebuild`; the store itself is not affected."


class FactFile(BaseModel):
    """One Parquet file."""

    model_config = ConfigDict(frozen=True)

    file: str
    """Path inside the facts folder."""
    sha256: str
    rows: int
    bytes: int


class Manifest(BaseModel):
    """The files of one state of the facts."""

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    hash: str = ""
    """Hash of everything a reader can see."""
    currency: str
    timezone: str
    first_day: date | None = None
    last_day: date | None = None
    tables: dict[str, dict[str, FactFile]] = Field(default_factory=dict)
    """Table to month (``2024-03``, or empty where it is not cut) to file."""
    replaced: tuple[str, ...] = ()
    """Files of the state before, kept for readers that opened it."""

    def files(self) -> Iterator[FactFile]:
        """Every file."""
        for months in self.tables.values():
            yield from months.values()

    def broken(self, folder: Path) -> list[str]:
        """Files that are missing or not as long as they were written."""
        return [file.file for file in self.files() if _size(folder / file.file) != file.bytes]

    def rows(self, table: str) -> int:
        """Rows of a table."""
        return sum(file.rows for file in self.tables.get(table, {}).values())

    def sealed(self) -> Manifest:
        """The same with its hash filled in."""
        body = {
            "version": self.version,
            "currency": self.currency,
            "timezone": self.timezone,
            "tables": {
                table: {month: file.sha256 for month, file in months.items()}
                for table, months in self.tables.items()
            },
        }
        return self.model_copy(update={"hash": content_hash(body)})


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


class FactsInfo(BaseModel):
    """What the facts hold, for ``facts show`` and for whoever updated them."""

    model_config = ConfigDict(frozen=True)

    hash: str
    currency: str
    timezone: str
    first_day: date | None
    last_day: date | None
    """First and last day with orders."""
    skus: int
    customers: int
    order_lines: int
    rows: dict[str, int]
    """Rows by table."""
    months: int
    """Months that hold orders."""
    files: int
    bytes: int
    written: int = 0
    """Files that this update had to write."""

    @classmethod
    def of(cls, manifest: Manifest, written: int = 0) -> FactsInfo:
        """What a manifest says."""
        files = list(manifest.files())
        return cls(
            hash=manifest.hash,
            currency=manifest.currency,
            timezone=manifest.timezone,
            first_day=manifest.first_day,
            last_day=manifest.last_day,
            skus=manifest.rows("products"),
            customers=manifest.rows("customers"),
            order_lines=manifest.rows("order_lines"),
            rows={table: manifest.rows(table) for table in manifest.tables},
            months=len(manifest.tables.get("order_lines", {})),
            files=len(files),
            bytes=sum(file.bytes for file in files),
            written=written,
        )


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest, or None where there are no facts yet.

    Raises:
        FactsError: It is damaged.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, UnicodeDecodeError) as error:
        raise FactsError("the facts are damaged", where=str(path), remedy=REBUILD) from error
    except OSError as error:
        raise FactsError(
            "the facts cannot be read", where=f"{path}: {error.strerror}", remedy=REBUILD
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the one that counts, in one step."""
    path = folder / MANIFEST
    draft = path.with_suffix(".json.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_table(
    folder: Path, table: FactTable, month: str, rows: pa.Table
) -> tuple[FactFile, bool]:
    """Write rows to a file named by its content.

    Returns:
        The file, and whether it had to be written (equal content is already there otherwise).
    """
    place = folder / table.name
    if table.monthly:
        place = place / f"month={month}"
    place.mkdir(parents=True, exist_ok=True)
    draft = place / ".draft"
    pq.write_table(rows.combine_chunks(), draft, compression="zstd", row_group_size=1 << 20)
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = draft.stat().st_size
    path = place / f"{digest[:20]}.parquet"
    fresh = not path.exists()
    draft.replace(path)
    name = path.relative_to(folder).as_posix()
    return FactFile(file=name, sha256=digest, rows=rows.num_rows, bytes=size), fresh


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove files that neither this state of the facts nor the one before uses."""
    used = {file.file for file in manifest.files()} | set(manifest.replaced)
    for path in folder.rglob("*.parquet"):
        if path.relative_to(folder).as_posix() not in used:
            path.unlink(missing_ok=True)
    for place in sorted(folder.glob("*/month=*")):
        if not any(place.iterdir()):
            place.rmdir()


@contextmanager
def told_of_disk(folder: Path) -> Iterator[None]:
    """Put what a disk says while facts are written into the merchant's words."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise FactsError(
            "the disk is full" if full else "the facts cannot be written",
            where=f"{folder}: {error.strerror or error}",
            remedy=(
                "Free some space there, then run `ecomagent facts rebuild`; the store itself is"
                " not affected."
                if full
                else "Check that you may write there, then run `ecomagent facts rebuild`."
            ),
        ) from error
