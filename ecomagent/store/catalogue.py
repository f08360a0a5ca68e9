"""One SKU's card straight from the store: what it costs, what is left, and how that came about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.money import to_decimal
from ecomagent.store.database import Database
from ecomagent.store.shop import read_shop
from ecomagent.store.tables import (
    CompetitorPriceRow,
    CostRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    PurchaseOrderRow,
    StockRow,
    SupplierRow,
    VariantRow,
)

SHOWN_CHANGES = 20
SHOWN_MATCHES = 5
RECENT_DAYS = 90
Row = TypeVar("Row")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PricePoint(_Part):
    """A price asked from a moment on."""

    kind: str
    """list or promotion."""
    price: Decimal
    since: datetime
    until: datetime | None = None
    source: str = ""
    """``observed`` where it was read off orders; else the import or action it came from."""


class CostPoint(_Part):
    """What a unit cost from a moment on."""

    cost: Decimal
    since: datetime


class StockPoint(_Part):
    """Units counted at a moment."""

    on_hand: int
    inbound: int
    at: datetime


class RunningPromotion(_Part):
    """The promotion a customer gets now."""

    id: str
    discount: float
    price: Decimal
    starts_at: datetime
    ends_at: datetime | None


class RivalPrice(_Part):
    """What a competitor was last seen to ask."""

    competitor: str
    price: Decimal
    at: datetime


class SkuCard(_Part):
    """Everything the store holds of one SKU; money in the shop's major units."""

    sku: str
    product_id: str
    title: str
    variant_title: str = ""
    description: str = ""
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    attributes: dict[str, Any] = Field(default_factory=dict)
    status: str
    currency: str
    price: Decimal | None
    """What a customer pays now: the list price, or less during a promotion."""
    list_price: Decimal | None
    map_price: Decimal | None
    cost: Decimal | None
    margin: float | None
    """Gross margin at the price a customer pays, a fraction; None where it cannot be known."""
    promotion: RunningPromotion | None
    on_hand: int | None
    inbound: int | None
    """Units on their way: those counted, and what was ordered since."""
    stock_at: datetime | None
    supplier: str | None
    lead_time_days: float | None
    min_order: int | None
    case_pack: int | None
    first_seen: datetime | None
    last_sold: datetime | None
    units_90: int
    """Units sold in the last 90 days."""
    prices: tuple[PricePoint, ...] = ()
    """Newest first, as the costs and the stock."""
    costs: tuple[CostPoint, ...] = ()
    stock: tuple[StockPoint, ...] = ()
    rivals: tuple[RivalPrice, ...] = ()


def read_card(
    database: Database, sku: str, *, now: datetime, changes: int = SHOWN_CHANGES
) -> SkuCard:
    """The card of a SKU as it stands at ``now``.

    Args:
        database: The store.
        sku: The shop's own id of it.
        now: Prices and promotions that begin later are left out.
        changes: How many entries of each history are wanted.

    Raises:
        NotFoundError: There is no such SKU; the remedy names those most like it.
    """
    with database.reading() as session:
        variant = session.get(VariantRow, sku)
        if variant is None:
            raise NotFoundError(
                f"there is no SKU “{sku}”", where=database.shown, remedy=_did_you_mean(session, sku)
            )
        return _Reader(session, variant, now, changes).card()


def titles_of(database: Database, names: Collection[str]) -> dict[str, str]:
    """Titles of SKUs and products, by the name they are given under; what has none is left out."""
    wanted = list(names)
    with database.reading() as session:
        products = session.exec(
            select(ProductRow.id, ProductRow.title).where(col(ProductRow.id).in_(wanted))
        ).all()
        variants = session.exec(
            select(VariantRow.sku, VariantRow.title, ProductRow.title)
            .join(ProductRow, col(ProductRow.id) == col(VariantRow.product_id))
            .where(col(VariantRow.sku).in_(wanted))
        ).all()
    found = dict(products) | {sku: own or shared for sku, own, shared in variants}
    return {name: title for name, title in found.items() if title}


def _did_you_mean(session: Session, sku: str) -> str:
    from rapidfuzz import process

    known = session.exec(select(VariantRow.sku)).all()
    if not known:
        return "Import the shop's data first: `ecomagent import FILE`."
    near = [
        name for name, _, _ in process.extract(sku, known, limit=SHOWN_MATCHES, score_cutoff=60)
    ]
    if near:
        return f"Did you mean {', '.join(near)}?"
    return f"Find it with `ecomagent search {sku!r}`."


class _Reader:
    """Reads the parts of one card in one transaction."""

    def __init__(self, session: Session, variant: VariantRow, now: datetime, changes: int) -> None:
        self._session = session
        self._variant = variant
        self._now = now
        self._changes = changes
        self._currency = read_shop(session).currency

    def card(self) -> SkuCard:
        variant = self._variant
        product = self._session.get_one(ProductRow, variant.product_id)
        supplier = (
            self._session.get(SupplierRow, variant.supplier_id) if variant.supplier_id else None
        )
        prices = self._latest(PriceRow, PriceRow.valid_from)
        costs = self._latest(CostRow, CostRow.valid_from)
        stock = self._latest(StockRow, StockRow.at)
        promotion = self._promotion()
        listed = self._money(variant.list_price_minor)
        price = self._price(listed, promotion, prices)
        cost = self._money(costs[0].cost_minor) if costs else None
        units, last_sold = self._sold()
        return SkuCard(
            sku=variant.sku,
            product_id=product.id,
            title=product.title or variant.title,
            variant_title=variant.title,
            description=product.description,
            category=product.category,
            brand=product.brand,
            tags=tuple(product.tags),
            attributes=product.attributes | variant.attributes,
            status=variant.status if product.status == "active" else product.status,
            currency=self._currency,
            price=price,
            list_price=listed,
            map_price=self._money(variant.map_price_minor),
            cost=cost,
            margin=float(1 - cost / price) if price and cost is not None else None,
            promotion=promotion,
            on_hand=stock[0].on_hand if stock else None,
            inbound=self._inbound(stock[0] if stock else None),
            stock_at=stock[0].at if stock else None,
            supplier=(supplier.name or supplier.id) if supplier else None,
            lead_time_days=variant.lead_time_days or (supplier and supplier.lead_time_days) or None,
            min_order=variant.min_order,
            case_pack=variant.case_pack,
            first_seen=variant.first_seen,
            last_sold=last_sold,
            units_90=units,
            prices=tuple(self._point(row) for row in prices),
            costs=tuple(
                CostPoint(cost=self._decimal(row.cost_minor), since=row.valid_from) for row in costs
            ),
            stock=tuple(
                StockPoint(on_hand=row.on_hand, inbound=row.inbound, at=row.at) for row in stock
            ),
            rivals=self._rivals(),
        )

    def _decimal(self, minor: int) -> Decimal:
        return to_decimal(minor, self._currency)

    def _money(self, minor: int | None) -> Decimal | None:
        return None if minor is None else self._decimal(minor)

    def _latest(self, table: type[Row], moment: Any) -> Sequence[Row]:
        """The newest rows of a history up to now."""
        query = (
            select(table)
            .where(table.sku == self._variant.sku, moment <= self._now)  # type: ignore[attr-defined]
            .order_by(col(moment).desc())
            .limit(self._changes)
        )
        return self._session.exec(query).all()

    def _point(self, row: PriceRow) -> PricePoint:
        return PricePoint(
            kind=row.kind,
            price=self._decimal(row.price_minor),
            since=row.valid_from,
            until=row.valid_to,
            source=row.source,
        )

    def _promotion(self) -> RunningPromotion | None:
        row = PromotionRow
        query = (
            select(row)
            .where(
                row.sku == self._variant.sku,
                row.starts_at <= self._now,
                row.status == "active",
                (col(row.ends_at).is_(None)) | (col(row.ends_at) > self._now),
            )
            .order_by(col(row.price_minor), row.id)
        )
        found = self._session.exec(query).first()
        if found is None:
            return None
        return RunningPromotion(
            id=found.id,
            discount=found.discount,
            price=self._decimal(found.price_minor),
            starts_at=found.starts_at,
            ends_at=found.ends_at,
        )

    def _price(
        self,
        listed: Decimal | None,
        promotion: RunningPromotion | None,
        prices: Sequence[PriceRow],
    ) -> Decimal | None:
        running = [
            self._decimal(row.price_minor)
            for row in prices
            if row.kind == "promotion" and (row.valid_to is None or row.valid_to > self._now)
        ]
        asked = [*running, *([promotion.price] if promotion else []), *([listed] if listed else [])]
        return min(asked, default=None)

    def _inbound(self, counted: StockRow | None) -> int | None:
        row = PurchaseOrderRow
        query = select(func.sum(row.quantity)).where(
            row.sku == self._variant.sku,
            row.status == "open",
            row.ordered_at <= self._now,
            *([row.ordered_at > counted.at] if counted else []),
        )
        ordered = self._session.exec(query).one()
        if counted is None and ordered is None:
            return None
        return (counted.inbound if counted else 0) + int(ordered or 0)

    def _sold(self) -> tuple[int, datetime | None]:
        """Units of the last 90 days, and the last sale."""
        order, line = OrderRow, OrderLineRow
        of_sku = (
            select(func.max(order.ordered_at))
            .join(line, col(line.order_id) == col(order.id))
            .where(line.sku == self._variant.sku, order.ordered_at <= self._now)
        )
        last = self._session.exec(of_sku).one()
        units = self._session.exec(
            select(func.coalesce(func.sum(line.quantity), 0))
            .join(order, col(line.order_id) == col(order.id))
            .where(
                line.sku == self._variant.sku,
                order.ordered_at <= self._now,
                order.ordered_at > self._now - timedelta(days=RECENT_DAYS),
            )
        ).one()
        return int(units), last

    def _rivals(self) -> tuple[RivalPrice, ...]:
        row = CompetitorPriceRow
        query = (
            select(row)
            .where(row.sku == self._variant.sku, row.at <= self._now)
            .order_by(row.competitor, col(row.at).desc())
        )
        newest: dict[str, RivalPrice] = {}
        for found in self._session.exec(query):
            if found.competitor not in newest:
                newest[found.competitor] = RivalPrice(
                    competitor=found.competitor,
                    price=self._decimal(found.price_minor),
                    at=found.at,
                )
        return tuple(newest.values())
