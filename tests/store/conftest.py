"""A small shop in a real store, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.shop import create_shop
from ecomagent.store.tables import (
    CostRow,
    CustomerRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    StockRow,
    VariantRow,
)

SHOP = ShopSettings(
    id="shop-1", name="Mugs", currency="GBP", country="GB", timezone="Asia/Shanghai"
)
OPENED = datetime(2024, 1, 1, tzinfo=UTC)


def noon(day: str) -> datetime:
    """Noon in Shanghai on that day of 2024 (``03-01``)."""
    return datetime.fromisoformat(f"2024-{day}T04:00:00+00:00")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty store on each kind of database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "store.db")
    return request.getfixturevalue("pg_database")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """An open store with a shop and nothing in it, on each kind of database."""
    opened = Database.open(store_url)
    create_shop(opened, SHOP, OPENED)
    yield opened
    opened.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Database]:
    """The same on SQLite only, for what does not depend on the database."""
    opened = Database.open(sqlite_url(tmp_path / "local.db"))
    create_shop(opened, SHOP, OPENED)
    yield opened
    opened.close()


Keep = Callable[..., None]


@pytest.fixture
def keep() -> Keep:
    """Writes rows into a store, parents first."""

    def write(database: Database, *rows: SQLModel) -> None:
        with database.session() as session:
            for row in rows:
                session.add(row)
                session.flush()

    return write


@pytest.fixture
def mug_shop() -> tuple[SQLModel, ...]:
    """Two SKUs, two orders on 1 March and one on 4 March (shop days), prices, costs, stock."""
    return (
        ProductRow(
            id="P1", title="Red mug", category="Mugs", brand="Kiln", tags=["gift"],
            attributes={"colour": "red"}, first_seen=noon("02-28"),
        ),
        ProductRow(id="P2", title="Blue mug", category="Mugs", first_seen=noon("03-03")),
        VariantRow(
            sku="A", product_id="P1", list_price_minor=1000, attributes={"size": "L"},
            first_seen=noon("02-28"),
        ),
        VariantRow(sku="B", product_id="P2", list_price_minor=800, first_seen=noon("03-03")),
        PriceRow(sku="A", valid_from=noon("02-28"), price_minor=1000),
        PriceRow(sku="A", valid_from=noon("03-03"), price_minor=1200, source="observed"),
        PriceRow(sku="B", valid_from=noon("03-03"), price_minor=800),
        CostRow(sku="A", valid_from=noon("02-28"), cost_minor=400),
        StockRow(sku="A", at=noon("03-02"), on_hand=7, inbound=2),
        CustomerRow(id="C1", country="GB", consent_marketing=True, first_seen=noon("03-01")),
        CustomerRow(id="C2", country="CN", first_seen=noon("03-04")),
        OrderRow(id="O1", ordered_at=noon("03-01"), customer_id="C1"),
        OrderLineRow(
            order_id="O1", line_id="1", sku="A", quantity=2, unit_price_minor=1000,
            discount_minor=200,
        ),
        OrderRow(id="O2", ordered_at=noon("03-01") + timedelta(hours=1), customer_id="C1"),
        OrderLineRow(order_id="O2", line_id="1", sku="A", quantity=1, unit_price_minor=1000),
        OrderRow(id="O3", ordered_at=noon("03-04"), customer_id="C2"),
        OrderLineRow(order_id="O3", line_id="1", sku="B", quantity=4, unit_price_minor=800),
    )  # fmt: skip
