"""review, approve, reject: where people decide what happens to the shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.domain.action import Action
    from ecomagent.domain.plan import Decision, Plan

PlanArgument = Annotated[
    str,
    typer.Argument(
        help="Id of a plan (or its beginning), or a file; default: the newest that waits."
    ),
]
ActionIds = Annotated[
    list[str] | None, typer.Option("--action", "-a", help="Id of an action; may be repeated.")
]
Every = Annotated[bool, typer.Option("--all", help="Every action that still waits.")]
Kind = Annotated[str, typer.Option(help="Every waiting action of this kind, e.g. set_price.")]
RiskOption = Annotated[str, typer.Option(help="Every waiting action of this risk, e.g. low.")]


@command(
    app,
    prints="inbox",
    examples=(
        "ecomagent review",
        "ecomagent review plan-3f9a0c11d2 --risk high --as lee --role manager",
        "ecomagent review --json",
    ),
)
def review(
    session: Session, plan: PlanArgument = "", kind: Kind = "", risk: RiskOption = ""
) -> int | None:
    """Go through waiting actions with the keyboard: approve, edit, reject with a reason, skip.

    Each answer is kept at once, so you may leave and come back. With --json: what waits, as
    Agent Inbox requests.
    """
    from ecomagent.domain.errors import UsageError

    found = _find(session, plan)
    if found is None:
        _nothing_waits(session)
        return None
    if session.json:
        _requests(session, found, kind, risk)
        return None
    if not session.interactive:
        raise UsageError(
            "review needs a person at a terminal",
            where=found.plan_id,
            remedy=f"In scripts use `ecomagent approve {found.plan_id} --all`, `ecomagent approve"
            f" {found.plan_id} --action ID`, or `ecomagent reject {found.plan_id} --action ID"
            " --reason …`; `ecomagent review --json` lists what waits.",
        )
    from ecomagent.cli.keyboard import Review

    _still_open(session, found)
    chosen = [each for each in _waiting(session, found) if _fits(each, kind, risk)]
    if chosen:
        Review(session, found, chosen).run()
    else:
        session.out.print(_none_chosen(session, found))
    _left(session, found)
    return None


@command(
    app,
    prints="decisions",
    examples=(
        "ecomagent approve --all",
        "ecomagent approve plan-3f9a --risk low --as lee --role manager",
        "ecomagent approve plan.json --action act-0c11d2aa --set price=12.99",
    ),
)
def approve(
    session: Session,
    plan: PlanArgument = "",
    every: Every = False,
    action: ActionIds = None,
    kind: Kind = "",
    risk: RiskOption = "",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Approve one action with another value, e.g. price=12.99."),
    ] = None,
) -> int | None:
    """Approve actions of a plan; for scripts, and for those who have read it all."""
    from ecomagent.plan.approval import approve as say_yes

    found = _find(session, plan)
    if found is None:
        _nothing_waits(session)
        return None
    chosen = _chosen(session, found, every=every, action=action, kind=kind, risk=risk)
    if changes:
        decisions: Sequence[Decision] = [_edited(session, found, chosen, changes)]
    else:
        decisions = say_yes(found, chosen, session.workspace.services.reviewer())
    _tell(session, found, decisions, "approved")
    return None


@command(
    app,
    prints="decisions",
    examples=(
        'ecomagent reject plan-3f9a --action act-0c11d2aa --reason "too close to Christmas"',
        'ecomagent reject --kind send_campaign --reason "we wrote to them last week"',
    ),
)
def reject(
    session: Session,
    reason: Annotated[str, typer.Option(help="Why; kept, so that planning can learn from it.")],
    plan: PlanArgument = "",
    every: Every = False,
    action: ActionIds = None,
    kind: Kind = "",
    risk: RiskOption = "",
) -> int | None:
    """Reject actions of a plan, with a reason."""
    from ecomagent.plan.approval import reject as say_no

    found = _find(session, plan)
    if found is None:
        _nothing_waits(session)
        return None
    chosen = _chosen(session, found, every=every, action=action, kind=kind, risk=risk)
    decisions = say_no(found, chosen, reason, session.workspace.services.reviewer())
    _tell(session, found, decisions, "rejected")
    return None


def _find(session: Session, given: str) -> Plan | None:
    """The plan named, or the newest that waits for somebody; None where nothing waits."""
    from ecomagent.plan.approval import latest_waiting
    from ecomagent.plan.reading import find_plan

    workspace = session.workspace
    if not given:
        return latest_waiting(workspace.repository, workspace.clock.now())
    return find_plan(given, workspace.repository, shop_id=workspace.settings.shop.id)


def _still_open(session: Session, plan: Plan) -> None:
    from ecomagent.domain.errors import ApprovalError

    if plan.expires_at <= session.workspace.clock.now():
        raise ApprovalError(
            f"{plan.plan_id} expired on {plan.expires_at:%Y-%m-%d %H:%M} UTC",
            remedy="Make a new plan; its figures will be fresh.",
        )


def _nothing_waits(session: Session) -> None:
    session.emit([], lambda: session.out.print("Nothing waits for a decision."))


def _waiting(session: Session, plan: Plan) -> tuple[Action, ...]:
    from ecomagent.plan.approval import waiting

    kept = session.workspace.repository
    return waiting(plan, kept.decisions_of(plan.plan_id), kept.receipts_of(plan.plan_id))


def _fits(action: Action, kind: str, risk: str) -> bool:
    from ecomagent.domain.action import ActionKind, Risk

    _one_of(kind, tuple(ActionKind), "--kind")
    _one_of(risk, tuple(Risk), "--risk")
    return (not kind or action.kind.value == kind) and (not risk or action.risk.value == risk)


def _one_of(given: str, known: Sequence[str], option: str) -> None:
    from ecomagent.domain.errors import UsageError

    if given and given not in known:
        raise UsageError(
            f"“{given}” is none", where=option, remedy=f"Use one of {', '.join(known)}."
        )


def _requests(session: Session, plan: Plan, kind: str, risk: str) -> None:
    from ecomagent.plan.inbox import inbox_requests

    chosen = {each.id for each in _waiting(session, plan) if _fits(each, kind, risk)}
    decided = session.workspace.repository.decisions_of(plan.plan_id)
    requests = inbox_requests(plan, decided)
    wanted = [r for r in requests if r["action_request"]["args"]["action_id"] in chosen]
    session.emit(wanted, lambda: None)


def _chosen(
    session: Session, plan: Plan, *, every: bool, action: list[str] | None, kind: str, risk: str
) -> list[str]:
    from ecomagent.domain.errors import UsageError

    if action and (every or kind or risk):
        raise UsageError(
            "actions are named and chosen by kind, risk or --all as well",
            where=plan.plan_id,
            remedy="Use one way of saying which.",
        )
    if action:
        return list(action)
    if not (every or kind or risk):
        raise UsageError(
            "it is not said which actions",
            where=plan.plan_id,
            remedy="Give --action ID, --kind, --risk or --all; `ecomagent review` goes one by one.",
        )
    return [each.id for each in _waiting(session, plan) if _fits(each, kind, risk)]


def _edited(session: Session, plan: Plan, chosen: list[str], changes: list[str]) -> Decision:
    from ecomagent.domain.errors import UsageError
    from ecomagent.plan.approval import edit

    services = session.workspace.services
    pairs = [change.partition("=") for change in changes]
    if len(chosen) != 1 or any(not sign for _, sign, _ in pairs):
        raise UsageError(
            "--set changes one action",
            where=", ".join(changes),
            remedy="Write `ecomagent approve PLAN --action ID --set price=12.99`.",
        )
    services = session.workspace.services
    with session.progress("reading the shop"):
        context = services.context_for(plan)
    values = {name.strip(): text.strip() for name, _, text in pairs}
    return edit(plan, chosen[0], values, services.reviewer(), context=context)


def _tell(session: Session, plan: Plan, decisions: Sequence[Decision], word: str) -> None:
    session.emit(
        [decision.model_dump(mode="json") for decision in decisions],
        lambda: session.out.print(
            f"{_count(len(decisions))} of {plan.plan_id} {word}."
            if decisions
            else _none_chosen(session, plan)
        ),
    )
    _left(session, plan)


def _none_chosen(session: Session, plan: Plan) -> str:
    if _waiting(session, plan):
        return f"None of the actions of {plan.plan_id} that wait is of that kind or risk."
    return f"Nothing of {plan.plan_id} waits for a decision."


def _left(session: Session, plan: Plan) -> None:
    """What still waits, for whom, and what to type next."""
    from collections import Counter

    from ecomagent.plan.approval import needed_role

    services = session.workspace.services
    policy, waits = services.policy(), _waiting(session, plan)
    roles = Counter(needed_role(action, policy).value for action in waits)
    if roles:
        shown = ", ".join(
            f"{count} for a role of {role} or higher" for role, count in roles.items()
        )
        session.note(f"Still waiting: {shown}.")
    kept = services.repository
    done = {r.action_id for r in kept.receipts_of(plan.plan_id) if r.status == "applied"}
    decided = kept.decisions_of(plan.plan_id)
    to_do = sum(decision.approves for name, decision in decided.items() if name not in done)
    if to_do:
        session.note(f"{_count(to_do)} approved. Next: ecomagent apply {plan.plan_id}")


def _count(number: int) -> str:
    return f"{number} action" if number == 1 else f"{number} actions"
