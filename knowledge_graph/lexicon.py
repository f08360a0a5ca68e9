"""What retail words mean in both languages, and how a phrase is taken apart into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property

from knowledge_graph.lexicon_file import lexicon_data
from knowledge_graph.words import is_cjk, tokens

MAX_WORDS = 6
"""Longest phrase, in words, that is looked for."""
MAX_CHARACTERS = 12
"""Longest Chinese phrase that is looked for."""


class Sort(StrEnum):
    """What kind of thing an atom of a phrase names."""

    PRODUCT = "product"
    QUALITY = "quality"
    STATE = "state"
    SHOP = "shop"
    """A name of this shop's own: category, brand, tag, attribute value."""
    WORD = "word"
    """Nothing known: to be looked for in titles."""
    IGNORED = "ignored"


@dataclass(frozen=True)
class Atom:
    """The smallest part of a phrase that means something.

    Attributes:
        text: Canonical text.
        sort: What kind of thing it names.
        concept: The lexicon's name for it, where it has one.
    """

    text: str
    sort: Sort
    concept: str = ""


@dataclass(frozen=True)
class Lexicon:
    """The lexicon, optionally with a shop's own names on top.

    Args:
        phrases: Tokens of a spelling to what it means; Chinese runs are one token.
        names: Canonical names of the shop itself, found as phrases too.
    """

    phrases: dict[tuple[str, ...], tuple[Sort, str]]
    narrower: dict[str, tuple[str, ...]] = field(repr=False)
    names: frozenset[tuple[str, ...]] = frozenset()

    def knowing(self, names: Iterable[str]) -> Lexicon:
        """The same lexicon that also recognises these names in a phrase."""
        found = frozenset(key for key in (tokens(name) for name in names) if key)
        return Lexicon(self.phrases, self.narrower, self.names | found)

    @cached_property
    def _first_words(self) -> frozenset[str]:
        """Tokens that begin a phrase of two or more."""
        known = (*self.phrases, *self.names)
        return frozenset(key[0] for key in known if len(key) > 1)

    @cached_property
    def single_words(self) -> frozenset[str]:
        """Every word that is a spelling or a name by itself."""
        return frozenset(key[0] for key in (*self.phrases, *self.names) if len(key) == 1)

    def kinds_of(self, concept: str) -> tuple[str, ...]:
        """The concept and everything that is a kind of it."""
        found: dict[str, None] = {}
        waiting = [concept]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                waiting.extend(self.narrower.get(name, ()))
        return tuple(found)

    @cached_property
    def _spellings(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for key, (_, concept) in self.phrases.items():
            found.setdefault(concept, set()).add(" ".join(key))
        return {concept: frozenset(spellings) for concept, spellings in found.items()}

    def spellings_of(self, concept: str) -> frozenset[str]:
        """Every canonical spelling of a concept and of the kinds of it."""
        kinds = self.kinds_of(concept)
        return frozenset().union(*(self._spellings.get(kind, frozenset()) for kind in kinds))

    def parts_of(self, atom: Atom) -> tuple[Atom, ...]:
        """The atoms that a phrase falls into when it is not taken as a whole; empty if none."""
        parts = self.parse(atom.text, whole=False) if atom.concept else ()
        return parts if len(parts) > 1 else ()

    def parse(self, text: str, *, title: bool = False, whole: bool = True) -> tuple[Atom, ...]:
        """Take a phrase apart, longest known spelling first.

        Args:
            text: As written.
            whole: Whether the text may be one atom altogether.
            title: A product's title: a single Chinese character then counts only as the noun that
                ends a run (红茶 is tea, 茶几 is none), and the shop's own names do not count.
        """
        words = tokens(text)
        found: list[Atom] = []
        start = 0
        while start < len(words):
            most = MAX_WORDS if whole else len(words) - 1
            length, atom = self._phrase_at(words, start, most, title=title)
            if atom is None and is_cjk(words[start]):
                characters = MAX_CHARACTERS if whole or len(words) > 1 else len(words[0]) - 1
                found.extend(self._run(words[start], characters, title=title))
            else:
                found.append(atom or Atom(words[start], Sort.WORD))
            start += length
        return tuple(found)

    def _phrase_at(
        self, words: Sequence[str], start: int, most: int, *, title: bool
    ) -> tuple[int, Atom | None]:
        longest = most if words[start] in self._first_words else min(most, 1)
        for length in range(min(longest, len(words) - start), 0, -1):
            key = tuple(words[start : start + length])
            if length == 1 and title and is_cjk(key[0]):
                return 1, None
            atom = self._known(key, names=not title)
            if atom is not None:
                return length, atom
        return 1, None

    def _known(self, key: tuple[str, ...], *, names: bool = True) -> Atom | None:
        sort, concept = self.phrases.get(key, (None, ""))
        if sort is not None:
            return Atom(" ".join(key), sort, concept)
        if names and key in self.names:
            return Atom(" ".join(key), Sort.SHOP)
        return None

    def _run(self, run: str, most: int, *, title: bool) -> list[Atom]:
        """Take a run of Chinese characters apart, longest spelling first."""
        found: list[Atom] = []
        unknown = ""
        start = 0
        while start < len(run):
            atom, length = self._spelling_at(run, start, most, title=title)
            if atom is None:
                unknown += run[start]
            else:
                found.extend([Atom(unknown, Sort.WORD)] if unknown else [])
                unknown = ""
                found.append(atom)
            start += length
        found.extend([Atom(unknown, Sort.WORD)] if unknown else [])
        return found if title else _compounds(found)

    def _spelling_at(
        self, run: str, start: int, most: int, *, title: bool
    ) -> tuple[Atom | None, int]:
        for length in range(min(most, len(run) - start), 0, -1):
            atom = self._known((run[start : start + length],), names=not title)
            noun = start + 1 == len(run) and (start == 0 or (atom and atom.sort is Sort.PRODUCT))
            if atom is not None and (length > 1 or not title or noun):
                return atom, length
        return None, 1

    def concepts(self, text: str) -> tuple[str, ...]:
        """The concepts that a text names, in their order."""
        return tuple(
            dict.fromkeys(atom.concept for atom in self.parse(text, title=True) if atom.concept)
        )


def _compounds(atoms: list[Atom]) -> list[Atom]:
    """Two single characters side by side are a word of their own: 红茶 is no tea that is red."""
    found: list[Atom] = []
    for atom in atoms:
        if len(atom.text) == 1 and found and len(found[-1].text) == 1:
            found[-1] = Atom(found[-1].text + atom.text, Sort.WORD)
        else:
            found.append(atom)
    return found


@cache
def retail_lexicon() -> Lexicon:
    """The lexicon that ships with the product."""
    data = lexicon_data()
    phrases: dict[tuple[str, ...], tuple[Sort, str]] = {}
    for sort in (Sort.PRODUCT, Sort.QUALITY, Sort.STATE):
        for concept, spellings in data[sort.value].items():
            for spelling in spellings:
                phrases.setdefault(tokens(spelling), (sort, concept))
    for spelling in (*data["ignored"]["en"], *data["ignored"]["zh"]):
        phrases.setdefault(tokens(spelling), (Sort.IGNORED, ""))
    narrower = {name: tuple(kinds) for name, kinds in data["narrower"].items()}
    return Lexicon(phrases, narrower)
