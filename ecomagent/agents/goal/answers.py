"""Puts a merchant's answers into the goal, so that the amended text is read like any other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ecomagent.agents.goal.figures import Figure, find_figures
from ecomagent.agents.goal.lexicon import METRICS
from ecomagent.agents.goal.questions import DROP
from ecomagent.agents.goal.text import fold, has_cjk
from ecomagent.agents.goal.tokens import FIGURES, Kind, scan, settle
from ecomagent.domain.errors import GoalUnclearError
from ecomagent.domain.goal import Language, OpenQuestion

Reply = str
"""What was typed: the number of an option, an option, or words of one's own."""

ASSUME_MARGIN = "assume_margin"
_STOPS = ",，;；.。"
_ENDING = re.compile(rf"[\s{_STOPS}]+$")
_AS_CLAUSE: dict[str, tuple[str, str]] = {
    "min_margin": ("margin at least {}", "毛利率不低于{}"),
    "max_price_change": ("no price change above {}", "调价不超过{}"),
    "max_discount": ("no more than {} off", "折扣最多{}"),
    "service_level": ("service level at least {}", "现货率不低于{}"),
    "budget": ("budget at most {}", "预算不超过{}"),
}
"""How a bare figure is said as an answer about a limit."""


def settle_replies(
    text: str, questions: Sequence[OpenQuestion], replies: Sequence[Reply]
) -> dict[str, str]:
    """The goal's text with every reply in it, and the assumed margin where one was asked for.

    Args:
        text: The goal as it was.
        questions: The questions asked of it.
        replies: One reply a question, in the same order; an empty one leaves its question open.

    Returns:
        ``goal_text``, and ``assume_margin`` as a decimal fraction where that was answered.

    Raises:
        GoalUnclearError: A reply to the question of the margin is no percentage below 100 %.
    """
    amended, answers = text, {}
    for question, reply in zip(questions, replies, strict=True):
        chosen = _chosen(question, reply)
        if not chosen:
            continue
        if question.field == ASSUME_MARGIN:
            answers[ASSUME_MARGIN] = str(read_margin(chosen))
        else:
            amended = _amended(amended, question, chosen)
    return {"goal_text": amended, **answers}


def read_margin(reply: str) -> Decimal:
    """A gross margin as a fraction: ``0.5``, ``50%``, ``50``, 五成, ``--assume-margin 0.5``.

    Raises:
        GoalUnclearError: It is none.
    """
    folded = fold(reply.replace("--assume-margin", " "))
    found = [token for token in settle(find_figures(folded)) if token.kind in FIGURES]
    if len(found) == 1 and found[0].kind in (Kind.PERCENT, Kind.NUMBER):
        figure: Figure = found[0].value
        value = figure.value
        if value is not None and found[0].kind is Kind.NUMBER and value >= 1:
            value = value / 100
        if value is not None and 0 <= value < 1 and not figure.is_price:
            return value
    raise GoalUnclearError(
        f"“{reply}” is not a gross margin",
        remedy="Give a percentage below 100, for example 50% or 0.5.",
    )


def _chosen(question: OpenQuestion, reply: Reply) -> str:
    reply = reply.strip()
    if reply.isdecimal() and 1 <= int(reply) <= len(question.options):
        return question.options[int(reply) - 1]
    return reply


def _amended(text: str, question: OpenQuestion, reply: str) -> str:
    language: Language = "zh" if has_cjk(question.question) else "en"
    drops = reply.lower() in DROP.values()
    clause = "" if drops else _clause(question, reply, language)
    placed = False
    for quote in question.quotes:
        if quote and quote in text:
            inserted = "" if placed or drops else clause
            text = text.replace(quote, inserted, 1)
            placed = placed or bool(inserted)
    if not placed and clause:
        comma = "，" if language == "zh" else ", "
        text = f"{_ENDING.sub('', text)}{comma}{clause}"
    return _tidied(text)


def _clause(question: OpenQuestion, reply: str, language: Language) -> str:
    """The reply as a clause; a bare figure is said as the limit that was asked about."""
    pattern = _AS_CLAUSE.get(question.field)
    if pattern is None or next(scan(fold(reply), METRICS), None):
        return reply
    return pattern[language == "zh"].format(reply)


def _tidied(text: str) -> str:
    """Without what cutting and pasting leaves behind: doubled words and commas, a hanging “and”."""
    text = re.sub(r"\b([a-z]+)(?: \1\b)+", r"\1", " ".join(text.split()), flags=re.IGNORECASE)
    text = re.sub(rf"\s+(?:and|or|with|but)(?=\s*(?:[{_STOPS}]|$))", "", text)
    text = re.sub(rf"[和与或](?=[{_STOPS}]|$)", "", text)
    text = re.sub(rf"\s+([{_STOPS}])", r"\1", text)
    text = re.sub(rf"([{_STOPS}])(?:\s*[{_STOPS}])+", r"\1", text)
    return re.sub(rf"^[\s{_STOPS}]+|[\s,，;；]+$", "", text)
