"""Writes products, their variants and suppliers, and the price, cost and stock they state."""

from __future__ import annotations

from ecomagent.store.importers.bulk import Written
from ecomagent.store.importers.observed import end_observed
from ecomagent.store.importers.parse import minor
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import name
from ecomagent.store.importers.writing import Outcome, Writing, moment_literal, moment_text
from ecomagent.store.tables import (
    CostRow,
    PriceRow,
    ProductRow,
    StockRow,
    SupplierRow,
    VariantRow,
)

_STATUS = (
    "CASE WHEN lower(status) IN ('draft', 'unlisted', 'false', 'no', '草稿', '未上架') "
    "THEN 'draft' "
    "WHEN lower(status) IN ('archived', 'inactive', 'discontinued', 'delisted', '下架', '已下架', "
    "'停售') THEN 'archived' ELSE 'active' END"
)
_TAGS = (
    "to_json(list_filter(list_transform(string_split_regex(coalesce(tags, ''), '[,;|，；、]'), "
    "lambda t: trim(t)), lambda t: t <> ''))"
)


def write_suppliers(writing: Writing) -> Outcome:
    """Suppliers from a file of their own."""
    written = writing.bulk.add(
        SupplierRow,
        ("id", "name", "lead_time_days", "lead_time_std_days"),
        writing.stage.rows_of(
            "SELECT supplier, coalesce(name, supplier), CAST(lead_time_days AS DOUBLE), "
            "CAST(lead_time_std_days AS DOUBLE) FROM good ORDER BY 1"
        ),
        update=("name", "lead_time_days", "lead_time_std_days"),
    )
    return Outcome(written)


def add_suppliers(writing: Writing) -> None:
    """Suppliers that are only named beside a product or purchase order."""
    writing.bulk.add(
        SupplierRow,
        ("id", "name"),
        writing.stage.rows_of(
            "SELECT DISTINCT supplier, supplier FROM good WHERE supplier IS NOT NULL ORDER BY 1"
        ),
    )


def write_products(writing: Writing) -> Outcome:
    """Products and variants; a changed price or cost begins a new stretch of its history."""
    add_suppliers(writing)
    _goods(writing)
    product = _write_product_rows(writing)
    _stage_current(writing)
    variant = _write_variant_rows(writing)
    _write_price_changes(writing)
    end_observed(writing.bulk)
    _write_cost_changes(writing)
    _write_stock(writing)
    writing.bulk.change(
        "DELETE FROM product WHERE id IN (SELECT sku FROM variant WHERE product_id <> sku) "
        "AND id NOT IN (SELECT product_id FROM variant)"
    )
    changed = max(variant.changed, product.changed)
    since = writing.undated.date() if "on_hand" in writing.understood.mapping else None
    anything = bool(product.new or variant.new or changed)
    return Outcome(Written(variant.new, changed), since, anything)


def _goods(writing: Writing) -> None:
    """Fill ``goods``: one row a SKU, amounts in minor units, attributes as JSON."""
    digits = writing.digits
    stage, understood = writing.stage, writing.understood
    known = writing.bulk.read("SELECT sku, product_id FROM variant")
    stage.table("known_variants", "sku VARCHAR, known_product VARCHAR", known)
    pairs = [f"{quoted(title)}, {name('x_' + title)}" for title in understood.attributes]
    attributes = f"json_object({', '.join(pairs)})" if pairs else "json_object()"
    own = "'{}'::JSON"
    variant_title = "coalesce(variant_title, '')"
    if understood.layout == "shopify_products":
        options = [f"option{i}" for i in (1, 2, 3)]
        shown = [f"CASE WHEN {o}_value <> 'Default Title' THEN {o}_value END" for o in options]
        variant_title = f"coalesce(concat_ws(' / ', {', '.join(shown)}), '')"
        own = _merged(
            [
                f"CASE WHEN {o}_name IS NOT NULL AND {o}_value <> 'Default Title' "
                f"THEN json_object({o}_name, {o}_value) ELSE '{{}}'::JSON END"
                for o in options
            ]
        )
    elif "product_id" in understood.mapping:
        own, attributes = attributes, "json_object()"
    stage.execute(
        "CREATE OR REPLACE TABLE goods AS SELECT n, good.sku AS sku, "
        "coalesce(good.product_id, known_product, good.sku) AS product, "
        f"coalesce(title, '') AS title, {variant_title} AS variant_title, "
        "coalesce(description, '') AS description, coalesce(category, '') AS category, "
        f"coalesce(brand, '') AS brand, {_STATUS} AS status, status IS NOT NULL AS has_status, "
        f"CAST({_TAGS} AS VARCHAR) AS tags, "
        f"CAST(json_merge_patch('{{}}'::JSON, {attributes}) AS VARCHAR) AS attributes, "
        f"CAST(json_merge_patch('{{}}'::JSON, {own}) AS VARCHAR) AS own_attributes, "
        f"{minor('price', digits)} AS price_minor, {minor('cost', digits)} AS cost_minor, "
        f"{minor('map_price', digits)} AS map_minor, supplier, "
        "CAST(lead_time_days AS INTEGER) AS lead_time_days, "
        "CAST(min_order AS INTEGER) AS min_order, CAST(case_pack AS INTEGER) AS case_pack, "
        f"coalesce(first_seen, {moment_literal(writing.undated)}) AS seen, "
        "first_seen IS NOT NULL AS has_seen, CAST(on_hand AS BIGINT) AS on_hand "
        "FROM good LEFT JOIN known_variants USING (sku)"
    )


def _merged(objects: list[str]) -> str:
    merged = objects[0]
    for other in objects[1:]:
        merged = f"json_merge_patch({merged}, {other})"
    return merged


def _write_product_rows(writing: Writing) -> Written:
    mapping = writing.understood.mapping
    given = [c for c in ("title", "description", "category", "brand", "tags") if c in mapping]
    return writing.bulk.add(
        ProductRow,
        ("id", "title", "description", "category", "brand", "status", "tags", "attributes",
         "first_seen", "version"),
        writing.stage.rows_of(
            "SELECT product, first(title ORDER BY n), first(description ORDER BY n), "
            "first(category ORDER BY n), first(brand ORDER BY n), first(status ORDER BY n), "
            "first(tags ORDER BY n), first(attributes ORDER BY n), "
            f"{moment_text('min(seen)')}, 1 FROM goods GROUP BY product ORDER BY product"
        ),
        update=(*given, "attributes", *(("status",) if "status" in mapping else ())),
        earliest=("first_seen",) if "first_seen" in mapping else (),
        grow=True,
    )  # fmt: skip


def _stage_current(writing: Writing) -> None:
    """Fill ``current``: what the store shows of the file's SKUs before they are written."""
    rows = writing.bulk.read(
        "SELECT v.sku, v.list_price_minor, "
        "(SELECT max(valid_from) FROM price_history p WHERE p.sku = v.sku AND p.kind = 'list' "
        "AND p.source <> 'observed'), "
        "(SELECT cost_minor FROM cost_history c WHERE c.sku = v.sku "
        "ORDER BY c.valid_from DESC LIMIT 1), "
        "(SELECT max(valid_from) FROM cost_history c WHERE c.sku = v.sku) FROM variant v"
    )
    writing.stage.table(
        "current",
        "sku VARCHAR, old_price BIGINT, price_from TIMESTAMPTZ, old_cost BIGINT, "
        "cost_from TIMESTAMPTZ",
        rows,
    )


def _write_variant_rows(writing: Writing) -> Written:
    mapping = writing.understood.mapping
    given = {
        "price": "list_price_minor",
        "map_price": "map_price_minor",
        "status": "status",
        "supplier": "supplier_id",
        "lead_time_days": "lead_time_days",
        "min_order": "min_order",
        "case_pack": "case_pack",
        "product_id": "product_id",
    }
    update = [column for field, column in given.items() if field in mapping]
    return writing.bulk.add(
        VariantRow,
        ("sku", "product_id", "title", "list_price_minor", "map_price_minor", "status",
         "attributes", "supplier_id", "lead_time_days", "min_order", "case_pack", "first_seen",
         "version"),
        writing.stage.rows_of(
            "SELECT sku, product, variant_title, price_minor, map_minor, status, own_attributes, "
            f"supplier, lead_time_days, min_order, case_pack, {moment_text('seen')}, 1 "
            "FROM goods ORDER BY sku"
        ),
        update=(*update, "title", "attributes"),
        earliest=("first_seen",) if "first_seen" in mapping else (),
        grow=True,
    )  # fmt: skip


def _begins(writing: Writing, last: str) -> str:
    """When an undated change begins: before today, unless something newer is known already."""
    undated, now = moment_literal(writing.undated), moment_literal(writing.now)
    return f"CASE WHEN timezone('UTC', {last}) >= {undated} THEN {now} ELSE {undated} END"


def _write_price_changes(writing: Writing) -> None:
    writing.bulk.add(
        PriceRow,
        ("sku", "kind", "valid_from", "price_minor", "source"),
        writing.stage.rows_of(
            f"SELECT sku, 'list', {moment_text(_begins(writing, 'price_from'))}, price_minor, "
            f"{quoted(writing.import_id)} FROM goods LEFT JOIN current USING (sku) "
            "WHERE price_minor IS NOT NULL "
            "AND (price_from IS NULL OR price_minor IS DISTINCT FROM old_price) ORDER BY sku"
        ),
        update=("price_minor", "source"),
    )


def _write_cost_changes(writing: Writing) -> None:
    writing.bulk.add(
        CostRow,
        ("sku", "valid_from", "cost_minor", "source"),
        writing.stage.rows_of(
            f"SELECT sku, {moment_text(_begins(writing, 'cost_from'))}, cost_minor, "
            f"{quoted(writing.import_id)} FROM goods LEFT JOIN current USING (sku) "
            "WHERE cost_minor IS NOT NULL AND cost_minor IS DISTINCT FROM old_cost ORDER BY sku"
        ),
        update=("cost_minor", "source"),
    )


def _write_stock(writing: Writing) -> None:
    if "on_hand" not in writing.understood.mapping:
        return
    writing.bulk.add(
        StockRow,
        ("sku", "at", "on_hand", "inbound"),
        writing.stage.rows_of(
            f"SELECT sku, {moment_text(moment_literal(writing.undated))}, greatest(on_hand, 0), 0 "
            "FROM goods WHERE on_hand IS NOT NULL ORDER BY sku"
        ),
        update=("on_hand",),
    )
