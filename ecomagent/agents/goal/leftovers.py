"""Turns what no reader could read into questions: nothing a merchant writes is dropped."""

from __future__ import annotations

import re

from ecomagent.agents.goal.draft import Draft, Issue
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.tokens import FIGURES, Kind
from ecomagent.agents.goal.when import When

_MENTIONS = frozenset({Metric.CHANGE, Metric.RAISE, Metric.CUT, Metric.DISCOUNT})
"""Named without a figure these are ways to reach the goal, not limits of it."""

_WHEN_ISSUES = {
    "past": Issue.WHEN_PAST,
    "no_day": Issue.WHEN_NO_DAY,
    "undated": Issue.WHEN_UNDATED,
    "day_month": Issue.WHEN_DAY_MONTH,
    "start": Issue.WHEN_START,
    "by_span": Issue.WHEN_BY_SPAN,
    "too_long": Issue.WHEN_TOO_LONG,
    "unreadable": Issue.WHEN_UNREADABLE,
}


_MARKUP = re.compile(r"\{+[^{}]*\}+|<\s*/?[a-z!][^<>]*>|\[[^\[\]]*\]|`[^`]*`")


def read_markup(sentence: Sentence, draft: Draft) -> None:
    """Ask about code and markup: no goal needs them, so nothing inside is read."""
    for match in _MARKUP.finditer(sentence.folded):
        inside = [
            index
            for index, token in enumerate(sentence.tokens)
            if match.start() <= token.start and token.end <= match.end()
        ]
        sentence.spend(*inside)
        draft.ask(Issue.UNREAD, "text", sentence.typed[match.start() : match.end()])


def read_when(sentence: Sentence, draft: Draft) -> None:
    """Read the one end or length of the goal, or ask."""
    found: list[tuple[When, str]] = []
    for index in sentence.free(range(len(sentence.tokens)), Kind.WHEN):
        when: When = sentence.tokens[index].value
        quote = sentence.quote(index)
        sentence.spend(index)
        if when.issue:
            draft.ask(_WHEN_ISSUES[when.issue], "horizon", quote, days=when.choices)
        elif not when.usual:
            found.append((when, quote))
    ends = {(when.until, when.days) for when, _ in found}
    if len(ends) > 1:
        quotes = [quote for _, quote in found]
        days = tuple(when.until for when, _ in found if when.until)
        draft.ask(Issue.WHEN_CONFLICT, "horizon", *quotes, days=days)
    elif ends:
        draft.until, draft.horizon_days = ends.pop()


def read_leftovers(sentence: Sentence, draft: Draft) -> None:
    """Ask about every figure, limit, negation and word that is still unread."""
    everything = range(len(sentence.tokens))
    for index in sentence.free(everything, *FIGURES):
        segment = _segment(sentence, index)
        if any(sentence.tokens[i].kind is Kind.OBJECTIVE for i in segment):
            draft.ask(Issue.TARGET, "objective", sentence.quote(index))
        else:
            draft.ask(Issue.LOOSE_FIGURE, "constraints", _around(sentence, index))
    for index in sentence.free(everything, Kind.METRIC):
        _metric(sentence, draft, index)
    for index in sentence.free(everything, Kind.NOT, Kind.EXCEPT, Kind.ONLY):
        token = sentence.tokens[index]
        if token.kind is Kind.EXCEPT:
            if token.value != "but":
                draft.ask(Issue.EXCEPTION, "scope", _around(sentence, index))
        elif sentence.said(index) == "alone":  # of “leave the mugs alone”
            continue
        elif not _is_covered(sentence, draft, index):
            draft.ask(Issue.UNREAD, "text", _around(sentence, index))
    for index in sentence.free(everything, Kind.BOUND):
        if not _is_covered(sentence, draft, index):
            draft.ask(Issue.UNREAD, "text", _around(sentence, index))
    for index in sentence.free(everything, Kind.WORDS, Kind.NAME, Kind.QUOTED):
        draft.ask(Issue.UNREAD, "text", sentence.quote(index))


def _metric(sentence: Sentence, draft: Draft, index: int) -> None:
    metric: Metric = sentence.tokens[index].value
    bounds = sentence.free(_segment(sentence, index), Kind.BOUND)
    if metric in _MENTIONS and not bounds:
        return
    quote = sentence.quote(index, *bounds)
    if metric is Metric.OTHER:
        draft.ask(Issue.NOT_A_LIMIT, "constraints", quote)
    else:
        field = "max_price_change" if metric in (Metric.RAISE, Metric.CUT) else metric.value
        draft.ask(Issue.MISSING_FIGURE, field, quote)
    sentence.spend(*bounds)


def _segment(sentence: Sentence, index: int) -> list[int]:
    return next(segment for segment in sentence.segments() if index in segment)


def _around(sentence: Sentence, index: int) -> str:
    """The words around a token, up to the next break or limit on either side."""
    segment = _segment(sentence, index)
    kept = [index]
    for step in (-1, 1):
        at = index + step
        while at in segment and sentence.tokens[at].kind not in (Kind.BREAK, Kind.WHEN):
            kept.append(at)
            at += step
    return sentence.quote(*kept)


def _is_covered(sentence: Sentence, draft: Draft, index: int) -> bool:
    """Whether a question already quotes the place."""
    start = sentence.tokens[index].start
    for problem in draft.problems:
        for quote in problem.quotes:
            at = sentence.typed.find(quote)
            while at >= 0:
                if at <= start < at + len(quote):
                    return True
                at = sentence.typed.find(quote, at + 1)
    return False
