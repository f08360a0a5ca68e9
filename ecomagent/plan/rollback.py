"""Takes an applied plan back: a plan of inverses, on the same road, days later too.

What somebody has changed since stays as they left it, and the plan's notes say so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ecomagent.audit import AuditLog
from ecomagent.domain.action import Action, ActionKind, ListProduct, Reason, Reorder, Target
from ecomagent.domain.errors import PlanError
from ecomagent.domain.goal import Goal
from ecomagent.domain.plan import Plan, Receipt, ReceiptStatus
from ecomagent.domain.ports import Connector, TargetState
from ecomagent.domain.workspace import ShopSettings
from ecomagent.plan.build import Making, build_plan
from ecomagent.plan.done import applied_actions, place_of
from ecomagent.plan.inverse import StaysError, first_order_back, inverse
from ecomagent.plan.policy import Policy, PolicyContext, judge_all
from ecomagent.store.plans import PlanRepository

Context = Callable[[], PolicyContext]


class TakenBackError(PlanError):
    """Everything of the plan was taken back before: there is nothing to do."""


def open_rollback(
    plan: Plan,
    *,
    repository: PlanRepository,
    connector: Connector,
    audit: AuditLog,
    settings: ShopSettings,
    policy: Policy,
    context: Context,
    actor: str,
    now: datetime,
) -> Plan:
    """The rollback of a plan to go on with: one that was interrupted, else a new one, on file.

    Args:
        plan: What is taken back.
        repository: Plans, decisions and receipts.
        connector: The shop.
        audit: Told of a new plan.
        settings: The shop.
        policy: Judges the inverses too.
        context: Gives the policy's context with ``restoring`` set; asked for a new plan only.
        actor: Who takes it back.
        now: This moment, UTC.

    Raises:
        TakenBackError: All of it was taken back before.
        PlanError: Nothing of the plan was applied, or nothing of it can be taken back.
    """
    for earlier in repository.rollbacks_of(plan.plan_id):
        if earlier.expires_at > now and _is_unfinished(earlier, repository, audit):
            _log_made(earlier, audit, actor, now)
            return earlier
    made = make_rollback(
        plan, repository=repository, connector=connector, settings=settings, policy=policy,
        context=context(), now=now,
    )  # fmt: skip
    repository.save_plan(made)
    _log_made(made, audit, actor, now)
    return made


def _log_made(plan: Plan, audit: AuditLog, actor: str, now: datetime) -> None:
    """One audit entry a plan, also where a kill came between plan and entry."""
    if plan.plan_id in audit.subjects("plan.made", plan.plan_id):
        return
    audit.append(
        at=now,
        actor=actor,
        event="plan.made",
        subject=plan.plan_id,
        body={
            "hash": plan.hash,
            "rollback_of": plan.rollback_of,
            "actions": len(plan.actions),
            "refused": len(plan.refused),
        },
    )


def make_rollback(
    plan: Plan,
    *,
    repository: PlanRepository,
    connector: Connector,
    settings: ShopSettings,
    policy: Policy,
    context: PolicyContext,
    now: datetime,
) -> Plan:
    """The sealed plan that puts back what a plan changed, last change first; not on file yet.

    Args:
        plan: What is taken back.
        repository: Its decisions and receipts, and earlier rollbacks.
        connector: Asked for what the shop shows now.
        settings: The shop.
        policy: Judges the inverses too.
        context: With ``restoring`` set, so that limits on the way back do not bind.
        now: This moment, UTC.

    Raises:
        TakenBackError: All of it was taken back before.
        PlanError: Nothing of the plan was applied, or nothing of it can be taken back.
    """
    applied = applied_actions(plan, repository)
    if not applied:
        raise PlanError(
            f"nothing of {plan.plan_id} was applied",
            remedy=f"There is nothing to take back; `ecomagent apply {plan.plan_id}` applies it.",
        )
    taken_back = _taken_back(plan, repository)
    inverses: list[Action] = []
    notes: list[str] = []
    for action, receipt in reversed(applied):
        named = f"{receipt.action_id} ({action.kind.value} {action.shown_by.id})"
        if place_of(action) in taken_back:
            notes.append(f"{named} was taken back before")
            continue
        target = action.shown_by
        shown = connector.read(action.kind, [target])[target.id]
        try:
            cancelled = first_order_back(action, _stock_of_new(connector, action))
        except StaysError as reason:
            cancelled = None
            notes.append(f"the first order of {named} stays: {reason}")
        if cancelled is not None:
            inverses.append(cancelled.model_copy(update={"reasons": (_reason(plan, receipt),)}))
            notes.append(
                f"the first order of {named} is cancelled on file: tell the supplier, who has the"
                " order already"
            )
        try:
            made = inverse(action, receipt, shown, now)
        except StaysError as reason:
            since = "was changed since and " if reason.changed else ""
            notes.append(f"{named} {since}stays: {reason}")
            continue
        inverses.append(made.model_copy(update={"reasons": (_reason(plan, receipt),)}))
        if isinstance(made, Reorder):
            notes.append(
                f"{named} is cancelled on file: tell the supplier, who has the order already"
            )
    if len(taken_back & {place_of(action) for action, _ in applied}) == len(applied):
        raise TakenBackError(f"{plan.plan_id} was taken back already; there is nothing left to do")
    if not inverses:
        raise PlanError(
            f"nothing of {plan.plan_id} is left to take back",
            where="; ".join(notes[:5]) + (" …" if len(notes) > 5 else ""),
            remedy="What was changed since is left as it is; change it by a new plan.",
        )
    return build_plan(
        judge_all(policy, inverses, context),
        Making(
            goal=_goal(plan),
            as_of=now,
            facts_hash=plan.base.facts_hash,
            planner="rollback",
            run_id="",
            assumed_margin=plan.assumed_margin,
            assumptions=plan.assumptions,
            notes=tuple(notes),
            rollback_of=plan.plan_id,
        ),
        settings=settings,
        connector=connector,
        policy=policy,
        now=now,
    )


def _stock_of_new(connector: Connector, action: Action) -> TargetState | None:
    new = action.after.new if isinstance(action, ListProduct) else None
    if new is None:
        return None
    target = Target(type="sku", id=new.sku)
    return connector.read(ActionKind.REORDER, [target])[new.sku]


def _is_unfinished(plan: Plan, repository: PlanRepository, audit: AuditLog) -> bool:
    """Whether any action of a rollback was neither done and logged, nor skipped, nor rejected."""
    logged = audit.subjects("action.applied", plan.plan_id)
    decided = repository.decisions_of(plan.plan_id)
    settled = {name for name, decision in decided.items() if not decision.approves}
    for receipt in repository.receipts_of(plan.plan_id):
        done = receipt.status is ReceiptStatus.APPLIED and receipt.idempotency_key in logged
        if done or receipt.status is ReceiptStatus.SKIPPED:
            settled.add(receipt.action_id)
    return any(action.id not in settled for action in plan.actions)


def _taken_back(plan: Plan, repository: PlanRepository) -> set[tuple[str, str]]:
    """Places that earlier rollbacks of the plan have put back, and that still are."""
    found: set[tuple[str, str]] = set()
    for earlier in repository.rollbacks_of(plan.plan_id):
        put_back = {place_of(action) for action, _ in applied_actions(earlier, repository)}
        found |= put_back - _taken_back(earlier, repository)
    return found


def _reason(plan: Plan, receipt: Receipt) -> Reason:
    name, when = receipt.action_id, receipt.finished_at or receipt.intended_at
    return Reason(
        en=f"Takes back {name} of {plan.plan_id}, applied on {when:%Y-%m-%d %H:%M} UTC.",
        zh=f"撤销 {plan.plan_id} 于 {when:%Y-%m-%d %H:%M} UTC 执行的 {name}。",
    )


def _goal(plan: Plan) -> Goal:
    said = "撤销" if plan.goal.language == "zh" else "Take back"
    return Goal(
        text=f"{said} {plan.plan_id}: {plan.goal.text}",
        objective=plan.goal.objective,
        scope=plan.goal.scope,
        language=plan.goal.language,
    )
