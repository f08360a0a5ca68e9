"""Asks a person at the terminal what a goal leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ecomagent.cli.session import Session
    from ecomagent.domain.goal import OpenQuestion


class Asker:
    """Puts open questions to the person; an answer is an option's number or words of their own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(
        self, questions: tuple[OpenQuestion, ...], goal_text: str
    ) -> Mapping[str, str] | None:
        """The goal's text with the answers in it; None when every answer is left empty."""
        with self._session.asking():
            return self._settled(questions, goal_text)

    def _settled(
        self, questions: tuple[OpenQuestion, ...], goal_text: str
    ) -> Mapping[str, str] | None:
        from ecomagent.agents.goal import settle_replies
        from ecomagent.domain.errors import GoalUnclearError

        replies = [self._ask(question) for question in questions]
        while any(replies):
            try:
                return settle_replies(goal_text, questions, replies)
            except GoalUnclearError as error:
                self._session.note(f"{error.what}. {error.remedy}")
                replies = [
                    self._ask(question) if question.field == "assume_margin" else reply
                    for question, reply in zip(questions, replies, strict=True)
                ]
        return None

    def _ask(self, question: OpenQuestion) -> str:
        self._session.note(question.question)
        for number, option in enumerate(question.options, start=1):
            self._session.note(f"  {number}  {option}")
        said: str = typer.prompt(">", default="", show_default=False, prompt_suffix=" ", err=True)
        return said.strip()
