"""What a new price does to units, revenue and gross profit: the figures behind every price action.

Pure arithmetic on one SKU's numbers: what evidence holds is exactly what ``effect_of`` takes, so
that a reader, or an editor of an action, can recompute it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.goal import Objective
from tools.figures import significant
from tools.futures import Luck, common_luck, level_factor, price_factor, sold_at

Floats = npt.NDArray[np.float64]

LOSS_WEIGHT = 0.5
"""A loss counts this much more than a gain of the same size."""
POINTS = (0.1, 0.5, 0.9)
NAMES = ("p10", "p50", "p90")
METRICS = ("units", "revenue_minor", "gross_profit_minor")
GIVEN = ("current_minor", "cost_minor", "stock", "mean_per_day", "variance_per_day",
         "log_error_sd", "elasticity", "std_error")  # fmt: skip
"""What has to be known of a SKU; ``cost_minor`` and ``stock`` may be NaN."""
BLOCK = 2048

COUNTED_IN = {
    Objective.GROSS_PROFIT: "gross_profit_minor",
    Objective.UNITS: "units",
    Objective.CLEAR_STOCK: "units",
}
"""Metric of an objective; revenue for the others."""

Changes = dict[str, Floats]


def values_of(
    rows: pd.DataFrame, *, objective: Objective, horizon_days: int, days: int, luck: Luck
) -> Floats:
    """Risk-adjusted expected gain of each candidate.

    ``mean(gain) - LOSS_WEIGHT * mean(loss)`` over the futures, in the objective's metric. Where
    the cost is unknown, gross profit is replaced by revenue: for a price rise that is its lower
    bound, since fewer units cost less.

    Args:
        rows: Columns ``GIVEN`` and ``price_minor``, one row a candidate.
        objective: What is made larger.
        horizon_days: Days that impacts are counted over.
        days: Days the new price holds, from the first; at most ``horizon_days``.
        luck: Futures.
    """
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        part = rows.iloc[start : start + BLOCK]
        changes = _changes(part, horizon_days, days, luck)
        gain = _gain(changes, objective)
        found[start : start + BLOCK] = gain.mean(axis=1) - LOSS_WEIGHT * np.maximum(-gain, 0).mean(
            axis=1
        )
    return significant(found)


def quantiles_of(rows: pd.DataFrame, *, horizon_days: int, days: int, luck: Luck) -> pd.DataFrame:
    """P10, P50 and P90 of the change of every metric against keeping the price.

    Args:
        rows: As in ``values_of``.
        horizon_days: Days that impacts are counted over.
        days: Days the new price holds.
        luck: Futures.

    Returns:
        Columns ``units_p10`` … ``gross_profit_minor_p90`` with the index of ``rows``.
    """
    columns = {f"{metric}_{name}": np.empty(len(rows)) for metric in METRICS for name in NAMES}
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        for metric, change in _changes(rows.iloc[block], horizon_days, days, luck).items():
            for name, value in zip(NAMES, np.quantile(change, POINTS, axis=1), strict=True):
                columns[f"{metric}_{name}"][block] = value
    return pd.DataFrame({name: significant(v) for name, v in columns.items()}, index=rows.index)


def effect_of(params: Mapping[str, Any]) -> dict[str, float]:
    """Value and quantiles of one price, from the ``params`` of its evidence.

    Args:
        params: ``GIVEN`` (None for unknown), ``price_minor``, ``objective``, ``horizon_days``,
            ``days``, ``draws``, ``seed``.
    """
    keys = (*GIVEN, "price_minor")
    row = pd.DataFrame([{key: params[key] for key in keys}]).astype("float64")
    luck = common_luck(int(params["draws"]), int(params["seed"]))
    span = {"horizon_days": int(params["horizon_days"]), "days": int(params["days"])}
    value = values_of(row, objective=Objective(params["objective"]), luck=luck, **span)
    found = quantiles_of(row, luck=luck, **span).iloc[0].to_dict()
    return {"value": float(value[0]), **{str(key): float(each) for key, each in found.items()}}


def _gain(changes: Changes, objective: Objective) -> Floats:
    metric = COUNTED_IN.get(objective, "revenue_minor")
    gain = changes[metric]
    return np.where(np.isnan(gain), changes["revenue_minor"], gain)


def _changes(rows: pd.DataFrame, horizon_days: int, days: int, luck: Luck) -> Changes:
    """Change of each metric in every future; shape (rows, draws) each."""
    given = {name: rows[name].to_numpy(dtype=np.float64)[:, None] for name in GIVEN}
    price = rows["price_minor"].to_numpy(dtype=np.float64)[:, None]
    now, cost = given["current_minor"], given["cost_minor"]
    scatter = given["variance_per_day"] / np.maximum(given["mean_per_day"], 1e-9)
    mean = given["mean_per_day"] * horizon_days * level_factor(given["log_error_sd"], luck.level)
    kept = sold_at(mean, np.maximum(scatter, 1e-3), luck.sales)
    factor = price_factor(price / now, given["elasticity"], given["std_error"], luck.price)
    share = days / horizon_days
    stock = np.where(np.isnan(given["stock"]), np.inf, given["stock"])
    changed = sold_at(mean * share * factor, np.maximum(scatter, 1e-3), luck.sales)
    if share == 1:
        later = np.zeros_like(kept)
    else:
        later = sold_at(mean * (1 - share), np.maximum(scatter, 1e-3), luck.sales)
        kept = sold_at(mean * share, np.maximum(scatter, 1e-3), luck.sales) + later
    kept, changed = np.minimum(kept, stock), np.minimum(changed, stock)
    later = np.minimum(later, stock - changed)
    return {
        "units": changed + later - kept,
        "revenue_minor": price * changed + now * (later - kept),
        "gross_profit_minor": (price - cost) * changed + (now - cost) * (later - kept),
    }
