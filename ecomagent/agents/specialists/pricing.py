"""Pricing: list prices and promotions, one price a SKU."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecomagent.agents.menus import impact_of, menu, save_menu
from ecomagent.agents.reasons import price_reasons, promotion_reasons
from ecomagent.agents.seasons import clearing_rows, season_end_rows, season_of, season_paths
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.experiments import experiment_rows
from ecomagent.agents.specialists.list_prices import list_prices, market
from ecomagent.agents.specialists.sellable import sellable, with_restock
from ecomagent.agents.specialists.tried_prices import tried_prices, tried_reason
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.action import (
    Action,
    ActionKind,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.goal import Lever, Objective
from ecomagent.domain.ids import content_id

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.price_draws import PriceDraws
    from tools.pricing import PriceMenu

NAME = "pricing"
DEPTHS = tuple(Decimal(depth) / 100 for depth in (5, 10, 15, 20, 25, 30, 40))
"""Promotion depths on the menu; goal and policy cut the deep end off."""
PROMOTED = frozenset({Objective.CLEAR_STOCK, Objective.UNITS, Objective.REVENUE,
                      Objective.NEW_CUSTOMERS})  # fmt: skip
"""Goals that a temporary price serves; profit alone is better served by the list price, but for
goods whose season ends before they are sold."""


def pricing(services: Services, state: PipelineState) -> dict[str, Any]:
    """Propose list prices and promotions."""
    if Lever.PRICING not in state["levers"]:
        return {"menus": {NAME: 0}}
    bench = services.bench(state)
    rows = _menus(bench)
    count = save_menu(services.run_folder(state), NAME, rows)
    say("pricing", f"proposes {count:,} prices for {rows['target'].nunique():,} SKUs")
    return {"menus": {NAME: count}}


def _menus(bench: Workbench) -> pd.DataFrame:
    import pandas as pd

    promoted = promotion_rows(bench)
    draws = tried_prices(bench)
    listed = list_menu(bench) if draws is None else _with_draws(list_menu(bench), draws)
    if bench.objective not in PROMOTED:
        listed = listed[~listed["sku"].isin(season_paths(bench))]
    parts = [menu(listed.assign(discount=float("nan")), kind=ActionKind.SET_PRICE.value,
                  target="sku", group="price", name="price")]  # fmt: skip
    parts.append(
        menu(promoted, kind=ActionKind.START_PROMOTION.value, target="sku", group="price",
             name="promotion")
    )  # fmt: skip
    if draws is None:
        tests = experiment_rows(bench)
        parts.append(
            menu(tests, kind=ActionKind.START_EXPERIMENT.value, target="sku", group="price",
                 name="experiment")
        )  # fmt: skip
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows["category"] = rows["sku"].map(bench.catalogue.set_index("sku")["category"]).fillna("")
    return rows[rows["value"] > 0]


def _with_draws(listed: pd.DataFrame, draws: PriceDraws) -> pd.DataFrame:
    """Drawn prices in the place of the best ones, worth the same whichever price was drawn."""
    import pandas as pd

    drawn = draws.menu.table
    worth = draws.table["value"].reindex(drawn["sku"]).to_numpy()
    others = listed[~listed["sku"].isin(draws.table.index)]
    return pd.concat([others, drawn.assign(value=worth)], ignore_index=True)


def list_menu(bench: Workbench) -> pd.DataFrame:
    """The pricing tool's menu of list prices."""
    return bench.once("list_menu", lambda: _consistent(bench, list_prices(bench).table))


def _consistent(bench: Workbench, table: pd.DataFrame) -> pd.DataFrame:
    """Candidates that leave variants and sizes of a product consistent, whichever are chosen."""
    from tools.price_consistency import consistent_menu

    found = consistent_menu(table, bench.catalogue)
    if found.dropped:
        say("pricing", f"holds {len(found.dropped):,} prices to those of variants and sizes")
    return found.table


def promotion_rows(bench: Workbench) -> pd.DataFrame:
    """The pricing tool's menu of promotions; where stock has a date, as deep as its path asks."""
    made = bench.once("promotion_menu", lambda: _promotion_menu(bench))
    if bench.objective is Objective.CLEAR_STOCK:
        return clearing_rows(bench, made)
    if bench.objective in PROMOTED:
        return made.table
    return season_end_rows(bench, made)


def _promotion_menu(bench: Workbench) -> PriceMenu:
    from tools.pricing import KEPT, promotion_menu

    deepest = bench.limits.max_discount
    depths = tuple(depth for depth in DEPTHS if deepest is None or depth <= deepest)
    rows, objective, kept = sellable(bench), bench.objective, KEPT
    if objective not in PROMOTED:
        # What goods of an ending season have cost is spent: any unit sold before it is a gain.
        ends = rows["sku"].map(bench.season_days)
        rows, objective, kept = rows[ends.notna()], Objective.CLEAR_STOCK, len(DEPTHS)
    return promotion_menu(
        with_restock(bench, rows),
        bench.demand,
        bench.elasticity,
        limits=bench.limits,
        bounds=None,
        objective=objective,
        source=bench.history.ref("catalogue", rows=len(bench.scoped)),
        market=market(bench),
        depths=depths or DEPTHS[:1],
        days=promotion_days(bench),
        kept=kept,
    )


def promotion_days(bench: Workbench) -> int:
    """Days a promotion runs: to the goal's last day, at most as long as policy allows."""
    return min(bench.horizon_days, bench.policy.promotion.max_days)


def set_prices(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen list prices as actions on what the shop shows now."""
    shown = bench.live(ActionKind.SET_PRICE, [row["sku"] for row in rows])
    made: list[Action] = []
    tool, draws = list_prices(bench), tried_prices(bench)
    for row in rows:
        sku, state = row["sku"], shown[row["sku"]]
        if not state.exists:
            continue
        before, after = Decimal(str(state.fields["price"])), bench.price_of(row["price_minor"])
        drawn = draws if draws is not None and sku in draws.table.index else None
        evidence = (
            bench.demand.evidence(sku),
            bench.elasticity.evidence(sku),
            (drawn.menu if drawn else tool).evidence(sku, int(row["price_minor"])),
            *((drawn.evidence(sku),) if drawn else ()),
        )
        why = price_reasons(bench, sku, before, after, evidence)
        if drawn:
            why = (tried_reason(bench, drawn, sku), *why[1:])
        made.append(
            SetPrice(
                sku=sku,
                before=PriceBefore(price=before, version=state.version),
                after=PriceAfter(price=after),
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=why,
                assumptions=assumptions_of(evidence),
            )
        )
    return made


def start_promotions(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen promotions as actions; each runs to the goal's last day or the policy's longest."""
    shown = bench.live(ActionKind.START_PROMOTION, [row["sku"] for row in rows])
    ends_at = bench.moments.as_of + timedelta(days=promotion_days(bench))
    tool = bench.once("promotion_menu", lambda: _promotion_menu(bench))
    made: list[Action] = []
    for row in rows:
        state = shown[row["sku"]]
        if not state.exists:
            continue
        before = PromotionBefore(**state.fields, version=state.version)
        after = bench.price_of(row["price_minor"])
        discount = Decimal(str(round(row["discount"], 4))).normalize()
        evidence = (
            bench.demand.evidence(row["sku"]),
            bench.elasticity.evidence(row["sku"]),
            tool.evidence(row["sku"], int(row["price_minor"])),
            *season_of(bench, row["sku"]),
        )
        name = {"sku": row["sku"], "price": f"{after}", "ends_at": ends_at}
        made.append(
            StartPromotion(
                sku=row["sku"],
                ends_at=ends_at,
                before=before,
                after=PromotionAfter(
                    promotion_id=content_id("promo", name), discount=discount, price=after
                ),
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=promotion_reasons(bench, row["sku"], before.price, after, evidence),
                assumptions=assumptions_of(evidence),
            )
        )
    return made


def assumptions_of(evidence: tuple[Any, ...]) -> tuple[str, ...]:
    """Everything assumed by any of the evidence, each once."""
    return tuple(dict.fromkeys(text for each in evidence for text in each.assumptions))
