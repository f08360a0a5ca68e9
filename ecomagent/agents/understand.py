"""Understands the goal, and asks the merchant what it leaves open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from langgraph.types import interrupt

from ecomagent.agents.reading import read_goal, vocabulary_of
from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.ids import random_id
from ecomagent.plan.policy import check_goal


def understand(services: Services, state: PipelineState) -> dict[str, Any]:
    """Read the goal text; open questions lead to ``clarify``.

    A client that starts a run with nothing but a goal gets a run of its own, as of now.
    """
    say("planner", f"reading the goal ({services.backend.describe().name})")
    as_of = datetime.fromisoformat(state["as_of"]) if "as_of" in state else services.clock.now()
    view = services.facts().as_of(as_of)
    goal = read_goal(services, state["goal_text"], today=view.today, vocabulary=vocabulary_of(view))
    answers = check_goal(services.policy(), goal)
    return {
        "run_id": state.get("run_id") or random_id("run"),
        "as_of": as_of.isoformat(),
        "goal": goal.model_dump(mode="json"),
        "questions": [question.model_dump(mode="json") for question in goal.open_questions],
        "notes": [answer.text(goal.language) for answer in answers],
    }


def clarify(services: Services, state: PipelineState) -> dict[str, Any]:
    """Ask the merchant; the answer is a dictionary of ``goal_text`` and/or ``assume_margin``."""
    answer = interrupt({"questions": state["questions"]})
    return {key: answer[key] for key in ("goal_text", "assume_margin") if key in answer}
