"""The hard floors: what no goal, edit or rollback may break; they run last and always.

No price at or below nothing, none below cost, no cut where the cost is unknown, nothing protected.

In a rollback a broken floor is not refused but put to the owner: the value was the shop's own.
"""

from __future__ import annotations

from decimal import Decimal

from ecomagent.domain.action import (
    Action,
    CreateBundle,
    EndPromotion,
    ListProduct,
    SetPrice,
)
from ecomagent.plan.policy.context import PolicyContext, SkuFacts
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import PricedAction, is_price, margin_of
from ecomagent.plan.policy.roles import Role
from ecomagent.plan.policy.ruling import Ruling, denied, money, needs, passed, percent

SEPARATOR = ">"
"""Between the parts of a category path."""


def positive_price(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A price is more than nothing, even in a rollback."""
    price = price_set(action)
    if price is None or is_price(price, context.currency):
        return None
    return denied(action, "positive_price", f"{price} is not a price")


def protected(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """SKUs and categories that the policy protects are never changed."""
    if not policy.protected.skus and not policy.protected.categories:
        return None
    for sku in context.skus_changed_by(action):
        word = _protected_by(sku, context.skus.get(sku) or _new_facts(action), policy)
        if word:
            return _broken(action, context, "protected", f"{sku} is protected ({word})")
    return None


def _protected_by(sku: str, facts: SkuFacts | None, policy: Policy) -> str:
    if sku in policy.protected.skus:
        return "protected.skus"
    path = category_path(facts.category) if facts is not None else ()
    for category in policy.protected.categories:
        wanted = category_path(category)
        if wanted and path[: len(wanted)] == wanted:
            return f"category {category}"
    return ""


def category_path(category: str) -> tuple[str, ...]:
    """The parts of a category path, without regard to case and spaces."""
    parts = (part.strip().casefold() for part in category.split(SEPARATOR))
    return tuple(part for part in parts if part)


def is_protected(sku: str, context: PolicyContext, policy: Policy) -> bool:
    """Whether the policy protects a SKU, by itself or through its category."""
    return bool(_protected_by(sku, context.skus.get(sku), policy))


def unknown_cost_no_cut(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Where the cost is not known, no price goes down: it might go below cost unseen."""
    if not isinstance(action, PricedAction) or cost_of(action, context) is not None:
        return None
    rule, price, now = "unknown_cost_no_cut", action.after.price, _price_before(action, context)
    if not is_active(action) or (now is not None and price >= now):
        return passed(action, rule, "the cost is not known, and no price goes down")
    shown = money(price, context.currency)
    against = f"{money(now, context.currency)} now" if now is not None else "an unknown price now"
    return _broken(
        action, context, rule, f"the cost is not known, so {shown} after {against} is refused"
    )


def never_below_cost(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Nothing is sold below what it cost."""
    if isinstance(action, ListProduct):
        return _listed_below_cost(action, context)
    if not isinstance(action, PricedAction) or not is_active(action):
        return None
    cost = cost_of(action, context)
    if cost is None:
        return None
    if isinstance(action, EndPromotion) and action.after.price >= action.before.price:
        return None
    rule, paid = "never_below_cost", _paid(action, context)
    shown, floor = money(paid, context.currency), cost_text(action, cost, context)
    if paid < cost:
        return _broken(action, context, rule, f"{shown} is below the cost of {floor}")
    left = f"; margin {percent(margin_of(paid, cost))}" if paid > 0 else ""
    return passed(action, rule, f"{shown} is not below the cost of {floor}{left}")


FLOORS = (positive_price, protected, unknown_cost_no_cut, never_below_cost)


def price_set(action: Action) -> Decimal | None:
    """The price an action sets, if it sets one."""
    return action.after.price if isinstance(action, PricedAction) else None


def cost_of(action: PricedAction, context: PolicyContext) -> Decimal | None:
    """What one unit (of the bundle) costs; None where any part of it is not known."""
    if isinstance(action, CreateBundle):
        costs = [
            (context.skus[sku].cost if sku in context.skus else None, count)
            for sku, count in action.after.components.items()
        ]
        if any(cost is None for cost, _ in costs):
            return None
        return sum(((cost or Decimal(0)) * count for cost, count in costs), Decimal(0))
    facts = context.skus.get(action.sku)
    return facts.cost if facts is not None else None


def is_active(action: PricedAction) -> bool:
    """Whether anything is sold at the price: an archived bundle is not."""
    return not (isinstance(action, CreateBundle) and action.after.status == "archived")


def _price_before(action: PricedAction, context: PolicyContext) -> Decimal | None:
    """What customers pay now; for a bundle, for its parts one by one."""
    if not isinstance(action, CreateBundle):
        return action.before.price
    total = Decimal(0)
    for sku, count in action.after.components.items():
        facts = context.skus.get(sku)
        price = (facts.price or facts.list_price) if facts is not None else None
        if price is None:
            return None
        total += price * count
    return total


def _paid(action: PricedAction, context: PolicyContext) -> Decimal:
    """What a customer would pay: a new list price is less a promotion that goes on running."""
    price = action.after.price
    facts = context.skus.get(action.sku)
    if not isinstance(action, SetPrice) or facts is None:
        return price
    if not facts.list_price or not facts.price or facts.price >= facts.list_price:
        return price
    return price * facts.price / facts.list_price


def cost_text(action: PricedAction, cost: Decimal, context: PolicyContext) -> str:
    """The cost in words that say whether it is assumed."""
    skus = action.after.components if isinstance(action, CreateBundle) else (action.sku,)
    assumed = any(context.skus[sku].cost_assumed for sku in skus if sku in context.skus)
    return money(cost, context.currency) + (" (cost assumed)" if assumed else "")


def _new_facts(action: Action) -> SkuFacts | None:
    """What a listing says of a product the shop has never had."""
    new = action.after.new if isinstance(action, ListProduct) else None
    if new is None:
        return None
    return SkuFacts(
        sku=new.sku, category=new.category, brand=new.brand, list_price=new.price,
        price=new.price, cost=new.cost,
    )  # fmt: skip


def _listed_below_cost(action: ListProduct, context: PolicyContext) -> Ruling | None:
    new = _new_facts(action)
    listed = context.by_product.get(action.product, ()) if new is None else (new,)
    for facts in listed:
        price = facts.price or facts.list_price
        if facts.cost is not None and price is not None and price < facts.cost:
            shown, floor = money(price, context.currency), money(facts.cost, context.currency)
            words = f"{facts.sku} would be sold at {shown}, below the cost of {floor}"
            return _broken(action, context, "never_below_cost", words)
    return None


def _broken(action: Action, context: PolicyContext, rule: str, words: str) -> Ruling:
    if context.restoring:
        return needs(action, rule, f"{words}; it was so before", Role.OWNER)
    return denied(action, rule, words)
