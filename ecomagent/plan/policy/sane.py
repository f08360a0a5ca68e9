"""Values that make sense at all: known targets, real prices, dates in order, something to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ecomagent.domain.action import (
    Action,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ListProduct,
    NewProduct,
    Reorder,
    SendCampaign,
    SetPrice,
    StartExperiment,
    StartPromotion,
    UpdateContent,
)
from ecomagent.plan.policy.context import PolicyContext
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import is_price, list_price, quantum
from ecomagent.plan.policy.ruling import Ruling, denied, moment, money, passed

RULE = "sane_values"
CAMPAIGN_GRACE = timedelta(days=1)
"""How late a campaign may still go out: it was planned for a day, not for a minute."""


def sane_values(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Refuse what no shop could mean, with the first thing that is wrong."""
    wrong = next(_wrong(action, context, policy), None)
    return passed(action, RULE, "target known, values possible") if wrong is None else denied(
        action, RULE, wrong
    )  # fmt: skip


def not_expired(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Refuse an action whose time to act on has run out."""
    if action.expires_at is None or context.now < action.expires_at:
        return None
    when = moment(action.expires_at, context.timezone)
    return denied(action, "expiry", f"expired at {when}; make a new plan")


def _wrong(action: Action, context: PolicyContext, policy: Policy) -> Iterator[str]:
    if policy.currency != context.currency:
        yield f"the policy speaks of {policy.currency}, the shop of {context.currency}"
    yield from _unknown(action, context)
    yield from _dates(action, context)
    yield from _values(action, context)


def _unknown(action: Action, context: PolicyContext) -> Iterator[str]:
    if not action.target.id.strip():
        yield "no target is named"
    if context.restoring or isinstance(action, SendCampaign):
        return
    if isinstance(action, CreateBundle):
        unknown = sorted(sku for sku in action.after.components if sku not in context.skus)
        if unknown:
            yield f"component {unknown[0]} is not a SKU of this shop"
        if action.sku in context.skus:
            yield f"{action.sku} is a SKU of this shop already"
    elif isinstance(action, ListProduct) and action.after.new is not None:
        yield from _known_already(action, action.after.new, context)
    elif isinstance(action, ListProduct | DelistProduct | UpdateContent):
        if action.product not in context.by_product:
            yield f"{action.product} is not a product of this shop"
    elif action.target.id not in context.skus:
        yield f"{action.target.id} is not a SKU of this shop"


def _known_already(action: ListProduct, new: NewProduct, context: PolicyContext) -> Iterator[str]:
    if action.product in context.by_product:
        yield f"{action.product} is a product of this shop already"
    if new.sku in context.skus:
        yield f"{new.sku} is a SKU of this shop already"


def _dates(action: Action, context: PolicyContext) -> Iterator[str]:
    start, end = action.starts_at, action.ends_at
    for at in (start, end):
        if at is not None and at.tzinfo is None:
            yield "a date has no time zone"
            return
    if start and end and end <= start:
        yield "it would end before it starts"
    if isinstance(action, StartPromotion) and end is not None and end <= context.now:
        yield f"it would have ended at {moment(end, context.timezone)} already"
    if isinstance(action, SendCampaign) and start and start < context.now - CAMPAIGN_GRACE:
        yield f"its day, {moment(start, context.timezone)}, has passed"


def _values(action: Action, context: PolicyContext) -> Iterator[str]:
    if isinstance(action, SetPrice):
        yield from _set_price(action, context)
    elif isinstance(action, StartPromotion):
        yield from _start_promotion(action, context)
    elif isinstance(action, EndPromotion):
        yield from _end_promotion(action, context)
    elif isinstance(action, StartExperiment):
        yield from _experiment(action, context)
    elif isinstance(action, ListProduct | DelistProduct):
        yield from _status(action)
        if action.after.new is not None:
            yield from _new(action, action.after.new, context)
    elif isinstance(action, Reorder):
        yield from _reorder(action, context)
    elif isinstance(action, SendCampaign):
        yield from _campaign(action)
    elif isinstance(action, UpdateContent):
        yield from _content(action)
    else:
        yield from _bundle(action, context)


def _no_price(price: Decimal, context: PolicyContext) -> Iterator[str]:
    if not is_price(price, context.currency):
        step = money(quantum(context.currency), context.currency)
        yield f"{price} is not a price: it must be positive and in steps of {step}"


def _set_price(action: SetPrice, context: PolicyContext) -> Iterator[str]:
    yield from _no_price(action.after.price, context)
    if not is_price(action.before.price, context.currency):
        yield f"the shop shows no usable price now ({action.before.price})"
    if action.after.price == action.before.price:
        yield f"the price is {money(action.before.price, context.currency)} already"


def _start_promotion(action: StartPromotion, context: PolicyContext) -> Iterator[str]:
    yield from _no_price(action.after.price, context)
    regular = list_price(action, context)
    if regular is None or not regular > 0:
        yield "there is no list price to promote against"
    elif action.after.price >= regular:
        shown = money(action.after.price, context.currency)
        yield f"{shown} is no less than the list price {money(regular, context.currency)}"
    share = action.after.discount
    if share is not None and not 0 < share < 1:
        yield f"a discount of {share} is not between 0 and 1"


def _end_promotion(action: EndPromotion, context: PolicyContext) -> Iterator[str]:
    yield from _no_price(action.after.price, context)
    if action.before.promotion_id is None:
        yield "no promotion is running"
    if action.after.promotion_id is not None and not context.restoring:
        yield "ending a promotion cannot start another"


def _experiment(action: StartExperiment, context: PolicyContext) -> Iterator[str]:
    if action.after.status == "stopped":
        if action.before.experiment_id != action.after.experiment_id:
            yield "the experiment to be stopped is not on"
        return
    before, blocks = action.before, action.after.blocks
    tried = action.after.tried(before.price)
    if before.experiment_id is not None or before.promotion_id is not None:
        yield "another experiment or promotion is on"
    if not tried or (len(tried) == len(blocks)) != bool(action.after.controls):
        yield "nothing would be compared"
        return
    if action.sku in action.after.controls:
        yield "it would be compared with itself"
    unknown = sorted(sku for sku in action.after.controls if sku not in context.skus)
    if unknown:
        yield f"{unknown[0]}, which it would be compared with, is not a SKU of this shop"
    for block in blocks:
        yield from _no_price(block.price, context)
        if block.price > before.price:
            yield "a tried price is above the list price"
        if block.starts_at.tzinfo is None or block.ends_at.tzinfo is None:
            yield "a date has no time zone"
            return
    moments = [at for block in blocks for at in (block.starts_at, block.ends_at)]
    if moments != sorted(moments) or any(block.starts_at == block.ends_at for block in blocks):
        yield "its blocks are not one after the other"
    if tried[0].ends_at <= context.now:
        yield "its first block would be over already"


def _status(action: ListProduct | DelistProduct) -> Iterator[str]:
    listed = action.after.status == "active"
    if listed != isinstance(action, ListProduct):
        yield f"{action.kind.value} cannot leave the product {action.after.status}"
    if action.before.status == action.after.status:
        yield f"the product is {action.before.status} already"


def _new(
    action: ListProduct | DelistProduct, new: NewProduct, context: PolicyContext
) -> Iterator[str]:
    if isinstance(action, DelistProduct) or action.before.status != "absent":
        yield "a product that the shop has is not new"
    yield from _no_price(new.price, context)
    if not new.sku.strip() or not new.title.strip():
        yield "a new product needs a SKU and a title"
    if not (new.cost.is_finite() and new.cost > 0):
        yield f"a unit cost of {new.cost} cannot be ordered at"
    if new.first_order and not new.purchase_order_id:
        yield "its first order has no number"


def _reorder(action: Reorder, context: PolicyContext) -> Iterator[str]:
    order = action.after
    if order.quantity == 0:
        if not context.restoring:
            yield "nothing would be ordered"
        return
    if not (order.unit_cost.is_finite() and order.unit_cost > 0):
        yield f"a unit cost of {order.unit_cost} cannot be ordered at"
        return
    least = order.quantity * (order.unit_cost - quantum(context.currency) / 2)
    if not order.cost_total.is_finite() or order.cost_total < least:
        total = money(order.quantity * order.unit_cost, context.currency)
        yield f"{order.quantity} units cost {total}, not {order.cost_total}"


def _campaign(action: SendCampaign) -> Iterator[str]:
    campaign = action.after
    if campaign.status == "cancelled":
        return
    if campaign.audience == 0:
        yield "nobody would be contacted"
    if not 0 <= campaign.hold_out < 1:
        yield f"a hold-out of {campaign.hold_out} is not between 0 and 1"
    if not (campaign.cost_total.is_finite() and campaign.cost_total >= 0):
        yield f"a campaign cannot cost {campaign.cost_total}"
    if campaign.channel != "ads" and not campaign.body.strip():
        yield "the message is empty"
    if campaign.channel == "email" and not campaign.subject.strip():
        yield "the e-mail has no subject"


def _content(action: UpdateContent) -> Iterator[str]:
    if not action.after.title.strip():
        yield "the title is empty"
    kept = action.before.model_dump(exclude={"version"})
    if kept == action.after.model_dump():
        yield "nothing would change"


def _bundle(action: CreateBundle, context: PolicyContext) -> Iterator[str]:
    bundle = action.after
    if bundle.bundle_sku != action.sku:
        yield f"it is called {action.sku} and {bundle.bundle_sku}"
    if bundle.status == "archived":
        if not context.restoring:
            yield "a bundle is made to be sold"
        return
    yield from _no_price(bundle.price, context)
    if any(count < 1 for count in bundle.components.values()):
        yield "a component counts less than one unit"
    elif sum(bundle.components.values()) < 2:
        yield "a bundle holds at least two units"
    if not bundle.title.strip():
        yield "the title is empty"
