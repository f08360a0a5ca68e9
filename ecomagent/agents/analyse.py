"""Looks at the shop before anybody proposes: demand, prices, customers, side by side."""

from __future__ import annotations

from typing import Any

from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.goal import Lever


def demand(services: Services, state: PipelineState) -> dict[str, Any]:
    """Forecast every SKU of the scope over the horizon."""
    bench = services.bench(state)
    say("analyst", f"forecasting {len(bench.scoped):,} SKUs over {bench.horizon_days} days")
    table = bench.demand.table
    known = table["model"].value_counts()
    say("analyst", "demand models: " + ", ".join(f"{m} {n:,}" for m, n in known.items()))
    return {}


def prices(services: Services, state: PipelineState) -> dict[str, Any]:
    """Estimate how demand answers prices, where prices may be moved."""
    if Lever.PRICING not in state["levers"]:
        return {}
    bench = services.bench(state)
    say("analyst", "estimating price elasticities over the whole shop")
    found = bench.elasticity.table
    known = int(found["identified"].sum())
    say("analyst", f"{known:,} of {len(found):,} SKUs have elasticities of their own or category")
    return {}


def customers(services: Services, state: PipelineState) -> dict[str, Any]:
    """Segment the customers, where they may be written to."""
    if Lever.MARKETING not in state["levers"]:
        return {}
    bench = services.bench(state)
    say("analyst", f"segmenting {len(bench.customers):,} customers by recency, frequency, money")
    say("analyst", f"{len(bench.segments.summary)} customer segments")
    return {}
