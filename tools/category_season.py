"""How categories part from the shop: what is known of one with no product left alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.effect_windows import Floats, Sales, Window

BEFORE_DAYS, STEP_DAYS, MOST_WINDOWS = 28, 28, 24
USUAL_SD, USUAL_WEIGHT = 0.4, 3.0
"""Log distance of a category's growth from the shop's where history is short."""
LEAST_SD = 0.1
YEAR_DAYS = 364
YEAR_TRUST = 0.7
"""Share of what a category did at this time last year that is expected again."""


def category_growth(
    sales: Sales, window: Window, categories: Sequence[str]
) -> tuple[Floats, Floats]:
    """Expected log growth of each category against the shop's, and its standard deviation.

    The deviation is what the category's growth was off the shop's over past windows of the same
    length, less what luck explains; the expectation, what it was a year ago.

    Args:
        sales: Daily units.
        window: The days in question; only earlier ones are looked at.
        categories: Which.
    """
    member = sales.category[None, :] == np.array(categories)[:, None]
    daily = member.astype(np.float64) @ np.nan_to_num(sales.units[:, : window.start])
    shop = daily.sum(axis=0)
    starts = range(window.start - window.days, BEFORE_DAYS - 1, -STEP_DAYS)
    found = [
        _deviation(daily, shop, Window(start, start + window.days))
        for start in list(starts)[:MOST_WINDOWS]
    ]
    square = np.full(len(categories), USUAL_WEIGHT * USUAL_SD**2)
    for deviation, luck in found:
        square += np.maximum(deviation**2 - luck, 0)
    sd = np.maximum(np.sqrt(square / (len(found) + USUAL_WEIGHT)), LEAST_SD)
    year = window.earlier(YEAR_DAYS)
    if year.start < BEFORE_DAYS:
        return np.zeros(len(categories)), sd
    deviation, luck = _deviation(daily, shop, year)
    return YEAR_TRUST * deviation * sd**2 / (sd**2 + luck), sd


def _deviation(daily: Floats, shop: Floats, window: Window) -> tuple[Floats, Floats]:
    """Log growth of categories less the shop's over a window, and the variance of luck in it."""

    def total(values: Floats, start: int, end: int) -> Floats:
        found: Floats = values[..., start:end].sum(axis=-1) + 1.0
        return found

    before = total(daily, window.start - BEFORE_DAYS, window.start)
    during = total(daily, window.start, window.end)
    whole = np.log(total(shop, window.start, window.end) / total(
        shop, window.start - BEFORE_DAYS, window.start))  # fmt: skip
    return np.log(during / before) - whole, 1.5 / during + 1.5 / before
