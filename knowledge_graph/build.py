"""Builds the graph from facts as of a moment; parts whose input has not changed are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from knowledge_graph.baskets import bought_together
from knowledge_graph.graph import KnowledgeGraph
from knowledge_graph.ontology import BOUGHT_TOGETHER, SUBSTITUTE
from knowledge_graph.products import Products
from knowledge_graph.segments import COLUMNS, preferences
from knowledge_graph.substitutes import substitutes

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.facts import FactsView

BASKET_DAYS = 365
"""How far back orders are looked at: a whole year, so that each season is in it once."""
DESCRIPTION_LENGTH = 400
"""Characters of a description that the graph keeps for search."""
WORDS = ["sku", "product_id", "title", "description", "category", "brand", "tags", "attributes",
         "supplier_id", "status"]  # fmt: skip
VERSION = "1"
"""Changes when the same input would give other links, so that kept ones are made anew."""

Segmented = Callable[["pd.DataFrame"], "pd.Series[str]"]
"""Customers (``FactsView.customers``) in, each one's segment by ``customer_id`` out."""


def build_graph(
    view: FactsView,
    *,
    segments: Segmented | None = None,
    before: KnowledgeGraph | None = None,
) -> KnowledgeGraph:
    """The graph of everything known at the view's moment.

    Args:
        view: Facts as of a moment.
        segments: Puts customers into segments; the graph has none where it is missing.
        before: An earlier graph: its links are taken over where what they rest on is the same.
    """
    import pandas as pd

    catalogue = _words(view.catalogue())
    lines = view.order_lines(since=view.today - timedelta(days=BASKET_DAYS))
    customers = None if segments is None else segments(view.customers())
    inputs = {
        SUBSTITUTE: _hash_of(
            catalogue[["sku", "product_id", "title", "category", "attributes", "status"]]
        ),
        BOUGHT_TOGETHER: _hash_of(lines[["order_id", "sku"]]),
    }
    links = [
        _kept(before, SUBSTITUTE, inputs, lambda: substitutes(catalogue)),
        _kept(before, BOUGHT_TOGETHER, inputs, lambda: bought_together(lines)),
    ]
    if customers is not None:
        links.append(preferences(lines, catalogue, customers))
    return KnowledgeGraph(
        catalogue,
        _joined(pd.concat([frame for frame in links if len(frame)] or [links[0]])),
        facts_hash=view.hash,
        as_of=view.as_of,
        inputs=inputs,
    )


def _kept(
    before: KnowledgeGraph | None,
    relation: str,
    inputs: dict[str, str],
    make: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """The links of one relation: an earlier graph's where they rest on the same, else new ones."""
    if before is None or before.inputs.get(relation) != inputs[relation]:
        return make()
    return before.links[before.links["relation"] == relation]


def _joined(links: pd.DataFrame) -> pd.DataFrame:
    return (
        links[list(COLUMNS)]
        .astype({"weight": "float64", "support": "int64"})
        .reset_index(drop=True)
    )


def _words(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The columns of the catalogue that the graph keeps, texts cut and empty rather than None."""
    import pandas as pd

    kept = catalogue[WORDS].copy()
    for name in ("title", "description", "category", "brand", "status", "supplier_id"):
        kept[name] = kept[name].fillna("").astype(str)
    kept["description"] = kept["description"].str.slice(0, DESCRIPTION_LENGTH)
    words = Products.of(catalogue)
    kept["tags"] = pd.Series([list(tags) for tags in words.tags], index=kept.index, dtype=object)
    kept["attributes"] = pd.Series(
        [dict(said) for said in words.attributes], index=kept.index, dtype=object
    )
    return kept.reset_index(drop=True)


def _hash_of(frame: pd.DataFrame) -> str:
    """A hash of a frame's content, the same in every process."""
    import pandas as pd

    plain = frame.copy()
    if "attributes" in plain:
        plain["attributes"] = [
            json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
            for said in plain["attributes"]
        ]
    digest = hashlib.sha256(VERSION.encode())
    digest.update(",".join(plain.columns).encode())
    digest.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return digest.hexdigest()
