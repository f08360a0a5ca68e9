"""What each kind of date expression stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from ecomagent.agents.goal.events import Span
from ecomagent.agents.goal.numbers import read_chinese
from ecomagent.agents.goal.spans import (
    Period,
    day_span,
    month_span,
    next_span,
    period,
    quarter_span,
)

_MONTH_STARTS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    found = read_chinese(text)
    return int(found.value) if found else 0


def _part_of_month(year: int, month: int, part: str | None) -> Span:
    first, last = month_span(year, month)
    ends = {"early": 10, "初": 10, "上旬": 10, "mid": 15, "中旬": 20, "中": 15}
    if part in ends:
        return first, first.replace(day=ends[part])
    if part in ("late", "end", "底", "末", "下旬"):
        return last, last
    return first, last


def _year_of(match: re.Match[str], today: date) -> int | None:
    groups = match.groupdict()
    if groups.get("rel"):
        return today.year + {"今年": 0, "本年": 0, "明年": 1, "后年": 2, "去年": -1}[groups["rel"]]
    year = groups.get("year")
    if not year:
        return None
    return 2000 + int(year[1:]) if year.startswith("'") else int(year)


def _english_month(name: str) -> int:
    return _MONTH_STARTS.index(name[:3]) + 1


Builder = Callable[[re.Match[str], date, str], Period]
"""Makes a period of a match, given today and the shop's country."""


def month_day(match: re.Match[str], today: date, country: str) -> Period:
    """A day and an English month."""
    month, day = _english_month(match["month"]), int(match["day"])
    return period(match, "day", lambda year: day_span(year, month, day), _year_of(match, today))


def zh_month_day(match: re.Match[str], today: date, country: str) -> Period:
    """A Chinese month and day."""
    month, day = _number(match["month"]), _number(match["day"])
    return period(match, "day", lambda year: day_span(year, month, day), _year_of(match, today))


def month(match: re.Match[str], today: date, country: str) -> Period:
    """A month, or its beginning, middle or end."""
    groups = match.groupdict()
    name = match["month"]
    month = _english_month(name) if name[0].isascii() and name[0].isalpha() else _number(name)
    part = groups.get("part")
    kind = "end" if part else "month"
    if not 1 <= month <= 12:
        return period(match, kind, lambda year: None, None)
    return period(
        match, kind, lambda year: _part_of_month(year, month, part), _year_of(match, today)
    )


def iso(match: re.Match[str], today: date, country: str) -> Period:
    """Year, month and day in figures."""
    year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
    return period(match, "day", lambda _: day_span(year, month, day), year)


def slashed(match: re.Match[str], today: date, country: str) -> Period:
    """Day and month in figures; which comes first, the country says."""
    first, second = int(match["a"]), int(match["b"])
    year = match.groupdict().get("y")
    fixed = None if not year else int(year) + (2000 if len(year) == 2 else 0)
    day_first = [(second, first)]
    month_first = [(first, second)]
    if "." in match[0] or first > 12 or (country and country != "US"):
        orders = day_first
    elif second > 12 or country == "US":
        orders = month_first
    else:
        orders = day_first + month_first
    spans = list(dict.fromkeys(orders))
    month, day = spans[0]
    choices: tuple[date, ...] = ()
    if len(spans) > 1:
        choices = tuple(
            span[0]
            for month_, day_ in spans
            if (span := next_span(lambda y, m=month_, d=day_: day_span(y, m, d), fixed, today))  # type: ignore[misc]
        )
    return period(
        match, "day", lambda year_: day_span(year_, month, day), fixed,
        issue="day_month" if choices else None, choices=choices,
    )  # fmt: skip


def day_of_month(match: re.Match[str], today: date, country: str) -> Period:
    """“The 15th”, 15号: the next such day."""
    day = int(match["day"])
    for ahead in range(13):
        first, _ = month_span(today.year, today.month + ahead)
        month = first.month
        span = day_span(first.year, month, day)
        if span and span[0] >= today:
            return period(match, "day", partial(day_span, month=month, day=day), first.year)
    return period(match, "day", lambda _: None, today.year)


_ORDER = {"一": 1, "二": 2, "三": 3, "四": 4, "首": 1, "first": 1, "second": 2, "third": 3,
          "fourth": 4, "上": 1, "下": 2}  # fmt: skip


def quarter(match: re.Match[str], today: date, country: str) -> Period:
    """A quarter of a year."""
    which = match.groupdict().get("q") or match["q2"]
    quarter = int(which) if which.isdecimal() else _ORDER[which]
    return _ended(match, "quarter", lambda y: quarter_span(y, quarter), _year_of(match, today))


def half(match: re.Match[str], today: date, country: str) -> Period:
    """Half a calendar year."""
    which = match["h"]
    half = int(which) if which.isdecimal() else _ORDER[which]
    return _ended(
        match, "quarter",
        lambda y: (month_span(y, half * 6 - 5)[0], month_span(y, half * 6)[1]),
        _year_of(match, today),
    )  # fmt: skip


def _ended(
    match: re.Match[str], kind: str, of_year: Callable[[int], Span | None], year: int | None
) -> Period:
    """A period, or only its last day where 底/末 follows."""
    if match.groupdict().get("part") not in ("底", "末"):
        return period(match, kind, of_year, year)

    def last(of: int) -> Span | None:
        span = of_year(of)
        return None if span is None else (span[1], span[1])

    return period(match, "end", last, year)


_THIS = re.compile(r"this|(?:the )?current|(?:the )?rest of (?:the|this)|[本当今]|这一?个?")
_LAST = re.compile(r"(?:the )?(?:last|past|previous)|上一?个?|[去昨]")


def calendar(match: re.Match[str], today: date, country: str) -> Period:
    """This, next or last week, month, quarter or year, or its end."""
    which = re.sub(r"[\s-]+", " ", match["which"] or "").strip()
    unit = match["unit"]
    ahead = 0 if not which or _THIS.fullmatch(which) else -1 if _LAST.fullmatch(which) else 1
    span, kind = _calendar_span(unit, ahead, today)
    part = match.groupdict().get("part")
    if part in ("底", "末", "end", "尾"):
        span, kind = (span[1], span[1]), "end"
    elif part in ("中", "mid", "middle"):
        middle = span[0] + (span[1] - span[0]) // 2
        span, kind = (span[0], middle), "end"
    issue = "past" if ahead < 0 else None
    return period(match, kind, lambda _: span, span[0].year, issue=issue)


def _calendar_span(unit: str, ahead: int, today: date) -> tuple[Span, str]:
    if unit in ("week", "周", "星期", "礼拜"):
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * ahead)
        return (monday, monday + timedelta(days=6)), "week"
    if unit in ("weekend", "周末"):
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * ahead)
        return (monday + timedelta(days=5), monday + timedelta(days=6)), "day"
    if unit in ("month", "月", "月份"):
        return month_span(today.year, today.month + ahead), "month"
    if unit in ("quarter", "季度", "季"):
        return quarter_span(today.year, (today.month + 2) // 3 + ahead), "quarter"
    year = today.year + ahead
    return (date(year, 1, 1), date(year, 12, 31)), "year"


def weekday(match: re.Match[str], today: date, country: str) -> Period:
    """A day of the week."""
    name = match["day"]
    wanted = _WEEKDAYS.index(name[:3]) if name[0].isascii() else "一二三四五六日天".index(name) % 7
    if name == "天":
        wanted = 6
    which = (match["which"] or "").strip()
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(days=wanted)
    if which.startswith("next") or which.startswith("下") or day < today:
        day += timedelta(days=7)
    return period(match, "day", lambda _: (day, day), day.year)


def whole_year(match: re.Match[str], today: date, country: str) -> Period:
    """A year by its number."""
    return _ended(match, "year", lambda y: (date(y, 1, 1), date(y, 12, 31)), int(match["year"]))


_AHEAD = {"today": 0, "tonight": 0, "今天": 0, "今日": 0, "今晚": 0, "tomorrow": 1, "明天": 1,
          "明日": 1, "后天": 2, "yesterday": -1, "昨天": -1}  # fmt: skip


def near_day(match: re.Match[str], today: date, country: str) -> Period:
    """Today, tomorrow, yesterday."""
    ahead = _AHEAD[match[0]]
    day = today + timedelta(days=ahead)
    issue = "past" if ahead < 0 else None
    return period(match, "day", lambda _: (day, day), day.year, issue=issue)


def undated(match: re.Match[str], today: date, country: str) -> Period:
    """A named time without a date of its own."""
    return period(match, "event", lambda _: None, today.year, issue="undated")
