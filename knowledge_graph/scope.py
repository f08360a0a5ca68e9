"""What a goal's words mean in this shop: exact names first, words next, likeness last.

Nothing is guessed: what means nothing here is handed back, so that somebody can be asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from ecomagent.domain.goal import Exclusion, Language, Scope
from knowledge_graph.lexicon import Sort
from knowledge_graph.phrases import EVERYTHING, TERM, Meaning, PhraseReader
from knowledge_graph.products import Mask, Products
from knowledge_graph.states import STATES, states_of
from knowledge_graph.words import canonical

if TYPE_CHECKING:
    import pandas as pd

    from knowledge_graph.graph import KnowledgeGraph
    from knowledge_graph.vectors import VectorIndex

SIMILAR = "similar"
MOST_TOLD = 4
"""Nodes named when a match is put into words."""
MOST_ALIKE = 40
"""Nearest texts looked at where no word matches."""
NEARLY_AS_ALIKE = 0.85
"""How close to the nearest text others must come to be meant too."""
_LIST = re.compile(r"\s*[,;,、;]\s*")
_JOINED = re.compile(r"\s+(?:and|or)\s+|[和与及或]")


@dataclass(frozen=True)
class ScopeMatch:
    """What one of the goal's terms was found to mean.

    Attributes:
        term: As the goal says it.
        kind: ``category``, ``brand``, ``tag``, ``attribute``, ``sku``, ``product``, ``title``
            (words in titles), ``state`` (on sale, new…), ``everything``, or ``similar`` (by
            likeness of the text alone).
        target: The graph's node that says most, e.g. ``category:Mugs``.
        skus: What it covers by itself.
        targets: All nodes it names.
        excluded: Whether the goal leaves it out.
    """

    term: str
    kind: str
    target: str
    skus: tuple[str, ...]
    targets: tuple[str, ...] = ()
    excluded: bool = False

    @property
    def exact(self) -> bool:
        """Whether the term is the very name of what it means, so that nothing need be said."""
        return any(
            target.partition(":")[2] == self.term
            for target in self.targets
            if not target.startswith(TERM)
        )

    def told(self, language: Language) -> str:
        """One sentence that says what the term was taken for, in the goal's language."""
        named = [
            STATES[target][language] if target in STATES else target
            for target in self.targets
            if not target.startswith(TERM)
        ]
        what = ", ".join(named[:MOST_TOLD])
        count = len(self.skus)
        if language == "zh":
            how = what or ("相近的文字" if self.kind == SIMILAR else "标题中含有该词的商品")
            verb = "排除" if self.excluded else "理解为"
            return f"“{self.term}”{verb}:{how}({count:,} 个 SKU)。"
        how = what or ("text that is alike" if self.kind == SIMILAR else "titles with these words")
        verb = "leaves out" if self.excluded else "is taken for"
        return f"“{self.term}” {verb} {how}: {count:,} SKUs."


@dataclass(frozen=True)
class ResolvedScope:
    """The SKUs a goal is about.

    Attributes:
        skus: In the catalogue's order.
        matches: What each term meant.
        unmatched: Terms that mean nothing in this shop.
    """

    skus: tuple[str, ...]
    matches: tuple[ScopeMatch, ...] = ()
    unmatched: tuple[str, ...] = ()


def resolve_scope(
    scope: Scope, kg: KnowledgeGraph, index: VectorIndex | None, catalogue: pd.DataFrame
) -> ResolvedScope:
    """The SKUs of a scope.

    Names of one kind add up, and so do categories and texts that name products ("mugs and winter
    jackets"). Brands, tags and texts that only say how products are ("red", "for women") narrow
    that down. A quality in a list takes the noun that follows ("blue, white plates"). SKUs named
    outright come on top, unless all of them are in what is said already: then they are meant
    alone. Exclusions come last.

    Args:
        scope: What the goal names.
        kg: The shop's graph; its moment is what “new” and “dead” are counted from.
        index: For likeness of texts, where there is one.
        catalogue: ``FactsView.catalogue``; at least ``sku``.
    """
    products = Products.of(catalogue)
    states = states_of(catalogue, kg.as_of)
    return ScopeReader(PhraseReader(products, states), index).resolve(scope)


class ScopeReader:
    """Looks the terms of scopes up and remembers what they meant."""

    def __init__(self, phrases: PhraseReader, index: VectorIndex | None = None) -> None:
        self._phrases = phrases
        self._products = phrases.products
        self._index = index
        self._matches: list[ScopeMatch] = []
        self._unmatched: list[str] = []

    def resolve(self, scope: Scope) -> ResolvedScope:
        """The SKUs of a scope."""
        self._matches, self._unmatched = [], []
        left_out = self._named_by_any(scope.exclude)
        chosen = self._included(scope) & ~left_out
        return ResolvedScope(
            self._products.named(chosen),
            tuple(self._matches),
            tuple(dict.fromkeys(self._unmatched)),
        )

    def _included(self, scope: Scope) -> Mask:
        named = self._each(scope.skus, "sku", excluded=False)
        rest = Exclusion(
            categories=scope.categories, brands=scope.brands, tags=scope.tags, text=scope.text
        )
        if rest.is_empty():
            return named if scope.skus else self._products.everything()
        chosen = self._described(rest)
        if scope.skus and not (named & ~chosen).any():
            return named
        return chosen | named

    def _described(self, scope: Exclusion) -> Mask:
        meanings = self._texts(scope.text, excluded=False)
        things = [meaning.mask for meaning in meanings if not meaning.quality]
        qualities = [meaning.mask for meaning in meanings if meaning.quality]
        if scope.categories:
            things.append(self._each(scope.categories, "category", excluded=False))
        if not things and qualities:
            things, qualities = [_any(qualities)], []
        chosen = _any(things) if things else self._products.everything()
        if scope.text and not meanings and not scope.categories:
            chosen = self._products.none()
        filters = [_any(qualities)] if qualities else []
        if scope.brands:
            filters.append(self._each(scope.brands, "brand", excluded=False))
        if scope.tags:
            filters.append(self._each(scope.tags, "tag", excluded=False))
        return reduce(lambda one, other: one & other, filters, chosen)

    def _named_by_any(self, scope: Exclusion) -> Mask:
        masks = [meaning.mask for meaning in self._texts(scope.text, excluded=True)]
        for kind, terms in (
            ("category", scope.categories), ("brand", scope.brands), ("tag", scope.tags),
            ("sku", scope.skus),
        ):  # fmt: skip
            masks.append(self._each(terms, kind, excluded=True))
        return _any(masks)

    def _each(self, terms: Iterable[str], kind: str, *, excluded: bool) -> Mask:
        """SKUs of any of the names of one kind."""
        masks = [self._products.none()]
        for term in terms:
            meaning = self._of_kind(term, kind)
            if self._noted(term, meaning, excluded=excluded) and meaning is not None:
                masks.append(meaning.mask)
        return _any(masks)

    def _of_kind(self, term: str, kind: str) -> Meaning | None:
        named = self._phrases.named(term)
        if named is not None and named.kind == kind:
            return named
        if kind == "sku":
            return named if named is not None and named.kind == "product" else None
        read = self._phrases.read(term)
        return None if read is None or read.kind == EVERYTHING else read

    def _texts(self, text: str | None, *, excluded: bool) -> list[Meaning]:
        """What each term of a free text means."""
        terms = [term for term in _LIST.split(text or "") if term]
        found: list[Meaning] = []
        for place, term in enumerate(terms):
            phrase = self._with_noun(term, terms[place + 1 :])
            meaning = self._phrase(phrase) or (self._phrase(term) if phrase != term else None)
            if meaning is None:
                found.extend(self._joined(term, excluded=excluded))
            elif self._noted(term, meaning, excluded=excluded):
                found.append(meaning)
        return found

    def _joined(self, term: str, *, excluded: bool) -> list[Meaning]:
        """A term that means nothing as a whole, part by part; unmatched if that fails too."""
        parts = [part for part in _JOINED.split(term) if part.strip()]
        meanings = [self._phrase(part) for part in parts] if len(parts) > 1 else []
        known = [meaning for meaning in meanings if meaning is not None]
        if known and len(known) == len(parts):
            for part, meaning in zip(parts, known, strict=True):
                self._noted(part, meaning, excluded=excluded)
            return known
        similar = self._slip(term) or self._alike(term)
        return [similar] if self._noted(term, similar, excluded=excluded) and similar else []

    def _phrase(self, phrase: str) -> Meaning | None:
        meaning = self._phrases.read(phrase)
        return meaning if meaning is not None and meaning.found else None

    def _with_noun(self, term: str, following: Sequence[str]) -> str:
        """“blue” before “white plates” is “blue plates”; a term that names things stays itself."""
        atoms = self._phrases.atoms(term)
        if not atoms or any(atom.sort is not Sort.QUALITY for atom in atoms):
            return term
        for later in following:
            nouns = [a.text for a in self._phrases.atoms(later) if a.sort is not Sort.QUALITY]
            if nouns:
                return " ".join([term, *nouns])
        return term

    def _slip(self, term: str) -> Meaning | None:
        """What a term means once slips of the pen are put right."""
        corrected = self._phrases.corrected(term)
        if corrected in ("", canonical(term)):
            return None
        meaning = self._phrase(corrected)
        return None if meaning is None else replace(meaning, kind=SIMILAR)

    def _alike(self, term: str) -> Meaning | None:
        """Products whose text is clearly like a term of which the shop knows no word.

        A term that is known in part is not looked for: the text most like “felt mugs” is any mug.
        """
        if self._index is None or self._phrases.knows_any(term):
            return None
        known = self._products.position
        near = [hit for hit in self._index.search(term, MOST_ALIKE) if hit[0] in known]
        least = max(self._index.clear_score, NEARLY_AS_ALIKE * near[0][1]) if near else 1.0
        rows = [known[sku] for sku, score in near if score >= least]
        if not rows:
            return None
        return Meaning(self._products.at(rows), SIMILAR, (f"{TERM}{term}",))

    def _noted(self, term: str, meaning: Meaning | None, *, excluded: bool) -> bool:
        """Remember what a term meant, or that it meant nothing."""
        if meaning is None or not meaning.found:
            self._unmatched.append(term)
            return False
        target = meaning.targets[0] if meaning.targets else meaning.kind
        skus = self._products.named(meaning.mask)
        self._matches.append(
            ScopeMatch(term, meaning.kind, target, skus, meaning.targets, excluded)
        )
        return True


def _any(masks: Sequence[Mask]) -> Mask:
    join: Callable[[Mask, Mask], Mask] = lambda one, other: one | other  # noqa: E731
    return reduce(join, masks)
