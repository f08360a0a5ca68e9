"""What each customer segment buys more of than the shop's customers at large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knowledge_graph.ontology import HAS_SEGMENT, PREFERS, SHOP, Kind, node

if TYPE_CHECKING:
    import pandas as pd

MIN_LINES = 10
"""Order lines a segment must have of something before it can be said to prefer it."""
MIN_LIFT = 1.2
PER_SEGMENT = 15
HALF_BELIEVED = 20
COLUMNS = ("source", "relation", "target", "weight", "support")


def preferences(lines: pd.DataFrame, catalogue: pd.DataFrame, segments: pd.Series) -> pd.DataFrame:
    """Segments and what they prefer: ``source, relation, target, weight, support``.

    A segment's link to the shop has weight 1 and as support its customers. A link to a category
    or SKU has as weight the segment's share of order lines of it over everybody's share, and as
    support the segment's order lines of it; ranked by log lift shrunk by support.

    Args:
        lines: ``customer_id, sku``; one row an order line.
        catalogue: ``sku, category``.
        segments: Index ``customer_id``: the segment's name.
    """
    import pandas as pd

    sizes = segments.value_counts().sort_index()
    named = pd.DataFrame(
        {
            "source": SHOP,
            "relation": HAS_SEGMENT,
            "target": [node(Kind.SEGMENT, str(name)) for name in sizes.index],
            "weight": 1.0,
            "support": sizes.to_numpy(dtype="int64"),
        }
    )
    category = catalogue.set_index("sku")["category"].fillna("")
    bought = pd.DataFrame(
        {
            "segment": lines["customer_id"].map(segments),
            "sku": lines["sku"],
            "category": lines["sku"].map(category),
        }
    ).dropna(subset=["segment"])
    found = [
        _preferred(bought, column, kind)
        for column, kind in (("category", Kind.CATEGORY), ("sku", Kind.SKU))
    ]
    return pd.concat([frame for frame in (named, *found) if len(frame)] or [named])


def _preferred(bought: pd.DataFrame, column: str, kind: Kind) -> pd.DataFrame:
    import pandas as pd

    known = bought[bought[column].fillna("") != ""]
    counts = (
        known.groupby(["segment", column], observed=True).size().rename("support").reset_index()
    )
    if counts.empty:
        return pd.DataFrame(columns=COLUMNS)
    of_segment = counts.groupby("segment")["support"].transform("sum")
    of_thing = counts.groupby(column)["support"].transform("sum")
    counts["weight"] = (counts["support"] / of_segment) / (of_thing / counts["support"].sum())
    counts = counts[(counts["support"] >= MIN_LINES) & (counts["weight"] >= MIN_LIFT)].copy()
    believed = counts["support"] / (counts["support"] + HALF_BELIEVED)
    counts["rank"] = np.log(counts["weight"]) * believed
    counts = counts.sort_values(["segment", "rank", column], ascending=[True, False, True])
    counts = counts.groupby("segment", sort=False).head(PER_SEGMENT)
    return pd.DataFrame(
        {
            "source": [node(Kind.SEGMENT, str(name)) for name in counts["segment"]],
            "relation": PREFERS,
            "target": [node(kind, _place(kind, str(key))) for key in counts[column]],
            "weight": counts["weight"].round(4).to_numpy(),
            "support": counts["support"].to_numpy(dtype="int64"),
        }
    )


def _place(kind: Kind, key: str) -> str:
    """A category as the graph spells it."""
    if kind is not Kind.CATEGORY:
        return key
    return " > ".join(part.strip() for part in key.split(">") if part.strip())
