"""Placebos in time: an effect found before anything was done is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tools.control_growth import Expected, expected_units, fit_growth
from tools.effect_windows import LEAST_KNOWN_DAYS, Floats, Ints, Mask, Sales, Window

GAP_DAYS = 56
"""The placebo ends so long before the change: what made a planner pick a product lies nearer."""
LONGEST_DAYS = 28
OWN_LIMIT, GROUP_LIMIT = 3.0, 2.6
"""Misses in standard errors beyond which a method does not fit: about 3 and 9 in 1,000 by luck."""


def placebo_window(window: Window) -> Window | None:
    """Days before a change on which nothing happened; None where history is too short."""
    length = min(window.days, LONGEST_DAYS)
    end = window.start - GAP_DAYS
    return Window(end - length, end) if end - length >= LEAST_KNOWN_DAYS else None


def misses_of_controls(
    sales: Sales, window: Window, rows: Ints, exposed: Mask
) -> tuple[Floats, float]:
    """Difference-in-differences of changed rows on the placebo's days, in standard errors.

    Returns:
        One a row (NaN where it cannot be had), and that of their sum.
    """
    nothing = np.full(len(rows), np.nan), float("nan")
    placebo = placebo_window(window)
    if placebo is None:
        return nothing
    growth = fit_growth(sales, placebo, sales.quiet(placebo, exposed))
    if growth is None:
        return nothing
    usable = sales.known_days(rows, 0, placebo.start) >= LEAST_KNOWN_DAYS
    usable &= ~sales.moved[rows, placebo.start - 7 : placebo.end].any(axis=1)
    expected = expected_units(growth, sales, placebo, rows)
    seen = sales.total(rows, placebo.start, placebo.end)
    own = np.where(usable, (seen - expected.units) / expected.sd, np.nan)
    return own, _of_sum(seen - expected.units, expected, usable)


def _of_sum(gap: Floats, expected: Expected, usable: Mask) -> float:
    if usable.sum() < 2:
        return float("nan")
    weight = usable / np.maximum(expected.sd, 1e-9)
    return float((weight * gap).sum() / expected.sd_of_sum(weight))


def miss_of(
    sales: Sales, window: Window, row: int, estimate: Callable[[Window], tuple[float, float] | None]
) -> float:
    """Any estimate of one row on the placebo's days, in standard errors."""
    placebo = placebo_window(window)
    found = None if placebo is None else estimate(placebo)
    if placebo is None or found is None:
        return float("nan")
    units, sd = found
    return (float(sales.total(row, placebo.start, placebo.end)) - units) / max(sd, 1e-9)
