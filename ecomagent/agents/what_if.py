"""What a plan would reach under another goal: the same specialists, solver, policy and futures."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ecomagent.agents.reconcile import choose_candidates, standing_rows
from ecomagent.agents.seasons import season_paths
from ecomagent.agents.services import Services
from ecomagent.agents.simulate import DRAWS, PRICED, effects_frame
from ecomagent.agents.specialists import marketing, pricing, replenishment, selection
from ecomagent.agents.standing_frame import base_frame
from ecomagent.agents.state import PipelineState
from ecomagent.agents.workbench import SEED, Workbench, Workbenches
from ecomagent.domain.action import Metric
from ecomagent.domain.goal import Goal

if TYPE_CHECKING:
    import pandas as pd

SPECIALISTS = (selection, pricing, marketing, replenishment)


def cleared_by(bench: Workbench, rows: Sequence[dict[str, Any]]) -> float:
    """Share of the stock in hand and on its way that is expected to be sold by the goal's last day.

    Products on a markdown path sell what it says, its later cuts included; the others are played
    in the plan's futures. Products whose stock is not known are left out.

    Args:
        bench: The run's workbench.
        rows: The plan's candidates as policy leaves them.
    """
    base = base_frame(bench)
    stock = base["on_hand"] + base["inbound"].fillna(0.0)
    stock = stock[stock > 0]
    if stock.empty:
        return 1.0
    left = _left_on_paths(bench, rows)
    on_path = stock[stock.index.isin(list(left))]
    sold = float((on_path - on_path.index.map(left)).clip(lower=0).sum())
    sold += _played(bench, rows, base.loc[stock.index.difference(on_path.index)])
    return sold / float(stock.sum())


def _left_on_paths(bench: Workbench, rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Units left at the end, for the products whose first step the plan takes."""
    asked = {str(row["sku"]): row["price_minor"] for row in rows if row["kind"] in PRICED}
    found = {}
    for sku, (params, path) in season_paths(bench).items():
        if path.prices_minor[0] == asked.get(sku, params["reference_minor"]):
            found[sku] = float(path.left)
    return found


def _played(bench: Workbench, rows: Sequence[dict[str, Any]], base: pd.DataFrame) -> float:
    from tools.simulate import simulate_plan

    if base.empty:
        return 0.0
    effects = effects_frame(bench, rows)
    played = simulate_plan(
        base,
        effects[effects.index.isin(base.index)],
        horizon_days=bench.horizon_days,
        profile=bench.demand.profile,
        currency=bench.currency,
        draws=DRAWS,
        seed=SEED,
    )
    return float(played.with_plan[Metric.UNITS].p50)


@dataclass(frozen=True)
class Planned:
    """What the best plan for a goal comes to.

    Attributes:
        actions: How many it holds.
        cleared: Share of the stock sold by its last day.
    """

    actions: int
    cleared: float


@dataclass
class WhatIf:
    """Plans of one run under other goals; what does not rest on the goal is made only once."""

    services: Services
    state: PipelineState
    known: dict[str, Planned] = field(default_factory=dict)

    def plan(self, goal: Goal) -> Planned:
        """The best plan for a goal that differs by its dates and limits alone."""
        key = goal.model_dump_json(exclude={"text", "cleared"})
        if key not in self.known:
            self.known[key] = self._plan(goal)
        return self.known[key]

    def _plan(self, goal: Goal) -> Planned:
        state: PipelineState = {
            **self.state,
            "run_id": f"{self.state['run_id']}-what-if",
            "goal": goal.model_dump(mode="json"),
            "menus": {},
        }
        bench = self.services.bench(self.state).under(goal, state)
        services = replace(self.services, benches=Workbenches.holding(state["run_id"], bench))
        try:
            for specialist in SPECIALISTS:
                state["menus"] = {**state["menus"], **specialist(services, state)["menus"]}
            state["chosen"] = choose_candidates(services, state)
            rows = standing_rows(services, state)
            return Planned(len(rows), cleared_by(bench, rows))
        finally:
            shutil.rmtree(services.run_folder(state), ignore_errors=True)
