"""Plays the chosen plan against doing nothing, with the same luck for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecomagent.agents.reconcile import standing_rows
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.pricing import promotion_days
from ecomagent.agents.standing_frame import base_frame
from ecomagent.agents.state import PipelineState
from ecomagent.agents.trust import trusted_forecast
from ecomagent.agents.words import say
from ecomagent.agents.workbench import SEED, Workbench
from ecomagent.domain.action import ActionKind, Metric
from ecomagent.domain.plan import PlanForecast

if TYPE_CHECKING:
    import pandas as pd

    from tools.simulate import CampaignEffects, Simulation

DRAWS = 1000
PRICED = (
    ActionKind.SET_PRICE.value,
    ActionKind.START_PROMOTION.value,
    ActionKind.START_EXPERIMENT.value,
)


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
    forecast = trusted_forecast(bench, rows, forecast)
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
        profile=bench.demand.profile,
        currency=bench.currency,
        draws=DRAWS,
        seed=SEED,
    )


def effects_frame(bench: Workbench, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """What the chosen candidates change, one row a SKU."""
    from tools.plan_effects import effects_of

    skus = bench.catalogue.groupby("product_id")["sku"].agg(list)
    return effects_of(
        rows,
        lambda: bench.elasticity,
        promotion_days=promotion_days(bench),
        skus_of=lambda product: [str(sku) for sku in skus.get(product, [])],
    )


def _added_effects(rows: Sequence[dict[str, Any]]) -> CampaignEffects | None:
    """What comes on top of what is on sale now.

    Campaigns, products listed, bundles, and what others sell to the customers of those phased out.
    """
    import pandas as pd

    from tools.plan_effects import ADDED
    from tools.simulate import CampaignEffects

    mine = [_added(row) for row in rows if row["kind"] in ADDED]
    mine += [_moved(row) for row in rows if row["kind"] == ActionKind.DELIST_PRODUCT.value]
    if not mine:
        return None
    return CampaignEffects.of(pd.DataFrame(mine))


def _added(row: dict[str, Any]) -> dict[str, Any]:
    """What a candidate brings, and what it costs: a campaign its spend, a listing its order."""
    if row["kind"] == ActionKind.SEND_CAMPAIGN.value:
        return row
    return {**row, "cost_minor": row["cash_minor"]}


def _moved(row: dict[str, Any]) -> dict[str, Any]:
    """A phase-out's effect on other SKUs; its own sales are played as going off sale."""
    return {
        name.removeprefix("moved_"): value
        for name, value in row.items()
        if name.startswith("moved_")
    }
