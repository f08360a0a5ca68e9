"""What the graph and the search have to show, as documented values that commands print."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.errors import NotFoundError
from knowledge_graph import ontology
from knowledge_graph.graph import KnowledgeGraph, Related, Relation
from knowledge_graph.ontology import SHOP, Edge, Kind, node
from knowledge_graph.search import Hit

MOST_OF_ONE_RELATION = 50
"""Nodes shown of one relation; a category may hold thousands."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class FoundSku(_Value):
    """One hit of a search."""

    sku: str
    title: str
    score: float
    """From 0 to 1."""
    why: str
    """Which words matched and where."""


class SearchResult(_Value):
    """What a search found, best first."""

    query: str
    hits: tuple[FoundSku, ...]

    @classmethod
    def of(cls, query: str, hits: tuple[Hit, ...]) -> SearchResult:
        """From the hits of a search."""
        return cls(
            query=query,
            hits=tuple(
                FoundSku(sku=hit.sku, title=hit.title, score=hit.score, why=hit.why)
                for hit in hits
            ),
        )  # fmt: skip


class RelatedSku(_Value):
    """A SKU that goes with another one, or can replace it."""

    sku: str
    title: str
    weight: float
    """Lift (1 is chance) for bought together; similarity from 0 to 1 for substitutes."""
    support: int
    """Orders that held both; for substitutes the attribute values they share."""


class Neighbour(_Value):
    """A node next to another one."""

    node: str
    title: str
    weight: float | None = None
    support: int | None = None


class Neighbours(_Value):
    """The nodes that one relation leads to."""

    relation: str
    count: int
    """All of them; ``nodes`` may hold fewer."""
    nodes: tuple[Neighbour, ...]


class NodeCard(_Value):
    """One node of the graph and what is next to it."""

    node: str
    kind: str
    title: str
    as_of: datetime
    path: tuple[str, ...]
    """The way from the shop: node, relation, node…"""
    relations: tuple[Neighbours, ...]
    bought_together: tuple[RelatedSku, ...] = ()
    substitutes: tuple[RelatedSku, ...] = ()


class GraphSummary(_Value):
    """What a graph holds."""

    as_of: datetime
    facts_hash: str
    skus: int
    texts: int
    """Product texts in the vector index."""
    nodes: dict[str, int]
    """By kind."""
    relations: dict[str, int]


def summarise(kg: KnowledgeGraph, texts: int) -> GraphSummary:
    """What a graph and its index hold."""
    counts = kg.counts
    return GraphSummary(
        as_of=kg.as_of, facts_hash=kg.facts_hash, skus=len(kg), texts=texts,
        nodes=counts["nodes"], relations=counts["relations"],
    )  # fmt: skip


def node_card(kg: KnowledgeGraph, name: str, *, limit: int = 8) -> NodeCard:
    """The card of a SKU, or of any node by its full name.

    Args:
        kg: The graph.
        name: A SKU, or a node such as ``category:Mugs``.
        limit: How many related SKUs of each sort.

    Raises:
        NotFoundError: Nothing is called that.
    """
    found = _find(kg, name)
    kind, _, key = found.partition(":")
    relations: dict[str, list[Edge]] = {}
    for edge in kg.neighbours(found):
        if edge.relation not in (ontology.BOUGHT_TOGETHER, ontology.SUBSTITUTE):
            relations.setdefault(edge.relation, []).append(edge)
    return NodeCard(
        node=found,
        kind=kind,
        title=kg.title(found),
        as_of=kg.as_of,
        path=kg.path(SHOP, found),
        relations=tuple(_neighbours(kg, name, edges) for name, edges in relations.items()),
        bought_together=_related(kg, key, "bought_together", limit),
        substitutes=_related(kg, key, "substitute", limit),
    )


def _find(kg: KnowledgeGraph, name: str) -> str:
    wanted = name.strip()
    if node(Kind.SKU, wanted) in kg:
        return node(Kind.SKU, wanted)
    if wanted in kg:
        return wanted
    named = [each for each in kg.nodes if each.split(":", 1)[-1].lower() == wanted.lower()]
    if named:
        return str(named[0])
    raise NotFoundError(
        f"the knowledge graph has no “{wanted}”",
        remedy=f'Look for it with `ecomagent search "{wanted}"`.',
    )


def _related(
    kg: KnowledgeGraph, sku: str, relation: Relation, limit: int
) -> tuple[RelatedSku, ...]:
    return tuple(map(_plain, kg.related(sku, relation, limit)))


def _plain(related: Related) -> RelatedSku:
    return RelatedSku(
        sku=related.sku, title=related.title, weight=related.weight, support=related.support
    )


def _neighbours(kg: KnowledgeGraph, relation: str, edges: list[Edge]) -> Neighbours:
    strongest = sorted(edges, key=lambda edge: (-(edge.weight or 0.0), edge.target))
    return Neighbours(
        relation=relation,
        count=len(edges),
        nodes=tuple(
            Neighbour(
                node=edge.target,
                title=kg.title(edge.target),
                weight=None if edge.weight is None or edge.weight != edge.weight else edge.weight,
                support=edge.support,
            )
            for edge in strongest[:MOST_OF_ONE_RELATION]
        ),
    )


class PathCard(_Value):
    """The shortest way between two nodes."""

    source: str
    target: str
    path: tuple[str, ...]
    """Node, relation, node… ; empty where there is no way."""


def path_between(kg: KnowledgeGraph, source: str, target: str) -> PathCard:
    """The shortest way between two SKUs or nodes.

    Raises:
        NotFoundError: Nothing is called that.
    """
    one, other = _find(kg, source), _find(kg, target)
    return PathCard(source=one, target=other, path=kg.path(one, other))
