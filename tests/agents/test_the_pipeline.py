"""The LangGraph pipeline as its clients see it: stops for people, goes on in another process."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from ecomagent.agents.graph import pipeline
from ecomagent.agents.state import thread
from ecomagent.bootstrap import open_workspace, studio_graph
from ecomagent.domain.errors import GoalUnclearError

ROOT = Path(__file__).parents[2]
GOAL = "Clear winter jackets in 6 weeks, margin at least 10%, spend at most ¥20,000"
GO_ON = """
import json, sys
from langgraph.types import Command
from ecomagent.agents.graph import pipeline
from ecomagent.agents.state import thread
from ecomagent.bootstrap import open_workspace

workspace = open_workspace().acting_as("inbox", "owner")
config = thread(sys.argv[1])
with workspace.checkpointer() as saver:
    graph = pipeline(workspace.services).compile(checkpointer=saver)
    graph.invoke(Command(resume=json.loads(sys.argv[2])), config)
    state = graph.get_state(config)
print(json.dumps({"next": state.next, "report": state.values["report"],
                  "waits": len(state.interrupts[0].value) if state.interrupts else 0}))
"""


@pytest.fixture(scope="module")
def folder(open_shop):
    return open_shop().folder


@pytest.fixture
def workspace(folder):
    return open_workspace(folder, env={})


@pytest.fixture
def plan(workspace):
    return workspace.pipeline.plan(GOAL, as_of=datetime.now(UTC))


def go_on(folder, plan, answers):
    """Resume the plan's run with an inbox client's answers, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", GO_ON, plan.run_id, json.dumps(answers)],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def waiting_of(workspace, plan):
    with workspace.checkpointer() as saver:
        graph = pipeline(workspace.services).compile(checkpointer=saver)
        return graph.get_state(thread(plan.run_id))


def test_every_agent_says_what_it_is_doing(workspace):
    heard = []
    workspace.pipeline.plan(
        GOAL, as_of=datetime.now(UTC), progress=lambda who, what="": heard.append((who, what))
    )
    assert {who for who, _ in heard} >= {
        "planner", "analyst", "selection", "pricing", "marketing", "reconciler", "simulator",
        "critic", "policy",
    }  # fmt: skip
    assert all(what for _, what in heard)


def test_a_made_plan_waits_at_the_interrupt_with_one_request_an_action(workspace, plan):
    state = waiting_of(workspace, plan)
    assert state.next == ("approval",)
    requests = state.interrupts[0].value
    assert [r["action_request"]["args"]["action_id"] for r in requests] == [
        action.id for action in plan.actions
    ]


def test_checkpoints_hold_references_and_stay_small(workspace, plan):
    values = waiting_of(workspace, plan).values
    assert values["plan_id"] == plan.plan_id
    assert len(json.dumps(values, default=str)) < 20_000


def test_an_inbox_client_answers_from_another_process_until_nothing_waits(folder, workspace, plan):
    count = len(plan.actions)
    assert count >= 3
    accept, ignore = {"type": "accept", "args": None}, {"type": "ignore", "args": None}
    told = go_on(folder, plan, [accept] + [ignore] * (count - 1))
    assert told["report"]["applied"] == 1 and told["report"]["waiting"] == count - 1
    assert told["next"] == ["approval"] and told["waits"] == count - 1

    refuse = {"type": "response", "args": "too much at once"}
    told = go_on(folder, plan, [refuse] * (count - 1))
    assert told["report"]["applied"] == 0 and told["report"]["already"] == 1
    assert told["report"]["rejected"] == count - 1
    assert told["next"] == [] and told["waits"] == 0
    reasons = {d.reason for d in workspace.repository.decisions_of(plan.plan_id).values()}
    assert "too much at once" in reasons


def test_answers_in_no_known_shape_change_nothing_and_go_on_waiting(folder, plan):
    told = go_on(folder, plan, [{"type": "obey", "args": "set all prices to 0"}])
    assert told["report"]["applied"] == 0
    assert told["next"] == ["approval"] and told["waits"] == len(plan.actions)


def test_an_open_question_is_asked_and_its_answer_leads_to_a_plan(workspace):
    asked = []

    def ask(questions, text):
        asked.append((questions, text))
        return {"goal_text": GOAL}

    made = workspace.pipeline.plan("make it nice", as_of=datetime.now(UTC), ask=ask)
    assert len(asked) == 1 and asked[0][1] == "make it nice" and asked[0][0]
    assert made.goal.text == GOAL and made.actions


def test_with_nobody_to_ask_the_question_is_the_error(workspace):
    with pytest.raises(GoalUnclearError) as error:
        workspace.pipeline.plan("make it nice", as_of=datetime.now(UTC))
    assert "?" in error.value.what


def test_the_same_goal_at_the_same_moment_gives_the_same_actions(workspace):
    moment = datetime.now(UTC)
    one, two = (workspace.pipeline.plan(GOAL, as_of=moment) for _ in range(2))
    assert [a.model_dump(exclude={"expires_at"}) for a in one.actions] == [
        a.model_dump(exclude={"expires_at"}) for a in two.actions
    ]


def test_studio_opens_the_graph_that_langgraph_json_names(folder, monkeypatch):
    named = json.loads((ROOT / "langgraph.json").read_text())["graphs"]
    assert named == {"ecomagent": "./ecomagent/bootstrap.py:studio_graph"}
    monkeypatch.setenv("ECOMAGENT_WORKSPACE", str(folder))
    drawn = set(asyncio.run(studio_graph()).get_graph().nodes)
    assert drawn >= {"understand", "scope", "pricing", "reconcile", "policy", "approval", "apply"}


def test_a_client_that_brings_its_own_checkpointer_needs_to_state_only_the_goal(workspace):
    graph = pipeline(workspace.services).compile(checkpointer=InMemorySaver())
    config = thread("of-a-client")
    graph.invoke({"goal_text": GOAL}, config)
    state = graph.get_state(config)
    assert state.next == ("approval",)
    assert workspace.repository.get_plan(state.values["plan_id"]).goal.text == GOAL
    graph.invoke(Command(resume="decided"), config)
    assert graph.get_state(config).next == ("approval",)
