"""New products: what suppliers offer and the shop has never had, as listings with a first order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.agents.menus import impact_of, in_units, menu
from ecomagent.agents.reasons import new_product_reasons
from ecomagent.agents.specialists.pricing import assumptions_of
from ecomagent.domain.action import ActionKind, ListProduct, NewProduct, StatusAfter, StatusBefore
from ecomagent.domain.ids import content_id

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench

PREFIX = "new"
"""Of the candidates' ids."""


def is_new(row: dict[str, Any]) -> bool:
    """Whether a candidate is a product the shop has never had."""
    return str(row["id"]).startswith(f"{PREFIX}-")


def new_product_rows(bench: Workbench) -> pd.DataFrame:
    """One row a product worth listing, in the categories that the goal is about."""
    table = bench.new_products.candidates
    scoped = set(bench.scoped["category"].dropna().astype(str))
    table = _with_room(bench, table[table["category"].isin(scoped)]).reset_index()
    rows = menu(
        table, kind=ActionKind.LIST_PRODUCT.value, target="sku", group="status", name=PREFIX
    )
    worth = "units_p50" if in_units(bench.objective) else "value_minor"
    rows["value"] = rows[worth].astype(float)
    return rows[rows["value"] > 0]


def _with_room(bench: Workbench, table: pd.DataFrame) -> pd.DataFrame:
    """The best of each category, as many as it has slots left for."""
    if bench.slots is None:
        return table
    shown = bench.catalogue.set_index("sku")
    advice = bench.assortment.table["advice"].reindex(shown.index)
    on = ((shown["status"] == "active") & (advice != "phase_out")) | (advice == "relist")
    taken = on.groupby(shown["category"].fillna("").astype(str)).sum()
    left = bench.slots - table["category"].map(taken).fillna(0)
    return table[table.groupby("category").cumcount() < left]


def new_listings(bench: Workbench, rows: list[dict[str, Any]]) -> list[ListProduct]:
    """Chosen new products as actions; one that the shop has got since is left out."""
    shown = bench.live(ActionKind.LIST_PRODUCT, [str(row["target"]) for row in rows])
    offers = bench.view.supplier_offers().drop_duplicates(["sku", "supplier"])
    made: list[ListProduct] = []
    for row in rows:
        sku, state = str(row["target"]), shown[str(row["target"])]
        if state.exists:
            continue
        offer = offers[(offers["sku"] == sku) & (offers["supplier"] == row["supplier"])].iloc[0]
        evidence = (bench.new_products.evidence(sku),)
        made.append(
            ListProduct(
                product=sku,
                before=StatusBefore(**state.fields, version=state.version),
                after=StatusAfter(status="active", new=_new(bench, row, offer)),
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=new_product_reasons(bench, row, evidence),
                assumptions=assumptions_of(evidence),
            )
        )
    return made


def _new(bench: Workbench, row: dict[str, Any], offer: Any) -> NewProduct:
    sku, quantity = str(row["target"]), int(row["first_order"])
    name = {"sku": sku, "quantity": quantity, "day": bench.moments.as_of}
    return NewProduct(
        sku=sku,
        title=str(row["title"]),
        price=bench.price_of(row["price_minor"]),
        cost=bench.price_of(row["cost_minor"]),
        category=str(row["category"]),
        brand=str(offer["brand"] or ""),
        attributes={str(key): str(value) for key, value in offer["attributes"].items() if value},
        supplier=str(row["supplier"]) or None,
        min_order=_count(offer["min_order"]),
        case_pack=_count(offer["case_pack"]),
        lead_time_days=_count(offer["lead_time_days"]),
        first_order=quantity,
        purchase_order_id=content_id("po", name),
    )


def _count(value: Any) -> int | None:
    return None if value != value or value is None else int(value)
