"""What the facts hold: each table's columns, and how its rows are ordered and cut into files.

Facts are columns derived from the store: what happened, by the shop's own calendar day. Tables
of dated events are cut by month, so that an import rewrites only the months it touches; small
tables are kept whole. Everything a view fills in between (yesterday's price still holds today)
is worked out on reading, from rows known by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

VERSION = 2
"""Grows when a table's columns or meaning change; facts of another version are built again."""

_MOMENT = pa.timestamp("us", tz="UTC")
_DAY = pa.date32()
_TEXT = pa.string()
_MINOR = pa.int64()
_COUNT = pa.int64()


@dataclass(frozen=True)
class FactTable:
    """One table of the facts.

    Attributes:
        name: Folder its files lie in.
        columns: Name to type.
        order: Columns that its rows are sorted by; together they are unique.
        monthly: Whether it is cut by the month of ``date``.
    """

    name: str
    columns: dict[str, pa.DataType]
    order: tuple[str, ...]
    monthly: bool

    @property
    def schema(self) -> pa.Schema:
        """Arrow's schema of its files."""
        return pa.schema(list(self.columns.items()))


ORDER_LINES = FactTable(
    "order_lines",
    {
        "order_id": _TEXT, "line_id": _TEXT, "customer_id": _TEXT, "channel": _TEXT,
        "country": _TEXT, "sku": _TEXT, "moment": _MOMENT, "date": _DAY, "quantity": _COUNT,
        "revenue_minor": _MINOR, "discount_minor": _MINOR,
    },
    ("date", "order_id", "line_id"),
    monthly=True,
)  # fmt: skip
"""Lines sold; ``revenue_minor`` is after the line's discount."""

RETURNS = FactTable(
    "returns",
    {
        "return_id": _TEXT, "line_id": _TEXT, "order_id": _TEXT, "customer_id": _TEXT,
        "sku": _TEXT, "moment": _MOMENT, "date": _DAY, "quantity": _COUNT, "refund_minor": _MINOR,
    },
    ("date", "return_id", "line_id"),
    monthly=True,
)  # fmt: skip

PANEL = FactTable(
    "panel",
    {
        "sku": _TEXT, "date": _DAY, "units": _COUNT, "revenue_minor": _MINOR,
        "discount_minor": _MINOR, "returns": _COUNT, "refund_minor": _MINOR,
    },
    ("sku", "date"),
    monthly=True,
)  # fmt: skip
"""What one SKU sold and took back on one day; days without either are left out."""

STOCK = FactTable(
    "stock",
    {"sku": _TEXT, "moment": _MOMENT, "date": _DAY, "on_hand": _COUNT, "inbound": _COUNT},
    ("sku", "moment"),
    monthly=True,
)

COMPETITOR_PRICES = FactTable(
    "competitor_prices",
    {"sku": _TEXT, "competitor": _TEXT, "moment": _MOMENT, "date": _DAY, "price_minor": _MINOR},
    ("sku", "competitor", "moment"),
    monthly=True,
)

REVIEWS = FactTable(
    "reviews",
    {
        "id": _TEXT, "sku": _TEXT, "moment": _MOMENT, "date": _DAY, "rating": pa.float64(),
        "title": _TEXT, "body": _TEXT,
    },
    ("date", "id"),
    monthly=True,
)  # fmt: skip

SIGNALS = FactTable(
    "signals",
    {"name": _TEXT, "moment": _MOMENT, "date": _DAY, "value": pa.float64()},
    ("name", "moment"),
    monthly=True,
)

CAMPAIGN_EVENTS = FactTable(
    "campaign_events",
    {"campaign_id": _TEXT, "customer_id": _TEXT, "kind": _TEXT, "moment": _MOMENT, "date": _DAY},
    ("campaign_id", "customer_id", "kind", "moment"),
    monthly=True,
)

PRODUCTS = FactTable(
    "products",
    {
        "sku": _TEXT, "product_id": _TEXT, "title": _TEXT, "description": _TEXT,
        "category": _TEXT, "brand": _TEXT, "tags": _TEXT, "attributes": _TEXT, "status": _TEXT,
        "map_price_minor": _MINOR, "supplier_id": _TEXT, "lead_time_days": pa.float64(),
        "min_order": _COUNT, "case_pack": _COUNT, "seen_at": _MOMENT, "seen_on": _DAY,
    },
    ("sku",),
    monthly=False,
)  # fmt: skip
"""One row a SKU; ``tags`` and ``attributes`` are JSON."""

PRICES = FactTable(
    "prices",
    {
        "sku": _TEXT, "kind": _TEXT, "moment": _MOMENT, "date": _DAY, "until": _MOMENT,
        "until_on": _DAY, "price_minor": _MINOR, "observed": pa.bool_(),
    },
    ("sku", "kind", "moment"),
    monthly=False,
)  # fmt: skip
"""Prices from a moment on; ``until_on`` is the last day a temporary one holds."""

COSTS = FactTable(
    "costs",
    {"sku": _TEXT, "moment": _MOMENT, "date": _DAY, "cost_minor": _MINOR},
    ("sku", "moment"),
    monthly=False,
)

PROMOTIONS = FactTable(
    "promotions",
    {
        "id": _TEXT, "sku": _TEXT, "moment": _MOMENT, "date": _DAY, "until": _MOMENT,
        "until_on": _DAY, "price_minor": _MINOR,
    },
    ("id",),
    monthly=False,
)  # fmt: skip

SUPPLIER_OFFERS = FactTable(
    "supplier_offers",
    {
        "sku": _TEXT, "supplier": _TEXT, "moment": _MOMENT, "date": _DAY, "title": _TEXT,
        "category": _TEXT, "brand": _TEXT, "cost_minor": _MINOR, "list_price_minor": _MINOR,
        "min_order": _COUNT, "case_pack": _COUNT, "lead_time_days": pa.float64(),
        "attributes": _TEXT,
    },
    ("sku", "supplier", "moment"),
    monthly=False,
)  # fmt: skip
"""What suppliers offer from a moment on; ``attributes`` is JSON."""

PURCHASE_ORDERS = FactTable(
    "purchase_orders",
    {
        "id": _TEXT, "sku": _TEXT, "quantity": _COUNT, "moment": _MOMENT, "date": _DAY,
        "received_at": _MOMENT,
    },
    ("id",),
    monthly=False,
)  # fmt: skip

CAMPAIGNS = FactTable(
    "campaigns",
    {
        "id": _TEXT, "segment": _TEXT, "channel": _TEXT, "moment": _MOMENT, "date": _DAY,
        "cost_minor": _MINOR,
    },
    ("id",),
    monthly=False,
)  # fmt: skip

CUSTOMERS = FactTable(
    "customers",
    {
        "id": _TEXT, "country": _TEXT, "consent_marketing": pa.bool_(), "seen_at": _MOMENT,
        "seen_on": _DAY,
    },
    ("id",),
    monthly=False,
)  # fmt: skip

TABLES = (
    PRODUCTS, PRICES, COSTS, PROMOTIONS, SUPPLIER_OFFERS, PURCHASE_ORDERS, CAMPAIGNS, CUSTOMERS,
    ORDER_LINES, RETURNS, PANEL, STOCK, COMPETITOR_PRICES, REVIEWS, SIGNALS, CAMPAIGN_EVENTS,
)  # fmt: skip
