"""The stricter of goal and policy, limit by limit, with the name of the one that binds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ecomagent.domain.goal import Budget
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.model import Policy


@dataclass(frozen=True)
class Limit:
    """A figure and who set it (``policy`` or ``goal``)."""

    value: Decimal
    source: str


def _least(policy: Decimal, goal: Decimal | None) -> Limit:
    return Limit(goal, "goal") if goal is not None and goal < policy else Limit(policy, "policy")


def _most(policy: Decimal, goal: Decimal | None) -> Limit:
    return Limit(goal, "goal") if goal is not None and goal > policy else Limit(policy, "policy")


def margin_floor(policy: Policy, context: PolicyContext) -> Limit:
    """Least gross margin of a price. A restored price was not the goal's choice."""
    asked = None if context.restoring else context.constraints.min_margin
    return _most(policy.margin.min_margin, asked)


def promotion_depth(policy: Policy, context: PolicyContext) -> Limit:
    """Deepest discount; a goal that limits price changes and is silent on discounts means both."""
    constraints = context.constraints
    asked = constraints.max_discount
    return _least(
        policy.promotion.max_depth, constraints.max_price_change if asked is None else asked
    )


def run_budget(policy: Policy, context: PolicyContext) -> Limit:
    """Most that the campaigns of one plan may cost; a budget in foreign money buys nothing."""
    return _least(policy.budget.per_run, goal_budget(context))


def spend_left(policy: Policy, context: PolicyContext) -> Limit:
    """What campaigns of this plan may still cost under run, day and month together."""
    run, committed = run_budget(policy, context), context.committed_spend
    left = [
        Limit(run.value - committed, f"{run.source}, per run"),
        Limit(policy.budget.per_day - context.spent_today - committed, "policy, per day"),
        Limit(policy.budget.per_month - context.spent_month - committed, "policy, per month"),
    ]
    shared = goal_budget(context) if policy.budget.goal_covers_reorders else None
    if shared is not None:
        left.append(Limit(shared - committed - context.committed_cash, "goal, per run"))
    least = min(left, key=lambda limit: limit.value)
    return Limit(max(least.value, Decimal(0)), least.source)


def cash_left(policy: Policy, context: PolicyContext) -> Limit:
    """What purchase orders of this plan may still cost."""
    left = Limit(policy.reorder.max_cash - context.committed_cash, "policy")
    budget = goal_budget(context)
    if budget is not None and policy.budget.goal_covers_reorders:
        asked = budget - context.committed_cash - context.committed_spend
        if asked < left.value:
            left = Limit(asked, "goal's budget")
    return Limit(max(left.value, Decimal(0)), left.source)


def goal_budget(context: PolicyContext) -> Decimal | None:
    """What the goal offers to spend in all; a budget in foreign money buys nothing."""
    budget: Budget | None = context.constraints.budget
    if budget is None or context.restoring:
        return None
    return budget.amount if budget.currency == context.currency else Decimal(0)
