"""From a supplier's price list to products on sale with their first order, and back."""

import csv

import pytest

GOAL = "Grow gross profit next month, only assortment"


@pytest.fixture(scope="module")
def shop(open_shop, bundle):
    made = open_shop()
    with (bundle / "products.csv").open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["cost"]][:40:5]
    with (made.folder / "supplier.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["sku", "supplier", "title", "category", "cost", "MOQ", "case_pack", "style"])
        for number, row in enumerate(known):
            out.writerow([f"NEW-{number}", "Acme", f"{row['title']} neo", row["category"],
                          row["cost"], 6, 6, row["style"]])  # fmt: skip
        out.writerow(["NEW-X", "Acme", "Steam engine", "Engines", "100000", 1, 1, ""])
    made.types("import", "supplier.csv")
    return made


@pytest.fixture(scope="module")
def plan(shop):
    return shop.types("plan", GOAL, "--yes", "--json", code=3).json


def new_of(plan):
    return {a["product"]: a for a in plan["actions"] if (a["after"] or {}).get("new")}


def test_what_is_like_the_shops_own_is_proposed_with_price_order_and_doubt(plan):
    listed = new_of(plan)

    assert listed
    assert "NEW-X" not in listed
    for action in listed.values():
        new, units = action["after"]["new"], action["impact"]["units"]
        assert float(new["price"]) > float(new["cost"])
        assert new["first_order"] % 6 == 0
        assert float(units["p10"]) < float(units["p90"])
        assert any("never sold" in text for text in action["assumptions"])


def test_the_plans_spend_holds_the_first_orders(plan):
    orders = sum(
        a["after"]["new"]["first_order"] * float(a["after"]["new"]["cost"])
        for a in new_of(plan).values()
    )

    assert float(plan["forecast"]["difference"]["spend"]["p50"]) == pytest.approx(orders, rel=1e-6)


def test_bundles_are_two_products_of_the_shop_below_both_prices(plan):
    for action in plan["actions"]:
        if action["kind"] == "create_bundle":
            found = next(e for e in action["evidence"] if e["tool"].endswith("bundle_menu"))
            assert len(action["after"]["components"]) == 2
            price = float(action["after"]["price"]) * 100
            assert price < found["result"]["parts_minor"]


def test_a_category_with_fewer_slots_than_products_loses_what_adds_least(shop, bundle, plan):
    with (bundle / "products.csv").open(encoding="utf-8") as file:
        active = [row["category"] for row in csv.DictReader(file) if row["status"] == "active"]
    largest = max(set(active), key=active.count)
    policy = shop.folder / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    limit = f"max_active_per_category = {active.count(largest) - 3}"
    policy.write_text(text.replace("max_active_per_category = 0", limit), encoding="utf-8")

    slotted = shop.types("plan", GOAL, "--yes", "--json", code=3).json

    policy.write_text(text, encoding="utf-8")
    told = [a for a in slotted["actions"] for r in a["reasons"] if "slots" in r["en"]]
    assert {a["kind"] for a in told} == {"delist_product"}
    assert largest not in {a["after"]["new"]["category"] for a in new_of(slotted).values()}


def test_all_of_it_is_done_once_and_taken_back(shop, plan):
    shop.types("approve", plan["plan_id"], "--all", "--role", "owner")
    done = shop.types("apply", plan["plan_id"], "--json").json
    again = shop.types("apply", plan["plan_id"], "--json").json
    back = shop.types("rollback", plan["plan_id"], "--yes", "--role", "owner", "--json").json

    assert done["applied"] == len(plan["actions"])
    assert again["applied"] == 0
    assert back["applied"] == done["applied"] + len(new_of(plan))  # each listing and its order
    assert shop.types("audit", "verify", "--json").json["ok"]
