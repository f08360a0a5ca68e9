"""Difference-in-differences for counts: what products left alone say others would have sold.

Each product's sales are compared with its own level before, and the growth that products left
alone show on the same days is taken out. Growth may depend on how a product did lately, so that
picking slow sellers does not pass for an effect when they come back by themselves: regression
adjustment of Heckman, Ichimura and Todd (1997), which Sant'Anna and Zhao (2020) call outcome
regression, in the multiplicative form that suits counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tools.category_season import USUAL_SD, USUAL_WEIGHT, category_growth
from tools.effect_windows import LEAST_CONTROLS, Floats, Ints, Mask, Sales, Window

LONG, MIDDLE, SHORT = 182, 56, 28
"""Days before a window over which levels are taken."""
PRIOR_MEAN = (0.0, 0.5, 0.25, 0.0)
PRIOR_SD = (1.0, 0.5, 0.4, 0.1)
"""Common growth; weight of a product's own last eight weeks against its half year, its category's
being taken whole; of the last four against eight; growth of big sellers against small ones. They
matter only where controls are few."""
LEAST_IN_CATEGORY = 3
"""Fewer products left alone do not show how far a category parts from the shop."""
ROUNDS, STEPS = 3, 25
NOISE_PRIOR = (1.2, 0.08)
"""Scatter of a window's units where controls are few: ``1.2 μ + 0.08 μ²``."""
NOISE_WEIGHT = 5.0
COMMON_NORMAL = 1.2815515655446004
SCALE_RANGE = (0.8, 2.5)


@dataclass(frozen=True)
class Growth:
    """What products left alone did on a window's days.

    Attributes:
        coefficients: Of the columns of ``_design``.
        covariance: Of the coefficients.
        noise: ``(a, b)``: variance of a product's units is ``scale² (a μ + b μ²)``.
        scale: How much wider the controls' own misses are than that: from the placebos in space.
        categories: Of the shop, a column each.
        centre: Mean log level of the controls.
        usual_rate: Units a day of a usual control.
        controls: How many there were.
    """

    coefficients: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    noise: tuple[float, float]
    scale: float
    categories: tuple[str, ...]
    centre: float
    usual_rate: float
    controls: int


@dataclass(frozen=True)
class Expected:
    """What products would have sold without the change.

    Attributes:
        units: Expected; shape (n,).
        own_sd: Error that is each product's own.
        loading: Derivative of ``units`` by the shared coefficients; shape (n, k).
        covariance: Of those; ``loading @ covariance @ loading.T`` is the shared error.
    """

    units: Floats
    own_sd: Floats
    loading: Floats = field(repr=False)
    covariance: Floats = field(repr=False)

    @property
    def shared_sd(self) -> Floats:
        """Error of each product that comes from the common growth."""
        found: Floats = np.sqrt(
            np.maximum(np.einsum("ij,jk,ik->i", self.loading, self.covariance, self.loading), 0)
        )
        return found

    @property
    def sd(self) -> Floats:
        """Whole error of each product."""
        return np.hypot(self.own_sd, self.shared_sd)

    def sd_of_sum(self, weight: Floats) -> float:
        """Error of a weighted sum over the products."""
        pull = weight @ self.loading
        return float(np.sqrt(np.maximum(pull @ self.covariance @ pull, 0)
                             + (weight**2 * self.own_sd**2).sum()))  # fmt: skip


def fit_growth(sales: Sales, window: Window, controls: Ints) -> Growth | None:
    """Growth of products left alone, from their level before a window to the window.

    Args:
        sales: Daily units.
        window: The days in question.
        controls: Rows left alone.

    Returns:
        None where there are too few to tell.
    """
    if len(controls) < LEAST_CONTROLS:
        return None
    categories = tuple(sorted(set(sales.category)))
    before = (window.start - LONG, window.start)
    known = max(sales.known_days(controls, *before).sum(), 1.0)
    usual = max(float(sales.total(controls, *before).sum() / known), 1e-6)
    blank = Growth(
        np.zeros(0), np.zeros((0, 0)), NOISE_PRIOR, 1.0, categories, 0.0, usual, len(controls)
    )
    design, offset = _design(sales, window, controls, blank)
    centre = float(design[:, 3].mean())
    design[:, 3] -= centre
    seen = sales.total(controls, window.start, window.end)
    mean, sd = _prior(sales, window, categories)
    first, _, _ = _fit(design, offset, seen, mean, np.maximum(sd, USUAL_SD))
    sd = _parted(first, mean, sd, design)
    coefficients, covariance, noise = _fit(design, offset, seen, mean, sd)
    scale = _scale(design, offset, seen, coefficients, covariance, noise)
    return Growth(coefficients, covariance, noise, scale, categories, centre, usual, len(controls))


def expected_units(growth: Growth, sales: Sales, window: Window, rows: Ints) -> Expected:
    """What rows would have sold on a window's days if they had been left alone too."""
    design, offset = _design(sales, window, rows, growth)
    design[:, 3] -= growth.centre
    mean = np.exp(np.clip(design @ growth.coefficients + offset, -20, 20))
    seen = sales.total(rows, window.start, window.end)
    a, b = growth.noise
    own = growth.scale * np.sqrt(a * np.maximum(mean, seen) + b * mean**2)
    return Expected(mean, own, mean[:, None] * design, growth.covariance)


def _design(sales: Sales, window: Window, rows: Ints, growth: Growth) -> tuple[Floats, Floats]:
    """Columns: one, middle against long level, short against middle, log level, categories.

    What the whole category has moved by is part of the offset, and no product's own.
    """

    def rate(days: int, towards: npt.ArrayLike, weight: float) -> Floats:
        sold = sales.total(rows, window.start - days, window.start)
        known = sales.known_days(rows, window.start - days, window.start)
        found: Floats = (sold + weight) / (known + weight / np.asarray(towards))
        return found

    long = rate(LONG, growth.usual_rate, 1.0)
    middle = rate(MIDDLE, long, 2.0)
    short = rate(SHORT, middle, 2.0)
    level = np.log(long)
    member = sales.category[rows][:, None] == np.array(growth.categories)[None, :]
    known = sales.known_days(rows, window.start, window.end)
    drift, turn = (_moves(sales, window, growth.categories, *days) for days in (
        (LONG, MIDDLE), (MIDDLE, SHORT)))  # fmt: skip
    common, last = member @ drift, member @ turn
    columns = [
        np.ones(len(rows)), np.log(middle / long) - common, np.log(short / middle) - last, level,
    ]  # fmt: skip
    offset = level + common + last + np.log(np.maximum(known, 1))
    return np.column_stack([*columns, member.astype(np.float64)]), offset


def _moves(
    sales: Sales, window: Window, categories: tuple[str, ...], long: int, short: int
) -> Floats:
    """Log growth of whole categories from the mean of so many days to that of fewer: it stays."""
    member = sales.category[None, :] == np.array(categories)[:, None]
    part = sales.units[:, max(window.start - long, 0) : window.start]
    known: Mask = np.isfinite(part[:, 0])
    daily = (member & known[None, :]).astype(np.float64) @ np.nan_to_num(part)
    usual = daily.mean(axis=1)
    # Ten units at the usual rate keep a category that hardly sells from having moved.
    recent = (daily[:, -short:].sum(axis=1) + 10) / (short + 10 / np.maximum(usual, 1e-6))
    return np.where(usual > 0, np.log(recent / np.maximum(usual, 1e-6)), 0.0)


def _prior(sales: Sales, window: Window, categories: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of every coefficient before the controls have spoken."""
    growth, spread = category_growth(sales, window, categories)
    return np.r_[PRIOR_MEAN, growth], np.r_[PRIOR_SD, spread]


def _parted(found: Floats, mean: Floats, sd: Floats, design: Floats) -> Floats:
    """Standard deviations of the coefficients, categories' not below how far they part now.

    On the days of a sale, categories part more than they ever did; so much then has to be
    expected of one of which nothing was left alone, too.
    """
    usual = len(PRIOR_SD)
    seen = design[:, usual:].sum(axis=0) >= LEAST_IN_CATEGORY
    square = ((found - mean)[usual:][seen] ** 2).sum()
    known = sd[usual:]
    now = np.sqrt((USUAL_WEIGHT * known**2 + square) / (USUAL_WEIGHT + seen.sum()))
    found_sd: Floats = np.r_[sd[:usual], np.maximum(known, now)]
    return found_sd


def _fit(
    design: Floats, offset: Floats, seen: Floats, mean: Floats, sd: Floats
) -> tuple[Floats, Floats, tuple[float, float]]:
    """Quasi-likelihood with variance ``a μ + b μ²`` and normal priors, by Fisher scoring."""
    precision = np.asarray(1 / sd**2, dtype=np.float64)
    found, noise = mean.copy(), NOISE_PRIOR
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            expected = np.exp(np.clip(design @ found + offset, -20, 20))
            spread = noise[0] + noise[1] * expected
            slope = design.T @ ((seen - expected) / spread) - precision * (found - mean)
            curve = (design * (expected / spread)[:, None]).T @ design + np.diag(precision)
            step = np.clip(np.linalg.solve(curve, slope), -1, 1)
            found = found + step
            if np.abs(step).max() < 1e-9:
                break
        noise = _noise(np.exp(np.clip(design @ found + offset, -20, 20)), seen)
    return found, np.asarray(np.linalg.inv(curve), dtype=np.float64), noise


def _noise(expected: Floats, seen: Floats) -> tuple[float, float]:
    """``(a, b)`` of ``a μ + b μ²`` from squared misses, pulled towards the usual."""
    from scipy.optimize import nnls

    surprise = (seen - expected) ** 2 / np.maximum(expected, 1e-6)
    surprise = np.minimum(surprise, np.quantile(surprise, 0.98) + 1e-9)
    weight = 1 / (1 + 0.1 * expected)
    root = np.sqrt(NOISE_WEIGHT)
    columns = np.vstack([
        np.column_stack([weight, weight * expected]), [root, 0.0], [0.0, 10 * root],
    ])  # fmt: skip
    wanted = np.r_[weight * surprise, root * NOISE_PRIOR[0], 10 * root * NOISE_PRIOR[1]]
    a, b = nnls(columns, wanted)[0]
    return max(float(a), 0.5), max(float(b), 0.005)


def _scale(
    design: Floats,
    offset: Floats,
    seen: Floats,
    coefficients: Floats,
    covariance: Floats,
    noise: tuple[float, float],
) -> float:
    """How wide the placebos in space are: each control measured as if it had been changed."""
    expected = np.exp(np.clip(design @ coefficients + offset, -20, 20))
    variance = noise[0] * expected + noise[1] * expected**2
    weight = expected**2 / variance
    leverage = np.clip(np.einsum("ij,jk,ik->i", design, covariance, design) * weight, 0, 0.9)
    misses = np.abs(seen - expected) / np.sqrt(variance * (1 - leverage))
    found = max(float(np.quantile(misses, 0.8)) / COMMON_NORMAL, float(np.sqrt((misses**2).mean())))
    trust = len(seen) / (len(seen) + 20)
    return float(np.clip(trust * found + 1 - trust, *SCALE_RANGE))
