"""What people decide of a plan's actions: approve, edit, reject; checked, recorded, logged.

A decision names the exact content it is about, so what is applied later is what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ecomagent.domain.action import Action
from ecomagent.domain.errors import ApprovalError, NotFoundError, PolicyRefusedError
from ecomagent.domain.plan import Decision, DecisionChoice, Plan, Receipt, ReceiptStatus
from ecomagent.plan.editing import preview_edit
from ecomagent.plan.policy import Policy, PolicyContext
from ecomagent.plan.policy.roles import Role, role_named
from ecomagent.plan.recording import Reviewer, record_all
from ecomagent.store.plans import PlanRepository

SHOP_ASKED = frozenset({ReceiptStatus.APPLIED, ReceiptStatus.INTENDED})
"""The shop has done it, or may have."""


def waiting(
    plan: Plan, decisions: Mapping[str, Decision], receipts: Iterable[Receipt] = ()
) -> tuple[Action, ...]:
    """Actions nobody has decided on and the shop has not been asked for."""
    touched = {receipt.action_id for receipt in receipts} | decisions.keys()
    return tuple(action for action in plan.actions if action.id not in touched)


def edits_of(decisions: Mapping[str, Decision]) -> dict[str, Action]:
    """Action id to what a reviewer made of it, for those that were edited."""
    return {
        action_id: decision.edited
        for action_id, decision in decisions.items()
        if decision.edited is not None
    }


def latest_waiting(repository: PlanRepository, now: datetime) -> Plan | None:
    """The newest plan that can still be decided on and has something to decide; None if none."""
    for summary in repository.list_plans():
        if summary.waiting and summary.expires_at > now:
            return repository.get_plan(summary.plan_id)
    return None


def needed_role(action: Action, policy: Policy) -> Role:
    """The least role that may approve an action: what it was judged to need, or needs by now."""
    named = action.verdict.role if action.verdict else None
    asked = [policy.approval.role_for(action.risk), *([role_named(named)] if named else [])]
    return max(asked, key=lambda role: role.rank)


def approve(
    plan: Plan,
    action_ids: Iterable[str],
    reviewer: Reviewer,
    *,
    seen: Mapping[str, Decision] | None = None,
) -> tuple[Decision, ...]:
    """Approve actions as they stand in the plan; all of them can be, or none is.

    Args:
        plan: The sealed plan.
        action_ids: Which; ids or their beginnings.
        reviewer: Who says so.
        seen: The decisions the reviewer had before their eyes; default: those on file now.

    Raises:
        ApprovalError: Expired, carried out already, a higher role is needed, or decided by
            somebody else meanwhile (the others are recorded then).
        NotFoundError: The plan holds no such action.
    """
    actions = _actions(plan, action_ids)
    _check_open(plan, actions, reviewer)
    for action in actions:
        _check_role(action, reviewer)
    return record_all(plan, actions, DecisionChoice.APPROVE, reviewer, seen=seen)


def reject(
    plan: Plan,
    action_ids: Iterable[str],
    reason: str,
    reviewer: Reviewer,
    *,
    seen: Mapping[str, Decision] | None = None,
) -> tuple[Decision, ...]:
    """Reject actions; the reason is kept for learning.

    Raises:
        ApprovalError: No reason, a viewer's word, expired, carried out already, or decided by
            somebody else meanwhile (the others are recorded then).
        NotFoundError: The plan holds no such action.
    """
    if not reason.strip():
        raise ApprovalError(
            "a rejection needs a reason", remedy="Say in a few words why; planning learns from it."
        )
    if not role_named(reviewer.role).may_act_as(Role.ANALYST):
        raise ApprovalError(
            f"{reviewer.name} acts as {reviewer.role}, who decides nothing",
            remedy="Have an analyst or higher reject it.",
        )
    actions = _actions(plan, action_ids)
    _check_open(plan, actions, reviewer)
    return record_all(
        plan, actions, DecisionChoice.REJECT, reviewer, seen=seen, reason=reason.strip()
    )


def edit(
    plan: Plan,
    action_id: str,
    changes: Mapping[str, str],
    reviewer: Reviewer,
    *,
    context: PolicyContext,
    seen: Mapping[str, Decision] | None = None,
) -> Decision:
    """Approve an action with other values; policy and expected impact are worked out anew.

    Args:
        plan: The sealed plan.
        action_id: Which action.
        changes: Field to its new value as typed, e.g. ``{"price": "12.99"}``.
        reviewer: Who says so.
        context: How the shop stands.
        seen: Decisions the reviewer had seen.

    Raises:
        ApprovalError: A field that cannot be edited, a value that cannot be read, or as for
            ``approve``.
        PolicyRefusedError: The policy does not allow the new value, or only another one.
    """
    (action,) = _actions(plan, [action_id])
    _check_open(plan, [action], reviewer, interrupted=False)
    decided = reviewer.repository.decisions_of(plan.plan_id)
    edited = preview_edit(
        plan, action, changes, policy=reviewer.policy, context=context, decisions=decided
    )
    if edited.moved:
        moved = edited.moved[-1]
        raise PolicyRefusedError(
            f"the policy would make it {moved.clamped_to}, not {moved.clamped_from}:"
            f" {moved.message}",
            where=f"{action.id}, rule {moved.rule}",
            remedy="Give that value, if it is what you want.",
        )
    _check_role(edited.action, reviewer)
    (decision,) = record_all(
        plan, [action], DecisionChoice.EDIT, reviewer, seen=seen, edited=edited.action
    )
    return decision


def approve_within_policy(plan: Plan, reviewer: Reviewer) -> tuple[Decision, ...]:
    """Approve what the policy lets pass without anybody's word; for unattended runs.

    Both the plan's own verdict and the policy as it is now have to say so.
    """
    decided = reviewer.repository.decisions_of(plan.plan_id)
    receipts = reviewer.repository.receipts_of(plan.plan_id)
    free = [
        action
        for action in waiting(plan, decided, receipts)
        if action.verdict is not None
        and action.verdict.decision == "allow"
        and action.risk in reviewer.policy.approval.without_approval
    ]
    _check_open(plan, free, reviewer)
    return record_all(
        plan, free, DecisionChoice.APPROVE, reviewer, seen=decided, reason="within policy"
    )


# Checks


def _actions(plan: Plan, action_ids: Iterable[str]) -> list[Action]:
    """Each named action once, in the given order."""
    found: dict[str, Action] = {}
    for given in action_ids:
        exact = [action for action in plan.actions if action.id == given]
        begins = exact or [
            action
            for action in plan.actions
            if given and action.id.startswith((given, f"act-{given}"))
        ]
        if len(begins) != 1:
            raise NotFoundError(
                f"“{given}” is {'no action' if not begins else 'more than one action'} of"
                f" {plan.plan_id}",
                remedy=f"`ecomagent show {plan.plan_id}` lists them.",
            )
        found[begins[0].id] = begins[0]
    return list(found.values())


def _check_open(
    plan: Plan, actions: Iterable[Action], reviewer: Reviewer, *, interrupted: bool = True
) -> None:
    """Refuse what is over: expired, or done; ``interrupted`` tells whether half done is fine."""
    closed = {ReceiptStatus.APPLIED} if interrupted else SHOP_ASKED
    receipts = {
        receipt.action_id: receipt.status
        for receipt in reviewer.repository.receipts_of(plan.plan_id)
        if receipt.status in closed
    }
    for action in actions:
        ends = min(filter(None, (plan.expires_at, action.expires_at)))
        if ends <= reviewer.now:
            raise ApprovalError(
                f"{action.id} expired on {ends:%Y-%m-%d %H:%M} UTC",
                where=plan.plan_id,
                remedy="Make a new plan; its figures will be fresh.",
            )
        status = receipts.get(action.id)
        if status is ReceiptStatus.APPLIED:
            raise ApprovalError(
                f"{action.id} was carried out already",
                where=plan.plan_id,
                remedy=f"Take it back with `ecomagent rollback {plan.plan_id}`.",
            )
        if status is not None:
            raise ApprovalError(
                f"{action.id} was being carried out when that run stopped",
                where=plan.plan_id,
                remedy=f"Finish it first: `ecomagent apply {plan.plan_id}`.",
            )


def _check_role(action: Action, reviewer: Reviewer) -> None:
    needed = needed_role(action, reviewer.policy)
    if not role_named(reviewer.role).may_act_as(needed):
        raise ApprovalError(
            f"{action.id} is of {action.risk.value} risk and needs the role {needed.value};"
            f" {reviewer.name} acts as {reviewer.role}",
            remedy=f"Have somebody in that role approve it, or use --role {needed.value} if it is"
            " yours.",
        )
