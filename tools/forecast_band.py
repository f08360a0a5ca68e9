"""How wide a forecast's band has to be, fitted to what was missed in the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.counts import count_quantiles, middle_probability, pinball, total_variance
from tools.demand_models import SEGMENTS

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

VOLUMES = np.array([0.0, 0.5, 2.0, 6.0, 20.0, 60.0, 200.0])
"""Lower bounds of the expected units over the horizon that share an error."""
LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
"""Quantiles published: bands of 80 and 90 %, and the median."""
ERROR_GRID = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5])
SPREAD_GRID = np.array([0.35, 0.6, 1.0])
DEFAULT_ERROR = {"smooth": 0.5, "intermittent": 0.7, "new": 0.9, "dead": 1.2}
"""Log error where the past cannot tell; wide on purpose."""
MIN_CASES = 40
FITTED = 1000
"""Cases a band is fitted to at most."""
DOUBT = 30.0
"""Cases' worth of trust in the fitted distribution when its quantiles are corrected."""


@dataclass(frozen=True)
class Bands:
    """Error of the mean, scatter and corrected quantiles by segment (sorted) and volume class.

    Attributes:
        error: Log error of the mean.
        spread: Factor on the day-to-day variance.
        levels: Probability to ask the fitted distribution for, to get each of ``LEVELS``; shape
            (segments, volumes, levels).
    """

    error: Floats
    spread: Floats
    levels: Floats

    def place(self, segment: Texts, units: Floats) -> tuple[npt.NDArray[np.int64], ...]:
        """Row and column of SKUs expected to sell that much."""
        row = np.searchsorted(np.array(sorted(SEGMENTS)), segment)
        column = np.searchsorted(VOLUMES, np.maximum(units, 0.0), side="right") - 1
        return row, column

    def quantiles(self, segment: Texts, mean: Floats, variance: Floats) -> list[Floats]:
        """The units that each of ``LEVELS`` of cases stay below; never crossing."""
        levels = self.levels[self.place(segment, mean)]
        found = [count_quantiles(mean, variance, (levels[:, k],))[0] for k in range(len(LEVELS))]
        return list(np.maximum.accumulate(np.array(found), axis=0))


def default_bands() -> Bands:
    """Wide ones for shops without a past to learn from."""
    error = np.array([[DEFAULT_ERROR[kind]] * len(VOLUMES) for kind in sorted(SEGMENTS)])
    levels = np.tile(np.array(LEVELS), (*error.shape, 1))
    return Bands(error, np.ones_like(error), levels)


def fit_bands(segment: Texts, actual: Floats, expected: Floats, spread: Floats) -> Bands:
    """Distribution by segment and volume class, then its quantiles made to hold (conformal).

    Error and scatter are chosen for the smallest pinball loss. Then every past case's place in
    its own predicted distribution is looked up; the places below which 5, 10, … % of cases fell
    are what the published quantiles ask for (conformal predictive distributions, Vovk et al.
    2017, by class). Classes with few cases lean on their segment and on the distribution as
    fitted.
    """
    bands = default_bands()
    column = np.searchsorted(VOLUMES, expected, side="right") - 1
    for row, kind in enumerate(sorted(SEGMENTS)):
        of_kind = segment == kind
        if of_kind.sum() < MIN_CASES:
            continue
        bands.error[row], bands.spread[row] = _fit_band(
            actual[of_kind], expected[of_kind], spread[of_kind]
        )
        for volume in range(len(VOLUMES)):
            rows = of_kind & (column == volume)
            if rows.sum() >= MIN_CASES:
                fitted = _fit_band(actual[rows], expected[rows], spread[rows])
                bands.error[row, volume], bands.spread[row, volume] = fitted
    _correct(bands, segment, actual, expected, spread)
    return bands


def _correct(
    bands: Bands, segment: Texts, actual: Floats, expected: Floats, spread: Floats
) -> None:
    row, column = bands.place(segment, expected)
    variance = _variance(expected, spread, bands.error[row, column], bands.spread[row, column])
    place = middle_probability(actual, expected, variance)
    for kind in range(len(bands.error)):
        of_kind = row == kind
        usual = _levels(place[of_kind], np.array(LEVELS))
        for volume in range(len(VOLUMES)):
            bands.levels[kind, volume] = _levels(place[of_kind & (column == volume)], usual)


def _levels(place: Floats, otherwise: Floats) -> Floats:
    """Empirical quantiles with the finite-sample step outwards, pulled to what is usual."""
    count = len(place)
    if count == 0:
        return otherwise
    wanted = np.array(LEVELS)
    outward = np.clip(0.5 + (wanted - 0.5) * (count + 1) / count, 0, 1)
    found = np.quantile(place, outward)
    pulled: Floats = (count * found + DOUBT * otherwise) / (count + DOUBT)
    return pulled.clip(1e-4, 1 - 1e-4)


def _variance(expected: Floats, spread: Floats, error: Floats, factor: Floats) -> Floats:
    return total_variance(expected, expected * np.maximum(spread * factor, 1), error)


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
