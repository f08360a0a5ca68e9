"""What may happen to a SKU's sales: draws of demand, price response and stock, all from one model.

Price menus, edited actions and the simulation of a plan share it, so that they never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEEPEST, FLATTEST = -8.0, -0.05
"""Elasticities are kept between these: demand never rises with the price."""


@dataclass(frozen=True)
class Luck:
    """Standard normal draws, one column a future; broadcast against SKUs.

    Attributes:
        level: Error of the mean demand.
        price: Error of the elasticity.
        sales: Scatter of sales around their mean.
    """

    level: Floats
    price: Floats
    sales: Floats


def common_luck(draws: int, seed: int) -> Luck:
    """The same futures for every SKU, spread evenly (Latin hypercube); shape (draws,) each.

    Since they depend on nothing but ``draws`` and ``seed``, one SKU's figures can be recomputed
    alone.
    """
    from scipy.special import ndtri

    rng = np.random.default_rng(seed)
    rows = [ndtri((rng.permutation(draws) + rng.random(draws)) / draws) for _ in range(3)]
    return Luck(*rows)


def sold_at(mean: Floats, scatter: Floats, luck: Floats) -> Floats:
    """Units asked for in one future: a gamma quantile by Wilson and Hilferty's cube (1931).

    The cube is cut off at zero and scaled so that its mean is exact.

    Args:
        mean: Expected units.
        scatter: Variance over mean.
        luck: Standard normal draw; the same draw at another mean gives the same luck.
    """
    shape = np.maximum(mean, 1e-9) / scatter
    third = 1.0 / (9.0 * shape)
    cube = np.maximum(1.0 - third + luck * np.sqrt(third), 0.0) ** 3
    found: Floats = mean * cube / cube_mean(shape)
    return found


def cube_mean(shape: Floats) -> Floats:
    """Mean of the cut-off cube of a gamma's shape: the table's, between its points.

    ``np.interp`` for an even grid, faster.
    """
    grid, means = _cube_means()
    place = np.clip(np.log(shape), grid[0], grid[-1]) - grid[0]
    place /= grid[1] - grid[0]
    left = np.minimum(place.astype(np.int32), len(grid) - 2)
    below: Floats = means[left]
    found: Floats = below + (place - left) * (means[left + 1] - below)
    return found


@cache
def _cube_means() -> tuple[Floats, Floats]:
    """Mean of the cut-off cube by log shape: 1 but for products that hardly sell."""
    from scipy.special import ndtr

    grid = np.linspace(np.log(1e-3), np.log(50.0), 200)
    third = 1.0 / (9.0 * np.exp(grid))
    centre, width = 1.0 - third, np.sqrt(third)
    density = np.exp(-((centre / width) ** 2) / 2) / np.sqrt(2 * np.pi)
    mean = (centre**3 + 3 * centre * width**2) * ndtr(centre / width)
    mean += (centre**2 * width + 2 * width**3) * density
    return grid, mean


def level_factor(log_error: Floats, luck: Floats) -> Floats:
    """How far off the mean is in a future; its expectation is 1."""
    return np.exp(log_error * luck - log_error**2 / 2)


def price_factor(ratio: Floats, elasticity: Floats, error: Floats, luck: Floats) -> Floats:
    """Demand at a price ``ratio`` times the present one: ``ratio ** elasticity``.

    Scaled so that doubt about the elasticity does not lift the mean: the power is convex, and a
    wide error would pass for a gain.
    """
    log = np.log(ratio)
    drawn = np.clip(elasticity + error * luck, STEEPEST, FLATTEST)
    return one_way(drawn * log - (error * log) ** 2 / 2, log)


def one_way(moved: Floats, log: Floats) -> Floats:
    """Demand from its log, never higher at a higher price."""
    found: Floats = np.exp(np.where(log > 0, np.minimum(moved, 0.0), np.maximum(moved, 0.0)))
    return found
