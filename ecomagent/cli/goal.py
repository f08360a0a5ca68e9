"""goal parse: what the tool understands of a goal, before anything is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.agents.goal import Vocabulary
    from ecomagent.domain.goal import Goal

goals = group("goal", "Goals as the tool understands them.")


@command(
    goals,
    prints="goal",
    examples=(
        'ecomagent goal parse "Grow gross profit next month, margin at least 35%, budget £2k"',
        'ecomagent goal parse "月底前清掉羽绒服库存,最多打八折" --json',
        'ecomagent goal parse "Sell more mugs" --currency GBP',
    ),
)
def parse(
    session: Session,
    text: Annotated[str, typer.Argument(help="The goal, in English or Chinese.")],
    currency: Annotated[
        str | None,
        typer.Option(help="Read the goal for a shop of this currency, without a workspace."),
    ] = None,
) -> int | None:
    """Show how a goal is understood; exit code 2 where it leaves a question open."""
    from ecomagent.domain.errors import ExitCode

    goal = _read(session, text, currency)
    while goal.open_questions and session.interactive:
        from ecomagent.cli.asking import Asker

        answers = Asker(session)(goal.open_questions, goal.text)
        if not answers:
            break
        goal = _read(session, answers["goal_text"], currency)
    session.emit(goal, lambda: _render(session, goal))
    return ExitCode.USAGE if goal.open_questions else ExitCode.DONE


def _read(session: Session, text: str, currency: str | None) -> Goal:
    from datetime import UTC, datetime

    from ecomagent.agents.goal import parse_goal

    if currency is not None:
        from ecomagent.domain.money import minor_digits

        minor_digits(currency)
        return parse_goal(text, currency=currency, today=datetime.now(UTC).date())
    from zoneinfo import ZoneInfo

    from ecomagent.agents.reading import read_goal

    workspace = session.workspace
    zone = ZoneInfo(workspace.settings.shop.timezone)
    today = workspace.clock.now().astimezone(zone).date()
    return read_goal(workspace, text, today=today, vocabulary=_vocabulary(session))


def _vocabulary(session: Session) -> Vocabulary:
    """The shop's own words; none before anything was imported."""
    from ecomagent.agents.goal import Vocabulary
    from ecomagent.agents.reading import vocabulary_of
    from ecomagent.domain.errors import FactsError

    workspace = session.workspace
    try:
        return vocabulary_of(workspace.facts().as_of(workspace.clock.now()))
    except FactsError:
        session.note("Nothing was imported yet: no product names are known.")
        return Vocabulary()


def _render(session: Session, goal: Goal) -> None:
    from rich.text import Text

    from ecomagent.agents.goal import describe_goal

    if goal.text:
        session.out.print(Text(describe_goal(goal)))
    for question in goal.open_questions:
        session.out.print(Text(f"? {question.question}", style="bold"))
        for option in question.options:
            session.out.print(Text(f"    · {option}"))
