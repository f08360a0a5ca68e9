"""Reads until when a goal runs: named days with “by”, “before”, 前, 内; lengths; rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ecomagent.agents.goal.numbers import ANY_NUMBER, read_number
from ecomagent.agents.goal.periods import find_periods
from ecomagent.agents.goal.spans import Period, next_span
from ecomagent.agents.goal.tokens import Kind, Token

MAX_DAYS = 730

_PREFIX = re.compile(
    r"(?<![a-z0-9])(?:(?P<by>no[\s-]+later[\s-]+than|not[\s-]+later[\s-]+than|up[\s-]+(?:to|until)"
    r"|by|until|till|til|through|thru|to|until|ending|ends|latest)"
    r"|(?P<before>before|prior[\s-]+to|ahead[\s-]+of|in[\s-]+time[\s-]+for)"
    r"|(?P<after>after|from|starting(?:[\s-]+(?:from|on|in))?|since|beginning(?:[\s-]+(?:on|in))?)"
    r"|(?P<within>within|in|on|during|over|for|throughout|at|this))[\s-]+"
    r"(?:the[\s-]+)?(?:(?P<part>very[\s-]+end|end|close|start|beginning|middle|rest|remainder)"
    r"[\s-]+of[\s-]+(?:the[\s-]+)?)?$"
    r"|(?<![a-z0-9])(?P<bare>end|close|start|beginning|middle|rest)[\s-]+of[\s-]+(?:the[\s-]+)?$"
)
_ZH_PREFIX = re.compile(
    r"(?:(?P<by>截[至止]到?|直?到|至|赶在|在?不晚于)|(?P<after>从|自)|(?P<within>在|于))$"
)
_ZH_SUFFIX = re.compile(
    r"(?P<before>之前|以前|前(?!台|卫|端|后))|(?P<by>为止|止)|(?P<after>以后|之后|后|起|开始)"
    r"|(?P<within>期间|之内|以内|内|里|当天|那天|时|(?:大促|活动|销售)?期间|大促)"
)
_LENGTH_EN = re.compile(
    rf"(?<![a-z0-9])(?<!\d[.,])(?:(?:with)?in|for|over|during|of)?[\s-]*(?:the[\s-]+)?"
    rf"(?:(?:usual|next|coming|following)[\s-]+)?"
    rf"(?P<n>{ANY_NUMBER}|half[\s-]+an?)[\s-]*(?P<unit>days?|weeks?|wks?|fortnights?|months?"
    r"|quarters?|years?|yrs?|hours?)(?:'s?)?(?:[\s-]+(?:time|period|horizon))?(?![a-z0-9])"
)
_LENGTH_ZH = re.compile(
    rf"(?:在|从现在起|未来的?|接下来的?|今后|往后|之后的?|后面|通常的)?(?P<n>{ANY_NUMBER}|半)个?(?P<unit>天"
    r"|日(?=之?内)|周(?!年)|星期|礼拜|季度|月(?!份|底|初|末|饼)|年(?!前|轻|龄|货)|小时)(?P<half>半)?"
    r"(?:的?时间|期)?(?:之内|以内|内|里)?"
)
_RATE = re.compile(
    r"(?<![a-z0-9])(?:per|each|every|a|an)[\s-]+(?:single[\s-]+)?(?:day|week|month|quarter|year)"
    r"(?![a-z0-9'])|(?<![a-z0-9])(?:daily|weekly|monthly|yearly|quarterly)(?![a-z0-9])"
    r"|/[ ]?(?:day|week|month|天|日|周|月)(?![a-z])"
    r"|每一?个?(?:天|日(?!用)|周|星期|月|季度?|年)|(?<![\d一二三四五六七八九十号节今明昨])[日周月](?=预算|花费|费用|支出)"
)
_LED = re.compile(r"(?:within|in|for|over|the|next|coming|half)[\s-]+$")
_DAYS = {
    "day": 1, "week": 7, "wk": 7, "fortnight": 14, "month": 30, "quarter": 91, "year": 365,
    "yr": 365, "天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "季度": 91, "年": 365,
}  # fmt: skip
"""Days of a length. A month is 30 days, a quarter 91 and a year 365, counted from today."""


@dataclass(frozen=True)
class When:
    """Until when, or for how long; with ``issue`` set the text does not settle it.

    Issues: ``past``, ``no_day``, ``undated``, ``day_month``, ``start`` (asks to begin later),
    ``by_span`` (“by February”), ``too_long``, ``unreadable``.
    """

    until: date | None = None
    days: int | None = None
    usual: bool = False
    start: date | None = None
    issue: str | None = None
    choices: tuple[date, ...] = ()


def _modifiers(folded: str, period: Period) -> tuple[int, int, str, str | None]:
    """Where the expression with its prepositions starts and ends, its relation, and its part."""
    start, end = period.start, period.end
    relation, part = "", None
    before = _PREFIX.search(folded[:start]) or _ZH_PREFIX.search(folded[:start])
    if before:
        groups = before.groupdict()
        part = groups.get("part") or groups.get("bare")
        relation = next((n for n in ("by", "before", "after", "within") if groups.get(n)), "")
        start = before.start()
        outer = _PREFIX.search(folded[:start]) if groups.get("bare") else None
        if outer and not outer["part"]:
            start, relation = outer.start(), relation or str(outer.lastgroup)
    behind = _ZH_SUFFIX.match(folded, end)
    if behind and not (relation and behind["after"] and relation != "after"):
        relation = next(n for n in ("before", "by", "after", "within") if behind[n])
        relation = f"zh_{relation}" if relation == "before" else relation
        end = behind.end()
    return start, end, relation, re.sub(r"[\s-]+", " ", part) if part else None


def _end_of(span: tuple[date, date], kind: str, relation: str, part: str | None) -> date | str:
    """The last day meant, or the issue that keeps it open."""
    first, last = span
    if part in ("start", "beginning"):
        first, last, kind = first, first, "day"
    elif part == "middle":
        first = last = first + (last - first) // 2
        kind = "day"
    elif part:
        first, kind = last, "end"
    if relation == "before":
        return last if kind == "end" else first - timedelta(days=1)
    if relation == "zh_before":
        return last if kind in ("end", "day") else first - timedelta(days=1)
    if relation == "after":
        return "start"
    if relation == "by" and kind in ("month", "quarter", "week", "year"):
        return "by_span"
    return last


def _settled(period: Period, relation: str, part: str | None, today: date) -> When:
    if period.issue in ("past", "undated"):
        return When(issue=period.issue)
    span = next_span(period.of_year, period.year, today)
    if span is None:
        return When(issue="no_day")
    end = _end_of(span, period.kind, relation, part)
    if isinstance(end, date) and end < today and period.year is None:
        later = next_span(period.of_year, None, span[1] + timedelta(days=1))
        if later is not None:
            span, end = later, _end_of(later, period.kind, relation, part)
    if end == "start":
        return When(start=span[0], issue="start", choices=span[1:] if span[0] < span[1] else ())
    if end == "by_span":
        return When(issue="by_span", choices=(span[0] - timedelta(days=1), span[1]))
    assert isinstance(end, date)
    if period.issue == "day_month":
        return When(issue="day_month", choices=period.choices)
    if end < today:
        return When(until=end, issue="past")
    if (end - today).days >= MAX_DAYS:
        return When(until=end, issue="too_long")
    return When(until=end)


def _periods(folded: str, today: date, country: str) -> Iterator[Token]:
    for period in find_periods(folded, today, country):
        start, end, relation, part = _modifiers(folded, period)
        yield Token(Kind.WHEN, start, end, _settled(period, relation, part, today))


def _length(number: Decimal | None, unit: str, extra: Decimal, *, usual: bool) -> When:
    if number is None:
        return When(issue="unreadable")
    unit = unit.removesuffix("s")
    days = -(-number // 24) if unit in ("hour", "小时") else (number + extra) * _DAYS[unit]
    whole = int(days.to_integral_value()) if days < 10**6 else MAX_DAYS + 1
    if unit in ("year", "yr", "年") and extra == 0 and number == number.to_integral_value():
        whole = int(number) * 365 if number < 10 else MAX_DAYS + 1
    if whole > MAX_DAYS:
        return When(issue="too_long")
    if whole < 1:
        return When(issue="unreadable")
    return When(days=None if usual else whole, usual=usual)


def _lengths(folded: str) -> Iterator[Token]:
    for pattern in (_LENGTH_EN, _LENGTH_ZH):
        for match in pattern.finditer(folded):
            text = match["n"]
            if text in ("a", "an") and not _LED.search(
                match[0][: match.start("n") - match.start()]
            ):
                continue
            half = text.startswith(("half", "半"))
            found = None if half else read_number(text)
            number = Decimal("0.5") if half else found.value if found else None
            extra = Decimal("0.5") if match.groupdict().get("half") else Decimal(0)
            usual = "usual" in match[0] or "通常" in match[0]
            start = match.start() + len(match[0]) - len(match[0].lstrip(" -"))
            yield Token(
                Kind.WHEN, start, match.end(), _length(number, match["unit"], extra, usual=usual)
            )


def find_times(folded: str, today: date, country: str) -> Iterator[Token]:
    """Every end date, length and rate of the folded text; they may overlap."""
    yield from _periods(folded, today, country)
    yield from _lengths(folded)
    for match in _RATE.finditer(folded):
        yield Token(Kind.RATE, match.start(), match.end())


def joined(tokens: list[Token], folded: str, today: date) -> list[Token]:
    """Neighbouring times as one: “from 1 to 15 March”, “1月1日到15日”."""
    found: list[Token] = []
    for token in tokens:
        last = found[-1] if found else None
        if last is None or token.kind is not Kind.WHEN or last.kind is not Kind.WHEN:
            found.append(token)
            continue
        between = folded[last.end : token.end]
        gap = folded[last.end : token.start]
        is_range = re.match(r"\s*(?:-|~|to|until|till|through|到|至)", between)
        begins: When = last.value
        ends: When = token.value
        if gap.strip() or not is_range or ends.until is None or begins.days or ends.issue:
            found.append(token)
            continue
        start = begins.start or begins.until
        value = ends
        if start is not None and start > today:
            value = replace(ends, start=start, issue="start", choices=(ends.until,))
        found[-1] = Token(Kind.WHEN, last.start, token.end, value)
    return found
