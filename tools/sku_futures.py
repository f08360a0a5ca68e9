"""Each SKU's futures with and without a plan, in the same luck."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.action import Metric
from tools.futures import Luck, level_factor, price_factor, sold_at
from tools.stock_flow import Flow, sell

Floats = npt.NDArray[np.float64]

BLOCK = 256
"""SKUs played at once: what fits a processor's cache."""
SHARED_ERROR = 0.15
"""Log error of demand that all SKUs share, where the forecast does not say."""
PRICE_SHARED = 0.5
"""Share of an elasticity's error variance that SKUs have in common: most of it comes from
pooling over categories and the shop."""
SIMULATED = (Metric.REVENUE, Metric.GROSS_PROFIT, Metric.UNITS, Metric.STOCKOUT_DAYS)

Totals = dict[Metric, Floats]
"""Metric to its sum over SKUs in every future; shape (draws,)."""


def add_futures(
    base: pd.DataFrame,
    plan: pd.DataFrame,
    horizon_days: int,
    shared: Luck,
    seed: int,
    without: Totals,
    gained: Totals,
) -> None:
    """Play a block of SKUs and add it to the totals.

    Args:
        base: Columns of ``tools.simulate.simulate_plan``'s ``base``.
        plan: Its ``effects``, a row for every row of ``base``.
        horizon_days: Days played.
        shared: What all SKUs have in common in each future.
        seed: Seed of what is each SKU's own.
        without: Totals of doing nothing, added to.
        gained: Totals of what the plan changes, added to.
    """
    draws = len(shared.level)
    luck = _own_luck(base.index, draws, seed)
    column = _columns(base)
    common = column["shared_error_sd"]
    own = np.sqrt(np.maximum(column["log_error_sd"] ** 2 - common**2, 0.0))
    level = level_factor(common, shared.level) * level_factor(own, luck.level)
    mean = column["mean_per_day"] * horizon_days * level
    scatter = np.maximum(column["variance_per_day"] / np.maximum(column["mean_per_day"], 1e-9), 0.1)
    demand = sold_at(mean, scatter, luck.sales)
    stays = sell(demand, _flow(column, base, plan, with_order=False), horizon_days)
    _add(without, stays.units, stays.stockout_days, column["price_minor"], column["cost_minor"])
    touched = plan.notna().any(axis=1).to_numpy()
    if not touched.any():
        return
    part = {name: values[touched] for name, values in column.items()}
    mine = plan[touched]
    error = np.sqrt(PRICE_SHARED) * shared.price + np.sqrt(1 - PRICE_SHARED) * luck.price[touched]
    asked, price = _asked(
        part, mine, horizon_days, mean[touched], scatter[touched], luck.sales[touched], error
    )
    moves = sell(asked, _flow(part, base[touched], mine, with_order=True), horizon_days)
    kept = stays.units[touched], stays.stockout_days[touched]
    _add(gained, moves.units, moves.stockout_days, price, part["cost_minor"])
    _add(gained, -kept[0], -kept[1], part["price_minor"], part["cost_minor"])


def _own_luck(names: pd.Index, draws: int, seed: int) -> Luck:
    parts = [
        np.random.Generator(np.random.SFC64([seed, zlib.crc32(str(name).encode())]))
        .standard_normal((3, draws), dtype=np.float32)
        for name in names
    ]  # fmt: skip
    drawn = np.stack(parts, axis=1).astype(np.float64)
    return Luck(*drawn)


def _columns(base: pd.DataFrame) -> dict[str, Floats]:
    names = ("mean_per_day", "variance_per_day", "log_error_sd", "price_minor", "cost_minor",
             "on_hand", "inbound")  # fmt: skip
    found = {name: base[name].to_numpy(dtype=np.float64)[:, None] for name in names}
    if "shared_error_sd" in base:
        given = base["shared_error_sd"].fillna(SHARED_ERROR).to_numpy(dtype=np.float64)
        common = given[:, None]
    else:
        common = np.full((len(base), 1), SHARED_ERROR)
    found["shared_error_sd"] = np.minimum(common, found["log_error_sd"])
    return found


def _flow(
    column: Mapping[str, Floats], base: pd.DataFrame, plan: pd.DataFrame, *, with_order: bool
) -> Flow:
    days = base["inbound_days"].to_numpy(dtype=np.float64)[:, None] if "inbound_days" in base else (
        np.full((len(base), 1), np.nan))  # fmt: skip
    nothing = np.zeros((len(base), 1))
    order = plan["order_units"].to_numpy(dtype=np.float64)[:, None] if with_order else nothing
    arrives = plan["arrives_in_days"].to_numpy(dtype=np.float64)[:, None]
    return Flow(
        on_hand=column["on_hand"],
        inbound=np.nan_to_num(column["inbound"]),
        inbound_days=days,
        order=np.nan_to_num(order),
        order_days=np.nan_to_num(arrives),
    )


def _asked(
    column: Mapping[str, Floats],
    plan: pd.DataFrame,
    horizon_days: int,
    mean: Floats,
    scatter: Floats,
    sales: Floats,
    error: Floats,
) -> tuple[Floats, Floats]:
    """Units asked for under the plan, and what they are sold at: the mean price of the days."""
    names = ("price_minor", "price_days", "elasticity", "elasticity_se", "extra_units")
    given = {name: plan[name].to_numpy(dtype=np.float64)[:, None] for name in names}
    now = column["price_minor"]
    changed = np.isfinite(given["price_minor"]) & np.isfinite(given["elasticity"]) & (now > 0)
    price = np.where(np.isfinite(given["price_minor"]), given["price_minor"], now)
    ratio = np.where(changed, price / np.where(now > 0, now, 1.0), 1.0)
    factor = price_factor(
        ratio,
        np.where(changed, given["elasticity"], -1.0),
        np.where(changed, np.nan_to_num(given["elasticity_se"]), 0.0),
        error,
    )
    share = np.clip(np.nan_to_num(given["price_days"] / horizon_days, nan=1.0), 0.0, 1.0)
    whole = share * factor + 1 - share
    price = (share * factor * price + (1 - share) * now) / whole
    mean = mean * whole + np.nan_to_num(given["extra_units"])
    off = plan["off_sale"].eq(True).to_numpy()[:, None]
    return np.where(off, 0.0, sold_at(mean, scatter, sales)), price


def _add(totals: Totals, units: Floats, days: Floats, price: Floats, cost: Floats) -> None:
    totals[Metric.UNITS] += units.sum(axis=0)
    totals[Metric.STOCKOUT_DAYS] += days.sum(axis=0)
    totals[Metric.REVENUE] += (price * units).sum(axis=0)
    profit = np.where(np.isnan(cost), 0.0, price - np.nan_to_num(cost))
    totals[Metric.GROSS_PROFIT] += (profit * units).sum(axis=0)
