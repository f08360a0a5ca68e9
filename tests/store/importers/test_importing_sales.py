"""Sales exports of every kind come in, and a second time changes nothing."""

from datetime import date
from pathlib import Path

import pytest

from ecomagent.domain.errors import ImportFileError, UsageError
from ecomagent.store.facts import Facts

RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123a,WHITE HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536366,POST,POSTAGE,1,2010-12-01 09:00:00,18.00,17850.0,United Kingdom
536367,71053,damaged,-3,2010-12-01 09:30:00,0.00,,United Kingdom
C536379,71053,LANTERN,-2,2010-12-02 09:41:00,3.39,17850.0,United Kingdom
"""
RETAIL_II = (
    RETAIL.replace("InvoiceNo", "Invoice")
    .replace("UnitPrice", "Price")
    .replace("CustomerID", "Customer ID")
)
TIDY = """order_id,line_id,sku,quantity,unit_price,discount,ordered_at,customer_id,channel
1,1,A,2,10.00,1.50,2024-03-01T10:00:00+00:00,c1,web
1,2,B,1,4.00,,2024-03-01T10:00:00+00:00,c1,web
2,1,A,1,10.00,,2024-03-02T10:00:00+00:00,c2,shop
"""
TAOBAO = """订单编号,商品编码,宝贝标题,数量,单价,买家实付金额,订单状态,订单创建时间,买家会员名
1001,W-1,白色羽绒服,2,￥399.00,￥758.00,交易成功,2024-01-05 10:00:00,小明
1002,W-1,白色羽绒服,1,￥399.00,￥399.00,交易关闭,2024-01-06 11:00:00,小红
1003,W-2,红色杯子,3,￥20.00,￥60.00,等待买家付款,2024-01-06 12:00:00,小刚
"""
SHOPIFY_COLUMNS = (
    "Name,Email,Financial Status,Currency,Discount Amount,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Billing Country,Cancelled at,Vendor\n"
)
SHOPIFY = (
    SHOPIFY_COLUMNS
    + """\
#1001,ann@example.org,paid,GBP,3.00,2024-03-01 10:00:00 +0000,1,Mug - Red,10.00,MUG-R,GB,,Potter
#1001,,,,,,2,Mug - Blue,10.00,MUG-B,,,Potter
#1002,bob@example.org,refunded,GBP,0.00,2024-03-02 10:00:00 +0000,1,Mug - Red,10.00,MUG-R,FR,,Potter
"""
)


AMAZON = """amazon-order-id\tpurchase-date\torder-status\tproduct-name\tsku\tquantity\tcurrency\t\
item-price\titem-promotion-discount
111-1\t2024-03-01T10:00:00Z\tShipped\tBottle\tSB-1\t3\tGBP\t10.00\t1.00
111-1\t2024-03-01T10:00:00Z\tShipped\tCup\tSB-2\t1\tGBP\t4.00\t
111-2\t2024-03-02T10:00:00Z\tCancelled\tCup\tSB-2\t0\t\t\t
"""
REVENUE = "SELECT sum(quantity * unit_price_minor - discount_minor) FROM order_line"


def test_an_amazon_item_price_is_that_of_all_its_units(shop):
    (file,) = shop.bring_text("report.txt", AMAZON).files

    assert (file.layout, file.rows_new, file.rows_bad) == ("amazon_orders", 2, 0)
    assert file.rows_left_out == {"cancelled": 1}
    assert shop.rows("SELECT id FROM sales_order") == [("111-1",)]
    assert shop.one(REVENUE) == 1300


@pytest.mark.parametrize(
    "header",
    [
        "主订单编号,商家编码,选购款式,商品数量,商品单价,结算时刻,订单状态",
        "Order Number,SKU,Article label,Quantity,Item Price,Moment of sale,Order Status",
        "No.,Ref.,Label,Units in box,Total,Moment,Client",
    ],
)
def test_sales_under_an_unknown_name_are_asked_about_not_taken_for_a_list_of_skus(shop, header):
    with pytest.raises(UsageError, match="order was placed") as raised:
        shop.bring_text("export.csv", header + "\n1,A,Mug,2,10.00,at noon,paid\n")
    assert "table of orders" in raised.value.where
    assert shop.rows("SELECT sku FROM variant") == []


def test_a_column_with_a_space_is_proposed_as_a_shell_takes_it(shop):
    with pytest.raises(UsageError) as raised:
        shop.bring_text("till.csv", "sku,qty,price,Day of sale\nA,1,2.00,2024-03-01\n")
    assert "--map 'ordered_at=Day of sale'" in raised.value.remedy


def test_digits_that_an_export_keeps_from_spreadsheets_are_plain_ids(open_shop):
    shop = open_shop(currency="CNY", country="CN")
    text = TAOBAO.replace("1001", '="2900000000000000001"').replace("1002", '"=""1002"""')
    shop.bring_text("export.csv", text)
    assert shop.rows("SELECT id FROM sales_order ORDER BY 1") == [
        ("1002",),
        ("2900000000000000001",),
    ]


def test_closed_orders_paid_with_nothing_do_not_hide_the_discounts_of_others(open_shop):
    shop = open_shop(currency="CNY", country="CN")
    shop.bring_text("export.csv", TAOBAO.replace("1,￥399.00,￥399.00", "1,￥399.00,￥0.00"))
    assert shop.one(REVENUE) == 75800


@pytest.mark.parametrize(
    "sales",
    [
        "Gross Sales,Discounts,Net Sales\n1,A,2,2024-03-01,10.00,-1.00,9.00",
        "实付金额,优惠金额\n1,A,2,2024-03-01,9.00,1.00",
    ],
)
def test_what_was_paid_after_the_discount_is_the_revenue(shop, sales: str):
    shop.bring_text("till.csv", f"order,sku,qty,date,{sales}\n")
    assert shop.one(REVENUE) == 900


def test_a_total_that_units_do_not_divide_stays_the_total_beside_a_discount(shop):
    shop.bring_text("till.csv", "order,sku,qty,date,total,discount\n1,A,3,2024-03-01,10.00,1.00\n")
    assert shop.one(REVENUE) == 900


def test_the_days_of_orders_are_those_of_the_shop(open_shop):
    shop = open_shop(currency="EUR", country="DE", timezone="Europe/Berlin")
    report = shop.bring_text("till.csv", "order,sku,qty,price,date\n1,A,1,2.00,2024-03-05\n")
    assert (report.first_day, report.last_day) == (date(2024, 3, 5), date(2024, 3, 5))


@pytest.mark.parametrize("content", [RETAIL, RETAIL_II])
def test_online_retail_is_known_by_its_columns(shop, content: str):
    report = shop.bring_text("retail.csv", content)

    (file,) = report.files
    assert (file.layout, file.rows_new, file.rows_bad) == ("online_retail", 4, 0)
    assert file.rows_left_out == {"adjustment": 1, "charge": 1}
    assert shop.rows("SELECT sku, sum(quantity) FROM order_line GROUP BY sku ORDER BY sku") == [
        ("71053", 6),
        ("85123A", 12),
    ]
    assert shop.rows("SELECT return_id, sku, quantity, refund_minor FROM return_line") == [
        ("C536379", "71053", 2, 678)
    ]
    assert shop.one("SELECT title FROM product WHERE id = '71053'") == "LANTERN"
    assert shop.one("SELECT id FROM customer") == "17850"


def test_importing_twice_changes_nothing_even_in_another_file(shop):
    shop.bring_text("retail.csv", RETAIL)
    before = {table: shop.rows(f"SELECT * FROM {table}") for table in _TABLES}

    again = shop.bring_text("retail.csv", RETAIL)
    assert again.files[0].status == "known"
    other = shop.bring_text("same.csv", RETAIL + "\n")

    assert (other.rows_new, other.rows_changed, other.files[0].rows_known) == (0, 0, 4)
    assert before == {table: shop.rows(f"SELECT * FROM {table}") for table in _TABLES}


_TABLES = (
    "product", "variant", "customer", "sales_order", "order_line", "return_line", "price_history",
    "shop",
)  # fmt: skip


def test_a_longer_export_adds_only_what_is_new(shop):
    shop.bring_text("march.csv", TIDY)
    grown = TIDY.replace("2,1,A,1,10.00", "2,1,A,4,10.00") + "3,1,B,1,4.00,,2024-03-03,c3,web\n"
    report = shop.bring_text("april.csv", grown)

    assert (report.rows_new, report.rows_changed) == (1, 1)
    assert shop.one("SELECT quantity FROM order_line WHERE order_id = '2'") == 4


def test_tidy_orders_keep_discount_and_make_the_products_they_name(shop):
    report = shop.bring_text("orders.csv", TIDY)

    assert report.files[0].layout == "tidy"
    assert shop.one("SELECT discount_minor FROM order_line WHERE order_id='1' AND sku='A'") == 150
    assert (report.products, report.without_cost, report.without_stock) == (2, 2, 2)
    facts = Facts.open(shop.folder / "facts")
    assert (facts.first_day, facts.last_day) == (date(2024, 3, 1), date(2024, 3, 2))


def test_a_chinese_export_is_mapped_by_names_with_its_cancelled_orders(open_shop):
    shop = open_shop(currency="CNY", country="CN", timezone="Asia/Shanghai")
    report = shop.bring_text("orders_export.csv", TAOBAO, encoding="gbk")

    (file,) = report.files
    assert (file.layout, file.rows_bad) == ("table", 0)
    assert file.rows_left_out == {"cancelled": 1}
    assert shop.rows("SELECT order_id, discount_minor FROM order_line ORDER BY 1") == [
        ("1001", 4000),
        ("1002", 0),
    ]
    assert shop.one("SELECT order_id, refund_minor FROM return_line") == ("1002", 39900)
    assert str(shop.one("SELECT ordered_at FROM sales_order WHERE id='1001'")).startswith(
        "2024-01-05 02:00"
    )


def test_shopify_orders_fill_down_share_discounts_and_keep_no_address(shop):
    report = shop.bring_text("orders_export_1.csv", SHOPIFY)

    assert report.files[0].layout == "shopify_orders"
    assert report.files[0].unused_columns == ()
    assert shop.rows("SELECT order_id, sku, discount_minor FROM order_line ORDER BY 1, 2") == [
        ("#1001", "MUG-B", 200),
        ("#1001", "MUG-R", 100),
        ("#1002", "MUG-R", 0),
    ]
    assert shop.one("SELECT order_id, refund_minor FROM return_line") == ("#1002", 1000)
    customers = [row[0] for row in shop.rows("SELECT id FROM customer")]
    assert len(customers) == 2
    assert not any("@" in customer for customer in customers)


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gbk", ","), ("gbk", "\t"), ("utf-16", "\t")],
)
def test_encodings_and_separators_are_told_by_content(open_shop, encoding: str, delimiter: str):
    shop = open_shop(currency="CNY", country="CN")
    rows = [
        ("订单号", "商品编码", "商品名称", "数量", "单价", "下单时间"),
        ("1", "A", "陶瓷马克杯 “大号”", "2", "12.50", "2024-03-05 10:00"),
        ("2", "B", "羊毛围巾", "1", "99.00", "2024-03-06 11:00"),
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    report = shop.bring_text("sales.txt", text, encoding=encoding)

    assert (report.rows_new, report.rows_bad) == (2, 0)
    assert shop.one("SELECT title FROM product WHERE id = 'A'") == "陶瓷马克杯 “大号”"


def test_decimal_commas_and_day_first_dates(shop):
    german = "Beleg;SKU;Quantity;Price;Date\n7;A;2;1.234,50;31.01.2024\n8;A;1;9,90;01.02.2024\n"
    shop.bring_text("kasse.csv", german, mapping={"order_id": "Beleg"})

    assert shop.rows("SELECT order_id, unit_price_minor FROM order_line ORDER BY 1") == [
        ("7", 123450),
        ("8", 990),
    ]
    assert str(shop.one("SELECT ordered_at FROM sales_order WHERE id='8'")).startswith("2024-02-01")


def test_a_date_that_can_be_read_both_ways_is_asked_about(shop):
    sales = "order,sku,qty,price,date\n1,A,1,2.00,03/04/2024\n"
    with pytest.raises(UsageError, match="does the day come first") as raised:
        shop.bring_text("till.csv", sales)
    assert "--map day_first=yes" in raised.value.remedy

    shop.bring_text("till.csv", sales, mapping={"day_first": "no"})
    assert str(shop.one("SELECT ordered_at FROM sales_order")).startswith("2024-03-04")


def test_an_unclear_column_is_asked_about_and_the_answer_is_kept(shop):
    sales = "nr,art,pcs_sold,each,sold\n1,A,2,3.50,2024-03-05\n2,B,1,4.25,2024-03-06\n"
    with pytest.raises(UsageError) as raised:
        shop.bring_text("x.csv", sales)
    assert "--map quantity=" in raised.value.remedy
    assert shop.rows("SELECT * FROM order_line") == []

    seen = []

    def confirm(understood):
        seen.append({doubt.field for doubt in understood.doubts})
        mapping = {"order_id": "nr", "sku": "art", "quantity": "pcs_sold", "unit_price": "each"}
        return understood.model_copy(update={"mapping": {**mapping, "ordered_at": "sold"}})

    report = shop.bring_text("x.csv", sales, confirm=confirm)
    assert {"quantity", "sku"} <= seen[0]
    assert report.rows_new == 2

    again = shop.bring_text("y.csv", sales.replace("\n2,B", "\n3,B"))
    assert again.rows_new == 1


def test_a_person_can_decline(shop):
    with pytest.raises(UsageError):
        shop.bring_text("x.csv", "a,b\nx,1\ny,2\n", confirm=lambda understood: None)


def test_a_wrong_map_says_what_there_is(shop):
    path = shop.write("in/t.csv", TIDY)
    with pytest.raises(UsageError, match="no field"):
        shop.bring(path, mapping={"quantum": "sku"})
    with pytest.raises(UsageError, match="no column"):
        shop.bring(path, mapping={"quantity": "nope"})


def test_rows_without_an_order_number_are_orders_of_their_own(shop):
    till = "date,product,qty,amount\n2024-03-05,Tea,3,10.00\n2024-03-05,Tea,3,10.00\n"
    report = shop.bring_text("till.csv", till)

    assert report.rows_new == 2
    assert shop.one("SELECT sum(quantity * unit_price_minor - discount_minor) FROM order_line") == (
        2000
    )
    assert shop.bring_text("till2.csv", till + "\n").rows_new == 0


def test_spreadsheets_and_parquet(shop, tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "order_id": ["1", "2"],
            "sku": ["A", "B"],
            "quantity": [1, 2],
            "unit_price": [2.5, 3.0],
            "ordered_at": pa.array(["2024-03-05", "2024-03-06"]).cast(pa.timestamp("us")),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet")
    report = shop.bring(tmp_path / "orders.parquet")
    assert (report.rows_new, report.rows_bad) == (2, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00", "binary"),
        (b"just some words\nand more words\n", "not a table"),
        (b"PK\x03\x04broken", "workbook"),
        (b"PAR1broken", "Parquet"),
        (b"\x1f\x8bbroken", "cannot be read"),
        (b"order_id,sku,quantity,unit_price,ordered_at\n", "no rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(shop, content: bytes, told: str):
    with pytest.raises(ImportFileError, match=told) as raised:
        shop.bring_text("orders.csv", content)
    assert raised.value.remedy


def test_a_missing_file(shop):
    with pytest.raises(ImportFileError, match="no such file"):
        shop.bring(shop.folder / "nothing.csv")


def test_postgresql_takes_the_same_files(open_shop, pg_database: str):
    shop = open_shop(url=pg_database)
    first = shop.bring_text("retail.csv", RETAIL)
    again = shop.bring_text("again.csv", RETAIL + "\n")

    assert (first.rows_new, again.rows_new, again.rows_changed) == (4, 0, 0)
    assert first.observed_prices == 2
    assert shop.one("SELECT list_price_minor FROM variant WHERE sku = '71053'") == 339


def test_the_real_online_retail_export(shop, shared_data: Path):
    path = shared_data / "online_retail" / "online_retail.csv.gz"
    if not path.is_file():
        pytest.skip(f"no Online Retail data at {path}")
    report = shop.bring(path)

    assert (report.rows_read, report.rows_bad) == (320_705, 0)
    left_out = sum(report.files[0].rows_left_out.values())
    assert report.rows_new == 320_705 - left_out
    assert (report.first_day, report.last_day) == (date(2010, 12, 1), date(2011, 8, 31))
    assert shop.one("SELECT count(*) FROM variant WHERE list_price_minor IS NULL") < 20
