"""When to order and up to which level: service against the cost of keeping and losing stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.counts import count_quantiles, total_variance

Floats = npt.NDArray[np.float64]

REVIEW_DAYS = 7
"""Days between two looks at the stock, where nothing says otherwise."""
CYCLE_DAYS = 28
"""An order covers this many days beyond lead time and review: few orders, little money tied up."""
CARRYING_RATE = 0.20
"""Yearly cost of keeping stock, as a share of its cost."""
RAREST_DAYS = 35
"""Whoever plans less often than this is not thought to plan regularly."""
LOWEST, HIGHEST = 0.5, 0.995
"""Service levels that the costs may ask for."""


def usual_gap(made: Sequence[datetime], now: datetime) -> float:
    """Median days between the last plans, this one included; a week where that cannot be told.

    Plans of the same day count once; gaps longer than ``RAREST_DAYS`` are breaks, not a rhythm.
    """
    days = sorted({moment.date() for moment in (*made, now) if moment <= now})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    regular = [gap for gap in gaps if gap <= RAREST_DAYS]
    if not regular:
        return float(REVIEW_DAYS)
    return float(np.median(regular))


def best_service(frame: pd.DataFrame, review_days: float) -> Floats:
    """Service level at which one more unit earns what it costs (newsvendor's critical ratio).

    ``(price − cost) / (price − cost + overage)``, where a unit too many is kept until the next
    cycle's end and, if it spoils before, lost (Silver, Pyke and Thomas 2017, ch. 9).
    """
    price = frame["price_minor"].to_numpy(dtype=np.float64)
    cost = frame["cost_minor"].to_numpy(dtype=np.float64)
    missed = np.maximum(price - cost, 0.0)
    kept = cost * CARRYING_RATE * (review_days + CYCLE_DAYS) / 365
    spoils = frame["shelf_life_days"].to_numpy(dtype=np.float64) < review_days + CYCLE_DAYS
    overage = np.where(spoils, cost, kept)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(missed + overage > 0, missed / (missed + overage), LOWEST)
    return np.clip(ratio, LOWEST, HIGHEST)


def demand_over(frame: pd.DataFrame, days: Floats, days_sd: Floats, level: Floats) -> Floats:
    """Quantile of units asked for over so many days, themselves uncertain.

    The variance is day-to-day scatter, the error of the mean, and the mean per day squared times
    the variance of the days (Silver, Pyke and Thomas 2017, eq. 6.16).
    """
    per_day = frame["mean_per_day"].to_numpy(dtype=np.float64)
    scatter = frame["variance_per_day"].to_numpy(dtype=np.float64) * days
    error = frame["log_error_sd"].to_numpy(dtype=np.float64)
    mean = per_day * days
    variance = total_variance(mean, scatter + (per_day * days_sd) ** 2, error)
    found = np.zeros(len(frame))
    for each in np.unique(level):
        rows = level == each
        (found[rows],) = count_quantiles(mean[rows], variance[rows], (float(each),))
    return np.where(mean > 0, found, 0.0)


def with_levels(
    frame: pd.DataFrame, *, service_level: float | None, review_days: float
) -> pd.DataFrame:
    """Adds ``service_level``, ``reorder_point`` (s) and ``order_up_to`` (S) to the frame.

    Args:
        frame: ``mean_per_day, variance_per_day, log_error_sd, lead_time_days, lead_time_sd,
            price_minor, cost_minor, shelf_life_days`` (infinite for what keeps).
        service_level: Chance of not running out until the next order arrives; None: what pays.
        review_days: Days until the next look.
    """
    lead = frame["lead_time_days"].to_numpy(dtype=np.float64)
    spread = frame["lead_time_sd"].to_numpy(dtype=np.float64)
    wanted = best_service(frame, review_days)
    if service_level is not None:
        wanted = np.full(len(frame), service_level)
    protected = lead + review_days
    lasting = protected + CYCLE_DAYS
    sold_by = lead + np.maximum(frame["shelf_life_days"].to_numpy(dtype=np.float64), 1.0)
    made = frame.assign(service_level=np.round(wanted, 4))
    level = made["service_level"].to_numpy(dtype=np.float64)
    made["reorder_point"] = np.ceil(
        demand_over(frame, np.minimum(protected, sold_by), spread, level)
    )
    made["order_up_to"] = np.ceil(demand_over(frame, np.minimum(lasting, sold_by), spread, level))
    return made
