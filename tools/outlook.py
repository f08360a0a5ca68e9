"""Units expected up to any day ahead: what is ordered today is sold long after the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

LATEST_DAYS = 28
"""Beyond the last day looked at, demand goes on as on the mean day of so many before it."""


@dataclass(frozen=True)
class Outlook:
    """Units expected from today on.

    Attributes:
        cumulative: Units expected until each day; shape (n, days + 1), from 0.
        until: Days from today to the end of each SKU's season, infinite without one; (n,).
    """

    cumulative: Floats
    until: Floats

    @classmethod
    def of(cls, daily: pd.DataFrame, skus: pd.Index, until: pd.Series) -> Outlook:
        """From expected units by SKU (index) and day; a SKU that is not there expects nothing."""
        days = daily.reindex(skus).fillna(0.0).to_numpy(dtype=np.float64)
        summed = np.cumsum(np.maximum(days, 0.0), axis=1)
        cumulative = np.hstack([np.zeros((len(skus), 1)), summed])
        return cls(cumulative, until.reindex(skus).fillna(np.inf).to_numpy(dtype=np.float64))

    def units(self, days: Floats) -> Floats:
        """Units expected over the next ``days`` days of each SKU; shape (n,)."""
        known = self.cumulative.shape[1] - 1
        ahead = np.clip(np.minimum(days, self.until), 0.0, None)
        place = np.minimum(ahead, known)
        whole = np.minimum(place.astype(np.int64), max(known - 1, 0))
        rows = np.arange(len(ahead))
        before, after = self.cumulative[rows, whole], self.cumulative[rows, min(known, 1) + whole]
        recent = min(LATEST_DAYS, known)
        rate = (self.cumulative[:, -1] - self.cumulative[:, known - recent]) / max(recent, 1)
        found: Floats = before + (place - whole) * (after - before) + (ahead - place) * rate
        return found
