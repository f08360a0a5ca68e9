"""Selection: what to put back on sale and what to take off it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.agents.menus import impact_of, in_units, menu, save_menu
from ecomagent.agents.reasons import selection_reasons
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.bundles import bundle_rows
from ecomagent.agents.specialists.new_products import is_new, new_listings, new_product_rows
from ecomagent.agents.specialists.pricing import assumptions_of
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.action import (
    Action,
    ActionKind,
    DelistProduct,
    ListProduct,
    StatusAfter,
    StatusBefore,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Lever

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench

NAME = "selection"
KINDS = {"relist": ActionKind.LIST_PRODUCT, "phase_out": ActionKind.DELIST_PRODUCT}
LEAST_VALUE = 1.0
"""Value of a change that the policy asks for: small, so that it takes nothing else's place."""
METRICS = ("units", "revenue_minor", "gross_profit_minor")
FIGURES = [
    f"{stem}_{point}"
    for stem in (*METRICS, *(f"moved_{name}" for name in METRICS), "value_minor")
    for point in ("p10", "p50", "p90")
]
"""Columns of the assessment that add up over a product's SKUs."""


def selection(services: Services, state: PipelineState) -> dict[str, Any]:
    """Propose products to list again or to phase out."""
    if Lever.SELECTION not in state["levers"]:
        return {"menus": {NAME: 0}}
    import pandas as pd

    bench = services.bench(state)
    advice = bench.assortment.table["advice"].value_counts()
    say("selection", ", ".join(f"{kind} {count:,}" for kind, count in advice.items()))
    rows = _rows(bench)
    offered = new_product_rows(bench)
    if len(offered):
        say("selection", f"{len(offered):,} products of suppliers are worth listing")
        rows = pd.concat([rows, offered], ignore_index=True)
    rows = pd.concat([rows, bundle_rows(bench)], ignore_index=True)
    count = save_menu(services.run_folder(state), NAME, rows)
    say("selection", f"proposes {count:,} changes of the assortment")
    return {"menus": {NAME: count}}


def _rows(bench: Workbench) -> pd.DataFrame:
    """One row a product all of whose SKUs are advised the same way."""
    import pandas as pd

    table = bench.assortment.table.join(
        bench.scoped.set_index("sku")[["product_id", "category", "status"]]
    )
    parts = []
    for advice, kind in KINDS.items():
        advised = table[table["advice"] == advice]
        whole = advised.groupby("product_id").size()
        every = bench.catalogue.groupby("product_id").size().reindex(whole.index)
        products = whole.index[whole == every]
        chosen = advised[advised["product_id"].isin(products)]
        grouped = chosen.sort_values("demand_units", ascending=False).groupby("product_id")
        summed = grouped[FIGURES].sum(min_count=1)
        summed["category"] = grouped["category"].first()
        summed["forced"] = grouped["why"].agg(lambda part: bool((part == "slot").all()))
        summed["sku"] = grouped["category"].agg(lambda part: str(part.index[0]))
        parts.append(
            menu(summed.reset_index(), kind=kind.value, target="product_id", group="status",
                 name=advice)
        )  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    worth = "units_p50" if in_units(bench.objective) else "value_minor_p50"
    value = rows[worth].astype(float)
    # What the policy has no room for goes, whatever it earns.
    rows["value"] = value.where(~rows["forced"].astype(bool), value.clip(lower=LEAST_VALUE))
    return rows[rows["value"] > 0].drop(columns="forced")


def _evidence(bench: Workbench, sku: str) -> tuple[Evidence, ...]:
    """The assessment, where its demand would go, and what it sells along if anything."""
    table = bench.assortment
    found = [table.evidence(sku), bench.transference.evidence(table.categories[sku])]
    if bool(table.table["halo_minor"].loc[sku] > 0):
        found.append(bench.halo.evidence(sku))
    return tuple(found)


def status_changes(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen listings and delistings as actions."""
    new = [row for row in rows if is_new(row)]
    made: list[Action] = list(new_listings(bench, new))
    for kind in KINDS.values():
        mine = [row for row in rows if row["kind"] == kind.value and not is_new(row)]
        shown = bench.live(kind, [row["target"] for row in mine])
        for row in mine:
            state = shown[row["target"]]
            if not state.exists:
                continue
            evidence = _evidence(bench, row["sku"])
            common: dict[str, Any] = {
                "product": row["target"],
                "before": StatusBefore(**state.fields, version=state.version),
                "impact": impact_of(row, bench.currency),
                "evidence": evidence,
                "reasons": selection_reasons(bench, row["sku"], kind, evidence),
                "assumptions": assumptions_of(evidence),
            }
            if kind is ActionKind.LIST_PRODUCT:
                made.append(ListProduct(after=StatusAfter(status="active"), **common))
            else:
                made.append(DelistProduct(after=StatusAfter(status="archived"), **common))
    return made
