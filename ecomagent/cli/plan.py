"""plan, show, explain: from a goal to a plan on the screen, and from a figure back to its data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.domain.action import Action
    from ecomagent.domain.plan import Plan


@command(
    app,
    prints="plan",
    examples=(
        'ecomagent plan "Grow gross profit next month, margin at least 35%, budget £2,000"',
        'ecomagent plan "月底前清掉羽绒服库存,毛利不低于35%"',
        'ecomagent plan "Clear winter jackets by 31 January" -o plan.json --yes',
    ),
)
def plan(
    session: Session,
    goal: Annotated[str, typer.Argument(help="The goal, in English or Chinese.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the plan to this file.")
    ] = None,
    assume_margin: Annotated[
        str | None,
        typer.Option(help="Gross margin to assume where no cost is on file, e.g. 0.5 or 50%."),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Where demand is fitted: local or spark; default: as set."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; exit with the question.")
    ] = False,
) -> int | None:
    """Plan for a goal: agents propose, policy checks, nothing in the shop is changed."""
    from ecomagent.cli.asking import Asker
    from ecomagent.domain.errors import ExitCode
    from ecomagent.plan.standing import start_of_day

    workspace = session.workspace.computing_on(engine)
    margin = _margin(assume_margin)
    _banner(session)
    asking = session.interactive and not yes
    now = workspace.clock.now()
    as_of = start_of_day(now, workspace.settings.shop.timezone)
    if asking and not _confirmed(session, goal, as_of):
        session.note("Nothing was planned.")
        return ExitCode.DONE
    with session.progress("planning") as progress:
        made = workspace.pipeline.plan(
            goal, as_of=as_of, assume_margin=margin,
            ask=Asker(session) if asking else None, progress=progress,
        )  # fmt: skip
    if output is not None:
        _write(made, output)
        session.note(f"The plan is in {output}.")
    session.emit(made, lambda: _render(session, made))
    if not made.actions:
        return ExitCode.REFUSED_BY_POLICY if made.refused else ExitCode.DONE
    return ExitCode.AWAITS_APPROVAL


@command(
    app,
    prints="plan",
    examples=(
        "ecomagent show",
        "ecomagent show plan-3f9a0c11d2",
        "ecomagent show plan.json --json",
    ),
)
def show(
    session: Session,
    plan: Annotated[
        str, typer.Argument(help="Id of a plan (or its beginning), or a file; default: the newest.")
    ] = "",
) -> int | None:
    """Show a plan and how far each of its actions has come."""
    from ecomagent.plan.reading import find_plan, where_it_stands

    found = find_plan(plan, session.workspace.repository)
    standing = where_it_stands(found, session.workspace.repository)
    session.emit(found, lambda: _render(session, found, standing))
    return None


@command(
    app,
    prints="action",
    examples=("ecomagent explain act-3f9a0c11", "ecomagent explain 3f9a --json"),
)
def explain(
    session: Session,
    action: Annotated[str, typer.Argument(help="Id of an action, or its beginning.")],
) -> int | None:
    """Explain an action: data, tool, graph path, and the rules that bound."""
    from ecomagent.plan.approval import edits_of

    kept = session.workspace.repository
    plan, found = kept.find_action(action)
    found = edits_of(kept.decisions_of(plan.plan_id)).get(found.id, found)
    session.emit(found, lambda: _explain(session, plan, found))
    return None


def _margin(text: str | None) -> Decimal | None:
    from decimal import InvalidOperation

    from ecomagent.domain.errors import UsageError

    if text is None:
        return None
    plain = text.strip().replace("\uff05", "%")
    try:
        value = Decimal(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value < 1:
        raise UsageError(
            f"“{text}” is no gross margin",
            where="--assume-margin",
            remedy="Give a fraction of the price from 0 to below 1, e.g. 0.5 or 50%.",
        )
    return value


def _banner(session: Session) -> None:
    backend = session.workspace.backend.describe()
    session.note(f"planner: {backend.name} — {backend.note_en}")


def _confirmed(session: Session, text: str, as_of: datetime) -> bool:
    """Show the goal as understood; open questions are asked later, where they arise."""
    from zoneinfo import ZoneInfo

    from ecomagent.agents.goal import describe_goal
    from ecomagent.agents.reading import read_goal, vocabulary_of

    services = session.workspace.services
    zone = ZoneInfo(services.settings.shop.timezone)
    goal = read_goal(
        services,
        text,
        today=as_of.astimezone(zone).date(),
        vocabulary=vocabulary_of(services.facts().as_of(as_of)),
    )
    if goal.open_questions:
        return True
    session.note(describe_goal(goal, goal.language))
    return typer.confirm("Plan for this?", default=True, err=True)


def _write(made: Plan, output: Path) -> None:
    from ecomagent.domain.errors import WorkspaceError

    try:
        output.write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(
            f"the plan cannot be written: {error.strerror}",
            where=str(output),
            remedy=f"It is kept in the workspace: `ecomagent show {made.plan_id}`.",
        ) from error


def titles(session: Session, made: Plan) -> Mapping[str, str]:
    """Titles of what a plan's actions change, by SKU and product."""
    from ecomagent.store.catalogue import titles_of

    wanted = {action.target.id for action in (*made.actions, *made.refused)}
    return titles_of(session.workspace.database, wanted)


def _render(session: Session, made: Plan, standing: Mapping[str, str] | None = None) -> None:
    from ecomagent.cli.render import plan_screen
    from ecomagent.plan.approval import edits_of

    edited = edits_of(session.workspace.repository.decisions_of(made.plan_id))
    for line in plan_screen(made, standing or {}, titles(session, made), edited):
        session.out.print(line)


def _explain(session: Session, plan: Plan, action: Action) -> None:
    from ecomagent.cli.render import explanation

    for line in explanation(plan, action, titles(session, plan)):
        session.out.print(line)
