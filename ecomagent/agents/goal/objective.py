"""Reads what a goal wants made larger, and what it merely wants kept."""

from __future__ import annotations

import re

from ecomagent.agents.goal.draft import Draft, Issue
from ecomagent.agents.goal.glue import Glue
from ecomagent.agents.goal.lexicon import Metric
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.tokens import Kind, Token
from ecomagent.domain.goal import Objective

_DETERMINERS = re.compile(r"the|of|on|in|with|for|from|our|all|an?|any|my")
_ASKS = re.compile(
    r"^\W*(?:what|why|when|how|which|who|where|is|are|was|were|does|did|do i|do we|should)\b.*\?"
    r"|(?:什么|多少|为什么|怎么|如何|吗|呢|几).*\?|[吗呢]\W*$"
)
_REQUESTS = re.compile(r"^\W*(?:can|could|would|will) you\b|[能可][否以].{0,4}帮")
_ADJECTIVES = frozenset({"clear", "volume", "volumes", "unit", "units"})
"""Words that also describe products: clear glass, storage units, volume 2."""


def read_objective(sentence: Sentence, draft: Draft) -> None:
    """Read the one objective, or ask which."""
    for segment in sentence.segments():
        for index in sentence.free(segment, Kind.OBJECTIVE):
            if _describes(sentence, index):
                token = sentence.tokens[index]
                sentence.tokens[index] = Token(Kind.WORDS, token.start, token.end)
                continue
            _read(sentence, draft, segment, index)
    _read_margin(sentence, draft)
    named = tuple(dict.fromkeys(objective for objective, _ in draft.objectives))
    if len(named) > 1:
        quotes = [quote for _, quote in draft.objectives]
        draft.ask(Issue.OBJECTIVES, "objective", *quotes, objectives=named)
    elif _ASKS.search(sentence.folded) and not _REQUESTS.search(sentence.folded):
        draft.objectives.clear()
        asked = sentence.typed
        draft.ask(Issue.ASKS, "objective", asked, objectives=named or tuple(Objective))
    elif not named and not any(problem.field == "objective" for problem in draft.problems):
        draft.ask(Issue.NO_OBJECTIVE, "objective", objectives=tuple(Objective))


def _describes(sentence: Sentence, index: int) -> bool:
    """Whether the word is an adjective or noun of a product rather than an objective."""
    if sentence.said(index) not in _ADJECTIVES:
        return False
    before = sentence.tokens[index - 1] if index else None
    after = sentence.tokens[index + 1] if index + 1 < len(sentence.tokens) else None
    if sentence.said(index) == "clear":
        return before is not None and (
            before.kind in (Kind.WORDS, Kind.NAME)
            or _DETERMINERS.fullmatch(sentence.said(index - 1)) is not None
        )
    touches = before is not None and before.kind in (Kind.WORDS, Kind.NAME)
    return touches and not (after is None or after.kind is Kind.BREAK)


def _read(sentence: Sentence, draft: Draft, segment: list[int], index: int) -> None:
    objective: Objective = sentence.tokens[index].value
    ahead = [i for i in segment if i < index]
    near = _since_last(sentence, ahead)
    nots = sentence.free(near, Kind.NOT)
    keeps = [i for i in near if sentence.tokens[i].value is Glue.KEEP]
    sentence.spend(index)
    if nots or keeps:
        sentence.spend(*nots)
        quote = sentence.quote(*nots, *keeps, index)
        draft.ask(Issue.SIDE_OBJECTIVE, "constraints", quote)
        return
    shrinks = [i for i in near if sentence.tokens[i].value is Glue.REDUCE]
    if shrinks and objective is not Objective.CLEAR_STOCK:
        draft.ask(Issue.REVERSED, "objective", sentence.quote(*shrinks, index))
        return
    draft.objectives.append((objective, sentence.quote(index)))


def _since_last(sentence: Sentence, ahead: list[int]) -> list[int]:
    """The tokens since the last objective, limit or “and”."""
    cut = 0
    for position, i in enumerate(ahead):
        kind = sentence.tokens[i].kind
        if kind in (Kind.OBJECTIVE, Kind.METRIC, Kind.BREAK, Kind.PERCENT, Kind.MONEY):
            cut = position + 1
    return ahead[cut:]


def _read_margin(sentence: Sentence, draft: Draft) -> None:
    """“Improve margins” names a rate, which may mean profit or a floor."""
    if draft.objectives:
        return
    for segment in sentence.segments():
        for index in sentence.free(segment, Kind.METRIC):
            if sentence.tokens[index].value is not Metric.MARGIN:
                continue
            grows = [i for i in segment if i < index and sentence.tokens[i].value is Glue.GROW]
            if grows:
                sentence.spend(index)
                draft.ask(
                    Issue.MARGIN_OBJECTIVE, "objective", sentence.quote(index),
                    objectives=(Objective.GROSS_PROFIT,),
                )  # fmt: skip
