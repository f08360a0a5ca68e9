"""Price experiments: few, where knowing how customers answer is worth more than it costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.agents.menus import impact_of
from ecomagent.agents.specialists.sellable import sellable
from ecomagent.domain.action import (
    Action,
    ActionKind,
    ExperimentAfter,
    ExperimentBefore,
    ExperimentBlock,
    Reason,
    StartExperiment,
)
from ecomagent.domain.goal import Objective
from ecomagent.domain.ids import content_id
from ecomagent.domain.money import Money
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
            payback_days=bench.policy.experiment.payback_days,
            horizon_days=bench.horizon_days,
            source=bench.history.ref("catalogue", rows=len(bench.scoped)),
        ),
    )


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
                reasons=(_reason(bench, row, tuple(each.id for each in evidence)),),
                assumptions=tuple(
                    dict.fromkeys(text for each in evidence for text in each.assumptions)
                ),
            )
        )
    return made


def _after(bench: Workbench, row: dict[str, Any], listed: Decimal) -> ExperimentAfter:
    from tools.experiment import BLOCK_DAYS, CHANCE, lower_blocks

    tried = bench.price_of(row["price_minor"])
    days = bench.moments.today.toordinal()
    lower = lower_blocks(row["sku"], int(row["blocks"]), days)
    midnights = _midnights(bench, int(row["blocks"]), BLOCK_DAYS)
    blocks = tuple(
        ExperimentBlock(starts_at=start, ends_at=end, price=tried if low else listed)
        for start, end, low in zip(midnights, midnights[1:], lower, strict=False)
    )
    name = {"sku": row["sku"], "starts_at": blocks[0].starts_at, "lower": lower}
    return ExperimentAfter(
        experiment_id=content_id("exp", name).replace("-", "_"),
        blocks=blocks,
        chance=Decimal(str(CHANCE)),
    )


def _midnights(bench: Workbench, blocks: int, days: int) -> list[datetime]:
    zone = ZoneInfo(bench.context.timezone)
    first = bench.moments.as_of.astimezone(zone).replace(tzinfo=None) + LEAD
    local = [first + timedelta(days=days * number) for number in range(blocks + 1)]
    return [at.replace(tzinfo=zone).astimezone(bench.moments.as_of.tzinfo) for at in local]


def _reason(bench: Workbench, row: dict[str, Any], evidence: tuple[str, ...]) -> Reason:
    found = bench.elasticity.table.loc[row["sku"]]
    worth = bench.price_of(row["learnt_minor"])
    doubt, left, weeks = found["std_error"], row["left"], int(row["blocks"])
    payback = bench.policy.experiment.payback_days

    def money(language: str) -> str:
        return Money.of(worth, bench.currency).display(language)  # type: ignore[arg-type]

    return Reason(
        en=(
            f"How customers answer this price is known to ± {doubt:.2f} only; {weeks} weeks at one"
            f" of two prices, by chance, leave ± {left:.2f}. Better prices are then worth"
            f" {money('en')} on average over {payback} days. Roll back to stop early."
        ),
        zh=(
            f"该商品价格弹性误差为 ± {doubt:.2f};用 {weeks} 周在两个价格间随机轮换,可降至"
            f" ± {left:.2f},此后 {payback} 天内更优定价平均价值 {money('zh')}。回滚即可提前停止。"
        ),
        evidence=evidence,
    )
