"""What a suite of evaluations gives back: tables, goals held or missed, and what was left out."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

Cell = str | int | float | None


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(_Frozen):
    """One table; floats are shown with ``digits`` places, None as a dash.

    Attributes:
        title: What is compared, on which data.
        columns: Their heads.
        rows: One tuple a line, as long as ``columns``.
        digits: Places after the point.
        note: What a reader has to know, in a sentence.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    digits: int = 3
    note: str = ""


class Promise(_Frozen):
    """Something the tool promises, and what was measured."""

    name: str
    wanted: str
    measured: str
    met: bool


class SuiteResult(_Frozen):
    """Everything one run of a suite found.

    Attributes:
        suite: Its name.
        quick: Whether the short version ran.
        seed: Seed of everything random.
        seconds: Time taken.
        commit: Commit of the code, empty outside a checkout.
        finished_at: UTC, ISO 8601.
        tables: In the order to show them.
        promises: What was to be shown, and whether it was.
        skipped: Parts left out, each with the reason and the remedy.
    """

    suite: str
    quick: bool
    seed: int
    seconds: float
    commit: str
    finished_at: str
    tables: tuple[Table, ...]
    promises: tuple[Promise, ...] = ()
    skipped: tuple[str, ...] = ()


class Findings(_Frozen):
    """What a suite's ``run`` returns."""

    tables: tuple[Table, ...]
    promises: tuple[Promise, ...] = ()
    skipped: tuple[str, ...] = ()


def result_of(
    suite: str, found: Findings, *, quick: bool, seed: int, seconds: float
) -> SuiteResult:
    """The findings with what produced them."""
    return SuiteResult(
        suite=suite,
        quick=quick,
        seed=seed,
        seconds=round(seconds, 1),
        commit=commit(),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        tables=found.tables,
        promises=found.promises,
        skipped=found.skipped,
    )


def shared_data() -> Path | None:
    """Folder of real data sets: ``$ECOMAGENT_DATA``, else beside the checkout; None if absent."""
    root = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("ECOMAGENT_DATA", root.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def commit() -> str:
    """Short hash of the checkout's commit; empty outside one."""
    root = Path(__file__).resolve().parent.parent
    try:
        found: Any = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return str(found.stdout).strip()
