"""The newest entry's number and hash, kept in a file apart from the log.

It shows when the log's end is cut off. It only ever moves forward, and only along the log that
it knows: a log that was tampered with keeps its old head, and so stays found out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ecomagent.domain.errors import AuditError

GENESIS = "0" * 64
"""What the first entry is linked to."""


class Mark(BaseModel):
    """An entry's number and hash; number 0 is before the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    hash: str

    @classmethod
    def start(cls) -> Self:
        """Before the first entry."""
        return cls(seq=0, hash=GENESIS)


class Head:
    """The head file.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Whether there is such a file, whatever it holds."""
        return self._path.exists()

    def read(self) -> Mark | None:
        """What it names; None where there is no such file.

        Raises:
            AuditError: It cannot be read, or is no head file (any more).
        """
        try:
            return Mark.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AuditError(
                "the audit log's head cannot be read", where=f"{self._path}: {error.strerror}"
            ) from error
        except ValidationError as error:
            raise AuditError(
                "the audit log's head file was changed or damaged",
                where=str(self._path),
                remedy="Restore it from a backup of the workspace.",
            ) from error

    def write(self, mark: Mark) -> None:
        """Name that entry.

        Raises:
            AuditError: Disk full, or read-only.
        """
        part = self._path.with_name(self._path.name + ".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(mark.model_dump_json(), encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            raise AuditError(
                "the audit log's head cannot be written",
                where=f"{self._path}: {error.strerror}",
                remedy="Make room on the disk, check that you may write there, and run it again.",
            ) from error
