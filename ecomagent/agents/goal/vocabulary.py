"""The words by which a shop names its products, and where a goal uses them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from ecomagent.agents.goal.glue import GLUE_EN
from ecomagent.agents.goal.text import CJK, fold, stem
from ecomagent.agents.goal.tokens import Kind, Token

if TYPE_CHECKING:
    import pandas as pd

Field = Literal["categories", "brands", "tags", "skus"]
FIELDS: tuple[Field, ...] = ("categories", "brands", "tags", "skus")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_PATH = re.compile(r"\s*[>›»]\s*|\s*/\s*")
_GLUE = frozenset(GLUE_EN)
MIN_SKU = 3
"""Shorter codes count as names only behind a word such as “SKU”."""


@dataclass(frozen=True)
class Name:
    """What a shop's word stands for: exact catalogue values of one field."""

    field: Field
    values: tuple[str, ...]


Key = tuple[str, ...]


def _words(folded: str) -> list[re.Match[str]]:
    return list(_WORD.finditer(folded))


def _key(term: str) -> Key:
    return tuple(stem(match[0]) for match in _words(fold(term)))


@dataclass(frozen=True)
class Vocabulary:
    """Categories, brands, tags and SKUs exactly as the catalogue spells them."""

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()

    @classmethod
    def of(cls, catalogue: pd.DataFrame) -> Self:
        """The words of a catalogue frame (``FactsView.catalogue``); missing columns are empty."""
        return cls(
            categories=_texts(catalogue, "category"),
            brands=_texts(catalogue, "brand"),
            tags=frozenset(_tags(catalogue)),
            skus=_texts(catalogue, "sku"),
        )

    @cached_property
    def _index(self) -> dict[Key, list[Name]]:
        found: dict[Key, dict[Field, set[str]]] = defaultdict(lambda: defaultdict(set))
        for field in FIELDS:
            for value in getattr(self, field):
                for term, canonical in _terms(field, value):
                    key = _key(term)
                    if key:
                        found[key][field].add(canonical)
        return {
            key: [Name(field, tuple(sorted(fields[field]))) for field in FIELDS if field in fields]
            for key, fields in found.items()
        }

    @cached_property
    def _longest(self) -> dict[str, int]:
        longest: dict[str, int] = {}
        for key in self._index:
            longest[key[0]] = max(longest.get(key[0], 0), len(key))
        return longest

    def look_up(self, term: str) -> list[Name]:
        """What the shop calls by this word; the likeliest field first."""
        return self._index.get(_key(term), [])

    def find(self, folded: str, typed: str) -> Iterator[Token]:
        """Every place in the text where the shop's words stand, the longest at each place.

        Args:
            folded: The text as ``text.fold`` gives it.
            typed: The text itself, equally long.
        """
        words = _words(folded)
        stems = [stem(match[0]) for match in words]
        for first in range(len(words)):
            for length in range(min(self._longest.get(stems[first], 0), len(words) - first), 0, -1):
                names = self._index.get(tuple(stems[first : first + length]))
                start, end = words[first].start(), words[first + length - 1].end()
                if names and self._counts(names, folded[start:end], typed[start:end], start):
                    yield Token(Kind.NAME, start, end, names)
                    break

    def _counts(self, names: list[Name], folded: str, typed: str, start: int) -> bool:
        """Whether a word is used as a name: not a plain word of the language, not a short code."""
        if all(name.field == "skus" for name in names):
            return len(folded) >= MIN_SKU and any(c.isdigit() for c in folded)
        if folded in _GLUE:
            return start > 0 and typed[:1].isupper()
        return True


def _terms(field: Field, value: str) -> Iterator[tuple[str, str]]:
    """The words for a value; a category answers to its whole path, its leaf and its ancestors."""
    yield value, value
    if field != "categories":
        return
    parts = list(_PATH.finditer(value))
    if not parts:
        return
    yield value[parts[-1].end() :], value
    start = 0
    for part in parts:
        yield value[start : part.start()], value[: part.start()]
        start = part.end()


def _texts(catalogue: pd.DataFrame, column: str) -> frozenset[str]:
    if column not in catalogue.columns:
        return frozenset()
    values = catalogue[column].dropna().astype(str).unique()
    return frozenset(value for value in values if value.strip())


def _tags(catalogue: pd.DataFrame) -> Iterable[str]:
    if "tags" not in catalogue.columns:
        return
    for tags in catalogue["tags"]:
        if isinstance(tags, str) or not hasattr(tags, "__iter__"):
            continue
        yield from (str(tag) for tag in tags if str(tag).strip())
