"""Weekday and time-of-year patterns shared by a category, where history is long enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.history import History, Mask

Floats = npt.NDArray[np.float64]

YEAR = 365.2425
HARMONICS = 6
"""Fourier pairs of the year: resolves a peak about a month wide."""
MIN_SKUS = 5
"""Fewer than this share the shop's pattern instead of their category's."""
WAVE_SD, TREND_SD = 0.7, 0.15
"""Usual size of the year's first wave, and of the trend a year, log. Further waves are expected to
be smaller by the square of their order: what bends sharply has to be seen more often."""
WEEKS_A_YEAR = 52.18
MIN_UNITS = 50
"""Units and weeks below which a group has no yearly pattern of its own."""
MIN_WEEKS = 52
ROUNDS, LARGEST_MOVE = 12, 1.0
"""Newton steps, and how far one may take a coefficient."""
RECENT = 365


@dataclass(frozen=True)
class Seasons:
    """Multiplicative patterns, one row a group; their long-run mean is 1.

    Attributes:
        group: Row of the patterns each SKU uses; shape (n,).
        weekday: Monday first; shape (groups, 7).
        waves: Coefficients of the year's Fourier pairs on the log scale; shape
            (groups, 2 * HARMONICS); zero where history is under a year.
        yearly: Whether the time of year is allowed for at all.
    """

    group: npt.NDArray[np.int64]
    weekday: Floats
    waves: Floats
    yearly: bool

    def factors(self, dates: npt.NDArray[np.datetime64]) -> Floats:
        """Pattern of each group on each date; shape (groups, dates)."""
        year = np.exp(self.waves @ _fourier(dates).T)
        return year * self.weekday[:, _weekday(dates)]

    def without_year(self) -> Seasons:
        """Only the weekday pattern."""
        return Seasons(self.group, self.weekday, np.zeros_like(self.waves), yearly=False)


def find_seasons(history: History, valid: Mask, groups: npt.NDArray[np.str_] | None) -> Seasons:
    """Estimate patterns from what the SKUs of a group sold on average per SKU on sale.

    The year's wave and a linear trend are fitted together by quasi-Poisson regression of weekly
    units on days on sale, pulled towards none (``WAVE_SD``), and only to histories of a year or
    more; the weekday pattern is the mean rate by weekday over the last year, pulled towards none.

    Args:
        history: Daily matrices.
        valid: Days that say something about demand.
        groups: Category of each SKU of ``history``; None treats the shop as one.
    """
    rows, count = _rows(groups, len(history.skus))
    units = np.where(valid, history.values["units"], 0.0)
    membership = np.zeros((count, len(rows)), dtype=np.float32)
    membership[0] = 1.0
    membership[rows, np.arange(len(rows))] = 1.0
    sold = (membership @ units.astype(np.float32)).astype(np.float64)
    on_sale = (membership @ valid.astype(np.float32)).astype(np.float64)
    dates = history.dates
    weekday = np.vstack([_weekdays(s, n, dates) for s, n in zip(sold, on_sale, strict=True)])
    waves = np.zeros((count, 2 * HARMONICS))
    yearly = history.days >= RECENT
    if yearly:
        waves = np.vstack([_waves(s, n, dates) for s, n in zip(sold, on_sale, strict=True)])
    return Seasons(rows, weekday, waves, yearly=bool(yearly and np.abs(waves).max() > 0))


def _rows(groups: npt.NDArray[np.str_] | None, n: int) -> tuple[npt.NDArray[np.int64], int]:
    """Pattern row of each SKU (0 is the shop's own) and the number of rows."""
    if groups is None:
        return np.zeros(n, dtype=np.int64), 1
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    large = sizes >= MIN_SKUS
    number = np.where(large, np.cumsum(large), 0)
    return number[inverse].astype(np.int64), int(large.sum()) + 1


def _weekday(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _fourier(dates: npt.NDArray[np.datetime64]) -> Floats:
    angle = 2 * np.pi * dates.astype("datetime64[D]").astype(np.int64) / YEAR
    orders = np.arange(1, HARMONICS + 1)
    return np.hstack([np.sin(np.outer(angle, orders)), np.cos(np.outer(angle, orders))])


def _weekdays(sold: Floats, on_sale: Floats, dates: npt.NDArray[np.datetime64]) -> Floats:
    sold, on_sale, days = sold[-RECENT:], on_sale[-RECENT:], _weekday(dates[-RECENT:])
    total, exposed = sold.sum(), on_sale.sum()
    if total <= 0 or len(days) < 28:
        return np.ones(7)
    rate = total / exposed
    by_day = np.bincount(days, weights=sold, minlength=7)
    expected = np.bincount(days, weights=on_sale * rate, minlength=7)
    pull = 0.02 * total + 5.0
    pattern: Floats = (by_day + pull) / (expected + pull)
    pattern /= pattern.mean()
    return pattern


def _waves(sold: Floats, on_sale: Floats, dates: npt.NDArray[np.datetime64]) -> Floats:
    weeks = len(dates) // 7
    first = len(dates) - 7 * weeks
    units = sold[first:].reshape(weeks, 7).sum(axis=1)
    exposed = on_sale[first:].reshape(weeks, 7).sum(axis=1)
    used = exposed > 0
    if units.sum() < MIN_UNITS or used.sum() < MIN_WEEKS:
        return np.zeros(2 * HARMONICS)
    years = (np.arange(weeks) - weeks / 2) / WEEKS_A_YEAR
    waves = _fourier(dates[first + 3 :: 7])
    design = np.hstack([np.ones((weeks, 1)), years[:, None], waves])[used]
    orders = np.tile(np.arange(1, HARMONICS + 1), 2)
    pull = np.r_[0.0, TREND_SD**-2, (WAVE_SD / orders**2) ** -2]
    return _poisson_ridge(design, units[used], exposed[used], pull)[2:]


def _poisson_ridge(design: Floats, units: Floats, exposed: Floats, pull: Floats) -> Floats:
    """Coefficients of the log rate, each pulled towards 0, by Newton steps.

    What scatters more than Poisson's counts for less (quasi-likelihood; McCullagh and Nelder
    1989), so that a few bulk orders make no season.
    """
    found = np.zeros(design.shape[1])
    found[0] = np.log(units.sum() / exposed.sum())
    scatter = 1.0
    for _ in range(ROUNDS):
        mean = exposed * np.exp(np.clip(design @ found, -30, 30))
        slope = design.T @ (units - mean) / scatter - pull * found
        bend = (design * (mean / scatter)[:, None]).T @ design + np.diag(pull + 1e-9)
        step = np.linalg.solve(bend, slope)
        found += step / max(np.abs(step).max() / LARGEST_MOVE, 1.0)
        misses = np.square(units - mean) / np.maximum(mean, 0.5)
        scatter = max(float(misses.sum()) / max(len(units) - design.shape[1] / 2, 1.0), 1.0)
    return found
