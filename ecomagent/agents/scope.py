"""Resolves what the goal is about, asks what only the merchant knows, and chooses levers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import prompts
from ecomagent.agents.levers import PURPOSE, LeverChoice, shop_facts
from ecomagent.agents.services import Services
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.agents.workbench import Workbench
from ecomagent.domain.goal import Goal, Lever, Objective, OpenQuestion
from ecomagent.llm.interface import Request, ask

MAX_EXAMPLES = 4


def scope(services: Services, state: PipelineState) -> dict[str, Any]:
    """Find the goal's SKUs; what cannot be known becomes a question."""
    bench = services.bench(state)
    resolved = bench.scope
    found = f"{len(resolved.skus):,} of {len(bench.catalogue):,} SKUs are in scope"
    say("planner", found)
    questions = [*_scope_questions(bench), *_cost_questions(bench)]
    if questions:
        return {"questions": [question.model_dump(mode="json") for question in questions]}
    levers = choose_levers(services, bench)
    say("planner", f"levers: {', '.join(levers)}")
    return {
        "questions": [],
        "levers": [lever.value for lever in levers],
        "notes": [*state.get("notes", []), *_notes(bench)],
    }


def choose_levers(services: Services, bench: Workbench) -> tuple[Lever, ...]:
    """Which specialists propose, named by the backend within what the goal allows."""
    goal = bench.goal
    allowed = goal.constraints.levers or tuple(Lever)
    shown = {
        "objective": bench.objective.value,
        "facts": shop_facts(bench),
        "allowed": [lever.value for lever in allowed],
    }
    request = Request(
        purpose=PURPOSE,
        prompt=prompts.load(PURPOSE).render(goal.language, **shown),
        inputs=shown,
        schema=LeverChoice.model_json_schema(),
    )
    answer = ask(services.backend, request, LeverChoice)
    chosen = tuple(dict.fromkeys(lever for lever in answer.levers if lever in allowed))
    return chosen or allowed


def _scope_questions(bench: Workbench) -> list[OpenQuestion]:
    goal, resolved = bench.goal, bench.scope
    if resolved.unmatched:
        terms = ", ".join(f"“{term}”" for term in resolved.unmatched)
        near = _known_categories(bench)
        text = {
            "en": f"Nothing in this shop is called {terms}. Which products do you mean?",
            "zh": f"店铺中没有找到{terms}。您指的是哪些商品?",
        }
        return [
            OpenQuestion(
                field="scope",
                question=text[goal.language],
                options=near,
                quotes=resolved.unmatched,
            )
        ]
    if not resolved.skus:
        text = {
            "en": "No product is left in the goal's scope. Which products do you mean?",
            "zh": "目标范围内没有任何商品。您指的是哪些商品?",
        }
        return [OpenQuestion(field="scope", question=text[goal.language])]
    return []


def _known_categories(bench: Workbench) -> tuple[str, ...]:
    counted = bench.catalogue["category"].replace("", None).dropna().value_counts()
    return tuple(counted.index[:MAX_EXAMPLES].astype(str))


def needs_cost(goal: Goal) -> bool:
    """Whether the goal cannot be worked on without knowing what things cost."""
    return goal.objective is Objective.GROSS_PROFIT or goal.constraints.min_margin is not None


def _cost_questions(bench: Workbench) -> list[OpenQuestion]:
    missing = int(bench.scoped["cost_minor"].isna().sum())
    if not needs_cost(bench.goal) or not missing or missing < len(bench.scoped):
        return []
    text = {
        "en": (
            f"No cost is on file for any of the {missing:,} SKUs in scope, so no margin can be"
            " known. Import costs (costs.csv with sku, cost, from), or say which gross margin"
            " to assume for all of them."
        ),
        "zh": (
            f"范围内 {missing:,} 个 SKU 均无成本记录,无法得知毛利。请导入成本"
            "(costs.csv:sku, cost, from),或说明要假设的毛利率。"
        ),
    }
    return [
        OpenQuestion(
            field="assume_margin",
            question=text[bench.goal.language],
            options=("--assume-margin 0.5", "ecomagent import costs.csv"),
        )
    ]


def _reaches_strangers(bench: Workbench) -> bool:
    from tools.campaign_futures import REACHES_STRANGERS

    return bool((bench.history.campaigns()["channel"] == REACHES_STRANGERS).any())


def _notes(bench: Workbench) -> list[str]:
    """What a reviewer should know of the data, in the goal's language."""
    zh = bench.goal.language == "zh"
    notes = [m.told(bench.goal.language) for m in bench.scope.matches if not m.exact]
    last = bench.facts.last_day
    stale = 0 if last is None else (bench.moments.today - last).days
    if last is None:
        notes.append(
            "尚无任何销售记录:数据不足以判断什么会卖得动。请导入 orders.csv。"
            if zh
            else "No sale is on file: there is not enough data to say what will sell. Import"
            " orders.csv."
        )
    if stale > 2:
        notes.append(
            f"销售历史截至 {last}(距今 {stale} 天):预测假设店铺仍按当时的水平销售。"
            if zh
            else f"Sales history ends on {last}, {stale:,} days ago: forecasts assume that the shop"
            " still sells as it did then."
        )
    wins_new = bench.objective is Objective.NEW_CUSTOMERS
    if wins_new and not bench.goal.constraints.levers and not _reaches_strangers(bench):
        notes.append(
            "店铺尚无广告活动记录,而其他渠道只能触达老客户:没有可吸引新客户的手段。"
            "可改用价格,例如“吸引新客户,只用定价,最多打九折”。"
            if zh
            else "No campaign of this shop was an advertisement, and other channels reach only"
            " customers it has: nothing here wins new ones. To use prices instead, say so, e.g."
            " “win new customers, only pricing, at most 10% off”."
        )
    scoped = bench.scoped
    for column, en, cn in (
        ("cost_minor", "have no cost on file: their prices are not cut, nor their profit counted",
         "没有成本:不会降价,毛利也不计入"),
        ("on_hand", "have no stock on file: nothing is reordered for them and no sale is capped",
         "没有库存记录:不建议补货,销量不受库存限制"),
        ("list_price_minor", "have no price: they are left alone", "没有价格:不作处理"),
    ):  # fmt: skip
        missing = int(scoped[column].isna().sum())
        if missing:
            notes.append(
                f"{missing:,}/{len(scoped):,} 个 SKU {cn}。"
                if zh
                else f"{missing:,} of {len(scoped):,} SKUs {en}."
            )
    kept = int(scoped["sku"].isin(bench.protected).sum())
    if kept:
        notes.append(
            f"策略文件 policy.toml 保护 {kept:,}/{len(scoped):,} 个 SKU:不作更改。"
            if zh
            else f"{kept:,} of {len(scoped):,} SKUs are protected by policy.toml: left alone."
        )
    drifted = bench.standing.drifted
    if drifted:
        some = ", ".join(drifted[:MAX_EXAMPLES])
        notes.append(
            f"{len(drifted):,} 个 SKU 的店铺价格在上次导入后已变动({some}),以店铺现价为准。"
            if zh
            else f"{len(drifted):,} prices changed in the shop since history was read ({some}):"
            " the shop's own prices are used."
        )
    return notes


def assumption_text(margin: Decimal, language: str) -> str:
    """What stands beside every figure that rests on an assumed margin."""
    share = f"{margin * 100:.4g} %"
    return f"毛利率 {share} 为假设(无成本记录)" if language == "zh" else (
        f"gross margin {share} is assumed (no cost on file)"
    )  # fmt: skip
