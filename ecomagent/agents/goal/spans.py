"""Named times as spans of a year, and the next one that is not over."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from ecomagent.agents.goal.events import Span


@dataclass(frozen=True)
class Period:
    """A named time: a span a year, or one span where the year is fixed.

    Args:
        of_year: The span in a given year; None where there is no such day in it.
        year: The year, where the text says it; None means the next one to come.
        kind: ``day``, ``month``, ``quarter``, ``week``, ``year``, ``end`` (of something) or
            ``event``; decides what “by” and “before” mean.
        issue: Why the text cannot be settled: ``no_day``, ``past``, ``undated``, ``day_month``.
        choices: The days it may mean, where the text leaves two.
    """

    start: int
    end: int
    of_year: Callable[[int], Span | None]
    kind: str
    year: int | None = None
    issue: str | None = None
    choices: tuple[date, ...] = ()


def day_span(year: int, month: int, day: int) -> Span | None:
    """One day as a span; None where there is no such day."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def month_span(year: int, month: int) -> Span:
    """First and last day of a month; months beyond December run into the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def quarter_span(year: int, quarter: int) -> Span:
    """First and last day of a calendar quarter; quarters beyond the fourth run on."""
    return month_span(year, quarter * 3 - 2)[0], month_span(year, quarter * 3)[1]


def period(
    match: re.Match[str],
    kind: str,
    of_year: Callable[[int], Span | None],
    year: int | None,
    *,
    issue: str | None = None,
    choices: tuple[date, ...] = (),
) -> Period:
    """The period that a match names."""
    return Period(match.start(), match.end(), of_year, kind, year, issue, choices)


def next_span(of_year: Callable[[int], Span | None], year: int | None, today: date) -> Span | None:
    """The span in its year, or the first one that is not over."""
    years = [year] if year is not None else range(today.year, today.year + 9)
    for each in years:
        if not 1900 <= each <= 2200:
            return None
        span = of_year(each)
        if span is not None and (year is not None or span[1] >= today):
            return span
    return None
