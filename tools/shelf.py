"""What an assortment earns when SKUs stand in for each other and sell each other along."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.choice_model import Transference
from tools.columns import places, totals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

STAYS_LEAST, STAYS_MOST = 0.001, 0.999


@dataclass(frozen=True)
class Shelf:
    """Every SKU that is on sale or could be, in one order.

    Attributes:
        demand: Units over the horizon if on sale beside what is on sale now.
        margin: Gross profit a unit, halo included; any unit of money.
        group: Number of the category.
        on: What is on sale now.
        stay: Share of a small SKU's lost demand that stays in its category.
        near: Likeness-weighted extra pull, sparse (n, n), row: the missing SKU.
    """

    demand: Floats = field(repr=False)
    margin: Floats = field(repr=False)
    group: Ints = field(repr=False)
    on: Mask = field(repr=False)
    stay: Floats = field(repr=False)
    near: Any = field(repr=False)

    @classmethod
    def of(
        cls,
        skus: pd.Index,
        *,
        demand: Floats,
        margin: Floats,
        categories: pd.Series,
        on: Mask,
        transference: Transference,
        likeness: pd.DataFrame | None = None,
    ) -> Self:
        """The shelf of some SKUs.

        Args:
            skus: Names, unique.
            demand: Units over the horizon.
            margin: Gross profit a unit; unknown ones count as the median of the known.
            categories: Category of each.
            on: Whether on sale now.
            transference: What stays in which category.
            likeness: ``sku, other, weight`` beyond the transference's own substitutes.
        """
        from scipy.sparse import csr_matrix

        pairs = transference.substitutes
        if likeness is not None:
            pairs = pd.concat([likeness[["sku", "other", "weight"]], pairs])
            pairs = pairs.drop_duplicates(["sku", "other"])
        one, other = places(skus, pairs["sku"]), places(skus, pairs["other"])
        group = pd.factorize(categories.astype(str), sort=True)[0].astype(np.int64)
        both = (one >= 0) & (other >= 0)
        both[both] = group[one[both]] == group[other[both]]
        weight = transference.nearness * pairs["weight"].to_numpy(dtype=np.float64)[both]
        near = csr_matrix((weight, (one[both], other[both])), shape=(len(skus), len(skus)))
        known = margin[np.isfinite(margin)]
        return cls(
            demand=np.maximum(np.nan_to_num(demand), 0.0),
            margin=np.where(np.isfinite(margin), margin, np.median(known) if len(known) else 0.0),
            group=group,
            on=np.asarray(on, dtype=bool),
            stay=transference.of(categories)["stay"].to_numpy(dtype=np.float64),
            near=near,
        )

    def staying(self, stay: Floats) -> Shelf:
        """The same shelf with another share that stays."""
        return replace(self, stay=stay)

    def valued(self, margin: Floats) -> Shelf:
        """The same shelf with something else counted a unit."""
        return replace(self, margin=margin)

    @cached_property
    def _outside(self) -> Floats:
        """Pull of leaving without buying, of each SKU's category, in units of demand."""
        stay = np.clip(self.stay, STAYS_LEAST, STAYS_MOST)
        return (1 - stay) / stay * self._sum(self.demand * self.on)

    def _sum(self, values: Floats) -> Floats:
        """Sum over the category, for each SKU."""
        groups = int(self.group.max(initial=-1)) + 1
        return totals(self.group, values, groups)[self.group]

    def _pull(self, on: Mask) -> tuple[Floats, Floats]:
        """Pull of the other SKUs on sale for each SKU's customers, and what it earns a unit."""
        there = self.demand * on
        pull = self._sum(there) - there + self.near @ there
        earned = there * self.margin
        return pull, self._sum(earned) - earned + self.near @ earned

    def drawn_on(self, on: Mask | None = None) -> tuple[Floats, Floats, Floats]:
        """What each SKU's customers choose from, in units of demand.

        Returns:
            The pull of the others on sale, what they earn on it, and the pull of all there is,
            leaving without buying included.
        """
        pull, earned = self._pull(self.on if on is None else on)
        return pull, earned, self._outside + pull

    def recaptured(self, on: Mask | None = None) -> Floats:
        """Share of each SKU's demand that others get, or got, while it is not on sale."""
        pull, _ = self._pull(self.on if on is None else on)
        whole = self._outside + pull
        return np.divide(pull, whole, out=np.zeros_like(pull), where=whole > 0)

    def moved_margin(self, on: Mask | None = None) -> Floats:
        """Gross profit that others earn on each unit of a SKU's demand while it is not on sale."""
        pull, earned = self._pull(self.on if on is None else on)
        whole = self._outside + pull
        return np.divide(earned, whole, out=np.zeros_like(pull), where=whole > 0)

    def worth(self, on: Mask | None = None) -> Floats:
        """What each SKU adds to the assortment: its own profit less what others then lose."""
        found: Floats = self.demand * (self.margin - self.moved_margin(on))
        return found

    def profit(self, on: Mask) -> float:
        """Gross profit of a whole assortment, taken from what is on sale now."""
        missing = self.demand * (self.on & ~on)
        added = self.demand * (on & ~self.on)
        common = self.on & on
        gained = missing * self.moved_margin(common) - added * self.moved_margin(common)
        own = self.demand * on * self.margin
        return float(own.sum() + gained.sum())

    def within_slots(self, open_to: Mask, slots: Floats) -> Mask:
        """The assortment that keeps each category within its number of slots.

        Starts from everything it may hold and drops, round by round and category by category,
        the SKU that adds least to what is left (greedy; with equal margins and one-step
        substitution that is optimal).

        Args:
            open_to: What may be on sale.
            slots: Most SKUs on sale of each SKU's category; infinite for no limit.
        """
        on = open_to.copy()
        while True:
            over = on & (self._sum(on.astype(np.float64)) > slots)
            if not over.any():
                return on
            worth = np.where(over, self.worth(on), np.inf)
            order = np.lexsort((np.arange(len(worth)), worth))
            first = np.unique(self.group[order], return_index=True)[1]
            on[order[first][over[order[first]]]] = False
