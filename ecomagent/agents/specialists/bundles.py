"""Bundles: pairs that are bought together, offered under a SKU of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.agents.menus import impact_of, in_units, menu
from ecomagent.agents.reasons import bundle_reasons
from ecomagent.agents.specialists.pricing import assumptions_of
from ecomagent.domain.action import Action, ActionKind, BundleAfter, BundleBefore, CreateBundle

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench


def bundle_rows(bench: Workbench) -> pd.DataFrame:
    """One row a bundle of SKUs in scope, none of them protected."""
    table = bench.bundles.table.reset_index()
    scoped = set(bench.scoped["sku"]) - bench.protected
    table = table[table["sku"].isin(scoped) & table["other"].isin(scoped)]
    rows = menu(
        table, kind=ActionKind.CREATE_BUNDLE.value, target="bundle_sku", group="bundle",
        name="bundle",
    )  # fmt: skip
    worth = "units_p50" if in_units(bench.objective) else "value_minor"
    rows["value"] = rows[worth].astype(float)
    return rows[rows["value"] > 0]


def create_bundles(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen bundles as actions; one that the shop has already is left out."""
    shown = bench.live(ActionKind.CREATE_BUNDLE, [str(row["target"]) for row in rows])
    made: list[Action] = []
    for row in rows:
        name = str(row["target"])
        state = shown[name]
        if state.exists:
            continue
        sku, other = str(row["sku"]), str(row["other"])
        evidence = (
            bench.bundles.evidence(name), bench.halo.evidence(sku), bench.halo.evidence(other),
        )  # fmt: skip
        made.append(
            CreateBundle(
                sku=name,
                before=BundleBefore(**state.fields, version=state.version),
                after=BundleAfter(
                    bundle_sku=name,
                    title=str(row["title"]),
                    components={sku: 1, other: 1},
                    price=bench.price_of(row["price_minor"]),
                ),
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=bundle_reasons(bench, row, evidence),
                assumptions=assumptions_of(evidence),
            )
        )
    return made
