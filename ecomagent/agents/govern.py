"""Holds the chosen candidates against the policy and stores the sealed plan: one effect."""

from __future__ import annotations

from typing import Any

from ecomagent.agents.reconcile import judged
from ecomagent.agents.scope import assumption_text
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.tried_prices import tried_prices
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.goal import Lever
from ecomagent.domain.plan import Choice, PlanForecast
from ecomagent.plan.build import Making, build_plan


def govern(services: Services, state: PipelineState) -> dict[str, Any]:
    """Judge, seal and store the plan of this run; a run that is resumed stores it once."""
    earlier = services.repository.plan_of_run(state["run_id"])
    if earlier is not None:
        return {"plan_id": earlier.plan_id}
    bench = services.bench(state)
    say("policy", f"holding {len(state['chosen']):,} actions against policy.toml")
    ruled = judged(services, state)
    draws = tried_prices(bench) if Lever.PRICING in state["levers"] else None
    margin, choice = bench.assumed_margin, state.get("choice")
    plan = build_plan(
        ruled,
        Making(
            goal=bench.goal,
            as_of=bench.moments.as_of,
            facts_hash=bench.view.hash,
            planner=services.backend.describe().name,
            run_id=state["run_id"],
            assumed_margin=margin,
            assumptions=() if margin is None else (assumption_text(margin, bench.goal.language),),
            notes=(*state.get("notes", []), *state.get("objections", [])),
            forecast=PlanForecast.model_validate(state["forecast"]),
            choice=None if choice is None else Choice.model_validate(choice),
            draws=() if draws is None else draws.all_evidence(),
        ),
        settings=services.settings.shop,
        connector=services.connector,
        policy=bench.policy,
        now=services.clock.now(),
    )
    services.repository.save_plan(plan)
    services.audit.append(
        at=plan.created_at,
        actor=services.actor.name,
        event="plan.made",
        subject=plan.plan_id,
        body={
            "hash": plan.hash,
            "goal": plan.goal.text,
            "actions": len(plan.actions),
            "refused": len(plan.refused),
            "run": plan.run_id,
        },
    )
    say("policy", f"{len(plan.actions):,} actions stand, {len(plan.refused):,} refused")
    return {"plan_id": plan.plan_id}
