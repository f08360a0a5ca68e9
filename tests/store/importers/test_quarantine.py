"""Bad rows wait with reason and remedy, good ones get in, and mended ones leave."""

import csv

import pytest

from ecomagent.domain.errors import NotFoundError
from ecomagent.store.importers import (
    discard_quarantine,
    export_quarantine,
    list_quarantine,
    open_quarantine_count,
)

HEAD = "order_id,line_id,sku,quantity,unit_price,ordered_at,customer_id\n"
GOOD = "1,1,A,2,10.00,2024-03-01,c1\n"
BAD = {
    "2,1,A,two,10.00,2024-03-01,c1": ("quantity", "not a whole number"),
    "3,1,A,1.5,10.00,2024-03-01,c1": ("quantity", "not a whole number"),
    "4,1,A,0,10.00,2024-03-01,c1": ("quantity", "zero"),
    "5,1,A,1,-3.00,2024-03-01,c1": ("unit_price", "negative"),
    "6,1,A,1,$3.00,2024-03-01,c1": ("unit_price", "not in GBP"),
    "7,1,A,1,,2024-03-01,c1": ("unit_price", "missing"),
    "8,1,A,1,3.00,2024-13-01,c1": ("ordered_at", "not a date"),
    "9,1,A,1,3.00,2034-03-01,c1": ("ordered_at", "future"),
    "10,1,,1,3.00,2024-03-01,c1": ("sku", "missing"),
    "11,1,A,1,3.00,2024-03-01": ("", "6 cells"),
    "1.23457E+17,1,A,1,3.00,2024-03-01,c1": ("order_id", "cut off"),
    '12,1,"A,1,3.00,2024-03-01,c1': ("", "quotation mark"),
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_waits_and_good_ones_get_in(shop, row: str):
    report = shop.bring_text("orders.csv", HEAD + GOOD + row + "\n" + GOOD.replace("1,1", "99,1"))

    assert (report.rows_new, report.rows_bad, report.quarantine_open) == (2, 1, 1)
    (kept,) = list_quarantine(shop.database).rows
    field, reason = BAD[row]
    assert (kept.file, kept.row, kept.field) == ("orders.csv", 3, field)
    assert reason in kept.reason
    assert kept.remedy


def test_rows_in_which_every_cell_is_empty_are_no_rows(shop):
    report = shop.bring_text("orders.csv", HEAD + GOOD + ",,,,,,\n" * 3)
    assert (report.rows_read, report.rows_bad) == (1, 0)


def test_broken_characters_cost_one_row(shop):
    content = (HEAD + GOOD).encode() + b"2,1,\xff\xfe\xfaB,1,3.00,2024-03-01,c1\n"
    content += "3,1,é茶,1,3.00,2024-03-01,c1\n".encode() * 1
    content += "".join(f"{i},1,茶杯茶杯,1,3.00,2024-03-01,c1\n" for i in range(4, 40)).encode()
    report = shop.bring_text("orders.csv", content)

    assert report.rows_bad == 1
    assert "characters" in list_quarantine(shop.database).rows[0].reason


def test_exported_mended_and_imported_rows_leave_the_quarantine(shop):
    shop.bring_text("orders.csv", HEAD + GOOD + "\n".join(list(BAD)[:3]) + "\n")
    (path,) = export_quarantine(shop.database, shop.folder / "mend")
    rows = list(csv.reader(path.open(encoding="utf-8-sig")))
    at = rows[0].index("quantity")
    rows[1][at], rows[2][at] = "2", "1"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)

    report = shop.bring(shop.folder / "mend")

    assert (report.rows_new, report.files[0].rows_mended, report.quarantine_open) == (2, 2, 1)
    (left,) = list_quarantine(shop.database).rows
    assert (left.file, left.row) == ("orders.csv", 5)
    assert "quarantine_id" not in left.record


def test_a_cell_too_many_is_exported_too(shop):
    shop.bring_text("orders.csv", HEAD + GOOD + "2,1,B,1,1,234.50,2024-03-01,c1\n")
    (path,) = export_quarantine(shop.database, shop.folder / "mend")
    text = path.read_text(encoding="utf-8-sig")
    assert ",c1," in text

    was, mended = "2,1,B,1,1,234.50,2024-03-01,c1,", "2,1,B,1,1234.50,2024-03-01,c1,,"
    path.write_text(text.replace(was, mended), encoding="utf-8")
    report = shop.bring(path)
    assert (report.rows_new, report.quarantine_open) == (1, 0)
    assert shop.one("SELECT unit_price_minor FROM order_line WHERE order_id = '2'") == 123450


def test_rows_mended_in_the_file_itself_leave_too(shop):
    bad = HEAD + GOOD + "2,1,A,two,10.00,2024-03-01,c1\n3,1,A,0,10.00,2024-03-01,c1\n"
    shop.bring_text("orders.csv", bad)
    report = shop.bring_text("orders.csv", bad.replace("two", "2"))

    assert (report.rows_new, report.files[0].rows_mended) == (1, 1)
    assert report.quarantine_open == 1


def test_the_same_bad_file_twice_waits_once(shop):
    for _ in range(2):
        report = shop.bring_text("orders.csv", HEAD + GOOD + "2,1,A,two,10.00,2024-03-01,c1\n")
    assert report.quarantine_open == 1


def test_stock_of_an_unknown_article_waits_until_the_article_is_known(shop):
    stock = "sku,on_hand,at\nA,5,2024-03-01\n"
    assert shop.bring_text("stock.csv", stock).rows_bad == 1
    shop.bring_text("orders.csv", HEAD + GOOD)

    report = shop.bring_text("stock.csv", stock)
    assert (report.rows_new, report.quarantine_open) == (1, 0)


def test_only_lines_of_one_number_are_the_same_line(shop):
    line = "2,{},A,{},10.00,2024-03-01,c1\n"
    rows = [("1", 1), ("1", 2), ("", 3), ("", 4), ("", 4)]
    report = shop.bring_text("orders.csv", HEAD + "".join(line.format(*row) for row in rows))

    assert (report.rows_new, report.rows_bad) == (4, 1)
    (kept,) = list_quarantine(shop.database).rows
    assert (kept.row, kept.reason) == (
        3,
        "another row has the same order id and line id but other values",
    )


def test_two_products_of_one_sku_are_not_guessed_between(shop):
    products = "sku,title,price\nA,Mug,10.00\nA,Cup,11.00\nB,Jug,5.00\nB,Jug,5.00\n"
    report = shop.bring_text("products.csv", products)

    assert (report.rows_new, report.rows_bad) == (2, 1)
    assert report.files[0].rows_left_out == {"repeat": 1}
    assert "same sku" in list_quarantine(shop.database).rows[0].reason


def test_an_unknown_currency_is_not_converted(shop):
    products = "sku,title,price,currency\nA,Mug,10.00,GBP\nB,Jug,5.00,XYZ\nC,Pot,5.00,EUR\n"
    report = shop.bring_text("products.csv", products)
    assert (report.rows_new, report.rows_bad) == (1, 2)


def test_a_file_in_which_nothing_is_good_still_says_why(shop):
    report = shop.bring_text("orders.csv", HEAD + "1,1,A,x,y,z,c1\n")
    assert (report.rows_new, report.rows_bad) == (0, 1)


def test_looking_and_letting_go(shop):
    with pytest.raises(NotFoundError):
        export_quarantine(shop.database, shop.folder / "mend")
    shop.bring_text("orders.csv", HEAD + GOOD + "\n".join(list(BAD)[:4]) + "\n")

    listed = list_quarantine(shop.database, limit=2)
    assert (listed.total, len(listed.rows), sum(listed.reasons.values())) == (4, 2, 4)
    assert discard_quarantine(shop.database, [listed.rows[0].id]) == 1
    with pytest.raises(NotFoundError):
        discard_quarantine(shop.database, ["bad-nothing"])
    discard_quarantine(shop.database, [])
    assert open_quarantine_count(shop.database) == 0
