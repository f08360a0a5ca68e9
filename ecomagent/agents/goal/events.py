"""Days that have a name: festivals and sales days, as spans of a year."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

Span = tuple[date, date]
"""First and last day, both inclusive."""


def _fixed(month: int, day: int, days: int = 1) -> Callable[[int, str], Span]:
    def span(year: int, country: str) -> Span:
        first = date(year, month, day)
        return first, first + timedelta(days=days - 1)

    return span


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday (Monday is 0) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _thanksgiving(year: int, country: str) -> Span:
    day = nth_weekday(year, 10, 0, 2) if country == "CA" else nth_weekday(year, 11, 3, 4)
    return day, day


def _after_thanksgiving(days: int) -> Callable[[int, str], Span]:
    def span(year: int, country: str) -> Span:
        day = nth_weekday(year, 11, 3, 4) + timedelta(days=days)
        return day, day

    return span


def _easter(year: int, country: str) -> Span:
    from dateutil.easter import easter  # type: ignore[import-untyped]

    sunday = easter(year)
    return sunday - timedelta(days=2), sunday + timedelta(days=1)


def _mothers_day(year: int, country: str) -> Span:
    if country in ("GB", "IE"):  # Mothering Sunday, three weeks before Easter
        from dateutil.easter import easter

        day = easter(year) - timedelta(days=21)
    else:
        day = nth_weekday(year, 5, 6, 2)
    return day, day


def _fathers_day(year: int, country: str) -> Span:
    day = nth_weekday(year, 6, 6, 3)
    return day, day


@cache
def _chinese(year: int) -> Mapping[str, date]:
    """First day of each statutory festival that follows the moon or the sun."""
    import holidays

    found: dict[str, date] = {}
    calendar = holidays.country_holidays("CN", years=year, language="en_US")
    for day, name in sorted(calendar.items()):
        for part in name.split("; "):
            found.setdefault(part, day)
    return found


def _festival(name: str, days: int = 1) -> Callable[[int, str], Span]:
    def span(year: int, country: str) -> Span:
        calendar = _chinese(year)
        first = next(day for title, day in calendar.items() if name in title)
        return first, first + timedelta(days=days - 1)

    return span


EVENTS: tuple[tuple[str, str, Callable[[int, str], Span]], ...] = (
    (r"(?:the )?(?:singles'?|single's|double eleven|double 11|11\.11)(?: day)?(?: sales?)?",
     r"双(?:十一|11)|光棍节|11\.11", _fixed(11, 11)),
    (r"(?:double twelve|double 12|12\.12)(?: sales?)?", r"双(?:十二|12)|12\.12", _fixed(12, 12)),
    (r"(?:the )?(?:6\.18|618)(?: sales?)?", r"(?<!\d)6\.?18(?!\d)(?:大促)?", _fixed(6, 18)),
    (r"new year'?s eve", r"跨年夜?|除夕夜", _fixed(12, 31)),
    (r"(?:chinese|lunar) new year|spring festival|cny holidays?", r"春节|过年|农历新年|大年初一",
     _festival("Spring Festival", days=7)),
    (r"new year(?:'?s)?(?: day)?", r"元旦|新年", _fixed(1, 1)),
    (r"christmas eve", r"平安夜|圣诞前夜", _fixed(12, 24)),
    (r"christmas(?: day)?|xmas", r"圣诞节?", _fixed(12, 25)),
    (r"boxing day", r"节礼日", _fixed(12, 26)),
    (r"valentine'?s?(?: day)?", r"(?<!人)情人节", _fixed(2, 14)),
    (r"international women'?s day", r"(?:三八|38)?(?:妇女节|女神节|女王节)", _fixed(3, 8)),
    (r"halloween", r"万圣节", _fixed(10, 31)),
    (r"labou?r day holidays?|may day", r"五一(?:节|劳动节|假期)?|劳动节", _fixed(5, 1, days=5)),
    (r"children'?s day", r"儿童节|六一", _fixed(6, 1)),
    (r"(?:chinese )?national day|golden week", r"国庆(?:节|假期)?|十一(?:黄金周|假期|长假)",
     _fixed(10, 1, days=7)),
    (r"thanksgiving(?: day)?", r"感恩节", _thanksgiving),
    (r"black friday", r"黑(?:色星期)?五", _after_thanksgiving(1)),
    (r"cyber monday", r"网(?:络星期)?一", _after_thanksgiving(4)),
    (r"easter(?: weekend)?", r"复活节", _easter),
    (r"mother'?s'? day|mothering sunday", r"母亲节", _mothers_day),
    (r"father'?s'? day", r"父亲节", _fathers_day),
    (r"dragon boat festival", r"端午节?", _festival("Dragon Boat")),
    (r"mid ?autumn(?: festival)?", r"中秋节?", _festival("Mid-Autumn")),
    (r"qingming(?: festival)?|tomb sweeping day", r"清明节?", _festival("Tomb-Sweeping")),
)  # fmt: skip
"""English pattern, Chinese pattern, span of a year in a country."""

UNDATED = (
    r"prime day|ramadan|eid|diwali|hanukkah|back to school|term starts?|summer sales?|winter sales?"
    r"|white friday|payday"
)
UNDATED_ZH = r"七夕节?|开学季?|年货节|周年庆|店庆|暑假|寒假|会员日|女生节|重阳节?|腊八节?|元宵节?"
"""Named times whose date only the merchant can say."""


def event_patterns() -> tuple[tuple[re.Pattern[str], Callable[[int, str], Span]], ...]:
    """Every named day as a pattern of folded text."""
    found = []
    for english, chinese, span in EVENTS:
        spaced = english.replace(" ", r"[\s-]+")
        found.append((re.compile(rf"(?<![a-z0-9])(?:{spaced})(?![a-z0-9])|{chinese}"), span))
    return tuple(found)
