"""How much could go wrong with an action: at least what its size says."""

from __future__ import annotations

from decimal import Decimal

from ecomagent.domain.action import (
    Action,
    ActionKind,
    ListProduct,
    Reorder,
    Risk,
    SetPrice,
    StartPromotion,
)
from ecomagent.plan.policy.context import PolicyContext, cash_of
from ecomagent.plan.policy.model import Policy

ORDER = (Risk.LOW, Risk.MEDIUM, Risk.HIGH)
PRICE_STEPS = (Decimal("0.05"), Decimal("0.10"))
"""Up to the first: low; up to the second: medium; beyond: high."""
DISCOUNT_STEPS = (Decimal("0.10"), Decimal("0.25"))
CASH_STEPS = (Decimal("0.10"), Decimal("0.30"))
"""Of the policy's reorder cash."""
BY_KIND = {
    ActionKind.DELIST_PRODUCT: Risk.MEDIUM,
    ActionKind.SEND_CAMPAIGN: Risk.MEDIUM,
    ActionKind.CREATE_BUNDLE: Risk.MEDIUM,
    ActionKind.START_EXPERIMENT: Risk.MEDIUM,
}


def higher(one: Risk, other: Risk) -> Risk:
    """The greater of two risks."""
    return max(one, other, key=ORDER.index)


def least_risk(action: Action, context: PolicyContext, policy: Policy) -> Risk:
    """The least risk an action of this kind and size has."""
    facts = context.skus.get(action.target.id)
    known = BY_KIND.get(action.kind, Risk.LOW)
    if isinstance(action, ListProduct) and action.after.new is not None:
        share = cash_of(action) / max(policy.reorder.max_cash, Decimal(1))
        known = higher(Risk.MEDIUM, _step(share, CASH_STEPS))
    if facts is not None and facts.cost_assumed and isinstance(action, SetPrice | StartPromotion):
        known = higher(known, Risk.MEDIUM)
    return higher(known, _by_size(action, policy))


def _by_size(action: Action, policy: Policy) -> Risk:
    if isinstance(action, SetPrice) and action.before.price > 0:
        return _step(abs(action.after.price / action.before.price - 1), PRICE_STEPS)
    if isinstance(action, StartPromotion):
        return _step(action.after.discount or Decimal(0), DISCOUNT_STEPS)
    if isinstance(action, Reorder) and policy.reorder.max_cash > 0:
        return _step(action.after.cost_total / policy.reorder.max_cash, CASH_STEPS)
    return Risk.LOW


def _step(size: Decimal, steps: tuple[Decimal, Decimal]) -> Risk:
    return ORDER[sum(size > step for step in steps)]
