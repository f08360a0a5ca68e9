"""Product text in Chroma on disk, with our own vectors; only what changed is embedded again."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ecomagent.domain.errors import WorkspaceError
from knowledge_graph.embed import Embedder, HashedNgrams, Vectors

if TYPE_CHECKING:
    import pandas as pd

COLLECTION = "products"
BATCH = 2500
HEAD = "index.json"
"""Written last: which of the folder's databases counts, and by which embedder."""
CONTEXT_COUNTS = 0.5
"""What category, brand, tags and attributes weigh in a product's vector beside its title."""
GRAPH_DEGREE, BUILD_CANDIDATES, SEARCH_CANDIDATES = 16, 80, 200
"""Chroma's HNSW graph: wide enough in search that the nearest are really found."""


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    embedder: str
    folder: str
    texts: int


class VectorIndex:
    """Nearest product texts.

    Args:
        folder: Where Chroma keeps its files.
        embedder: Makes the vectors.
    """

    def __init__(self, folder: Path, embedder: Embedder | None = None) -> None:
        self._folder = folder
        self._embedder: Embedder = embedder or HashedNgrams()
        self._place = ""
        self._collection: Any = None

    @property
    def clear_score(self) -> float:
        """Score from which on a hit clearly speaks of what was asked."""
        return self._embedder.clear_score

    def __len__(self) -> int:
        """Number of texts."""
        return int(self._opened().count())

    @staticmethod
    def kept_texts(folder: Path, embedder: Embedder | None = None) -> int | None:
        """How many texts are kept, without opening Chroma; None where there is no whole index."""
        head = _read_head(folder)
        name = (embedder or HashedNgrams()).name
        return head.texts if head is not None and head.embedder == name else None

    @classmethod
    def open_if_any(cls, folder: Path, embedder: Embedder | None = None) -> Self | None:
        """The index kept in a folder; None where none was written whole or it cannot be read."""
        index = cls(folder, embedder)
        head = _read_head(folder)
        if head is None or head.embedder != index._embedder.name:
            return None
        try:
            whole = len(index) == head.texts
        except _failures():
            return None
        return index if whole else None

    def update(self, catalogue: pd.DataFrame, *, anew: bool = False) -> int:
        """Bring the index up to a catalogue and return how many texts were embedded again.

        Args:
            catalogue: ``sku, title, category, brand, tags, attributes``; one row a SKU.
            anew: Make it from nothing.

        Raises:
            WorkspaceError: The folder cannot be written.
        """
        rows = {str(row["sku"]): row for row in catalogue.to_dict("records")}
        texts = {sku: (_text(row.get("title")), context_of(row)) for sku, row in rows.items()}
        digests = {sku: _digest("\x1f".join(text)) for sku, text in texts.items()}
        try:
            known = {} if anew else self._known()
            if not known:
                self._start_anew()
            changed = [sku for sku, digest in digests.items() if known.get(sku) != digest]
            gone = [sku for sku in known if sku not in texts]
            if changed or gone or not known:
                self._write(changed, gone, texts, digests)
        except _failures() as error:
            raise WorkspaceError(
                "the search index cannot be kept",
                where=f"{self._folder}: {error}",
                remedy="Check that the disk has room and that you may write there, then run"
                " `ecomagent kg build`.",
            ) from error
        return len(changed)

    def search(self, text: str, k: int = 10) -> tuple[tuple[str, float], ...]:
        """SKUs whose text is nearest, with cosine similarity; the nearest first, ties by SKU.

        Raises:
            WorkspaceError: The index is damaged.
        """
        vector = self._embedder.embed([text])
        if not vector[0].any():
            return ()
        try:
            count = min(k, len(self))
            found = self._opened().query(
                query_embeddings=vector, n_results=max(count, 1), include=["distances"]
            )
        except _failures() as error:
            raise WorkspaceError(
                "the search index is damaged",
                where=f"{self._folder}: {error}",
                remedy="Make it again with `ecomagent kg build`.",
            ) from error
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        scored = [(str(sku), round(1.0 - float(distance), 4)) for sku, distance in pairs]
        return tuple(sorted(scored, key=lambda hit: (-hit[1], hit[0])))

    def _opened(self) -> Any:
        if self._collection is None:
            head = _read_head(self._folder)
            self._place = head.folder if head else _named(1)
            self._collection = self._collection_in(self._place)
        return self._collection

    def _collection_in(self, name: str) -> Any:
        import chromadb
        from chromadb.config import Settings

        place = self._folder / name
        place.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(
            path=str(place), settings=Settings(anonymized_telemetry=False)
        )
        return client.get_or_create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "max_neighbors": GRAPH_DEGREE,
                    "ef_construction": BUILD_CANDIDATES,
                    "ef_search": SEARCH_CANDIDATES,
                    "num_threads": 1,  # the same graph, and so the same answers, every time
                    "batch_size": BATCH,
                    "sync_threshold": BATCH,
                }
            },
        )

    def _known(self) -> dict[str, str]:
        """SKU to the digest of its text as the index has it; empty where it is to be made anew."""
        whole = VectorIndex.open_if_any(self._folder, self._embedder)
        if whole is None:
            return {}
        self._place, self._collection = whole._place, whole._collection
        kept = self._opened().get(include=["metadatas"])
        return {
            sku: str((said or {}).get("digest", ""))
            for sku, said in zip(kept["ids"], kept["metadatas"], strict=True)
        }

    def _start_anew(self) -> None:
        """An empty database beside the one that counts now: Chroma keeps that one open."""
        head = _read_head(self._folder)
        taken = [int(place.name.rsplit("-", 1)[-1]) for place in self._folder.glob("chroma-*")]
        self._place = _named(max(taken, default=0) + 1)
        self._collection = self._collection_in(self._place)
        for place in self._folder.glob("chroma-*"):
            if place.name not in (self._place, head.folder if head else ""):
                shutil.rmtree(place, ignore_errors=True)

    def _write(
        self,
        changed: Sequence[str],
        gone: Sequence[str],
        texts: Mapping[str, tuple[str, str]],
        digests: Mapping[str, str],
    ) -> None:
        collection = self._opened()
        (self._folder / HEAD).unlink(missing_ok=True)
        for start in range(0, len(gone), BATCH):
            collection.delete(ids=list(gone[start : start + BATCH]))
        for start in range(0, len(changed), BATCH):
            some = list(changed[start : start + BATCH])
            collection.upsert(
                ids=some,
                embeddings=self._vectors([texts[sku] for sku in some]),
                metadatas=[{"digest": digests[sku]} for sku in some],
            )
        head = _Head(embedder=self._embedder.name, folder=self._place, texts=len(texts))
        part = self._folder / f"{HEAD}.part"
        part.write_text(head.model_dump_json(), encoding="utf-8")
        part.replace(self._folder / HEAD)

    def _vectors(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        """Title and context of each product as one unit vector."""
        title = self._embedder.embed([title for title, _ in texts])
        context = self._embedder.embed([context for _, context in texts])
        made = title + CONTEXT_COUNTS * context
        norms = np.linalg.norm(made, axis=1, keepdims=True)
        np.divide(made, norms, out=made, where=norms > 0)
        return made


def context_of(row: Mapping[Hashable, Any]) -> str:
    """What else is said of a product: category, brand, tags, attribute values."""
    attributes = row.get("attributes")
    said = attributes.values() if isinstance(attributes, dict) else ()
    tags = row.get("tags")
    told = list(tags) if isinstance(tags, list | tuple | np.ndarray) else []
    words = (row.get("category"), row.get("brand"), *told, *said)
    return " ".join(filter(None, map(_text, words)))


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _named(number: int) -> str:
    return f"chroma-{number}"


def _read_head(folder: Path) -> _Head | None:
    try:
        return _Head.model_validate_json((folder / HEAD).read_bytes())
    except (OSError, ValidationError):
        return None


def _failures() -> tuple[type[Exception], ...]:
    """What Chroma raises for a damaged, foreign or read-only database, or a full disk.

    AttributeError is what a database that could not be opened gives the second time.
    """
    import sqlite3

    from chromadb.errors import ChromaError

    known: type[Exception] = ChromaError
    return (known, OSError, sqlite3.Error, ValueError, RuntimeError, AttributeError)
