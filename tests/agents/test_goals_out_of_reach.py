"""What is said where a share of the stock cannot be sold in time: only what planning found true."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ecomagent.agents.goal import Vocabulary, parse_goal
from ecomagent.agents.reaching import what_reaches
from ecomagent.agents.what_if import Planned
from ecomagent.plan.policy import parse_policy
from ecomagent.plan.policy.file import default_policy_text

TODAY = date(2026, 12, 1)
WORDS = Vocabulary(categories=frozenset({"Jackets"}))


def read(text):
    return parse_goal(text, currency="GBP", today=TODAY, vocabulary=WORDS, country="GB")


class Shop:
    """Sells a hundredth more for each week, and for each hundredth of margin or discount given."""

    def __init__(self, text, start, week=0.01, margin=0.01, discount=0.0):
        self.goal, self.start, self.worth = read(text), start, (week, margin, discount)
        self.bench = SimpleNamespace(
            goal=self.goal,
            policy=parse_policy(default_policy_text("GBP")),
            moments=SimpleNamespace(today=TODAY),
            horizon_days=self.goal.days_from(TODAY),
            currency="GBP",
        )

    def plan(self, goal):
        now, limits = self.goal.constraints, goal.constraints
        weeks = (goal.days_from(TODAY) - self.goal.days_from(TODAY)) / 7
        margin = float((now.min_margin or 0) - (limits.min_margin or 0))
        discount = float((limits.max_discount or 0) - (now.max_discount or 0))
        given = (weeks / 100, margin, discount)
        more = sum(100 * each * worth for each, worth in zip(given, self.worth, strict=True))
        return Planned(3, self.start + more)

    def told(self):
        return what_reaches(self.bench, self.start, self)


GOAL = "Clear all jackets by 31 January with margin at least 35%"
CHINESE = "1月31日前清空Jackets库存,毛利率不低于35%"


def test_each_thing_that_would_do_is_named_by_as_little_as_will_do():
    said = Shop(GOAL, 0.925).told()
    assert "until 31 January 2027 about 92% of the stock is sold, not 100%" in said[0]
    assert [line.split(":")[0] for line in said[1:]] == [
        "92% of the stock", "until 21 February 2027", "margin at least 32%",
    ]  # fmt: skip


def test_what_is_quoted_is_a_goal_that_reaches_what_it_says():
    shop = Shop(GOAL, 0.925)
    for line in shop.told()[1:]:
        again = read(line[line.index("“") + 1 : -1])
        assert again.objective == shop.goal.objective and not again.open_questions
        assert shop.plan(again).cleared >= min(float(again.cleared), 0.95)


def test_it_is_said_in_chinese():
    said = Shop(CHINESE, 0.925).told()
    assert "预计只能售出库存的 92%,而非 100%" in said[0]
    assert said[2].startswith("到2027年2月21日为止:") and said[3].startswith("毛利率不低于32%:")
    assert "毛利率不低于32%" in said[3].split("“", 1)[1]


def test_where_nothing_alone_would_do_the_least_of_two_is_named():
    said = Shop(GOAL, 0.705).told()
    assert [line.split(":")[0] for line in said[1:]] == [
        "70% of the stock", "until 7 March 2027 + margin at least 15%",
    ]  # fmt: skip
    both = read(said[-1][said[-1].index("“") + 1 : -1])
    assert (both.until, both.constraints.min_margin) == (date(2027, 3, 7), Decimal("0.15"))


def test_where_nothing_would_do_that_is_said():
    said = Shop(GOAL, 0.2).told()
    assert len(said) == 3 and said[-1].startswith("Neither 12 weeks more nor looser limits")


@pytest.mark.parametrize("text", ["Clear jackets by 31 January", "Grow profit of all jackets"])
def test_a_goal_that_names_no_share_is_not_held_against_one(text):
    assert Shop(text, 0.1).told() == []


def test_what_is_reached_needs_no_word():
    assert Shop(GOAL, 0.96).told() == []
