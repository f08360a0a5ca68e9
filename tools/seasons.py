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
RIDGE = 4.0
"""Pull of the pattern towards none, in weeks' worth of evidence."""
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

    The year's wave and a linear trend are fitted together by ridge regression on the log of
    weekly rates, and only to histories of a year or more; the weekday pattern is the mean
    rate by weekday over the last year, pulled towards none.

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
    usable = exposed > 0
    if units.sum() < 50 or weeks < 52 or usable.sum() < 52:
        return np.zeros(2 * HARMONICS)
    rate = units.sum() / exposed.sum()
    level = np.log((units + rate * 7) / (exposed * rate + rate * 7))
    weight = np.where(usable, units.clip(1.0), 0.0)
    weight = weight / weight[usable].mean()
    time = np.linspace(-1.0, 1.0, weeks)
    design = np.hstack([np.ones((weeks, 1)), time[:, None], _fourier(dates[first + 3 :: 7])])
    penalty = np.diag([0.0, RIDGE / 4] + [RIDGE / 2] * (2 * HARMONICS))
    gram = design.T @ (design * weight[:, None]) + penalty
    found = np.linalg.solve(gram, design.T @ (weight * level))
    waves: Floats = found[2:]
    shape = np.exp(_fourier(np.arange("2001", "2002", dtype="datetime64[D]")) @ waves)
    return waves if np.isfinite(shape).all() else np.zeros(2 * HARMONICS)
