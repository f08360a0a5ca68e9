"""Waits for people, in the shape that Agent Inbox clients show, then records what they said."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt

from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.plan.inbox import inbox_requests, record_answers


def approval(services: Services, state: PipelineState) -> dict[str, Any]:
    """Hold until somebody answers; nothing else happens in this node."""
    plan = services.repository.get_plan(state["plan_id"])
    waiting = inbox_requests(plan, services.repository.decisions_of(plan.plan_id))
    return {"answers": interrupt(waiting)}


def record(services: Services, state: PipelineState) -> dict[str, Any]:
    """Store what an inbox client answered; the command line's decisions are stored already."""
    answers = state.get("answers")
    if isinstance(answers, list):
        plan = services.repository.get_plan(state["plan_id"])
        recorded = record_answers(
            plan, answers, services.reviewer(), context=lambda: services.context_for(plan)
        )
        for problem in recorded.problems:
            say("approval", problem)
    return {"answers": None}
