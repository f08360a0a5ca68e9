"""Grades of SKUs: revenue (ABC), steadiness (XYZ), margin, trend, cover, silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.columns import number
from tools.figures import significant
from tools.forecast import DemandForecast
from tools.history import History
from tools.rhythm import Rhythm

Floats = npt.NDArray[np.float64]

YEAR = 365
A_SHARE, B_SHARE = 0.80, 0.95
"""Class A makes the first 80 % of a year's revenue, B the next 15 %."""
X_SCATTER, Y_SCATTER = 0.5, 1.0
"""Class X: weekly units scatter by less than half their mean over the last half year; Y: by less
than the mean; Z: by more."""
TREND_PRIOR = 5.0
"""Units added on both sides of the trend, so that few sales show no trend."""
RECENT_DAYS = 90


def grade(
    history: History, shown: pd.DataFrame, demand: DemandForecast, rhythm: Rhythm
) -> pd.DataFrame:
    """Grades of every SKU of the catalogue; columns as ``tools.selection.Assortment`` has them.

    Args:
        history: Daily matrices: ``units`` and, where known, ``revenue_minor`` and ``on_hand``.
        shown: Catalogue indexed by SKU.
        demand: Forecast of the same SKUs.
        rhythm: Their silence.
    """
    units = np.maximum(np.nan_to_num(history.values["units"]), 0).astype(np.float64)
    revenue = history.column("revenue_minor")
    money = units * 0 if revenue is None else np.nan_to_num(revenue).astype(np.float64)
    seen = pd.DataFrame(
        {
            "revenue_year": money[:, -YEAR:].sum(axis=1),
            "xyz": _steadiness(history),
            "trend": _trend(history, units),
            "units_90": units[:, -RECENT_DAYS:].sum(axis=1),
            "revenue_90_minor": money[:, -RECENT_DAYS:].sum(axis=1),
        },
        index=pd.Index(history.skus.astype(object)),
    ).reindex(shown.index)
    numbers = ["revenue_year", "trend", "units_90", "revenue_90_minor"]
    seen[numbers] = seen[numbers].fillna(0.0)
    price, cost = number(shown, "price_minor"), number(shown, "cost_minor")
    on_hand = number(shown, "on_hand")
    mean = demand.table["mean_per_day"].reindex(shown.index).to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(price > 0, (price - cost) / price, np.nan)
        cover = np.where(mean > 0, on_hand / mean, np.where(on_hand > 0, np.inf, np.nan))
    return pd.DataFrame(
        {
            "abc": _classes(seen["revenue_year"].to_numpy()),
            "xyz": seen["xyz"].fillna("Z").to_numpy(),
            "margin": significant(margin),
            "trend": significant(seen["trend"].to_numpy()),
            "days_of_cover": significant(cover),
            "days_since_sale": rhythm.days_since_sale,
            "units_90": seen["units_90"].to_numpy(),
            "revenue_90_minor": seen["revenue_90_minor"].to_numpy(),
            "silent_odds": significant(rhythm.odds),
        },
        index=pd.Index(shown.index, name="sku"),
    )


def _classes(revenue: Floats) -> npt.NDArray[np.object_]:
    order = np.argsort(-revenue, kind="stable")
    total = revenue.sum()
    before = np.zeros(len(revenue))
    if total > 0:
        ranked = revenue[order]
        before[order] = (np.cumsum(ranked) - ranked) / total
    names = np.where(before < A_SHARE, "A", np.where(before < B_SHARE, "B", "C"))
    return np.where(revenue > 0, names, "C").astype(object)


def _steadiness(history: History) -> npt.NDArray[np.object_]:
    """X, Y or Z by the scatter of weekly units over 26 weeks, sold-out days left out."""
    units = history.values["units"][:, -182:]
    free = history.sold_freely()[:, -182:]
    weeks = units.shape[1] // 7
    if weeks < 4:
        return np.full(len(history.skus), "Z", dtype=object)
    shape = (len(history.skus), weeks, 7)
    days = free[:, -7 * weeks :].reshape(shape).sum(axis=2)
    sold = np.where(free, np.nan_to_num(units), 0)[:, -7 * weeks :].reshape(shape).sum(axis=2)
    full = days >= 4
    rate = np.where(full, sold / np.maximum(days, 1) * 7, 0.0)
    count = np.maximum(full.sum(axis=1), 1)
    mean = rate.sum(axis=1) / count
    spread = np.sqrt((np.where(full, rate - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    scatter = np.where((mean > 0) & (full.sum(axis=1) >= 4), spread / np.maximum(mean, 1e-9), 9.0)
    return np.where(scatter < X_SCATTER, "X", np.where(scatter < Y_SCATTER, "Y", "Z")).astype(
        object
    )


def _trend(history: History, units: Floats) -> Floats:
    free = history.sold_freely()
    recent, before = slice(-90, None), slice(-180, -90)
    if history.days >= YEAR + 90:
        before = slice(-YEAR - 90, -YEAR)
    days_now, days_then = free[:, recent].sum(axis=1), free[:, before].sum(axis=1)
    now, then = units[:, recent].sum(axis=1), units[:, before].sum(axis=1)
    known = (days_now >= 30) & (days_then >= 30)
    ratio = np.where(known, days_now / np.maximum(days_then, 1), 1.0)
    return np.where(known, (now + TREND_PRIOR) / (then * ratio + TREND_PRIOR) - 1, 0.0)
