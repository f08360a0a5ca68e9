"""List prices that learn: drawn by chance, within policy and a budget of regret."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ecomagent.agents.specialists.list_prices import list_prices
from ecomagent.agents.specialists.sellable import sellable
from ecomagent.agents.standing_frame import base_frame
from ecomagent.domain.action import ActionKind, Reason
from ecomagent.domain.errors import MissingExtraError
from ecomagent.domain.goal import Language, Objective
from ecomagent.domain.money import Money
from ecomagent.plan.price_choices import price_choices, regret_spent

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from ecomagent.plan.price_gate import PriceGate
    from tools.price_draws import PriceDraws
    from tools.rl_challenger import Challenger

MONTH_DAYS = 30
SHOWN = 4
LOOKED_AT = 4
"""SKUs looked at for each price that may be drawn, those with the largest budgets."""
IN_FORCE = timedelta(days=62)
"""How long before the month a plan may have been made whose draws still hold."""


def tried_prices(bench: Workbench) -> PriceDraws | None:
    """A drawn price for every SKU that may be tried with; None where this run tries none.

    A run does where the shop learns, no judgement stopped it, and the goal is gross profit, which
    is what the log counts. SKUs whose cost is unknown, whose price hangs together with others',
    whose season ends, that are protected or under an experiment are left alone, and so are cuts
    that would sell out.
    """
    gate = bench.price_gate
    if gate is None or gate.live == "optimise" or bench.objective is not Objective.GROSS_PROFIT:
        return None
    return bench.once("tried_prices", lambda: _draw(bench, live=gate.live == "challenger"))


def _draw(bench: Workbench, *, live: bool) -> PriceDraws:
    from tools.price_draws import price_draws, price_options

    offered, most = list_prices(bench), bench.policy.actions.max_per_plan
    left = _left(bench).reindex(_eligible(bench)).nlargest(LOOKED_AT * most)
    options = price_options(offered, left.index)
    options = options[~_sells_out(bench, options)]
    return price_draws(
        offered,
        options,
        left_minor=left,
        most=most,
        seed=bench.moments.today.toordinal(),
        challenger=_challenger(bench),
        live=live,
    )


def _eligible(bench: Workbench) -> list[str]:
    from tools.price_consistency import tied_skus

    rows = sellable(bench)
    known = rows[rows["cost_minor"].notna() & ~rows["cost_assumed"]]
    skus = [str(sku) for sku in known["sku"]]
    tested = {sku for sku, state in bench.live(ActionKind.START_EXPERIMENT, skus).items()
              if state.fields.get("experiment_id")}  # fmt: skip
    seasonal = set(bench.season_days.dropna().index)
    barred = tied_skus(bench.catalogue) | bench.protected | tested | seasonal
    return [sku for sku in skus if sku not in barred]


def _sells_out(bench: Workbench, options: pd.DataFrame) -> pd.Series:
    """Cuts that the joint choice would not take: their stock may not last."""
    import pandas as pd

    from tools.coupling import sells_out

    frame = base_frame(bench)
    frame = frame.assign(elasticity=bench.elasticity.table["elasticity"].reindex(frame.index))
    rows = options.assign(kind=ActionKind.SET_PRICE.value, target=options["sku"])
    days = bench.horizon_days
    mask = sells_out(rows, frame, horizon_days=days, promotion_days=days)
    return pd.Series(mask, index=options.index)


def _left(bench: Workbench) -> pd.Series:
    """Expected gross profit that each SKU may still give up this month, minor units."""
    today = bench.moments.today
    first = today.replace(day=1)
    zone = ZoneInfo(bench.context.timezone)
    since = datetime.combine(first, datetime.min.time(), tzinfo=zone) - IN_FORCE
    choices = price_choices(bench.services.repository, as_of=bench.moments.as_of, since=since)
    given = list_prices(bench).given
    earned = (given["current_minor"] - given["cost_minor"]) * given["mean_per_day"] * MONTH_DAYS
    budget = bench.services.settings.pricing.regret * earned.clip(lower=0).fillna(0.0)
    spent = regret_spent(choices, since=first, today=today)
    return (budget - spent.reindex(budget.index).fillna(0.0)).clip(lower=0)


def _challenger(bench: Workbench) -> Challenger | None:
    """The trained challenger; None where there is none, or the extra `rl` is not installed."""
    from tools.rl_challenger import Challenger

    def read() -> Challenger | None:
        path = bench.services.paths.challenger
        try:
            return Challenger(path) if path.exists() else None
        except MissingExtraError:
            return None

    return bench.once("challenger", read)


def tried_reason(bench: Workbench, draws: PriceDraws, sku: str) -> Reason:
    """Why a price was drawn: its chance, and what trying it is expected to cost."""
    found, days = draws.table.loc[sku].to_dict(), bench.horizon_days

    def money(minor: float, language: Language) -> str:
        return Money.of(bench.price_of(minor), bench.currency).display(language)

    best, cost, left = (float(found[n]) for n in ("best_minor", "regret_minor", "left_minor"))
    return Reason(
        en=(
            f"Drawn by chance ({found['chance']:.0%}) to learn how customers answer. Against the"
            f" best price as far as is known ({money(best, 'en')}) it is expected to cost"
            f" {money(cost, 'en')} in {days} days, of {money(left, 'en')} that may be given up"
            " this month."
        ),
        zh=(
            f"为了解顾客反应而随机抽取(概率 {found['chance']:.0%})。与已知最优价"
            f"({money(best, 'zh')})相比,{days} 天内预计少赚 {money(cost, 'zh')},"
            f"本月尚可让出 {money(left, 'zh')}。"
        ),
        evidence=(draws.evidence(sku).id,),
    )


def tried_remarks(bench: Workbench) -> list[tuple[str, str]]:
    """What reviewers should know of drawn prices, or why a shop that learns draws none.

    In English and Chinese.
    """
    gate, draws = bench.price_gate, tried_prices(bench)
    if gate is None:
        return []
    if draws is None:
        return [_not_tried(gate)]
    if draws.table.empty and not draws.capped:
        return [(
            "No prices are tried: that takes products with a cost on file, with stock that lasts,"
            " free to change, and whose price need not fit that of variants or sizes.",
            "未试价:试价的商品须有成本记录、库存充足、允许改价,且价格不受同款其他规格约束。",
        )]  # fmt: skip
    said = []
    if gate.live == "challenger" and _challenger(bench) is None:
        said.append((
            "The challenger needs the extra `rl` (pip install 'ecomagent[rl]'): prices that learn"
            " are drawn instead.",
            "挑战者需要附加组件 rl(pip install 'ecomagent[rl]'),本次改用学习定价。",
        ))  # fmt: skip
    if len(draws.table):
        said.append(_drawn(bench, draws))
    if draws.capped:
        named = ", ".join(draws.capped[:SHOWN]) + (" …" if len(draws.capped) > SHOWN else "")
        said.append((
            f"For {len(draws.capped):,} SKUs this month's budget of regret leaves no price to try:"
            f" they get their best one ({named}).",
            f"{len(draws.capped):,} 个 SKU 的本月试价预算已不足,按最优价定价({named})。",
        ))  # fmt: skip
    return said


def _not_tried(gate: PriceGate) -> tuple[str, str]:
    if gate.live != "optimise":
        return (
            "No prices are tried for this goal: what they teach is counted in gross profit.",
            "本目标不试价:试价的得失以毛利计。",
        )
    return (
        f"Prices are not tried any more: {gate.why_en}. To start again: `ecomagent prices judge"
        " --restart`.",
        f"已停止试价:{gate.why_zh}。重新开始:`ecomagent prices judge --restart`。",
    )


def _drawn(bench: Workbench, draws: PriceDraws) -> tuple[str, str]:
    count, stay = len(draws.table), len(draws.table) - len(draws.menu.table)
    cost = Money.of(bench.price_of(draws.table["regret_minor"].sum()), bench.currency)
    return (
        f"{count:,} prices are drawn by chance to learn from ({stay:,} of them stay as they are),"
        f" at an expected cost of {cost.display('en')} in {bench.horizon_days} days. Decide on them"
        " together: picking some by their price would mislead what is learnt.",
        f"{count:,} 个价格为学习而随机抽取(其中 {stay:,} 个不变),{bench.horizon_days} 天内预计"
        f"少赚 {cost.display('zh')}。请一并决定:只挑选其中一部分会使所学结果偏斜。",
    )
