"""The one search: what words say of a product, joined with how alike the texts are."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from knowledge_graph.graph import KnowledgeGraph
from knowledge_graph.lexicon import Atom, Sort
from knowledge_graph.phrases import PhraseReader
from knowledge_graph.products import Products
from knowledge_graph.words import canonical, contains

if TYPE_CHECKING:
    from knowledge_graph.vectors import VectorIndex

Floats = npt.NDArray[np.float64]
Matched = dict[int, dict[str, list[str]]]
"""Row of a SKU to where words stand to the words."""
WORDS_COUNT = 0.7
"""Share of the words in a score; likeness of the text makes up the rest."""
LEAST_ALIKE = 0.35
"""Without any word in common, texts less alike than this are no hits."""
CANDIDATES = 200
WHERE = {"title": 1.0, "category": 0.9, "brand": 0.9, "attribute": 0.9, "description": 0.6}
"""What a word is worth by where it stands."""


@dataclass(frozen=True)
class Hit:
    """A SKU that was found.

    Attributes:
        sku: The SKU.
        title: What it is called.
        score: From 0 to 1.
        why: The words that matched and where, or that the text is alike.
    """

    sku: str
    title: str
    score: float
    why: str


def search(
    text: str, kg: KnowledgeGraph, index: VectorIndex | None, k: int = 10
) -> tuple[Hit, ...]:
    """The SKUs that a few words mean, best first.

    A word counts in all its spellings in both languages; rare words count more than common ones,
    and titles more than descriptions. Likeness of the texts catches slips and near words.

    Args:
        text: What to look for.
        kg: The shop's graph.
        index: Vectors over product text, where there are some.
        k: How many hits at most.
    """
    products = kg.products
    if text.strip() in products.position:
        return (Hit(text.strip(), kg.title(f"sku:{text.strip()}"), 1.0, "is its SKU"),)
    words = _Words(kg)
    alike = np.zeros(len(products))
    for sku, cosine in index.search(text, max(CANDIDATES, k)) if index is not None else ():
        if sku in products.position:
            alike[products.position[sku]] = max(cosine, 0.0)
    said, why = words.score(text)
    score = WORDS_COUNT * said + (1 - WORDS_COUNT) * alike if said.any() else alike
    rows = np.flatnonzero((said > 0) | (alike >= LEAST_ALIKE))
    best = sorted(map(int, rows), key=lambda row: (-score[row], products.skus[row]))[:k]
    return tuple(
        Hit(
            products.skus[row],
            products.titles[row],
            round(float(min(score[row], 1.0)), 4),
            _told(why[row]) if row in why else "similar text",
        )
        for row in best
    )


def _told(words: dict[str, list[str]]) -> str:
    return "; ".join(f"{place} says {', '.join(said)}" for place, said in words.items())


class _Words:
    """Scores products by the words of a query."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self._kg = kg
        self._products: Products = kg.products
        self._phrases = PhraseReader(kg.products, states={})

    def score(self, text: str) -> tuple[Floats, Matched]:
        """For each SKU a score from 0 to 1, and which words matched where."""
        corrected = self._phrases.corrected(text)
        atoms = [atom for atom in self._phrases.atoms(corrected) if atom.sort is not Sort.STATE]
        total = np.zeros(len(self._products))
        most = 0.0
        why: Matched = {}
        for atom in atoms:
            worth, where = self._found(atom)
            rarity = log1p(len(self._products) / (1 + np.count_nonzero(worth)))
            total += rarity * worth
            most += rarity
            for row, place in where.items():
                why.setdefault(row, {}).setdefault(place, []).append(atom.text)
        return (total / most if most else total), why

    def _found(self, atom: Atom) -> tuple[Floats, dict[int, str]]:
        """What the atom is worth in each SKU, and where it stands there."""
        worth = np.zeros(len(self._products))
        where: dict[int, str] = {}
        masks = {**self._phrases.places(atom), "description": self._described(atom)}
        for place, mask in masks.items():
            for row in np.flatnonzero(mask & (worth < WHERE[place])):
                worth[row] = WHERE[place]
                where[int(row)] = place
        return worth, where

    def _described(self, atom: Atom) -> npt.NDArray[np.bool_]:
        spelt = self._phrases.spelt(atom)
        return np.array(
            [
                bool(text) and any(contains(text, each) for each in spelt)
                for text in self._descriptions()
            ],
            dtype=bool,
        )

    def _descriptions(self) -> list[str]:
        return [canonical(text) for text in self._kg.catalogue["description"]]
