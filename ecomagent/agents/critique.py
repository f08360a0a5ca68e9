"""Reads the chosen plan as a sceptical colleague would, and says what reviewers should doubt.

Every objection is counted by code from the candidates' own figures and the simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ecomagent.agents.reaching import wanted_share, what_reaches
from ecomagent.agents.reconcile import all_menus, standing_rows
from ecomagent.agents.relaxing import why_nothing
from ecomagent.agents.scope import assumption_text
from ecomagent.agents.services import Services
from ecomagent.agents.simulate import PRICED
from ecomagent.agents.specialists.tried_prices import tried_remarks
from ecomagent.agents.state import PipelineState
from ecomagent.agents.what_if import WhatIf, cleared_by
from ecomagent.agents.words import say
from ecomagent.agents.workbench import Workbench
from ecomagent.domain.action import ActionKind, Metric
from ecomagent.domain.goal import Lever
from ecomagent.domain.plan import PlanForecast

MANY = Decimal("0.5")
"""Share of the scope's SKUs from which a change of many prices at once is worth a word."""


def critique(services: Services, state: PipelineState) -> dict[str, Any]:
    """List what speaks against the plan; nothing is changed by it."""
    bench = services.bench(state)
    rows = standing_rows(services, state)
    forecast = PlanForecast.model_validate(state["forecast"])
    objections = [
        *_out_of_reach(services, state, rows),
        *_assumed(bench, rows),
        *_without_consent(bench, rows),
        *_beyond_scope(bench, rows),
        *_uncertain(bench, forecast),
        *_unidentified(bench, rows),
        *_sold_out(bench, rows),
        *_sweeping(bench, rows),
        *_tried(bench, state["levers"]),
    ]
    say("critic", f"{len(objections)} remarks for the reviewers")
    return {"objections": objections}


def _out_of_reach(
    services: Services, state: PipelineState, rows: Sequence[dict[str, Any]]
) -> list[str]:
    """What would have to give where nothing is worth doing, or less is sold than the goal names."""
    bench, what_if = services.bench(state), WhatIf(services, state)
    found = []
    if not state.get("chosen"):
        say("critic", "looking for the limits that stand in the way")
        found.append(why_nothing(bench, all_menus(services, state), state["levers"], what_if))
    if wanted_share(bench.goal) is not None:
        say("critic", "looking whether the goal is reached, and what would reach it")
        found += what_reaches(bench, cleared_by(bench, rows), what_if)
    return found


def _told(bench: Workbench, en: str, zh: str) -> str:
    return zh if bench.goal.language == "zh" else en


def _assumed(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    margin = bench.assumed_margin
    if margin is None:
        return []
    assumed = set(bench.scoped["sku"][bench.scoped["cost_assumed"]])
    touched = sum(1 for row in rows if row.get("sku") in assumed)
    touched += _campaigns(rows)  # counted with the margin of all of them
    text = assumption_text(margin, bench.goal.language)
    return [
        _told(
            bench,
            f"{text[0].upper()}{text[1:]}: every gross profit of {touched:,} actions rests on it.",
            f"{text}:{touched:,} 项操作的毛利数据均以此为前提。",
        )
    ]


def _campaigns(rows: Sequence[dict[str, Any]]) -> int:
    return sum(1 for row in rows if row["kind"] == ActionKind.SEND_CAMPAIGN.value)


def _without_consent(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    campaigns = _campaigns(rows)
    if not campaigns or not bench.customers["consent_marketing"].isna().all():
        return []
    return [
        _told(
            bench,
            "No customer's consent to marketing is on file. Approve the"
            f" {campaigns} campaigns only if everybody they reach has agreed.",
            "没有任何客户的营销同意记录:"
            f"仅在确认收件人均已同意后,才批准这 {campaigns} 个营销活动。",
        )
    ]


def _beyond_scope(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    """What a campaign brings is known by whole orders, of whatever the shop sells."""
    if not _campaigns(rows) or len(bench.scoped) == len(bench.catalogue):
        return []
    return [
        _told(
            bench,
            "What campaigns bring is counted in whole orders, which may hold products that the"
            " goal is not about.",
            "营销活动的效果按整笔订单计算,其中可能包含目标范围以外的商品。",
        )
    ]


def _uncertain(bench: Workbench, forecast: PlanForecast) -> list[str]:
    counted = Metric.GROSS_PROFIT if Metric.GROSS_PROFIT in forecast.difference else Metric.REVENUE
    loss = -forecast.difference[counted].p10
    if loss < 1:
        return []
    en, zh = ("gross profit", "毛利") if counted is Metric.GROSS_PROFIT else ("revenue", "销售额")
    return [
        _told(
            bench,
            f"In the worst tenth of futures {en} is {loss:,.0f} {bench.currency} or more below"
            " doing nothing.",
            f"在最差的 10% 情形下,{zh}比什么都不做至少少 {loss:,.0f} {bench.currency}。",
        )
    ]


def _unidentified(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    priced = {str(row["sku"]) for row in rows if row["kind"] in PRICED}
    if not priced:
        return []
    table = bench.elasticity.table.reindex(sorted(priced))
    unknown = int((~table["identified"].fillna(False).astype(bool)).sum())
    if not unknown:
        return []
    return [
        _told(
            bench,
            f"{unknown:,} of {len(priced):,} price changes rest on an elasticity that this shop's"
            " own price history cannot confirm: change them in steps and watch.",
            f"{len(priced):,} 项调价中有 {unknown:,} 项的价格弹性无法由本店价格历史证实:"
            "建议分步调整并观察。",
        )
    ]


def _sold_out(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Prices lowered on what will not last anyway."""
    stock = bench.scoped.set_index("sku")["on_hand"].astype("float64")
    demand = bench.demand.table["p50"]
    short = []
    for row in rows:
        if row["kind"] not in PRICED or row["price_minor"] >= row["current_minor"]:
            continue
        sku = str(row["sku"])
        if stock.get(sku, float("nan")) < demand.get(sku, 0.0):
            short.append(sku)
    if not short:
        return []
    named = ", ".join(short[:4])
    return [
        _told(
            bench,
            f"{len(short):,} SKUs made cheaper sell out within the horizon at today's rate:"
            f" {named}.",
            f"{len(short):,} 个降价 SKU 按现有速度将在期内售罄:{named}。",
        )
    ]


def _sweeping(bench: Workbench, rows: Sequence[dict[str, Any]]) -> list[str]:
    changed = sum(1 for row in rows if row["kind"] == ActionKind.SET_PRICE.value)
    if changed < 20 or Decimal(changed) < MANY * len(bench.scoped):
        return []
    return [
        _told(
            bench,
            f"The plan changes {changed:,} of {len(bench.scoped):,} prices at once: what each one"
            " did will be hard to tell apart afterwards.",
            f"该计划一次调整 {len(bench.scoped):,} 个价格中的 {changed:,} 个,"
            "事后难以区分各自效果。",
        )
    ]


def _tried(bench: Workbench, levers: Sequence[str]) -> list[str]:
    if Lever.PRICING not in levers:
        return []
    return [_told(bench, *words) for words in tried_remarks(bench)]
