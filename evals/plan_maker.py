"""Plans made by the tools alone: forecast, elasticity, menus, joint choice, simulation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ecomagent.domain.action import ActionKind
from ecomagent.domain.goal import Objective
from evals.plan_shop import KnownShop
from tools.choose import choose
from tools.coupling import coupled
from tools.elasticity import Elasticities, estimate_elasticity
from tools.forecast import DemandForecast, forecast_demand
from tools.inventory import reorder_menu
from tools.plan_effects import effects_of
from tools.pricing import PriceLimits, price_menu, promotion_menu
from tools.simulate import Simulation, simulate_plan

PROMOTION_DAYS = 14
DEPTHS = tuple(Decimal(depth) / 100 for depth in (10, 20, 30))


@dataclass(frozen=True)
class Order:
    """What a plan is made for.

    Attributes:
        objective: What is made larger.
        max_actions: Most changes; None for any number.
        max_change: Largest price change.
        horizon_days: Days planned.
    """

    objective: Objective
    max_actions: int | None
    max_change: Decimal
    horizon_days: int = 28


@dataclass(frozen=True)
class Known:
    """What the tools make of a shop's past."""

    shop: KnownShop
    demand: DemandForecast
    elasticity: Elasticities


@dataclass(frozen=True)
class ToolPlan:
    """A plan and what it promises."""

    rows: list[dict[str, Any]]
    effects: pd.DataFrame
    played: Simulation


def learn(shop: KnownShop, horizon_days: int) -> Known:
    """Forecast and elasticities from what the shop's files show."""
    category = shop.catalogue.set_index("sku")["category"]
    return Known(
        shop=shop,
        demand=forecast_demand(
            shop.panel, start=shop.start, horizon_days=horizon_days, source=shop.source,
            categories=category,
        ),
        elasticity=estimate_elasticity(shop.panel, shop.catalogue, source=shop.source),
    )  # fmt: skip


def menu(known: Known, order: Order) -> pd.DataFrame:
    """Candidates of all menus, with the joint choice's columns."""
    parts = [_prices(known, order), _orders(known, order)]
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    rows["id"] = [f"c{number}" for number in range(len(rows))]
    rows["cash_minor"] = rows["cash_minor"].astype("int64")
    rows["spend_minor"] = 0
    rows["category"] = rows["target"].map(known.shop.catalogue.set_index("sku")["category"])
    return rows[rows["value"] > 0].reset_index(drop=True)


def _prices(known: Known, order: Order) -> pd.DataFrame:
    limits = PriceLimits("GBP", Decimal("0.1"), order.max_change, (), Decimal("0.4"))
    common: dict[str, Any] = {
        "limits": limits, "bounds": None, "objective": order.objective,
        "source": known.shop.source,
    }  # fmt: skip
    given = known.shop.catalogue, known.demand, known.elasticity
    if order.objective is Objective.GROSS_PROFIT:
        found, kind = price_menu(*given, **common), ActionKind.SET_PRICE
    else:
        found = promotion_menu(*given, **common, depths=DEPTHS, days=PROMOTION_DAYS)
        kind = ActionKind.START_PROMOTION
    rows = found.table.assign(kind=kind.value, target=found.table["sku"], cash_minor=0)
    return rows.assign(group="price:" + rows["target"])


def _orders(known: Known, order: Order) -> pd.DataFrame:
    if order.objective is Objective.CLEAR_STOCK:
        return pd.DataFrame()
    found = reorder_menu(
        known.shop.catalogue, known.demand, horizon_days=order.horizon_days, service_level=None,
        today=known.shop.start, source=known.shop.source,
    ).table  # fmt: skip
    found = found[found["value"] > 0]
    if order.objective is Objective.REVENUE:
        found = found.assign(value=found["revenue_minor_p50"])
    rows = found.assign(
        kind=ActionKind.REORDER.value, target=found["sku"], cash_minor=found["cost_minor"]
    )
    return rows.assign(group="reorder:" + rows["target"])


def pick(known: Known, rows: pd.DataFrame, order: Order, cash_minor: int | None) -> pd.DataFrame:
    """The joint choice among them."""
    skus = base_of(known).assign(elasticity=known.elasticity.table["elasticity"])
    if known.elasticity.cross is not None:
        skus["cross"] = known.elasticity.cross.of(skus["category"])["cross"]
    columns = coupled(
        rows, skus, objective=order.objective,
        horizon_days=order.horizon_days, promotion_days=PROMOTION_DAYS,
    )  # fmt: skip
    chosen = choose(
        columns.table, spend_limit_minor=None, cash_limit_minor=cash_minor,
        shared_limit_minor=None, max_actions=order.max_actions,
    )  # fmt: skip
    return rows[rows["id"].isin(columns.candidates(chosen.ids))]


def promise(known: Known, rows: pd.DataFrame, order: Order, *, seed: int) -> ToolPlan:
    """Chosen candidates with what the simulation says of them."""
    listed = [{str(k): v for k, v in row.items()} for row in rows.to_dict(orient="records")]
    effects = effects_of(
        listed,
        lambda: known.elasticity,
        promotion_days=PROMOTION_DAYS,
        skus_of=lambda name: (name,),
    )
    played = simulate_plan(
        base_of(known),
        effects,
        horizon_days=order.horizon_days,
        currency="GBP",
        seed=seed,
        profile=known.demand.profile,
    )
    return ToolPlan(listed, effects, played)


def base_of(known: Known) -> pd.DataFrame:
    """What each SKU sells and costs if nothing is done."""
    columns = ["price_minor", "cost_minor", "on_hand", "inbound", "category"]
    shown = known.shop.catalogue.set_index("sku")[columns]
    wanted = ["mean_per_day", "variance_per_day", "log_error_sd", "shared_error_sd"]
    return shown.join(known.demand.table[wanted], how="inner")


def drawn_orders(seed: int, count: int) -> list[Order]:
    """Goals drawn at random: what is asked of plans differs."""
    rng = np.random.default_rng([seed, 11])
    goals = (Objective.GROSS_PROFIT, Objective.GROSS_PROFIT, Objective.REVENUE,
             Objective.CLEAR_STOCK)  # fmt: skip
    return [
        Order(
            objective=goals[int(rng.integers(4))],
            max_actions=(5, 12, None)[int(rng.integers(3))],
            max_change=(Decimal("0.1"), Decimal("0.2"))[int(rng.integers(2))],
        )
        for _ in range(count)
    ]
