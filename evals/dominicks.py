"""Turns the Dominick's weekly store data into a tidy bundle that the importer takes.

Run as ``python -m evals.dominicks SOURCE TARGET``. What is made of it, and what is not:

* One shop: the stores of a week are added up, because a shop has one price for an article. The
  price of a week is the one at which most units were sold, the revenue is exactly what the stores
  took: ``discount`` makes up the difference.
* Weeks become days: a week's units are dealt evenly to its seven days, the odd ones to the first
  days, one order line a day and article. Nothing within a week can be learned from that. Week 1
  began on Thursday 14 September 1989.
* ``PRICE`` is for ``QTY`` units, and so is ``COSTPRICE`` (price less gross margin): both are
  divided by it. A week's cost is the stores' mean, weighted by units; ``costs.csv`` has a row
  where it changes.
* A week is a promotion where most units were sold under a sale code; its price goes
  into ``prices.csv`` for that week and the list price stays what it was in the last week without.
* Baskets, customers and stock are not in the data, so the bundle has none: every line is an order
  of its own and nothing can be said about what is bought together.
"""

from __future__ import annotations

import gzip
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

FIRST_DAY = date(1989, 9, 14)
"""Begin of week 1."""

_WEEKS = """
CREATE TABLE sold AS
SELECT CAST(UPC AS VARCHAR) AS sku, WEEK AS week, MOVE AS units, CATEGORY AS category,
  CAST(round(PRICE / QTY * 100) AS BIGINT) AS price, PRICE / QTY * 100 AS exact,
  COSTPRICE / QTY * 100 AS cost, SALE IS NOT NULL AS promoted
FROM read_csv($file) WHERE OK = 1 AND MOVE > 0 AND PRICE > 0 AND QTY > 0;

CREATE TABLE weeks AS
SELECT sku, week, CAST(sum(units) AS BIGINT) AS units,
  CAST(round(sum(units * exact)) AS BIGINT) AS revenue,
  CAST(round(sum(units * cost) / sum(units)) AS BIGINT) AS cost,
  sum(units) FILTER (promoted) > 0.5 * sum(units) AS promoted
FROM sold GROUP BY sku, week;

CREATE TABLE asked AS
SELECT sku, week, promoted, arg_max(price, (sold_at, price)) AS price
FROM (
  SELECT sku, week, coalesce(weeks.promoted, false) AS promoted, price, sum(sold.units) AS sold_at
  FROM sold JOIN weeks USING (sku, week)
  WHERE sold.promoted = coalesce(weeks.promoted, false) GROUP BY ALL
) GROUP BY ALL;

CREATE TABLE paths AS
SELECT weeks.sku, weeks.week, weeks.units, revenue, cost, asked.promoted, asked.price,
  coalesce(
    last_value(CASE WHEN NOT asked.promoted THEN asked.price END IGNORE NULLS)
      OVER (PARTITION BY weeks.sku ORDER BY weeks.week),
    first_value(CASE WHEN NOT asked.promoted THEN asked.price END IGNORE NULLS)
      OVER (PARTITION BY weeks.sku ORDER BY weeks.week
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
    asked.price
  ) AS listed,
  CAST($first AS DATE) + CAST((weeks.week - 1) * 7 AS INTEGER) AS starts
FROM weeks JOIN asked USING (sku, week);
"""

_ORDERS = """
SELECT strftime(day, '%Y%m%d') || '-' || sku AS order_id, 1 AS line_id, sku, quantity,
  printf('%.2f', unit / 100) AS unit_price,
  printf('%.2f', (unit * quantity - took) / 100) AS discount, day AS ordered_at, 'store' AS channel
FROM (
  SELECT sku, starts + CAST(i AS INTEGER) AS day, quantity,
    greatest(listed, CAST(ceil(revenue / units) AS BIGINT)) AS unit,
    -- the week's revenue, dealt out so that the days add up to it
    revenue * sum(quantity) OVER w // units
      - revenue * (sum(quantity) OVER w - quantity) // units AS took
  FROM (
    SELECT *, units // 7 + CAST(i < units % 7 AS INTEGER) AS quantity FROM paths, range(7) r(i)
  ) WHERE quantity > 0 WINDOW w AS (PARTITION BY sku, week ORDER BY i)
) ORDER BY day, sku
"""

_PRICES = """
SELECT sku, printf('%.2f', listed / 100) AS price, starts AS "from", NULL AS "to", 'list' AS kind
FROM (SELECT *, lag(listed) OVER (PARTITION BY sku ORDER BY week) AS before FROM paths)
WHERE listed IS DISTINCT FROM before
UNION ALL
SELECT sku, printf('%.2f', price / 100), starts, starts + 7, 'promotion'
FROM paths WHERE promoted AND price < listed
ORDER BY sku, "from", kind
"""

_COSTS = """
SELECT sku, printf('%.2f', cost / 100) AS cost, starts AS "from"
FROM (SELECT *, lag(cost) OVER (PARTITION BY sku ORDER BY week) AS before FROM paths)
WHERE cost > 0 AND cost IS DISTINCT FROM before ORDER BY sku, "from"
"""

_PRODUCTS = """
SELECT paths.sku AS sku, coalesce(nullif(named.title, ''), paths.sku) AS title,
  replace(any_value(sold.category), '_', ' ') AS category,
  printf('%.2f', arg_max(cost, week) / 100) AS cost,
  printf('%.2f', arg_max(listed, week) / 100) AS price,
  'USD' AS currency, any_value(named.lead_time_days) AS lead_time_days,
  min(starts) AS first_seen, any_value(named.size) AS size
FROM paths JOIN (SELECT sku, any_value(category) AS category FROM sold GROUP BY sku) AS sold
  USING (sku) LEFT JOIN named USING (sku)
GROUP BY paths.sku, named.title ORDER BY paths.sku
"""


def write_bundle(source_folder: Path, target_folder: Path) -> dict[str, int]:
    """Write products, orders, prices and costs as a tidy bundle; the currency is USD.

    Args:
        source_folder: Holds ``store_week.csv.gz``, ``description.json`` and ``upc.json.gz``.
        target_folder: Where the bundle goes; made where it is missing.

    Returns:
        Rows by file.
    """
    target_folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    file = str(source_folder / "store_week.csv.gz").replace("'", "''")
    script = _WEEKS.replace("$file", f"'{file}'").replace("$first", f"'{FIRST_DAY}'")
    con.execute(script)
    con.execute(
        "CREATE TABLE named (sku VARCHAR, title VARCHAR, lead_time_days INTEGER, size VARCHAR)"
    )
    sold = {row[0] for row in con.execute("SELECT DISTINCT sku FROM paths").fetchall()}
    named = [row for row in _names(source_folder) if row[0] in sold]
    con.executemany("INSERT INTO named VALUES (?, ?, ?, ?)", named)
    written = {}
    queries = {"products": _PRODUCTS, "orders": _ORDERS, "prices": _PRICES, "costs": _COSTS}
    for name, query in queries.items():
        target = str(target_folder / f"{name}.csv").replace("'", "''")
        written[name] = con.execute(f"COPY ({query}) TO '{target}' (HEADER)").fetchall()[0][0]
    con.close()
    return written


def _names(folder: Path) -> list[tuple[str, str, int | None, str]]:
    """(UPC, title in English and Chinese, lead time in days, size) of every article named."""
    described = json.loads((folder / "description.json").read_text(encoding="utf-8"))
    spoken: dict[str, dict[str, Any]] = {str(item["UPC"]): item for item in described}
    with gzip.open(folder / "upc.json.gz", "rt", encoding="utf-8") as file:
        coded: dict[str, dict[str, str]] = json.load(file)
    rows = []
    for sku in sorted({*spoken, *coded}):
        item, short = spoken.get(sku, {}), coded.get(sku, {})
        days = item.get("DELEVERY_TIME") or []
        lead = round(sum(days) / len(days)) if days else None
        named = [
            item.get("DESCRIPTION") or short.get("DESCRIP", "").strip(" ~#"),
            item.get("中文描述"),
        ]
        rows.append((sku, " / ".join(filter(None, named)), lead, short.get("SIZE", "").strip()))
    return rows


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m evals.dominicks SOURCE TARGET")
    for name, rows in write_bundle(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{name}.csv: {rows:,} rows")
