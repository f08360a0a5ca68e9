"""Exactly what was approved of a plan, and whether it may still be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from ecomagent.domain.action import Action, ActionVerdict, ExperimentAfter, ReorderAfter
from ecomagent.domain.errors import PlanTamperedError
from ecomagent.domain.plan import Decision, DecisionChoice, Plan, ReceiptStatus
from ecomagent.domain.ports import Connector, TargetState
from ecomagent.plan.policy.roles import role_named
from ecomagent.store.plans import PlanRepository

Recheck = Callable[[Action], ActionVerdict]
"""Judges an action by the policy as it is now."""
Why = Literal["drift", "policy", "expired", "approval", "unsupported"]


@dataclass(frozen=True)
class Obstacle:
    """Why an approved action must not be done now."""

    why: Why
    message: str


def approved_action(plan: Plan, action: Action, decision: Decision) -> Action:
    """The action as it was approved: edited, or as planned.

    Raises:
        PlanTamperedError: The decision is on another plan or on other content.
    """
    edited = decision.choice is DecisionChoice.EDIT
    approved = decision.edited if edited else action
    same_plan = decision.plan_hash == plan.hash
    if approved is None or not same_plan or decision.action_hash != approved.hash():
        raise PlanTamperedError(
            f"what was approved of {action.id} is not what the plan holds",
            where=plan.plan_id,
            remedy="Review the action again.",
        )
    return approved


def idempotency_key(plan: Plan, action_id: str, content: Action) -> str:
    """Names one change: the same content of the same action of the same plan is done once."""
    return f"{plan.plan_id}/{action_id}/{content.hash()[:16]}"


def latest_to_apply(repository: PlanRepository, now: datetime) -> Plan | None:
    """The newest plan with something approved that is not done, or begun and not finished."""
    for summary in repository.list_plans(None):
        if summary.approved <= summary.applied:
            continue
        receipts = repository.receipts_of(summary.plan_id)
        interrupted = any(receipt.status is ReceiptStatus.INTENDED for receipt in receipts)
        if interrupted or summary.expires_at > now:
            return repository.get_plan(summary.plan_id)
    return None


def out_of_time(plan: Plan, action: Action, now: datetime) -> Obstacle | None:
    """The obstacle of an approval that has run out."""
    ends = [plan.expires_at] if action.expires_at is None else [plan.expires_at, action.expires_at]
    expired = min(ends)
    if expired > now:
        return None
    return Obstacle("expired", f"expired at {expired:%Y-%m-%d %H:%M} UTC; plan it anew")


def refused_now(action: Action, decision: Decision, recheck: Recheck) -> Obstacle | None:
    """The obstacle that policy as it is now puts up, if any."""
    verdict = recheck(action)
    if verdict.decision == "deny":
        broken = next((rule for rule in verdict.rules if rule.decision == "deny"), None)
        clamp = next((rule for rule in verdict.rules if rule.clamped_to is not None), None)
        rule = broken or clamp
        said = f" ({rule.rule}: {rule.message})" if rule else ""
        return Obstacle("policy", f"policy does not allow it any more{said}")
    if verdict.role is None or verdict.decision != "needs_approval":
        return None
    if not role_named(decision.role).may_act_as(role_named(verdict.role)):
        return Obstacle(
            "approval",
            f"policy now asks for the word of the {verdict.role}; {decision.by} approved it"
            f" as {decision.role}",
        )
    return None


def moved(action: Action, shown: TargetState) -> Obstacle | None:
    """The obstacle of a shop that is no longer what the action was planned on."""
    if shown.version == action.before.version:
        return None
    if not shown.exists:
        return Obstacle("drift", f"{action.shown_by.id} is no longer in the shop")
    planned = action.before.model_dump(mode="json")
    changed = [
        f"{_words(name)} was {_said(planned[name])} and is {_said(value)} now"
        for name, value in shown.fields.items()
        if name in planned and not _same(value, planned[name])
    ]
    said = "; ".join(changed) or "it was changed and changed back"
    return Obstacle("drift", f"the shop changed since the plan was made: {said}")


def not_as_asked(action: Action, shown: TargetState) -> str:
    """What the shop shows otherwise than was asked for; empty where all is as asked."""
    if not shown.exists:
        return "the shop does not show it"
    if isinstance(action.after, ReorderAfter):
        return _order_not_as_asked(action.after, shown)
    if isinstance(action.after, ExperimentAfter):
        runs = shown.fields.get("experiment_id") == action.after.experiment_id
        asked = action.after.status == "scheduled"
        return "" if runs is asked else "the experiment does not stand as asked"
    wanted = action.after.model_dump(mode="json")
    later = action.starts_at is not None and shown.fields.get("promotion_id") is not None
    for name, value in shown.fields.items():
        if name not in wanted or (wanted[name] is None and name != "promotion_id"):
            continue
        if (name, value, wanted[name]) == ("status", "sent", "scheduled"):
            continue  # it left at once
        if name == "price" and later:
            continue  # what customers pay changes when the promotion starts
        if not _same(value, wanted[name]):
            return f"the shop shows {_words(name)} {_said(value)}, not {_said(wanted[name])}"
    return ""


def _order_not_as_asked(wanted: ReorderAfter, shown: TargetState) -> str:
    placed = shown.extra.get("open_orders", {}).get(wanted.purchase_order_id, 0)
    if placed == wanted.quantity:
        return ""
    return f"the shop shows {placed} units on order, not {wanted.quantity}"


def can_do(connector: Connector, action: Action) -> Obstacle | None:
    """The obstacle of a shop that has no such thing."""
    if action.kind in connector.supports:
        return None
    return Obstacle("unsupported", f"the {connector.name} shop cannot do {action.kind.value}")


def _same(shown: Any, wanted: Any) -> bool:
    if shown == wanted:
        return True
    try:
        return Decimal(str(shown)) == Decimal(str(wanted))
    except ArithmeticError:
        return False


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(value: Any) -> str:
    return "none" if value is None else str(value)
