"""A product the shop has never had: listed once with its first order, and taken back whole."""

from decimal import Decimal

import pytest

from ecomagent.domain.action import ActionKind, ListProduct, NewProduct, StatusAfter, StatusBefore
from ecomagent.domain.plan import ReceiptStatus

NEW = NewProduct(
    sku="vase-1", title="Tall vase", price=Decimal("19.99"), cost=Decimal("8.00"),
    category="Vases", attributes={"colour": "blue"}, supplier="S2", min_order=6, case_pack=6,
    lead_time_days=10, first_order=12, purchase_order_id="po-first",
)  # fmt: skip


@pytest.fixture
def plan(shop, small_shop):
    seen = shop.read(ActionKind.LIST_PRODUCT, "product", "vase")
    action = ListProduct(
        product="vase",
        before=StatusBefore(**seen.fields, version=seen.version),
        after=StatusAfter(status="active", new=NEW),
    )
    made = small_shop.sealed(shop, (action.model_copy(update={"id": action.content_id()}),))
    small_shop.decide(shop, made)
    return made


def row(shop, sql: str):
    (found,) = shop.sql(sql)
    return tuple(found)


def test_it_is_on_sale_with_price_cost_and_its_first_order_and_only_once(shop, plan):
    shop.apply(plan)
    shop.apply(plan)
    shop.again().apply(plan)

    assert row(shop, "SELECT title, category, status FROM product WHERE id = 'vase'") == (
        "Tall vase", "Vases", "active",
    )  # fmt: skip
    assert row(shop, "SELECT list_price_minor, supplier_id, case_pack FROM variant "
                     "WHERE sku = 'vase-1'") == (1999, "S2", 6)  # fmt: skip
    assert row(shop, "SELECT cost_minor FROM cost_history WHERE sku = 'vase-1'") == (800,)
    assert row(shop, "SELECT id, quantity, status FROM purchase_order WHERE sku = 'vase-1'") == (
        "po-first", 12, "open",
    )  # fmt: skip
    (receipt,) = shop.repository.receipts_of(plan.plan_id)
    assert receipt.status is ReceiptStatus.APPLIED


def test_taking_it_back_ends_the_listing_and_cancels_the_order_once(shop, small_shop, plan):
    shop.apply(plan)

    back = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, back)
    shop.apply(back)
    shop.apply(back)

    assert {action.kind for action in back.actions} == {
        ActionKind.DELIST_PRODUCT, ActionKind.REORDER,
    }  # fmt: skip
    assert row(shop, "SELECT status FROM product WHERE id = 'vase'") == ("archived",)
    assert row(shop, "SELECT status FROM purchase_order WHERE id = 'po-first'") == ("cancelled",)


def test_an_order_that_has_come_stays_when_the_listing_is_taken_back(shop, small_shop, plan):
    shop.apply(plan)
    shop.sql("UPDATE purchase_order SET status = 'received' WHERE sku = 'vase-1'")

    back = small_shop.roll_back(shop, plan)

    assert [action.kind for action in back.actions] == [ActionKind.DELIST_PRODUCT]
    assert any("no longer open" in note for note in back.notes)


def test_a_product_that_somebody_added_meanwhile_is_left_alone(shop, plan):
    shop.sql(
        "INSERT INTO product (id, title, description, category, brand, status, tags, attributes,"
        " version) VALUES ('vase', 'Own', '', '', '', 'draft', '[]', '{}', 1)"
    )

    shop.apply(plan)

    assert row(shop, "SELECT title, status FROM product WHERE id = 'vase'") == ("Own", "draft")
    assert shop.sql("SELECT 1 FROM variant WHERE sku = 'vase-1'") == []


def test_the_upload_says_all_that_the_shop_has_to_know(small_shop, tmp_path):
    made = small_shop.Shop(tmp_path, "csv")
    small_shop.fill(made.database)
    seen = made.read(ActionKind.LIST_PRODUCT, "product", "vase")
    action = ListProduct(
        product="vase", before=StatusBefore(**seen.fields, version=seen.version),
        after=StatusAfter(status="active", new=NEW),
    )  # fmt: skip
    plan = small_shop.sealed(made, (action.model_copy(update={"id": action.content_id()}),))
    small_shop.decide(made, plan)

    made.apply(plan)

    written = small_shop.files(made)
    text = next(text for name, text in written.items() if name.endswith("new-products.csv"))
    assert "Tall vase" in text
    assert "19.99" in text
    orders = next(text for name, text in written.items() if "purchase" in name)
    assert "po-first" in orders
    made.database.close()
