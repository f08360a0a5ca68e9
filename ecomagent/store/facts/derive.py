"""How each table of the facts follows from the rows read from the store (DuckDB SQL).

``$zone`` is the shop's time zone; a day is the shop's own calendar day.
"""

from __future__ import annotations


def _day(moment: str) -> str:
    return f"CAST(timezone($zone, {moment}) AS DATE)"


def _last_day(moment: str) -> str:
    """Last day on which something that ends at ``moment`` still held."""
    return _day(f"{moment} - INTERVAL 1 MICROSECOND")


def _dated(source: str) -> str:
    return f"SELECT *, {_day('moment')} AS date FROM raw_{source}"


_TITLE = """
CASE
  WHEN coalesce(variant_title, '') = '' THEN product_title
  WHEN coalesce(product_title, '') = '' THEN variant_title
  WHEN count(*) OVER (PARTITION BY product_id) = 1 THEN product_title
  WHEN contains(variant_title, product_title) THEN variant_title
  ELSE product_title || ' · ' || variant_title
END
"""

_PRODUCTS = f"""
SELECT *, {_day("seen_at")} AS seen_on FROM (
  SELECT
    sku, product_id, {_TITLE} AS title, description, category, brand, tags,
    json_merge_patch(product_attributes, variant_attributes) AS attributes,
    CASE WHEN product_status = 'active' THEN variant_status ELSE product_status END AS status,
    map_price_minor, supplier_id, lead_time_days, min_order, case_pack,
    least(variant_seen, product_seen) AS seen_at
  FROM raw_products
)
"""

_PANEL = f"""
SELECT
  sku, date, sum(units) AS units, sum(revenue_minor) AS revenue_minor,
  sum(discount_minor) AS discount_minor, sum(returns) AS returns,
  sum(refund_minor) AS refund_minor
FROM (
  SELECT sku, {_day("moment")} AS date, quantity AS units, revenue_minor, discount_minor,
         0 AS returns, 0 AS refund_minor
  FROM raw_order_lines
  UNION ALL
  SELECT sku, {_day("moment")}, 0, 0, 0, quantity, refund_minor FROM raw_returns
)
GROUP BY sku, date
"""

_LASTING = (
    "SELECT *, " + _day("moment") + " AS date, " + _last_day("until") + " AS until_on FROM raw_{}"
)

ORDER_LINES = "SELECT * FROM raw_lines JOIN raw_orders USING (order_id)"

DERIVED = {
    "products": _PRODUCTS,
    "prices": _LASTING.format("prices"),
    "costs": _dated("costs"),
    "promotions": _LASTING.format("promotions"),
    "supplier_offers": _dated("supplier_offers"),
    "purchase_orders": _dated("purchase_orders"),
    "campaigns": _dated("campaigns"),
    "customers": f"SELECT *, {_day('seen_at')} AS seen_on FROM raw_customers",
    "order_lines": _dated("order_lines"),
    "returns": _dated("returns"),
    "panel": _PANEL,
    "stock": _dated("stock"),
    "competitor_prices": _dated("competitor_prices"),
    "reviews": _dated("reviews"),
    "signals": _dated("signals"),
    "campaign_events": _dated("campaign_events"),
}
"""Table name to the query that makes it."""
