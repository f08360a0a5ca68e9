"""Distributions of units sold: counts that scatter more than Poisson's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z = 1.2815515655446004
"""Standard normal quantile of 0.9."""
LARGE = 2000.0
"""Above this mean a gamma stands in for the negative binomial; they agree to a part in 1,000."""


def count_quantiles(
    mean: Floats, variance: Floats, levels: Sequence[float | Floats]
) -> list[Floats]:
    """Quantiles of a negative binomial with those moments (Poisson where it scatters less).

    Args:
        mean: Expected units; zero gives zero.
        variance: Variance of the units.
        levels: Probabilities, each the same for all or one for each mean.

    Returns:
        One array a level.
    """
    from scipy import stats

    mean = np.maximum(np.asarray(mean, dtype=np.float64), 1e-9)
    variance = np.maximum(variance, mean * (1 + 1e-6))
    size = mean**2 / (variance - mean)
    small = mean < LARGE
    results = []
    for level in levels:
        found, wanted = np.empty(mean.shape), np.broadcast_to(level, mean.shape)
        found[small] = stats.nbinom.ppf(wanted[small], size[small], (mean / variance)[small])
        shape = mean[~small] ** 2 / variance[~small]
        found[~small] = stats.gamma.ppf(wanted[~small], shape, scale=(variance / mean)[~small])
        results.append(np.maximum(found, 0.0))
    return results


def places(units: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Where units lie in the same distribution: the chance of fewer, and of as many or fewer."""
    from scipy import stats

    mean = np.maximum(np.asarray(mean, dtype=np.float64), 1e-9)
    variance = np.maximum(variance, mean * (1 + 1e-6))
    size, odds = mean**2 / (variance - mean), mean / variance
    small, found = mean < LARGE, []
    shape = mean[~small] ** 2 / variance[~small]
    upto = stats.gamma.cdf(units[~small], shape, scale=(variance / mean)[~small])
    for less in (1, 0):
        place = np.empty(mean.shape)
        place[small] = stats.nbinom.cdf(np.floor(units[small]) - less, size[small], odds[small])
        place[~small] = upto
        found.append(place)
    return found[0], found[1]


def pinball(actual: Floats, quantile: Floats, level: float) -> Floats:
    """Pinball loss of a quantile forecast."""
    miss = actual - quantile
    return np.maximum(level * miss, (level - 1) * miss)


def total_variance(mean: Floats, day_to_day: Floats, log_error: Floats | float) -> Floats:
    """Variance of units over a horizon: sales scatter, and the mean itself is uncertain."""
    return day_to_day + mean**2 * np.expm1(np.square(log_error))
