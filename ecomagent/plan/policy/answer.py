"""Answers a goal that asks for more than the policy allows: with the policy, not with obedience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ecomagent.domain.goal import Goal, Language
from ecomagent.domain.money import Money
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.ruling import percent


@dataclass(frozen=True)
class GoalAnswer:
    """What a goal asks, and what the policy says to it."""

    rule: str
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """In the merchant's language."""
        return self.zh if language == "zh" else self.en


def check_goal(policy: Policy, goal: Goal) -> tuple[GoalAnswer, ...]:
    """Where the goal asks for more than the policy allows; empty where it does not."""
    return tuple(_answers(policy, goal))


def _answers(policy: Policy, goal: Goal) -> Iterator[GoalAnswer]:
    asked = goal.constraints
    floor = policy.margin.min_margin
    if asked.min_margin is not None and asked.min_margin < floor:
        yield GoalAnswer(
            "margin_floor",
            f"The goal allows a margin of {percent(asked.min_margin)}; the policy keeps at least"
            f" {percent(floor)}.",
            f"目标允许毛利率 {percent(asked.min_margin)};策略要求至少 {percent(floor)}。",
        )
    yield from _share(
        "promotion_depth", "discounts", "折扣", asked.max_discount, policy.promotion.max_depth
    )
    yield from _share(
        "max_change_per_day", "price changes", "调价", asked.max_price_change,
        policy.price.max_change_per_day,
    )  # fmt: skip
    budget = asked.budget
    if budget is None:
        return
    if budget.currency != policy.currency:
        yield GoalAnswer(
            "campaign_budget",
            f"The budget is in {budget.currency}, the shop's money is {policy.currency}: nothing is"
            " spent from it.",
            f"预算币种为 {budget.currency},店铺币种为 {policy.currency}:不会动用该预算。",
        )
    elif budget.amount > policy.budget.per_run:
        most = Money.of(policy.budget.per_run, policy.currency)
        yield GoalAnswer(
            "campaign_budget",
            f"The goal offers {budget.money.display('en')}; the policy spends at most"
            f" {most.display('en')} on the campaigns of one plan.",
            f"目标预算为 {budget.money.display('zh')};策略规定单个计划的营销支出不超过"
            f" {most.display('zh')}。",
        )


def _share(
    rule: str, what_en: str, what_zh: str, asked: Decimal | None, allowed: Decimal
) -> Iterator[GoalAnswer]:
    if asked is not None and asked > allowed:
        yield GoalAnswer(
            rule,
            f"The goal allows {what_en} up to {percent(asked)}; the policy allows"
            f" {percent(allowed)}.",
            f"目标允许{what_zh}至 {percent(asked)};策略上限为 {percent(allowed)}。",
        )
