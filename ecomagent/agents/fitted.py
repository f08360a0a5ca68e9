"""Fitted models kept in the workspace, so that a plan does not refit what has not changed."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from tools.fitted_demand import FittedDemand


@dataclass(frozen=True)
class FittedModels:
    """One file a horizon; what cannot be read, or is of another version, is fitted again.

    Args:
        folder: Where the files lie; made when first written to.
    """

    folder: Path

    def demand(
        self,
        panel: pd.DataFrame,
        fit: Callable[[], FittedDemand],
        *,
        data: str,
        horizon_days: int,
        country: str,
        today: date,
    ) -> FittedDemand:
        """The models kept for this horizon if they may be used, else new ones, which are kept.

        Models fitted on the same data are used as they are. On newer data they are used for a
        week. Data that was changed since, other days than it had, and models that have seen days
        still ahead of ``today`` (a plan as of the past) lead to a new fit.

        Args:
            panel: History up to ``today``.
            fit: Fits them.
            data: Content hash of the facts.
            horizon_days: Days to be forecast.
            country: Whose calendar is used.
            today: First day not known.
        """
        path = self.folder / f"demand-{horizon_days}-{country or 'XX'}.json.gz"
        kept = _read(path)
        if kept is not None:
            known, found = kept
            same_day = (today - found.fitted_to).days == 1
            if found.suits(panel, horizon_days=horizon_days, country=country, today=today) and (
                known == data or not same_day
            ):
                return found
        made = fit()
        if kept is None or kept[1].fitted_to <= made.fitted_to:
            _write(path, data, made)
        return made


def _read(path: Path) -> tuple[str, FittedDemand] | None:
    from tools.fitted_demand import FittedDemand

    try:
        body = json.loads(gzip.decompress(path.read_bytes()))
        found = FittedDemand.from_json(body["fitted"])
        return None if found is None else (str(body["data"]), found)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        return None


def _write(path: Path, data: str, fitted: FittedDemand) -> None:
    """Put in place at once, so that nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"data": data, "fitted": fitted.to_json()})
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(gzip.compress(text.encode(), mtime=0))
    part.replace(path)
