"""A folder of tidy files, and Shopify's product export, fill the whole shop."""

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecomagent.domain.errors import ImportFileError
from ecomagent.store.facts import Facts

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)
BUNDLE = {
    "products.csv": "sku,title,category,brand,cost,price,currency,supplier,lead_time_days,"
    "map_price,status,tags,colour,ignored by nobody\n"
    "A,Mug,Kitchen > Mugs,Potter,4.00,10.00,GBP,S1,7,9.00,active,warm;gift,red,\n"
    "B,Scarf,Clothes,Weaver,,20.00,GBP,S2,,,draft,,blue,x\n",
    "orders.csv": "order_id,line_id,sku,quantity,unit_price,discount,ordered_at,customer_id,channel"
    "\n1,1,A,2,10.00,0,2024-03-01,c1,web\n1,2,B,1,20.00,2.00,2024-03-01,c1,web\n",
    "stock.csv": "sku,on_hand,inbound,at\nA,12,5,2024-06-01\nB,-2,,2024-06-01\n",
    "prices.csv": "sku,price,from,to,kind\nA,9.00,2024-01-01,,list\nA,10.00,2024-02-01,,list\n"
    "A,8.00,2024-06-20,2024-07-20,promotion\nA,7.00,2024-05-01,2024-05-08,promotion\n",
    "costs.csv": "sku,cost,from\nA,3.50,2024-01-01\nA,4.00,2024-03-01\n",
    "customers.csv": "customer_id,country,consent_marketing,first_seen\nc1,GB,yes,2023-01-01\n"
    "ann@example.org,FR,no,\n",
    "campaigns.csv": "campaign_id,name,segment,channel,starts_at,cost\nk1,Spring,loyal,email,"
    "2024-03-10,25.00\n",
    "campaign_events.csv": "campaign_id,customer_id,event,at\nk1,c1,sent,2024-03-10\n"
    "k1,c1,opened,2024-03-11\n",
    "competitor_prices.csv": "sku,competitor,price,at\nA,Rival,9.50,2024-06-01\n",
    "reviews.csv": "sku,rating,title,body,at\nA,5,Good,Keeps warm,2024-04-01\n",
    "signals.csv": "name,at,value\ntemperature,2024-03-01,7.5\n",
    "README.md": "not a table",
}


@pytest.fixture
def bundle(shop) -> Path:
    for name, content in BUNDLE.items():
        shop.write(f"bundle/{name}", content)
    return shop.folder / "bundle"


def test_every_file_of_a_bundle_comes_in(shop, bundle: Path):
    report = shop.bring(bundle)

    assert {file.subject: file.rows_new for file in report.files} == {
        "products": 2, "customers": 2, "orders": 2, "prices": 4, "costs": 2, "stock": 2,
        "campaigns": 1, "campaign_events": 2, "competitor_prices": 1, "reviews": 1, "signals": 1,
    }  # fmt: skip
    assert report.rows_bad == 0
    card = shop.rows("SELECT title, category, brand, tags, attributes FROM product WHERE id = 'A'")
    assert card == [("Mug", "Kitchen > Mugs", "Potter", '["warm","gift"]', '{"colour":"red"}')]
    assert shop.rows(
        "SELECT sku, list_price_minor, map_price_minor, status, supplier_id, lead_time_days "
        "FROM variant ORDER BY sku"
    ) == [("A", 1000, 900, "active", "S1", 7), ("B", 2000, None, "draft", "S2", None)]
    assert shop.rows("SELECT discount, price_minor, status FROM promotion ORDER BY status") == [
        (pytest.approx(0.2), 800, "active"),
        (pytest.approx(0.3), 700, "ended"),
    ]
    assert shop.rows("SELECT sku, on_hand, inbound FROM stock_history ORDER BY sku") == [
        ("A", 12, 5),
        ("B", 0, 0),
    ]
    assert report.observed_prices == 1, "only B has sales before its first listed price"


def test_what_was_imported_today_can_be_planned_on_today(shop, bundle: Path):
    shop.bring(bundle)

    midnight = NOW.replace(hour=0)
    catalogue = Facts.open(shop.folder / "facts").as_of(midnight).catalogue().set_index("sku")
    assert catalogue.loc["A", "price_minor"] == 800
    assert catalogue.loc["A", "cost_minor"] == 400
    assert catalogue.loc["B", "list_price_minor"] == 2000
    assert catalogue["on_hand"].to_dict() == {"A": 12, "B": 0}


def test_a_bundle_twice_changes_nothing(shop, bundle: Path):
    shop.bring(bundle)
    serial = shop.one("SELECT serial FROM shop")
    for name in BUNDLE:
        shop.write(f"again/{name}", BUNDLE[name] + "\n")
    report = shop.bring(shop.folder / "again")

    assert (report.rows_new, report.rows_changed, report.rows_bad) == (0, 0, 0)
    assert shop.one("SELECT serial FROM shop") == serial


def test_a_new_price_and_cost_begin_a_new_stretch(shop, bundle: Path):
    shop.bring(bundle)
    serial, version = shop.one("SELECT shop.serial, variant.version FROM shop, variant LIMIT 1")
    changed = BUNDLE["products.csv"].replace("4.00,10.00", "4.20,11.00")
    report = shop.bring_text("products.csv", changed, now=NOW + timedelta(days=3))

    assert (report.rows_new, report.rows_changed) == (0, 1)
    assert shop.one("SELECT serial FROM shop") == serial + 1
    assert shop.one("SELECT version FROM variant WHERE sku = 'A'") > version
    prices = shop.rows("SELECT price_minor FROM price_history WHERE sku='A' AND kind='list' "
                       "ORDER BY valid_from")  # fmt: skip
    assert prices[-1] == (1100,)
    assert shop.rows("SELECT cost_minor FROM cost_history WHERE sku='A' ORDER BY valid_from")[
        -1
    ] == (420,)


def test_names_and_addresses_of_customers_are_not_kept(shop):
    people = "customer_id,name,email,city,tier,country\nc1,Ann Smith,ann@example.org,York,gold,GB\n"
    shop.bring_text("customers.csv", people)

    assert shop.one("SELECT attributes FROM customer") == '{"tier":"gold"}'


def test_shopify_products_with_variants_and_pictures(shop):
    export = (
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,"
        "Variant SKU,Variant Inventory Qty,Variant Price,Cost per item,Status,Image Src\n"
        'mug,Mug,<p>Warm</p>,Potter,Mugs,"gift, warm",true,Colour,Red,'
        "MUG-R,5,10.00,4.00,active,a.png\n"
        "mug,,,,,,,,Blue,MUG-B,0,12.00,,,b.png\n"
        "mug,,,,,,,,,,,,,,c.png\n"
    )
    report = shop.bring_text("products_export.csv", export)

    (file,) = report.files
    assert (file.layout, file.rows_new, file.rows_bad) == ("shopify_products", 2, 0)
    assert file.rows_left_out == {"image": 1}
    assert shop.rows(
        "SELECT sku, product_id, title, list_price_minor, attributes FROM variant ORDER BY sku"
    ) == [
        ("MUG-B", "mug", "Blue", 1200, '{"Colour":"Blue"}'),
        ("MUG-R", "mug", "Red", 1000, '{"Colour":"Red"}'),
    ]
    assert shop.rows("SELECT sku, on_hand FROM stock_history ORDER BY sku") == [
        ("MUG-B", 0),
        ("MUG-R", 5),
    ]


def test_list_prices_are_read_off_orders_without_looking_ahead(shop):
    lines = [f"{day},{day},A,1,10.00,2024-03-{day:02},c1" for day in range(1, 8)]
    lines += [f"{day},{day},A,1,12.00,2024-03-{day:02},c1" for day in range(8, 20)]
    head = "order_id,line_id,sku,quantity,unit_price,ordered_at,customer_id\n"
    shop.bring_text("first.csv", head + "\n".join(lines[:10]))
    early = shop.rows("SELECT * FROM price_history ORDER BY valid_from")
    shop.bring_text("second.csv", head + "\n".join(lines))

    prices = shop.rows("SELECT price_minor, valid_from FROM price_history ORDER BY valid_from")
    assert [price for price, _ in prices] == [1000, 1200]
    assert str(prices[0][1]).startswith("2024-03-01 23:59:59")
    assert str(prices[1][1]).startswith("2024-03-11 23:59:59")
    assert early == shop.rows("SELECT * FROM price_history ORDER BY valid_from")[: len(early)]
    assert shop.one("SELECT list_price_minor FROM variant") == 1200


def test_a_price_list_ends_observed_prices(shop):
    head = "order_id,line_id,sku,quantity,unit_price,ordered_at\n"
    shop.bring_text("orders.csv", head + "1,1,A,1,10.00,2024-03-01\n2,1,A,1,12.00,2024-05-01\n")
    shop.bring_text("prices.csv", "sku,price,from\nA,11.00,2024-04-01\n")

    assert shop.rows("SELECT price_minor FROM price_history ORDER BY valid_from") == [
        (1000,),
        (1100,),
    ]
    assert shop.one("SELECT list_price_minor FROM variant") == 1100


def test_a_file_of_a_bundle_that_has_no_rows_is_left_out(shop, bundle: Path):
    shop.write("bundle/returns.csv", "return_id,sku,quantity,refund,returned_at\n")
    files = {file.file: file.status for file in shop.bring(bundle).files}
    assert (files["returns.csv"], files["stock.csv"]) == ("skipped", "imported")


def test_a_path_that_the_system_refuses_is_an_error_of_ours(shop):
    with pytest.raises(ImportFileError, match="cannot be read"):
        shop.bring(shop.folder / ("x" * 300))


def test_an_archive_is_to_be_unpacked(shop):
    with zipfile.ZipFile(shop.folder / "export.zip", "w") as archive:
        archive.writestr("orders.csv", "sku\nA\n")
    with pytest.raises(ImportFileError, match="archive") as raised:
        shop.bring(shop.folder / "export.zip")
    assert "Unpack" in raised.value.remedy


def test_a_broken_file_of_a_folder_keeps_no_other_out(shop, bundle: Path):
    shop.write("bundle/orders-old.csv", b"\x00\x01\x02binary")
    shop.write("bundle/readme.txt", b"nothing but words here\nand here\n")
    with pytest.raises(ImportFileError) as raised:
        shop.bring(bundle)

    told = str(raised.value)
    assert "orders-old.csv" in told and "readme.txt" in told
    assert "Dealt with: " in told and "stock.csv" in told
    assert shop.one("SELECT count(*) FROM stock_history") > 0
    assert Facts.open(shop.folder / "facts").last_day is not None
    assert shop.one("SELECT count(*) FROM order_line") == 2


def test_facts_left_behind_by_a_cut_off_import_are_made_up_for(shop, bundle: Path, monkeypatch):
    def killed(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ecomagent.store.importers.run.update_facts", killed)
    with pytest.raises(KeyboardInterrupt):
        shop.bring(bundle)
    monkeypatch.undo()
    report = shop.bring(bundle)

    assert {file.status for file in report.files} == {"known"}
    assert Facts.open(shop.folder / "facts").last_day is not None
    assert not list(shop.folder.glob("*.unfinished"))
