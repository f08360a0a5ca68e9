"""Finds expressions that name a day, month, quarter or festival, as a span for each year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from ecomagent.agents.goal import dates
from ecomagent.agents.goal.events import UNDATED, UNDATED_ZH, event_patterns
from ecomagent.agents.goal.spans import Period, period

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
WEEKDAYS = (
    "mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thur?s?(?:day)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_ZH = "零〇一二三四五六七八九十"
_YEAR = r"(?:,?[ ]?(?P<year>\d{4}|'\d{2})(?![\d%]))?"
_ZH_YEAR = r"(?:(?P<year>\d{4})年|(?P<rel>今年|明年|后年|去年|本年))?的?"
_PREFIXES = "by in until till before during for of through this next"
_NTH = r"(?:st|nd|rd|th)?"


@cache
def _table() -> tuple[tuple[re.Pattern[str], dates.Builder], ...]:
    word, end = r"(?<![a-z0-9])", r"(?![a-z0-9])"
    number = rf"\d{{1,2}}|[{_ZH}]+"
    which = (
        r"(?P<which>this|the[\s-]+current|current|(?:the[\s-]+)?rest[\s-]+of[\s-]+(?:the|this)"
        r"|(?:the[\s-]+)?(?:next|coming|following|last|past|previous))"
    )
    led = r"(?:(?<=by )|(?<=until )|(?<=till )|(?<=before )|(?<=from )|(?<=to )|(?<=on ))"
    prefixed = "|".join(f"(?<={each} )" for each in _PREFIXES.split())
    number_free = r"(?<![\d个今明本这该季半多几两一二三四五六七八九十年])"
    whole = r"(?!的?[\d一二三四五六七八九十]+月|的?第?[一二三四\d]季|的?q\d|的?[上下]半年)"
    rows: list[tuple[str, dates.Builder]] = [
        (r"(?<!\d)(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})(?!\d)[日号]?", dates.iso),
        (rf"{word}(?P<a>\d{{1,2}})[/.](?P<b>\d{{1,2}})[/.](?P<y>\d{{4}}|\d\d)(?![\d/.])", dates.slashed),
        (rf"{led}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?![\d/])", dates.slashed),
        (r"(?<![\d/.])(?P<b>\d{1,2})/(?P<a>\d{1,2})(?=(?:之|以)?前|为止|止)", dates.slashed),
        (rf"{word}(?:the[\s-]+)?(?:\d{{1,2}}{_NTH}[ ]?(?:-|to)[ ]?)?(?P<day>\d{{1,2}}){_NTH}[\s-]+"
         rf"(?:of[\s-]+)?(?P<month>{MONTHS})\.?{_YEAR}{end}", dates.month_day),
        (rf"{word}(?P<month>{MONTHS})\.?[\s-]+(?:the[\s-]+)?(?P<day>\d{{1,2}}){_NTH}(?![\d%]){_YEAR}"
         rf"{end}", dates.month_day),
        (rf"{_ZH_YEAR}(?P<month>{number})月(?:份)?的?(?P<day>{number})[日号]", dates.zh_month_day),
        (rf"{_ZH_YEAR}(?<!\d)(?P<month>{number})月份?(?P<part>[上中下]旬|[底末初中])?", dates.month),
        (rf"{word}(?P<month>{MONTHS})\.?[\s-]+(?P<year>\d{{4}}|'\d\d){end}", dates.month),
        (rf"{word}(?P<part>early|mid|late|end)[\s-]+(?:of[\s-]+)?(?P<month>{MONTHS}){_YEAR}{end}",
         dates.month),
        (rf"(?:{prefixed})(?P<month>{MONTHS}){_YEAR}{end}", dates.month),
        (rf"{word}(?P<month>january|february|april|june|july|august|september|october|november"
         rf"|december){_YEAR}{end}", dates.month),
        (rf"{word}the[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th){end}", dates.day_of_month),
        (r"(?<![\d月])(?P<day>\d{1,2})(?:日|号(?![码商]))(?![内元圆本用])", dates.day_of_month),
        (rf"{word}q(?P<q>[1-4])(?:[\s/-]*(?P<year>20\d\d|'\d\d))?{end}", dates.quarter),
        (rf"{word}(?:the[\s-]+)?(?P<q>first|second|third|fourth)[\s-]+quarter"
         rf"(?:[\s-]+of[\s-]+(?P<year>20\d\d))?{end}", dates.quarter),
        (rf"{_ZH_YEAR}(?:第(?P<q>[一二三四1-4])季度?|(?P<q2>[一二三四1-4首])季度)(?P<part>[底末])?",
         dates.quarter),
        (r"(?:(?P<year>\d{4})年|(?P<rel>今年|明年))的?q(?P<q>[1-4])(?P<part>[底末])?", dates.quarter),
        (rf"{word}h(?P<h>[12])(?:[\s/-]*(?P<year>20\d\d))?{end}", dates.half),
        (rf"{_ZH_YEAR}(?P<h>[上下])半年(?P<part>[底末])?", dates.half),
        (rf"{word}{which}[\s-]+(?P<unit>weekend|week|month|quarter|year){end}", dates.calendar),
        (rf"{word}(?P<which>)(?P<part>mid)[\s-]+(?P<unit>month|year){end}", dates.calendar),
        (rf"{word}(?P<which>)(?P<unit>week|month|quarter|year)[\s-]+(?P<part>end){end}", dates.calendar),
        (rf"{word}(?P<which>)(?P<part>end)[\s-]+of[\s-]+(?:the[\s-]+)?(?P<unit>week|month|quarter"
         rf"|year){end}", dates.calendar),
        (r"(?<![下上])(?P<which>本|这个?|当|下一?个?|上一?个?)(?P<unit>周末)", dates.calendar),
        (r"(?P<which>)(?<![每个])(?P<unit>周末)", dates.calendar),
        (r"(?<![下上])(?P<which>本|这一?个?|当|下一?个?|上一?个?)(?P<unit>周|星期|礼拜|月份?|季度?)"
         r"(?![一二三四五六日天])(?P<part>[底末中尾])?", dates.calendar),
        (rf"(?P<which>){number_free}(?P<unit>[月年季])度?(?P<part>[底末中])", dates.calendar),
        (rf"(?P<year>\d{{4}})年{whole}(?P<part>[底末])?", dates.whole_year),
        (r"(?P<which>明)年?(?P<unit>年)(?P<part>[底末])", dates.calendar),
        (rf"(?P<which>[今去明])(?P<unit>年){whole}(?P<part>[底末中])?", dates.calendar),
        (r"(?P<which>)(?P<unit>年|月|季度)(?=[之以]?内)", dates.calendar),
        (rf"{word}(?P<which>this[\s-]+|next[\s-]+)?(?P<day>monday|tuesday|wednesday|thursday|friday"
         rf"|saturday|sunday){end}", dates.weekday),
        (rf"{led}(?P<which>this |next )?(?P<day>{WEEKDAYS}){end}", dates.weekday),
        (r"(?P<which>本|这|下个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])(?![个年月])",
         dates.weekday),
        (rf"{word}(?:today|tonight|tomorrow|yesterday){end}|今天|今日|今晚|明天|明日|后天"
         "|昨天", dates.near_day),
        (rf"{word}(?:{UNDATED.replace(' ', '[ -]+')}){end}|{UNDATED_ZH}", dates.undated),
        (rf"{word}(?:by|until|before|this|next)[\s-]+(?:the[\s-]+)?(?:spring|summer|autumn|winter){end}"
         r"|(?:今年|明年|这个)[春夏秋冬][天季]?", dates.undated),
    ]  # fmt: skip
    return tuple((re.compile(pattern), builder) for pattern, builder in rows)


def find_periods(folded: str, today: date, country: str) -> Iterator[Period]:
    """Every expression of the folded text that names a time; they may overlap."""
    for pattern, builder in _table():
        for match in pattern.finditer(folded):
            yield builder(match, today, country)
    for pattern, span in event_patterns():
        for match in pattern.finditer(folded):
            yield period(match, "event", lambda y, s=span: s(y, country), None)  # type: ignore[misc]
