"""A catalogue without a single sale: no figures out of thin air, and nothing breaks."""

import csv

import pytest

from tests.conftest import Person

SKUS = 60


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unsold")
    bundle = folder / "bundle"
    bundle.mkdir()
    with (bundle / "products.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["sku", "title", "category", "price", "cost", "status"])
        out.writerows([f"S{n}", f"Thing {n}", f"Shelf {n % 4}", "19.90", "9.00", "active"]
                      for n in range(SKUS))  # fmt: skip
    with (bundle / "stock.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["sku", "at", "on_hand"])
        out.writerows([f"S{n}", "2026-01-05", 5] for n in range(SKUS))
    made = Person(folder)
    made.types("init", "shop", "--currency", "EUR", "--country", "DE")
    opened = Person(folder / "shop")
    opened.types("import", str(bundle))
    return opened


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("Grow gross profit next month, margin at least 30%", "not enough data"),
        ("下个月提高毛利,毛利率不低于30%", "数据不足"),
    ],
)
def test_it_is_said_that_there_is_not_enough_data(shop, goal, said):
    plan = shop.types("plan", goal, "--yes", "--json", code=None).json

    assert not plan["actions"]
    assert any(said in note for note in plan["notes"])
