"""How one action reads in a terminal: `+ ~ −`, before → after, expected impact, risk, reason.

Text from outside (titles, reasons) goes into ``Text`` objects, never into markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from rich.text import Text

from ecomagent.cli.change_text import change_text
from ecomagent.domain.action import (
    Action,
    ActionKind,
    CreateBundle,
    Impact,
    Metric,
    Quantiles,
    Reorder,
    SendCampaign,
    StartExperiment,
)
from ecomagent.domain.goal import Language
from ecomagent.domain.money import minor_digits
from ecomagent.domain.plan import ShopRef

ENDS = ("−", "red")
SYMBOLS = {
    ActionKind.SET_PRICE: ("~", "yellow"),
    ActionKind.UPDATE_CONTENT: ("~", "yellow"),
    ActionKind.START_PROMOTION: ("+", "green"),
    ActionKind.START_EXPERIMENT: ("+", "green"),
    ActionKind.LIST_PRODUCT: ("+", "green"),
    ActionKind.REORDER: ("+", "green"),
    ActionKind.SEND_CAMPAIGN: ("+", "green"),
    ActionKind.CREATE_BUNDLE: ("+", "green"),
    ActionKind.END_PROMOTION: ENDS,
    ActionKind.DELIST_PRODUCT: ENDS,
}
RISK_STYLE = {"low": "dim", "medium": "yellow", "high": "red"}
METRICS: dict[Language, dict[Metric, str]] = {
    "en": {
        Metric.GROSS_PROFIT: "gross profit",
        Metric.REVENUE: "revenue",
        Metric.UNITS: "units",
        Metric.STOCKOUT_DAYS: "stockout days",
        Metric.SPEND: "spend",
    },
    "zh": {
        Metric.GROSS_PROFIT: "毛利",
        Metric.REVENUE: "销售额",
        Metric.UNITS: "销量",
        Metric.STOCKOUT_DAYS: "缺货天数",
        Metric.SPEND: "支出",
    },
}
KINDS_ZH = {
    ActionKind.SET_PRICE: "调价",
    ActionKind.START_PROMOTION: "促销",
    ActionKind.END_PROMOTION: "结束促销",
    ActionKind.START_EXPERIMENT: "价格试验",
    ActionKind.LIST_PRODUCT: "上架",
    ActionKind.DELIST_PRODUCT: "下架",
    ActionKind.REORDER: "补货",
    ActionKind.SEND_CAMPAIGN: "营销活动",
    ActionKind.UPDATE_CONTENT: "改文案",
    ActionKind.CREATE_BUNDLE: "组合装",
}
RISKS_ZH = {"low": "低风险", "medium": "中风险", "high": "高风险"}
ASSUMED = "*"
"""Stands beside every figure that rests on an assumed cost."""
ASSUMED_COST = "no cost on file"
"""The words by which tools name that assumption; see ``tools.costs.cost_assumption``."""
COUNTED = frozenset({Metric.UNITS, Metric.STOCKOUT_DAYS})
LARGE = 100
"""Expected figures from here on are shown in whole units."""
RESTS_ON_COST = frozenset({Metric.GROSS_PROFIT})
TITLE_WIDTH = 38
INDENT = "      "


def symbol_of(action: Action) -> tuple[str, str]:
    """`+`, `~` or `−`, and its colour; what calls off an order, campaign or bundle ends it."""
    match action:
        case Reorder(after=after) if after.quantity == 0:
            return ENDS
        case SendCampaign(after=after) if after.status == "cancelled":
            return ENDS
        case StartExperiment(after=after) if after.status == "stopped":
            return ENDS
        case CreateBundle(after=after) if after.status == "archived":
            return ENDS
    return SYMBOLS[action.kind]


def action_lines(
    action: Action,
    shop: ShopRef,
    titles: Mapping[str, str],
    standing: str = "",
    language: Language = "en",
) -> Iterator[Text]:
    """An action on two or three lines: what, with which effect, why."""
    yield action_line(action, shop, titles, standing, language)
    impact = impact_text(action, shop.currency, language)
    if impact:
        yield Text(INDENT + impact)
    if action.reasons:
        yield Text(INDENT + said(action.reasons[0], language), style="dim")


def action_detail(
    action: Action,
    shop: ShopRef,
    titles: Mapping[str, str],
    language: Language = "en",
    *,
    reasons: bool = True,
) -> Iterator[Text]:
    """An action as a reviewer decides on it: every reason, what policy did, what is assumed."""
    yield action_line(action, shop, titles, "", language)
    impact = impact_text(action, shop.currency, language)
    if impact:
        yield Text(INDENT + impact)
    for reason in action.reasons if reasons else ():
        yield Text(f"{INDENT}· {said(reason, language)}", style="dim")
    yield from policy_lines(action)
    if rests_on_assumed_cost(action):
        words = next(text for text in action.assumptions if ASSUMED_COST in text)
        yield Text(f"{INDENT}{ASSUMED} {words}", style="yellow")


def action_line(
    action: Action,
    shop: ShopRef,
    titles: Mapping[str, str],
    standing: str = "",
    language: Language = "en",
) -> Text:
    """Symbol, id, what, on what, before → after, risk, and where it stands."""
    symbol, colour = symbol_of(action)
    risk = RISKS_ZH[action.risk.value] if language == "zh" else f"{action.risk.value} risk"
    line = Text.assemble(
        (f"{symbol} ", f"bold {colour}"), (action.id, "cyan"), " ",
        kind_text(action.kind, language), " ", (target_text(action, titles), "bold"), "  ",
        change_text(action, shop, language), "  ",
        (risk, RISK_STYLE[action.risk.value]),
    )  # fmt: skip
    if standing:
        line.append(f"  [{standing}]", style="magenta")
    return line


def kind_text(kind: ActionKind, language: Language = "en") -> str:
    """What is done, in words."""
    return KINDS_ZH[kind] if language == "zh" else kind.value.replace("_", " ")


def said(reason: Any, language: Language) -> str:
    """A reason (or anything with both) in one language."""
    return str(reason.zh if language == "zh" else reason.en)


def target_text(action: Action, titles: Mapping[str, str]) -> str:
    """The target's id and, where known, its title."""
    name = action.target.id
    title = " ".join(titles.get(name, "").split())
    if len(title) > TITLE_WIDTH:
        title = title[: TITLE_WIDTH - 1] + "…"
    return f"{name} {title}".strip()


def policy_lines(action: Action) -> Iterator[Text]:
    """The rules that moved the action, and who has to agree."""
    for rule in action.verdict.rules if action.verdict else ():
        if rule.clamped_to is not None:
            yield rule_text(rule.rule, rule.message, rule.clamped_from, rule.clamped_to)
        elif rule.decision == "needs_approval":
            yield rule_text(rule.rule, rule.message, None, None)


def rule_text(rule: str, message: str, was: str | None, now: str | None) -> Text:
    """What one rule said, and how it moved the value."""
    moved = f" (moved {was} → {now})" if now is not None else ""
    return Text.assemble(INDENT, (rule, "cyan"), f": {message}", (moved, "yellow"))


# Figures


def impact_text(action: Action, currency: str, language: Language = "en") -> str:
    """The metrics an action is expected to move, each with its interval; spend is in the change."""
    shown: Impact = {m: q for m, q in action.impact.items() if m is not Metric.SPEND}
    star = ASSUMED if rests_on_assumed_cost(action) else ""
    return " · ".join(
        f"{METRICS[language][metric]}{star if metric in RESTS_ON_COST else ''}"
        f" {interval(figures, metric, currency, language)}"
        for metric, figures in shown.items()
    )


def rests_on_assumed_cost(action: Action) -> bool:
    """Whether the action's profit was worked out with a cost that is not on file."""
    return any(ASSUMED_COST in text for text in action.assumptions)


def interval(figures: Quantiles, metric: Metric, currency: str, language: Language = "en") -> str:
    """Median, then the P10–P90 interval in the same unit, no more precise than it is known."""
    digits = _digits(metric, currency, figures.p10, figures.p50, figures.p90)
    middle = _amount(figures.p50, metric, currency, language, digits, signed=True)
    return f"{middle} ({_signed(figures.p10, digits)} … {_signed(figures.p90, digits)})"


def amount_text(value: Decimal, metric: Metric, currency: str, language: Language = "en") -> str:
    """A metric's figure: money in the shop's currency, or a count; large ones in whole units."""
    digits = _digits(metric, currency, value)
    return _amount(value, metric, currency, language, digits, signed=False)


def _amount(
    value: Decimal, metric: Metric, currency: str, language: Language, digits: int, *, signed: bool
) -> str:
    if metric in COUNTED:
        return _signed(value, digits) if signed else f"{value:,.{digits}f}"
    from babel.numbers import format_currency

    sign = "−" if value < 0 else "+" if signed else ""
    locale = "zh_CN" if language == "zh" else "en_GB"
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    shown = format_currency(abs(value), currency, pattern, locale=locale, currency_digits=False)
    return f"{sign}{shown}"


def _digits(metric: Metric, currency: str, *values: Decimal) -> int:
    """Decimals worth showing: none of what is expected in hundreds."""
    if max(abs(value) for value in values) >= LARGE:
        return 0
    return 1 if metric in COUNTED else minor_digits(currency)


def _signed(value: Decimal, digits: int) -> str:
    return f"{value:+,.{digits}f}".replace("-", "−")
