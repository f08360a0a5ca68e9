"""Price experiments: few, where knowing how customers answer is worth more than it costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.agents.menus import impact_of
from ecomagent.agents.specialists.experiment_words import design_reason, rule_reason
from ecomagent.agents.specialists.sellable import sellable
from ecomagent.domain.action import (
    Action,
    ActionKind,
    ExperimentAfter,
    ExperimentBefore,
    ExperimentBlock,
    Reason,
    StartExperiment,
    StoppingRule,
)
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Objective
from ecomagent.domain.ids import content_id
from ecomagent.plan.policy import price_reach
from ecomagent.plan.policy.experiments import lowest_tried, most_tried

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.experiment import ExperimentMenu

LEAD = timedelta(days=1)
"""Time to approve, and to upload files."""


def experiment_rows(bench: Workbench) -> pd.DataFrame:
    """The most valuable experiments that policy leaves room for; none for other goals than profit.

    What an experiment teaches is counted in gross profit.
    """
    room = most_tried(bench.context, bench.policy) - bench.context.committed_experiments
    if room <= 0 or bench.objective is not Objective.GROSS_PROFIT:
        return sellable(bench).iloc[:0].assign(value=0.0)
    return _made(bench).table.head(room)


def _made(bench: Workbench) -> ExperimentMenu:
    from tools.experiment import experiment_menu

    return bench.once(
        "experiment_menu",
        lambda: experiment_menu(
            sellable(bench),
            bench.demand,
            bench.elasticity,
            reach=_reach(bench),
            **_comparison(bench),
            payback_days=bench.policy.experiment.payback_days,
            horizon_days=bench.horizon_days,
            source=bench.history.ref("catalogue", rows=len(bench.scoped)),
        ),
    )


def _comparison(bench: Workbench) -> dict[str, Any]:
    """Sales to match SKUs by, and where a switchback would mistake stocking up for an answer."""
    from tools.matched_skus import carrying_over, weekly_sales

    sales = weekly_sales(bench.panel)
    if sales is None:
        return {}
    category = bench.catalogue.set_index("sku")["category"].fillna("")
    stocks_up = carrying_over(sales, category)
    return {
        "sales": sales,
        "switches": ~stocks_up & bench.policy.experiment.switchback,
        "apart": bench.substitutes,
    }


def _reach(bench: Workbench) -> pd.DataFrame:
    reach = price_reach(bench.policy, bench.context)
    tried = {
        sku: bench.minor_of(lowest_tried(sku, facts.list_price, bench.context, bench.policy)[0])
        for sku in sellable(bench)["sku"].astype(str)
        if (facts := bench.context.skus.get(sku)) is not None and facts.list_price
    }
    return reach[reach.index.isin(list(tried))].assign(tried_minor=lambda f: f.index.map(tried))


def start_experiments(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen experiments as actions; their blocks begin at the shop's next midnights."""
    shown = bench.live(ActionKind.START_EXPERIMENT, [row["sku"] for row in rows])
    tool = _made(bench)
    made: list[Action] = []
    for row in rows:
        state = shown[row["sku"]]
        if not state.exists:
            continue
        before = ExperimentBefore(**state.fields, version=state.version)
        after = _after(bench, row, before.price)
        evidence = (
            bench.demand.evidence(row["sku"]),
            bench.elasticity.evidence(row["sku"]),
            tool.evidence(row["sku"]),
        )
        made.append(
            StartExperiment(
                sku=row["sku"],
                starts_at=after.blocks[0].starts_at,
                ends_at=after.blocks[-1].ends_at,
                before=before,
                after=after,
                impact=impact_of(row, bench.currency),
                evidence=evidence,
                reasons=_reasons(bench, row, after, evidence),
                assumptions=tuple(
                    dict.fromkeys(text for each in evidence for text in each.assumptions)
                ),
            )
        )
    return made


def _after(bench: Workbench, row: dict[str, Any], listed: Decimal) -> ExperimentAfter:
    from tools.experiment_design import BLOCK_DAYS, CHANCE, lower_blocks

    tried, count = bench.price_of(row["price_minor"]), int(row["blocks"])
    controls = matched_with(bench, row["sku"])
    lower = lower_blocks(row["sku"], count, bench.moments.today.toordinal())
    if controls:
        lower = (True,) * count
    midnights = _midnights(bench, count, BLOCK_DAYS)
    blocks = tuple(
        ExperimentBlock(starts_at=start, ends_at=end, price=tried if low else listed)
        for start, end, low in zip(midnights, midnights[1:], lower, strict=False)
    )
    name = {"sku": row["sku"], "starts_at": blocks[0].starts_at, "lower": lower}
    return ExperimentAfter(
        experiment_id=content_id("exp", name).replace("-", "_"),
        blocks=blocks,
        chance=Decimal(1) if controls else Decimal(str(CHANCE)),
        controls=controls,
        rule=_rule(bench, row["sku"], midnights),
    )


def _rule(bench: Workbench, sku: str, midnights: list[datetime]) -> StoppingRule:
    from tools.experiment_design import LOOK_BLOCKS
    from tools.stopping import ALPHA, stopping_bounds

    made = _made(bench)
    row: Any = made.table.set_index("sku").loc[sku]
    fractions = made.fractions(sku)
    return StoppingRule(
        looks=tuple(midnights[LOOK_BLOCKS::LOOK_BLOCKS]),
        information=tuple(_exact(each, 3) for each in fractions),
        bounds=tuple(_exact(each, 3) for each in stopping_bounds(fractions)),
        error=_exact(ALPHA, 3),
        same_profit=_exact(row["same_profit"], 3),
        enough=_exact(row["left"], 3),
        most_lost=bench.price_of(row["most_lost_minor"]),
    )


def _exact(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}f}")


def matched_with(bench: Workbench, sku: str) -> tuple[str, ...]:
    """SKUs that keep their price for the experiment proposed on a SKU."""
    return _made(bench).controls.get(sku, ())


def _reasons(
    bench: Workbench,
    row: dict[str, Any],
    after: ExperimentAfter,
    evidence: tuple[Evidence, ...],
) -> tuple[Reason, ...]:
    found = _made(bench).table.set_index("sku").loc[row["sku"]].to_dict() | {"sku": row["sku"]}
    ids = tuple(each.id for each in evidence)
    made = [design_reason(bench, found, after.controls, ids)]
    if after.rule is not None:
        made.append(rule_reason(bench, after.rule, float(found["power"]), ids[-1:]))
    return tuple(made)


def _midnights(bench: Workbench, blocks: int, days: int) -> list[datetime]:
    zone = ZoneInfo(bench.context.timezone)
    first = bench.moments.as_of.astimezone(zone).replace(tzinfo=None) + LEAD
    local = [first + timedelta(days=days * number) for number in range(blocks + 1)]
    return [at.replace(tzinfo=zone).astimezone(bench.moments.as_of.tzinfo) for at in local]
