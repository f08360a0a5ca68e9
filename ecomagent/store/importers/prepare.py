"""What a layout needs before its rows are checked: cells to fill down, rows that are no goods."""

from __future__ import annotations

from collections.abc import Iterable

from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.understanding import Understanding

CHARGES = frozenset(
    {
        "POST", "DOT", "M", "C2", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "ADJUST",
        "ADJUST2", "TEST001", "TEST002", "SP1002",
    }
)  # fmt: skip
"""Codes of Online Retail that are no goods: postage, manual entries, discounts, fees, samples."""

_ANY_CHARGE = (
    "POSTAGE", "SHIPPING", "SHIPPING FEE", "FREIGHT", "DELIVERY", "HANDLING", "BANK CHARGES",
    "AMAZONFEE", "DISCOUNT", "TIP", "GIFT CARD", "ROUNDING", "运费", "邮费", "快递费", "手续费",
    "包装费", "优惠券", "补差价", "差价",
)  # fmt: skip
"""Codes that stand for charges in any sales table."""

LEFT_OUT = {
    "charge": "postage, fees, vouchers and manual entries, which are no goods",
    "adjustment": "stock corrections and give-aways without price or customer",
    "cancelled": "orders cancelled before they were paid",
    "image": "rows that only carry a further picture",
    "repeat": "exact repeats of a row above",
}
"""Reason → what such rows are, in words."""


def prepare(stage: Stage, understood: Understanding) -> None:
    """Fill down what an export writes only once, so that every row stands for itself."""
    if understood.layout == "shopify_orders":
        name = understood.mapping["order_id"]
        own = {title for title in stage.header if title.lower().startswith("lineitem")}
        _fill(stage, name, (title for title in stage.header if title not in {*own, name}))
    elif understood.layout == "shopify_products":
        mapping = understood.mapping
        shared = [
            mapping[field]
            for field in ("title", "description", "category", "brand", "tags", "status")
            if field in mapping
        ]
        names = [title for title in stage.header if title.lower().startswith("option")]
        shared += [title for title in names if title.lower().endswith("name")]
        _fill(stage, mapping["product_id"], shared)


def _fill(stage: Stage, by: str, titles: Iterable[str]) -> None:
    """Empty cells take the first filled one of the rows that have the same ``by``."""
    filled = {stage.column(title) for title in titles}
    by_column = stage.column(by)
    columns = []
    for i in range(len(stage.header)):
        column = f"c{i}"
        if column in filled:
            first = f"first_value(raw.{column} IGNORE NULLS) OVER whole"
            columns.append(f"coalesce(raw.{column}, {first}) AS {column}")
        else:
            columns.append(f"raw.{column}")
    stage.execute(
        f'CREATE OR REPLACE TABLE raw AS SELECT n, part, "row", {", ".join(columns)} FROM raw '
        f"WINDOW whole AS (PARTITION BY raw.{by_column} ORDER BY n "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )


def left_out(understood: Understanding) -> str:
    """Expression: why a typed row is not imported although nothing is wrong with it, or NULL."""
    if understood.subject == "products":
        return (
            "CASE WHEN sku_given IS NULL AND price_given IS NULL THEN 'image' END"
            if understood.layout == "shopify_products"
            else "NULL::VARCHAR"
        )
    if understood.subject != "orders":
        return "NULL::VARCHAR"
    if understood.layout == "online_retail":
        return _online_retail()
    words = ", ".join(quoted(word) for word in _ANY_CHARGE)
    return (
        f"CASE WHEN upper(sku) IN ({words}) THEN 'charge' "
        f"WHEN regexp_matches(coalesce(status, ''), {quoted(_NEVER_PAID)}) THEN 'cancelled' "
        f"WHEN quantity = 0 AND regexp_matches(status, {quoted(UNDONE)}) THEN 'cancelled' END"
    )


_NEVER_PAID = "(?i)^(voided|expired|failed|unpaid|pending payment|等待买家付款|待付款|未付款)$"
UNDONE = (
    "(?i)^(cancell?ed|refunded|returned|void(ed)?|"
    "已取消|交易关闭|已关闭|已退款|退款成功|已退货|取消)$"
)
"""What a status says of an order that was placed and then undone."""


def _online_retail() -> str:
    codes = ", ".join(quoted(code) for code in sorted(CHARGES))
    return (
        f"CASE WHEN upper(sku) IN ({codes}) OR sku ILIKE 'gift\\_0001%' ESCAPE '\\' THEN 'charge' "
        "WHEN unit_price = 0 AND (customer_id IS NULL OR quantity < 0) AND order_id NOT ILIKE 'C%' "
        "THEN 'adjustment' END"
    )
