"""Puts people's decisions on file, each with its audit entry; the faster of two reviewers wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ecomagent.audit import AuditLog
from ecomagent.domain.action import Action
from ecomagent.domain.errors import ApprovalError
from ecomagent.domain.plan import Decision, DecisionChoice, Plan
from ecomagent.plan.policy import Policy
from ecomagent.store.plans import PlanRepository


@dataclass(frozen=True)
class Reviewer:
    """Who decides, in which role, with what at hand."""

    name: str
    role: str
    repository: PlanRepository
    audit: AuditLog
    policy: Policy
    """As it is now: a role it asks for since the plan was made counts."""
    now: datetime


def record_all(
    plan: Plan,
    actions: Iterable[Action],
    choice: DecisionChoice,
    reviewer: Reviewer,
    *,
    seen: Mapping[str, Decision] | None,
    reason: str = "",
    edited: Action | None = None,
) -> tuple[Decision, ...]:
    """Record one decision an action; where others were faster, theirs stay and are told of."""
    on_file = reviewer.repository.decisions_of(plan.plan_id)
    complete_the_log(plan, reviewer.repository, reviewer.audit)
    known = on_file if seen is None else seen
    made: list[Decision] = []
    late: list[ApprovalError] = []
    for action in actions:
        revision = known[action.id].revision if action.id in known else 0
        decision = Decision(
            plan_id=plan.plan_id,
            plan_hash=plan.hash,
            action_id=action.id,
            revision=revision + 1,
            choice=choice,
            by=reviewer.name,
            role=reviewer.role,
            at=reviewer.now,
            reason=reason,
            action_hash=(edited or action).hash(),
            edited=edited,
        )
        try:
            reviewer.repository.record_decision(decision, revision)
        except ApprovalError as error:
            late.append(error)
            continue
        made.append(decision)
        _log(plan, decision, reviewer.audit)
    if late:
        raise _told(late, len(made), choice)
    return tuple(made)


def _told(late: list[ApprovalError], recorded: int, choice: DecisionChoice) -> ApprovalError:
    first = late[0]
    if not recorded and len(late) == 1:
        return first
    more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
    word = "rejected" if choice is DecisionChoice.REJECT else "approved"
    return ApprovalError(
        f"{first.what}{more}; your word on the other {recorded} is recorded: {word}",
        where=", ".join(error.where for error in late),
        remedy=first.remedy,
    )


def complete_the_log(plan: Plan, repository: PlanRepository, audit: AuditLog) -> None:
    """Add the audit entries that a kill kept from following their decisions."""
    history = repository.decision_history(plan.plan_id)
    logged: frozenset[str] = frozenset()
    for event in {_event(decision) for decision in history}:
        logged |= audit.subjects(event, plan.plan_id)
    for decision in history:
        if _subject(decision) not in logged:
            _log(plan, decision, audit)


def _event(decision: Decision) -> str:
    return f"action.{decision.choice.value}"


def _subject(decision: Decision) -> str:
    return f"{decision.plan_id}/{decision.action_id}/revision-{decision.revision}"


def _log(plan: Plan, decision: Decision, audit: AuditLog) -> None:
    """Once, whoever is faster: its reviewer, or a run that finds it without its entry."""
    about = decision.edited or plan.action(decision.action_id)
    audit.append(
        once=True,
        at=decision.at,
        actor=decision.by,
        event=_event(decision),
        subject=_subject(decision),
        body={
            "plan": plan.plan_id,
            "action": decision.action_id,
            "role": decision.role,
            "hash": decision.action_hash,
            "reason": decision.reason,
            "after": about.after.model_dump(mode="json") if about is not None else {},
        },
    )
