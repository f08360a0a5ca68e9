"""How far list prices may go, SKU by SKU, for the tool that looks for the best one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ecomagent.domain.money import to_minor
from ecomagent.plan.policy.context import PolicyContext, SkuFacts
from ecomagent.plan.policy.floors import is_protected
from ecomagent.plan.policy.limits import margin_floor
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import lowest_price, reaches

if TYPE_CHECKING:
    import pandas as pd


def price_reach(policy: Policy, context: PolicyContext) -> pd.DataFrame:
    """Lowest and highest list price that every rule but the endings allows.

    Returns:
        Index ``sku``; columns ``low_minor`` and ``high_minor`` (int64). Where no change is
        allowed, both are the price now. SKUs without a price are left out.
    """
    import pandas as pd

    rows = {
        sku: [to_minor(bound, context.currency) for bound in _span(facts, context, policy)]
        for sku, facts in context.skus.items()
        if facts.list_price is not None and facts.list_price > 0
    }
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["low_minor", "high_minor"], dtype="int64"
    )
    return frame.rename_axis("sku")


def _span(facts: SkuFacts, context: PolicyContext, policy: Policy) -> tuple[Decimal, Decimal]:
    now = facts.list_price or Decimal(0)
    if is_protected(facts.sku, context, policy):
        return now, now
    limits = reaches(facts.sku, now, context, policy)
    low, high = max(limit.low for limit in limits), min(limit.high for limit in limits)
    low = max(low, _floor(facts, now, context, policy))
    return (low, high) if low <= high else (now, now)


def _floor(facts: SkuFacts, now: Decimal, context: PolicyContext, policy: Policy) -> Decimal:
    """What no rule lets the price go below: its cost and margin, or itself; and its MAP."""
    if facts.cost is None:
        floor = now
    else:
        floor = lowest_price(facts.cost, margin_floor(policy, context).value, context.currency)
    return max(floor, facts.map_price or Decimal(0))
