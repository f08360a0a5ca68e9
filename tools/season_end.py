"""Goods of a season: what is still sold of them once it is over."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

HALF_GONE_DAYS = 7.0
"""Days after the season's end in which demand halves, and halves again."""
NEAR_DAYS = 120.0
"""Days from the end beyond which it says nothing."""


def end_columns(
    ends: pd.Series | None, skus: npt.NDArray[np.str_], first: np.datetime64
) -> Floats | None:
    """Column of the first day after each SKU's season, counted from ``first``; NaN without one.

    Args:
        ends: That day by SKU.
        skus: Rows.
        first: Day of the first column.
    """
    if ends is None or ends.isna().all():
        return None
    given = pd.to_datetime(ends.set_axis(ends.index.astype(str)), errors="coerce")
    days = given[~given.index.duplicated()].reindex(skus).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, (days - first).astype(np.float64))


def season_left(ends: Floats | None, columns: npt.NDArray[Any]) -> Floats | float:
    """Demand's share of what it was in season, by pairs of end and day; 1 before the end."""
    if ends is None:
        return 1.0
    over = np.nan_to_num(columns - ends + 1, nan=0.0).clip(0)
    left: Floats = 0.5 ** (over / HALF_GONE_DAYS)
    return left


def days_to_end(ends: Floats | None, columns: npt.NDArray[Any]) -> Floats:
    """Days until the season is over, negative after it; NaN without an end or far from it."""
    if ends is None:
        return np.full(len(columns), np.nan)
    left: Floats = ends - columns
    return np.where(np.abs(left) <= NEAR_DAYS, left, np.nan)
