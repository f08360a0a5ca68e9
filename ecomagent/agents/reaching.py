"""A goal that its limits keep from being reached: what would reach it, each way planned to be sure.

The ways are a smaller share, a later day, and the goal's own limits, each by as little as will do.
What policy.toml says stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from ecomagent.agents.goal import describe_goal
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.agents.goal.wording import limit, percent, until
from ecomagent.domain.goal import Budget, Constraints, Goal, Language, Objective

if TYPE_CHECKING:
    from ecomagent.agents.what_if import WhatIf
    from ecomagent.agents.workbench import Workbench
    from ecomagent.plan.policy import Policy

ALL = Decimal("0.95")
"""What counts as all of the stock: the last units sell on no day that could be named."""
WEEKS = 12
"""Weeks later that are looked at."""
BUDGETS = 20
"""Amounts between the goal's budget and the policy's that are told apart."""
HUNDREDTH = Decimal("0.01")
NEITHER: dict[Language, str] = {
    "en": f"Neither {WEEKS} weeks more nor looser limits of the goal would do within policy.toml.",
    "zh": f"再延长 {WEEKS} 周,或在 policy.toml 允许的范围内放宽目标的限制,都无法实现。",
}
Change = Callable[[Goal], Goal]


@dataclass(frozen=True)
class Step:
    """Something of the goal that gives a little.

    Attributes:
        said: What it says then, in the goal's language.
        change: The goal with it.
    """

    said: str
    change: Change


Way = Sequence[Step]
"""Steps of one thing, each giving more than the one before."""


@dataclass(frozen=True)
class Reached:
    """A goal that can be reached, and what it says otherwise."""

    said: str
    goal: Goal


def wanted_share(goal: Goal) -> Decimal | None:
    """Share of the stock to be sold for the goal to count as reached; None where none is named."""
    if goal.objective is not Objective.CLEAR_STOCK or goal.cleared is None:
        return None
    return min(goal.cleared, ALL)


def what_reaches(bench: Workbench, share: float, what_if: WhatIf) -> list[str]:
    """Why the goal is not reached and what would reach it: lines in its language.

    Nothing where it is reached, or names no share.

    Args:
        bench: The run's workbench.
        share: Of the stock that its plan sells by the last day.
        what_if: Plans other goals.
    """
    goal = bench.goal
    wanted = wanted_share(goal)
    if wanted is None or share >= float(wanted):
        return []

    def reaches(change: Change) -> bool:
        return what_if.plan(change(goal)).cleared >= float(wanted)

    ways = [way for way in _ways(bench) if way]
    found = list(_smallest(goal, ways, reaches))
    lines = [_line(each) for each in (*_less(goal, share), *found)]
    return [_head(bench, share), *lines, *([] if found else [NEITHER[goal.language]])]


def _less(goal: Goal, share: float) -> Iterator[Reached]:
    """The share that the plan itself sells."""
    part = Decimal(str(share)).quantize(HUNDREDTH, rounding=ROUND_FLOOR)
    if part <= 0:
        return
    shown = percent(part)
    said = f"清理{shown}的库存" if goal.language == "zh" else f"{shown} of the stock"
    yield Reached(said, goal.model_copy(update={"cleared": part}))


def _smallest(
    goal: Goal, ways: Sequence[Way], reaches: Callable[[Change], bool]
) -> Iterator[Reached]:
    """Every single thing that suffices; where none does, the first two that do together."""
    found = [_least(way, reaches) for way in ways if reaches(way[-1].change)]
    for one, other in combinations(ways, 2) if not found else ():
        if reaches(_both(one[-1], other[-1]).change):
            mine = one[_place(one, lambda step: reaches(_both(step, other[-1]).change))]  # noqa: B023
            found = [_least([_both(mine, step) for step in other], reaches)]
            break
    for step in found:
        yield Reached(step.said, step.change(goal))


def _both(one: Step, other: Step) -> Step:
    return Step(f"{one.said} + {other.said}", lambda goal: other.change(one.change(goal)))


def _least(way: Way, reaches: Callable[[Change], bool]) -> Step:
    return way[_place(way, lambda step: reaches(step.change))]


def _place(way: Way, holds: Callable[[Step], bool]) -> int:
    """The first step at which something holds, where it does at the last and from there on."""
    low, high = 0, len(way) - 1
    while low < high:
        middle = (low + high) // 2
        if holds(way[middle]):
            high = middle
        else:
            low = middle + 1
    return high


def _ways(bench: Workbench) -> Iterator[Way]:
    policy, limits = bench.policy, bench.goal.constraints
    yield _later(bench)
    if limits.min_margin is not None:
        floor = policy.margin.min_margin
        yield _shares(bench, Metric.MARGIN, _down(limits.min_margin, floor))
    if limits.max_discount is not None:
        yield _shares(bench, Metric.DISCOUNT, _up(limits.max_discount, policy.promotion.max_depth))
    if limits.max_price_change is not None:
        most = policy.price.max_change_per_day
        yield _shares(bench, Metric.CHANGE, _up(limits.max_price_change, most))
    if limits.budget is not None:
        yield _budgets(bench, limits.budget, policy)


def _later(bench: Workbench) -> Way:
    """Week by week a later last day."""
    goal, last = bench.goal, bench.goal.last_day(bench.moments.today)
    steps = []
    for week in range(1, WEEKS + 1):
        moved: dict[str, object] = {"until": last + timedelta(days=7 * week), "horizon_days": None}
        if goal.until is None:
            moved = {"horizon_days": bench.horizon_days + 7 * week}
        said = until(last + timedelta(days=7 * week), goal.language)
        steps.append(Step(said, lambda goal, moved=moved: goal.model_copy(update=moved)))  # type: ignore[misc]
    return steps


def _shares(bench: Workbench, metric: Metric, values: Sequence[Decimal]) -> Way:
    goal = bench.goal
    return [
        Step(limit(metric, value, bench.currency, goal.language), _limited(metric, value))
        for value in values
    ]


def _budgets(bench: Workbench, budget: Budget, policy: Policy) -> Way:
    most = policy.budget.per_run
    if budget.currency != bench.currency or most <= budget.amount:
        return []
    amounts = [
        (budget.amount + (most - budget.amount) * place / BUDGETS).to_integral_value(ROUND_CEILING)
        for place in range(1, BUDGETS + 1)
    ]
    return [
        Step(
            limit(Metric.BUDGET, value, bench.currency, bench.goal.language),
            _limited(Metric.BUDGET, Budget(amount=value, currency=bench.currency)),
        )
        for value in amounts
    ]


def _limited(metric: Metric, value: Decimal | Budget) -> Change:
    def change(goal: Goal) -> Goal:
        constraints: Constraints = goal.constraints.model_copy(update={metric.value: value})
        return goal.model_copy(update={"constraints": constraints})

    return change


def _down(now: Decimal, least: Decimal) -> list[Decimal]:
    steps = int((now - least) / HUNDREDTH)
    return [now - HUNDREDTH * step for step in range(1, steps + 1)]


def _up(now: Decimal, most: Decimal) -> list[Decimal]:
    steps = int((most - now) / HUNDREDTH)
    return [now + HUNDREDTH * step for step in range(1, steps + 1)]


def _head(bench: Workbench, share: float) -> str:
    goal = bench.goal
    sold = percent(Decimal(str(share)).quantize(HUNDREDTH, rounding=ROUND_FLOOR))
    wanted = percent(goal.cleared or Decimal(1))
    last = until(goal.last_day(bench.moments.today), goal.language)
    if goal.language == "zh":
        return (
            f"在这些限制内,{last}预计只能售出库存的 {sold},而非 {wanted}。"
            "以下任一目标均可实现(已重新规划验证):"
        )
    return (
        f"Within its limits the goal is not reached: {last} about {sold} of the stock is sold, not"
        f" {wanted}. Any one of these can be reached, planned anew to be sure:"
    )


def _line(found: Reached) -> str:
    """What to say instead, with a goal that can be pasted."""
    goal = found.goal
    quoted = describe_goal(goal)
    return f"{found.said}:“{quoted}”" if goal.language == "zh" else f"{found.said}: “{quoted}”"
