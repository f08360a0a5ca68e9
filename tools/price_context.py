"""What history says of prices: which were tried, which demand was seen at, beside which rival."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.figures import significant
from tools.history import History, read_history

Floats = npt.NDArray[np.float64]

COLUMNS = ("list_price_minor", "discount", "promo", "cost_minor", "competitor_price_minor")
SEEN_DAYS = 730
TRIED_SHARE = 0.05
"""A price counts as tried where a twentieth of the days were as high, or as low: a month or so in
two years. A price that plans have just moved to is not proof of itself."""
BASIS_DAYS = 28
"""Days whose prices present demand is taken to have been seen at."""
BINS = 64


def price_context(panel: pd.DataFrame) -> pd.DataFrame:
    """What each SKU's past says of its prices.

    Args:
        panel: ``sku, date, units`` and, where known, ``COLUMNS``; nothing later than today.

    Returns:
        Index ``sku``, sorted: ``seen_low_minor`` and ``seen_high_minor`` (prices tried, without
        the rarest), ``basis_minor`` (geometric mean of the last four weeks' prices outside
        promotions), ``own_then_minor`` (of all days), ``rival_then_minor`` and
        ``rival_basis_minor`` (the competitor's, the same ways), ``usual_cost_minor``. NaN where
        unknown.
    """
    history = read_history(panel, COLUMNS, last=SEEN_DAYS)
    names = pd.Index(history.skus.astype(object), name="sku")
    listed = _log(history, "list_price_minor")
    asked = listed + _log_offered(history)
    rival, cost = _log(history, "competitor_price_minor"), _log(history, "cost_minor")
    recent = slice(max(history.days - BASIS_DAYS, 0), None)
    low, high = _tried(asked)
    found = {
        "seen_low_minor": low,
        "seen_high_minor": high,
        "basis_minor": _mean(listed[:, recent]),
        "own_then_minor": _mean(asked),
        "rival_then_minor": _mean(rival),
        "rival_basis_minor": _mean(rival[:, recent]),
        "usual_cost_minor": _mean(cost),
    }
    return pd.DataFrame({name: significant(np.exp(log)) for name, log in found.items()}, names)


def _log(history: History, name: str) -> Floats:
    values = history.column(name)
    if values is None:
        return np.full(history.values["units"].shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(values)
    return np.where(np.isfinite(found), found, np.nan)


def _log_offered(history: History) -> Floats:
    """Log of what a promotion leaves of the price; 0 without one."""
    promo, discount = history.column("promo"), history.column("discount")
    if promo is None or discount is None:
        return np.zeros(history.values["units"].shape)
    offered = np.where(np.nan_to_num(promo) > 0, np.nan_to_num(discount), 0.0)
    found: Floats = np.log1p(-np.clip(offered, 0.0, 0.95))
    return found


def _mean(log: Floats) -> Floats:
    known = np.isfinite(log)
    count = known.sum(axis=1)
    total = np.where(known, log, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _tried(log: Floats) -> tuple[Floats, Floats]:
    """Log prices below and above which only the rarest days lie, by a histogram of each row."""
    known = np.isfinite(log)
    count = known.sum(axis=1)
    low = np.where(known, log, np.inf).min(axis=1, initial=np.inf)
    high = np.where(known, log, -np.inf).max(axis=1, initial=-np.inf)
    some = count > 0
    low, high = np.where(some, low, 0.0), np.where(some, high, 0.0)
    width = np.maximum(high - low, 1e-9) / BINS
    place = np.clip((log - low[:, None]) / width[:, None], 0, BINS - 1)
    place = np.where(known, np.nan_to_num(place), 0).astype(np.int64)
    flat = place + BINS * np.arange(len(log))[:, None]
    counted = np.bincount(flat[known], minlength=BINS * len(log)).reshape(len(log), BINS)
    below = counted.cumsum(axis=1) / np.maximum(count, 1)[:, None]
    first = (below < TRIED_SHARE).sum(axis=1)
    last = BINS - (below > 1 - TRIED_SHARE).sum(axis=1) + 1
    bottom, top = low + first * width, low + np.minimum(last, BINS) * width
    return np.where(some, bottom, np.nan), np.where(some, np.minimum(top, high), np.nan)
