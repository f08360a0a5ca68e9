"""A small bilingual shop as a view of the facts, and what the graph makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from knowledge_graph import KnowledgeGraph, ResolvedScope, VectorIndex, build_graph, resolve_scope

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
TODAY = AS_OF.date()


@dataclass(frozen=True)
class View:
    """What the graph asks of ``FactsView``."""

    products: pd.DataFrame
    lines: pd.DataFrame
    people: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"customer_id": []}))
    hash: str = "facts-1"
    as_of: datetime = AS_OF
    today: date = TODAY

    def catalogue(self) -> pd.DataFrame:
        return self.products

    def order_lines(self, *, since: date | None = None) -> pd.DataFrame:
        return self.lines

    def customers(self) -> pd.DataFrame:
        return self.people

    def but(self, **changes: object) -> "View":
        return replace(self, **changes)


def sku(name: str, title: str, category: str = "", brand: str = "", **more: object) -> dict:
    row = {
        "sku": name, "product_id": f"P-{name}", "title": title, "description": "",
        "category": category, "brand": brand, "tags": [], "attributes": {}, "supplier_id": None,
        "status": "active", "price_minor": 1000.0, "list_price_minor": 1000.0, "on_hand": 5.0,
        "promotion_id": None, "cost_minor": 400.0, "first_seen": pd.Timestamp("2024-01-01"),
        "last_sold": pd.Timestamp("2026-01-20"),
    }  # fmt: skip
    return row | more


JACKETS, MUGS, TEA = "Clothing > Jackets", "Kitchen > Mugs & cups / 马克杯", "Food > 茶叶"

PRODUCTS = [
    sku("J1", "Long down jacket, red", JACKETS, "Northpeak", tags=["winter"],
        attributes={"colour": "red / 红色", "for": "women"}, supplier_id="S1"),
    sku("J2", "Summer jacket linen", JACKETS, "Northpeak", tags=["summer"],
        attributes={"colour": "white"}, supplier_id="S1"),
    sku("J3", "儿童羽绒服 短款", JACKETS, "雪原 Xueyuan", tags=["winter"],
        attributes={"colour": "navy"}, promotion_id="promo-1", price_minor=800.0),
    sku("M1", "Red mug 350 ml", MUGS, "Bluewood", tags=["gift"], product_id="P-M",
        attributes={"colour": "red", "size": "350 ml"}),
    sku("M2", "Red mug 500 ml", MUGS, "Bluewood", tags=["gift"], product_id="P-M",
        attributes={"colour": "red", "size": "500 ml"}),
    sku("M3", "蓝色陶瓷马克杯 350 ml", MUGS, "Jingde 景德", attributes={"colour": "蓝色"},
        promotion_id="promo-1"),
    sku("M4", "White espresso mug", MUGS, "Bluewood", attributes={"colour": "white"},
        last_sold=pd.Timestamp("2025-03-01"), on_hand=80.0),
    sku("T1", "茉莉花红茶", TEA, "茗香", tags=["gift"], on_hand=0.0),
    sku("T2", "Oolong tea in a red tin", TEA, "茗香", first_seen=pd.Timestamp("2026-01-10")),
    sku("X1", "Tea towel, blue stripes", "Kitchen > Textiles", "Bluewood",
        attributes={"colour": "blue"}),
    sku("X2", "Mug tree", "Kitchen > Racks", "Bluewood", status="archived"),
    sku("P1", "Blue plate", "Kitchen > Tableware", "", attributes={"colour": "blue"}),
    sku("P2", "White plate", "Kitchen > Tableware", "", attributes={"colour": "white"}),
]  # fmt: skip


def baskets(*orders: str) -> pd.DataFrame:
    """Order lines of orders written as SKUs with spaces between."""
    rows = [
        {"order_id": f"O{number}", "customer_id": f"C{number % 4}", "sku": each,
         "date": pd.Timestamp("2026-01-05"), "quantity": 1, "revenue_minor": 1000}
        for number, order in enumerate(orders) for each in order.split()
    ]  # fmt: skip
    columns = ["order_id", "customer_id", "sku", "date", "quantity", "revenue_minor"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="session")
def shop() -> View:
    """The shop: M1 and T1 go together, M4 and P2 only by chance."""
    orders = ["M1 T1"] * 8 + ["M4 P2", "M4 J1", "P2 J2", "J1 J2", "J3 P1", "P1 X1"] * 3
    return View(pd.DataFrame(PRODUCTS), baskets(*orders))


@pytest.fixture(scope="session")
def kg(shop: View) -> KnowledgeGraph:
    return build_graph(shop)


@pytest.fixture(scope="session")
def index(kg: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    folder: Path = tmp_path_factory.mktemp("vectors")
    made = VectorIndex(folder)
    made.update(kg.catalogue)
    return made


Resolve = Callable[..., ResolvedScope]


@pytest.fixture(scope="session")
def resolve(shop: View, kg: KnowledgeGraph, index: VectorIndex) -> Resolve:
    """Resolves a scope given by its fields (text alone may come first)."""
    from ecomagent.domain.goal import Exclusion, Scope

    def call(text: str | None = None, *, exclude: dict | None = None, **fields) -> ResolvedScope:
        scope = Scope(text=text, exclude=Exclusion(**(exclude or {})), **fields)
        return resolve_scope(scope, kg, index, shop.catalogue())

    return call


@pytest.fixture(scope="session")
def orders_of() -> Callable[..., pd.DataFrame]:
    return baskets


@pytest.fixture(scope="session")
def product() -> Callable[..., dict]:
    return sku
