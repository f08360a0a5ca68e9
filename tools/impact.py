"""The impact of an action somebody has edited, from the figures in its own evidence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ecomagent.domain.action import (
    Action,
    Impact,
    Metric,
    Quantiles,
    Reorder,
    SendCampaign,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.money import minor_digits, to_minor
from tools.inventory import TOOL as ORDER_TOOL
from tools.learning import trusted
from tools.price_effects import effect_of
from tools.reorder_gains import gains_of

PRICE_TOOLS = ("tools.pricing.price_menu", "tools.pricing.promotion_menu")
STEMS = {
    "units": Metric.UNITS,
    "revenue_minor": Metric.REVENUE,
    "gross_profit_minor": Metric.GROSS_PROFIT,
    "stockout_days": Metric.STOCKOUT_DAYS,
}


def impact_after_edit(action: Action) -> Impact:
    """Expected impact of an action as it now reads.

    Prices and orders are valued again from their evidence's own parameters, in the same futures
    as the plan's. A campaign's impact shrinks in proportion when fewer are written to, and is
    not promised to grow when more are, since returns diminish. What it costs follows the edited
    action exactly.

    Args:
        action: The edited action, with the impact and evidence it was planned with.

    Returns:
        The new impact; empty where no evidence tells; as planned for kinds without figures.
    """
    if isinstance(action, SetPrice | StartPromotion):
        return _of_price(action)
    if isinstance(action, Reorder):
        return _of_order(action)
    if isinstance(action, SendCampaign):
        return _of_campaign(action)
    return action.impact


def _evidence(action: Action, *tools: str) -> Evidence | None:
    return next((each for each in action.evidence if each.tool in tools), None)


def _of_price(action: SetPrice | StartPromotion) -> Impact:
    known = _evidence(action, *PRICE_TOOLS)
    if known is None:
        return {}
    currency = str(known.params["currency"])
    price = to_minor(action.after.price, currency)
    found = trusted(effect_of(known.params | {"price_minor": price}), action.evidence)
    return _impact(found, minor_digits(currency))


def _of_order(action: Reorder) -> Impact:
    known = _evidence(action, ORDER_TOOL)
    if known is None:
        return {}
    quantity = action.after.quantity
    found = gains_of(known.result, quantity, int(known.params["seed"])) if quantity else {}
    digits = -int(action.after.unit_cost.as_tuple().exponent)
    return _impact(trusted(found, action.evidence), digits) | _spend(action.after.cost_total)


def _of_campaign(action: SendCampaign) -> Impact:
    planned = next((each.result["audience"] for each in action.evidence
                    if each.result.get("audience")), None)  # fmt: skip
    if planned is None:
        return {}
    share = min(Decimal(action.after.audience) / Decimal(str(planned)), Decimal(1))
    shrunk: Impact = {
        metric: Quantiles(
            p10=_scaled(each.p10, share), p50=_scaled(each.p50, share), p90=_scaled(each.p90, share)
        )
        for metric, each in action.impact.items()
        if metric is not Metric.SPEND
    }
    return shrunk | _spend(action.after.cost_total)


def _impact(found: Mapping[str, float], digits: int) -> Impact:
    """Quantiles by metric; what is unknown, and what is nothing, is left out."""
    impact: Impact = {}
    for stem, metric in STEMS.items():
        values = [found.get(f"{stem}_{point}", float("nan")) for point in ("p10", "p50", "p90")]
        if any(value != value for value in values) or not any(values):
            continue
        low, middle, high = (_figure(stem, value, digits) for value in values)
        impact[metric] = Quantiles(p10=low, p50=middle, p90=high)
    return impact


def _figure(stem: str, value: float, digits: int) -> Decimal:
    """Minor units as major ones; counts and days to a tenth."""
    if stem.endswith("_minor"):
        return Decimal(round(value)).scaleb(-digits)
    return Decimal(f"{value:.1f}")


def _spend(total: Decimal) -> Impact:
    return {Metric.SPEND: Quantiles(p10=total, p50=total, p90=total)} if total else {}


def _scaled(value: Decimal, share: Decimal) -> Decimal:
    """A share of a figure, with as many decimals as it had."""
    return (value * share).quantize(value)
