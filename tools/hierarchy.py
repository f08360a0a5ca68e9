"""The category tree above the SKUs: forecasts that add up, with bands of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.counts import count_quantiles, total_variance
from tools.figures import significant
from tools.forecast_band import LEVELS, Bands, held_levels, level_places
from tools.replay import Replay

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

SEPARATOR = " > "
SHOP = ""
"""Name of the node above all categories."""
COMMON_ERROR, COMMON_REPLAYS = 0.15, 3.0
"""Log error that the SKUs of a node have in common before any was measured, and for how many
replays it counts."""


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


@dataclass(frozen=True)
class Nodes:
    """How far off whole categories are.

    Attributes:
        shared_error: Log error that all SKUs of the shop have in common.
        category_error: Log error that those of a category have in common.
        promotion_error: Log error that a category's promotions have in common.
        levels: Probability to ask a node's distribution for, to get each of ``LEVELS``.
    """

    shared_error: float
    category_error: float
    promotion_error: float
    levels: tuple[float, ...] = LEVELS

    def quantiles(self, expected: Floats, variance: Floats, promoted: Floats) -> Floats:
        """Of each node's units over the horizon, the first the shop; shape (nodes, levels).

        Args:
            expected: Units of each node.
            variance: Sum of its SKUs' own.
            promoted: Units expected on days of promotion.
        """
        error = np.full(len(expected), self.category_error)
        error[:1] = self.shared_error
        spread = total_variance(expected, variance, error)
        spread = np.maximum(total_variance(promoted, spread, self.promotion_error), 1e-9)
        return np.column_stack(count_quantiles(expected, spread, self.levels))


def default_nodes() -> Nodes:
    """Wide ones, for shops without a past to learn from."""
    return Nodes(2 * COMMON_ERROR, 2 * COMMON_ERROR, 2 * COMMON_ERROR)


def fit_nodes(
    tree: CategoryTree, replays: Sequence[Replay], expected: Sequence[Floats], bands: Bands
) -> Nodes:
    """What SKUs have in common, from replays; then quantiles as SKUs' are made to hold.

    A node is off by its SKUs' own scatter, which averages out, and by what they have in common,
    which does not: what its squared misses exceed the former by.

    Args:
        tree: The nodes.
        replays: Starting days in the past.
        expected: Units that each replay's SKUs were expected to sell.
        bands: The SKUs' own errors.
    """
    period: list[npt.NDArray[np.int64]] = []
    nodes: list[npt.NDArray[np.int64]] = []
    sold, wanted, own = list[Floats](), list[Floats](), list[Floats]()
    for number, (replay, units) in enumerate(zip(replays, expected, strict=True)):
        some = CategoryTree(tree.names, tree.members[:, replay.skus])
        totals = some.sums(units)
        used = np.flatnonzero(totals >= 1.0)
        variance = some.sums(bands.variance(replay.segment, units, replay.spread))
        nodes.append(used)
        sold.append(some.sums(replay.actual)[used])
        wanted.append(totals[used])
        own.append(variance[used])
        period.append(np.full(len(used), number))
    actual, total, spread = (np.concatenate(each) for each in (sold, wanted, own))
    shop = np.concatenate(nodes) == 0
    found = Nodes(
        _common(actual[shop], total[shop], spread[shop], len(replays)),
        _common(actual[~shop], total[~shop], spread[~shop], len(replays)),
        _of_promotions(tree, replays),
    )
    error = np.where(shop, found.shared_error, found.category_error)
    place = level_places(actual, total, total_variance(total, spread, error))
    levels = held_levels(place, np.concatenate(period), np.array(LEVELS))
    return replace(found, levels=tuple(float(level) for level in levels))


def _of_promotions(tree: CategoryTree, replays: Sequence[Replay]) -> float:
    parts = []
    for replay in replays:
        if replay.promoted is not None:
            sold, expected = replay.promoted
            some = tree.members[len(tree.names) > 1 :, replay.skus]
            parts.append(
                np.array([some @ sold, some @ expected, some @ (expected * replay.spread)])
            )
    found = np.hstack(parts) if parts else np.empty((3, 0))
    actual, wanted, variance = found[:, found[1] >= 1.0]
    return _common(actual, wanted, variance, len(parts))


def _common(actual: Floats, expected: Floats, variance: Floats, replays: int) -> float:
    """Log error beyond own scatter; large nodes, whose scatter hides it least, count most."""
    if not len(actual):
        return COMMON_ERROR
    own = variance / expected**2
    weight = 1 / np.square(own + COMMON_ERROR**2)
    beyond = np.square(np.log((actual + 1) / (expected + 1))) - own
    measured = max(float((weight * beyond).sum() / weight.sum()), 0.0)
    count = replays + COMMON_REPLAYS
    return float(np.sqrt((replays * measured + COMMON_REPLAYS * COMMON_ERROR**2) / count))


def category_table(
    tree: CategoryTree, daily: Floats, promoted: Floats, variance: Floats, nodes: Nodes
) -> pd.DataFrame:
    """One row a node; means are the sums of its SKUs', so that the tree adds up.

    Args:
        tree: The nodes.
        daily: Expected units, SKU × day.
        promoted: Those expected on days of promotion, by SKU.
        variance: Variance of each SKU's units over the horizon.
        nodes: What they have in common.
    """
    total = tree.sums(daily.sum(axis=1))
    found = nodes.quantiles(total, tree.sums(variance), tree.sums(promoted))
    made = {"skus": tree.members.sum(axis=1).astype(np.int64),
            "mean_per_day": significant(total / daily.shape[1])}  # fmt: skip
    made |= {f"p{round(100 * level):02d}": significant(found[:, k])
             for k, level in enumerate(LEVELS)}  # fmt: skip
    return pd.DataFrame(made, index=pd.Index(tree.names, name="category", dtype=object))
