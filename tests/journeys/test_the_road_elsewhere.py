"""The same road on PostgreSQL, and into bulk-edit files."""

import csv

GOAL = "Clear winter jackets in 6 weeks, margin at least 10%"


def walk(shop):
    plan = shop.types("plan", GOAL, "--yes", "--json", code=3).json
    shop.types("approve", plan["plan_id"], "--all", "--role", "owner")
    done = shop.types("apply", plan["plan_id"], "--json").json
    return plan, done


def test_on_postgresql(open_shop, pg_database):
    shop = open_shop("--database-url", pg_database)
    plan, done = walk(shop)
    assert done["applied"] == len(plan["actions"])
    back = shop.types("rollback", plan["plan_id"], "--yes", "--role", "owner", "--json").json
    assert back["applied"] == done["applied"]
    assert shop.types("audit", "verify", "--json").json["ok"]


def test_into_bulk_edit_files(open_shop):
    shop = open_shop("--connector", "csv")
    plan, done = walk(shop)
    assert done["applied"] == len(plan["actions"])
    files = sorted(shop.folder.glob("outbox/**/*.csv"))
    assert files
    rows = [row for path in files for row in csv.DictReader(path.open(encoding="utf-8"))]
    offered = {a["sku"]: a["after"]["price"] for a in plan["actions"] if "price" in a["after"]}
    written = {r["Variant SKU"]: r["Variant Price"] for r in rows if r.get("Variant SKU")}
    assert offered and offered.items() <= written.items()
