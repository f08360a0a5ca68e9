"""What can replace what: products of one category whose words and attributes are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knowledge_graph.embed import Embedder, HashedNgrams
from knowledge_graph.ontology import SUBSTITUTE, Kind, node
from knowledge_graph.products import Products

if TYPE_CHECKING:
    import pandas as pd

PER_SKU = 6
LEAST_ALIKE = 0.3
"""Similarity from which on a product of the same category can stand in for another."""
LEAST_ALIKE_UNPLACED = 0.55
"""The same where no category is known, so that words alone must tell."""
ATTRIBUTES_COUNT = 0.3
"""Share of the attributes in the similarity of two SKUs that both have some."""
BLOCK = 1024
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def substitutes(catalogue: pd.DataFrame, embedder: Embedder | None = None) -> pd.DataFrame:
    """The nearest of each SKU: ``source, relation, target, weight, support``.

    ``weight`` is the cosine of the titles' vectors, averaged with the Jaccard similarity of the
    attribute values where both have some; ``support`` the attribute values they share. Variants
    of one product are no substitutes: the graph has them as variants. Archived SKUs replace
    nothing.

    Args:
        catalogue: ``sku, product_id, title, category, attributes, status``.
        embedder: Makes the titles' vectors.
    """
    import pandas as pd

    products = Products.of(catalogue)
    vectors = (embedder or HashedNgrams()).embed(products.titles)
    product = pd.factorize(np.array(products.product_ids, dtype=object))[0]
    offered = (catalogue["status"] != "archived").to_numpy()
    values = _attribute_matrix(products)
    groups = pd.Series(np.arange(len(products))).groupby(np.array(products.categories, dtype=str))
    found: list[pd.DataFrame] = []
    for category, group in groups:
        rows = group.to_numpy()
        least = LEAST_ALIKE if category else LEAST_ALIKE_UNPLACED
        for start in range(0, len(rows), BLOCK):
            here = rows[start : start + BLOCK]
            text = vectors[here] @ vectors[rows].T
            shared = np.asarray((values[here] @ values[rows].T).todense(), dtype=np.float32)
            alike = _with_attributes(text, shared, values, here, rows)
            alike[product[here][:, None] == product[rows][None, :]] = -1.0
            alike[:, ~offered[rows]] = -1.0
            found.append(_nearest(alike, shared, here, rows, least))
    table = pd.concat(found) if found else pd.DataFrame(columns=["one", "other", "alike", "shared"])
    skus = np.array([node(Kind.SKU, sku) for sku in products.skus], dtype=object)
    return pd.DataFrame(
        {
            "source": skus[table["one"].astype(int)],
            "relation": SUBSTITUTE,
            "target": skus[table["other"].astype(int)],
            "weight": table["alike"].astype("float64").round(4),
            "support": table["shared"].astype("int64"),
        }
    ).reset_index(drop=True)


def _attribute_matrix(products: Products) -> Any:
    from scipy.sparse import csr_matrix

    pairs = list(products.by_attribute.values())
    row = np.concatenate([np.array(rows, dtype=np.int64) for rows in pairs] or [np.empty(0, int)])
    column = np.repeat(np.arange(len(pairs)), [len(rows) for rows in pairs])
    ones = np.ones(len(row), dtype=np.float32)
    return csr_matrix((ones, (row, column)), shape=(len(products), max(len(pairs), 1)))


def _with_attributes(text: Floats, shared: Floats, values: Any, here: Rows, rows: Rows) -> Floats:
    """Similarity of text and attributes; of text alone where either has no attributes."""
    count = np.asarray(values.sum(axis=1), dtype=np.float32).ravel()
    one, other = count[here][:, None], count[rows][None, :]
    union = one + other - shared
    jaccard = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    both = (one > 0) & (other > 0)
    mixed = (1 - ATTRIBUTES_COUNT) * text + ATTRIBUTES_COUNT * jaccard
    return np.where(both, mixed, text).astype(np.float32)


def _nearest(alike: Floats, shared: Floats, here: Rows, rows: Rows, least: float) -> pd.DataFrame:
    """The best columns of each row, ties in the catalogue's order."""
    import pandas as pd

    count = min(PER_SKU, len(rows))
    # Rounded, so that the order does not hang on how a machine adds up.
    rounded: Floats = np.round(np.minimum(alike, 1.0), 4).astype(np.float32)
    best = np.argsort(-rounded, axis=1, kind="stable")[:, :count]
    place = np.repeat(np.arange(len(here)), count)
    column = best.ravel()
    table = pd.DataFrame(
        {
            "one": here[place],
            "other": rows[column],
            "alike": rounded[place, column],
            "shared": shared[place, column],
        }
    )
    return table[table["alike"] >= least]
