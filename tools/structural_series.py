"""A product's own series, where nothing was left alone to compare with.

A local-level structural model of weekly sales (statsmodels' unobserved components; Harvey 1989),
carried on through the window as if nothing had been changed; the time of year is taken from the
shop's sales a year before. It rests on more than controls do, and is as wide as that makes it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from tools.effect_windows import Floats, Sales, Window

WEEK = 7
LEAST_WEEKS, WEEKS_BEFORE = 26, 104
LEAST_A_WEEK = 3.0
SEASON_TRUST = 0.7
"""Share of the shop's move at the same time last year that is expected again."""
SEASON_SD, NO_SEASON_SD = 0.25, 0.35
"""Error of that as a fraction of sales, and where no year of history shows it: what everything
sells moves by so much, and without controls nothing tells that from an effect."""


@dataclass(frozen=True)
class Continued:
    """What a series was to sell in a window.

    Attributes:
        units: Expected.
        own_sd: Error of its own.
        common_sd: Error that all products of the shop share.
        season: Factor for the time of year; None where history is too short for one.
    """

    units: float
    own_sd: float
    common_sd: float
    season: float | None

    @property
    def sd(self) -> float:
        """Whole error."""
        return float(np.hypot(self.own_sd, self.common_sd))


def carry_on(sales: Sales, window: Window, row: int) -> Continued | None:
    """Units of one row in the window if its series had gone on as before.

    Args:
        sales: Daily units.
        window: The days in question.
        row: The product that was changed.

    Returns:
        None where history is under half a year, or under three units a week.
    """
    weeks = min(WEEKS_BEFORE, window.start // WEEK)
    known = sales.known_days(row, window.start - weeks * WEEK, window.start)
    weeks = int(known) // WEEK
    if weeks < LEAST_WEEKS:
        return None
    part = sales.units[row, window.start - weeks * WEEK : window.start]
    weekly = np.nan_to_num(part).reshape(weeks, WEEK).sum(axis=1)
    if weekly.mean() < LEAST_A_WEEK:
        return None
    level, variance = _level(weekly, window.days / WEEK)
    season = _season(sales, window)
    factor, doubt = (1.0, NO_SEASON_SD) if season is None else (season, SEASON_SD)
    mean = level * factor * window.days / WEEK
    return Continued(mean, float(np.sqrt(variance)) * factor, doubt * mean, season)


def _level(weekly: Floats, ahead: float) -> tuple[float, float]:
    """Present level of weekly sales, and the variance of the sum over so many weeks ahead.

    ``h² P + σ_level² h³/3 + h σ_week²``, with P the variance of the level itself.
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    model = UnobservedComponents(weekly, level="local level")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model.fit(disp=False, method="lbfgs", maxiter=100)
    noise, drift = (float(each) for each in fitted.params)
    state = float(fitted.filter_results.filtered_state_cov[0, 0, -1])
    level = max(float(fitted.filter_results.filtered_state[0, -1]), 0.0)
    noise = max(noise, level)
    return level, ahead**2 * state + drift * ahead**3 / 3 + ahead * noise


def _season(sales: Sales, window: Window) -> float | None:
    """How the shop's sales moved at this time last year, towards none."""
    year = window.earlier(364)
    if year.start < 91:
        return None
    everything = np.nansum(sales.units, axis=0)
    during = everything[year.start : year.end].mean()
    before = everything[year.start - 91 : year.start].mean()
    if not (during > 0 and before > 0):
        return None
    return float(np.clip(during / before, 0.25, 4.0) ** SEASON_TRUST)
