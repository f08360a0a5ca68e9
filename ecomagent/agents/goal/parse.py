"""Reads a merchant's goal in English or Chinese; what it cannot settle becomes a question."""

from __future__ import annotations

from datetime import date

from ecomagent.agents.goal.activities import allowed, read_activities
from ecomagent.agents.goal.cleared import read_cleared
from ecomagent.agents.goal.draft import Draft, Issue
from ecomagent.agents.goal.leftovers import read_leftovers, read_markup, read_when
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.agents.goal.limits import read_limits
from ecomagent.agents.goal.marked import read_codes
from ecomagent.agents.goal.objective import read_objective
from ecomagent.agents.goal.phrases import read_phrases, settle_conflicts
from ecomagent.agents.goal.products import read_products, scope_of
from ecomagent.agents.goal.questions import question
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.vocabulary import Vocabulary
from ecomagent.domain.goal import Budget, Constraints, Goal, Objective

MAX_LENGTH = 2_000
"""Longest text read; a goal fits a few sentences."""

_NOTHING_KNOWN = Vocabulary()


def parse_goal(
    text: str,
    *,
    currency: str,
    today: date,
    vocabulary: Vocabulary = _NOTHING_KNOWN,
    country: str = "",
) -> Goal:
    """Read a goal; never raises for any text.

    Args:
        text: What the merchant wrote, in English or Chinese.
        currency: The shop's currency (ISO 4217).
        today: The shop's calendar day that relative dates count from.
        vocabulary: The shop's own words, so that they are recognised as products.
        country: The shop's country (ISO 3166), for day-first dates and movable feasts.

    Returns:
        The goal; whatever the text leaves open is in ``open_questions``.
    """
    kept = " ".join(text.split())
    if len(kept) > MAX_LENGTH:
        return _unread(kept[:MAX_LENGTH], Issue.TOO_LONG_TEXT, currency)
    sentence = Sentence.of(kept, today=today, vocabulary=vocabulary, country=country)
    draft = Draft(language=sentence.language, currency=currency)
    if not sentence.tokens or all(token.start == token.end for token in sentence.tokens):
        return _unread(kept, Issue.EMPTY, currency)
    read_markup(sentence, draft)
    read_when(sentence, draft)
    read_cleared(sentence, draft)
    read_limits(sentence, draft)
    read_phrases(sentence, draft)
    settle_conflicts(draft)
    read_activities(sentence, draft)
    read_objective(sentence, draft)
    read_codes(sentence, draft, vocabulary)
    read_products(sentence, draft, vocabulary)
    read_leftovers(sentence, draft)
    return _goal(kept, draft)


def _unread(text: str, issue: Issue, currency: str) -> Goal:
    draft = Draft(language="en", currency=currency)
    draft.ask(issue, "text")
    return _goal(text, draft)


def _goal(text: str, draft: Draft) -> Goal:
    values = {limit.metric: limit.value for limit in draft.limits}
    spend = values.get(Metric.BUDGET)
    objectives = dict.fromkeys(objective for objective, _ in draft.objectives)
    objective = next(iter(objectives)) if len(objectives) == 1 else None
    return Goal(
        text=text,
        objective=objective,
        cleared=draft.cleared if objective is Objective.CLEAR_STOCK else None,
        scope=scope_of(draft),
        horizon_days=draft.horizon_days,
        until=draft.until,
        constraints=Constraints(
            min_margin=values.get(Metric.MARGIN),
            max_discount=values.get(Metric.DISCOUNT),
            max_price_change=values.get(Metric.CHANGE),
            service_level=values.get(Metric.SERVICE),
            budget=None if spend is None else Budget(amount=spend, currency=draft.currency),
            levers=allowed(draft),
        ),
        language=draft.language,
        open_questions=tuple(question(p, draft.language, draft.currency) for p in draft.problems),
    )
