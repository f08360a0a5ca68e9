"""Plays the chosen plan against doing nothing, with the same luck for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecomagent.agents.reconcile import standing_rows
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.pricing import promotion_days
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.agents.workbench import SEED, Workbench
from ecomagent.domain.action import ActionKind, Metric
from ecomagent.domain.plan import PlanForecast

if TYPE_CHECKING:
    import pandas as pd

    from tools.simulate import CampaignEffects, Simulation

DRAWS = 1000
PRICED = (ActionKind.SET_PRICE.value, ActionKind.START_PROMOTION.value)
ADDED = (ActionKind.SEND_CAMPAIGN.value, ActionKind.LIST_PRODUCT.value)


def simulate(services: Services, state: PipelineState) -> dict[str, Any]:
    """The joint forecast with the plan and without it."""
    rows = standing_rows(services, state)
    bench = services.bench(state)
    say("simulator", f"playing {DRAWS:,} futures of {len(bench.scoped):,} SKUs")
    played = play(bench, rows)
    forecast = PlanForecast(
        horizon_days=bench.horizon_days,
        with_plan=played.with_plan,
        without_plan=played.without_plan,
        difference=played.difference,
        draws=DRAWS,
        seed=SEED,
    )
    gained = forecast.difference.get(Metric.GROSS_PROFIT) or forecast.difference.get(Metric.REVENUE)
    if gained:
        say("simulator", f"plan against doing nothing: {gained.p50:+,.0f} {bench.currency}")
    return {"forecast": forecast.model_dump(mode="json")}


def play(bench: Workbench, rows: Sequence[dict[str, Any]]) -> Simulation:
    """The simulation of chosen candidates over the scope."""
    from tools.simulate import simulate_plan

    return simulate_plan(
        base_frame(bench),
        effects_frame(bench, rows),
        horizon_days=bench.horizon_days,
        extra=_added_effects(rows),
        currency=bench.currency,
        draws=DRAWS,
        seed=SEED,
    )


def base_frame(bench: Workbench) -> pd.DataFrame:
    """What each SKU of the scope sells and costs if nothing is done."""
    scoped = bench.scoped.set_index("sku")
    active = scoped[scoped["status"] == "active"]
    demand = bench.demand.table[
        ["mean_per_day", "variance_per_day", "log_error_sd", "shared_error_sd"]
    ]
    shown = active[["price_minor", "cost_minor", "on_hand", "inbound"]].astype("float64")
    return shown.join(demand, how="inner").dropna(subset=["price_minor"])


def effects_frame(bench: Workbench, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """What the chosen candidates change, one row a SKU."""
    import pandas as pd

    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        kind = row["kind"]
        for sku in _skus(bench, row):
            effect = found.setdefault(sku, {"sku": sku, "off_sale": False})
            if kind in PRICED:
                effect["price_minor"] = float(row["price_minor"])
                if kind == ActionKind.START_PROMOTION.value:
                    effect["price_days"] = float(promotion_days(bench))
            elif kind == ActionKind.REORDER.value:
                effect["order_units"] = float(row["quantity"])
                effect["arrives_in_days"] = float(row["arrives_in_days"])
            elif kind == ActionKind.DELIST_PRODUCT.value:
                effect["off_sale"] = True
    columns = ["sku", "price_minor", "price_days", "order_units", "arrives_in_days", "off_sale",
               "extra_units"]  # fmt: skip
    effects = pd.DataFrame(list(found.values()), columns=columns)
    if effects.empty or not any(row["kind"] in PRICED for row in rows):
        return effects.assign(elasticity=float("nan"), elasticity_se=float("nan"))
    table = bench.elasticity.table.reindex(effects["sku"])
    return effects.assign(
        elasticity=table["elasticity"].to_numpy(), elasticity_se=table["std_error"].to_numpy()
    )


def _skus(bench: Workbench, row: dict[str, Any]) -> list[str]:
    if row["kind"] == ActionKind.DELIST_PRODUCT.value:
        products = bench.catalogue["product_id"] == row["target"]
        return [str(sku) for sku in bench.catalogue["sku"][products]]
    if row["kind"] in ADDED:
        return []
    return [str(row["target"])]


def _added_effects(rows: Sequence[dict[str, Any]]) -> CampaignEffects | None:
    """What comes on top of what is on sale now.

    Campaigns, products listed again, and what others sell to the customers of those phased out.
    """
    import pandas as pd

    from tools.simulate import CampaignEffects

    mine = [row for row in rows if row["kind"] in ADDED]
    mine += [_moved(row) for row in rows if row["kind"] == ActionKind.DELIST_PRODUCT.value]
    if not mine:
        return None
    return CampaignEffects.of(pd.DataFrame(mine))


def _moved(row: dict[str, Any]) -> dict[str, Any]:
    """A phase-out's effect on other SKUs; its own sales are played as going off sale."""
    return {
        name.removeprefix("moved_"): value
        for name, value in row.items()
        if name.startswith("moved_")
    }
