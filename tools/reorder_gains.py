"""What a purchase order brings: sales with and without it, drawn in the same futures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.figures import significant
from tools.futures import common_luck, level_factor, sold_at
from tools.outlook import Outlook
from tools.reorder_levels import CARRYING_RATE, LEFT_WORTH, lasting_days
from tools.stock_flow import Flow, sell

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DRAWS = 400
BLOCK = 2000
POINTS = (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
CHANGES = ("stockout_days", "units", "revenue_minor", "gross_profit_minor")
COSTS = ("carrying_minor", "spoiled_minor")
COLUMNS = (
    "sku", "size", "on_hand", "inbound", "inbound_days", "lead_time_days", "lead_time_sd",
    "mean_per_day", "variance_per_day", "log_error_sd", "service_level", "reorder_point",
    "order_up_to", "quantity", "min_order", "case_pack", "shelf_life_days", "season_days",
    "price_minor", "unit_cost_minor", "cost_minor", "arrives_in_days", "window_days",
    "window_per_day",
    *(f"{stem}_{point}" for stem in CHANGES for point, _ in POINTS), *COSTS, "value",
)  # fmt: skip


def valued(
    due: pd.DataFrame, outlook: Outlook, *, horizon_days: int, review_days: float, seed: int
) -> pd.DataFrame:
    """Orders with what each changes, see ``tools.inventory.ReorderMenu``."""
    lasting = due["lead_time_days"] + lasting_days(due, review_days)
    window = np.minimum(np.maximum(horizon_days, np.ceil(lasting)), due["season_days"])
    window = np.maximum(window, 1.0)
    made = due.assign(
        unit_cost_minor=due["cost_minor"],
        cost_minor=due["quantity"] * due["cost_minor"],
        arrives_in_days=due["lead_time_days"],
        window_days=window.astype(int),
        window_per_day=significant(outlook.units(window.to_numpy(dtype=np.float64)) / window),
    )
    parts = [_gains(made.iloc[at : at + BLOCK], seed) for at in range(0, len(made), BLOCK)]
    made = made.join(pd.concat(parts) if parts else _no_gains(made))
    whole = ["on_hand", "inbound", "quantity", "min_order", "case_pack", "cost_minor"]
    made[whole] = made[whole].round().astype("int64")
    return made[list(COLUMNS)]


def gains_of(result: Mapping[str, Any], quantity: int, seed: int) -> dict[str, float]:
    """What another quantity would bring, from the ``result`` and ``seed`` of an order's evidence.

    Returns:
        P10, P50, P90 of every change, as columns of the menu's table.
    """
    numbers = {name: value for name, value in result.items() if name != "size"}
    row = pd.DataFrame([{**numbers, "quantity": quantity}]).astype("float64")
    endless = ["shelf_life_days", "season_days"]
    row[endless] = row[endless].fillna(np.inf)
    return {str(name): float(value) for name, value in _gains(row, seed).iloc[0].items()}


def _no_gains(due: pd.DataFrame) -> pd.DataFrame:
    names = [f"{stem}_{point}" for stem in CHANGES for point, _ in POINTS]
    return pd.DataFrame(0.0, index=due.index, columns=[*names, *COSTS, "value"])


def _gains(due: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What the orders of a block change, with and without in the same futures."""
    numbers = due.select_dtypes("number")
    column = {str(name): numbers[name].to_numpy(dtype=np.float64)[:, None] for name in numbers}
    luck = common_luck(DRAWS, seed)
    level = level_factor(column["log_error_sd"], luck.level[None, :])
    mean, days = column["window_per_day"], column["window_days"]
    scatter = np.maximum(column["variance_per_day"] / column["mean_per_day"], 0.1)
    asked = sold_at(mean * days * level, scatter, luck.sales[None, :])
    arrival = _arrivals(column, seed)
    with_order = _played(asked, column, column["quantity"], arrival)
    without = _played(asked, column, column["quantity"] * 0, arrival)
    units = with_order[0] - without[0]
    price, cost = column["price_minor"], column["unit_cost_minor"]
    changes = dict(zip(CHANGES, (with_order[1] - without[1], units, units * price,
                                 units * (price - cost)), strict=True))  # fmt: skip
    made = pd.DataFrame(index=due.index)
    for stem, drawn in changes.items():
        for point, quantile in POINTS:
            made[f"{stem}_{point}"] = significant(np.quantile(drawn, quantile, axis=1))
    left = np.maximum(column["quantity"] - units, 0.0)
    carrying, spoiled = _carrying(column, left), _spoiled(column, left, arrival)
    made["carrying_minor"] = significant(carrying)
    made["spoiled_minor"] = significant(spoiled)
    made["value"] = significant(changes["gross_profit_minor"].mean(axis=1) - carrying - spoiled)
    return made


def _arrivals(column: Mapping[str, Floats], seed: int) -> Floats:
    """Days until the goods come, a log-normal draw a future; shape (n, draws)."""
    from scipy.special import ndtri

    rng = np.random.default_rng([seed, 1])
    luck = ndtri((rng.permutation(DRAWS) + rng.random(DRAWS)) / DRAWS)
    mean = np.maximum(column["lead_time_days"], 1e-9)
    spread = np.sqrt(np.log1p((column["lead_time_sd"] / mean) ** 2))
    drawn: Floats = mean * np.exp(spread * luck[None, :] - spread**2 / 2)
    return drawn


def _played(
    asked: Floats, column: Mapping[str, Floats], order: Floats, arrival: Floats
) -> tuple[Floats, Floats]:
    """Units sold and days without stock."""
    days = column["window_days"][:, 0]
    units, empty = np.empty_like(asked), np.empty_like(asked)
    for span in np.unique(days):
        rows = days == span
        flow = Flow(
            on_hand=column["on_hand"][rows],
            inbound=column["inbound"][rows],
            inbound_days=column["inbound_days"][rows],
            order=order[rows],
            order_days=arrival[rows],
        )
        sold = sell(asked[rows], flow, int(span))
        units[rows], empty[rows] = sold.units, sold.stockout_days
    return units, empty


def _carrying(column: Mapping[str, Floats], left: Floats) -> Floats:
    """Mean cost of keeping what the order leaves over at the window's end until it is sold."""
    per_day = np.maximum(column["window_per_day"], 1e-9)
    days_to_sell = np.minimum(left / per_day, column["shelf_life_days"]) / 2
    cost = left * column["unit_cost_minor"] * CARRYING_RATE * days_to_sell / 365
    mean: Floats = cost.mean(axis=1)
    return mean


def _spoiled(column: Mapping[str, Floats], left: Floats, arrival: Floats) -> Floats:
    """Mean cost of what is left when the goods no longer keep, or lost when their season ends."""
    keeps, cost = column["shelf_life_days"], column["unit_cost_minor"]
    late = np.maximum(arrival + keeps - column["window_days"], 0.0)
    late = np.where(np.isfinite(keeps), late, 0.0)
    spoiled = np.maximum(left - column["window_per_day"] * late, 0.0)
    lost = np.where(np.isfinite(keeps), spoiled * cost, 0.0)
    over = column["season_days"] <= column["window_days"]
    lost = np.where(over, np.maximum(lost, left * cost * (1 - LEFT_WORTH)), lost)
    mean: Floats = lost.mean(axis=1)
    return mean
