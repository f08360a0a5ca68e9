"""How wide a forecast's band has to be, fitted to what was missed in the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.counts import count_quantiles, pinball, places, total_variance
from tools.demand_models import SEGMENTS

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]
Periods = npt.NDArray[np.int64]

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
ALIKE = 0.05
"""Correlation of the misses of one period: its cases say less than as many of periods apart."""
MANY = 6.0
"""Expected units from which whole numbers are fine enough for a band to hold what it says."""


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

    def variance(self, segment: Texts, mean: Floats, spread: Floats) -> Floats:
        """Variance of the units over the horizon; ``spread`` is that of a day over its mean."""
        place = self.place(segment, mean)
        return _variance(mean, spread, self.error[place], self.spread[place])

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


def fit_bands(
    segment: Texts, actual: Floats, expected: Floats, spread: Floats, period: Periods
) -> Bands:
    """Distribution by segment and volume class, then its quantiles made to hold (conformal).

    Error and scatter are chosen for the smallest pinball loss. Then every past case's place in
    its own predicted distribution is looked up; the places below which 5, 10, … % of cases fell
    are what the published quantiles ask for (conformal predictive distributions, Vovk et al.
    2017, by class). Classes with few cases lean on their segment and on the distribution as
    fitted.

    Args:
        segment: Kind of each past case.
        actual: Units over its horizon.
        expected: What was forecast by what had been learnt from other periods.
        spread: Variance over mean of its daily sales.
        period: Number of the replay it is from.
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
    place = level_places(actual, expected, bands.variance(segment, expected, spread))
    for row, kind in enumerate(sorted(SEGMENTS)):
        of_kind = segment == kind
        usual = held_levels(place[of_kind], period[of_kind], np.array(LEVELS))
        for volume in range(len(VOLUMES)):
            rows = of_kind & (column == volume)
            bands.levels[row, volume] = held_levels(place[rows], period[rows], usual)
    return bands


def level_places(actual: Floats, expected: Floats, variance: Floats) -> Floats:
    """Place of each case in its distribution, as each of ``LEVELS`` has to look at it.

    Both ends of a band belong to it: a quantile of whole units below the median is missed by what
    has that place or less, one above it by what has more fewer; rare sellers' are taken halfway,
    or one number would have to do for all of them.

    Returns:
        Shape (cases, levels).
    """
    fewer, upto = places(actual, expected, variance)
    middle, many = (fewer + upto) / 2, expected >= MANY
    low, high = np.where(many, upto, middle), np.where(many, fewer, middle)
    sides = (low if level < 0.5 else high if level > 0.5 else middle for level in LEVELS)
    return np.column_stack(list(sides))


def held_levels(place: Floats, period: Periods, otherwise: Floats) -> Floats:
    """Empirical quantiles with the finite-sample step outwards, pulled to what is usual."""
    if len(place) == 0:
        return otherwise
    alike = len(place) / len(np.unique(period))
    count = len(place) / (1 + (alike - 1) * ALIKE)
    outward = np.clip(0.5 + (np.array(LEVELS) - 0.5) * (count + 1) / count, 0, 1)
    found = [np.quantile(place[:, k], level) for k, level in enumerate(outward)]
    pulled: Floats = (count * np.array(found) + DOUBT * otherwise) / (count + DOUBT)
    return pulled.clip(1e-4, 1 - 1e-4)


def _variance(
    expected: Floats, spread: Floats, error: Floats | float, factor: Floats | float
) -> Floats:
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
            variance = _variance(expected, spread, error, factor)
            low, high = count_quantiles(expected, variance, (0.1, 0.9))
            loss = pinball(actual, low, 0.1) + pinball(actual, high, 0.9)
            best = min(best, (float((loss * weight).sum()), float(error), float(factor)))
    return best[1], best[2]
