"""The card of one SKU: what `catalog show` prints."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ecomagent.domain.errors import NotFoundError
from ecomagent.store.catalogue import read_card
from ecomagent.store.tables import (
    CompetitorPriceRow,
    PriceRow,
    PromotionRow,
    PurchaseOrderRow,
    StockRow,
    SupplierRow,
    VariantRow,
)


@pytest.fixture
def now(mug_shop):
    """Noon of 5 March."""
    return mug_shop[0].first_seen + timedelta(days=6)


def test_a_card_shows_price_cost_stock_and_their_history(database, keep, mug_shop, now):
    keep(database, *mug_shop)
    card = read_card(database, "A", now=now)
    assert (card.title, card.brand, card.tags) == ("Red mug", "Kiln", ("gift",))
    assert card.attributes == {"colour": "red", "size": "L"}
    assert (card.currency, card.list_price, card.price) == ("GBP", Decimal(10), Decimal(10))
    assert card.cost == Decimal(4)
    assert card.margin == pytest.approx(0.6)
    assert (card.on_hand, card.inbound) == (7, 2)
    assert [(point.price, point.source) for point in card.prices] == [
        (Decimal(12), "observed"), (Decimal(10), ""),
    ]  # fmt: skip
    assert card.units_90 == 3
    assert card.last_sold.date().isoformat() == "2024-03-01"
    assert str(card.list_price) == "10.00"


def test_what_is_not_known_is_not_made_up(database, keep, mug_shop, now):
    keep(database, *mug_shop)
    card = read_card(database, "B", now=now)
    assert card.cost is card.margin is card.on_hand is card.inbound is card.supplier is None
    assert card.costs == card.stock == card.rivals == ()


def test_a_running_promotion_is_what_a_customer_pays(local, keep, mug_shop, now):
    day = timedelta(days=1)
    keep(
        local,
        *mug_shop,
        PromotionRow(id="p1", sku="A", discount=0.2, price_minor=800, starts_at=now - day),
        PromotionRow(id="p2", sku="A", discount=0.5, price_minor=500, starts_at=now + day),
        PromotionRow(id="p3", sku="A", discount=0.5, price_minor=500, starts_at=now - day * 3,
                     ends_at=now - day, status="ended"),
        PriceRow(sku="B", kind="promotion", valid_from=now - day, valid_to=now + day,
                 price_minor=700),
    )  # fmt: skip
    card = read_card(local, "A", now=now)
    assert (card.price, card.list_price) == (Decimal(8), Decimal(10))
    assert card.promotion.id == "p1"
    assert read_card(local, "B", now=now).price == Decimal(7)


def test_supplier_competitors_and_units_on_their_way(local, keep, mug_shop, now):
    hour = timedelta(hours=1)
    keep(
        local,
        *mug_shop,
        SupplierRow(id="S1", name="Potters", lead_time_days=9),
        VariantRow(sku="C", product_id="P1", supplier_id="S1", case_pack=6),
        StockRow(sku="C", at=now - 2 * hour, on_hand=3, inbound=1),
        PurchaseOrderRow(id="1", sku="C", quantity=6, ordered_at=now - 3 * hour),
        PurchaseOrderRow(id="2", sku="C", quantity=12, ordered_at=now - hour),
        PurchaseOrderRow(id="3", sku="C", quantity=24, ordered_at=now - hour, status="cancelled"),
        CompetitorPriceRow(sku="C", competitor="N", at=now - 2 * hour, price_minor=900),
        CompetitorPriceRow(sku="C", competitor="N", at=now - hour, price_minor=950),
    )
    card = read_card(local, "C", now=now)
    assert (card.supplier, card.lead_time_days, card.case_pack) == ("Potters", 9, 6)
    assert card.inbound == 1 + 12
    assert [(rival.competitor, rival.price) for rival in card.rivals] == [("N", Decimal("9.50"))]


def test_a_history_is_cut_where_asked(local, keep, mug_shop, now):
    keep(local, *mug_shop)
    assert len(read_card(local, "A", now=now, changes=1).prices) == 1


def test_a_sku_that_is_not_there_names_those_like_it(local, keep, mug_shop, now):
    with pytest.raises(NotFoundError) as failure:
        read_card(local, "A", now=now)
    assert "import" in failure.value.remedy
    keep(local, *mug_shop, VariantRow(sku="MUG-0001", product_id="P1"))
    with pytest.raises(NotFoundError, match="MUG-001") as failure:
        read_card(local, "MUG-001", now=now)
    assert "MUG-0001" in failure.value.remedy
    with pytest.raises(NotFoundError) as failure:
        read_card(local, "~~~~~~~~", now=now)
    assert "ecomagent search" in failure.value.remedy
