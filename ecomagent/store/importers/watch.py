"""How far the reading of a file is, for whoever shows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_READ_SHARE = 0.5
_STEPS = {"checking": _READ_SHARE, "writing": 0.7, "done": 1.0}


@dataclass(frozen=True)
class FileProgress:
    """Where an import is.

    Args:
        file: Name of the file.
        step: reading, checking, writing or done.
        rows: Rows read so far.
        rows_per_second: Since the file was opened.
        share: How much of the work on this file is done, 0..1; reading is about half of it.
    """

    file: str
    step: str
    rows: int
    rows_per_second: int
    share: float


Watch = Callable[[FileProgress], None]


class Meter:
    """Counts one file's rows and tells a watcher.

    Args:
        path: The file.
        watch: Whom to tell.
        position: Tells how many of the file's bytes have been read.
    """

    def __init__(self, path: Path, watch: Watch | None, position: Callable[[], int]) -> None:
        self._name = path.name
        self._bytes = max(path.stat().st_size, 1)
        self._watch = watch
        self._position = position
        self._started = time.perf_counter()

    def read(self, rows: int) -> None:
        """So many rows have been read."""
        self._tell("reading", rows, _READ_SHARE * min(self._position() / self._bytes, 1.0))

    def step(self, step: str, rows: int) -> None:
        """A step was reached, with so many rows in all."""
        self._tell(step, rows, _STEPS[step])

    def _tell(self, step: str, rows: int, share: float) -> None:
        if self._watch is not None:
            seconds = max(time.perf_counter() - self._started, 1e-6)
            self._watch(FileProgress(self._name, step, rows, round(rows / seconds), share))
