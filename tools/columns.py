"""Columns of frames as plain arrays, in the order of an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def number(frame: pd.DataFrame, column: str) -> Floats:
    """A column as floats, NaN where unknown or absent."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce")
    found = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def places(index: pd.Index, names: pd.Series | Sequence[str] | npt.NDArray[Any]) -> Ints:
    """Where each name stands in the index; -1 where it does not."""
    found = index.get_indexer(pd.Index(np.asarray(names, dtype=object).astype(str)))
    return np.asarray(found, dtype=np.int64)


def totals(place: Ints, values: Floats, count: int) -> Floats:
    """Sum of the values at each of ``count`` places."""
    return np.bincount(place, weights=values, minlength=count).astype(np.float64)
