"""Writes what is dated: prices, costs, stock, purchase orders, competitors' prices, signals."""

from __future__ import annotations

from datetime import date

from ecomagent.store.importers.bulk import Written
from ecomagent.store.importers.catalogue import add_suppliers
from ecomagent.store.importers.observed import end_observed
from ecomagent.store.importers.parse import minor
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.writing import AT, Outcome, Writing, moment_literal, moment_text
from ecomagent.store.tables import (
    CompetitorPriceRow,
    CostRow,
    PriceRow,
    PromotionRow,
    PurchaseOrderRow,
    SignalRow,
    StockRow,
)

_PROMOTION = "lower(coalesce(kind, 'list')) NOT IN ('list', '原价')"
_LIST_NOW = (
    "(SELECT price_minor FROM price_history p WHERE p.sku = variant.sku AND p.kind = 'list' "
    "AND p.valid_from <= {now} ORDER BY p.valid_from DESC LIMIT 1)"
)


def _since(writing: Writing, written: Written, column: str) -> date | None:
    if not (written.new or written.changed):
        return None
    (day,) = writing.stage.one(f"SELECT CAST(min({column}) AS DATE) FROM good")
    earliest: date | None = day
    return earliest or writing.undated.date()


def write_prices(writing: Writing) -> Outcome:
    """List prices and promotions with the time they hold; the latest begun is the current one."""
    stage, bulk = writing.stage, writing.bulk
    stage.execute(
        "CREATE OR REPLACE TABLE asked AS SELECT sku, CASE WHEN "
        f"{_PROMOTION} THEN 'promotion' ELSE 'list' END AS kind, "
        f'coalesce("from", {moment_literal(writing.undated)}) AS starts, "to" AS ends, '
        f"{minor('price', writing.digits)} AS price_minor FROM good"
    )
    written = bulk.add(
        PriceRow,
        ("sku", "kind", "valid_from", "valid_to", "price_minor", "source"),
        stage.rows_of(
            f"SELECT sku, kind, {moment_text('starts')}, {moment_text('max(ends)')}, "
            f"max(price_minor), {quoted(writing.import_id)} FROM asked "
            "GROUP BY sku, kind, starts ORDER BY 1, 2, 3"
        ),
        update=("valid_to", "price_minor"),
    )
    end_observed(bulk)
    now = quoted(writing.now.strftime("%Y-%m-%d %H:%M:%S.%f"))
    latest = _LIST_NOW.format(now=now)
    changed = bulk.change(
        f"UPDATE variant SET list_price_minor = {latest}, version = version + 1 "
        f"WHERE {latest} IS NOT NULL AND list_price_minor IS DISTINCT FROM {latest}"
    )
    promotions = _write_promotions(writing)
    anything = bool(written.new or written.changed or changed or promotions.new)
    return Outcome(written, None, anything)


def _write_promotions(writing: Writing) -> Written:
    """A promotion for each promotional price, so that one that runs can be seen and ended."""
    stage = writing.stage
    listed = writing.bulk.read(
        "SELECT sku, valid_from, price_minor FROM price_history "
        "WHERE kind = 'list' AND price_minor > 0"
    )
    stage.table("lists", "sku VARCHAR, since TIMESTAMPTZ, list_minor BIGINT", listed)
    ended = f"ends <= {moment_literal(writing.now)}"
    return writing.bulk.add(
        PromotionRow,
        ("id", "sku", "discount", "price_minor", "starts_at", "ends_at", "status"),
        stage.rows_of(
            "SELECT 'promo-' || left(md5(concat_ws('|', asked.sku, starts)), 12), asked.sku, "
            "greatest(1 - max(price_minor) / coalesce(max(list_minor), max(price_minor), 1), 0), "
            f"max(price_minor), {moment_text('starts')}, {moment_text('max(ends)')}, "
            f"CASE WHEN bool_or({ended}) THEN 'ended' ELSE 'active' END "
            "FROM asked ASOF LEFT JOIN lists "
            "ON asked.sku = lists.sku AND asked.starts >= timezone('UTC', lists.since) "
            "WHERE kind = 'promotion' AND price_minor > 0 GROUP BY asked.sku, starts ORDER BY 1"
        ),
        update=("price_minor", "ends_at", "status"),
    )


def write_costs(writing: Writing) -> Outcome:
    """What a unit cost the shop from a moment on."""
    starts = f'coalesce("from", {moment_literal(writing.undated)})'
    written = writing.bulk.add(
        CostRow,
        ("sku", "valid_from", "cost_minor", "source"),
        writing.stage.rows_of(
            f"SELECT sku, {moment_text(starts)} AS starts, "
            f"{minor('max(cost)', writing.digits)}, {quoted(writing.import_id)} FROM good "
            "GROUP BY sku, starts ORDER BY 1, 2"
        ),
        update=("cost_minor",),
    )
    return Outcome(written)


def write_stock(writing: Writing) -> Outcome:
    """Counts of stock; an oversold article has none."""
    at = f"coalesce({AT}, {moment_literal(writing.undated)})"
    written = writing.bulk.add(
        StockRow,
        ("sku", "at", "on_hand", "inbound"),
        writing.stage.rows_of(
            f"SELECT sku, {moment_text(at)} AS seen, CAST(greatest(max(on_hand), 0) AS BIGINT), "
            "CAST(coalesce(max(inbound), 0) AS BIGINT) FROM good GROUP BY sku, seen ORDER BY 1, 2"
        ),
        update=("on_hand", "inbound"),
    )
    return Outcome(written, _since(writing, written, AT))


def write_purchase_orders(writing: Writing) -> Outcome:
    """What was ordered from suppliers and when it comes."""
    add_suppliers(writing)
    written = writing.bulk.add(
        PurchaseOrderRow,
        ("id", "sku", "supplier_id", "quantity", "unit_cost_minor", "ordered_at", "expected_at",
         "received_at", "status"),
        writing.stage.rows_of(
            "SELECT purchase_order_id, sku, supplier, CAST(quantity AS BIGINT), "
            f"{minor('unit_cost', writing.digits)}, {moment_text('ordered_at')}, "
            f"{moment_text('expected_at')}, {moment_text('received_at')}, "
            "CASE WHEN received_at IS NULL THEN 'open' ELSE 'received' END FROM good ORDER BY 1"
        ),
        update=("quantity", "unit_cost_minor", "expected_at", "received_at", "status"),
    )  # fmt: skip
    return Outcome(written)


def write_competitor_prices(writing: Writing) -> Outcome:
    """What competitors asked."""
    written = writing.bulk.add(
        CompetitorPriceRow,
        ("sku", "competitor", "at", "price_minor"),
        writing.stage.rows_of(
            f"SELECT sku, competitor, {moment_text(AT)} AS seen, "
            f"{minor('max(price)', writing.digits)} FROM good GROUP BY sku, competitor, seen "
            "ORDER BY 1, 2, 3"
        ),
        update=("price_minor",),
    )
    return Outcome(written, _since(writing, written, AT))


def write_signals(writing: Writing) -> Outcome:
    """Figures from outside."""
    written = writing.bulk.add(
        SignalRow,
        ("name", "at", "value"),
        writing.stage.rows_of(
            f"SELECT name, {moment_text(AT)} AS seen, "
            "CAST(max(value) AS DOUBLE) FROM good GROUP BY name, seen ORDER BY 1, 2"
        ),
        update=("value",),
    )
    return Outcome(written, _since(writing, written, AT))
