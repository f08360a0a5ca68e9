"""apply and rollback: carry out what was approved, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.domain.plan import Plan
    from ecomagent.plan.apply import ApplyReport

PlanArgument = Annotated[
    str,
    typer.Argument(
        help="Id of a plan (or its beginning), or a file; default: the newest with something"
        " approved to do."
    ),
]


@command(app, prints="apply", examples=("ecomagent apply", "ecomagent apply plan.json --json"))
def apply(session: Session, plan: PlanArgument = "") -> int | None:
    """Carry out what was approved of a plan, exactly once, and nothing else.

    Killed or interrupted, it is run again and goes on where it stopped. What the shop or the
    policy no longer allows is skipped and told.

    Exit codes: 0 done, 1 failed, 3 nothing is approved yet, 4 policy refused it, 5 done in part,
    6 another run holds the workspace.
    """
    from ecomagent.plan.approved import latest_to_apply
    from ecomagent.plan.reading import find_plan

    workspace = session.workspace
    repository = workspace.repository
    found = None if plan else latest_to_apply(repository, workspace.clock.now())
    if found is None:
        found = find_plan(plan, repository, shop_id=workspace.settings.shop.id)
    report = _carry_out(session, found)
    session.emit(report, lambda: _render(session, report))
    return report.exit_code


@command(
    app,
    prints=("apply", "plan"),
    examples=("ecomagent rollback plan-3f9a0c11d2", "ecomagent rollback 3f9a --yes"),
)
def rollback(
    session: Session,
    plan: Annotated[str, typer.Argument(help="Id of the plan to take back, or its beginning.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int | None:
    """Put back what a plan changed, through a plan of its own; days later too."""
    from ecomagent.cli.plan import titles
    from ecomagent.cli.render import plan_screen
    from ecomagent.domain.errors import ExitCode
    from ecomagent.plan.approval import approve
    from ecomagent.plan.reading import find_plan
    from ecomagent.plan.report import ApplyReport
    from ecomagent.plan.rollback import TakenBackError

    workspace = session.workspace
    services = workspace.services
    found = find_plan(plan, workspace.repository, shop_id=workspace.settings.shop.id)
    try:
        made = workspace.plan_rollback(found)
    except TakenBackError as done:
        said, nothing = done.what, ApplyReport(plan_id=found.plan_id)
        session.emit(nothing, lambda: session.out.print(f"{said}."))
        return ExitCode.DONE
    if not session.json:
        for line in plan_screen(made, {}, titles(session, made)):
            session.err.print(line)
    if not made.actions:
        return ExitCode.REFUSED_BY_POLICY
    if not yes and not (session.interactive and typer.confirm("Take it back?", err=True)):
        session.emit(made, lambda: None)
        session.note(f"Kept as {made.plan_id}: approve and apply it, or run this with --yes.")
        return ExitCode.AWAITS_APPROVAL
    decided = workspace.repository.decisions_of(made.plan_id)
    approve(made, [a.id for a in made.actions if a.id not in decided], services.reviewer())
    report = _carry_out(session, made)
    session.emit(report, lambda: _render(session, report))
    return report.exit_code


def _carry_out(session: Session, plan: Plan) -> ApplyReport:
    from ecomagent.plan.apply import ApplyReport

    workspace = session.workspace
    with session.progress("applying") as progress:
        report = ApplyReport.model_validate(workspace.pipeline.apply(plan, progress=progress))
        if report.applied:
            workspace.refresh_derived(progress)
    return report


def _render(session: Session, report: ApplyReport) -> None:
    from rich.text import Text

    out = session.out
    for note in report.notes:
        out.print(Text(f"! {note}", style="yellow"))
    styles = {"applied": "green", "already": "dim", "skipped": "yellow", "failed": "red",
              "waiting": "cyan", "rejected": "dim"}  # fmt: skip
    for line in report.lines:
        if line.status in ("waiting", "rejected") and len(report.lines) > 20:
            continue
        out.print(
            Text.assemble(
                (f"{line.status:9}", styles[line.status]), (line.action_id, "cyan"),
                f" {line.kind.replace('_', ' ')} {line.target}",
                (f"  {line.message}" if line.message else "", "yellow"),
            )
        )  # fmt: skip
    counts = ", ".join(
        f"{getattr(report, name)} {word}"
        for name, word in (
            ("applied", "applied"), ("already", "applied before"), ("skipped", "skipped"),
            ("failed", "failed"), ("waiting", "waiting for approval"), ("rejected", "rejected"),
        )
        if getattr(report, name)
    )  # fmt: skip
    out.print(Text(f"{report.plan_id}: {counts or 'nothing to do'}.", style="bold"))
    if report.waiting:
        out.print(Text(f"Next: ecomagent review {report.plan_id}", style="cyan"))
    elif report.applied:
        out.print(Text(f"Take it back with: ecomagent rollback {report.plan_id}", style="dim"))
