"""Turns product text into vectors without a model: hashed words, letters and retail concepts.

Works for any script, needs no download and always gives the same; a learnt embedder takes its
place behind ``Embedder``.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from knowledge_graph.lexicon import retail_lexicon
from knowledge_graph.words import is_cjk, tokens

Vectors = npt.NDArray[np.float32]
"""One row a text."""


class Embedder(Protocol):
    """Texts in, unit vectors out."""

    name: str
    """Changes whenever the vectors would; an index made by another embedder is made anew."""
    dimensions: int
    clear_score: float
    """Cosine from which on two texts clearly speak of the same thing."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector (float32) a text; a text without a word gives zeros."""
        ...


class HashedNgrams:
    """Words, character n-grams and concepts hashed into a fixed number of dimensions.

    Latin words give themselves whole and their n-grams of 3 and 4 letters with word borders, so
    that a slip of the pen still matches; Chinese runs give single characters and pairs. Concepts
    of the retail lexicon are features too, which is what brings “mug” and “马克杯” together.
    Signed feature hashing after Weinberger et al. (2009), weights by log of their sum.
    """

    name = "hashed-ngrams-2"
    dimensions = 384
    clear_score = 0.5

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text."""
        made = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for place, weight in self._features(text):
                made[row, place] += weight
        norms = np.linalg.norm(made, axis=1, keepdims=True)
        np.divide(made, norms, out=made, where=norms > 0)
        return made

    def _features(self, text: str) -> list[tuple[int, float]]:
        weights: dict[str, float] = {}
        for token in tokens(text):
            for feature, weight in _pieces(token):
                weights[feature] = weights.get(feature, 0.0) + weight
        for concept in retail_lexicon().concepts(text):
            weights[f"@{concept}"] = CONCEPT
        placed = []
        for feature, weight in weights.items():
            digest = _digest(feature)
            sign = 1.0 if digest & 0x80000000 else -1.0
            placed.append((digest % self.dimensions, sign * float(np.log1p(weight))))
        return placed


WORD, CONCEPT, LETTERS, CHARACTER, PAIR = 2.0, 3.0, 0.5, 0.5, 1.5
"""What each sort of feature weighs."""


@lru_cache(maxsize=1 << 17)
def _digest(feature: str) -> int:
    return zlib.crc32(feature.encode())


@lru_cache(maxsize=1 << 15)
def _pieces(token: str) -> tuple[tuple[str, float], ...]:
    """The features of one word or run of Chinese characters."""
    if is_cjk(token):
        pairs = [(token[at : at + 2], PAIR) for at in range(len(token) - 1)]
        return (*((letter, CHARACTER) for letter in token), *pairs)
    edged = f"<{token}>"
    letters = [
        (edged[at : at + size], LETTERS) for size in (3, 4) for at in range(len(edged) - size + 1)
    ]
    return ((f"={token}", WORD), *letters)
