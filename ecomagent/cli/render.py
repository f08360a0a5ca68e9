"""How plans look in a terminal: the joint forecast, every action, what policy said, what to do.

Text from outside (titles, reviews) goes into ``Text`` objects, never into markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ecomagent.cli.action_text import (
    ASSUMED,
    METRICS,
    RESTS_ON_COST,
    action_detail,
    action_line,
    action_lines,
    amount_text,
    impact_text,
    interval,
    kind_text,
    rests_on_assumed_cost,
    rule_text,
    said,
    symbol_of,
    target_text,
)
from ecomagent.cli.change_text import change_text
from ecomagent.cli.price_text import factor_lines
from ecomagent.domain.action import Action
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Language
from ecomagent.domain.plan import Plan

__all__ = [
    "action_detail",
    "action_line",
    "action_lines",
    "explanation",
    "forecast_table",
    "impact_text",
    "plan_screen",
]

SHOWN_REFUSALS = 10
HEADINGS: dict[Language, tuple[str, ...]] = {
    "en": ("next {days} days", "do nothing", "with the plan", "difference (P10 … P90)"),
    "zh": ("未来 {days} 天", "维持现状", "执行计划", "差异 (P10 … P90)"),
}


def plan_screen(
    plan: Plan,
    standing: Mapping[str, str],
    titles: Mapping[str, str],
    edited: Mapping[str, Action] | None = None,
) -> Iterator[RenderableType]:
    """A whole plan, from its goal to what to type next.

    Args:
        plan: The plan.
        standing: Action id to how far it has come; empty for a plan just made.
        titles: SKU or product to its title.
        edited: Action id to what a reviewer made of it; that is what counts.
    """
    what = f"takes back {plan.rollback_of}" if plan.rollback_of else plan.goal.text
    yield Text.assemble((plan.plan_id, "bold"), "  ", (what, "bold cyan"))
    zone = ZoneInfo(plan.shop.timezone)
    yield Text(
        f"{plan.shop.name} ({plan.shop.connector}) · as of {plan.as_of.astimezone(zone):%Y-%m-%d}"
        f" · planned by {plan.planner} · valid until"
        f" {plan.expires_at:%Y-%m-%d %H:%M} UTC",
        style="dim",
    )
    for note in plan.notes:
        yield Text.assemble(("! ", "yellow"), note)
    if plan.forecast is not None:
        yield ""
        yield forecast_table(plan)
    yield ""
    for action in plan.actions:
        yield from action_lines(
            (edited or {}).get(action.id, action),
            plan.shop,
            titles,
            standing.get(action.id, ""),
            plan.goal.language,
        )
    if plan.refused:
        yield Text("Refused by policy", style="bold")
        for action in plan.refused[:SHOWN_REFUSALS]:
            yield _refused(action, plan, titles)
        more = len(plan.refused) - SHOWN_REFUSALS
        if more > 0:
            yield Text(f"  … and {more} more (--json shows all)", style="dim")
        yield ""
    yield from _closing(plan, standing)


def _closing(plan: Plan, standing: Mapping[str, str]) -> Iterator[RenderableType]:
    signs = [symbol_of(action)[0] for action in plan.actions]
    choice = plan.choice
    if choice is not None:
        bound = f", held back by {', '.join(choice.binding)}" if choice.binding else ""
        yield Text(
            f"{choice.chosen:,} of {choice.candidates:,} candidates chosen by {choice.solver}"
            f" (value {choice.objective:,} of at most {choice.bound:,},"
            f" gap {choice.gap:.2%}{bound})",
            style="dim",
        )
    for rule in plan.verdict.rules:
        yield Text(f"policy · {rule}", style="dim")
    for assumption in plan.assumptions:
        yield Text(f"{ASSUMED} {assumption}", style="yellow")
    if not plan.actions:
        yield Text(
            "Nothing to do: the policy refuses what was proposed. See: ecomagent policy check"
            if plan.refused
            else "Nothing to do: no change within the limits would be better than leaving things"
            " as they are."
        )
        return
    yield Text(
        f"Plan: {signs.count('+')} to add, {signs.count('~')} to change,"
        f" {signs.count('−')} to end.",
        style="bold",
    )
    if plan.rollback_of is not None and not standing:
        return  # about to be asked for, or carried out
    if not standing or any(word == "waiting" for word in standing.values()):
        yield Text(f"Nothing is changed yet. Next: ecomagent review {plan.plan_id}", style="cyan")


def forecast_table(plan: Plan) -> Table:
    """The joint forecast: doing nothing, the plan, and what lies between."""
    found = plan.forecast
    assert found is not None
    currency, language = plan.shop.currency, plan.goal.language
    table = Table(box=None, pad_edge=False, header_style="dim")
    span, *titles = HEADINGS[language]
    table.add_column(span.format(days=found.horizon_days))
    for title in titles:
        table.add_column(title, justify="right")
    mark = ASSUMED if plan.assumed_margin is not None else ""
    for metric, difference in found.difference.items():
        star = mark if metric in RESTS_ON_COST else ""
        without, planned = found.without_plan.get(metric), found.with_plan.get(metric)
        table.add_row(
            METRICS[language][metric] + star,
            amount_text(without.p50, metric, currency, language) if without else "—",
            amount_text(planned.p50, metric, currency, language) if planned else "—",
            interval(difference, metric, currency, language),
        )
    return table


def _refused(action: Action, plan: Plan, titles: Mapping[str, str]) -> Text:
    rules = action.verdict.rules if action.verdict else ()
    broken = next((rule for rule in rules if rule.decision == "deny"), None)
    words = f"{broken.rule}: {broken.message}" if broken else ""
    language = plan.goal.language
    return Text.assemble(
        ("  ✗ ", "red"), kind_text(action.kind, language), " ", target_text(action, titles),
        "  ", change_text(action, plan.shop, language), "  ", (words, "red"),
    )  # fmt: skip


# Explaining one action


def explanation(plan: Plan, action: Action, titles: Mapping[str, str]) -> Iterator[RenderableType]:
    """Reasons, graph path, rules that bound, and every figure with its tool and data."""
    currency, language = plan.shop.currency, plan.goal.language
    yield action_line(action, plan.shop, titles, "", language)
    yield Text(f"from {plan.plan_id}, for: {plan.goal.text}", style="dim")
    yield ""
    yield Text("Expected impact against leaving it", style="bold")
    assumed = rests_on_assumed_cost(action)
    for metric, figures in action.impact.items():
        star = ASSUMED if assumed and metric in RESTS_ON_COST else ""
        shown = interval(figures, metric, currency, language)
        yield Text(f"  {METRICS[language][metric]}{star}: {shown}")
    yield Text("Why", style="bold")
    for reason in action.reasons:
        yield Text(f"  · {said(reason, language)}")
        if reason.evidence:
            yield Text(f"    evidence: {', '.join(reason.evidence)}", style="dim")
        if reason.graph_path:
            yield Text.assemble("    graph: ", (" → ".join(reason.graph_path), "cyan"))
    yield from factor_lines(action, language)
    yield Text("Rules", style="bold")
    for rule in action.verdict.rules if action.verdict else ():
        yield rule_text(rule.rule, rule.message, rule.clamped_from, rule.clamped_to)
    yield Text("Evidence", style="bold")
    for evidence in action.evidence:
        yield from _evidence(evidence, ZoneInfo(plan.shop.timezone))
    if action.assumptions:
        yield Text("Assumed", style="bold")
    for assumption in action.assumptions:
        yield Text(f"  {assumption}", style="yellow")


def _evidence(evidence: Evidence, zone: ZoneInfo) -> Iterator[Text]:
    yield Text.assemble("  ", (evidence.id, "cyan"), f"  {evidence.tool}")
    for ref in evidence.data:
        chosen = ", ".join(f"{key}={value}" for key, value in ref.selector.items())
        rows = f", {ref.rows:,} rows" if ref.rows is not None else ""
        yield Text(
            f"    data: {ref.source}{f' ({chosen})' if chosen else ''}{rows}, as of"
            f" {ref.as_of.astimezone(zone):%Y-%m-%d}, facts {ref.facts_hash[:10]}",
            style="dim",
        )
    yield Text(f"    parameters: {_pairs(evidence.params)}", style="dim")
    yield Text(f"    result: {_pairs(evidence.result)}")


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={_short(value)}" for key, value in values.items()) or "none"


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
