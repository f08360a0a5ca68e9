"""The pieces a goal is read into, and how overlapping readings of a text are settled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a piece of text is; where two pieces are equally long, the earlier kind wins."""

    WHEN = "when"
    RATE = "rate"
    MONEY = "money"
    PERCENT = "percent"
    RANGE = "range"
    PHRASE = "phrase"
    QUOTED = "quoted"
    METRIC = "metric"
    OBJECTIVE = "objective"
    ACTIVITY = "activity"
    BOUND = "bound"
    NOT = "not"
    ONLY = "only"
    EXCEPT = "except"
    MARKER = "marker"
    NAME = "name"
    NUMBER = "number"
    BREAK = "break"
    GLUE = "glue"
    WORDS = "words"
    """What no pattern knows: products, or something the grammar cannot read."""


FIGURES = frozenset({Kind.MONEY, Kind.PERCENT, Kind.NUMBER, Kind.RANGE})
_RANK = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Token:
    """A piece of the folded text from ``start`` to ``end`` with what it stands for."""

    kind: Kind
    start: int
    end: int
    value: Any = None

    def quote(self, text: str) -> str:
        """The piece as it stands in ``text``."""
        return text[self.start : self.end].strip()


@dataclass(frozen=True)
class Lexeme:
    """A pattern and what a match of it stands for."""

    kind: Kind
    value: Any
    pattern: re.Pattern[str]


def lexeme(kind: Kind, value: Any, *, en: str = "", zh: str = "") -> Iterator[Lexeme]:
    """Patterns of both languages for one meaning; English ones match whole words only.

    A space in an English pattern stands for any white space or hyphen, `` ?`` for none as well.
    """
    if en:
        spaced = en.replace(" ?", r"[\s-]*").replace(" ", r"[\s-]+")
        yield Lexeme(kind, value, re.compile(rf"(?<![a-z0-9])(?:{spaced})(?![a-z0-9])"))
    if zh:
        yield Lexeme(kind, value, re.compile(zh))


def scan(text: str, lexemes: Sequence[Lexeme]) -> Iterator[Token]:
    """Every match of every pattern."""
    for each in lexemes:
        for match in each.pattern.finditer(text):
            if match.end() > match.start():
                yield Token(each.kind, match.start(), match.end(), each.value)


def settle(found: Iterable[Token], taken: Sequence[Token] = ()) -> list[Token]:
    """Readings that do not overlap each other or ``taken``: leftmost, then longest, then by kind.

    Returns:
        All tokens, ``taken`` among them, in the order of the text.
    """
    busy = [(token.start, token.end) for token in taken]
    kept = list(taken)
    end = -1
    for token in sorted(found, key=lambda t: (t.start, -t.end, _RANK[t.kind])):
        free = all(token.end <= start or token.start >= stop for start, stop in busy)
        if token.start >= end and free:
            kept.append(token)
            end = token.end
    return sorted(kept, key=lambda token: token.start)
