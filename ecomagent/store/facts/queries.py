"""The questions a view asks of the facts (DuckDB SQL).

``$as_of`` is the view's moment and ``$today`` its day in the shop's time zone: every row is
compared with one of them before anything else is done with it.
"""

from __future__ import annotations

SPANS = """
WITH
  sold AS (
    SELECT sku, min(date) AS moved, min(date) FILTER (WHERE units > 0) AS first_sold,
           max(date) FILTER (WHERE units > 0) AS last_sold
    FROM panel WHERE date < $today GROUP BY sku
  ),
  counted AS (SELECT sku, min(date) AS day FROM stock WHERE date < $today GROUP BY sku),
  priced AS (
    SELECT sku, min(date) AS day FROM (
      SELECT sku, date FROM prices WHERE date < $today
      UNION ALL SELECT sku, date FROM costs WHERE date < $today
    ) GROUP BY sku
  ),
  seen AS (
    SELECT products.sku, products.seen_on, first_sold, last_sold,
           coalesce(
             least(CASE WHEN seen_on < $today THEN seen_on END, moved, counted.day), priced.day
           ) AS first_seen
    FROM products
    LEFT JOIN sold USING (sku)
    LEFT JOIN counted USING (sku)
    LEFT JOIN priced USING (sku)
  )
SELECT sku, first_seen, first_sold, last_sold FROM seen
WHERE first_seen IS NOT NULL OR seen_on IS NULL
ORDER BY sku
"""
"""When each SKU known by then was first seen, first and last sold.

A price or cost alone dates a SKU only where nothing else does: price lists may reach further
back than the product.
"""

HISTORY_START = "SELECT min(date) AS day FROM panel WHERE date < $today AND units > 0"
"""First day of which it is known what was sold."""

CATALOGUE = """
WITH
  listed AS (
    SELECT sku, arg_max(price_minor, moment) AS price, arg_max(observed, moment) AS observed
    FROM prices WHERE kind = 'list' AND moment < $as_of GROUP BY sku
  ),
  cost AS (
    SELECT sku, arg_max(cost_minor, moment) AS cost
    FROM costs WHERE moment < $as_of GROUP BY sku
  ),
  counted AS (
    SELECT sku, max(moment) AS stock_at, arg_max(on_hand, moment) AS on_hand,
           arg_max(inbound, moment) AS due
    FROM stock WHERE moment < $as_of GROUP BY sku
  ),
  bought AS (
    SELECT sku, sum(quantity) AS units
    FROM purchase_orders LEFT JOIN counted USING (sku)
    WHERE moment < $as_of AND (stock_at IS NULL OR moment > stock_at)
      AND (received_at IS NULL OR received_at >= $as_of)
    GROUP BY sku
  ),
  running AS (
    SELECT id, sku, price_minor FROM promotions
    WHERE moment < $as_of AND (until IS NULL OR until > $as_of)
    UNION ALL
    SELECT NULL, sku, price_minor FROM prices
    WHERE kind = 'promotion' AND moment < $as_of AND (until IS NULL OR until > $as_of)
  ),
  promoted AS (
    SELECT sku, min(price_minor) AS price,
           first(id ORDER BY price_minor, id) FILTER (WHERE id IS NOT NULL) AS promotion_id
    FROM running GROUP BY sku
  ),
  rivals AS (
    SELECT sku, min(price) AS price FROM (
      SELECT sku, arg_max(price_minor, moment) AS price FROM competitor_prices
      WHERE date < $today AND date >= $today - to_days(CAST($competitor_days AS INTEGER) + 1)
      GROUP BY sku, competitor
    ) GROUP BY sku
  )
SELECT
  sku, product_id, title, description, category, brand, tags, attributes, status,
  listed.price AS list_price_minor,
  least(listed.price, promoted.price) AS price_minor,
  cost.cost AS cost_minor, map_price_minor,
  on_hand,
  CASE WHEN due IS NULL AND bought.units IS NULL THEN NULL
       ELSE coalesce(due, 0) + coalesce(bought.units, 0) END AS inbound,
  stock_at, supplier_id, lead_time_days, min_order, case_pack,
  first_seen, first_sold, last_sold,
  CASE WHEN listed.observed THEN 'observed' ELSE 'list' END AS price_source,
  promotion_id, rivals.price AS competitor_price_minor
FROM spans
JOIN products USING (sku)
LEFT JOIN listed USING (sku)
LEFT JOIN cost USING (sku)
LEFT JOIN counted USING (sku)
LEFT JOIN bought USING (sku)
LEFT JOIN promoted USING (sku)
LEFT JOIN rivals USING (sku)
ORDER BY sku
"""

CATALOGUE_NUMBERS = (
    "list_price_minor", "price_minor", "cost_minor", "map_price_minor", "on_hand", "inbound",
    "lead_time_days", "min_order", "case_pack", "competitor_price_minor",
)  # fmt: skip

CUSTOMERS = """
WITH
  bought AS (
    SELECT customer_id, min(date) AS first_order, max(date) AS last_order,
           count(DISTINCT order_id) AS orders, count(DISTINCT date) AS order_days,
           sum(quantity) AS units, sum(revenue_minor) AS revenue_minor
    FROM order_lines WHERE date < $today AND customer_id IS NOT NULL GROUP BY customer_id
  ),
  returned AS (
    SELECT customer_id, sum(refund_minor) AS refund_minor
    FROM returns WHERE date < $today AND customer_id IS NOT NULL GROUP BY customer_id
  )
SELECT
  id AS customer_id, country, consent_marketing, first_order, last_order,
  coalesce(orders, 0) AS orders, coalesce(order_days, 0) AS order_days,
  coalesce(units, 0) AS units,
  coalesce(revenue_minor, 0) AS revenue_minor, coalesce(refund_minor, 0) AS refund_minor
FROM customers
LEFT JOIN bought ON bought.customer_id = id
LEFT JOIN returned ON returned.customer_id = id
WHERE orders > 0 OR refund_minor IS NOT NULL OR seen_on IS NULL OR seen_on < $today
ORDER BY id
"""

ORDER_LINES = """
SELECT order_id, customer_id, sku, date, quantity, revenue_minor
FROM order_lines WHERE date >= $since AND date < $today {only}
ORDER BY date, order_id, line_id
"""

PURCHASE_ORDERS = """
SELECT purchase_orders.id, sku, products.supplier_id, quantity, date AS ordered_on,
       CASE WHEN received_at < $as_of THEN CAST(timezone($zone, received_at) AS DATE) END
         AS received_on
FROM purchase_orders LEFT JOIN products USING (sku)
WHERE purchase_orders.moment < $as_of AND purchase_orders.quantity > 0
ORDER BY ordered_on, purchase_orders.id
"""

CAMPAIGNS = """
WITH did AS (
  SELECT campaign_id, customer_id, min(moment) AS moment,
         bool_or(kind = 'sent') AS sent, bool_or(kind = 'held_out') AS held_out,
         bool_or(kind = 'opened') AS opened, bool_or(kind = 'clicked') AS clicked,
         bool_or(kind = 'converted') AS converted
  FROM campaign_events WHERE date < $today GROUP BY campaign_id, customer_id
),
counts AS (
  SELECT campaign_id, min(moment) AS moment, count_if(sent) AS sent,
         count_if(held_out) AS held_out, count_if(opened) AS opened, count_if(clicked) AS clicked,
         count_if(converted AND NOT held_out) AS converted,
         count_if(converted AND held_out) AS held_out_converted
  FROM did GROUP BY campaign_id
)
SELECT
  id AS campaign_id, segment, channel,
  coalesce(campaigns.moment, counts.moment) AS starts_at, cost_minor,
  coalesce(sent, 0) AS sent, coalesce(held_out, 0) AS held_out, coalesce(opened, 0) AS opened,
  coalesce(clicked, 0) AS clicked, coalesce(converted, 0) AS converted,
  coalesce(held_out_converted, 0) AS held_out_converted
FROM campaigns LEFT JOIN counts ON counts.campaign_id = id
WHERE coalesce(campaigns.date, CAST($today AS DATE) - 1) < $today
  AND (campaigns.date IS NOT NULL OR counts.moment IS NOT NULL)
ORDER BY starts_at, id
"""

SUPPLIER_OFFERS = """
SELECT sku, supplier, title, category, brand, cost_minor, list_price_minor, min_order, case_pack,
       lead_time_days, attributes, moment AS seen_at
FROM supplier_offers WHERE moment < $as_of AND sku NOT IN (SELECT sku FROM spans)
QUALIFY row_number() OVER (PARTITION BY sku, supplier ORDER BY moment DESC) = 1
ORDER BY sku, supplier
"""
"""Each supplier's newest offer of what the shop has never had."""

SUPPLIER_OFFER_NUMBERS = (
    "cost_minor", "list_price_minor", "min_order", "case_pack", "lead_time_days",
)  # fmt: skip

CAMPAIGN_EVENTS = """
SELECT campaign_id, segment, channel, customer_id, kind, e.moment AS at, e.date
FROM campaign_events AS e JOIN campaigns ON id = campaign_id
WHERE e.date < $today
ORDER BY e.date, campaign_id, customer_id, kind, e.moment
"""

CUSTOMER_ORDERS = """
SELECT customer_id, order_id, min(date) AS date, sum(quantity) AS units,
       sum(revenue_minor) AS revenue_minor
FROM order_lines WHERE date < $today AND customer_id IS NOT NULL
GROUP BY customer_id, order_id ORDER BY customer_id, date, order_id
"""

ACTIVITY = """
WITH acts AS (
  SELECT DISTINCT 'order' AS kind, order_id AS what, moment FROM order_lines WHERE date < $today
  UNION ALL
  SELECT kind, campaign_id || '/' || customer_id, moment FROM campaign_events
  WHERE date < $today AND kind IN ('opened', 'clicked')
)
SELECT kind, isodow(local) - 1 AS weekday, hour(local) AS hour, count(*) AS count
FROM (SELECT kind, timezone($zone, moment) AS local FROM acts)
GROUP BY ALL ORDER BY ALL
"""

SIGNALS = """
SELECT name, date, avg(value) AS value FROM signals WHERE date < $today
GROUP BY name, date ORDER BY name, date
"""

REVIEWS = """
SELECT sku, moment AS at, rating, title, body FROM reviews WHERE date < $today ORDER BY moment, id
"""
