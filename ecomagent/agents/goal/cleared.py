"""Reads how much of the stock a goal wants sold: “clear all jackets”, 清掉82%的库存."""

from __future__ import annotations

import re
from decimal import Decimal

from ecomagent.agents.goal.draft import Draft
from ecomagent.agents.goal.figures import Figure
from ecomagent.agents.goal.lexicon import Bound
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.tokens import Kind
from ecomagent.domain.goal import Objective

_ALL = re.compile(r"all|every|everything|whole|entire|全部|所有")
_EMPTIES = re.compile(r"sell(?:ing)? out|清[完空]|卖完")
_OF = re.compile(r"of|的|库存|存货|的?库存")
_FILLS = re.compile(r"the|our|my|out|down|off|把|将|掉|了")


def read_cleared(sentence: Sentence, draft: Draft) -> None:
    """Read the share of the stock that is to be sold; whatever else is left to other readers."""
    for segment in sentence.segments():
        aims = [
            index
            for index in sentence.free(segment, Kind.OBJECTIVE)
            if sentence.tokens[index].value is Objective.CLEAR_STOCK
        ]
        for index in aims:
            share = _share(sentence, segment, index)
            if share is not None:
                draft.cleared = share


def _share(sentence: Sentence, segment: list[int], aim: int) -> Decimal | None:
    for figure in sentence.free(segment, Kind.PERCENT):
        value = _of_stock(sentence, segment, aim, figure)
        if value is not None:
            return value
    said = sentence.said(aim)
    beside = [*_beside(sentence, segment, aim, 1), *_beside(sentence, segment, aim, -1)]
    named = any(_ALL.fullmatch(sentence.said(index)) for index in beside)
    return Decimal(1) if named or _EMPTIES.fullmatch(said) else None


def _of_stock(sentence: Sentence, segment: list[int], aim: int, at: int) -> Decimal | None:
    """The figure, where it is a share of what is cleared: “82% of” it, 82%的库存."""
    figure = sentence.tokens[at].value
    follows = sentence.said(at + 1) if at + 1 in segment else ""
    if not isinstance(figure, Figure) or figure.is_price or not _OF.fullmatch(follows):
        return None
    low, high = sorted((aim, at))
    between = range(low + 1, high)
    bounds = [i for i in between if sentence.tokens[i].value is Bound.LOWER]
    others = [i for i in between if i not in bounds and not _passes(sentence, i, after=aim > at)]
    if others or figure.value is None or not 0 < figure.value <= 1:
        return None
    sentence.spend(at, *bounds)
    return figure.value


def _passes(sentence: Sentence, index: int, *, after: bool) -> bool:
    """Whether a word may stand between the aim and its share; the products, where those follow."""
    kind = sentence.tokens[index].kind
    named = after and kind in (Kind.NAME, Kind.WORDS, Kind.QUOTED)
    return named or kind is Kind.GLUE


def _beside(sentence: Sentence, segment: list[int], aim: int, step: int) -> list[int]:
    """Words next to the aim, past those that fill."""
    found, index = [], aim + step
    while index in segment:
        found.append(index)
        if not _FILLS.fullmatch(sentence.said(index)):
            break
        index += step
    return found
