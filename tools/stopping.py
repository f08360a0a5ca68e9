"""Group-sequential bounds: how clear an answer must be at each look for a trial to end early."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ALPHA = 0.05
"""Chance, over all looks, of calling two prices different that earn the same."""
GRID = 201
WIDEST = 8.0
"""Bounds beyond this many standard errors are never met."""


def stopping_bounds(fractions: Sequence[float], alpha: float = ALPHA) -> tuple[float, ...]:
    """Two-sided bounds on the z statistic at each look.

    The error spent up to a fraction ``t`` of the information is ``4 - 4 Φ(z / √t)`` with
    ``z = Φ⁻¹(1 - alpha/4)``: O'Brien and Fleming's bounds as Lan and DeMets (1983) spend them,
    strict at first and close to a single test's at the end. Leaving out looks spends less.

    Args:
        fractions: Information at each look over that at the last, growing to 1.
        alpha: Error of all looks together.
    """
    return _walked(tuple(fractions), alpha)[0]


def power_at(fractions: Sequence[float], drifts: Floats, alpha: float = ALPHA) -> Floats:
    """Chance that some look is beyond its bound.

    Args:
        fractions: As in ``stopping_bounds``.
        drifts: Expected z statistic at the last look; 0 where both prices earn the same. Any
            shape.
        alpha: Error of all looks together.
    """
    _, points, mass = _walked(tuple(fractions), alpha)
    inside = np.exp(drifts[..., None] * points - drifts[..., None] ** 2 / 2) @ mass
    found: Floats = np.clip(1 - inside, 0.0, 1.0)
    return found


@cache
def _walked(fractions: tuple[float, ...], alpha: float) -> tuple[tuple[float, ...], Floats, Floats]:
    """Bounds, and where the statistic ``z √fraction`` is when none was crossed and nothing differs.

    Its steps are independent; what each look leaves open is integrated over by Simpson's rule
    (Jennison and Turnbull 2000, chapter 19). A drift weighs the ends by its likelihood ratio.
    """
    from scipy.special import ndtr, ndtri

    points, mass, at, spent = np.zeros(1), np.ones(1), 0.0, 0.0
    bounds: list[float] = []
    for fraction in fractions:
        spread = float(np.sqrt(fraction - at))
        total = float(4 * (1 - ndtr(ndtri(1 - alpha / 4) / np.sqrt(fraction))))
        edge = _edge(points, mass, spread, total - spent)
        edge = min(edge, WIDEST * float(np.sqrt(fraction)))
        points, mass = _inside(points, mass, spread, edge)
        bounds.append(edge / float(np.sqrt(fraction)))
        at, spent = fraction, total
    return tuple(bounds), points, mass


def _edge(points: Floats, mass: Floats, spread: float, due: float) -> float:
    """How far out the statistic is after a step with just that chance; infinite for none."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    def missing(edge: float) -> float:
        outside = ndtr((points - edge) / spread) + ndtr((-edge - points) / spread)
        return float(mass @ outside) - due

    return float(brentq(missing, 0.0, WIDEST)) if missing(WIDEST) < 0 else float("inf")


def _inside(points: Floats, mass: Floats, spread: float, edge: float) -> tuple[Floats, Floats]:
    """Points between the bounds after a step, and how much is at each."""
    grid = np.linspace(-edge, edge, GRID)
    z = (grid[:, None] - points[None, :]) / spread
    density = np.exp(-0.5 * z**2) @ mass / (spread * np.sqrt(2 * np.pi))
    weight = np.where(np.arange(GRID) % 2, 4.0, 2.0)
    weight[[0, -1]] = 1.0
    return grid, density * weight * (grid[1] - grid[0]) / 3
