"""How wide a forecast's band has to be, fitted to what was missed in the past."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tools.counts import count_quantiles, pinball, total_variance
from tools.demand_models import SEGMENTS

Floats = npt.NDArray[np.float64]

VOLUMES = np.array([0.0, 0.5, 2.0, 6.0, 20.0, 60.0, 200.0])
"""Lower bounds of the expected units over the horizon that share an error."""
ERROR_GRID = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5])
SPREAD_GRID = np.array([0.35, 0.6, 1.0])
DEFAULT_ERROR = {"smooth": 0.5, "intermittent": 0.7, "new": 0.9, "dead": 1.2}
"""Log error where the past cannot tell; wide on purpose."""
MIN_CASES = 40
FITTED = 1000
"""Cases a band is fitted to at most."""


def fit_bands(
    segment: npt.NDArray[np.str_], actual: Floats, expected: Floats, spread: Floats
) -> tuple[Floats, Floats]:
    """Log error and variance factor by segment and volume that make the band fit best."""
    kinds = sorted(SEGMENTS)
    error = np.array([[DEFAULT_ERROR[kind]] * len(VOLUMES) for kind in kinds])
    factor = np.ones_like(error)
    column = np.searchsorted(VOLUMES, expected, side="right") - 1
    for row, kind in enumerate(kinds):
        of_kind = segment == kind
        if of_kind.sum() < MIN_CASES:
            continue
        error[row], factor[row] = _fit_band(actual[of_kind], expected[of_kind], spread[of_kind])
        for volume in range(len(VOLUMES)):
            rows = of_kind & (column == volume)
            if rows.sum() >= MIN_CASES:
                fitted = _fit_band(actual[rows], expected[rows], spread[rows])
                error[row, volume], factor[row, volume] = fitted
    return error, factor


def _fit_band(actual: Floats, expected: Floats, spread: Floats) -> tuple[float, float]:
    """Grid search for the smallest pinball loss of p10 and p90, in units relative to volume."""
    if len(actual) > FITTED:
        some = np.linspace(0, len(actual) - 1, FITTED).astype(np.int64)
        actual, expected, spread = actual[some], expected[some], spread[some]
    best = (np.inf, 0.0, 0.0)
    weight = 1 / np.sqrt(1 + expected)
    for factor in SPREAD_GRID:
        for error in ERROR_GRID:
            variance = total_variance(expected, expected * np.maximum(spread * factor, 1), error)
            low, high = count_quantiles(expected, variance, (0.1, 0.9))
            loss = pinball(actual, low, 0.1) + pinball(actual, high, 0.9)
            best = min(best, (float((loss * weight).sum()), float(error), float(factor)))
    return best[1], best[2]
