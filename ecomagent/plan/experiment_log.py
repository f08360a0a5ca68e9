"""Prices that experiments tried: what elasticities are learnt from best."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from math import log
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.action import StartExperiment
from ecomagent.domain.plan import Plan, ReceiptStatus

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.plans import PlanRepository

PLANS = 400
"""Plans looked back at."""
COLUMNS = ("sku", "starts_on", "ends_on", "surprise", "temporary")


def tried_prices(repository: PlanRepository, *, as_of: datetime, since: datetime) -> pd.DataFrame:
    """Prices of experiments that were carried out.

    An experiment counts up to the moment it was stopped or is known; its other days are left
    out. Days are the shop's.

    Returns:
        ``sku``, ``starts_on``, ``ends_on`` (exclusive; datetime64[D]) and ``surprise`` (log price
        less its expectation when chance decided), ``temporary`` (true: the list price stayed);
        sorted.
    """
    import pandas as pd

    rows = [row for plan in _plans(repository, as_of, since) for row in _blocks(
        repository, plan, as_of)]  # fmt: skip
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("starts_on", "ends_on"):
        found[name] = found[name].astype("datetime64[ns]")
    found = found[found["starts_on"] < found["ends_on"]]
    return found.sort_values(["sku", "starts_on"], kind="stable", ignore_index=True)


def _plans(repository: PlanRepository, as_of: datetime, since: datetime) -> Iterator[Plan]:
    for each in repository.list_plans(PLANS):
        if since <= each.created_at < as_of and each.rollback_of is None:
            yield repository.get_plan(each.plan_id)


def _blocks(repository: PlanRepository, plan: Plan, as_of: datetime) -> Iterator[dict[str, Any]]:
    tests = [action for action in plan.actions if isinstance(action, StartExperiment)]
    if not tests:
        return
    zone = ZoneInfo(plan.shop.timezone)
    applied = _applied(repository, plan)
    stopped = {
        action.target.id: receipt
        for back in repository.rollbacks_of(plan.plan_id)
        for action in back.actions
        if isinstance(action, StartExperiment)
        and (receipt := _applied(repository, back).get(action.id)) is not None
    }
    for action in tests:
        if action.id not in applied:
            continue
        until = min(as_of, stopped.get(action.sku, as_of))
        prices = [log(block.price) for block in action.after.blocks]
        expected = sum(prices) / len(prices)
        for block, price in zip(action.after.blocks, prices, strict=True):
            yield {
                "sku": action.sku,
                "starts_on": _day(block.starts_at, zone),
                "ends_on": _day(min(block.ends_at, until), zone),
                "surprise": price - expected,
                "temporary": True,
            }


def _applied(repository: PlanRepository, plan: Plan) -> dict[str, datetime]:
    """When each action of a plan was carried out."""
    return {
        receipt.action_id: receipt.finished_at
        for receipt in repository.receipts_of(plan.plan_id)
        if receipt.status is ReceiptStatus.APPLIED and receipt.finished_at is not None
    }


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
