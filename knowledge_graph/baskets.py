"""What is bought together more often than chance, counted over whole orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knowledge_graph.ontology import BOUGHT_TOGETHER, Kind, node

if TYPE_CHECKING:
    import pandas as pd

MIN_SUPPORT = 5
"""Orders that must hold both."""
MIN_LIFT = 1.5
LARGEST_BASKET = 80
"""An order with more SKUs than this is a stock-up and tells nothing of what belongs together."""
PER_SKU = 10
HALF_BELIEVED = 10
"""Orders at which half of a pair's log lift counts when pairs are ranked."""
BLOCK = 2048


def bought_together(lines: pd.DataFrame) -> pd.DataFrame:
    """The strongest pairs of each SKU: ``source, relation, target, weight, support``.

    ``weight`` is the lift P(both) / (P(one) × P(other)) over the orders that could hold a pair
    (Brin et al. 1997), ``support`` the orders that held both. Pairs are ranked by log lift shrunk
    by support, so that a pair seen five times does not come before one seen five hundred.

    Args:
        lines: ``order_id``, ``sku``; one row an order line.
    """
    import pandas as pd
    from scipy.sparse import csr_matrix

    order, orders = pd.factorize(lines["order_id"])
    sku, names = pd.factorize(lines["sku"], sort=True)
    shape = (len(orders), len(names))
    held = csr_matrix((np.ones(len(lines), dtype=np.float32), (order, sku)), shape=shape)
    held.sum_duplicates()
    held.data[:] = 1.0
    size = np.diff(held.indptr)
    held = held[(size > 1) & (size <= LARGEST_BASKET)]
    alone = np.asarray(held.sum(axis=0)).ravel()
    seldom = alone < MIN_SUPPORT
    columns = held.tocsc()
    columns.data[np.repeat(seldom, np.diff(columns.indptr))] = 0.0
    columns.eliminate_zeros()
    found = [_pairs(columns, alone, held.shape[0], start) for start in range(0, shape[1], BLOCK)]
    table = pd.concat(found) if found else _pairs(columns, alone, 0, 0)
    skus = np.array([node(Kind.SKU, str(name)) for name in names], dtype=object)
    return pd.DataFrame(
        {
            "source": skus[table["one"]] if len(skus) else [],
            "relation": BOUGHT_TOGETHER,
            "target": skus[table["other"]] if len(skus) else [],
            "weight": table["lift"].round(4),
            "support": table["support"].astype("int64"),
        }
    ).reset_index(drop=True)


def _pairs(held: Any, alone: npt.NDArray[np.float32], orders: int, start: int) -> pd.DataFrame:
    """The best pairs of the SKUs of one block, so that memory stays bounded."""
    import pandas as pd

    together = (held[:, start : start + BLOCK].T @ held).tocoo()
    one, other, support = together.row + start, together.col, together.data
    keep = (one != other) & (support >= MIN_SUPPORT)
    one, other, support = one[keep], other[keep], support[keep].astype(np.float64)
    lift = support * orders / (alone[one].astype(np.float64) * alone[other])
    table = pd.DataFrame({"one": one, "other": other, "lift": lift, "support": support})
    table = table[table["lift"] >= MIN_LIFT]
    believed = table["support"] / (table["support"] + HALF_BELIEVED)
    table["rank"] = np.log(table["lift"]) * believed
    table = table.sort_values(["one", "rank", "other"], ascending=[True, False, True])
    return table.groupby("one", sort=False).head(PER_SKU)
