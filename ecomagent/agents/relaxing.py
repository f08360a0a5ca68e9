"""Why a goal leaves nothing to do, and the least that would have to give, in the user's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from ecomagent.agents.goal import describe_goal
from ecomagent.agents.specialists.list_prices import market
from ecomagent.agents.specialists.pricing import DEPTHS, PROMOTED, promotion_days
from ecomagent.agents.specialists.sellable import sellable
from ecomagent.agents.workbench import Workbench
from ecomagent.domain.goal import Budget, Constraints, Language, Lever
from ecomagent.domain.money import to_decimal
from ecomagent.plan.policy import price_reach
from ecomagent.plan.policy.limits import (
    cash_left,
    goal_budget,
    margin_floor,
    promotion_depth,
    spend_left,
)

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.what_if import WhatIf
    from tools.pricing import PriceLimits
    from tools.relax import Bound, Relaxation, Relaxed

WIDEST_CHANGE = Decimal("0.5")
"""Prices tried where the limit on changes gives: nobody wants to hear of more."""
DEEPEST = Decimal("0.6")
HUNDREDTH = Decimal("0.01")
MORE_STEPS = 6
FIELDS = {"margin": "min_margin", "change": "max_price_change", "discount": "max_discount",
          "spend": "budget", "shared": "budget"}  # fmt: skip
"""Limits that a goal can state, by the name of the bound."""
INSTEAD: dict[Language, str] = {
    "en": " Planned anew, this goal has something to do: “{goal}”",
    "zh": "重新规划后,这样的目标可行:“{goal}”",
}
SHARES = (Decimal("0.25"), Decimal("0.5"), Decimal(1))
"""How far limits are drawn from where they are to the widest, so that mild steps are seen too."""


@dataclass(frozen=True)
class Named:
    """A limit with its words.

    Attributes:
        bound: What the tool takes.
        source: Who set it, ``goal`` or ``policy`` first.
        en: English, with ``{needed}``.
        zh: Chinese, with ``{needed}``.
        shown: The amount as a reader sees it.
    """

    bound: Bound
    source: str
    en: str
    zh: str
    shown: Callable[[float], str]


def why_nothing(bench: Workbench, rows: pd.DataFrame, levers: list[str], what_if: WhatIf) -> str:
    """Why a plan holds no actions: which limits have to give, how far, and a goal that does.

    Args:
        bench: The run's workbench.
        rows: All menus' candidates, within the limits on each.
        levers: What the run was allowed to move.
        what_if: Plans the goal that is named.
    """
    import pandas as pd

    from tools.relax import smallest_relaxation

    wider = _wider_prices(bench) if Lever.PRICING in levers else pd.DataFrame()
    offers = pd.concat([part for part in (rows, wider) if len(part)] or [rows], ignore_index=True)
    named = _limits(bench)
    found = None
    if len(offers):
        offers = _with_amounts(bench, offers)
        found = smallest_relaxation(offers, [each.bound for each in named])
    return _told(bench, named, found) + _instead(bench, named, found, what_if)


def _wider_prices(bench: Workbench) -> pd.DataFrame:
    """Prices that would be on the menu if limits gave: margin alone, change alone, both."""
    import pandas as pd

    parts = []
    for share in SHARES:
        for margin, change in ((share, Decimal(0)), (Decimal(0), share), (share, share)):
            parts.append(_menus(bench, _widened(bench.limits, margin, change)))
    found = pd.concat(parts, ignore_index=True).drop_duplicates(["sku", "price_minor", "kind"])
    found["id"] = [f"wider-{number:06d}" for number in range(len(found))]
    return found.assign(target=found["sku"], group="price:" + found["sku"], category="",
                        spend_minor=0, cash_minor=0)  # fmt: skip


def _widened(limits: PriceLimits, margin: Decimal, change: Decimal) -> PriceLimits:
    depth = limits.max_discount if limits.max_discount is not None else DEEPEST
    return replace(
        limits,
        min_margin=limits.min_margin * (1 - margin),
        max_change=limits.max_change + max(WIDEST_CHANGE - limits.max_change, Decimal(0)) * change,
        max_discount=depth + max(DEEPEST - depth, Decimal(0)) * change,
    )


def _menus(bench: Workbench, limits: PriceLimits) -> pd.DataFrame:
    import pandas as pd

    from tools.pricing import price_menu, promotion_menu

    common: dict[str, Any] = {
        "limits": limits, "bounds": None, "objective": bench.objective, "market": market(bench),
        "source": bench.history.ref("catalogue", rows=len(bench.scoped)),
    }  # fmt: skip
    given = sellable(bench), bench.demand, bench.elasticity
    parts = [price_menu(*given, **common).table.assign(kind="set_price", discount=float("nan"))]
    if bench.objective in PROMOTED:
        promoted = promotion_menu(*given, **common, depths=DEPTHS, days=promotion_days(bench))
        parts.append(promoted.table.assign(kind="start_promotion"))
    return pd.concat(parts, ignore_index=True)


def _with_amounts(bench: Workbench, rows: pd.DataFrame) -> pd.DataFrame:
    """Candidates with what each limit looks at; NaN where it has nothing to say."""
    import numpy as np

    shown = bench.scoped.set_index("sku")
    made = rows.copy()
    for name in ("price_minor", "current_minor", "discount"):
        if name not in made:
            made[name] = np.nan
    cost = made["target"].map(shown["cost_minor"].astype("float64"))
    made["margin_lost"] = -(made["price_minor"] - cost) / made["price_minor"]
    change = (made["price_minor"] / made["current_minor"] - 1).abs().round(6)
    made["change"] = change.where(made["discount"].isna())
    made["protected"] = made["target"].isin(bench.protected).astype("float64")
    reach = _reach_of_the_week(bench)
    low, high = (made["target"].map(reach[name]) for name in ("low_minor", "high_minor"))
    outside = (made["price_minor"] < low) | (made["price_minor"] > high)
    free = made["discount"].notna() | (made["protected"] > 0)
    made["out_of_reach"] = outside.where(~free, other=False).astype("float64")
    made["shared_minor"] = made["spend_minor"] + made["cash_minor"]
    made["actions"] = 1
    return made


def _reach_of_the_week(bench: Workbench) -> pd.DataFrame:
    """Prices that the week's limit allows, were it alone."""
    policy = bench.policy.model_copy(
        update={
            "margin": bench.policy.margin.model_copy(update={"min_margin": Decimal(0)}),
            "price": bench.policy.price.model_copy(update={"max_change_per_day": WIDEST_CHANGE}),
        }
    )
    return price_reach(policy, replace(bench.context, constraints=Constraints()))


def _limits(bench: Workbench) -> list[Named]:
    """Every limit with its words; what the goal states comes first."""
    from tools.relax import Bound

    policy, context, limits = bench.policy, bench.context, bench.limits
    floor, depth = margin_floor(policy, context), promotion_depth(policy, context)
    spend, cash = spend_left(policy, context), cash_left(policy, context)
    asked = bench.goal.constraints.max_price_change
    mover = "goal" if asked is not None and asked == limits.max_change else "policy"

    def money(minor: float) -> str:
        return f"{to_decimal(round(minor), bench.currency):,} {bench.currency}"

    found = [
        Named(Bound("margin", "margin_lost", -float(limits.min_margin)), floor.source,
              "the gross margin may fall to {needed}", "毛利率可降至 {needed}", _least_percent),
        Named(Bound("change", "change", float(limits.max_change)), mover,
              "prices may change by up to {needed}", "调价幅度可达 {needed}", _most_percent),
        Named(Bound("discount", "discount", float(depth.value)), depth.source,
              "discounts may be as deep as {needed}", "折扣力度可达 {needed}", _most_percent),
        Named(Bound("spend", "spend_minor", bench.minor_of(spend.value), "sum"), spend.source,
              "campaigns may cost {needed}", "营销活动可花费 {needed}", money),
        Named(Bound("cash", "cash_minor", bench.minor_of(cash.value), "sum"), cash.source,
              "purchase orders may cost {needed}", "采购订单可花费 {needed}", money),
        Named(Bound("reach", "out_of_reach", 0.0), "policy",
              "prices may move further within a week", "价格一周内可调整更多", _nothing),
        Named(Bound("protected", "protected", 0.0), "policy",
              "protected products may be changed", "可更改受保护的商品", _nothing),
    ]  # fmt: skip
    shared = goal_budget(context) if policy.budget.goal_covers_reorders else None
    if shared is not None:
        found.append(
            Named(Bound("shared", "shared_minor", bench.minor_of(shared), "sum"), "goal",
                  "campaigns and orders together may cost {needed}",
                  "营销与采购合计可花费 {needed}", money)
        )  # fmt: skip
    return sorted(found, key=lambda each: not each.source.startswith("goal"))


def _instead(
    bench: Workbench, named: list[Named], found: Relaxation | None, what_if: WhatIf
) -> str:
    """The goal to say instead, where its own limits are all that stands in the way.

    What candidates alone suggest is planned; a hundredth at a time is given until a plan comes.
    """
    of_goal = {each.bound.name: each for each in named if each.source.startswith("goal")}
    gives = found.limits if found is not None else ()
    if not gives or any(each.name not in of_goal or each.name not in FIELDS for each in gives):
        return ""
    for more in range(MORE_STEPS):
        limits = {FIELDS[each.name]: _value(bench, each, more) for each in gives}
        constraints = bench.goal.constraints.model_copy(update=limits)
        goal = bench.goal.model_copy(update={"constraints": constraints})
        if what_if.plan(goal).actions:
            return INSTEAD[goal.language].format(goal=describe_goal(goal))
    return ""


def _value(bench: Workbench, relaxed: Relaxed, more: int) -> Decimal | Budget:
    """A limit as a goal says it, so many hundredths wider than the least that may do."""
    if relaxed.name in ("spend", "shared"):
        least = to_decimal(round(relaxed.needed), bench.currency) * (1 + HUNDREDTH * more)
        return Budget(amount=least.to_integral_value(ROUND_CEILING), currency=bench.currency)
    exact = Decimal(str(abs(relaxed.needed)))
    if relaxed.name == "margin":
        return max(exact.quantize(HUNDREDTH, ROUND_FLOOR) - HUNDREDTH * more, Decimal(0))
    return exact.quantize(HUNDREDTH, ROUND_CEILING) + HUNDREDTH * more


def _least_percent(lost: float) -> str:
    return f"{(Decimal(str(-lost)) * 100).to_integral_value(ROUND_FLOOR)}%"


def _most_percent(share: float) -> str:
    return f"{(Decimal(str(share)) * 100).to_integral_value(ROUND_CEILING)}%"


def _nothing(_: float) -> str:
    return ""


def _told(bench: Workbench, named: list[Named], found: Relaxation | None) -> str:
    chinese = bench.goal.language == "zh"
    if found is None or not found.limits:
        return (
            "放宽限制也无济于事:以目前的价格、库存和需求,没有值得做的操作。"
            if chinese
            else "No limit stands in the way: at today's prices, stock and demand nothing is worth"
            " doing."
        )
    words = {each.bound.name: each for each in named}
    parts = [_part(words[each.name], each, chinese=chinese) for each in found.limits]
    if chinese:
        return f"在这些限制内没有值得做的操作。至少需要放宽:{';'.join(parts)}。"
    return (
        "Nothing within the limits is worth doing. The least that would have to give:"
        f" {' and '.join(parts)}."
    )


def _part(named: Named, relaxed: Relaxed, *, chinese: bool) -> str:
    now, needed = named.shown(relaxed.now), named.shown(relaxed.needed)
    goal = named.source.startswith("goal")
    if chinese:
        who = "目标" if goal else "policy.toml"
        return named.zh.format(needed=needed) + (f"({who}现为 {now})" if now else f"({who})")
    who = "the goal" if goal else "policy.toml"
    return named.en.format(needed=needed) + (f" ({who} says {now})" if now else f" ({who})")
