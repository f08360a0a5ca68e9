"""What a product is, what goes with it, what replaces it, and what a goal's words mean.

Everything is built from facts as of a moment and can be built again from nothing.
"""

from knowledge_graph.build import build_graph
from knowledge_graph.embed import Embedder, HashedNgrams
from knowledge_graph.graph import KnowledgeGraph, Related
from knowledge_graph.offers import likeness_of_offers
from knowledge_graph.ontology import Edge
from knowledge_graph.refresh import refresh
from knowledge_graph.scope import ResolvedScope, ScopeMatch, resolve_scope
from knowledge_graph.search import Hit, search
from knowledge_graph.vectors import VectorIndex

__all__ = [
    "Edge",
    "Embedder",
    "HashedNgrams",
    "Hit",
    "KnowledgeGraph",
    "Related",
    "ResolvedScope",
    "ScopeMatch",
    "VectorIndex",
    "build_graph",
    "likeness_of_offers",
    "refresh",
    "resolve_scope",
    "search",
]
