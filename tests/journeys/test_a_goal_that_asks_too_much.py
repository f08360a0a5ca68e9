"""A goal wants more sold than its date allows: what to say instead has been planned as well."""

import re
from datetime import date

import pytest

from evals.sample_shop import write_sample_shop

TODAY = "2026-03-01"
GOAL = "Clear 16% of winter jackets by 31 March 2026 with margin at least 35%"
CHINESE = "2026年3月31日前清掉16%的羽绒服,毛利率不低于35%"
LATER = re.compile(r"until .* 2026: “(.*)”$")
SHORT = "Within its limits the goal is not reached"


@pytest.fixture(scope="module")
def shop(travels, tmp_path_factory):
    history = tmp_path_factory.mktemp("history")
    write_sample_shop(history, seed=7, products=48, days=400, end=date(2026, 2, 28))
    made = travels(tmp_path_factory.mktemp("shop"))
    made.types(TODAY, "init", ".", "--currency", "CNY", "--country", "CN")
    made.types(TODAY, "import", str(history))
    return made


def notes(shop, goal):
    return shop.types(TODAY, "plan", goal, "--yes", "--json", code=None)["notes"]


def test_the_goal_with_the_later_day_is_reached(shop):
    said = notes(shop, GOAL)
    assert any(note.startswith(SHORT) and "not 16%" in note for note in said)
    (goal,) = (found[1] for note in said if (found := LATER.match(note)))
    assert not any(note.startswith(SHORT) for note in notes(shop, goal))


def test_it_is_said_in_chinese_with_a_goal_to_paste(shop):
    said = notes(shop, CHINESE)
    assert any("预计只能售出库存的" in note and "而非 16%" in note for note in said)
    assert any(re.match(r"到2026年\d+月\d+日为止:“.*清理16%的库存.*”$", note) for note in said)
