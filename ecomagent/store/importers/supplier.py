"""Writes suppliers' price lists: what could be bought, kept apart from what is on sale."""

from __future__ import annotations

from ecomagent.store.importers.catalogue import add_suppliers
from ecomagent.store.importers.parse import minor
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import name
from ecomagent.store.importers.writing import Outcome, Writing, moment_literal, moment_text
from ecomagent.store.tables import SupplierOfferRow


def write_supplier_offers(writing: Writing) -> Outcome:
    """One row an offer and the moment it is known from; a later list adds rows to earlier ones."""
    add_suppliers(writing)
    starts = f"coalesce(valid_from, {moment_literal(writing.undated)})"
    pairs = [f"{quoted(t)}, {name('x_' + t)}" for t in writing.understood.attributes]
    attributes = f"json_object({', '.join(pairs)})" if pairs else "json_object()"
    given = ("title", "category", "brand", "cost_minor", "list_price_minor", "min_order",
             "case_pack", "lead_time_days", "attributes")  # fmt: skip
    written = writing.bulk.add(
        SupplierOfferRow,
        ("sku", "supplier", "seen_at", *given),
        writing.stage.rows_of(
            f"SELECT sku, coalesce(supplier, '') AS supplier, {moment_text(starts)} AS seen, "
            "coalesce(title, ''), coalesce(category, ''), coalesce(brand, ''), "
            f"{minor('cost', writing.digits)}, {minor('list_price', writing.digits)}, "
            "CAST(min_order AS INTEGER), CAST(case_pack AS INTEGER), "
            "CAST(lead_time_days AS INTEGER), "
            f"CAST(json_merge_patch('{{}}'::JSON, {attributes}) AS VARCHAR) "
            "FROM good ORDER BY 1, 2, 3"
        ),
        update=given,
    )
    return Outcome(written)
