"""A real store, its facts and what the graph makes of them: nothing later than as_of goes in."""

from datetime import UTC, datetime, timedelta

import pytest

from ecomagent.domain.goal import Scope
from ecomagent.domain.workspace import ShopSettings
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.facts import Facts, update_facts
from ecomagent.store.shop import create_shop
from ecomagent.store.tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    ProductRow,
    ReviewRow,
    VariantRow,
)
from knowledge_graph import VectorIndex, build_graph, refresh, resolve_scope, search

AS_OF = datetime(2024, 3, 10, tzinfo=UTC)
SHOP = ShopSettings(id="s", name="Mugs", currency="GBP", country="GB", timezone="UTC")


def order(name: str, at: datetime, *skus: str) -> list:
    lines = [
        OrderLineRow(order_id=name, line_id=str(n), sku=sku, quantity=1, unit_price_minor=500)
        for n, sku in enumerate(skus)
    ]
    return [OrderRow(id=name, ordered_at=at, customer_id="C1"), *lines]


@pytest.fixture
def store(tmp_path):
    """A store with mugs and tea that are bought together in the first days of March."""
    database = Database.open(sqlite_url(tmp_path / "store.db"))
    create_shop(database, SHOP, AS_OF - timedelta(days=60))
    seen = AS_OF - timedelta(days=30)
    rows = [CustomerRow(id="C1", first_seen=seen)]
    for sku, title, category in (
        ("M", "Red mug", "Mugs"), ("B", "Blue mug", "Mugs"), ("T", "Jasmine tea", "Tea"),
        ("C", "Coffee beans", "Coffee"),
    ):  # fmt: skip
        rows.append(ProductRow(id=f"P{sku}", title=title, category=category, first_seen=seen))
        rows.append(VariantRow(sku=sku, product_id=f"P{sku}", first_seen=seen))
    for number in range(6):
        rows += order(f"O{number}", AS_OF - timedelta(days=5, hours=number), "M", "T")
        rows += order(f"X{number}", AS_OF - timedelta(days=4, hours=number), "B", "C")
    write(database, rows)
    yield database
    database.close()


def write(database, rows):
    with database.session() as session:
        for row in rows:
            session.add(row)
            session.flush()


def view_of(database, tmp_path):
    update_facts(database, tmp_path / "facts")
    return Facts.open(tmp_path / "facts").as_of(AS_OF)


def known(kg):
    return kg.catalogue.to_dict("records"), list(kg.edges())


def test_what_happens_later_changes_nothing(store, tmp_path):
    before = known(build_graph(view_of(store, tmp_path)))
    later = AS_OF + timedelta(hours=1)
    rows = [
        ProductRow(id="PN", title="New mug", category="Mugs", first_seen=later),
        VariantRow(sku="N", product_id="PN", first_seen=later),
        ReviewRow(id="R1", sku="M", at=later, rating=5, title="", body="great with tea"),
    ]
    for number in range(20):
        rows += order(f"L{number}", later + timedelta(hours=number), "B", "T", "N")
    write(store, rows)
    view = view_of(store, tmp_path)
    assert known(build_graph(view)) == before
    much_later = Facts.open(tmp_path / "facts").as_of(later + timedelta(days=9))
    assert "N" in set(much_later.catalogue()["sku"])


def test_the_graph_of_real_facts_answers_for_them(store, tmp_path):
    view = view_of(store, tmp_path)
    kg = refresh(view, graph_folder=tmp_path / "graph", vectors_folder=tmp_path / "vectors")
    index = VectorIndex.open_if_any(tmp_path / "vectors")
    (tea,) = kg.related("M", "bought_together")
    assert (tea.sku, tea.weight, tea.support) == ("T", 2.0, 6)
    assert [each.sku for each in kg.related("M", "substitute")] == ["B"]
    assert resolve_scope(Scope(text="马克杯"), kg, index, view.catalogue()).skus == ("B", "M")
    assert search("red mug", kg, index, 1)[0].sku == "M"
