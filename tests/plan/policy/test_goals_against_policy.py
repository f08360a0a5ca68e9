"""A goal that asks for more than the policy allows is answered with the policy."""

from decimal import Decimal

import pytest

from ecomagent.domain.goal import Budget, Constraints, Goal
from ecomagent.plan.policy import check_goal, parse_policy
from ecomagent.plan.policy.file import default_policy_text

POLICY = parse_policy(default_policy_text("GBP"))


def answers(**constraints):
    goal = Goal(text="…", constraints=Constraints(**constraints))
    return check_goal(POLICY, goal)


@pytest.mark.parametrize(
    ("constraints", "rule", "figures"),
    [
        ({"min_margin": Decimal("0.05")}, "margin_floor", ("5 %", "15 %")),
        ({"max_discount": Decimal("0.7")}, "promotion_depth", ("70 %", "40 %")),
        ({"max_price_change": Decimal("0.5")}, "max_change_per_day", ("50 %", "10 %")),
    ],
)
def test_each_excess_is_answered_with_both_figures_in_both_languages(constraints, rule, figures):
    (answer,) = answers(**constraints)
    assert answer.rule == rule
    for language in ("en", "zh"):
        assert all(figure in answer.text(language) for figure in figures)


def test_a_budget_above_the_policy_or_in_other_money_is_answered():
    (answer,) = answers(budget=Budget(amount=Decimal(90000), currency="GBP"))
    assert "£90,000.00" in answer.text("en") and "£5,000.00" in answer.text("en")
    (answer,) = answers(budget=Budget(amount=Decimal(100), currency="EUR"))
    assert "EUR" in answer.text("zh") and "GBP" in answer.text("zh")


def test_a_goal_within_the_policy_needs_no_answer():
    assert not answers(min_margin=Decimal("0.35"), max_price_change=Decimal("0.1"),
                       budget=Budget(amount=Decimal(2000), currency="GBP"))  # fmt: skip
