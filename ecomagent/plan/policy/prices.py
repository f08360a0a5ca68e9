"""Arithmetic of prices: rounding to what a currency holds, floors, bounds and endings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ecomagent.domain.action import (
    CreateBundle,
    EndPromotion,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.money import MAX_MINOR, minor_digits
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.ruling import money, percent

PricedAction = SetPrice | StartPromotion | EndPromotion | CreateBundle


def quantum(currency: str) -> Decimal:
    """Smallest amount of a currency, e.g. 0.01."""
    return Decimal(1).scaleb(-minor_digits(currency))


def rounded_up(amount: Decimal, currency: str) -> Decimal:
    """Smallest amount the currency can hold that is not below."""
    return amount.quantize(quantum(currency), rounding=ROUND_CEILING)


def rounded_down(amount: Decimal, currency: str) -> Decimal:
    """Largest amount the currency can hold that is not above."""
    return amount.quantize(quantum(currency), rounding=ROUND_FLOOR)


def is_price(amount: Decimal, currency: str) -> bool:
    """Whether something can be sold at this: positive, not absurd, no digits too many."""
    if not amount.is_finite() or not 0 < amount <= Decimal(MAX_MINOR).scaleb(
        -minor_digits(currency)
    ):
        return False
    return amount == rounded_down(amount, currency)


def lowest_price(cost: Decimal, min_margin: Decimal, currency: str) -> Decimal:
    """Lowest price that leaves the margin: cost / (1 - margin), rounded up."""
    return rounded_up(cost / (1 - min_margin), currency)


def margin_of(price: Decimal, cost: Decimal) -> Decimal:
    """Gross margin, (price - cost) / price."""
    return (price - cost) / price


@dataclass(frozen=True)
class Reach:
    """How far one rule lets a list price go."""

    rule: str
    low: Decimal
    high: Decimal
    words: str
    """What it is measured against, e.g. ``10 % from £4.00 a day ago``."""


def day_reach(sku: str, now: Decimal, context: PolicyContext, policy: Policy) -> Reach:
    """The day's limit, against the price now and the price a day ago, whichever is stricter.

    Where the past price is not known, the price now stands in for it.
    """
    rule, share = "max_change_per_day", policy.price.max_change_per_day
    facts = context.skus.get(sku)
    return _stricter(
        _reach(rule, now, share, context, "from now"),
        _reach(rule, (facts and facts.price_day_ago) or now, share, context, "from a day ago"),
    )


def week_reach(sku: str, now: Decimal, context: PolicyContext, policy: Policy) -> Reach:
    """The week's limit, against the price a week ago (or now, where that is not known)."""
    facts = context.skus.get(sku)
    base = (facts and facts.price_week_ago) or now
    share = policy.price.max_change_per_week
    return _reach("max_change_per_week", base, share, context, "from a week ago")


def goal_reach(sku: str, now: Decimal, context: PolicyContext, policy: Policy) -> Reach | None:
    """The goal's own limit against the price now, if it names one."""
    asked = context.constraints.max_price_change
    if asked is None:
        return None
    return _reach("goal_max_price_change", now, asked, context, "from now, says the goal")


def reaches(sku: str, now: Decimal, context: PolicyContext, policy: Policy) -> tuple[Reach, ...]:
    """Every limit on the change of a list price."""
    found = (
        day_reach(sku, now, context, policy),
        week_reach(sku, now, context, policy),
        goal_reach(sku, now, context, policy),
    )
    return tuple(reach for reach in found if reach is not None)


def _reach(rule: str, base: Decimal, share: Decimal, context: PolicyContext, since: str) -> Reach:
    return Reach(
        rule=rule,
        low=rounded_up(base * (1 - share), context.currency),
        high=rounded_down(base * (1 + share), context.currency),
        words=f"{percent(share)} of {money(base, context.currency)} {since}",
    )


def _stricter(one: Reach, other: Reach) -> Reach:
    """Both limits of a rule in one, in the words of the one that leaves less room upwards."""
    words = one.words if (one.high, other.low) <= (other.high, one.low) else other.words
    return Reach(one.rule, max(one.low, other.low), min(one.high, other.high), words)


def has_ending(price: Decimal, endings: Sequence[str], currency: str) -> bool:
    """Whether the price ends as wished, in minor units; ``"99"`` fits 4.99."""
    digits = minor_digits(currency)
    minor = f"{int(price.scaleb(digits)):0{max(len(e) for e in endings) if endings else 1}d}"
    return not endings or any(minor.endswith(ending) for ending in endings)


def nearest_with_ending(
    wanted: Decimal, low: Decimal, high: Decimal, endings: Sequence[str], currency: str
) -> Decimal | None:
    """The price in ``[low, high]`` nearest to the wanted one that ends as wished.

    Of two equally near the lower one; None if there is none.
    """
    digits = minor_digits(currency)
    target, first, last = (int(amount.scaleb(digits)) for amount in (wanted, low, high))
    found = [
        minor
        for ending in endings
        for minor in _around(target, int(ending), 10 ** len(ending), max(first, 1), last)
    ]
    if not found:
        return None
    best = min(found, key=lambda minor: (abs(minor - target), minor))
    return Decimal(best).scaleb(-digits)


def _around(target: int, ending: int, step: int, first: int, last: int) -> list[int]:
    """Numbers with the ending next to the target on both sides, pulled into the range."""
    below = min(target, last)
    above = max(target, first)
    candidates = (below - (below - ending) % step, above + (ending - above) % step)
    return [number for number in candidates if first <= number <= last]


def list_price(action: PricedAction, context: PolicyContext) -> Decimal | None:
    """The list price a promotion is measured against; None for what has none yet."""
    if isinstance(action, CreateBundle):
        return None
    if isinstance(action, SetPrice) or action.before.promotion_id is None:
        return action.before.price
    facts = context.skus.get(action.sku)
    if facts is not None and facts.list_price:
        return facts.list_price
    share = action.before.discount or Decimal(0)
    return action.before.price / (1 - share) if 0 <= share < 1 else action.before.price
