"""How each table of the facts is read from the store, fast and the same on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import pyarrow as pa
from sqlalchemy import BigInteger, ColumnElement, Integer, String, Text, cast, func, type_coerce
from sqlalchemy import select as sql_select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.sql import Select
from sqlmodel import col

from ecomagent.store.tables import (
    CampaignEventRow,
    CampaignRow,
    CompetitorPriceRow,
    CostRow,
    CustomerRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    PromotionRow,
    PurchaseOrderRow,
    ReturnRow,
    ReviewRow,
    SignalRow,
    StockRow,
    SupplierOfferRow,
    SupplierRow,
    VariantRow,
)

BATCH_ROWS = 50_000
_MOMENT = pa.timestamp("us", tz="UTC")
Column = ColumnElement[Any] | Mapped[datetime]
Query: TypeAlias = "Select[*tuple[Any, ...]]"


@dataclass(frozen=True)
class Source:
    """One query on the store.

    Attributes:
        name: Name of the table it fills while facts are built.
        select: The query, without a period.
        moment: Column that says when a row happened; None where rows are not dated.
        dated: Joins what ``moment`` stands in, where that is another table.
        types: Column name to Arrow type, in the query's order.
    """

    name: str
    select: Callable[[], Query]
    moment: Column | None
    types: dict[str, pa.DataType]
    dated: Callable[[Query], Query] = lambda query: query

    def batches(self, connection: Connection, since: datetime | None) -> Iterator[pa.RecordBatch]:
        """Its rows from ``since`` on (all where that is None), in batches."""
        query = self.select()
        if since is not None and self.moment is not None:
            query = self.dated(query).where(self.moment >= since)
        moments = {i for i, kind in enumerate(self.types.values()) if kind == _MOMENT}
        query = query.with_only_columns(
            *(
                _portable(column, connection.dialect.name) if i in moments else column
                for i, column in enumerate(query.selected_columns)
            )
        )
        for rows in _in_batches(connection, query):
            columns = zip(*rows, strict=True)
            yield pa.RecordBatch.from_arrays(
                [
                    _array(values, kind)
                    for values, kind in zip(columns, self.types.values(), strict=True)
                ],
                names=list(self.types),
            )


def _in_batches(connection: Connection, query: Query) -> Iterator[Sequence[Sequence[Any]]]:
    if connection.dialect.name != "sqlite":
        yield from connection.execution_options(yield_per=BATCH_ROWS).execute(query).partitions()
        return
    # Straight from the driver, which streams anyway: SQLAlchemy's rows would double the time.
    cursor = connection.execute(query).cursor
    assert cursor is not None
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield rows
    cursor.close()


def _portable(moment: Column, dialect: str) -> Column:
    """A moment as the database gives it fastest: SQLite's own text, or microseconds."""
    if dialect == "sqlite":
        return type_coerce(moment, String())
    return cast(func.extract("epoch", moment) * 1_000_000, BigInteger)


def _array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    if kind == _MOMENT:
        if any(isinstance(value, str) for value in values):
            return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(_MOMENT)
        return pa.array(values, pa.int64()).cast(_MOMENT)
    if kind == pa.bool_():
        return pa.array([None if value is None else bool(value) for value in values], kind)
    return pa.array(values, kind)


def _text(column: Any) -> Column:
    return cast(column, Text)


def _products() -> Query:
    variant, product, supplier = VariantRow, ProductRow, SupplierRow
    return (
        sql_select(
            col(variant.sku), col(variant.product_id), col(variant.title), col(product.title),
            col(product.description), col(product.category), col(product.brand),
            _text(col(product.tags)), _text(col(product.attributes)),
            _text(col(variant.attributes)), col(variant.status), col(product.status),
            col(variant.map_price_minor), col(variant.supplier_id),
            func.coalesce(col(variant.lead_time_days), col(supplier.lead_time_days)),
            col(variant.min_order), col(variant.case_pack), col(variant.first_seen),
            col(product.first_seen),
        )
        .join(product, col(product.id) == col(variant.product_id))
        .outerjoin(supplier, col(supplier.id) == col(variant.supplier_id))
    )  # fmt: skip


def _prices() -> Query:
    row = PriceRow
    return sql_select(
        col(row.sku), col(row.kind), col(row.valid_from), col(row.valid_to),
        col(row.price_minor), cast(col(row.source) == "observed", Integer),
    )  # fmt: skip


def _costs() -> Query:
    return sql_select(col(CostRow.sku), col(CostRow.valid_from), col(CostRow.cost_minor))


def _promotions() -> Query:
    row = PromotionRow
    return sql_select(
        col(row.id), col(row.sku), col(row.starts_at), col(row.ends_at), col(row.price_minor)
    ).where((col(row.status) != "ended") | col(row.ends_at).is_not(None))


def _supplier_offers() -> Query:
    row, supplier = SupplierOfferRow, SupplierRow
    return sql_select(
        col(row.sku), col(row.supplier), col(row.seen_at), col(row.title), col(row.category),
        col(row.brand), col(row.cost_minor), col(row.list_price_minor), col(row.min_order),
        col(row.case_pack), func.coalesce(col(row.lead_time_days), col(supplier.lead_time_days)),
        _text(col(row.attributes)),
    ).outerjoin(supplier, col(supplier.id) == col(row.supplier))  # fmt: skip


def _purchase_orders() -> Query:
    row = PurchaseOrderRow
    return sql_select(
        col(row.id), col(row.sku), col(row.quantity), col(row.ordered_at), col(row.received_at)
    ).where(col(row.status) != "cancelled")


def _campaigns() -> Query:
    row = CampaignRow
    return sql_select(
        col(row.id), col(row.segment), col(row.channel), col(row.starts_at), col(row.cost_minor)
    ).where(col(row.status) != "cancelled")


def _customers() -> Query:
    row = CustomerRow
    return sql_select(
        col(row.id), col(row.country), cast(col(row.consent_marketing), Integer),
        col(row.first_seen),
    )  # fmt: skip


def _orders() -> Query:
    row = OrderRow
    return sql_select(
        col(row.id), col(row.customer_id), col(row.channel), col(row.country), col(row.ordered_at)
    )


def _lines() -> Query:
    line = OrderLineRow
    return sql_select(
        col(line.order_id), col(line.line_id), col(line.sku), col(line.quantity),
        col(line.quantity) * col(line.unit_price_minor) - col(line.discount_minor),
        col(line.discount_minor),
    )  # fmt: skip


def _with_orders(lines: Query) -> Query:
    return lines.join(OrderRow, col(OrderRow.id) == col(OrderLineRow.order_id))


def _returns() -> Query:
    row, order = ReturnRow, OrderRow
    return sql_select(
        col(row.return_id), col(row.line_id), col(row.order_id),
        func.coalesce(col(row.customer_id), col(order.customer_id)), col(row.sku),
        col(row.returned_at), col(row.quantity), col(row.refund_minor),
    ).outerjoin(order, col(order.id) == col(row.order_id))  # fmt: skip


def _stock() -> Query:
    row = StockRow
    return sql_select(col(row.sku), col(row.at), col(row.on_hand), col(row.inbound))


def _competitor_prices() -> Query:
    row = CompetitorPriceRow
    return sql_select(col(row.sku), col(row.competitor), col(row.at), col(row.price_minor))


def _reviews() -> Query:
    row = ReviewRow
    return sql_select(
        col(row.id), col(row.sku), col(row.at), col(row.rating), col(row.title), col(row.body)
    )


def _signals() -> Query:
    return sql_select(col(SignalRow.name), col(SignalRow.at), col(SignalRow.value))


def _campaign_events() -> Query:
    row = CampaignEventRow
    return sql_select(col(row.campaign_id), col(row.customer_id), col(row.kind), col(row.at))


_T, _I, _F, _B = pa.string(), pa.int64(), pa.float64(), pa.bool_()

SOURCES = (
    Source("products", _products, None, {
        "sku": _T, "product_id": _T, "variant_title": _T, "product_title": _T,
        "description": _T, "category": _T, "brand": _T, "tags": _T, "product_attributes": _T,
        "variant_attributes": _T, "variant_status": _T, "product_status": _T,
        "map_price_minor": _I, "supplier_id": _T, "lead_time_days": _F, "min_order": _I,
        "case_pack": _I, "variant_seen": _MOMENT, "product_seen": _MOMENT,
    }),
    Source("prices", _prices, None, {
        "sku": _T, "kind": _T, "moment": _MOMENT, "until": _MOMENT, "price_minor": _I,
        "observed": _B,
    }),
    Source("costs", _costs, None, {"sku": _T, "moment": _MOMENT, "cost_minor": _I}),
    Source("promotions", _promotions, None, {
        "id": _T, "sku": _T, "moment": _MOMENT, "until": _MOMENT, "price_minor": _I,
    }),
    Source("supplier_offers", _supplier_offers, None, {
        "sku": _T, "supplier": _T, "moment": _MOMENT, "title": _T, "category": _T, "brand": _T,
        "cost_minor": _I, "list_price_minor": _I, "min_order": _I, "case_pack": _I,
        "lead_time_days": _F, "attributes": _T,
    }),
    Source("purchase_orders", _purchase_orders, None, {
        "id": _T, "sku": _T, "quantity": _I, "moment": _MOMENT, "received_at": _MOMENT,
    }),
    Source("campaigns", _campaigns, None, {
        "id": _T, "segment": _T, "channel": _T, "moment": _MOMENT, "cost_minor": _I,
    }),
    Source("customers", _customers, None, {
        "id": _T, "country": _T, "consent_marketing": _B, "seen_at": _MOMENT,
    }),
    Source("orders", _orders, col(OrderRow.ordered_at), {
        "order_id": _T, "customer_id": _T, "channel": _T, "country": _T, "moment": _MOMENT,
    }),
    Source("lines", _lines, col(OrderRow.ordered_at), {
        "order_id": _T, "line_id": _T, "sku": _T, "quantity": _I, "revenue_minor": _I,
        "discount_minor": _I,
    }, dated=_with_orders),
    Source("returns", _returns, col(ReturnRow.returned_at), {
        "return_id": _T, "line_id": _T, "order_id": _T, "customer_id": _T, "sku": _T,
        "moment": _MOMENT, "quantity": _I, "refund_minor": _I,
    }),
    Source("stock", _stock, col(StockRow.at), {
        "sku": _T, "moment": _MOMENT, "on_hand": _I, "inbound": _I,
    }),
    Source("competitor_prices", _competitor_prices, col(CompetitorPriceRow.at), {
        "sku": _T, "competitor": _T, "moment": _MOMENT, "price_minor": _I,
    }),
    Source("reviews", _reviews, col(ReviewRow.at), {
        "id": _T, "sku": _T, "moment": _MOMENT, "rating": _F, "title": _T, "body": _T,
    }),
    Source("signals", _signals, col(SignalRow.at), {"name": _T, "moment": _MOMENT, "value": _F}),
    Source("campaign_events", _campaign_events, col(CampaignEventRow.at), {
        "campaign_id": _T, "customer_id": _T, "kind": _T, "moment": _MOMENT,
    }),
)  # fmt: skip
