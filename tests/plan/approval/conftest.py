"""A plan of a small shop, judged by a real policy and kept in a real store."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ecomagent.audit import AuditLog
from ecomagent.domain.action import (
    Action,
    ActionKind,
    CampaignAfter,
    CampaignBefore,
    DelistProduct,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    Reason,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StartPromotion,
    StatusAfter,
    StatusBefore,
    StockBefore,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Budget, Constraints, Goal
from ecomagent.domain.plan import Base, Plan, ShopRef
from ecomagent.plan.policy import Policy, PolicyContext, SkuFacts, judge_all, parse_policy
from ecomagent.plan.policy.file import default_policy_text
from ecomagent.plan.recording import Reviewer
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.plans import PlanRepository

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
SKUS = {
    name: SkuFacts(
        sku=name, product_id=f"P{name}", category="Mugs", list_price=Decimal("5.00"),
        price=Decimal("5.00"), cost=Decimal("2.00"), on_hand=40,
    )
    for name in "ABCD"
}  # fmt: skip


def priced(sku: str) -> Evidence:
    """What the pricing tool leaves behind: enough to value any other price."""
    return Evidence.of(
        "tools.pricing.price_menu",
        params={
            "sku": sku, "price_minor": 545, "current_minor": 500.0, "cost_minor": 200.0,
            "stock": 500.0, "mean_per_day": 4.0, "variance_per_day": 6.0, "log_error_sd": 0.3,
            "elasticity": -0.8, "std_error": 0.2, "objective": "gross_profit", "horizon_days": 28,
            "days": 28, "draws": 200, "seed": 0, "currency": "GBP",
        },
    )  # fmt: skip


def set_price(sku: str, wanted: str) -> SetPrice:
    return SetPrice(
        sku=sku,
        before=PriceBefore(price=Decimal("5.00"), version="1"),
        after=PriceAfter(price=Decimal(wanted)),
        evidence=(priced(sku),),
        reasons=(Reason(en="Few units are lost.", zh="销量损失较少。"),),
    )


def actions() -> tuple[Action, ...]:
    """One of each kind that is decided on often."""
    return (
        set_price("A", "5.45"),
        StartPromotion(
            sku="B",
            ends_at=NOW + timedelta(days=14),
            before=PromotionBefore(price=Decimal("5.00"), version="1"),
            after=PromotionAfter(
                promotion_id="promo-1", discount=Decimal("0.1"), price=Decimal("4.50")
            ),
        ),
        Reorder(
            sku="C",
            before=StockBefore(on_hand=3, inbound=0, version="1"),
            after=ReorderAfter(purchase_order_id="po-1", quantity=400, unit_cost=Decimal("2.00"),
                               cost_total=Decimal("800.00")),
        ),
        SendCampaign(
            segment="loyal",
            starts_at=NOW + timedelta(hours=3),
            before=CampaignBefore(version="absent"),
            after=CampaignAfter(campaign_id="camp-1", channel="email", audience=500,
                                subject="Tea", body="Tea is back.", cost_total=Decimal("1000.00")),
        ),
        DelistProduct(
            product="PD",
            before=StatusBefore(status="active", version="1"),
            after=StatusAfter(status="archived"),
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """What reviewers share."""

    plan: Plan
    policy: Policy
    context: PolicyContext
    repository: PlanRepository
    audit: AuditLog

    def sits(self, name: str = "ann", role: str = "owner", **more: object) -> Reviewer:
        """Somebody at the desk."""
        found = Reviewer(name, role, self.repository, self.audit, self.policy, NOW)
        return replace(found, **more)  # type: ignore[arg-type]

    def action(self, kind: str) -> Action:
        return next(each for each in self.plan.actions if each.kind == ActionKind(kind))


@pytest.fixture
def policy() -> Policy:
    return parse_policy(default_policy_text("GBP"))


@pytest.fixture
def desk(tmp_path: Path, policy: Policy) -> Iterator[Desk]:
    database = Database.open(sqlite_url(tmp_path / "store.db"))
    budget = Budget(amount=Decimal(2000), currency="GBP")
    constraints = Constraints(budget=budget)
    context = PolicyContext(currency="GBP", now=NOW, skus=SKUS, constraints=constraints)
    judged = judge_all(policy, actions(), context)
    assert not judged.refused, judged.refused
    plan = Plan(
        shop=ShopRef(id="shop-1", name="Mugs", currency="GBP", connector="local"),
        created_at=NOW,
        as_of=NOW,
        goal=Goal(text="grow gross profit", constraints=constraints),
        base=Base(serial=1, state_hash="s"),
        policy_hash=policy.hash,
        planner="rules",
        actions=judged.actions,
        verdict=judged.verdict,
        applyable=True,
        expires_at=NOW + timedelta(days=7),
    ).sealed()
    repository = PlanRepository(database)
    repository.save_plan(plan)
    yield Desk(plan, policy, context, repository, AuditLog(database, tmp_path / "audit.head"))
    database.close()
