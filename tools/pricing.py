"""Which prices are worth proposing: every candidate inside the limits, valued by its futures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.goal import Objective
from tools.costs import assumed_margin
from tools.elasticity import Elasticities
from tools.figures import plain, rows_of
from tools.forecast import DemandForecast
from tools.futures import common_luck
from tools.price_effects import COUNTED_IN, GIVEN, METRICS, NAMES, quantiles_of, values_of
from tools.price_ladder import PriceLimits, ladder, list_range, promotion_range

__all__ = ["PriceLimits", "PriceMenu", "price_menu", "promotion_menu"]

KEPT = 3
"""Candidates of a SKU that are kept: the best, and what a reviewer may prefer to it."""
COLUMNS = (
    "sku", "price_minor", "current_minor", "discount", "value",
    *(f"{metric}_{name}" for metric in METRICS for name in NAMES),
)  # fmt: skip


@dataclass(frozen=True)
class PriceMenu:
    """Candidate prices, best first within a SKU; at most ``KEPT`` each, all worth something.

    Attributes:
        table: ``sku``, ``price_minor``, ``current_minor``, ``discount`` (fraction off the list
            price; promotions only), ``value`` (risk-adjusted expected gain in the objective's
            metric), and P10, P50, P90 of the change of ``units``, ``revenue_minor`` and
            ``gross_profit_minor`` over the horizon against keeping the price.
        given: What each SKU's figures were computed from; index ``sku``.
        tool: Import path of the function that made the menu.
        objective: What the candidates are valued by.
        limits: What bounded the prices.
        horizon_days: Days counted.
        days: Days a price holds.
        draws: Futures drawn.
        seed: Seed of the draws.
        data: What was read.
        assumed_costs: SKUs whose cost is assumed.
    """

    table: pd.DataFrame = field(repr=False)
    given: pd.DataFrame = field(repr=False)
    tool: str
    objective: Objective
    limits: PriceLimits
    horizon_days: int
    days: int
    draws: int
    seed: int
    data: tuple[DataRef, ...]
    assumed_costs: frozenset[str] = field(default=frozenset(), repr=False)

    def evidence(self, sku: str, price_minor: int) -> Evidence:
        """The figures of one candidate; ``tools.price_effects.effect_of`` recomputes them.

        Raises:
            NotFoundError: The menu has no such candidate.
        """
        rows = self._places.get((sku, int(price_minor)))
        if rows is None:
            raise NotFoundError(f"no price {price_minor} for SKU {sku} on the menu")
        row = self.table.iloc[rows].drop(["sku", "current_minor"])
        return Evidence.of(
            self.tool,
            params=self._params(sku, int(price_minor)),
            data=tuple(rows_of(ref, sku=sku) for ref in self.data),
            result=plain(row.dropna().to_dict()),
            assumptions=self._assumptions(sku),
        )

    @property
    def _places(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] | None = self.__dict__.get("_found")
        if found is None:
            pairs = zip(self.table["sku"], self.table["price_minor"], strict=True)
            found = {(str(sku), int(price)): place for place, (sku, price) in enumerate(pairs)}
            self.__dict__["_found"] = found
        return found

    def _params(self, sku: str, price_minor: int) -> dict[str, Any]:
        limits = self.limits
        deepest = limits.max_discount
        return {
            "sku": sku,
            "price_minor": price_minor,
            **plain(self._row(sku)[list(GIVEN)].to_dict()),
            "objective": self.objective.value,
            "horizon_days": self.horizon_days,
            "days": self.days,
            "draws": self.draws,
            "seed": self.seed,
            "currency": limits.currency,
            "min_margin": str(limits.min_margin),
            "max_change": str(limits.max_change),
            "endings": list(limits.endings),
            "max_discount": None if deepest is None else str(deepest),
        }

    def _row(self, sku: str) -> pd.Series:
        row: Any = self.given.xs(sku)
        found: pd.Series = row
        return found

    def _assumptions(self, sku: str) -> tuple[str, ...]:
        row = self._row(sku)
        found = ["other products' sales do not answer this price"]
        if sku in self.assumed_costs:
            found.append(assumed_margin(row["current_minor"], row["cost_minor"]))
        if np.isnan(row["cost_minor"]):
            found.append("cost unknown: a rise is valued by its revenue, a lower bound of profit")
        if np.isnan(row["stock"]):
            found.append("stock unknown: taken to last")
        elif row["inbound"] > 0:
            found.append("stock on its way arrives before it is missed")
        if self.days < self.horizon_days or self.tool.endswith("promotion_menu"):
            found.append("a promotion is answered like any price of that height, and takes nothing"
                         " from later sales")  # fmt: skip
        return tuple(found)


def price_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    limits: PriceLimits,
    bounds: pd.DataFrame | None,
    objective: Objective,
    source: DataRef,
    seed: int = 0,
    draws: int = 400,
) -> PriceMenu:
    """List prices worth changing to, within every limit.

    Prices are tried on a ladder from the lowest to the highest allowed. Sales at a price are
    ``sales now * (price / price now) ** elasticity``, capped by stock, drawn jointly over the
    error of the forecast, of the elasticity and day-to-day luck (``tools.futures``).

    Args:
        catalogue: ``sku``, ``list_price_minor``, ``cost_minor``, ``on_hand``, ``inbound`` and,
            where known, ``map_price_minor``, ``cost_assumed``.
        demand: Forecast at the present price.
        elasticity: Response to prices.
        limits: Margin floor, largest change, endings.
        bounds: Index ``sku``: ``low_minor``, ``high_minor``; None for none.
        objective: What is made larger.
        source: The catalogue's reference.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    given = _given(catalogue, demand, elasticity)
    low, high = list_range(given, limits, bounds)
    tried = ladder(low, high, given["current_minor"].to_numpy(), limits.endings)
    candidates = _candidates(given, tried).assign(discount=np.nan)
    return _menu(
        candidates, given, "tools.pricing.price_menu", limits=limits, objective=objective,
        horizon_days=demand.horizon_days, days=demand.horizon_days, draws=draws, seed=seed,
        data=(source, demand.source),
    )  # fmt: skip


def promotion_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    limits: PriceLimits,
    bounds: pd.DataFrame | None,
    objective: Objective,
    source: DataRef,
    depths: Sequence[Decimal],
    days: int | None = None,
    seed: int = 0,
    draws: int = 400,
) -> PriceMenu:
    """Temporary prices worth offering: the list price less each depth that the limits allow.

    Where the cost is unknown there are none. Endings are for list prices: a promotion is told
    as a percentage, and its price is what that percentage gives.

    Args:
        catalogue: As in ``price_menu``.
        demand: Forecast at the present price.
        elasticity: Response to prices.
        limits: Margin floor and deepest promotion.
        bounds: Index ``sku``: ``low_minor``, ``high_minor``; None for none.
        objective: What is made larger.
        source: The catalogue's reference.
        depths: Fractions off the list price to try.
        days: Days the promotion runs, from the first; None for the whole horizon.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    given = _given(catalogue, demand, elasticity)
    low, high = promotion_range(given, limits, bounds)
    now = given["current_minor"].to_numpy()
    parts = []
    for depth in sorted(set(depths)):
        price = np.ceil(np.round(now * float(1 - depth), 6)).astype(np.int64)
        allowed = (price >= low) & (price <= high) & given["cost_minor"].notna().to_numpy()
        row = np.flatnonzero(allowed)
        parts.append(pd.DataFrame({"row": row, "price_minor": price[row]}))
    tried = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["row"])
    tried = tried.drop_duplicates().sort_values(["row", "price_minor"], ignore_index=True)
    candidates = _candidates(given, tried)
    off = 1 - candidates["price_minor"] / candidates["current_minor"]
    candidates["discount"] = np.floor(np.round(off * 1e4, 4)) / 1e4
    span = demand.horizon_days if days is None else min(days, demand.horizon_days)
    return _menu(
        candidates, given, "tools.pricing.promotion_menu", limits=limits, objective=objective,
        horizon_days=demand.horizon_days, days=span, draws=draws, seed=seed,
        data=(source, demand.source),
    )  # fmt: skip


def _given(
    catalogue: pd.DataFrame, demand: DemandForecast, elasticity: Elasticities
) -> pd.DataFrame:
    """One row a SKU that is known to all three, sorted, with the columns ``GIVEN``."""
    frame = pd.DataFrame({"sku": catalogue["sku"].astype(str)})
    frame["current_minor"] = _number(catalogue, "list_price_minor")
    frame["cost_minor"] = _number(catalogue, "cost_minor")
    frame["map_price_minor"] = _number(catalogue, "map_price_minor")
    frame["inbound"] = _number(catalogue, "inbound").fillna(0.0)
    frame["stock"] = (_number(catalogue, "on_hand") + frame["inbound"]).clip(lower=0)
    frame["cost_assumed"] = catalogue.get("cost_assumed", False)
    frame = frame.set_index("sku", drop=False)
    frame = frame.join(demand.table[["mean_per_day", "variance_per_day", "log_error_sd"]])
    frame = frame.join(elasticity.table[["elasticity", "std_error"]])
    needed = ["mean_per_day", "elasticity", "current_minor"]
    usable = frame[needed].notna().all(axis=1) & (frame["current_minor"] >= 1)
    return frame[usable].sort_index()


def _number(catalogue: pd.DataFrame, column: str) -> pd.Series:
    if column not in catalogue:
        return pd.Series(np.nan, index=catalogue.index)
    return pd.to_numeric(catalogue[column], errors="coerce").astype("float64")


def _candidates(given: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
    rows: npt.NDArray[np.int64] = tried["row"].to_numpy(dtype=np.int64)
    found = given.iloc[rows].reset_index(drop=True)
    found["price_minor"] = tried["price_minor"].to_numpy() if len(tried) else np.array([])
    return found


def _menu(
    candidates: pd.DataFrame,
    given: pd.DataFrame,
    tool: str,
    *,
    limits: PriceLimits,
    objective: Objective,
    horizon_days: int,
    days: int,
    draws: int,
    seed: int,
    data: tuple[DataRef, ...],
) -> PriceMenu:
    luck = common_luck(draws, seed)
    candidates["value"] = values_of(
        candidates, objective=objective, horizon_days=horizon_days, days=days, luck=luck
    )
    worth = candidates[candidates["value"] > 0].sort_values(
        ["sku", "value", "price_minor"], ascending=[True, False, True], ignore_index=True
    )
    kept = worth.groupby("sku", sort=False).head(KEPT).reset_index(drop=True)
    figures = quantiles_of(kept, horizon_days=horizon_days, days=days, luck=luck)
    table = pd.concat([kept, figures], axis=1)[list(COLUMNS)]
    whole = {"price_minor": "int64", "current_minor": "int64"}
    return PriceMenu(
        table=table.astype(whole), given=given, tool=tool, objective=objective, limits=limits,
        horizon_days=horizon_days, days=days, draws=draws, seed=seed, data=data,
        assumed_costs=frozenset(given.index[given["cost_assumed"].astype(bool)]),
    )  # fmt: skip


def metric_of(objective: Objective) -> str:
    """Column stem that an objective is counted in."""
    return COUNTED_IN.get(objective, "revenue_minor")
