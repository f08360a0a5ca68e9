"""Rules on what a plan adds up to and when it acts: conflicts, counts, money, stock, hours."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from ecomagent.domain.action import (
    Action,
    DelistProduct,
    ListProduct,
    Reorder,
    SendCampaign,
    StartPromotion,
)
from ecomagent.plan.policy.context import PolicyContext, SkuFacts, cash_of, family_of
from ecomagent.plan.policy.hours import quiet_until
from ecomagent.plan.policy.limits import cash_left, spend_left
from ecomagent.plan.policy.model import Policy
from ecomagent.plan.policy.prices import quantum
from ecomagent.plan.policy.ruling import Ruling, clamped, denied, moment, money, passed


def one_change_each(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Two actions of a plan never change the same thing, nor sell what the other takes away."""
    rule = "one_change_each"
    family = family_of(action)
    if family in context.taken:
        what, target = family
        return denied(action, rule, f"the plan changes the {what} of {target} already")
    opposite = "on sale" if isinstance(action, DelistProduct) else "off sale"
    for _, product in sorted(context.claims_of(action)):
        if (opposite, product) in context.taken:
            return denied(action, rule, f"the plan already counts on {product} being {opposite}")
    return None


def max_actions(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A plan holds only so many changes; taking a plan back may take as many as it made."""
    most = policy.actions.max_per_plan
    if context.restoring or context.committed_actions < most:
        return None
    return denied(action, "max_actions", f"the plan holds {most} changes, and no more are allowed")


def slots(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A category holds only so many SKUs on sale, those the plan lists and delists counted."""
    most = policy.assortment.max_active_per_category
    if not most or context.restoring or not isinstance(action, ListProduct):
        return None
    for category, more in sorted(context.moves_on_sale(action).items()):
        before = context.on_sale.get(category, 0) + context.listed.get(category, 0)
        if category and before + more > most:
            words = f"{category} has room for {most} SKUs on sale, and holds {before}"
            return denied(action, "slots", words)
    return passed(action, "slots", f"no more than {most} SKUs on sale in its category")


def promotion_days(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """A promotion has an end, and not too late a one."""
    if not isinstance(action, StartPromotion) or context.restoring:
        return None
    rule, most = "promotion_days", policy.promotion.max_days
    if action.ends_at is None:
        return denied(action, rule, f"it has no end; promotions run at most {most} days")
    last = max(action.starts_at or context.now, context.now) + timedelta(days=most)
    if action.starts_at is not None:
        last = action.starts_at + timedelta(days=most)
    if action.ends_at <= last:
        return passed(action, rule, f"it runs no longer than {most} days")
    was, now = (moment(at, context.timezone) for at in (action.ends_at, last))
    shorter = action.model_copy(update={"ends_at": last})
    return clamped(shorter, rule, f"promotions run at most {most} days", was=was, now=now)


def quiet_hours(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Customers are not contacted in quiet hours: a campaign waits for their end."""
    if not isinstance(action, SendCampaign) or action.after.status != "scheduled":
        return None
    rule, hours = "quiet_hours", policy.quiet_hours.campaigns
    due = max(action.starts_at or context.now, context.now)
    end = quiet_until(hours, due, context.timezone)
    if end is None:
        return None
    end = end.astimezone(due.tzinfo)
    if action.ends_at is not None and action.ends_at <= end:
        return denied(action, rule, f"all of it lies in the quiet hours {hours}")
    was, now = (moment(at, context.timezone) for at in (due, end))
    later = action.model_copy(update={"starts_at": end})
    return clamped(later, rule, f"{was} lies in the quiet hours {hours}", was=was, now=now)


def campaign_budget(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Campaigns cost no more than run, day and month still have."""
    if not isinstance(action, SendCampaign) or action.after.status != "scheduled":
        return None
    left = spend_left(policy, context)
    cost, has = (money(sum_, context.currency) for sum_ in (action.after.cost_total, left.value))
    if action.after.cost_total > left.value:
        return denied(
            action, "campaign_budget", f"{cost} is more than the {has} left ({left.source})"
        )
    return passed(action, "campaign_budget", f"{cost} of the {has} left ({left.source})")


def contact_cap(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Nobody is written to more often in 30 days than the policy allows."""
    if not isinstance(action, SendCampaign) or action.after.status != "scheduled":
        return None
    had, most = action.after.most_contacts, policy.marketing.max_contacts_per_customer_per_month
    if had is None:
        return None
    rule, words = "contact_cap", f"{had} messages in 30 days to those who had most"
    if had > most:
        return denied(action, rule, f"{words}; at most {most} are allowed")
    return passed(action, rule, f"{words}, of at most {most}")


def reorder_size(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """An order is as large as the supplier's least order, in whole cases; rounded up."""
    if not isinstance(action, Reorder) or context.restoring:
        return None
    facts = context.skus.get(action.sku) or SkuFacts(sku=action.sku)
    least, case = max(facts.min_order or 1, 1), max(facts.case_pack or 1, 1)
    ordered = action.after.quantity
    wanted = -(-max(ordered, least) // case) * case
    if wanted == ordered:
        return None
    words = f"{ordered} units; the supplier sends at least {least}, in cases of {case}"
    return clamped(
        with_quantity(action, wanted, context), "reorder_size", words,
        was=str(ordered), now=str(wanted),
    )  # fmt: skip


def reorder_cash(action: Action, context: PolicyContext, policy: Policy) -> Ruling | None:
    """Purchase orders cost no more than is still set aside for them."""
    wanted = cash_of(action)
    if not wanted:
        return None
    left = cash_left(policy, context)
    cost, has = (money(sum_, context.currency) for sum_ in (wanted, left.value))
    if wanted > left.value:
        return denied(action, "reorder_cash", f"{cost} is more than the {has} left ({left.source})")
    return passed(action, "reorder_cash", f"{cost} of the {has} left ({left.source})")


def with_quantity(action: Reorder, quantity: int, context: PolicyContext) -> Reorder:
    """The same order for another number of units; its cost follows."""
    total = (quantity * action.after.unit_cost).quantize(Decimal(quantum(context.currency)))
    after = action.after.model_copy(update={"quantity": quantity, "cost_total": total})
    return action.model_copy(update={"after": after})
