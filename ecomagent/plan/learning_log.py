"""Which prices chosen by chance were really asked, and from when: what is learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.action import SetPrice
from ecomagent.domain.money import minor_digits, to_minor
from ecomagent.domain.plan import Plan, PriceDraw, ReceiptStatus

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.plans import PlanRepository

PLANS = 400
"""Plans looked back at."""


def choices_made(repository: PlanRepository, *, as_of: datetime, since: datetime) -> pd.DataFrame:
    """Every draw that the shop has carried out, one row each.

    A draw counts where its price is what the shop then asked: the drawn price was applied, or it
    was the price that stood. Prices that a reviewer edited or rejected were not chosen by chance.

    Returns:
        Columns ``sku, start`` (first whole day at the price, in the shop's time zone),
        ``prices`` (minor units), ``chances``, ``expected`` (minor units a day), ``chosen``,
        ``kept``; sorted by ``sku`` and ``start``.
    """
    import pandas as pd

    rows = [row for plan in _plans(repository, as_of, since) for row in _rows(repository, plan,
                                                                             as_of)]  # fmt: skip
    columns = ["sku", "start", "prices", "chances", "expected", "chosen", "kept"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["sku", "start"], kind="stable", ignore_index=True)


def _plans(repository: PlanRepository, as_of: datetime, since: datetime) -> Iterator[Plan]:
    for each in repository.list_plans(PLANS):
        if since <= each.created_at < as_of and each.rollback_of is None:
            plan = repository.get_plan(each.plan_id)
            if plan.draws and not repository.rollbacks_of(plan.plan_id):
                yield plan


def _rows(repository: PlanRepository, plan: Plan, as_of: datetime) -> Iterator[dict[str, Any]]:
    currency, zone = plan.shop.currency, ZoneInfo(plan.shop.timezone)
    applied = _applied(repository, plan, as_of)
    for draw in plan.draws:
        moment = plan.created_at if draw.chosen == draw.kept else applied.get(draw.sku)
        if moment is None:
            continue
        yield {
            "sku": draw.sku,
            "start": _next_day(moment.astimezone(zone).date()),
            "prices": [to_minor(price, currency) for price in draw.prices],
            "chances": list(draw.chances),
            "expected": [_minor(value, currency) for value in draw.expected],
            "chosen": draw.chosen,
            "kept": draw.kept,
        }


def _applied(repository: PlanRepository, plan: Plan, as_of: datetime) -> dict[str, datetime]:
    """When each drawn price was set, by SKU; edited and rejected ones are not there."""
    drawn = {draw.sku: draw for draw in plan.draws}
    receipts = {receipt.action_id: receipt for receipt in repository.receipts_of(plan.plan_id)}
    found: dict[str, datetime] = {}
    for action in plan.actions:
        receipt = receipts.get(action.id)
        if not isinstance(action, SetPrice) or action.sku not in drawn or receipt is None:
            continue
        done, finished = receipt.status is ReceiptStatus.APPLIED, receipt.finished_at
        if done and finished is not None and finished < as_of and _as_drawn(
            receipt.after_seen, drawn[action.sku]
        ):  # fmt: skip
            found[action.sku] = finished
    return found


def _as_drawn(shown: dict[str, Any], draw: PriceDraw) -> bool:
    price = shown.get("price")
    return price is not None and str(price) == str(draw.prices[draw.chosen])


def _next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _minor(value: float, currency: str) -> float:
    return value * float(10 ** minor_digits(currency))
