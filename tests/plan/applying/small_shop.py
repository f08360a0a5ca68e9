"""A small shop with something to do for every kind of action, and a plan that does all of them.

Not a test: used by the tests of this folder and by the processes that they start and kill.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ecomagent.audit import AuditLog
from ecomagent.connectors import open_connector
from ecomagent.domain.action import (
    Action,
    ActionKind,
    ActionVerdict,
    BundleAfter,
    BundleBefore,
    CampaignAfter,
    CampaignBefore,
    ContentAfter,
    ContentBefore,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    ExperimentAfter,
    ExperimentBefore,
    ExperimentBlock,
    ListProduct,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    Reorder,
    ReorderAfter,
    SendCampaign,
    SetPrice,
    StartExperiment,
    StartPromotion,
    StatusAfter,
    StatusBefore,
    StockBefore,
    Target,
    UpdateContent,
)
from ecomagent.domain.goal import Goal
from ecomagent.domain.plan import Decision, DecisionChoice, Plan, PlanVerdict, ShopRef
from ecomagent.domain.ports import Connector
from ecomagent.domain.workspace import ShopSettings
from ecomagent.plan.apply import ApplyReport, apply_plan
from ecomagent.plan.policy import PolicyContext, load_policy, write_default_policy
from ecomagent.plan.rollback import open_rollback
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.plans import PlanRepository
from ecomagent.store.shop import create_shop
from ecomagent.store.tables import (
    CustomerRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    StockRow,
    SupplierRow,
    VariantRow,
)

NOW = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)
SHOP = ShopSettings(id="shop-1", name="Small shop", currency="GBP", country="GB")
PEOPLE = tuple(f"c{number}" for number in range(10))
ALLOW = ActionVerdict(decision="allow")


@dataclass
class SteppingClock:
    """Every look is a millisecond later; can be set forward."""

    moment: datetime = NOW

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class Shop:
    """Everything around one shop, opened from its folder."""

    folder: Path
    connector_name: str = "local"
    url: str = ""
    clock: SteppingClock = field(default_factory=SteppingClock)

    def __post_init__(self) -> None:
        self.database = Database.open(self.url or sqlite_url(self.folder / "store.db"))
        self.repository = PlanRepository(self.database)
        self.audit = AuditLog(self.database, self.folder / "audit.head")
        self.lock = self.folder / "lock"
        self.connector: Connector = open_connector(
            self.connector_name,
            self.database,
            self.folder / "outbox",
            self.clock,
            members=lambda segment: PEOPLE,
        )

    def again(self) -> Shop:
        """The same shop as another process would open it."""
        self.database.close()
        return Shop(self.folder, self.connector_name, self.url, self.clock)

    def apply(self, plan: Plan, **changes: Any) -> ApplyReport:
        given: dict[str, Any] = {
            "connector": self.connector,
            "repository": self.repository,
            "audit": self.audit,
            "clock": self.clock,
            "actor": "olga",
            "lock_file": self.lock,
            "recheck": lambda action: ALLOW,
        }
        decisions = self.repository.decisions_of(plan.plan_id)
        return apply_plan(plan, decisions, **(given | changes))

    def read(self, kind: ActionKind, type_: Any, name: str) -> Any:
        return self.connector.read(kind, [Target(type=type_, id=name)])[name]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.database.session() as session:
            result = session.connection().execute(text(statement), values)
            return list(result) if result.returns_rows else []


def fill(database: Database) -> None:
    """Products to price, to put on offer, to list and delist; stock, a supplier, customers."""
    create_shop(database, SHOP, NOW)
    since = NOW - timedelta(days=100)
    with database.session() as session:
        session.add(SupplierRow(id="S1", name="Potter", lead_time_days=7))
        session.add_all(CustomerRow(id=who, consent_marketing=who != "c3") for who in PEOPLE)
        statuses = {"mug": "active", "bowl": "active", "jug": "active", "old": "archived",
                    "lamp": "active"}  # fmt: skip
        session.add_all(
            ProductRow(id=name, title=name.title(), status=status, tags=["clay"])
            for name, status in statuses.items()
        )
        session.flush()
        prices = {"mug-r": 1000, "mug-b": 1000, "bowl": 2000, "jug": 3000, "old": 500, "lamp": 900}
        for sku, price in prices.items():
            session.add(
                VariantRow(
                    sku=sku,
                    product_id=sku.split("-")[0],
                    title=sku[-1] if "-" in sku else "",
                    list_price_minor=price,
                    supplier_id="S1",
                    attributes={"Glaze": "matt", "Colour": sku[-1]} if "-" in sku else {},
                )
            )
        session.flush()
        for sku, price in prices.items():
            session.add(PriceRow(sku=sku, valid_from=since, price_minor=price))
            session.add(StockRow(sku=sku, at=since, on_hand=5))
        session.add(
            PromotionRow(
                id="promo-jug", sku="jug", discount=0.1, price_minor=2700,
                starts_at=since, ends_at=NOW + timedelta(days=60),
            )
        )  # fmt: skip


def _seen(connector: Connector, kind: ActionKind, target: Target) -> dict[str, Any]:
    state = connector.read(kind, [target])[target.id]
    return {**state.fields, "version": state.version}


def _blocks(now: datetime) -> tuple[ExperimentBlock, ...]:
    """Four weeks, the second and third at the lower price."""
    prices = [Decimal("10.00"), Decimal("9.00"), Decimal("9.00"), Decimal("10.00")]
    days = [now + timedelta(days=7 * week) for week in range(5)]
    return tuple(
        ExperimentBlock(starts_at=start, ends_at=end, price=price)
        for start, end, price in zip(days, days[1:], prices, strict=False)
    )


def every_kind_of_action(connector: Connector, now: datetime = NOW) -> tuple[Action, ...]:
    """One action of every kind, as the shop stands now."""

    def sku(kind: ActionKind, name: str) -> dict[str, Any]:
        return _seen(connector, kind, Target(type="sku", id=name))

    def product(kind: ActionKind, name: str) -> dict[str, Any]:
        return _seen(connector, kind, Target(type="product", id=name))

    kinds = ActionKind
    campaign = _seen(connector, kinds.SEND_CAMPAIGN, Target(type="segment", id="camp-1"))
    made: tuple[Action, ...] = (
        SetPrice(
            sku="mug-r", before=PriceBefore(**sku(kinds.SET_PRICE, "mug-r")),
            after=PriceAfter(price=Decimal("9.50")),
        ),
        StartPromotion(
            sku="bowl", before=PromotionBefore(**sku(kinds.START_PROMOTION, "bowl")),
            after=PromotionAfter(
                promotion_id="promo-bowl", discount=Decimal("0.2"), price=Decimal("16.00")
            ),
            ends_at=now + timedelta(days=30),
        ),
        EndPromotion(
            sku="jug", before=PromotionBefore(**sku(kinds.END_PROMOTION, "jug")),
            after=PromotionAfter(price=Decimal("30.00")),
        ),
        ListProduct(
            product="old", before=StatusBefore(**product(kinds.LIST_PRODUCT, "old")),
            after=StatusAfter(status="active"),
        ),
        DelistProduct(
            product="lamp", before=StatusBefore(**product(kinds.DELIST_PRODUCT, "lamp")),
            after=StatusAfter(status="archived"),
        ),
        Reorder(
            sku="mug-b", before=StockBefore(**sku(kinds.REORDER, "mug-b")),
            after=ReorderAfter(
                purchase_order_id="po-1", quantity=12, unit_cost=Decimal("4.00"),
                cost_total=Decimal("48.00"), supplier="S1",
            ),
        ),
        SendCampaign(
            segment="loyal", starts_at=now + timedelta(days=3),
            before=CampaignBefore(**campaign),
            after=CampaignAfter(
                campaign_id="camp-1", channel="email", audience=8, hold_out=Decimal("0.2"),
                subject="New", body="Hello", skus=("mug-r",), cost_total=Decimal("5.00"),
            ),
        ),
        UpdateContent(
            product="mug", before=ContentBefore(**product(kinds.UPDATE_CONTENT, "mug")),
            after=ContentAfter(title="Red mug, 350 ml", description="Warm.", tags=("clay", "red")),
        ),
        StartExperiment(
            sku="mug-b", before=ExperimentBefore(**sku(kinds.START_EXPERIMENT, "mug-b")),
            after=ExperimentAfter(
                experiment_id="exp_mug-b", chance=Decimal("0.5"), blocks=_blocks(now),
            ),
        ),
        CreateBundle(
            sku="set-1", before=BundleBefore(**sku(kinds.CREATE_BUNDLE, "set-1")),
            after=BundleAfter(
                bundle_sku="set-1", title="Mug and bowl", components={"mug-r": 1, "bowl": 1},
                price=Decimal("25.00"),
            ),
        ),
    )  # fmt: skip
    return tuple(action.model_copy(update={"id": action.content_id()}) for action in made)


def sealed(shop: Shop, actions: tuple[Action, ...], /, **changes: Any) -> Plan:
    """A plan of those actions, on file."""
    now = shop.clock.moment
    values: dict[str, Any] = {
        "shop": ShopRef(
            id=SHOP.id, name=SHOP.name, currency=SHOP.currency, connector=shop.connector.name
        ),
        "created_at": now,
        "as_of": now,
        "goal": Goal(text="more profit"),
        "base": shop.connector.base(),
        "policy_hash": "",
        "planner": "rules",
        "actions": actions,
        "verdict": PlanVerdict(decision="needs_approval"),
        "applyable": True,
        "expires_at": now + timedelta(days=7),
    }
    plan = Plan(**(values | changes)).sealed()
    shop.repository.save_plan(plan)
    return plan


def decide(
    shop: Shop,
    plan: Plan,
    choice: DecisionChoice = DecisionChoice.APPROVE,
    *names: str,
    **changes: Any,
) -> None:
    """The owner's word on the named actions of a plan, or on all."""  # fmt: skip
    for action in plan.actions:
        if names and action.id not in names:
            continue
        earlier = shop.repository.decisions_of(plan.plan_id).get(action.id)
        revision = (earlier.revision if earlier else 0) + 1
        values: dict[str, Any] = {
            "plan_id": plan.plan_id,
            "plan_hash": plan.hash,
            "action_id": action.id,
            "revision": revision,
            "choice": choice,
            "by": "olga",
            "role": "owner",
            "at": shop.clock.moment,
            "action_hash": action.hash(),
        }
        shop.repository.record_decision(Decision(**(values | changes)), revision - 1)


WHAT_CUSTOMERS_SEE = {
    "prices": "SELECT sku, list_price_minor FROM variant WHERE status = 'active' ORDER BY sku",
    "products": "SELECT id, title, description, status, tags FROM product"
    " WHERE status <> 'archived' ORDER BY id",
    "offers": "SELECT id, sku, discount, price_minor, ends_at FROM promotion"
    " WHERE status = 'active' ORDER BY id",
    "orders": "SELECT id, sku, quantity FROM purchase_order WHERE status = 'open' ORDER BY id",
    "campaigns": "SELECT id, audience, cost_minor FROM campaign"
    " WHERE status <> 'cancelled' ORDER BY id",
    "recipients": "SELECT campaign_id, customer_id, kind FROM campaign_event"
    " ORDER BY campaign_id, customer_id",
}
HOW_OFTEN = {
    "serial": "SELECT serial FROM shop",
    "prices set": "SELECT count(*) FROM price_history",
    "promotions": "SELECT count(*) FROM promotion",
    "purchase orders": "SELECT count(*) FROM purchase_order",
    "writes": "SELECT count(*) FROM connector_write",
    "applied": "SELECT count(*) FROM receipt WHERE status = 'applied'",
    "logged": "SELECT count(*) FROM audit_entry WHERE event = 'action.applied'",
}


def customers_view(shop: Shop) -> dict[str, list[Any]]:
    """What people outside see or get from the shop."""
    return {
        name: [tuple(row) for row in shop.sql(query)] for name, query in WHAT_CUSTOMERS_SEE.items()
    }


def counts(shop: Shop) -> dict[str, int]:
    """How often things were done: more than once shows here."""
    return {name: int(shop.sql(query)[0][0]) for name, query in HOW_OFTEN.items()}


def files(shop: Shop) -> dict[str, str]:
    """The outbox: path to content."""
    outbox = shop.folder / "outbox"
    return {
        str(path.relative_to(outbox)): path.read_text(encoding="utf-8")
        for path in sorted(outbox.rglob("*.csv"))
    }


def roll_back(shop: Shop, plan: Plan) -> Plan:
    """The plan that takes another back, or the interrupted one; nobody has approved it."""
    policy_file = shop.folder / "policy.toml"
    if not policy_file.exists():
        write_default_policy(policy_file, "GBP")
    return open_rollback(
        plan,
        repository=shop.repository,
        connector=shop.connector,
        audit=shop.audit,
        settings=SHOP,
        policy=load_policy(policy_file),
        context=lambda: PolicyContext(currency="GBP", now=shop.clock.moment, restoring=True),
        actor="olga",
        now=shop.clock.now(),
    )
