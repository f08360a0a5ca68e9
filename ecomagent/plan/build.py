"""Puts judged actions into a sealed plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ecomagent.domain.action import Action
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Goal
from ecomagent.domain.plan import Base, Choice, Plan, PlanForecast, ShopRef
from ecomagent.domain.ports import Connector
from ecomagent.domain.workspace import ShopSettings
from ecomagent.plan.policy import JudgedPlan, Policy

VALID_DAYS = 7
"""How long a plan may be decided on and applied: figures older than a week mislead."""


@dataclass(frozen=True)
class Making:
    """How a plan came about: who read the goal, from what, in which run, with what result."""

    goal: Goal
    as_of: datetime
    facts_hash: str
    planner: str
    run_id: str
    assumed_margin: Decimal | None = None
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    forecast: PlanForecast | None = None
    choice: Choice | None = None
    draws: tuple[Evidence, ...] = ()
    rollback_of: str | None = None


def shop_ref(settings: ShopSettings, connector: Connector) -> ShopRef:
    """The shop as plans name it."""
    return ShopRef(
        id=settings.id,
        name=settings.name,
        currency=settings.currency,
        connector=connector.name,
        timezone=settings.timezone,
    )


def build_plan(
    judged: JudgedPlan,
    making: Making,
    *,
    settings: ShopSettings,
    connector: Connector,
    policy: Policy,
    now: datetime,
) -> Plan:
    """The sealed plan of what policy let through; every action expires with it or sooner.

    Args:
        judged: Actions and refusals with their verdicts.
        making: Where they come from.
        settings: The shop.
        connector: Asked for the state the plan was made from.
        policy: What judged them.
        now: This moment, UTC.
    """
    expires_at = now + timedelta(days=VALID_DAYS)
    base = connector.base()
    return Plan(
        shop=shop_ref(settings, connector),
        created_at=now,
        as_of=making.as_of,
        goal=making.goal,
        base=Base(serial=base.serial, state_hash=base.state_hash, facts_hash=making.facts_hash),
        policy_hash=policy.hash,
        planner=making.planner,
        run_id=making.run_id,
        rollback_of=making.rollback_of,
        assumed_margin=making.assumed_margin,
        assumptions=making.assumptions,
        actions=_dated(judged.actions, expires_at),
        refused=tuple(judged.refused),
        forecast=making.forecast,
        choice=making.choice,
        draws=making.draws,
        notes=making.notes,
        verdict=judged.verdict,
        applyable=bool(judged.actions) and judged.verdict.decision != "deny",
        expires_at=expires_at,
    ).sealed()


def _dated(actions: Sequence[Action], expires_at: datetime) -> tuple[Action, ...]:
    """Actions with an expiry: the plan's, or their own end where that comes first."""
    made = []
    for action in actions:
        ends = [expires_at, *(moment for moment in (action.ends_at,) if moment is not None)]
        made.append(action.model_copy(update={"expires_at": action.expires_at or min(ends)}))
    return tuple(made)
