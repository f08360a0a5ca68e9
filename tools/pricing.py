"""Which prices are worth proposing: every candidate inside the limits, valued by its futures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.futures import common_luck
from tools.price_effects import Terms, assess, values_of
from tools.price_given import price_given
from tools.price_ladder import PriceLimits, ladder, list_range, promotion_range
from tools.price_menu import COLUMNS, PriceMenu

__all__ = ["PriceLimits", "PriceMenu", "price_menu", "promotion_menu"]

KEPT = 3
"""Candidates of a SKU that are kept: the best, and what a reviewer may prefer to it."""
SCREEN_DRAWS = 64
"""Futures that pick the candidates worth a closer look. Those that then value them are others,
so that a candidate which was only lucky in the first is not praised for it."""


def price_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    limits: PriceLimits,
    bounds: pd.DataFrame | None,
    objective: Objective,
    source: DataRef,
    market: pd.DataFrame | None = None,
    cross: pd.DataFrame | None = None,
    seed: int = 0,
    draws: int = 400,
) -> PriceMenu:
    """List prices worth changing to, within every limit.

    Prices are tried on a ladder from the lowest to the highest allowed. Sales at a price are
    ``sales now * (price / price now) ** elasticity`` within the prices ever tried and lose more
    beyond them (``tools.futures.price_factor``), or follow a logit beside a competitor whose
    effect is known (``tools.rival_demand``). They are met from stock and from goods on their way,
    and drawn jointly over the error of the forecast, of the elasticity and day-to-day luck.

    Args:
        catalogue: ``sku``, ``list_price_minor``, ``cost_minor``, ``on_hand``, ``inbound`` and,
            where known, ``map_price_minor``, ``cost_assumed``, ``competitor_price_minor``,
            ``inbound_days``, ``restock_days`` (until the supplier can deliver again).
        demand: Forecast at the present price.
        elasticity: Response to prices.
        limits: Margin floor, largest change, endings.
        bounds: Index ``sku``: ``low_minor``, ``high_minor``; None for none.
        objective: What is made larger.
        source: The catalogue's reference.
        market: Index ``sku``: what history says of prices, from
            ``tools.price_context.price_context``; None for nothing.
        cross: Percent that another product sells more for a percent of a SKU's price: ``sku``,
            ``other``, ``elasticity``; None for what ``elasticity.cross`` says of the category.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    terms = Terms(objective, demand.horizon_days, demand.horizon_days, float(limits.max_change))
    given = price_given(catalogue, demand, elasticity, limits=limits, objective=objective,
                        market=market, cross=cross)  # fmt: skip
    low, high = list_range(given, limits, bounds)
    given = given.assign(low_minor=low.astype(float), high_minor=high.astype(float))
    tried = ladder(low, high, given["current_minor"].to_numpy(), limits.endings)
    candidates = _candidates(given, tried).assign(discount=np.nan)
    return _menu(
        candidates, given, "tools.pricing.price_menu", limits=limits, terms=terms, draws=draws,
        seed=seed, data=(source, demand.source),
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
    market: pd.DataFrame | None = None,
    cross: pd.DataFrame | None = None,
    days: int | None = None,
    kept: int = KEPT,
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
        market: As in ``price_menu``.
        cross: As in ``price_menu``.
        days: Days the promotion runs, from the first; None for the whole horizon.
        kept: Most candidates of a SKU.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    given = price_given(catalogue, demand, elasticity, limits=limits, objective=objective,
                        market=market, cross=cross)  # fmt: skip
    low, high = promotion_range(given, limits, bounds)
    given = given.assign(low_minor=low.astype(float), high_minor=high.astype(float))
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
        candidates, given, "tools.pricing.promotion_menu", limits=limits,
        terms=Terms(objective, demand.horizon_days, span), draws=draws, seed=seed,
        data=(source, demand.source), kept=kept,
    )  # fmt: skip


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
    terms: Terms,
    draws: int,
    seed: int,
    data: tuple[DataRef, ...],
    kept: int = KEPT,
) -> PriceMenu:
    screened = values_of(candidates, terms, common_luck(min(SCREEN_DRAWS, draws), seed + 1))
    chosen = _best(candidates.assign(value=screened), kept + 1)
    found = assess(chosen, terms, common_luck(draws, seed))
    best = _best(pd.concat([chosen.drop(columns="value"), found], axis=1), kept)
    whole = {"price_minor": "int64", "current_minor": "int64"}
    return PriceMenu(
        table=best[list(COLUMNS)].astype(whole), given=given, tool=tool, terms=terms,
        limits=limits, draws=draws, seed=seed, data=data,
        assumed_costs=frozenset(given.index[given["cost_assumed"].astype(bool)]),
    )  # fmt: skip


def _best(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Candidates worth something, the best of each SKU first."""
    worth = rows[rows["value"] > 0].sort_values(
        ["sku", "value", "price_minor"], ascending=[True, False, True], ignore_index=True
    )
    return worth.groupby("sku", sort=False).head(count).reset_index(drop=True)
