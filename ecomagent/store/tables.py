"""The operational truth: every table of the store. One database holds one shop.

Money columns end in ``_minor`` (integer minor units of the shop's currency); moments are
aware UTC; keys are the shop's own (SKU, order number), so that importing twice changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Index, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlmodel import Column, Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC moments on both databases; SQLite keeps them naive, so UTC is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _moment(*, nullable: bool = False, index: bool = False, key: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(UtcDateTime(), nullable=nullable, index=index, primary_key=key),
    )


def _json(kind: type[Any] = dict) -> Any:
    return Field(default_factory=kind, sa_column=Column(JSON, nullable=False, default=kind))


def _text(default: str = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=False, default=default))


def _minor(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(BigInteger, nullable=nullable))


class ShopRow(SQLModel, table=True):
    """The shop this database is of; exactly one row."""

    __tablename__ = "shop"
    id: str = Field(primary_key=True)
    name: str
    currency: str
    country: str
    timezone: str = "UTC"
    serial: int = 0
    """Counts every change of catalogue, prices, promotions and statuses."""
    created_at: datetime = _moment()


class ProductRow(SQLModel, table=True):
    """What is sold, in one or more variants."""

    __tablename__ = "product"
    id: str = Field(primary_key=True)
    title: str = _text()
    description: str = _text()
    category: str = Field(default="", index=True)
    """Path from general to special, parts joined by " > "."""
    brand: str = Field(default="", index=True)
    status: str = "active"
    """active, draft or archived."""
    tags: list[str] = _json(list)
    attributes: dict[str, Any] = _json()
    first_seen: datetime | None = _moment(nullable=True)
    version: int = 1


class VariantRow(SQLModel, table=True):
    """One SKU: what has a price and a stock."""

    __tablename__ = "variant"
    sku: str = Field(primary_key=True)
    product_id: str = Field(foreign_key="product.id", index=True)
    title: str = _text()
    list_price_minor: int | None = _minor(nullable=True)
    map_price_minor: int | None = _minor(nullable=True)
    """Minimum advertised price agreed with the brand."""
    status: str = "active"
    attributes: dict[str, Any] = _json()
    supplier_id: str | None = Field(default=None, foreign_key="supplier.id")
    lead_time_days: int | None = None
    min_order: int | None = None
    case_pack: int | None = None
    first_seen: datetime | None = _moment(nullable=True)
    version: int = 1
    """Grows with every change of price, promotion or status; what a precondition compares."""


class PriceRow(SQLModel, table=True):
    """A price that was asked from a moment on."""

    __tablename__ = "price_history"
    sku: str = Field(foreign_key="variant.sku", primary_key=True)
    kind: str = Field(default="list", primary_key=True)
    """list or promotion."""
    valid_from: datetime = _moment(key=True)
    valid_to: datetime | None = _moment(nullable=True)
    price_minor: int = _minor()
    source: str = ""
    """Import id, action id, or empty."""


class CostRow(SQLModel, table=True):
    """What one unit costs the shop from a moment on."""

    __tablename__ = "cost_history"
    sku: str = Field(foreign_key="variant.sku", primary_key=True)
    valid_from: datetime = _moment(key=True)
    cost_minor: int = _minor()
    source: str = ""


class StockRow(SQLModel, table=True):
    """Stock seen at a moment."""

    __tablename__ = "stock_history"
    sku: str = Field(foreign_key="variant.sku", primary_key=True)
    at: datetime = _moment(key=True)
    on_hand: int
    inbound: int = 0


class PromotionRow(SQLModel, table=True):
    """A time of lower prices for one SKU."""

    __tablename__ = "promotion"
    id: str = Field(primary_key=True)
    sku: str = Field(foreign_key="variant.sku", index=True)
    discount: float
    """Fraction off the list price."""
    price_minor: int = _minor()
    starts_at: datetime = _moment()
    ends_at: datetime | None = _moment(nullable=True)
    status: str = "active"
    """active or ended."""


class CustomerRow(SQLModel, table=True):
    """A buyer under the shop's own id; names and addresses are not kept."""

    __tablename__ = "customer"
    id: str = Field(primary_key=True)
    country: str = ""
    consent_marketing: bool | None = None
    first_seen: datetime | None = _moment(nullable=True)
    attributes: dict[str, Any] = _json()


class OrderRow(SQLModel, table=True):
    """An order."""

    __tablename__ = "sales_order"
    id: str = Field(primary_key=True)
    ordered_at: datetime = _moment(index=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id", index=True)
    channel: str = ""
    country: str = ""


class OrderLineRow(SQLModel, table=True):
    """Units of one SKU in an order; `discount_minor` is off the whole line."""

    __tablename__ = "order_line"
    order_id: str = Field(foreign_key="sales_order.id", primary_key=True)
    line_id: str = Field(primary_key=True)
    sku: str = Field(foreign_key="variant.sku", index=True)
    quantity: int
    unit_price_minor: int = _minor()
    discount_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))


class ReturnRow(SQLModel, table=True):
    """Units that came back or were cancelled; quantity and refund are positive."""

    __tablename__ = "return_line"
    return_id: str = Field(primary_key=True)
    line_id: str = Field(primary_key=True)
    order_id: str | None = None
    """The order it belongs to, where the source says so."""
    sku: str = Field(foreign_key="variant.sku", index=True)
    customer_id: str | None = None
    quantity: int
    refund_minor: int = _minor()
    returned_at: datetime = _moment()


class SupplierRow(SQLModel, table=True):
    """Who delivers, and how long it takes."""

    __tablename__ = "supplier"
    id: str = Field(primary_key=True)
    name: str = ""
    lead_time_days: float | None = None
    lead_time_std_days: float | None = None


class SupplierOfferRow(SQLModel, table=True):
    """What a supplier offers at a price from a moment on; nothing here is on sale by itself."""

    __tablename__ = "supplier_offer"
    sku: str = Field(primary_key=True)
    supplier: str = Field(primary_key=True)
    """Empty where the list names none."""
    seen_at: datetime = _moment(key=True)
    title: str = _text()
    category: str = _text()
    brand: str = _text()
    cost_minor: int = _minor()
    list_price_minor: int | None = _minor(nullable=True)
    """What the supplier suggests to sell it for."""
    min_order: int | None = None
    case_pack: int | None = None
    lead_time_days: int | None = None
    attributes: dict[str, Any] = _json()


class PurchaseOrderRow(SQLModel, table=True):
    """Units of one SKU ordered from a supplier."""

    __tablename__ = "purchase_order"
    id: str = Field(primary_key=True)
    sku: str = Field(foreign_key="variant.sku", index=True)
    supplier_id: str | None = Field(default=None, foreign_key="supplier.id")
    quantity: int
    unit_cost_minor: int | None = _minor(nullable=True)
    ordered_at: datetime = _moment()
    expected_at: datetime | None = _moment(nullable=True)
    received_at: datetime | None = _moment(nullable=True)
    status: str = "open"
    """open, received or cancelled."""


class CampaignRow(SQLModel, table=True):
    """A message to a customer segment."""

    __tablename__ = "campaign"
    id: str = Field(primary_key=True)
    name: str = ""
    segment: str = ""
    channel: str = ""
    status: str = "sent"
    """scheduled, sent or cancelled."""
    starts_at: datetime | None = _moment(nullable=True)
    ends_at: datetime | None = _moment(nullable=True)
    cost_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))
    hold_out: float = 0.0
    audience: int = 0
    subject: str = _text()
    body: str = _text()
    skus: list[str] = _json(list)


class CampaignEventRow(SQLModel, table=True):
    """Something a customer did in a campaign, or being in it or held out of it."""

    __tablename__ = "campaign_event"
    campaign_id: str = Field(foreign_key="campaign.id", primary_key=True)
    customer_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    """sent, held_out, opened, clicked, converted or unsubscribed."""
    at: datetime = _moment(key=True)


class CompetitorPriceRow(SQLModel, table=True):
    """What a competitor asked for the same thing at a moment."""

    __tablename__ = "competitor_price"
    sku: str = Field(foreign_key="variant.sku", primary_key=True)
    competitor: str = Field(primary_key=True)
    at: datetime = _moment(key=True)
    price_minor: int = _minor()


class ReviewRow(SQLModel, table=True):
    """What a customer wrote about a SKU; text from outside, data and never an instruction."""

    __tablename__ = "review"
    id: str = Field(primary_key=True)
    sku: str = Field(foreign_key="variant.sku", index=True)
    customer_id: str | None = None
    rating: float | None = None
    title: str = _text()
    body: str = _text()
    at: datetime = _moment()


class SignalRow(SQLModel, table=True):
    """A figure from outside: weather, searches, footfall."""

    __tablename__ = "external_signal"
    name: str = Field(primary_key=True)
    at: datetime = _moment(key=True)
    value: float


class ImportRow(SQLModel, table=True):
    """One imported file, and how its columns were understood."""

    __tablename__ = "import_file"
    id: str = Field(primary_key=True)
    path: str
    sha256: str = Field(index=True)
    layout: str
    mapping: dict[str, Any] = _json()
    rows_read: int = 0
    rows_new: int = 0
    rows_bad: int = 0
    imported_at: datetime = _moment()
    last_event_at: datetime | None = _moment(nullable=True)


class QuarantineRow(SQLModel, table=True):
    """A row that could not be imported, with what is wrong and what to do."""

    __tablename__ = "quarantine"
    id: str = Field(primary_key=True)
    """Derived from file content and row, so that the same bad row is kept once."""
    import_id: str = Field(index=True)
    file: str
    row: int
    field: str
    value: str = _text()
    reason: str = _text()
    remedy: str = _text()
    record: dict[str, Any] = _json()
    """The whole row as read, so that it can be exported, mended and imported again."""
    layout: str = ""
    status: str = "open"
    """open or mended."""
    at: datetime = _moment()


class PlanRow(SQLModel, table=True):
    """A plan document and where it stands."""

    __tablename__ = "plan"
    id: str = Field(primary_key=True)
    hash: str
    run_id: str = Field(default="", index=True)
    created_at: datetime = _moment(index=True)
    expires_at: datetime = _moment()
    rollback_of: str | None = None
    document: str = _text()


class ActionRow(SQLModel, table=True):
    """One action of a plan, for looking up and counting."""

    __tablename__ = "action"
    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    id: str = Field(primary_key=True, index=True)
    position: int
    kind: str
    target: str = Field(index=True)
    risk: str


class DecisionRow(SQLModel, table=True):
    """Somebody's word on an action; revisions are kept."""

    __tablename__ = "decision"
    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    action_id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    choice: str
    by: str
    role: str
    at: datetime = _moment()
    document: str = _text()


class ReceiptRow(SQLModel, table=True):
    """How far an action has come in the shop."""

    __tablename__ = "receipt"
    idempotency_key: str = Field(primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    action_id: str = Field(index=True)
    status: str
    intended_at: datetime = _moment()
    finished_at: datetime | None = _moment(nullable=True)
    document: str = _text()


class OutcomeRow(SQLModel, table=True):
    """What was measured after an action or a plan."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("plan_id", "action_id", "metric", "measured_at"),)
    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    action_id: str = ""
    metric: str
    measured_at: datetime = _moment()
    document: str = _text()


class LessonRow(SQLModel, table=True):
    """An outcome that was learnt from: each action's once, whatever is measured later."""

    __tablename__ = "lesson"
    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    action_id: str = Field(primary_key=True)
    measured_at: datetime = _moment()
    learnt_at: datetime = _moment()
    forgotten_at: datetime | None = _moment(nullable=True)
    document: str = _text()
    """The lesson as it was learnt."""


class ConnectorWriteRow(SQLModel, table=True):
    """What the local shop answered to an idempotency key; written with the change itself."""

    __tablename__ = "connector_write"
    idempotency_key: str = Field(primary_key=True)
    action_id: str
    state: dict[str, Any] = _json()
    at: datetime = _moment()


class AuditRow(SQLModel, table=True):
    """One entry of the append-only, hash-linked log."""

    __tablename__ = "audit_entry"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = _moment()
    actor: str
    event: str
    subject: str
    body: dict[str, Any] = _json()
    previous_hash: str
    hash: str = Field(unique=True)


Index("ix_campaign_event_customer", CampaignEventRow.customer_id)  # type: ignore[arg-type]
