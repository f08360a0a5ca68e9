"""Writes sales into the store: products met in them, customers, orders, their lines and returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecomagent.store.importers.bulk import Written
from ecomagent.store.importers.parse import minor
from ecomagent.store.importers.prepare import UNDONE
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import Batches
from ecomagent.store.importers.writing import Outcome, Writing, customer_key, moment_text
from ecomagent.store.tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    ProductRow,
    ReturnRow,
    VariantRow,
)


def write_orders(writing: Writing) -> Outcome:
    """Sales lines; those with negative quantity, cancelled or refunded are returns."""
    _lines(writing)
    _allocate_order_discount(writing)
    catalogue = add_sold_products(writing, "lines")
    customers = add_customers(writing, "lines")
    stage, bulk = writing.stage, writing.bulk
    bulk.add(
        OrderRow,
        ("id", "ordered_at", "customer_id", "channel", "country"),
        stage.rows_of(
            f"SELECT order_id, {moment_text('min(sold_at)')}, any_value(customer_id), "
            "coalesce(any_value(channel), ''), coalesce(any_value(country), '') "
            "FROM lines WHERE sold GROUP BY order_id ORDER BY 1"
        ),
        keep_filled=("customer_id", "channel", "country"),
    )
    written = bulk.add(
        OrderLineRow,
        ("order_id", "line_id", "sku", "quantity", "unit_price_minor", "discount_minor"),
        stage.rows_of(
            "SELECT order_id, line_id, sku, quantity, unit_minor, discount_minor FROM lines "
            "WHERE sold ORDER BY 1, 2"
        ),
        update=("sku", "quantity", "unit_price_minor", "discount_minor"),
    )
    written += bulk.add(
        ReturnRow,
        ("return_id", "line_id", "order_id", "sku", "customer_id", "quantity", "refund_minor",
         "returned_at"),
        stage.rows_of(
            "SELECT order_id, line_id, CASE WHEN has_order THEN order_id END, sku, customer_id, "
            "abs(quantity), abs(quantity) * unit_minor - discount_minor, "
            f"{moment_text('returned_at')} FROM lines "
            "LEFT JOIN (SELECT DISTINCT order_id AS sold_id, true AS has_order FROM lines "
            "WHERE sold) ON sold_id = order_id WHERE returned ORDER BY 1, 2"
        ),
        update=("quantity", "refund_minor"),
    )  # fmt: skip
    stage.execute(
        "CREATE TABLE IF NOT EXISTS sold_lines "
        "(order_id VARCHAR, line_id VARCHAR, sku VARCHAR, price BIGINT, sold_at TIMESTAMP)"
    )
    stage.execute(
        "INSERT INTO sold_lines SELECT order_id, line_id, sku, unit_minor, sold_at FROM lines "
        "ANTI JOIN sold_lines USING (order_id, line_id) WHERE sold AND unit_minor > 0"
    )
    since = None
    if written.new or written.changed or catalogue.new or customers.new:
        (since,) = stage.one("SELECT CAST(min(least(sold_at, returned_at)) AS DATE) FROM lines")
    notes = _notes(writing)
    return Outcome(written, since, bool(catalogue.new or catalogue.changed), notes)


def _lines(writing: Writing) -> None:
    """Fill ``lines``: keys, whole units and minor amounts; sold, returned or both."""
    digits = writing.digits
    retail = writing.understood.layout == "online_retail"
    cancelled = "order_id ILIKE 'C%'" if retail else "false"
    # Rounded up, so that a discount makes the line cost exactly what it did.
    per_unit = f"CAST(ceil({minor('abs(line_total)', digits)} / abs(quantity)) AS BIGINT)"
    unit = f"coalesce({minor('unit_price', digits)}, {per_unit})"
    order = "order_id" if "order_id" in writing.understood.mapping else "NULL::VARCHAR"
    identity = "concat_ws('|', sold_at, customer_id, sku, quantity, unit_minor, discount_minor)"
    content = "concat_ws('|', sku, quantity, unit_minor, discount_minor)"
    stage = writing.stage
    stage.execute(
        "CREATE OR REPLACE TABLE drafts AS SELECT n, "
        f"{order} AS given_order, line_id AS given_line, coalesce(sku, title) AS sku, title, "
        "category, brand, CAST(quantity AS BIGINT) AS quantity, "
        f"{unit} AS unit_minor, "
        f"CAST(coalesce({_line_discount(writing, per_unit)}, 0) AS BIGINT) AS discount_minor, "
        "ordered_at AS sold_at, "
        f"{customer_key('customer_id')} AS customer_id, country, channel, "
        f"coalesce(cancelled_at, ordered_at) AS cancelled_at, "
        f"({cancelled}) OR quantity < 0 AS negative, cancelled_at IS NOT NULL OR "
        f"regexp_matches(coalesce(status, ''), {quoted(UNDONE)}) AS undone FROM good"
    )
    stage.execute(
        f"CREATE OR REPLACE TABLE keyed AS SELECT *, coalesce(given_order, "
        f"'row-' || left(md5({identity}), 16)) AS order_id, left(md5({content}), 12) AS content "
        "FROM drafts"
    )
    # Rows without a line number are known by their content; identical ones are counted.
    stage.execute(
        "CREATE OR REPLACE TABLE repeats AS SELECT n, row_number() OVER "
        "(PARTITION BY order_id, content ORDER BY n) AS nth FROM keyed "
        "SEMI JOIN (SELECT order_id, content FROM keyed WHERE given_line IS NULL "
        "GROUP BY ALL HAVING count(*) > 1) USING (order_id, content) WHERE given_line IS NULL"
    )
    stage.execute(
        "CREATE OR REPLACE TABLE lines AS SELECT keyed.* EXCLUDE (given_order, given_line, "
        "content, undone, negative, cancelled_at), "
        "coalesce(given_line, content || CASE WHEN nth > 1 THEN '-' || nth ELSE '' END) AS line_id,"
        " NOT negative AS sold, negative OR undone AS returned, "
        "CASE WHEN undone THEN cancelled_at ELSE sold_at END AS returned_at "
        "FROM keyed LEFT JOIN repeats USING (n)"
    )
    for table in ("drafts", "keyed", "repeats"):
        stage.execute(f"DROP TABLE {table}")


def _line_discount(writing: Writing, per_unit: str) -> str:
    """Minor units off the line: as given, or what a lower line total implies."""
    mapping, digits = writing.understood.mapping, writing.digits
    total = minor("abs(line_total)", digits)
    rounding = f"CASE WHEN unit_price IS NULL THEN abs(quantity) * {per_unit} - {total} END"
    if "discount" in mapping:
        return f"coalesce({minor('discount', digits)}, 0) + coalesce({rounding}, 0)"
    implied = "abs(quantity) * unit_price - abs(line_total)"
    plausible, rows = writing.stage.one(
        f"SELECT count(*) FILTER ({implied} BETWEEN -0.011 AND 0.9 * abs(quantity) * unit_price), "
        "count(line_total) FROM good WHERE unit_price > 0 AND line_total <> 0"
    )
    if rows and plausible >= 0.95 * rows:
        return f"coalesce({rounding}, greatest({minor(implied, digits)}, 0))"
    return rounding


def _allocate_order_discount(writing: Writing) -> None:
    """Shopify gives an order's discount once; its lines share it by what they cost."""
    stage = writing.stage
    by_lower = {title.lower(): title for title in stage.header}
    title = by_lower.get("discount amount")
    if writing.understood.layout != "shopify_orders" or title is None:
        return
    amount = minor(
        f"coalesce(try_cast(raw.{stage.column(title)} AS DECIMAL(18,6)), 0)", writing.digits
    )
    stage.execute(
        "CREATE OR REPLACE TABLE shares AS SELECT n, CAST(floor(rest * worth / nullif(whole, 0)) "
        "AS BIGINT) AS share FROM (SELECT lines.n, "
        f"greatest({amount} - sum(discount_minor) OVER o, 0) AS rest, "
        "quantity * unit_minor - discount_minor AS worth, "
        "sum(quantity * unit_minor - discount_minor) OVER o AS whole "
        "FROM lines JOIN raw ON raw.n = lines.n WINDOW o AS (PARTITION BY order_id))"
    )
    stage.execute(
        "UPDATE lines SET discount_minor = discount_minor + share FROM shares "
        "WHERE shares.n = lines.n AND share > 0"
    )
    stage.execute("DROP TABLE shares")


def add_sold_products(writing: Writing, source: str) -> Written:
    """Products for SKUs that are only known from sales, under the title most often written."""
    stage, bulk = writing.stage, writing.bulk
    stage.execute(
        "CREATE OR REPLACE TABLE sold_products AS SELECT sku, min(sold_at) AS first_at, "
        "coalesce(mode(title) FILTER (unit_minor > 0), mode(title), sku) AS title, "
        "coalesce(mode(category), '') AS category, coalesce(mode(brand), '') AS brand "
        f"FROM {source} GROUP BY sku"
    )
    product = bulk.add(
        ProductRow,
        ("id", "title", "description", "category", "brand", "status", "tags", "attributes",
         "first_seen", "version"),
        _without_known(
            writing, f"SELECT sku, title, '', category, brand, 'active', '[]', '{{}}', "
                       f"{moment_text('first_at')}, 1 FROM sold_products ORDER BY sku"),
    )  # fmt: skip
    variant = bulk.add(
        VariantRow,
        ("sku", "product_id", "title", "status", "attributes", "first_seen", "version"),
        stage.rows_of(
            f"SELECT sku, sku, '', 'active', '{{}}', {moment_text('first_at')}, 1 "
            "FROM sold_products ORDER BY sku"
        ),
        earliest=("first_seen",),
    )
    return Written(product.new + variant.new, 0)


def _without_known(writing: Writing, sql: str) -> Batches:
    """Rows whose first cell is no SKU yet: a known SKU may belong to a product of another name."""
    known = {row[0] for row in writing.bulk.read("SELECT sku FROM variant")}

    def fresh() -> Iterator[list[tuple[Any, ...]]]:
        for rows in writing.stage.rows_of(sql):
            if unknown := [row for row in rows if row[0] not in known]:
                yield unknown

    return Batches(fresh)


def add_customers(writing: Writing, source: str) -> Written:
    """Buyers met in sales."""
    return writing.bulk.add(
        CustomerRow,
        ("id", "country", "first_seen", "attributes"),
        writing.stage.rows_of(
            "SELECT customer_id, coalesce(mode(country), ''), "
            f"{moment_text('min(sold_at)')}, '{{}}' FROM {source} WHERE customer_id IS NOT NULL "
            "GROUP BY customer_id ORDER BY 1"
        ),
        keep_filled=("country",),
        earliest=("first_seen",),
    )


def _notes(writing: Writing) -> tuple[str, ...]:
    lines, returns, anonymous = writing.stage.one(
        "SELECT count(*) FILTER (sold), count(*) FILTER (returned), "
        "count(*) FILTER (sold AND customer_id IS NULL) FROM lines"
    )
    notes = []
    if returns:
        notes.append(f"{returns:,} returned or cancelled lines")
    if anonymous and "customer_id" in writing.understood.mapping:
        notes.append(f"{anonymous / max(lines, 1):.0%} of the sales lines name no customer")
    return tuple(notes)


def write_returns(writing: Writing) -> Outcome:
    """Returns from a file of their own."""
    digits = writing.digits
    content = "concat_ws('|', sku, quantity, refund, returned_at)"
    written = writing.bulk.add(
        ReturnRow,
        ("return_id", "line_id", "order_id", "sku", "customer_id", "quantity", "refund_minor",
         "returned_at"),
        writing.stage.rows_of(
            f"SELECT return_id, coalesce(line_id, left(md5({content}), 12)) AS line, "
            f"any_value(order_id), any_value(sku), any_value({customer_key('customer_id')}), "
            f"CAST(any_value(abs(quantity)) AS BIGINT), {minor('any_value(refund)', digits)}, "
            f"{moment_text('any_value(returned_at)')} FROM good GROUP BY return_id, line "
            "ORDER BY 1, 2"
        ),
        update=("quantity", "refund_minor"),
    )  # fmt: skip
    (since,) = writing.stage.one("SELECT CAST(min(returned_at) AS DATE) FROM good")
    return Outcome(written, since if written.new or written.changed else None)
