"""The whole pipeline on one page.

``understand → scope → analyse → specialists → reconcile → simulate → critique → policy →
approval (interrupt) → record → apply``. Nodes are thin; nodes with side effects (``policy``
stores the plan, ``record`` decisions, ``apply`` the shop) have one effect each and are
idempotent, since a resumed node runs again from its start.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from langgraph.graph import END, START, StateGraph

from ecomagent.agents import (
    analyse,
    approve,
    critique,
    execute,
    govern,
    reconcile,
    scope,
    simulate,
    specialists,
    understand,
)
from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineInput, PipelineState

ANALYSES = {
    "demand": analyse.demand,
    "prices": analyse.prices,
    "customers": analyse.customers,
}
SPECIALISTS = {
    "selection": specialists.selection,
    "pricing": specialists.pricing,
    "marketing": specialists.marketing,
    "replenishment": specialists.replenishment,
}


def _entry(state: PipelineState) -> str:
    return "approval" if state.get("plan_id") else "understand"


def _after_understanding(state: PipelineState) -> str:
    return "clarify" if state.get("questions") else "scope"


def _after_scope(state: PipelineState) -> list[str]:
    return ["clarify"] if state.get("questions") else list(ANALYSES)


def _after_policy(state: PipelineState) -> str:
    return "approval" if state.get("plan_id") else END


def _after_apply(state: PipelineState) -> str:
    return "approval" if state.get("report", {}).get("waiting") else END


def pipeline(services: Services) -> StateGraph[Any, Any, Any, Any]:
    """The graph with its services bound, not yet compiled; the caller adds a checkpointer."""
    graph = StateGraph(PipelineState, input_schema=PipelineInput)
    nodes = {
        "understand": understand.understand,
        "clarify": understand.clarify,
        "scope": scope.scope,
        **ANALYSES,
        **SPECIALISTS,
        "reconcile": reconcile.reconcile,
        "simulate": simulate.simulate,
        "critique": critique.critique,
        "policy": govern.govern,
        "approval": approve.approval,
        "record": approve.record,
        "apply": execute.execute,
    }
    for name, node in nodes.items():
        graph.add_node(name, partial(node, services))
    graph.add_conditional_edges(START, _entry, ["understand", "approval"])
    graph.add_conditional_edges("understand", _after_understanding, ["clarify", "scope"])
    graph.add_edge("clarify", "understand")
    graph.add_conditional_edges("scope", _after_scope, ["clarify", *ANALYSES])
    for specialist in SPECIALISTS:
        graph.add_edge(list(ANALYSES), specialist)
    graph.add_edge(list(SPECIALISTS), "reconcile")
    graph.add_edge("reconcile", "simulate")
    graph.add_edge("simulate", "critique")
    graph.add_edge("critique", "policy")
    graph.add_conditional_edges("policy", _after_policy, ["approval", END])
    graph.add_edge("approval", "record")
    graph.add_edge("record", "apply")
    graph.add_conditional_edges("apply", _after_apply, ["approval", END])
    return graph
