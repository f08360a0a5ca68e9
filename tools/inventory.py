"""What to order from suppliers, how much, and what it saves from running out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.costs import assumed_margin
from tools.figures import plain, rows_of
from tools.forecast import DemandForecast
from tools.lead_time import DEFAULT_LEAD_DAYS, LeadTimes, lead_times
from tools.outlook import Outlook
from tools.reorder_gains import DRAWS, valued
from tools.reorder_levels import (
    CARRYING_RATE,
    CYCLE_DAYS,
    LEFT_WORTH,
    RAREST_DAYS,
    SHELF_SHARE,
    with_levels,
)

Floats = npt.NDArray[np.float64]

TOOL = "tools.inventory.reorder_menu"
UNKNOWN_STOCK, UNKNOWN_COST, UNKNOWN_PRICE = "stock unknown", "cost unknown", "price unknown"
ASSUME_LEAD = f"lead time {DEFAULT_LEAD_DAYS:.0f} days assumed, none on file"
ASSUME_CARRYING = f"carrying stock costs {CARRYING_RATE:.0%} of its cost a year (assumed)"
ASSUME_STEADY = "demand after the horizon goes on at the horizon's level, in season"
ASSUME_LEFT = f"what is left at the season's end brings {LEFT_WORTH:.0%} of its cost (assumed)"
FULL, LEAN = "full", "lean"


@dataclass(frozen=True)
class ReorderMenu:
    """One or two rows a SKU for which an order is due.

    Attributes:
        table: Sorted by ``sku``, ``size`` (``full``: up to the order-up-to level; ``lean``: up to
            the reorder point, where that is less, for when cash is short). ``on_hand``,
            ``inbound``, ``inbound_days``, ``lead_time_days`` and ``lead_time_sd``,
            ``mean_per_day``, ``variance_per_day``, ``log_error_sd``, ``service_level``,
            ``reorder_point`` (order when stock and inbound are at or below it), ``order_up_to``,
            ``quantity`` (with least order and case pack), ``min_order``, ``case_pack``,
            ``shelf_life_days`` and ``season_days`` (until its season ends; infinite for what
            keeps and for what has none), ``price_minor``, ``unit_cost_minor``, ``cost_minor``,
            ``arrives_in_days``, ``window_days`` and ``window_per_day`` (mean demand over the
            window); P10, P50, P90 of the change against ordering nothing, over the window, in
            ``stockout_days``, ``units``, ``revenue_minor`` and ``gross_profit_minor``;
            ``carrying_minor`` (of stock left at the window's end, until it is sold),
            ``spoiled_minor`` (lost on what is not sold in its shelf life or season); ``value``
            (mean gross profit less carrying and spoiling).
        unknown: Reason to SKUs that could not be judged.
        horizon_days: Of the goal.
        service_level: Asked for by the goal; None: each SKU's is what pays.
        review_days: Days until stock is looked at again.
        today: Day the order would be placed.
        source: The catalogue read.
        demand: Forecast the quantities rest on.
        orders: Past purchase orders that lead times were learnt from.
        seed: Seed of the draws.
        notes: SKU to what its figures rest on that is assumed.
    """

    table: pd.DataFrame = field(repr=False)
    unknown: dict[str, tuple[str, ...]] = field(repr=False)
    horizon_days: int
    service_level: float | None
    review_days: float
    today: date
    source: DataRef
    demand: DataRef
    orders: DataRef | None
    seed: int
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def evidence(self, sku: str, quantity: int | None = None) -> Evidence:
        """One SKU's order (the full one unless a quantity is named), with its demand's figures."""
        rows = self.table[self.table["sku"] == sku]
        chosen = rows if quantity is None else rows[rows["quantity"] == quantity]
        data = [rows_of(self.source, sku=sku), rows_of(self.demand, sku=sku)]
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "horizon_days": self.horizon_days,
                "service_level": self.service_level,
                "today": self.today.isoformat(),
                "review_days": self.review_days,
                "cycle_days": CYCLE_DAYS,
                "shelf_share": SHELF_SHARE,
                "carrying_rate": CARRYING_RATE,
                "left_worth": LEFT_WORTH,
                "seed": self.seed,
                "draws": DRAWS,
            },
            data=tuple(data if self.orders is None else [*data, self.orders]),
            result=plain(chosen.iloc[0].drop(labels="sku").to_dict()),
            assumptions=self.notes.get(sku, ()),
        )


def reorder_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    *,
    horizon_days: int,
    service_level: float | None,
    today: date,
    source: DataRef,
    orders: LeadTimes | None = None,
    review_days: float | None = None,
    seed: int = 0,
) -> ReorderMenu:
    """Orders due now under periodic review with a reorder point and an order-up-to level.

    The policy is (R, s, S): every ``review_days``, what is at or below s is ordered up to S. Both
    are quantiles of demand (``tools.reorder_levels``) over lead time plus the days until the
    next look, and over lead time plus the days an order is to last, at the service level asked
    for or the one that pays; demand beyond the horizon goes with the time of year. Goods that
    spoil are ordered for no longer than they keep, goods with a season for no longer than it
    lasts. What an order brings is drawn:
    sales with and without it, in the same futures of demand and delivery, over the horizon or
    until the order's own days are over, whichever is later, since goods that arrive after the
    horizon would otherwise be worth nothing.

    Args:
        catalogue: One row a SKU on sale: ``sku, on_hand, inbound, cost_minor, price_minor`` and,
            where known, ``lead_time_days, min_order, case_pack, supplier_id, shelf_life_days,
            season_days, cost_assumed``.
        demand: Forecast of the same SKUs.
        horizon_days: The goal's.
        service_level: Between 0.5 and 1; None for what pays.
        today: Day the order would be placed.
        source: The catalogue's reference.
        orders: Lead times learnt from purchase orders; None: those stated.
        review_days: Days until the next plan; None: it comes when the horizon ends.
        seed: Seed of the draws; a SKU's figures depend on nothing but its own row and the seed.

    Raises:
        UsageError: The service level is not between 0.5 and 1.
    """
    if service_level is not None and not 0.5 <= service_level < 1:
        raise UsageError(
            f"a service level of {service_level} cannot be planned for",
            remedy="Give a fraction of at least 0.5 and less than 1, e.g. 0.95.",
        )
    lead = orders or lead_times(catalogue, None, today=today)
    frame = _joined(catalogue, demand, lead)
    unknown = _unknown(frame)
    judged = frame.drop(index=sorted({sku for skus in unknown.values() for sku in skus}))
    ahead, until = demand.ahead, judged["season_days"]
    review_days = float(min(horizon_days, RAREST_DAYS) if review_days is None else review_days)
    levels = with_levels(
        judged, Outlook.of(ahead, judged.index, until), service_level=service_level,
        review_days=review_days,
    )  # fmt: skip
    due = _due(levels)
    table = valued(
        due, Outlook.of(ahead, pd.Index(due["sku"]), until), horizon_days=horizon_days,
        review_days=review_days, seed=seed,
    )  # fmt: skip
    return ReorderMenu(
        table=table,
        unknown=unknown,
        horizon_days=horizon_days,
        service_level=service_level,
        review_days=review_days,
        today=today,
        source=source,
        demand=demand.source,
        orders=lead.source,
        seed=seed,
        notes=_notes(table, frame, demand, horizon_days),
    )


def _joined(catalogue: pd.DataFrame, demand: DemandForecast, lead: LeadTimes) -> pd.DataFrame:
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    made = pd.DataFrame(index=pd.Index(shown.index, name="sku"))
    for name in ("on_hand", "inbound", "min_order", "case_pack", "price_minor", "cost_minor",
                 "shelf_life_days", "season_days"):  # fmt: skip
        column = shown[name] if name in shown else pd.Series(np.nan, index=shown.index)
        numbers = pd.to_numeric(column, errors="coerce")
        made[name] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    made["inbound"] = made["inbound"].fillna(0.0).clip(lower=0)
    made["shelf_life_days"] = made["shelf_life_days"].where(made["shelf_life_days"] > 0, np.inf)
    made["season_days"] = made["season_days"].fillna(np.inf)
    for name in ("min_order", "case_pack"):
        made[name] = made[name].fillna(1.0).clip(lower=1)
    assumed = shown.get("cost_assumed", False)
    made["cost_assumed"] = pd.Series(assumed, index=shown.index).astype(bool)
    made = made.join(lead.table, how="left")
    made["inbound_days"] = made["inbound_days"].fillna(made["lead_time_days"] / 2)
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


def _due(levels: pd.DataFrame) -> pd.DataFrame:
    """Full and lean orders of what is at or below its reorder point."""
    position = levels["on_hand"].clip(lower=0) + levels["inbound"]
    due = levels[
        (position <= levels["reorder_point"])
        & (levels["mean_per_day"] > 0)
        & (levels["order_up_to"] > position)
        & (levels["season_days"] > levels["lead_time_days"])
    ]
    full = due.assign(size=FULL, quantity=_packed(due, due["order_up_to"]))
    lean = due.assign(size=LEAN, quantity=_packed(due, due["reorder_point"]))
    both = pd.concat([full, lean[lean["quantity"] < full["quantity"]]])
    return both.reset_index().sort_values(["sku", "size"], ignore_index=True)


def _packed(due: pd.DataFrame, level: pd.Series) -> pd.Series:
    """Units that bring what is there up to a level, in whole packs and at least the least order."""
    position = due["on_hand"].clip(lower=0) + due["inbound"]
    wanted = np.maximum(level - position, due["min_order"])
    packs: pd.Series = np.ceil(wanted / due["case_pack"] - 1e-9) * due["case_pack"]
    return packs


def _notes(
    table: pd.DataFrame, frame: pd.DataFrame, demand: DemandForecast, horizon_days: int
) -> dict[str, tuple[str, ...]]:
    windows = table.groupby("sku")["window_days"].max()
    notes: dict[str, tuple[str, ...]] = {}
    for sku, window in windows.items():
        row = frame.xs(str(sku))
        lines = [*demand.assumptions(str(sku)), ASSUME_CARRYING]
        if np.isfinite(row["season_days"]):
            lines.append(ASSUME_LEFT)
        if window > horizon_days:
            lines += [ASSUME_STEADY, f"effect counted over the {window} days the order is for"]
        if row["basis"] == "assumed":
            lines.append(ASSUME_LEAD)
        elif row["basis"] != "stated":
            lines.append(_measured_lead(row))
        if row["cost_assumed"]:
            lines.append(assumed_margin(float(row["price_minor"]), float(row["cost_minor"])))
        notes[str(sku)] = tuple(lines)
    return notes


def _measured_lead(row: Any) -> str:
    whose = "its supplier's" if row["basis"] == "supplier" else "the shop's"
    return (
        f"lead time {row['lead_time_days']:.0f} ± {row['lead_time_sd']:.0f} days from {whose} past"
        f" deliveries, {row['stated_days']:.0f} stated"
    )
