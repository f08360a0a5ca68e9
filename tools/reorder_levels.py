"""When to order and up to which level: service against the cost of keeping and losing stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.counts import count_quantiles, total_variance
from tools.outlook import Outlook

Floats = npt.NDArray[np.float64]

CYCLE_DAYS = 28
"""An order lasts this many days beyond delivery, or until the next look where that comes later:
few orders, little money tied up."""
CARRYING_RATE = 0.20
"""Yearly cost of keeping stock, as a share of its cost."""
RAREST_DAYS = 35
"""Whoever plans less often than this is not thought to plan regularly."""
LEFT_WORTH = 0.5
"""What goods left at their season's end bring, as a share of their cost."""
SHELF_SHARE = 0.5
"""Goods that spoil are ordered for this part of the days they keep, or until the next look."""
LOWEST, HIGHEST = 0.5, 0.995
"""Service levels that the costs may ask for."""


def usual_gap(made: Sequence[datetime], now: datetime, horizon_days: float) -> float:
    """Median days between the last plans, this one included.

    Where that cannot be told, the next plan is expected when this one's horizon ends. Plans of
    the same day count once; gaps longer than ``RAREST_DAYS`` are breaks, not a rhythm.
    """
    days = sorted({moment.date() for moment in (*made, now) if moment <= now})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    regular = [gap for gap in gaps if gap <= RAREST_DAYS]
    if not regular:
        return float(min(horizon_days, RAREST_DAYS))
    return float(np.median(regular))


def lasting_days(frame: pd.DataFrame, review_days: float) -> Floats:
    """Days beyond delivery that an order is for; shape (n,)."""
    keeps = SHELF_SHARE * frame["shelf_life_days"].to_numpy(dtype=np.float64)
    lasting: Floats = np.maximum(np.minimum(keeps, CYCLE_DAYS), review_days)
    return lasting


def best_service(frame: pd.DataFrame, review_days: float) -> Floats:
    """Service level at which one more unit earns what it costs (newsvendor's critical ratio).

    ``(price − cost) / (price − cost + overage)``, where a unit too many is kept until the next
    order's end, lost if it spoils before, and sold off if its season ends (Silver, Pyke and
    Thomas 2017, ch. 9).
    """
    price = frame["price_minor"].to_numpy(dtype=np.float64)
    cost = frame["cost_minor"].to_numpy(dtype=np.float64)
    lasting = lasting_days(frame, review_days)
    missed = np.maximum(price - cost, 0.0)
    kept = cost * CARRYING_RATE * (review_days + lasting) / 365
    spoils = frame["shelf_life_days"].to_numpy(dtype=np.float64) < review_days + lasting
    ends = frame["season_days"].to_numpy(dtype=np.float64) < (
        frame["lead_time_days"].to_numpy(dtype=np.float64) + review_days + lasting
    )
    overage = np.where(spoils, cost, np.where(ends, cost * (1 - LEFT_WORTH) + kept, kept))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(missed + overage > 0, missed / (missed + overage), LOWEST)
    return np.clip(ratio, LOWEST, HIGHEST)


def demand_over(
    frame: pd.DataFrame, outlook: Outlook, days: Floats, days_sd: Floats, level: Floats
) -> Floats:
    """Quantile of units asked for over so many days, themselves uncertain.

    The variance is day-to-day scatter, the error of the mean, and the mean per day squared times
    the variance of the days (Silver, Pyke and Thomas 2017, eq. 6.16).
    """
    mean = outlook.units(days)
    usual = np.maximum(frame["mean_per_day"].to_numpy(dtype=np.float64), 1e-9)
    scatter = frame["variance_per_day"].to_numpy(dtype=np.float64) / usual * mean
    error = frame["log_error_sd"].to_numpy(dtype=np.float64)
    late = mean / np.maximum(days, 1e-9) * days_sd
    variance = total_variance(mean, scatter + late**2, error)
    found = np.zeros(len(frame))
    for each in np.unique(level):
        rows = level == each
        (found[rows],) = count_quantiles(mean[rows], variance[rows], (float(each),))
    return np.where(mean > 0, found, 0.0)


def with_levels(
    frame: pd.DataFrame, outlook: Outlook, *, service_level: float | None, review_days: float
) -> pd.DataFrame:
    """Adds ``service_level``, ``reorder_point`` (s) and ``order_up_to`` (S) to the frame.

    Args:
        frame: ``mean_per_day, variance_per_day, log_error_sd, lead_time_days, lead_time_sd,
            price_minor, cost_minor``, ``shelf_life_days`` (infinite for what keeps) and
            ``season_days`` (until its season ends, infinite without one).
        outlook: Units expected, a row for every row of ``frame``.
        service_level: Chance of not running out until the next order arrives; None: what pays.
        review_days: Days until the next look.
    """
    lead = frame["lead_time_days"].to_numpy(dtype=np.float64)
    spread = frame["lead_time_sd"].to_numpy(dtype=np.float64)
    wanted = best_service(frame, review_days)
    if service_level is not None:
        wanted = np.full(len(frame), service_level)
    sold_by = lead + np.maximum(frame["shelf_life_days"].to_numpy(dtype=np.float64), 1.0)
    protected = np.minimum(lead + review_days, sold_by)
    lasting = np.minimum(lead + lasting_days(frame, review_days), sold_by)
    made = frame.assign(service_level=np.round(wanted, 4))
    level = made["service_level"].to_numpy(dtype=np.float64)
    made["reorder_point"] = np.ceil(demand_over(frame, outlook, protected, spread, level))
    made["order_up_to"] = np.ceil(demand_over(frame, outlook, lasting, spread, level))
    return made
