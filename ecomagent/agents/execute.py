"""The last node: carries out what was approved. Its one effect is the shop's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.action import Action, ActionVerdict
from ecomagent.plan.apply import apply_plan
from ecomagent.plan.approved import Recheck
from ecomagent.plan.policy.hours import apply_quiet_until
from ecomagent.plan.standing import rechecker


def execute(services: Services, state: PipelineState) -> dict[str, Any]:
    """Apply the approved actions of the plan; safe to run again after a kill."""
    plan = services.repository.get_plan(state["plan_id"])
    now, policy = services.clock.now(), services.policy()
    report = apply_plan(
        plan,
        services.repository.decisions_of(plan.plan_id),
        connector=services.connector,
        repository=services.repository,
        audit=services.audit,
        clock=services.clock,
        actor=services.actor.name,
        lock_file=services.paths.lock,
        recheck=_when_asked(
            lambda: rechecker(
                plan,
                facts=services.facts,
                policy=lambda: policy,
                connector=services.connector,
                repository=services.repository,
                settings=services.settings.shop,
                now=now,
            )
        ),
        progress=lambda step, detail="": say("apply", f"{step} {detail}".strip()),
        quiet_until=apply_quiet_until(policy, now, services.settings.shop.timezone),
        policy_hash=policy.hash,
    )
    return {"report": report.model_dump(mode="json")}


def _when_asked(make: Callable[[], Recheck]) -> Recheck:
    """Read history and judge only once something is about to be done, under the lock."""
    made: list[Recheck] = []

    def recheck(action: Action) -> ActionVerdict:
        if not made:
            made.append(make())
        return made[0](action)

    return recheck
