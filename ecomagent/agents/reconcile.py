"""One joint choice over all menus under the shared budget, then actions for what was chosen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecomagent.agents.menus import COLUMNS, in_units, load_menu
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.bundles import create_bundles
from ecomagent.agents.specialists.experiments import matched_with, start_experiments
from ecomagent.agents.specialists.marketing import campaigns, featured
from ecomagent.agents.specialists.pricing import set_prices, start_promotions
from ecomagent.agents.specialists.replenishment import reorders
from ecomagent.agents.specialists.running_experiments import look_notes, stop_experiments
from ecomagent.agents.specialists.selection import status_changes
from ecomagent.agents.standing_frame import base_frame
from ecomagent.agents.state import PipelineState
from ecomagent.agents.trust import trusted_rows, with_trust
from ecomagent.agents.words import say
from ecomagent.domain.action import (
    Action,
    ActionKind,
    DelistProduct,
    Reorder,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.plan import Choice
from ecomagent.plan.policy import JudgedPlan, judge_all
from ecomagent.plan.policy.limits import cash_left, goal_budget, spend_left

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.choose import Chosen
    from tools.coupling import Coupled

Builder = Callable[["Workbench", list[dict[str, Any]]], list[Action]]
BUILDERS: dict[ActionKind, Builder] = {
    ActionKind.SET_PRICE: set_prices,
    ActionKind.START_PROMOTION: start_promotions,
    ActionKind.START_EXPERIMENT: start_experiments,
    ActionKind.REORDER: reorders,
    ActionKind.SEND_CAMPAIGN: campaigns,
    ActionKind.LIST_PRODUCT: status_changes,
    ActionKind.DELIST_PRODUCT: status_changes,
    ActionKind.CREATE_BUNDLE: create_bundles,
}
WORKS_ON_PRICE = (
    ActionKind.SET_PRICE,
    ActionKind.START_PROMOTION,
    ActionKind.START_EXPERIMENT,
)
WORKS_ON_SKU = (*WORKS_ON_PRICE, ActionKind.REORDER)
CHANGES_STATUS = (ActionKind.LIST_PRODUCT, ActionKind.DELIST_PRODUCT)


def reconcile(services: Services, state: PipelineState) -> dict[str, Any]:
    """Choose among all candidates; the choice is kept by candidate ids."""
    bench = services.bench(state)
    notes = [*state.get("notes", []), *look_notes(bench)]
    rows = _open_to_change(bench, all_menus(services, state))
    if rows.empty:
        say("reconciler", "nobody proposes anything")
        return {"chosen": [], "choice": None, "notes": notes}
    columns = _coupled(bench, rows)
    chosen = _choose(bench, rows, columns)
    taken = list(columns.candidates(chosen.ids))
    say("reconciler", f"chose {len(taken):,} of {len(rows):,} candidates")
    if columns.uncovered:
        say("reconciler", f"{len(columns.uncovered):,} lower prices would sell out too soon")
    choice = _choice(bench, rows, taken, chosen)
    return {"chosen": taken, "choice": choice.model_dump(mode="json"), "notes": notes}


def choose_candidates(services: Services, state: PipelineState) -> list[str]:
    """Ids of the candidates that the joint choice takes."""
    bench = services.bench(state)
    rows = _open_to_change(bench, all_menus(services, state))
    if rows.empty:
        return []
    columns = _coupled(bench, rows)
    return list(columns.candidates(_choose(bench, rows, columns).ids))


def all_menus(services: Services, state: PipelineState) -> pd.DataFrame:
    """Every candidate of the run, specialists in alphabetical order."""
    import pandas as pd

    folder = services.run_folder(state)
    parts = [load_menu(folder, name) for name, count in sorted(state["menus"].items()) if count]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return trusted_rows(services.bench(state), pd.concat(parts, ignore_index=True))


def _open_to_change(bench: Workbench, rows: pd.DataFrame) -> pd.DataFrame:
    """Candidates that touch nothing protected, nor take off sale what an experiment compares.

    Those would only take the place of others.
    """
    protected = bench.protected
    products = bench.catalogue["product_id"][bench.catalogue["sku"].isin(protected)]
    works = rows["kind"].isin([kind.value for kind in WORKS_ON_SKU])
    status = rows["kind"].isin([kind.value for kind in CHANGES_STATUS])
    touches = (works & rows["target"].isin(protected)) | (status & rows["target"].isin(products))
    held = bench.catalogue["product_id"][bench.catalogue["sku"].isin(list(bench.context.held))]
    return rows[~touches & ~(status & rows["target"].isin(held))]


def _coupled(bench: Workbench, rows: pd.DataFrame) -> Coupled:
    """The candidates with what they do to each other."""
    from ecomagent.agents.specialists.pricing import promotion_days
    from tools.coupling import coupled

    skus = base_frame(bench).assign(elasticity=float("nan"))
    if rows["kind"].isin([kind.value for kind in WORKS_ON_PRICE]).any():
        skus["elasticity"] = bench.elasticity.table["elasticity"].reindex(skus.index)
        if bench.elasticity.cross is not None:
            skus["cross"] = bench.elasticity.cross.of(skus["category"])["cross"]
    return coupled(
        rows,
        skus,
        objective=bench.objective,
        horizon_days=bench.horizon_days,
        promotion_days=promotion_days(bench),
    )


def _choose(bench: Workbench, rows: pd.DataFrame, columns: Coupled) -> Chosen:
    from tools.choose import choose

    spend, cash = spend_left(bench.policy, bench.context), cash_left(bench.policy, bench.context)
    shared = goal_budget(bench.context) if bench.policy.budget.goal_covers_reorders else None
    return choose(
        columns.table,
        spend_limit_minor=bench.minor_of(spend.value),
        cash_limit_minor=bench.minor_of(cash.value),
        shared_limit_minor=None if shared is None else bench.minor_of(shared),
        max_actions=bench.policy.actions.max_per_plan,
        conflicts=columns.conflicts(_conflicts(bench, rows)),
    )


def _conflicts(bench: Workbench, rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs that make no sense together.

    Taking a product off sale, and working on its SKUs, comparing with them or writing to customers
    about them; an experiment, and moving the price of what it is compared with.
    """
    ends = rows[rows["kind"] == ActionKind.DELIST_PRODUCT.value]
    ending = dict(zip(ends["target"], ends["id"], strict=True))
    product = dict(zip(bench.catalogue["sku"], bench.catalogue["product_id"], strict=True))
    prices = rows[rows["kind"].isin([kind.value for kind in WORKS_ON_PRICE])]
    tries = rows[rows["kind"] == ActionKind.START_EXPERIMENT.value]
    works = rows[rows["kind"].isin([kind.value for kind in WORKS_ON_SKU])]
    needs = list(zip(works["target"], works["id"], strict=True))
    if ending and (writes := rows["kind"] == ActionKind.SEND_CAMPAIGN.value).any():
        needs += [(sku, each) for each in rows.loc[writes, "id"] for sku in featured(bench)]
    moved = set()
    for sku, trial in zip(tries["target"], tries["id"], strict=True):
        held = matched_with(bench, str(sku))
        needs += [(each, trial) for each in held]
        moves = prices.loc[prices["target"].isin(held), "id"]
        moved |= {(str(trial), str(each)) for each in moves}
    return sorted(moved | {
        (str(ending[product[sku]]), str(each)) for sku, each in needs if product.get(sku) in ending
    })  # fmt: skip


def _choice(bench: Workbench, rows: pd.DataFrame, taken: list[str], chosen: Chosen) -> Choice:
    def counted(value: float) -> Decimal:
        if in_units(bench.objective):
            return Decimal(f"{value:.1f}")
        return bench.price_of(value)

    return Choice(
        solver="HiGHS",
        candidates=len(rows),
        chosen=len(taken),
        objective=counted(chosen.objective),
        bound=counted(chosen.bound),
        binding=chosen.binding,
    )


def chosen_rows(services: Services, state: PipelineState) -> list[dict[str, Any]]:
    """The chosen candidates, most valuable first."""
    rows = all_menus(services, state)
    mine = rows[rows["id"].isin(set(state.get("chosen") or ()))]
    ordered = mine.sort_values(["value", "id"], ascending=[False, True], kind="stable")
    return [
        {str(key): value for key, value in row.items()} for row in ordered.to_dict(orient="records")
    ]


def standing_rows(services: Services, state: PipelineState) -> list[dict[str, Any]]:
    """The chosen candidates as the policy leaves them: what the plan's figures are about."""
    bench = services.bench(state)
    actions = {(a.kind.value, a.target.id): a for a in judged(services, state).actions}
    return [
        {**row, **_as_judged(bench, actions[row["kind"], row["target"]])}
        for row in chosen_rows(services, state)
        if (row["kind"], row["target"]) in actions
    ]


def _as_judged(bench: Workbench, action: Action) -> dict[str, Any]:
    match action:
        case SetPrice() | StartPromotion():
            return {"price_minor": bench.minor_of(action.after.price)}
        case Reorder():
            return {"quantity": action.after.quantity}
    return {}


def judged(services: Services, state: PipelineState) -> JudgedPlan:
    """Actions for the chosen candidates, held against the policy."""
    bench = services.bench(state)
    return bench.once(
        "judged",
        lambda: judge_all(bench.policy, build_actions(services, state), bench.context),
    )


def build_actions(services: Services, state: PipelineState) -> tuple[Action, ...]:
    """Actions on what the shop shows now: experiments that should end, then what was chosen.

    Chosen ones come most valuable first.
    """
    bench = services.bench(state)
    rows = chosen_rows(services, state)
    built: dict[tuple[Builder, str], Action] = {}
    for builder in dict.fromkeys(BUILDERS.values()):
        mine = [row for row in rows if BUILDERS[ActionKind(row["kind"])] is builder]
        for action in builder(bench, mine) if mine else ():
            built[builder, _target(action)] = with_trust(bench, action)
    ordered = [
        built[BUILDERS[ActionKind(row["kind"])], str(row["target"])]
        for row in rows
        if (BUILDERS[ActionKind(row["kind"])], str(row["target"])) in built
    ]
    if bench.slots:  # what is taken off sale makes room for what is listed
        ordered.sort(key=lambda action: not isinstance(action, DelistProduct))
    made = (*stop_experiments(bench), *ordered)
    return tuple(a.model_copy(update={"id": a.content_id()}) for a in made)


def _target(action: Action) -> str:
    return action.target.id
