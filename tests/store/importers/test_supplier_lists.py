"""A supplier's price list is kept apart from the catalogue, as it was known at each moment."""

from datetime import UTC, datetime

import pytest

from ecomagent.store.facts import Facts
from ecomagent.store.importers import list_quarantine

LIST = (
    "sku,supplier,title,category,brand,cost,list_price,MOQ,case_pack,lead_time_days,colour\n"
    "N1,Acme,Big mug,Mugs,Blue,4.00,9.99,24,6,14,red\n"
    "N2,Acme,Tall mug,Mugs,Blue,5.00,,12,,,green\n"
)
CATALOGUE = "sku,title,price,cost,supplier\nM1,Old mug,9.99,4,Acme\n"
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request, open_shop):
    url = request.getfixturevalue("pg_database") if request.param == "postgresql" else ""
    made = open_shop(url=url)
    made.bring_text("products.csv", CATALOGUE)
    return made


def offers(shop, as_of=AS_OF):
    return Facts.open(shop.folder / "facts").as_of(as_of).supplier_offers()


def test_offers_are_known_and_nothing_goes_on_sale(shop):
    report = shop.bring_text("supplier.csv", LIST)

    assert report.files[0].subject == "supplier"
    found = offers(shop).set_index("sku")
    assert list(found.index) == ["N1", "N2"]
    assert found.loc["N1", ["cost_minor", "list_price_minor", "min_order"]].tolist() == [
        400, 999, 24,
    ]  # fmt: skip
    assert found.at["N1", "attributes"] == {"colour": "red"}
    assert shop.rows("SELECT sku FROM variant") == [("M1",)]


def test_a_later_list_begins_a_new_stretch_and_the_past_stays_as_it_was(shop):
    shop.bring_text("supplier.csv", LIST)
    later = LIST.replace("4.00", "4.50")
    shop.bring_text("supplier-july.csv", later, mapping={"subject": "supplier"},
                    now=datetime(2024, 7, 15, 12, tzinfo=UTC))  # fmt: skip

    then = offers(shop).set_index("sku").at["N1", "cost_minor"]
    now = offers(shop, datetime(2024, 7, 16, tzinfo=UTC)).set_index("sku").at["N1", "cost_minor"]

    assert (then, now) == (400, 450)
    assert offers(shop, datetime(2024, 6, 1, tzinfo=UTC)).empty


def test_importing_twice_changes_nothing(shop):
    shop.bring_text("supplier.csv", LIST)
    again = shop.bring_text("copy/supplier.csv", LIST + "\n")

    assert again.rows_new == 0
    assert shop.one("SELECT count(*) FROM supplier_offer") == 2


def test_what_the_shop_sells_already_is_no_new_offer(shop):
    shop.bring_text("supplier.csv", LIST + "M1,Acme,Old mug,Mugs,,3.50,,,,,\n")

    assert list(offers(shop)["sku"]) == ["N1", "N2"]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("N3,Acme,Mug,Mugs,,free,,,,,", "cost", "not an amount"),
        ("N3,Acme,Mug,Mugs,,-1,,,,,", "cost", "negative"),
        ("N3,Acme,Mug,Mugs,,,,,,,", "cost", "missing"),
        ("N3,Acme,,Mugs,,3,,,,,", "title", "missing"),
        (",Acme,Mug,Mugs,,3,,,,,", "sku", "missing"),
        ("N3,Acme,Mug,Mugs,,3,,1.5,,,", "min_order", "whole number"),
    ],
)
def test_a_bad_row_waits_with_field_reason_and_remedy(open_shop, row, field, reason):
    shop = open_shop()
    report = shop.bring_text("supplier.csv", LIST + row + "\n")

    assert (report.rows_new, report.rows_bad) == (2, 1)
    (kept,) = list_quarantine(shop.database).rows
    assert kept.field == field
    assert reason in kept.reason
    assert kept.remedy


def test_a_list_in_chinese_is_understood_once_it_is_said_to_be_one(open_shop):
    shop = open_shop()
    shop.bring_text("products.csv", CATALOGUE)
    text = "货号,商品名称,类目,供货价,建议零售价,起订量\nN1,大杯子,杯子,4.00,9.90,24\n"

    shop.bring_text("报价.csv", text, mapping={"subject": "supplier"})

    assert offers(shop)[["sku", "title", "cost_minor", "min_order"]].values.tolist() == [
        ["N1", "大杯子", 400, 24]
    ]
