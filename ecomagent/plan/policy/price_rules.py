"""Rules that hold prices inside limits: each moves the price to its own limit or refuses.

A price is never moved past what the shop asks now: a cut that may not be made is refused, not
turned into a rise.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TypeVar, cast

from ecomagent.domain.action import (
    Action,
    CreateBundle,
    EndPromotion,
    ListProduct,
    SetPrice,
    StartPromotion,
)
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.floors import cost_of, cost_text, is_active
from ecomagent.plan.policy.limits import margin_floor as margin_limit
from ecomagent.plan.policy.limits import promotion_depth as depth_limit
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import (
    PricedAction,
    Reach,
    day_reach,
    goal_reach,
    has_ending,
    list_price,
    lowest_price,
    margin_of,
    nearest_with_ending,
    quantum,
    reaches,
    rounded_down,
    rounded_up,
    week_reach,
)
from ecomagent.plan.policy.roles import Role
from ecomagent.plan.policy.ruling import Ruling, clamped, denied, money, needs, passed, percent

Movable = SetPrice | StartPromotion | CreateBundle
"""Actions whose price a rule may move; ending a promotion has only one price to go back to."""

PricedT = TypeVar("PricedT", bound=SetPrice | StartPromotion | CreateBundle)

LABEL_TOLERANCE = Decimal("0.005")
"""How far a promotion's stated discount may be from what its price says, e.g. through endings."""
SHARE_STEP = Decimal("0.0001")


def promotion_label(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A promotion says what its price says: a discount that does not fit is corrected.

    So is one that claims more than may be given, though its price (by its ending) does not.
    """
    if not isinstance(action, StartPromotion) or context.restoring:
        return None
    depth, stated = depth_of(action, context), action.after.discount
    limit = max(depth_limit(policy, context).value, depth)
    if stated is not None and abs(stated - depth) <= LABEL_TOLERANCE and stated <= limit:
        return None
    fitted = with_price(action, action.after.price, context)
    said = percent(stated) if stated is not None else "nothing"
    price = money(action.after.price, context.currency)
    words = f"{price} is {percent(depth)} off; it said {said}"
    return clamped(fitted, "promotion_label", words, was=said, now=percent(depth))


def max_change_per_day(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A list price moves only so far from what it was a day ago, and from now."""
    if not isinstance(action, SetPrice) or context.restoring:
        return None
    reach = day_reach(action.sku, action.before.price, context, policy)
    return _within(action, reach, context)


def max_change_per_week(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A list price moves only so far from what it was a week ago."""
    if not isinstance(action, SetPrice) or context.restoring:
        return None
    reach = week_reach(action.sku, action.before.price, context, policy)
    return _within(action, reach, context)


def goal_max_price_change(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """The goal may ask for smaller steps than the policy allows."""
    if not isinstance(action, SetPrice) or context.restoring:
        return None
    reach = goal_reach(action.sku, action.before.price, context, policy)
    return None if reach is None else _within(action, reach, context)


def promotion_depth(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A promotion goes only so deep below the list price."""
    if not isinstance(action, StartPromotion) or context.restoring:
        return None
    return _within(action, _depth_reach(action, context, policy), context)


def margin_floor(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A price leaves at least the margin that policy, or a stricter goal, asks for."""
    if isinstance(action, ListProduct):
        return _new_margin(action, context, policy)
    reach = _margin_reach(action, context, policy)
    if reach is None or not isinstance(action, Movable):
        return None
    if not context.restoring:
        return _within(action, reach, context)
    return _restored(action, reach, context)


def _new_margin(action: ListProduct, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A product listed for the first time is priced by whoever proposes it: refused, not moved."""
    new = action.after.new
    if new is None:
        return None
    limit = margin_limit(policy, context)
    low = lowest_price(new.cost, limit.value, context.currency)
    words = f"a margin of {percent(limit.value)} ({limit.source})"
    if new.price < low:
        shown = money(new.price, context.currency)
        return denied(action, "margin_floor", f"{shown} leaves less than {words}")
    return passed(action, "margin_floor", f"the price leaves at least {words}")


def map_price(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Nothing is advertised below the minimum price agreed with its brand."""
    reach = _map_reach(action, context)
    if reach is None or not isinstance(action, Movable):
        return None
    if not context.restoring:
        return _within(action, reach, context)
    return _restored(action, reach, context)


def price_endings(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A list price ends as the shop's prices do; the nearest such price inside all limits."""
    endings = policy.price.endings
    if not endings or context.restoring or not isinstance(action, SetPrice | CreateBundle):
        return None
    rule, price, currency = "price_endings", action.after.price, context.currency
    wished = " or ".join(endings)
    if has_ending(price, endings, currency):
        return passed(action, rule, f"{money(price, currency)} ends in {wished}")
    low, high = room(action, context, policy)
    found = nearest_with_ending(price, low, high, endings, currency) if low <= high else None
    if found is None:
        span = f"between {money(low, currency)} and {money(high, currency)}"
        return denied(action, rule, f"no price {span} ends in {wished}")
    words = f"{money(price, currency)} does not end in {wished}"
    return clamped(
        with_price(action, found, context), rule, words, was=f"{price:f}", now=f"{found:f}"
    )


def room(
    action: SetPrice | CreateBundle, context: PolicyContext, policy: Policy
) -> tuple[Decimal, Decimal]:
    """Lowest and highest price that every limit allows, on the wished side of the price now."""
    limits = limits_on(action, context, policy)
    low = max((limit.low for limit in limits), default=quantum(context.currency))
    high = min((limit.high for limit in limits), default=action.after.price * 2)
    if isinstance(action, CreateBundle):
        return low, min(high, rounded_down(action.after.price * 2, context.currency))
    now, step = action.before.price, quantum(context.currency)
    if action.after.price > now:
        return max(low, now + step), high
    return low, min(high, now - step)


def limits_on(action: Action, context: PolicyContext, policy: Policy) -> tuple[Reach, ...]:
    """Every limit on the action's price."""
    found: list[Reach | None] = [
        _margin_reach(action, context, policy),
        _map_reach(action, context),
    ]
    if isinstance(action, SetPrice):
        found += reaches(action.sku, action.before.price, context, policy)
    if isinstance(action, StartPromotion):
        found.append(_depth_reach(action, context, policy))
    return tuple(reach for reach in found if reach is not None)


def depth_of(action: StartPromotion, context: PolicyContext) -> Decimal:
    """How far below the list price a promotion sells, as a fraction."""
    regular = list_price(action, context) or action.before.price
    return 1 - action.after.price / regular


def with_price(action: PricedT, price: Decimal, context: PolicyContext) -> PricedT:
    """The same action at another price; a promotion's discount follows, rounded down."""
    changes: dict[str, Decimal] = {"price": price}
    promotion = action if isinstance(action, StartPromotion) else None
    if promotion is not None:
        regular = list_price(promotion, context) or promotion.before.price
        share = 1 - price / regular
        changes["discount"] = share.quantize(SHARE_STEP, rounding=ROUND_DOWN)
    after = action.after.model_copy(update=changes)
    return cast(PricedT, action.model_copy(update={"after": after}))  # a copy keeps its type


def _depth_reach(action: StartPromotion, context: PolicyContext, policy: Policy) -> Reach:
    regular = list_price(action, context) or action.before.price
    limit = depth_limit(policy, context)
    return Reach(
        rule="promotion_depth",
        low=rounded_up(regular * (1 - limit.value), context.currency),
        high=rounded_up(regular, context.currency) - quantum(context.currency),
        words=f"{percent(limit.value)} off {money(regular, context.currency)} ({limit.source})",
    )


def _margin_reach(action: Action, context: PolicyContext, policy: Policy) -> Reach | None:
    if not isinstance(action, PricedAction) or not is_active(action):
        return None
    if isinstance(action, EndPromotion):
        return None
    cost = cost_of(action, context)
    if cost is None:
        return None
    limit = margin_limit(policy, context)
    low = lowest_price(cost, limit.value, context.currency)
    words = (
        f"a margin of {percent(limit.value)} ({limit.source})"
        f" over {cost_text(action, cost, context)}"
    )
    return Reach("margin_floor", low, Decimal("Infinity"), words)


def _map_reach(action: Action, context: PolicyContext) -> Reach | None:
    if not isinstance(action, SetPrice | StartPromotion):
        return None
    facts = context.skus.get(action.sku)
    if facts is None or not facts.map_price:
        return None
    words = f"the minimum advertised price of {money(facts.map_price, context.currency)}"
    return Reach("map_price", facts.map_price, Decimal("Infinity"), words)


def _within(action: Movable, reach: Reach, context: PolicyContext) -> Ruling:
    """The action with its price inside the reach."""
    price = action.after.price
    target = min(max(price, reach.low), reach.high)
    if reach.low > reach.high:
        return denied(action, reach.rule, f"no price is within {reach.words}")
    if target == price:
        return passed(action, reach.rule, f"{_said(action, context)}, within {reach.words}")
    return _moved(action, target, reach, context)


def _moved(action: Movable, price: Decimal, reach: Reach, context: PolicyContext) -> Ruling:
    said = _said(action, context)
    if _turns(action, price, context):
        return denied(
            action,
            reach.rule,
            f"{said} is outside {reach.words}, and {money(price, context.currency)}"
            " would not be the change that was meant",
        )
    return clamped(
        with_price(action, price, context),
        reach.rule,
        f"{said} is outside {reach.words}",
        was=f"{action.after.price:f}",
        now=f"{price:f}",
    )


def _turns(action: Movable, price: Decimal, context: PolicyContext) -> bool:
    """Whether a price would no longer be a change in the direction that was meant."""
    if isinstance(action, SetPrice):
        now = action.before.price
        return (price > now) != (action.after.price > now) or price == now
    if isinstance(action, StartPromotion):
        regular = list_price(action, context)
        return regular is None or price >= regular
    return False


def _restored(action: Movable, reach: Reach, context: PolicyContext) -> Ruling | None:
    if action.after.price >= reach.low:
        return None
    words = f"{_said(action, context)} is outside {reach.words}; it was so before"
    return needs(action, reach.rule, words, Role.OWNER)


def _said(action: Movable, context: PolicyContext) -> str:
    """The price, and what it means: the change, the discount, or the margin."""
    price = money(action.after.price, context.currency)
    if isinstance(action, SetPrice):
        return f"{price} ({_signed(action.after.price / action.before.price - 1)})"
    if isinstance(action, StartPromotion):
        return f"{price} ({percent(depth_of(action, context))} off)"
    cost = cost_of(action, context)
    return (
        price
        if cost is None
        else f"{price} (margin {percent(margin_of(action.after.price, cost))})"
    )


def _signed(share: Decimal) -> str:
    return f"+{percent(share)}" if share > 0 else percent(share)
