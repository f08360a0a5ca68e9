"""Says goals and their parts in both languages, in words that the grammar reads back the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ecomagent.agents.goal.figures import plain
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.domain.goal import (
    DEFAULT_HORIZON_DAYS,
    Budget,
    Constraints,
    Exclusion,
    Goal,
    Language,
    Lever,
    Objective,
    Scope,
)

OBJECTIVES: dict[Objective, dict[Language, str]] = {
    Objective.GROSS_PROFIT: {"en": "grow gross profit", "zh": "提升毛利"},
    Objective.REVENUE: {"en": "grow revenue", "zh": "提升营收"},
    Objective.UNITS: {"en": "sell more units", "zh": "提升销量"},
    Objective.CLEAR_STOCK: {"en": "clear stock", "zh": "清理库存"},
    Objective.NEW_CUSTOMERS: {"en": "win new customers", "zh": "吸引新客户"},
    Objective.REPEAT_PURCHASE: {"en": "grow repeat purchases", "zh": "提升复购率"},
}
LEVERS: dict[Lever, dict[Language, str]] = {
    Lever.SELECTION: {"en": "product selection", "zh": "选品"},
    Lever.PRICING: {"en": "pricing", "zh": "定价"},
    Lever.MARKETING: {"en": "marketing", "zh": "营销"},
    Lever.REPLENISHMENT: {"en": "reordering", "zh": "补货"},
}
_MONTH_WORDS = (
    "January February March April May June July August September October November December"
)
_MONTHS = _MONTH_WORDS.split()
_FIELDS: dict[str, dict[Language, str]] = {
    "categories": {"en": "category", "zh": "类目"},
    "brands": {"en": "brand", "zh": "品牌"},
    "tags": {"en": "tag", "zh": "标签"},
    "skus": {"en": "SKU", "zh": "SKU"},
}


_STATES: dict[str, dict[Language, str]] = {
    "sale items": {"en": "sale items", "zh": "促销商品"},
    "dead stock": {"en": "dead stock", "zh": "滞销品"},
}
"""Products that only figures can tell, as ``products.STATES`` names them."""


def percent(value: Decimal) -> str:
    """A fraction as a percentage, e.g. ``35%``."""
    return f"{plain(value * 100):f}%"


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency code, e.g. ``2,000 GBP``."""
    return f"{plain(value):,f} {currency}"


def day(value: date, language: Language) -> str:
    """A calendar day, e.g. ``31 January 2027``."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def limit(metric: Metric, value: Decimal, currency: str, language: Language) -> str:
    """One limit, e.g. ``margin at least 35%``."""
    zh = language == "zh"
    share = percent(value)
    if metric is Metric.MARGIN:
        return f"毛利率不低于{share}" if zh else f"margin at least {share}"
    if metric is Metric.CHANGE:
        return f"调价不超过{share}" if zh else f"no price change above {share}"
    if metric is Metric.DISCOUNT:
        if value == 0:
            return "不打折" if zh else "no discounts"
        return f"折扣最多{share}" if zh else f"no more than {share} off"
    if metric is Metric.SERVICE:
        return f"现货率不低于{share}" if zh else f"service level at least {share}"
    money = amount(value, currency)
    return f"预算不超过{money}" if zh else f"budget at most {money}"


def until(value: date, language: Language) -> str:
    """An end date, e.g. ``until 31 January 2027``."""
    return f"到{day(value, language)}为止" if language == "zh" else f"until {day(value, language)}"


def _aim(goal: Goal, language: Language) -> str:
    if goal.objective is None:
        return ""
    if goal.cleared is None:
        return OBJECTIVES[goal.objective][language]
    if goal.cleared == 1:
        return "清空库存" if language == "zh" else "clear all stock"
    share = percent(goal.cleared)
    return f"清理{share}的库存" if language == "zh" else f"clear {share} of stock"


def _horizon(goal: Goal) -> str:
    zh = goal.language == "zh"
    if goal.until is not None:
        return until(goal.until, goal.language)
    if goal.horizon_days is None:
        days = DEFAULT_HORIZON_DAYS
        return f"通常的{days}天" if zh else f"over the usual {days} days"
    days = goal.horizon_days
    return f"未来{days}天" if zh else f"over the next {days} day{'s' if days > 1 else ''}"


def _listed(parts: list[str], language: Language) -> str:
    if language == "zh":
        return "、".join(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _named(part: Exclusion, language: Language) -> list[str]:
    found = []
    for field, marker in _FIELDS.items():
        for value in getattr(part, field):
            found.append(f"{marker[language]} “{value}”" if language == "en"
                         else f"{marker[language]}“{value}”")  # fmt: skip
    if part.text:
        for text in part.text.split(", "):
            found.append(f"“{_STATES.get(text, {}).get(language, text)}”")
    return found


def scope(value: Scope, language: Language) -> str:
    """Which products, e.g. ``for category “Mugs”, except “sale items”``."""
    zh = language == "zh"
    named = _named(value, language)
    if named:
        said = f"仅限{_listed(named, language)}" if zh else f"for {_listed(named, language)}"
    else:
        said = "全店" if zh else "across the whole shop"
    left_out = _named(value.exclude, language)
    if left_out:
        listed = _listed(left_out, language)
        said += f",除了{listed}" if zh else f", except {listed}"
    return said


def limits(constraints: Constraints, language: Language, currency: str = "") -> list[str]:
    """Every limit of a goal, each as a phrase."""
    found = []
    for metric in (Metric.MARGIN, Metric.CHANGE, Metric.DISCOUNT, Metric.SERVICE):
        value = getattr(constraints, metric.value)
        if value is not None:
            found.append(limit(metric, value, currency, language))
    if constraints.budget is not None:
        budget: Budget = constraints.budget
        found.append(limit(Metric.BUDGET, budget.amount, budget.currency, language))
    return found


def levers(value: tuple[Lever, ...], language: Language) -> str:
    """Which levers alone may be used."""
    names = [LEVERS[lever][language] for lever in value]
    return f"只用{'和'.join(names)}" if language == "zh" else f"only {_listed(names, language)}"


def describe_goal(goal: Goal, language: Language | None = None) -> str:
    """The sentence a merchant confirms; parsing it gives the same goal again.

    Args:
        goal: A parsed goal; one without an objective is described without one.
        language: Language of the sentence; the goal's own by default.
    """
    said = language or goal.language
    goal = goal.model_copy(update={"language": said})
    aim = _aim(goal, said)
    clauses = [*limits(goal.constraints, said)]
    if goal.constraints.levers:
        clauses.append(levers(goal.constraints.levers, said))
    where = scope(goal.scope, said)
    if said == "zh":
        return ";".join(filter(None, [f"{_horizon(goal)}{aim}", where, *clauses])) + "。"
    first = " ".join(filter(None, [aim, _horizon(goal), where]))
    sentence = "; ".join([first, *clauses])
    return sentence[0].upper() + sentence[1:] + "."
