"""Runs the graph: starts it, streams what agents do, stops at questions, resumes elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from ecomagent.agents.graph import pipeline
from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineInput, thread
from ecomagent.domain.errors import GoalUnclearError, PlanError
from ecomagent.domain.goal import Language, OpenQuestion
from ecomagent.domain.ids import random_id
from ecomagent.domain.plan import Plan
from ecomagent.domain.ports import Progress, silent

Ask = Callable[[tuple[OpenQuestion, ...], str], Mapping[str, str] | None]
"""Shows open questions and the goal's text; gives back the answers, or None to give up."""

Checkpointer = Callable[[], AbstractContextManager[BaseCheckpointSaver[Any]]]


class Pipeline:
    """One workspace's planning pipeline.

    Args:
        services: Ports and adapters.
        checkpointer: Opens where progress is kept between processes.
    """

    def __init__(self, services: Services, checkpointer: Checkpointer) -> None:
        self._services = services
        self._checkpointer = checkpointer

    def plan(
        self,
        goal_text: str,
        *,
        as_of: datetime,
        assume_margin: Decimal | None = None,
        ask: Ask | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """Plan for a goal, up to the point where people decide.

        Raises:
            GoalUnclearError: Something is open and there is nobody to ask.
            PlanError: The pipeline ended without a plan.
        """
        self._judge_prices(as_of, progress)
        run_id = random_id("run")
        start: PipelineInput = {
            "run_id": run_id,
            "goal_text": goal_text,
            "as_of": as_of.isoformat(),
            "assume_margin": None if assume_margin is None else str(assume_margin),
        }
        with self._checkpointer() as saver:
            graph = pipeline(self._services).compile(checkpointer=saver)
            config = thread(run_id)
            todo: Any = start
            while True:
                self._stream(graph, todo, config, progress)
                state = graph.get_state(config)
                if state.next != ("clarify",):
                    break
                todo = Command(resume=self._clarified(state.values, ask))
        plan_id = state.values.get("plan_id")
        if not plan_id:
            raise PlanError("planning ended without a plan", where=run_id)
        return self._services.repository.get_plan(plan_id)

    def apply(self, plan: Plan, *, progress: Progress = silent) -> dict[str, Any]:
        """Carry out what was approved of a plan, resuming the run that made it.

        Returns:
            The apply report as JSON values.
        """
        run_id = plan.run_id or f"run-of-{plan.plan_id}"
        with self._checkpointer() as saver:
            graph = pipeline(self._services).compile(checkpointer=saver)
            config = thread(run_id)
            state = graph.get_state(config)
            if state.values.get("plan_id") != plan.plan_id or not state.next:
                run_id = f"{run_id}-{random_id('again')}"
                config = thread(run_id)
                self._stream(graph, {"run_id": run_id, "plan_id": plan.plan_id}, config, progress)
                state = graph.get_state(config)
            todo: Any = Command(resume="decided") if state.next == ("approval",) else None
            self._stream(graph, todo, config, progress)
            report: dict[str, Any] = graph.get_state(config).values.get("report", {})
        return report

    def _judge_prices(self, as_of: datetime, progress: Progress) -> None:
        """In a shop that learns, who sets prices is judged anew before each plan."""
        services = self._services
        if services.settings.pricing.mode == "learn":
            progress("pricing", "judging the prices that were drawn before")
            services.gatekeeper().judge(services.facts(), as_of=as_of, now=services.clock.now())

    def _clarified(self, values: Mapping[str, Any], ask: Ask | None) -> Mapping[str, str]:
        questions = tuple(OpenQuestion.model_validate(q) for q in values["questions"])
        answers = ask(questions, values["goal_text"]) if ask else None
        if not answers:
            raise GoalUnclearError(
                " ".join(question.question for question in questions),
                where=values["goal_text"],
                remedy=_how_to_answer(questions, values["goal"]["language"]),
            )
        return answers

    @staticmethod
    def _stream(graph: Any, todo: Any, config: Any, progress: Progress) -> None:
        for event in graph.stream(todo, config, stream_mode="custom"):
            progress(event["agent"], event["doing"])


def _how_to_answer(questions: Sequence[OpenQuestion], language: Language) -> str:
    """What to write where nobody is there to be asked."""
    said = " | ".join(option for question in questions for option in question.options)
    if all(question.field == "assume_margin" for question in questions):
        return said
    if language == "zh":
        return f"请在目标中写明,例如:{said}" if said else "请在目标中写明。"
    return f"State it in the goal, e.g. {said}" if said else "State it in the goal."
