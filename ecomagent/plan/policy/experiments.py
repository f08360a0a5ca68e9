"""Rules on prices that are tried: each level inside every limit, and few SKUs at once."""

from __future__ import annotations

from decimal import Decimal

from ecomagent.domain.action import Action, DelistProduct, StartExperiment
from ecomagent.plan.policy.context import PRICE_KINDS, PolicyContext
from ecomagent.plan.policy.limits import margin_floor, promotion_depth
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import lowest_price, rounded_up
from ecomagent.plan.policy.ruling import Ruling, denied, money, passed, percent


def lowest_tried(
    sku: str, price: Decimal, context: PolicyContext, policy: Policy
) -> tuple[Decimal, str]:
    """The lowest price that may be tried of a SKU, and what says so.

    Floors bind as they bind promotions; unlike them, no price is tried where the cost is unknown.
    """
    depth = min(policy.experiment.max_drop, promotion_depth(policy, context).value)
    found = [(rounded_up(price * (1 - depth), context.currency), f"{percent(depth)} off")]
    facts = context.skus.get(sku)
    if facts is None or facts.cost is None:
        return price, "its cost is not known"
    limit = margin_floor(policy, context)
    floor = lowest_price(facts.cost, limit.value, context.currency)
    found.append((floor, f"a margin of {percent(limit.value)} ({limit.source})"))
    if facts.map_price:
        found.append((facts.map_price, "its minimum advertised price"))
    return max(found)


def experiment_levels(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Every price that is tried lies inside the limits; none is moved, for chance chose it."""
    if not isinstance(action, StartExperiment) or action.after.status == "stopped":
        return None
    rule = "experiment_levels"
    low, why = lowest_tried(action.sku, action.before.price, context, policy)
    lowest = min(block.price for block in action.after.blocks)
    said = f"the lowest price tried, {money(lowest, context.currency)}"
    if lowest >= action.before.price or lowest < low:
        return denied(action, rule, f"{said}, is below {money(low, context.currency)} ({why})")
    return passed(action, rule, f"{said}, is not below {money(low, context.currency)} ({why})")


def experiment_share(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Only so many of the shop's SKUs are under test at once."""
    if not isinstance(action, StartExperiment) or action.after.status == "stopped":
        return None
    rule, most = "experiment_share", most_tried(context, policy)
    if context.committed_experiments < most:
        return passed(action, rule, f"no more than {most} SKUs under test")
    share = percent(policy.experiment.max_share)
    return denied(action, rule, f"{most} SKUs ({share}) are under test, and no more may be")


def experiment_hold(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """What an experiment compares keeps its price, and stays on sale, until it is over."""
    if context.restoring:
        return None
    rule = "experiment_hold"
    if isinstance(action, StartExperiment):
        for sku in action.after.holds(action.sku):
            if sku in context.held or (sku != action.sku and ("price", sku) in context.taken):
                return denied(action, rule, f"{sku}, which it needs, is priced or tried elsewhere")
        return None
    if action.kind not in PRICE_KINDS and not isinstance(action, DelistProduct):
        return None
    for sku in context.skus_changed_by(action):
        if sku in context.held:
            words = f"{sku} stays as it is for the experiment on {context.held[sku]}"
            return denied(action, rule, words)
    return None


def most_tried(context: PolicyContext, policy: Policy) -> int:
    """SKUs that may be under test at once: the policy's share, and one at least of any share."""
    share = policy.experiment.max_share
    return max(int(share * len(context.skus)), 1) if share > 0 and context.skus else 0
