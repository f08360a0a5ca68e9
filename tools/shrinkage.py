"""Empirical Bayes: how far single estimates are pulled towards what they have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """A common mean.

    Attributes:
        mean: The mean.
        error: Its standard error.
        spread: Standard deviation of the true values around it.
    """

    mean: float
    error: float
    spread: float


def pool(estimates: Floats, errors: Floats, *, least_spread: float) -> Pool:
    """Random-effects mean of estimates (DerSimonian and Laird 1986).

    Args:
        estimates: One or more.
        errors: Their standard errors, positive.
        least_spread: Spread that is assumed at least.
    """
    weight = 1 / np.maximum(errors, 1e-6) ** 2
    mean = (weight * estimates).sum() / weight.sum()
    excess = (weight * (estimates - mean) ** 2).sum() - (len(estimates) - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    spread = np.sqrt(max(excess / scale, 0.0)) if scale > 0 else 0.0
    spread = max(float(spread), least_spread)
    weight = 1 / (errors**2 + spread**2)
    mean = (weight * estimates).sum() / weight.sum()
    return Pool(float(mean), float(1 / np.sqrt(weight.sum())), spread)


def combine(one: float, one_error: float, other: float, other_error: float) -> tuple[float, float]:
    """Precision-weighted mean of two independent estimates, and its error."""
    first, second = 1 / one_error**2, 1 / other_error**2
    return (first * one + second * other) / (first + second), float(1 / np.sqrt(first + second))


def with_prior(
    estimates: Floats, covariance: Floats, mean: float, spread: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two joint estimates after the second is known to be near ``mean``, and their errors.

    Args:
        estimates: Shape (2,).
        covariance: Of their errors, shape (2, 2).
        mean: What the second was expected to be.
        spread: Standard deviation of that expectation.
    """
    towards = covariance[:, 1] / (covariance[1, 1] + spread**2)
    first, second = estimates + towards * (mean - estimates[1])
    left = np.sqrt(np.maximum(np.diag(covariance) - towards * covariance[1], 0.0))
    return (float(first), float(second)), (float(left[0]), float(left[1]))
