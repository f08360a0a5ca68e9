"""Replenishment: what to order, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecomagent.agents.attributes import days_kept
from ecomagent.agents.menus import VALUED_BY, impact_of, menu, save_menu
from ecomagent.agents.reasons import reorder_reasons
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.pricing import assumptions_of
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.action import Action, ActionKind, Reorder, ReorderAfter, StockBefore
from ecomagent.domain.goal import Lever, Objective
from ecomagent.domain.ids import content_id

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench

NAME = "replenishment"


def replenishment(services: Services, state: PipelineState) -> dict[str, Any]:
    """Propose purchase orders where stock will not last; none of what is to be cleared."""
    bench = services.bench(state)
    clearing = bench.objective is Objective.CLEAR_STOCK
    if Lever.REPLENISHMENT not in state["levers"] or clearing:
        return {"menus": {NAME: 0}}
    table = _tool(bench).table
    # What costs more to keep than it earns serves no goal, whatever the goal counts.
    table = table[table["value"] > 0].copy()
    if bench.objective is not Objective.GROSS_PROFIT:
        table["value"] = _expected(table, VALUED_BY[bench.objective].removesuffix("_p50"))
    table["category"] = table["sku"].map(bench.catalogue.set_index("sku")["category"]).fillna("")
    rows = menu(
        table.assign(cash_minor=table["cost_minor"]),
        kind=ActionKind.REORDER.value, target="sku", group="reorder", name="reorder",
    )  # fmt: skip
    count = save_menu(services.run_folder(state), NAME, rows[rows["value"] > 0])
    say("replenishment", f"proposes {count:,} purchase orders")
    return {"menus": {NAME: count}}


def _expected(table: pd.DataFrame, stem: str) -> pd.Series:
    """Mean change by Swanson's rule: what saves from rare shortages is worth nothing at P50."""
    found: pd.Series = (
        0.3 * table[f"{stem}_p10"] + 0.4 * table[f"{stem}_p50"] + 0.3 * table[f"{stem}_p90"]
    )
    return found


def _tool(bench: Workbench) -> Any:
    from tools.inventory import reorder_menu

    level = bench.goal.constraints.service_level
    return bench.once(
        "reorder_menu",
        lambda: reorder_menu(
            _ordered(bench),
            bench.demand,
            horizon_days=bench.horizon_days,
            service_level=None if level is None else float(level),
            today=bench.history.today,
            source=bench.history.ref("catalogue", rows=len(bench.scoped)),
            orders=bench.lead_times,
            review_days=bench.review_days,
        ),
    )


def _ordered(bench: Workbench) -> pd.DataFrame:
    """What is on sale, with the days that it keeps and until its season ends."""
    active = bench.scoped[bench.scoped["status"] == "active"]
    return active.assign(
        shelf_life_days=[days_kept(each) for each in active["attributes"]],
        season_days=bench.season_days.reindex(active["sku"]).to_numpy(),
    )


def reorders(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen purchase orders as actions."""
    shown = bench.live(ActionKind.REORDER, [row["sku"] for row in rows])
    suppliers = bench.catalogue.set_index("sku")["supplier_id"]
    made: list[Action] = []
    for row in rows:
        sku, state = row["sku"], shown[row["sku"]]
        if not state.exists:
            continue
        quantity, unit_cost = int(row["quantity"]), bench.price_of(row["unit_cost_minor"])
        name = {"sku": sku, "quantity": quantity, "day": bench.moments.as_of}
        supplier = suppliers.get(sku)
        evidence = (bench.demand.evidence(sku), _tool(bench).evidence(sku, quantity))
        made.append(
            Reorder(
                sku=sku,
                before=StockBefore(**state.fields, version=state.version),
                after=ReorderAfter(
                    purchase_order_id=content_id("po", name),
                    quantity=quantity,
                    unit_cost=unit_cost,
                    cost_total=unit_cost * quantity,
                    supplier=str(supplier) if isinstance(supplier, str) and supplier else None,
                ),
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=reorder_reasons(bench, sku, quantity, evidence),
                assumptions=assumptions_of(evidence),
            )
        )
    return made
