"""The shop at a glance: how fresh its data is, what waits for whom, what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.errors import FactsError
from ecomagent.domain.plan import ReceiptStatus
from ecomagent.plan.standing import start_of_day

if TYPE_CHECKING:
    from ecomagent.store.facts import Facts, FactsView
    from ecomagent.store.plans import PlanRepository, PlanSummary

STALE_DAYS = 7
"""Days without orders after which history is called old."""
SHOWN_PLANS = 5
SOON = timedelta(days=1)


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class DataFreshness(_Shown):
    """How much history there is and how old it is."""

    skus: int
    customers: int
    order_lines: int
    first_day: date | None
    last_day: date | None
    days_old: int | None
    """Days from the last order to today."""


class OpenPlan(_Shown):
    """A plan that is not done."""

    plan_id: str
    goal: str
    created_at: datetime
    expires_at: datetime
    expired: bool
    rollback_of: str | None
    actions: int
    waiting: int
    approved: int
    rejected: int
    applied: int
    failed: int
    waits_for: dict[str, int]
    """Role to the number of actions that wait for it."""


class Attention(_Shown):
    """Something a person should look at, and the command that helps."""

    what: str
    remedy: str


class Overview(_Shown):
    """What ``status`` shows."""

    shop: str
    currency: str
    country: str
    connector: str
    planner: str
    data: DataFreshness | None
    plans: tuple[OpenPlan, ...]
    last_run: OpenPlan | None
    attention: tuple[Attention, ...]


def overview(
    *,
    shop: str,
    currency: str,
    country: str,
    connector: str,
    planner: str,
    facts: Callable[[], Facts],
    repository: PlanRepository,
    quarantined: int,
    now: datetime,
) -> Overview:
    """Look at everything once; nothing is changed.

    Args:
        shop: Name of the shop.
        currency: Its currency.
        country: Its country.
        connector: Which shop is written to.
        planner: What reads goals.
        facts: Opens history; a shop without any has none.
        repository: Plans, decisions and receipts.
        quarantined: Rows in quarantine.
        now: This moment, UTC.
    """
    attention: list[Attention] = []
    data, view = _history(facts, now, attention)
    if view is not None:
        attention += _of_catalogue(view)
    if quarantined:
        attention.append(
            Attention(
                what=f"{quarantined:,} imported rows are in quarantine",
                remedy="ecomagent quarantine list",
            )
        )
    plans = [_plan(repository, summary, now) for summary in repository.list_plans(SHOWN_PLANS)]
    attention += [note for plan in plans for note in _of_plan(repository, plan, now)]
    return Overview(
        shop=shop,
        currency=currency,
        country=country,
        connector=connector,
        planner=planner,
        data=data,
        plans=tuple(p for p in plans if p.waiting or p.approved > p.applied + p.failed),
        last_run=plans[0] if plans else None,
        attention=tuple(attention),
    )


def _history(
    facts: Callable[[], Facts], now: datetime, attention: list[Attention]
) -> tuple[DataFreshness | None, FactsView | None]:
    try:
        opened = facts()
    except FactsError as error:
        attention.append(Attention(what=error.what, remedy=error.remedy))
        return None, None
    view = opened.as_of(start_of_day(now, opened.timezone))
    age = (view.today - opened.last_day).days if opened.last_day else None
    if age is not None and age > STALE_DAYS:
        attention.append(
            Attention(
                what=f"the last order on file is {age:,} days old",
                remedy="ecomagent import your newest sales export",
            )
        )
    panel = view.catalogue()
    return (
        DataFreshness(
            skus=len(panel),
            customers=len(view.customers()),
            order_lines=opened.info.order_lines,
            first_day=opened.first_day,
            last_day=opened.last_day,
            days_old=age,
        ),
        view,
    )


def _of_catalogue(view: FactsView) -> list[Attention]:
    catalogue = view.catalogue()
    active = catalogue[catalogue["status"] == "active"]
    notes = []
    for column, what, remedy in (
        ("cost_minor", "have no cost, so no margin is known", "ecomagent import costs.csv"),
        ("on_hand", "have no stock on file, so nothing is reordered", "ecomagent import stock.csv"),
    ):
        missing = int(active[column].isna().sum())
        if missing:
            notes.append(
                Attention(what=f"{missing:,} of {len(active):,} SKUs {what}", remedy=remedy)
            )
    out = int((active["on_hand"] <= 0).sum())
    if out:
        notes.append(
            Attention(
                what=f"{out:,} SKUs on sale are out of stock",
                remedy='ecomagent plan "grow gross profit next month, only reordering"',
            )
        )
    cost, price = active["cost_minor"], active["list_price_minor"]
    losing = int((cost >= price).sum())
    if losing:
        notes.append(
            Attention(
                what=f"{losing:,} SKUs are priced at or below cost",
                remedy="ecomagent catalog list --below-cost",
            )
        )
    return notes


def _plan(repository: PlanRepository, summary: PlanSummary, now: datetime) -> OpenPlan:
    waits: Counter[str] = Counter()
    expired = summary.expires_at <= now
    if summary.waiting and not expired:
        plan = repository.get_plan(summary.plan_id)
        decided = repository.decisions_of(plan.plan_id)
        for action in plan.actions:
            if action.id not in decided:
                waits[(action.verdict.role if action.verdict else None) or "anyone"] += 1
    return OpenPlan(
        plan_id=summary.plan_id,
        goal=summary.goal,
        created_at=summary.created_at,
        expires_at=summary.expires_at,
        expired=expired,
        rollback_of=summary.rollback_of,
        actions=summary.actions,
        waiting=0 if expired else summary.waiting,
        approved=summary.approved,
        rejected=summary.rejected,
        applied=summary.applied,
        failed=summary.failed,
        waits_for=dict(waits.most_common()),
    )


def _of_plan(repository: PlanRepository, plan: OpenPlan, now: datetime) -> list[Attention]:
    notes = []
    if any(
        receipt.status is ReceiptStatus.INTENDED for receipt in repository.receipts_of(plan.plan_id)
    ):
        notes.append(
            Attention(
                what=f"applying {plan.plan_id} was interrupted",
                remedy=f"ecomagent apply {plan.plan_id}",
            )
        )
    if plan.failed:
        notes.append(
            Attention(
                what=f"{plan.failed:,} actions of {plan.plan_id} failed",
                remedy=f"ecomagent show {plan.plan_id}",
            )
        )
    if plan.waiting and plan.expires_at - now < SOON:
        notes.append(
            Attention(
                what=f"{plan.waiting:,} actions of {plan.plan_id} expire within a day",
                remedy=f"ecomagent review {plan.plan_id}",
            )
        )
    return notes
