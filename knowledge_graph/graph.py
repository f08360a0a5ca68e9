"""The graph itself: typed nodes and relations, what goes with what, and the ways between them.

Nodes are named by kind and key (``sku:123``, ``product:9``, ``category:Kitchen > Mugs``,
``brand:Acme``, ``tag:gift``, ``attribute:colour=red``, ``supplier:S1``, ``segment:loyal``) with
``shop`` above them all. It rests on two frames: the products' words, from which everything that
belongs together by name follows, and the links found in sales.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from ecomagent.domain.goal import Scope
from knowledge_graph import ontology, storage
from knowledge_graph.explain import Explainer
from knowledge_graph.ontology import SHOP, Edge, Kind, category_levels, node
from knowledge_graph.products import Products

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

Relation = Literal["bought_together", "substitute"]
MOST_VALUES = 400
"""An attribute with more values than this tells products apart rather than together: no nodes."""


@dataclass(frozen=True)
class Related:
    """A SKU that goes with another one, or can replace it.

    Attributes:
        sku: The other SKU.
        title: What it is called.
        weight: Lift for bought-together (1 is chance), similarity from 0 to 1 for substitutes.
        support: Orders that held both; for substitutes the attribute values they share.
    """

    sku: str
    title: str
    weight: float
    support: int


class KnowledgeGraph:
    """A shop's products and how they belong together, as of a moment.

    Args:
        catalogue: One row a SKU: ``sku, product_id, title, description, category, brand, tags,
            attributes, supplier_id, status``.
        links: ``source, relation, target`` (nodes), ``weight`` and ``support``; the strongest
            first among those of one source and relation.
        facts_hash: Content hash of the facts it was built from.
        as_of: Nothing known later went in.
        inputs: Name of each part to a hash of what it was made from.
    """

    def __init__(
        self,
        catalogue: pd.DataFrame,
        links: pd.DataFrame,
        *,
        facts_hash: str,
        as_of: datetime,
        inputs: dict[str, str] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.links = links
        self.facts_hash = facts_hash
        self.as_of = as_of
        self.inputs = inputs or {}

    @cached_property
    def products(self) -> Products:
        """What every SKU is called."""
        return Products.of(self.catalogue)

    @cached_property
    def _titles(self) -> dict[str, str]:
        return dict(zip(self.products.skus, self.products.titles, strict=True))

    @cached_property
    def _links_of(self) -> dict[tuple[str, str], list[Edge]]:
        found: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for edge in self._linked():
            found[edge.relation, edge.source].append(edge)
        return found

    def __len__(self) -> int:
        """Number of SKUs."""
        return len(self.catalogue)

    def __contains__(self, name: object) -> bool:
        """Whether a node of that name exists; SKUs are looked up at once."""
        text = str(name)
        if text.startswith("sku:"):
            return text.removeprefix("sku:") in self.products.position
        return text in self.nodes

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes, the shop first."""
        return tuple(
            dict.fromkeys([SHOP, *(name for e in self.edges() for name in (e.source, e.target))])
        )

    def title(self, name: str) -> str:
        """What a node is called: a SKU's or product's title, else its key."""
        kind, _, key = name.partition(":")
        if kind == Kind.SKU:
            return self._titles.get(key, "")
        if kind == Kind.PRODUCT:
            ids = self.products.product_ids
            return self.products.titles[ids.index(key)] if key in ids else ""
        return key or name

    def related(self, sku: str, relation: Relation, limit: int = 5) -> tuple[Related, ...]:
        """The SKUs that go with a SKU, or can replace it; the strongest first.

        Empty for a SKU that is not known or has none.
        """
        found = self._links_of.get((relation, node(Kind.SKU, sku)), [])[:limit]
        others = [(edge, edge.target.removeprefix("sku:")) for edge in found]
        return tuple(
            Related(other, self._titles.get(other, ""), edge.weight or 0.0, edge.support or 0)
            for edge, other in others
        )

    def pairs(self, relation: Relation) -> pd.DataFrame:
        """Every pair of SKUs of a relation: ``sku, other, weight, support``, in their order."""
        found = self.links[self.links["relation"] == relation]
        named = found["source"].str.removeprefix("sku:"), found["target"].str.removeprefix("sku:")
        made = found[["weight", "support"]].assign(sku=named[0], other=named[1])
        return made[["sku", "other", "weight", "support"]].reset_index(drop=True)

    def edges(self) -> Iterator[Edge]:
        """Every relation of the graph."""
        yield from dict.fromkeys(self._by_name())
        yield from self._linked()

    def _linked(self) -> Iterator[Edge]:
        columns = ("source", "relation", "target", "weight", "support")
        for row in zip(*(self.links[name].tolist() for name in columns), strict=True):
            yield Edge(*row)

    def _by_name(self) -> Iterator[Edge]:
        """What follows from the products' own words."""
        products = self.products
        common = self.common_attributes
        suppliers = self.catalogue["supplier_id"].tolist()
        for row, sku in enumerate(products.skus):
            product = node(Kind.PRODUCT, products.product_ids[row] or sku)
            above = SHOP
            for level in category_levels(products.categories[row]):
                yield Edge(above, ontology.CONTAINS, node(Kind.CATEGORY, level))
                above = node(Kind.CATEGORY, level)
            yield Edge(above, ontology.CONTAINS, product)
            if products.brands[row]:
                yield Edge(node(Kind.BRAND, products.brands[row]), ontology.MAKES, product)
            for tag in products.tags[row]:
                yield Edge(node(Kind.TAG, tag), ontology.MARKS, product)
            yield Edge(product, ontology.HAS_VARIANT, node(Kind.SKU, sku))
            for name, value in products.attributes[row]:
                if name in common:
                    attribute = node(Kind.ATTRIBUTE, f"{name}={value}")
                    yield Edge(attribute, ontology.DESCRIBES, node(Kind.SKU, sku))
            if isinstance(suppliers[row], str) and suppliers[row]:
                supplier = node(Kind.SUPPLIER, suppliers[row])
                yield Edge(supplier, ontology.SUPPLIES, node(Kind.SKU, sku))

    @cached_property
    def common_attributes(self) -> frozenset[str]:
        """Attributes that put products together; of a handful of products any does."""
        values = Counter(name for name, _ in self.products.by_attribute)
        return frozenset(name for name, count in values.items() if count <= MOST_VALUES)

    @cached_property
    def network(self) -> nx.MultiDiGraph:
        """The whole as a networkx graph; edges carry ``relation``, ``weight``, ``support``."""
        import networkx as nx

        made = nx.MultiDiGraph()
        made.add_node(SHOP)
        made.add_edges_from(
            (edge.source, edge.target, edge.relation,
             {"relation": edge.relation, "weight": edge.weight, "support": edge.support})
            for edge in self.edges()
        )  # fmt: skip
        return made

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """``nodes`` by kind and ``relations`` by name."""
        relations = Counter(edge.relation for edge in self.edges())
        kinds = Counter(name.partition(":")[0] for name in self.nodes)
        return {"nodes": dict(sorted(kinds.items())), "relations": dict(sorted(relations.items()))}

    def neighbours(self, name: str) -> tuple[Edge, ...]:
        """Everything next to a node, each relation read from the node outwards."""
        found = [edge for edge in self.edges() if edge.source == name]
        found += [
            Edge(name, ontology.INVERSE[edge.relation], edge.source, edge.weight, edge.support)
            for edge in self.edges()
            if edge.target == name and ontology.INVERSE[edge.relation] != edge.relation
        ]
        return tuple(sorted(found, key=lambda edge: (edge.relation, edge.target)))

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """The way between two nodes that says most: node, relation, node…; empty if there is none.

        The shortest one, where each relation is as long as ``ontology.COST`` says.
        """
        direct = self._link(source, target)
        if direct is not None:
            return (source, direct, target)
        import networkx as nx

        if not (self._ways.has_node(source) and self._ways.has_node(target)):
            return ()
        try:
            _, nodes = nx.bidirectional_dijkstra(self._ways, source, target, weight="cost")
        except nx.NetworkXNoPath:
            return ()
        steps = [str(nodes[0])]
        for one, other in itertools.pairwise(nodes):
            steps += [self._read(one, other), str(other)]
        return tuple(steps)

    @cached_property
    def _ways(self) -> nx.Graph:
        """The network without directions, one edge between two nodes, in an order of its own."""
        import networkx as nx

        made = nx.Graph()
        made.add_node(SHOP)
        for edge in self.edges():
            cost = ontology.COST[edge.relation]
            known = made.get_edge_data(edge.source, edge.target)
            if known is None or cost < known["cost"]:
                made.add_edge(edge.source, edge.target, cost=cost, edge=edge)
        return made

    def _link(self, source: str, target: str) -> str | None:
        for relation in (ontology.SUBSTITUTE, ontology.BOUGHT_TOGETHER):
            for one, other in ((source, target), (target, source)):
                linked = self._links_of.get((relation, one), ())
                if any(edge.target == other for edge in linked):
                    return relation
        return None

    def _read(self, one: str, other: str) -> str:
        """How the relation between two neighbours reads from the first."""
        edge: Edge = self._ways[one][other]["edge"]
        return edge.relation if edge.source == one else ontology.INVERSE[edge.relation]

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.products)

    def explain(self, sku: str, scope: Scope) -> tuple[str, ...]:
        """How the goal led to a SKU: from what it names, through the graph, down to the SKU.

        Starts at ``goal`` where the scope names something and at ``shop`` where it is empty; node
        and relation alternate. A SKU the graph has not seen yet is only said to be sold.
        """
        return self._explainer.explain(sku, scope)

    # On disk

    def save(self, folder: Path) -> None:
        """Keep the graph in a folder; a reader sees the one before or this one, never a half.

        Raises:
            WorkspaceError: The folder cannot be written.
        """
        storage.save(
            folder,
            catalogue=self.catalogue,
            links=self.links,
            about=storage.About(
                facts_hash=self.facts_hash, as_of=self.as_of, inputs=dict(self.inputs)
            ),
        )

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """The graph kept in a folder; None where there is none, or none that can be read."""
        kept = storage.load(folder)
        if kept is None:
            return None
        about = kept.about
        return cls(
            kept.catalogue, kept.links, facts_hash=about.facts_hash, as_of=about.as_of,
            inputs=about.inputs,
        )  # fmt: skip

    @classmethod
    def open_if_fresh(cls, folder: Path, *, facts_hash: str, as_of: datetime) -> Self | None:
        """The kept graph if it is of these facts and this moment."""
        about = storage.about(folder)
        if about is None or about.facts_hash != facts_hash or about.as_of != as_of:
            return None
        return cls.open(folder)
