"""What to order from suppliers, how much, and what it saves from running out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.costs import assumed_margin
from tools.counts import count_quantiles, total_variance
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.futures import common_luck, level_factor, sold_at
from tools.stock_flow import Flow, sell

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TOOL = "tools.inventory.reorder_menu"
REVIEW_DAYS = 7
"""Stock is looked at this often: an order must last until the next one's goods arrive."""
CYCLE_DAYS = 28
"""An order covers this many days beyond that: few orders, little money tied up."""
DEFAULT_LEAD_DAYS = 14
CARRYING_RATE = 0.20
DRAWS = 400
BLOCK = 2000
POINTS = (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))

UNKNOWN_STOCK, UNKNOWN_COST, UNKNOWN_PRICE = "stock unknown", "cost unknown", "price unknown"
ASSUME_LEAD = f"lead time {DEFAULT_LEAD_DAYS} days assumed, none on file"
ASSUME_CARRYING = f"carrying stock costs {CARRYING_RATE:.0%} of its cost a year (assumed)"
ASSUME_STEADY = "demand after the horizon goes on at the horizon's mean"


@dataclass(frozen=True)
class ReorderMenu:
    """One row a SKU for which an order is due.

    Attributes:
        table: Index ``sku``. ``on_hand``, ``inbound``, ``lead_time_days``, ``mean_per_day``,
            ``variance_per_day``, ``log_error_sd``, ``reorder_point`` (order when stock and
            inbound are at or below it), ``order_up_to``, ``quantity`` (with least order and case
            pack), ``min_order``, ``case_pack``, ``price_minor``, ``unit_cost_minor``,
            ``cost_minor``, ``arrives_in_days``, ``window_days``; P10, P50, P90 of the change
            against ordering nothing, over the window, in ``stockout_days``, ``units``,
            ``revenue_minor`` and ``gross_profit_minor``; ``carrying_minor`` (of stock left at the
            window's end, until it is sold); ``value`` (mean gross profit less carrying cost).
        unknown: Reason to SKUs that could not be judged.
        horizon_days: Of the goal.
        service_level: Chance of not running out until the next order arrives.
        today: Day the order would be placed.
        source: The catalogue read.
        demand: Forecast the quantities rest on.
        seed: Seed of the draws.
        notes: SKU to what its figures rest on that is assumed.
    """

    table: pd.DataFrame = field(repr=False)
    unknown: dict[str, tuple[str, ...]] = field(repr=False)
    horizon_days: int
    service_level: float
    today: date
    source: DataRef
    demand: DataRef
    seed: int
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What a SKU's figures rest on that is assumed rather than known."""
        return self.notes.get(sku, ())

    def evidence(self, sku: str) -> Evidence:
        """One SKU's order; the figures of its demand are in the result."""
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "horizon_days": self.horizon_days,
                "service_level": self.service_level,
                "today": self.today.isoformat(),
                "review_days": REVIEW_DAYS,
                "cycle_days": CYCLE_DAYS,
                "carrying_rate": CARRYING_RATE,
                "seed": self.seed,
                "draws": DRAWS,
            },
            data=(rows_of(self.source, sku=sku), rows_of(self.demand, sku=sku)),
            result=plain(self.table.loc[sku].to_dict()),
            assumptions=self.assumptions(sku),
        )


def reorder_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    *,
    horizon_days: int,
    service_level: float,
    today: date,
    source: DataRef,
    seed: int = 0,
) -> ReorderMenu:
    """Orders due now under periodic review with a reorder point and an order-up-to level.

    The reorder point is the ``service_level`` quantile of demand over lead time plus the days
    until the next look; the order-up-to level is that quantile over ``CYCLE_DAYS`` more (Silver,
    Pyke and Thomas 2017, ch. 7). Demand over N days is negative binomial with the forecast's
    scatter and its error of the mean. What an order brings is drawn: sales with and without it,
    in the same futures, over the horizon or until the order's own days are over, whichever is
    later, since goods that arrive after the horizon would otherwise be worth nothing.

    Args:
        catalogue: One row a SKU on sale: ``sku, on_hand, inbound, cost_minor, price_minor`` and,
            where known, ``lead_time_days, min_order, case_pack, cost_assumed``.
        demand: Forecast of the same SKUs.
        horizon_days: The goal's.
        service_level: Between 0.5 and 1.
        today: Day the order would be placed.
        source: The catalogue's reference.
        seed: Seed of the draws; a SKU's figures depend on nothing but its own row and the seed.

    Raises:
        UsageError: The service level is not between 0.5 and 1.
    """
    if not 0.5 <= service_level < 1:
        raise UsageError(
            f"a service level of {service_level} cannot be planned for",
            remedy="Give a fraction of at least 0.5 and less than 1, e.g. 0.95.",
        )
    frame = _joined(catalogue, demand)
    unknown = _unknown(frame)
    judged = frame.drop(index=sorted({sku for skus in unknown.values() for sku in skus}))
    due = _due(judged, service_level)
    table = _valued(due, horizon_days, seed)
    return ReorderMenu(
        table=table,
        unknown=unknown,
        horizon_days=horizon_days,
        service_level=service_level,
        today=today,
        source=source,
        demand=demand.source,
        seed=seed,
        notes={
            str(sku): _notes(row, demand, str(sku), int(window), horizon_days)
            for (sku, row), window in zip(due.iterrows(), table["window_days"], strict=True)
        },
    )


def gains_of(result: Mapping[str, Any], quantity: int, seed: int) -> dict[str, float]:
    """What another quantity would bring, from the ``result`` and ``seed`` of an order's evidence.

    Returns:
        P10, P50, P90 of every change, as columns of the menu's table.
    """
    row = pd.DataFrame([{**result, "quantity": quantity}]).astype("float64")
    return {str(name): float(value) for name, value in _gains(row, seed).iloc[0].items()}


def _joined(catalogue: pd.DataFrame, demand: DemandForecast) -> pd.DataFrame:
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    made = pd.DataFrame(index=pd.Index(shown.index, name="sku"))
    for name in ("on_hand", "inbound", "lead_time_days", "min_order", "case_pack", "price_minor",
                 "cost_minor"):  # fmt: skip
        column = shown[name] if name in shown else pd.Series(np.nan, index=shown.index)
        numbers = pd.to_numeric(column, errors="coerce")
        made[name] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    made["inbound"] = made["inbound"].fillna(0.0)
    made["lead_assumed"] = made["lead_time_days"].isna()
    made["lead_time_days"] = made["lead_time_days"].fillna(DEFAULT_LEAD_DAYS).clip(lower=0)
    for name in ("min_order", "case_pack"):
        made[name] = made[name].fillna(1.0).clip(lower=1)
    assumed = shown.get("cost_assumed", False)
    made["cost_assumed"] = pd.Series(assumed, index=shown.index).astype(bool)
    columns = ["mean_per_day", "variance_per_day", "log_error_sd"]
    return made.join(demand.table[columns], how="inner")


def _unknown(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    reasons = ((UNKNOWN_STOCK, "on_hand"), (UNKNOWN_COST, "cost_minor"),
               (UNKNOWN_PRICE, "price_minor"))  # fmt: skip
    found = {
        reason: tuple(str(sku) for sku in frame.index[frame[column].isna()])
        for reason, column in reasons
    }
    return {reason: skus for reason, skus in found.items() if skus}


def demand_over(frame: pd.DataFrame, days: Floats, level: float) -> Floats:
    """Quantile of units asked for over so many days."""
    mean = frame["mean_per_day"].to_numpy(dtype=np.float64) * days
    scatter = frame["variance_per_day"].to_numpy(dtype=np.float64) * days
    error = frame["log_error_sd"].to_numpy(dtype=np.float64)
    (found,) = count_quantiles(mean, total_variance(mean, scatter, error), (level,))
    return np.where(mean > 0, found, 0.0)


def _due(frame: pd.DataFrame, service_level: float) -> pd.DataFrame:
    protected = frame["lead_time_days"].to_numpy(dtype=np.float64) + REVIEW_DAYS
    made = frame.assign(
        reorder_point=np.ceil(demand_over(frame, protected, service_level)),
        order_up_to=np.ceil(demand_over(frame, protected + CYCLE_DAYS, service_level)),
    )
    position = made["on_hand"].clip(lower=0) + made["inbound"]
    wanted = np.maximum(made["order_up_to"] - position, made["min_order"])
    packs = np.ceil(wanted / made["case_pack"] - 1e-9)
    made["quantity"] = packs * made["case_pack"]
    made["arrives_in_days"] = made["lead_time_days"]
    due = (position <= made["reorder_point"]) & (made["mean_per_day"] > 0)
    return made[due & (made["order_up_to"] > position)].copy()


def _valued(due: pd.DataFrame, horizon_days: int, seed: int) -> pd.DataFrame:
    made = due.assign(
        unit_cost_minor=due["cost_minor"],
        cost_minor=due["quantity"] * due["cost_minor"],
        window_days=np.maximum(
            horizon_days, due["lead_time_days"] + REVIEW_DAYS + CYCLE_DAYS
        ).astype(int),
    )
    parts = [_gains(made.iloc[at : at + BLOCK], seed) for at in range(0, len(made), BLOCK)]
    gains = pd.concat(parts) if parts else _no_gains(made)
    made = made.join(gains)
    whole = ["on_hand", "inbound", "quantity", "min_order", "case_pack", "cost_minor"]
    made[whole] = made[whole].round().astype("int64")
    return made[list(_COLUMNS)]


_CHANGES = ("stockout_days", "units", "revenue_minor", "gross_profit_minor")
_COLUMNS = (
    "on_hand", "inbound", "lead_time_days", "mean_per_day", "variance_per_day", "log_error_sd",
    "reorder_point", "order_up_to", "quantity", "min_order", "case_pack", "price_minor",
    "unit_cost_minor", "cost_minor", "arrives_in_days", "window_days",
    *(f"{stem}_{point}" for stem in _CHANGES for point, _ in POINTS), "carrying_minor", "value",
)  # fmt: skip


def _no_gains(due: pd.DataFrame) -> pd.DataFrame:
    names = [f"{stem}_{point}" for stem in _CHANGES for point, _ in POINTS]
    return pd.DataFrame(0.0, index=due.index, columns=[*names, "carrying_minor", "value"])


def _gains(due: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What the orders of a block of SKUs change, with and without in the same futures."""
    column = {name: due[name].to_numpy(dtype=np.float64)[:, None] for name in due.columns
              if name not in ("cost_assumed", "lead_assumed")}  # fmt: skip
    luck = common_luck(DRAWS, seed)
    level = level_factor(column["log_error_sd"], luck.level[None, :])
    mean, days = column["mean_per_day"], column["window_days"]
    scatter = np.maximum(column["variance_per_day"] / mean, 0.1)
    asked = sold_at(mean * days * level, scatter, luck.sales[None, :])
    with_order = _played(asked, column, column["quantity"])
    without = _played(asked, column, column["quantity"] * 0)
    units = with_order[0] - without[0]
    price, cost = column["price_minor"], column["unit_cost_minor"]
    changes = dict(zip(_CHANGES, (with_order[1] - without[1], units, units * price,
                                  units * (price - cost)), strict=True))  # fmt: skip
    made = pd.DataFrame(index=due.index)
    for stem, drawn in changes.items():
        for point, quantile in POINTS:
            made[f"{stem}_{point}"] = significant(np.quantile(drawn, quantile, axis=1))
    carrying = _carrying(column, units)
    made["carrying_minor"] = significant(carrying)
    made["value"] = significant(changes["gross_profit_minor"].mean(axis=1) - carrying)
    return made


def _played(asked: Floats, column: dict[str, Floats], order: Floats) -> tuple[Floats, Floats]:
    """Units sold and days without stock; goods on their way come in after half the lead time."""
    flow = Flow(
        on_hand=column["on_hand"],
        inbound=column["inbound"],
        inbound_days=column["lead_time_days"] / 2,
        order=order,
        order_days=column["arrives_in_days"],
    )
    days = column["window_days"][:, 0]
    units, empty = np.empty_like(asked), np.empty_like(asked)
    for span in np.unique(days):
        rows = days == span
        sold = sell(asked[rows], _rows(flow, rows), int(span))
        units[rows], empty[rows] = sold.units, sold.stockout_days
    return units, empty


def _rows(flow: Flow, rows: Mask) -> Flow:
    return Flow(flow.on_hand[rows], flow.inbound[rows], flow.inbound_days[rows],
                flow.order[rows], flow.order_days[rows])  # fmt: skip


def _carrying(column: dict[str, Floats], units: Floats) -> Floats:
    """Mean cost of keeping what the order leaves over at the window's end until it is sold."""
    left = np.maximum(column["quantity"] - units, 0.0)
    days_to_sell = left / column["mean_per_day"] / 2
    cost = left * column["unit_cost_minor"] * CARRYING_RATE * days_to_sell / 365
    mean: Floats = cost.mean(axis=1)
    return mean


def _notes(
    row: pd.Series, demand: DemandForecast, sku: str, window_days: int, horizon_days: int
) -> tuple[str, ...]:
    lines = [*demand.assumptions(sku), ASSUME_CARRYING]
    if window_days > horizon_days:
        lines += [ASSUME_STEADY, f"effect counted over the {window_days} days the order is for"]
    if row["lead_assumed"]:
        lines.append(ASSUME_LEAD)
    if row["cost_assumed"]:
        lines.append(assumed_margin(float(row["price_minor"]), float(row["cost_minor"])))
    return tuple(lines)
