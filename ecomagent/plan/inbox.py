"""What waits for people in the shape that Agent Inbox clients show, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import TypedDict

from ecomagent.domain.action import Action
from ecomagent.domain.errors import ApprovalError, EcomagentError
from ecomagent.domain.plan import Decision, Plan
from ecomagent.plan.approval import approve, edit, reject, waiting
from ecomagent.plan.editing import EDITABLE
from ecomagent.plan.policy import PolicyContext
from ecomagent.plan.recording import Reviewer


class ActionRequest(TypedDict):
    """What is asked for: an action's kind and its values."""

    action: str
    args: dict[str, Any]


class AllowedAnswers(TypedDict):
    """Which answers a client may give."""

    allow_accept: bool
    allow_edit: bool
    allow_respond: bool
    allow_ignore: bool


class InboxRequest(TypedDict):
    """One waiting action, in the shape of an Agent Inbox interrupt."""

    action_request: ActionRequest
    config: AllowedAnswers
    description: str
    """Markdown."""


@dataclass(frozen=True)
class Recorded:
    """What became of an inbox client's answers."""

    decisions: tuple[Decision, ...]
    problems: tuple[str, ...]
    """Answers that could not be recorded, each with why; the actions go on waiting."""


def inbox_requests(plan: Plan, decisions: Mapping[str, Decision]) -> list[InboxRequest]:
    """One request an undecided action: what, why, what is expected, what the policy says."""
    return [
        {
            "action_request": {
                "action": action.kind.value,
                "args": {
                    "plan_id": plan.plan_id,
                    "action_id": action.id,
                    "target": action.target.id,
                    **action.after.model_dump(mode="json"),
                },
            },
            "config": {
                "allow_accept": True,
                "allow_edit": action.kind in EDITABLE,
                "allow_respond": True,
                "allow_ignore": True,
            },
            "description": _description(plan, action),
        }
        for action in waiting(plan, decisions)
    ]


def _description(plan: Plan, action: Action) -> str:
    """Markdown, as inbox clients show it."""
    chinese = plan.goal.language == "zh"
    lines = [reason.zh if chinese else reason.en for reason in action.reasons]
    lines += [
        f"- {metric.value}: {figures.p50} ({figures.p10} – {figures.p90})"
        for metric, figures in action.impact.items()
    ]
    lines += [f"- {rule.rule}: {rule.message}" for rule in _bound(action)]
    lines += [f"\\* {assumption}" for assumption in action.assumptions]
    return "\n".join(lines)


def _bound(action: Action) -> tuple[Any, ...]:
    """The rules that moved the action or ask for somebody's word."""
    rules = action.verdict.rules if action.verdict else ()
    return tuple(rule for rule in rules if rule.clamped_to or rule.decision != "allow")


def record_answers(
    plan: Plan,
    answers: Sequence[Mapping[str, Any]],
    reviewer: Reviewer,
    *,
    context: Callable[[], PolicyContext],
) -> Recorded:
    """Record what an inbox client sent back.

    ``accept`` approves, ``edit`` approves with the values in ``args.args``, ``response`` rejects
    with its text as the reason, ``ignore`` leaves the action waiting. An answer belongs to the
    action it names (``args.args.action_id``), else to the request in the same place, as long as
    there are as many answers as requests still wait: what waits only ever becomes less.

    Args:
        plan: The sealed plan.
        answers: Agent Inbox responses, ``{"type": …, "args": …}``.
        reviewer: Who answered.
        context: How the shop stands; asked for only where something was edited.
    """
    waits = waiting(plan, reviewer.repository.decisions_of(plan.plan_id))
    made: list[Decision] = []
    problems: list[str] = []
    for place, answer in enumerate(answers):
        try:
            action = _meant(plan, waits, answer, place, len(answers))
            made += _answer(plan, action, answer, reviewer, context)
        except EcomagentError as error:
            problems.append(str(error))
    return Recorded(tuple(made), tuple(problems))


def _meant(
    plan: Plan, waits: Sequence[Action], answer: Mapping[str, Any], place: int, count: int
) -> Action:
    named = _values(answer).get("action_id")
    if isinstance(named, str):
        action = plan.action(named)
        if action is None:
            raise ApprovalError(f"{plan.plan_id} holds no action “{named}”")
        return action
    if count != len(waits):
        raise ApprovalError(
            f"{count} answers came, but {len(waits)} actions wait",
            where=plan.plan_id,
            remedy="Look at the requests again: somebody decided on some of them meanwhile.",
        )
    return waits[place]


def _values(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments an answer sends along, if it does."""
    sent = answer.get("args")
    inner = sent.get("args") if isinstance(sent, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _answer(
    plan: Plan,
    action: Action,
    answer: Mapping[str, Any],
    reviewer: Reviewer,
    context: Callable[[], PolicyContext],
) -> tuple[Decision, ...]:
    """Decide as answered; the client saw the action undecided, so nobody's word is overruled."""
    unseen: dict[str, Decision] = {}
    match answer.get("type"):
        case "accept":
            return approve(plan, [action.id], reviewer, seen=unseen)
        case "edit":
            changes = _changes(action, _values(answer))
            if not changes:
                return approve(plan, [action.id], reviewer, seen=unseen)
            made = edit(plan, action.id, changes, reviewer, context=context(), seen=unseen)
            return (made,)
        case "response":
            return reject(plan, [action.id], str(answer.get("args") or ""), reviewer, seen=unseen)
        case "ignore":
            return ()
        case other:
            raise ApprovalError(
                f"“{other}” is no answer",
                where=action.id,
                remedy="Use accept, edit, response or ignore.",
            )


def _changes(action: Action, sent: Mapping[str, Any]) -> dict[str, str]:
    """What a client changed among the fields that may be; the rest it only sends back."""
    shown = action.after.model_dump(mode="json")
    changed = {
        name: str(sent[name])
        for name in EDITABLE.get(action.kind, ())
        if name in sent and str(sent[name]) != str(shown.get(name))
    }
    if "price" in changed and "discount" in changed:
        del changed["discount"]
    return changed
