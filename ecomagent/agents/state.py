"""What travels through the graph: references and small values, never frames."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from langchain_core.runnables import RunnableConfig


def merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Both dictionaries; the right one wins. Lets parallel nodes report side by side."""
    return {**left, **right}


class PipelineInput(TypedDict, total=False):
    """What starts a run: a goal to plan for, or a plan that is already made."""

    run_id: str
    goal_text: str
    assume_margin: str | None
    """Gross margin assumed where no cost is on file, as a decimal fraction."""
    as_of: str
    """Moment the plan may know, ISO 8601 UTC."""
    plan_id: str
    """A sealed plan that goes straight to approval (a rollback, or one from a file)."""


class PipelineState(PipelineInput, total=False):
    """Everything nodes tell each other."""

    goal: dict[str, Any]
    questions: list[dict[str, Any]]
    notes: list[str]
    levers: list[str]
    menus: Annotated[dict[str, int], merged]
    """Specialist to the number of candidates on its menu; the menus lie in the run's folder."""
    chosen: list[str]
    """Ids of the candidates that the joint choice took."""
    choice: dict[str, Any] | None
    """How it was made: solver, bound, what held it back."""
    forecast: dict[str, Any]
    objections: list[str]
    """What the critic holds against the plan, for its reviewers."""
    answers: Any
    """What a client of the approval interrupt sent back."""
    report: dict[str, Any]


NodeName = Literal[
    "understand", "scope", "clarify", "demand", "prices", "customers", "selection", "pricing",
    "marketing", "replenishment", "reconcile", "simulate", "critique", "policy", "approval",
    "record", "apply",
]  # fmt: skip


def thread(run_id: str) -> RunnableConfig:
    """Where the checkpoints of a run are kept."""
    return {"configurable": {"thread_id": run_id}, "recursion_limit": 60}
