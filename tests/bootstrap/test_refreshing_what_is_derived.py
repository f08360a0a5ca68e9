"""After a change in the store, facts and knowledge graph follow, only as far as needed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecomagent.bootstrap import Workspace, init_workspace, refresh_derived
from ecomagent.domain.errors import FactsError
from ecomagent.store.tables import (
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    PurchaseOrderRow,
    VariantRow,
)
from knowledge_graph import KnowledgeGraph

NOW = datetime(2024, 3, 15, 9, tzinfo=UTC)


class Noon:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A shop of one mug that sold yesterday and a month ago, with its facts made."""
    made = init_workspace(tmp_path / "shop", currency="GBP", country="GB", clock=Noon(), env={})
    with made.database.session() as session:
        session.add(ProductRow(id="P", title="Red mug", category="Mugs", first_seen=NOW))
        session.flush()
        session.add(VariantRow(sku="A", product_id="P", list_price_minor=1000, first_seen=NOW))
        for days in (1, 32):
            session.add(OrderRow(id=f"O{days}", ordered_at=NOW - timedelta(days=days)))
            session.flush()
            session.add(
                OrderLineRow(
                    order_id=f"O{days}", line_id="1", sku="A", quantity=1, unit_price_minor=1000
                )
            )
    refresh_derived(made, since=(NOW - timedelta(days=40)).date())
    return made


def test_a_price_applied_now_is_known_tomorrow(workspace: Workspace):
    with workspace.database.session() as session:
        session.add(PriceRow(sku="A", valid_from=NOW, price_minor=1100))
    before = workspace.facts().hash
    info = workspace.refresh_derived()
    assert info.hash != before
    assert info.written == 1  # the price history; the month's sales did not change
    tomorrow = workspace.facts().as_of(NOW + timedelta(days=1))
    assert tomorrow.catalogue()["list_price_minor"].tolist() == [1100]


def test_what_was_ordered_is_on_its_way(workspace: Workspace):
    with workspace.database.session() as session:
        session.add(PurchaseOrderRow(id="1", sku="A", quantity=12, ordered_at=NOW))
    workspace.refresh_derived()
    tomorrow = workspace.facts().as_of(NOW + timedelta(days=1))
    assert tomorrow.catalogue()["inbound"].tolist() == [12]


def test_the_knowledge_graph_follows_the_facts(workspace: Workspace):
    with workspace.database.session() as session:
        session.get_one(ProductRow, "P").title = "Crimson mug"
    workspace.refresh_derived()
    history_end = datetime(2024, 3, 15, tzinfo=UTC)
    graph = KnowledgeGraph.open_if_fresh(
        workspace.paths.graph, facts_hash=workspace.facts().hash, as_of=history_end
    )
    assert graph is not None


def test_an_empty_store_has_nothing_to_refresh(tmp_path: Path):
    made = init_workspace(tmp_path / "shop", currency="GBP", country="GB", env={})
    assert made.refresh_derived().skus == 0
    with pytest.raises(FactsError, match="nothing was imported"):
        made.facts()


def test_days_counted_in_another_time_zone_are_not_used(workspace: Workspace):
    settings = workspace.settings
    shop = settings.shop.model_copy(update={"timezone": "Asia/Tokyo"})
    moved = Workspace(workspace.paths, settings.model_copy(update={"shop": shop}), Noon())
    with pytest.raises(FactsError, match="time zone was changed") as failure:
        moved.facts()
    assert "facts rebuild" in failure.value.remedy
    moved.refresh_derived()
    assert moved.facts().timezone == "Asia/Tokyo"


def test_facts_are_opened_again_only_after_they_have_changed(workspace: Workspace):
    opened = workspace.facts()
    assert workspace.facts() is opened
    with workspace.database.session() as session:
        session.add(PriceRow(sku="A", valid_from=NOW, price_minor=1100))
    Workspace(workspace.paths, workspace.settings, Noon()).refresh_derived()
    assert workspace.facts().hash != opened.hash


def test_whoever_alters_a_catalogue_alters_his_own(workspace: Workspace):
    facts = workspace.facts()
    facts.as_of(NOW).catalogue()["title"] = "Blue mug"
    assert facts.as_of(NOW).catalogue()["title"].tolist() == ["Red mug"]
    assert facts.as_of(NOW - timedelta(days=60)).catalogue().empty
