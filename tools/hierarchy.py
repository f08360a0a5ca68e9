"""The category tree above the SKUs: forecasts that add up, with bands of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.counts import count_quantiles
from tools.figures import significant
from tools.forecast_band import LEVELS

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

SEPARATOR = " > "
SHOP = ""
"""Name of the node above all categories."""
LARGE_NODE = 200.0
"""Units over the horizon that tell large nodes from small ones."""
MIN_NODE_CASES = 20
DOUBT = 10.0
"""Cases' worth of trust in the usual width beside the measured one."""


@dataclass(frozen=True)
class CategoryTree:
    """Nodes from the shop down.

    Attributes:
        names: Category paths, the shop (empty) first, then sorted.
        members: Which SKU is in which node; shape (nodes, SKUs).
    """

    names: tuple[str, ...]
    members: npt.NDArray[np.float32] = field(repr=False)

    def sums(self, values: Floats) -> Floats:
        """Totals by node of one row a SKU."""
        return np.asarray(self.members @ values, dtype=np.float64)


def category_tree(groups: Texts | None, count: int) -> CategoryTree:
    """Shop and every step of the paths ``A > B > C``; only the shop without categories."""
    steps: dict[str, set[str]] = {}
    for path in np.unique(groups) if groups is not None else ():
        parts = [part.strip() for part in str(path).split(SEPARATOR.strip()) if part.strip()]
        for depth in range(1, len(parts) + 1):
            steps.setdefault(SEPARATOR.join(parts[:depth]), set()).add(str(path))
    names = (SHOP, *sorted(steps))
    members = np.zeros((len(names), count), dtype=np.float32)
    members[0] = 1.0
    for row, name in enumerate(names[1:], start=1):
        members[row] = np.isin(groups, list(steps[name]))  # type: ignore[arg-type]
    return CategoryTree(names, members)


def node_misses(tree: CategoryTree, rows: npt.NDArray[np.int64], actual: Floats, expected: Floats
                ) -> Floats:  # fmt: skip
    """Expected units and log miss of each node that one replay could compare; shape (k, 2)."""
    some = CategoryTree(tree.names, tree.members[:, rows])
    sold, wanted = some.sums(actual), some.sums(expected)
    used = wanted >= 1.0
    return np.column_stack([wanted[used], np.log((sold[used] + 1) / (wanted[used] + 1))])


def node_levels(misses: Floats) -> Floats:
    """Log misses below which 5, 10, … % of small and of large nodes fell; NaN where unknown."""
    found = np.full((2, len(LEVELS)), np.nan)
    if len(misses) < MIN_NODE_CASES:
        return found
    usual = _levels(misses[:, 1])
    for row in range(2):
        part = misses[(misses[:, 0] >= LARGE_NODE) == bool(row), 1]
        weight = len(part) / (len(part) + DOUBT)
        found[row] = weight * _levels(part) + (1 - weight) * usual if len(part) else usual
    return found


def _levels(misses: Floats) -> Floats:
    count = len(misses)
    outward = 0.5 + (np.array(LEVELS) - 0.5) * (count + 1) / count
    return np.asarray(np.quantile(misses, outward.clip(0, 1)))


def category_table(
    tree: CategoryTree, daily: Floats, variance: Floats, levels: Floats, shared_error: float
) -> pd.DataFrame:
    """One row a node; means are the sums of its SKUs', so that the tree adds up.

    Bands come from what past forecasts of nodes missed (``levels``), or where that is unknown
    from the SKUs' scatter and the error they have in common.

    Args:
        tree: The nodes.
        daily: Expected units, SKU × day.
        variance: Variance of each SKU's units over the horizon.
        levels: From ``node_levels``.
        shared_error: Log error common to all SKUs.
    """
    total = tree.sums(daily.sum(axis=1))
    if np.isfinite(levels).all():
        steps = levels[(total >= LARGE_NODE).astype(np.int64)]
        found = np.maximum((total[:, None] + 1) * np.exp(steps) - 1, 0.0)
    else:
        spread = tree.sums(variance) + np.square(shared_error * total)
        found = np.column_stack(count_quantiles(total, np.maximum(spread, 1e-9), LEVELS))
    made = {"skus": tree.members.sum(axis=1).astype(np.int64),
            "mean_per_day": significant(total / daily.shape[1])}  # fmt: skip
    made |= {f"p{round(100 * level):02d}": significant(found[:, k])
             for k, level in enumerate(LEVELS)}  # fmt: skip
    return pd.DataFrame(made, index=pd.Index(tree.names, name="category", dtype=object))
