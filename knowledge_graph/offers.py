"""What in the shop is like what suppliers offer: the same likeness that finds substitutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge_graph.graph import KnowledgeGraph
from knowledge_graph.substitutes import substitutes

if TYPE_CHECKING:
    import pandas as pd

ALIKE = ["sku", "product_id", "title", "category", "attributes", "status"]


def likeness_of_offers(offers: pd.DataFrame, graph: KnowledgeGraph) -> pd.DataFrame:
    """Likeness of offered and of known SKUs to known ones: ``sku, other, weight``.

    Args:
        offers: ``sku, title, category`` (in the shop's own words), ``attributes``.
        graph: The shop's products.
    """
    import pandas as pd

    known = graph.pairs("substitute")[["sku", "other", "weight"]]
    if offers.empty:
        return known
    new = offers.drop_duplicates("sku")
    # Nothing is like an offer: what is off sale replaces nothing.
    new = new.assign(product_id=new["sku"], status="archived")[ALIKE]
    near = graph.catalogue[graph.catalogue["category"].isin(set(new["category"]))][ALIKE]
    found = substitutes(pd.concat([near, new], ignore_index=True))
    made = pd.DataFrame(
        {
            "sku": found["source"].str.removeprefix("sku:"),
            "other": found["target"].str.removeprefix("sku:"),
            "weight": found["weight"],
        }
    )
    return pd.concat([known, made[made["sku"].isin(set(new["sku"]))]], ignore_index=True)
