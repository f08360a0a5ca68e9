"""Brings graph and vectors up to the facts; does nothing where they are of these facts already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ecomagent.domain.errors import LockedError, WorkspaceError
from ecomagent.domain.ports import Progress, silent
from knowledge_graph.build import Segmented, build_graph
from knowledge_graph.graph import KnowledgeGraph
from knowledge_graph.vectors import VectorIndex

if TYPE_CHECKING:
    from ecomagent.store.facts import FactsView

LOCK = ".lock"
PATIENCE_SECONDS = 300.0
"""How long another run may be waited for; the largest shops take seconds."""


def refresh(
    view: FactsView,
    *,
    graph_folder: Path,
    vectors_folder: Path,
    segments: Segmented | None = None,
    anew: bool = False,
    progress: Progress = silent,
) -> KnowledgeGraph:
    """The graph of a view: from disk where it is there, else built and kept.

    Args:
        view: Facts as of the moment the graph is for.
        graph_folder: Where the graph is kept.
        vectors_folder: Where the vectors are kept.
        segments: Puts customers into segments.
        anew: Make everything from nothing, whatever is kept.
        progress: Told what is being made.

    Raises:
        WorkspaceError: The folders cannot be written.
        LockedError: Another run does not end.
    """
    kept = None if anew else _fresh(view, graph_folder, vectors_folder)
    if kept is not None:
        return kept
    with _alone(graph_folder):
        kept = None if anew else _fresh(view, graph_folder, vectors_folder)
        if kept is not None:
            return kept
        progress("graph", "products and what belongs together")
        before = None if anew else KnowledgeGraph.open(graph_folder)
        made = build_graph(view, segments=segments, before=before)
        progress("vectors", "product text")
        VectorIndex(vectors_folder).update(made.catalogue, anew=anew)
        made.save(graph_folder)
    return made


def _fresh(view: FactsView, graph_folder: Path, vectors_folder: Path) -> KnowledgeGraph | None:
    if VectorIndex.kept_texts(vectors_folder) is None:
        return None
    return KnowledgeGraph.open_if_fresh(graph_folder, facts_hash=view.hash, as_of=view.as_of)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Chroma lets one process write at a time."""
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout as error:
        raise LockedError(
            "another run has been making the knowledge graph for minutes",
            where=str(folder),
            remedy="Wait for it to end, or end it, and run the command again.",
        ) from error
    except OSError as error:
        raise WorkspaceError(
            "the knowledge graph cannot be kept",
            where=f"{folder}: {error.strerror or error}",
            remedy="Check that the disk has room and that you may write there.",
        ) from error
    try:
        yield
    finally:
        lock.release()
