"""A goal whose limits leave nothing to do comes back with the least that has to give."""

import re
from datetime import UTC, datetime

import pytest

from ecomagent.bootstrap import open_workspace


@pytest.fixture(scope="module")
def folder(open_shop):
    return open_shop().folder


def notes_of(folder, goal: str) -> str:
    workspace = open_workspace(folder, env={})
    plan = workspace.pipeline.plan(goal, as_of=datetime.now(UTC))
    assert plan.actions == ()
    return "\n".join(plan.notes)


def test_a_margin_that_no_price_keeps_is_named_with_what_it_would_have_to_be(folder):
    said = notes_of(folder, "Clear winter jackets in 4 weeks by price only, margin at least 95%")
    assert "The least that would have to give: the gross margin may fall to" in said
    assert "(the goal says 95%)" in said
    (goal,) = re.findall(r"Planned anew, this goal has something to do: “(.*)”", said)
    assert "margin at least" in goal
    assert open_workspace(folder, env={}).pipeline.plan(goal, as_of=datetime.now(UTC)).actions


def test_it_is_said_in_the_users_language(folder):
    said = notes_of(folder, "4周内只用调价清掉羽绒服库存,毛利率不低于95%")
    assert "至少需要放宽:毛利率可降至" in said
    assert "目标现为 95%" in said
    assert "这样的目标可行:“" in said


def test_no_budget_for_campaigns_is_named(folder):
    said = notes_of(folder, "Win back customers in 4 weeks with campaigns only, no budget")
    assert "campaigns may cost" in said
