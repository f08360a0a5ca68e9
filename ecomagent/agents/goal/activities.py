"""Reads which levers a goal allows or forbids: “only pricing”, “no emails”, 不补货."""

from __future__ import annotations

from decimal import Decimal

from ecomagent.agents.goal.draft import Draft, Issue, Limit
from ecomagent.agents.goal.glue import Glue
from ecomagent.agents.goal.lexicon import Activity, Metric
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.signs import Phrase
from ecomagent.agents.goal.tokens import Kind
from ecomagent.domain.goal import Lever

_LEVERS = {
    Activity.PRICING: Lever.PRICING,
    Activity.MARKETING: Lever.MARKETING,
    Activity.REPLENISHMENT: Lever.REPLENISHMENT,
    Activity.SELECTION: Lever.SELECTION,
}
_METRICS = {
    Metric.CHANGE: Activity.PRICING,
    Metric.RAISE: Activity.PRICING,
    Metric.CUT: Activity.PRICING,
    Metric.DISCOUNT: Activity.DISCOUNTS,
}
_SKIPPED = frozenset({Kind.GLUE, Kind.NOT})


def read_activities(sentence: Sentence, draft: Draft) -> None:
    """Read allowed and forbidden levers; forbidden discounts become a limit of none."""
    count = len(sentence.tokens)
    for index in sentence.free(range(count), Kind.NOT, Kind.EXCEPT):
        if sentence.tokens[index].value is not None:  # a mere “but”, or 除外 behind its names
            continue
        found = _run(sentence, index + 1)
        if found:
            sentence.spend(index, *found)
            _forbid(sentence, draft, index, found)
    for index in sentence.free(range(count), Kind.ONLY):
        found = _run(sentence, index + 1) or _run_before(sentence, index)
        if found:
            sentence.spend(index, *found)
            _allow(sentence, draft, index, found)
    for index in range(count):
        if sentence.tokens[index].value is Glue.USE:
            found = _run(sentence, index + 1)
            if found:
                sentence.spend(*found)
                _allow(sentence, draft, index, found)
    for index in sentence.free(range(count), Kind.PHRASE):
        if sentence.tokens[index].value is Phrase.FIXED_PRICES:
            sentence.spend(index)
            draft.never.append(Lever.PRICING)
            draft.never_quotes.append(sentence.quote(index))
    _settle(draft)


def allowed(draft: Draft) -> tuple[Lever, ...]:
    """The levers that may be used, in a fixed order; empty means all."""
    if not draft.only and not draft.never:
        return ()
    return tuple(
        lever
        for lever in Lever
        if (not draft.only or lever in draft.only) and lever not in draft.never
    )


def _activity(sentence: Sentence, index: int) -> Activity | None:
    token = sentence.tokens[index]
    if index in sentence.spent:
        return None
    if token.kind is Kind.ACTIVITY:
        activity: Activity = token.value
        return activity
    return _METRICS.get(token.value) if token.kind is Kind.METRIC else None


def _run(sentence: Sentence, start: int) -> list[int]:
    """Activities from ``start`` on, joined by glue, “and” and commas; anything else ends them."""
    found: list[int] = []
    for index in range(start, len(sentence.tokens)):
        token = sentence.tokens[index]
        if _activity(sentence, index) is not None:
            found.append(index)
        elif token.kind is Kind.BREAK:
            if not found or (token.value == "stop" and not _only_activities(sentence, index + 1)):
                break
        elif token.kind not in _SKIPPED or (found and token.kind is Kind.NOT):
            break
    return found


def _only_activities(sentence: Sentence, start: int) -> bool:
    """Whether the segment from ``start`` on names activities and nothing else."""
    named = False
    for token_index in range(start, len(sentence.tokens)):
        token = sentence.tokens[token_index]
        if token.kind is Kind.BREAK and token.value == "stop":
            break
        if _activity(sentence, token_index) is not None:
            named = True
        elif token.kind not in (Kind.GLUE, Kind.BREAK):
            return False
    return named


def _run_before(sentence: Sentence, end: int) -> list[int]:
    found: list[int] = []
    for index in range(end - 1, -1, -1):
        token = sentence.tokens[index]
        if _activity(sentence, index) is not None:
            found.append(index)
        elif token.kind is not Kind.GLUE and not (
            token.kind is Kind.BREAK and token.value != "stop" and found
        ):
            break
    return found[::-1]


def _forbid(sentence: Sentence, draft: Draft, sign: int, found: list[int]) -> None:
    quote = sentence.quote(sign, *found)
    draft.never_quotes.append(quote)
    for index in found:
        metric = sentence.tokens[index].value
        activity = _activity_of(sentence, index)
        if metric in (Metric.RAISE, Metric.CUT):
            draft.ask(Issue.ONE_SIDED, "max_price_change", quote)
        elif activity in _LEVERS:
            draft.never.append(_LEVERS[activity])
        elif draft.limit(Metric.DISCOUNT) is None:
            draft.limits.append(Limit(Metric.DISCOUNT, Decimal(0), quote))
        elif draft.limit(Metric.DISCOUNT) != Limit(Metric.DISCOUNT, Decimal(0), quote):
            known = draft.limit(Metric.DISCOUNT)
            assert known is not None
            if known.value:
                draft.limits.remove(known)
                both = (known, Limit(Metric.DISCOUNT, Decimal(0), quote))
                draft.ask(Issue.CONFLICT, Metric.DISCOUNT.value, known.quote, quote, limits=both)


def _activity_of(sentence: Sentence, index: int) -> Activity:
    token = sentence.tokens[index]
    return token.value if token.kind is Kind.ACTIVITY else _METRICS[token.value]


def _allow(sentence: Sentence, draft: Draft, sign: int, found: list[int]) -> None:
    activities = [_activity_of(sentence, index) for index in found]
    draft.only.extend(_LEVERS[activity] for activity in activities if activity in _LEVERS)
    if Activity.PRICING not in activities and any(a not in _LEVERS for a in activities):
        draft.ask(Issue.LEVER, "levers", sentence.quote(sign, *found))


def _settle(draft: Draft) -> None:
    if (draft.only or draft.never) and not allowed(draft):
        draft.ask(Issue.NO_LEVERS, "levers", *draft.never_quotes)
