"""Other values for an action: read as a person types them, held against the policy, revalued."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from ecomagent.domain.action import (
    ACTION,
    Action,
    ActionKind,
    Reason,
    RuleVerdict,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.errors import ApprovalError, PolicyRefusedError
from ecomagent.domain.plan import Decision, Plan
from ecomagent.plan.policy import Policy, PolicyContext, judge
from ecomagent.plan.policy.price_rules import with_price
from ecomagent.plan.policy.prices import list_price, rounded_up

EDITABLE: dict[ActionKind, tuple[str, ...]] = {
    ActionKind.SET_PRICE: ("price",),
    ActionKind.START_PROMOTION: ("price", "discount"),
    ActionKind.REORDER: ("quantity",),
    ActionKind.SEND_CAMPAIGN: ("audience", "subject", "body"),
    ActionKind.UPDATE_CONTENT: ("title", "description"),
    ActionKind.CREATE_BUNDLE: ("price", "title"),
}
"""What a reviewer may change, by kind of action; other kinds are approved or rejected."""
PRICES = frozenset({"price"})
COUNTS = frozenset({"quantity", "audience"})
_EXAMPLES = {
    "price": "Type digits, e.g. 12.99.",
    "discount": "Type digits, e.g. 0.15 or 15%.",
    "quantity": "Type a whole number, e.g. 120.",
    "audience": "Type a whole number, e.g. 120.",
}
SHORT = 60
"""Characters of two values up to which a reason quotes both."""
GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
"""A number whose commas can only separate thousands."""


@dataclass(frozen=True)
class Edited:
    """What an edit comes to."""

    action: Action
    """Inside every limit, with impact and verdict worked out anew; id and expiry are kept."""
    moved: tuple[RuleVerdict, ...]
    """The rules that moved what was asked, in the order in which they bound; empty if none did."""


def preview_edit(
    plan: Plan,
    action: Action,
    changes: Mapping[str, str],
    *,
    policy: Policy,
    context: PolicyContext,
    decisions: Mapping[str, Decision],
) -> Edited:
    """What an edit would come to; nothing is recorded.

    Args:
        plan: The plan; what its other actions use up of budgets counts, unless rejected.
        action: The action of it that is edited.
        changes: Field to its new value as typed; see ``EDITABLE``. Prices in the shop's
            currency, discounts as a fraction or a percentage.
        policy: What is allowed.
        context: How the shop stands now.
        decisions: Newest decision by action id.

    Raises:
        ApprovalError: A field that cannot be edited, or a value that cannot be read.
        PolicyRefusedError: No value near the one asked is allowed.
    """
    from tools.impact import impact_after_edit

    changed = _changed(action, changes, context)
    judged = judge(policy, changed, beside_others(plan, action, context, decisions))
    if judged.action is None:
        broken = next(rule for rule in judged.verdict.rules if rule.decision == "deny")
        raise PolicyRefusedError(
            f"the policy does not allow that: {broken.message}",
            where=f"{action.id}, rule {broken.rule}",
            remedy="Choose another value, or have the owner change policy.toml.",
        )
    final = judged.action.model_copy(
        update={
            "id": action.id,
            "expires_at": action.expires_at,
            "impact": impact_after_edit(judged.action),
            "reasons": (_why(action, judged.action), *action.reasons),
        }
    )
    if final.hash() == changed.hash():
        return Edited(final, ())
    moved = tuple(rule for rule in judged.verdict.rules if rule.clamped_to is not None)
    return Edited(final, moved)


def beside_others(
    plan: Plan, action: Action, context: PolicyContext, decisions: Mapping[str, Decision]
) -> PolicyContext:
    """The context with what the plan's other actions use up, as they were decided."""
    for other in plan.actions:
        decision = decisions.get(other.id)
        if other.id == action.id or (decision is not None and not decision.approves):
            continue
        context = context.after((decision and decision.edited) or other)
    return context


def exact_changes(action: Action) -> dict[str, str]:
    """The values of an action as changes that lead to exactly it."""
    names = EDITABLE.get(action.kind, ())
    if isinstance(action, StartPromotion):
        names = ("price",)
    return {name: str(getattr(action.after, name)) for name in names}


def _why(before: Action, after: Action) -> Reason:
    """Says what was edited, so that older reasons are not read as being about the new value."""
    was, now = (each.after.model_dump(mode="json") for each in (before, after))
    parts = [
        f"{name} {was[name]} → {now[name]}" if len(f"{was[name]}{now[name]}") <= SHORT else name
        for name in now
        if now[name] != was[name]
    ]
    return Reason(
        en=f"A reviewer changed {', '.join(parts)}.", zh=f"审核人修改了 {'、'.join(parts)}。"
    )


def _changed(action: Action, changes: Mapping[str, str], context: PolicyContext) -> Action:
    allowed = EDITABLE.get(action.kind, ())
    for name in changes:
        if name not in allowed:
            raise ApprovalError(
                f"“{name}” of {action.kind.value} cannot be edited",
                where=action.id,
                remedy=f"Editable: {', '.join(allowed) or 'nothing; approve or reject it'}.",
            )
    if not changes:
        raise ApprovalError("nothing was changed", where=action.id, remedy="Approve it instead.")
    if isinstance(action, SetPrice | StartPromotion):
        return with_price(action, _price(action, changes, context), context)
    return _with_values(action, {n: _value(action, n, t) for n, t in changes.items()}, context)


def _with_values(action: Action, after: Mapping[str, Any], context: PolicyContext) -> Action:
    """The action with other fields in ``after``; what it costs follows."""
    values = action.model_dump()
    values["after"] |= after
    if "quantity" in after:
        values["after"]["cost_total"] = values["after"]["unit_cost"] * after["quantity"]
    planned = getattr(action.after, "audience", 0)
    if "audience" in after and planned:
        cost = values["after"]["cost_total"] * after["audience"] / planned
        values["after"]["cost_total"] = rounded_up(cost, context.currency)
    try:
        return ACTION.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ApprovalError(
            f"“{'.'.join(str(part) for part in first['loc'][1:])}”: {first['msg']}", where=action.id
        ) from error


def _value(action: Action, name: str, text: str) -> Decimal | int | str:
    if name in PRICES:
        return _number(action, name, text)
    if name not in COUNTS:
        return text
    count = _number(action, name, text)
    if count != int(count):
        raise ApprovalError(
            f"“{text}” is no whole number",
            where=f"{action.id}, {name}",
            remedy=_EXAMPLES[name],
        )
    return int(count)


def _price(
    action: SetPrice | StartPromotion, changes: Mapping[str, str], context: PolicyContext
) -> Decimal:
    """The price asked for; a discount counts from the list price and is rounded against it."""
    if len(changes) > 1:
        raise ApprovalError(
            "a price and a discount were given",
            where=action.id,
            remedy="Give one; the other follows from it.",
        )
    if "price" in changes:
        return _number(action, "price", changes["price"])
    text = changes["discount"]
    share = _number(action, "discount", text)
    share = share / 100 if share >= 1 else share
    if share >= 1:
        raise ApprovalError(f"“{text}” is no discount", where=action.id, remedy="Type e.g. 15%.")
    return rounded_up((list_price(action, context) or action.before.price) * (1 - share),
                      context.currency)  # fmt: skip


def _number(action: Action, name: str, text: str) -> Decimal:
    """A number as typed, e.g. ``£1,299.00``, ``12.5%`` or ``¥99``; never a guess.

    A comma that could be a decimal one is refused: 12,99 must not become 1299.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    percent = plain.endswith("%") and name == "discount"
    plain = "".join(
        sign for sign in plain.removesuffix("%" if percent else "")
        if unicodedata.category(sign) not in ("Sc", "Zs")
    )  # fmt: skip
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or abs(value) > Decimal(10) ** 13:
        raise ApprovalError(
            f"“{text}” cannot be read as the {name}",
            where=action.id,
            remedy=_EXAMPLES[name],
        )
    return value / 100 if percent else value
