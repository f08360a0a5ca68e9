"""Reads names that a word beside them marks: “brand Acme”, 品牌“雅佳”, “SKU A1, A2”."""

from __future__ import annotations

import re

from ecomagent.agents.goal.draft import Draft, Item
from ecomagent.agents.goal.glue import Glue
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.tokens import Kind
from ecomagent.agents.goal.vocabulary import Vocabulary

NAMES = frozenset({Kind.NAME, Kind.WORDS, Kind.QUOTED})
"""Pieces that can name products."""
_CODE = re.compile(r"\W*[\w.-]*\d[\w.-]*\W*")
_IS = frozenset({"is", "of", "the", "为", "是"})


def read_marked(sentence: Sentence, draft: Draft, vocabulary: Vocabulary) -> None:
    """“brand Acme”, “Acme brand”, “SKU A1, A2”, 品牌“雅佳”: the word beside tells the field."""
    for index in sentence.free(range(len(sentence.tokens)), Kind.MARKER):
        field = sentence.tokens[index].value
        found = _marked_after(sentence, index) or _marked_before(sentence, index)
        sentence.spend(index)
        for each in found:
            quote = sentence.quote(each).strip('"“”「」『』《》')
            names = [name for name in vocabulary.look_up(quote) if name.field == field]
            values = names[0].values if names else (quote,)
            excluded = _under_exception(sentence, min(index, each))
            draft.items.append(Item(field, values, quote, excluded=excluded))
            sentence.spend(each)


def _marked_after(sentence: Sentence, index: int) -> list[int]:
    found: list[int] = []
    for i in range(index + 1, len(sentence.tokens)):
        token = sentence.tokens[i]
        code = sentence.tokens[index].value == "skus" and token.kind in (Kind.NUMBER, Kind.QUOTED)
        if token.kind in NAMES or code:
            if found and not _CODE.fullmatch(sentence.said(i)):
                break
            found.append(i)
            if sentence.tokens[index].value != "skus":
                break
        elif token.kind is Kind.BREAK and (found or token.value == "colon"):
            continue
        elif token.kind is not Kind.GLUE or sentence.said(i) not in _IS:
            break
    return found


def _marked_before(sentence: Sentence, index: int) -> list[int]:
    for i in range(index - 1, -1, -1):
        token = sentence.tokens[i]
        if token.kind in NAMES and i not in sentence.spent:
            return [i]
        if token.value is not Glue.EDGE:
            break
    return []


def _under_exception(sentence: Sentence, index: int) -> bool:
    """Whether an exception word stands before, with nothing but a list of names between."""
    for i in range(index - 1, -1, -1):
        token = sentence.tokens[i]
        if token.kind is Kind.EXCEPT and token.value != "after":
            return True
        if token.kind in (Kind.OBJECTIVE, Kind.METRIC, Kind.ACTIVITY, Kind.MONEY, Kind.PERCENT):
            return False
    return False


def read_codes(sentence: Sentence, draft: Draft, vocabulary: Vocabulary) -> None:
    """Numbers that nothing else has read and that are SKUs of the shop."""
    for index in sentence.free(range(len(sentence.tokens)), Kind.NUMBER):
        quote = sentence.quote(index)
        names = [name for name in vocabulary.look_up(quote) if name.field == "skus"]
        if names:
            sentence.spend(index)
            excluded = _under_exception(sentence, index)
            draft.items.append(Item("skus", names[0].values, quote, excluded=excluded))
