"""Levels of demand: which kind a SKU's sales are, and the simple models that suit each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.demand_level import faded_rate, scatter_of, steady_rate
from tools.engine import HERE, Engine
from tools.history import Mask

Floats = npt.NDArray[np.float64]
Pairs = tuple[npt.NDArray[Any], npt.NDArray[Any], Floats]

WINDOW = 364
"""Days of history the level models look at."""
HALF_YEAR = 182
"""Of them, those that tell what kind a SKU's sales are."""
NEW_DAYS = 42
"""A SKU on sale for less than this borrows from others."""
QUIET_DAYS = 91
"""No sale for this long, though on sale: counted as dead."""
ADI_LIMIT = 1.32
"""Mean days between sales above which demand is intermittent (Syntetos and Boylan 2005)."""
MIN_PEERS = 20
"""SKUs on sale for less than half a year that a new SKU can be compared with."""
CATEGORY_DAYS = 500.0
"""Days on sale of a category's SKUs that weigh as much as the shop's mean."""
NEIGHBOUR_DOUBT = 2.0
"""Number of SKUs alike that weigh as much as category and shop."""
BLOCK = 500
"""SKUs that the library's models are fitted to in one part."""
PRIOR_DAYS = 14.0
"""Weight of others' mean in a new SKU's level, in days of history."""

SEGMENTS = ("smooth", "intermittent", "new", "dead")
CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "smooth": ("window_28", "fading_28", "fading_91", "steady_28", "steady_40", "ses"),
    "intermittent": ("fading_28", "fading_91", "steady_28", "steady_40", "croston_sba", "imapa"),
    "new": ("pooled",),
    "dead": ("pooled",),
}
DEFAULTS = {"smooth": "steady_40", "intermittent": "steady_40", "new": "pooled", "dead": "pooled"}


@dataclass(frozen=True)
class Levels:
    """Daily sales on days that count, latest last, packed to the right.

    Attributes:
        sales: Units; shape (n, WINDOW), 0 where a SKU has fewer days.
        exposed: Seasonal factor of those days, 0 where there are none.
        days: Days that count within the window; shape (n,).
        age: Days since the SKU was first on sale; shape (n,).
        segment: One of SEGMENTS for each SKU.
    """

    sales: Floats
    exposed: Floats
    days: npt.NDArray[np.int64]
    age: npt.NDArray[np.int64]
    segment: npt.NDArray[np.str_]

    def rows(self, chosen: npt.NDArray[Any]) -> Levels:
        """Some of the SKUs."""
        return Levels(*(each[chosen] for each in (self.sales, self.exposed, self.days, self.age,
                                                  self.segment)))  # fmt: skip

    @property
    def adjusted(self) -> Floats:
        """Sales with the season taken out; NaN where there are none."""
        unknown = np.full(self.sales.shape, np.nan)
        found: Floats = np.divide(self.sales, self.exposed, out=unknown, where=self.exposed > 0)
        return found

    @property
    def rate(self) -> Floats:
        """Units a day without season, over the whole window."""
        found: Floats = self.sales.sum(axis=1) / np.maximum(self.exposed.sum(axis=1), 1e-9)
        return found


def read_levels(units: npt.NDArray[Any], valid: Mask, factors: npt.NDArray[Any]) -> Levels:
    """Adjust, pack and classify.

    Args:
        units: Daily units (n, days), NaN before the first day.
        valid: Which days count (n, days).
        factors: Seasonal factor of each SKU and day (n, days).
    """
    age = np.isfinite(units).sum(axis=1)
    latest = slice(-2 * WINDOW, None)
    units, valid, factors = units[:, latest], valid[:, latest], factors[:, latest]
    order = np.argsort(valid, axis=1, kind="stable")[:, -WINDOW:]
    sales, exposed = (
        _packed(np.where(valid, values, 0.0), order) for values in (units.clip(0), factors)
    )
    days = (exposed > 0).sum(axis=1)
    return Levels(sales, exposed, days, age, _segments(sales, exposed, days, age))


def _packed(values: npt.NDArray[Any], order: npt.NDArray[np.int64]) -> Floats:
    found = np.take_along_axis(values, order, axis=1).astype(np.float64)
    return np.pad(found, ((0, 0), (WINDOW - found.shape[1], 0)))


def _segments(
    sales: Floats, exposed: Floats, days: npt.NDArray[np.int64], age: npt.NDArray[np.int64]
) -> npt.NDArray[np.str_]:
    sold, seen = sales[:, -HALF_YEAR:] > 0, (exposed[:, -HALF_YEAR:] > 0).sum(axis=1)
    interval = seen / np.maximum(sold.sum(axis=1), 1)
    segment = np.where(interval > ADI_LIMIT, "intermittent", "smooth")
    quiet = ~sold[:, -QUIET_DAYS:].any(axis=1) & (days >= QUIET_DAYS)
    segment = np.where(quiet, "dead", segment)
    segment = np.where((age < NEW_DAYS) | (days < PRIOR_DAYS), "new", segment)
    return segment.astype(str)


def spread_of(levels: Levels) -> Floats:
    """Variance over mean of daily sales: each SKU's own, pulled towards its segment's median."""
    result = np.ones(len(levels.days))
    for segment in SEGMENTS:
        rows = levels.segment == segment
        result[rows] = scatter_of(levels.sales[rows], levels.exposed[rows])
    return result


def level_of(model: str, levels: Levels, prior: Floats, engine: Engine = HERE) -> Floats:
    """Expected units per day, seasonally adjusted, by one model.

    Args:
        model: A name among CANDIDATES.
        levels: The SKUs.
        prior: What others of the segment sell per day; shape (n,).
        engine: Where the library's models are fitted.
    """
    if len(levels.days) == 0:
        return np.empty(0)
    if model == "pooled":
        sold, days = (values[:, -QUIET_DAYS:].sum(axis=1)
                      for values in (levels.sales, levels.exposed))  # fmt: skip
        pooled: Floats = (sold + prior * PRIOR_DAYS) / (days + PRIOR_DAYS)
        return pooled
    kind, _, days_meant = model.partition("_")
    if kind == "window":
        recent = slice(-int(days_meant), None)
        return faded_rate(levels.sales[:, recent], levels.exposed[:, recent], np.inf)
    if kind in ("fading", "steady"):
        rate = faded_rate if kind == "fading" else steady_rate
        return rate(levels.sales, levels.exposed, float(days_meant))
    sales = levels.adjusted[:, -HALF_YEAR:]
    parts = [(model, sales[first : first + BLOCK]) for first in range(0, len(sales), BLOCK)]
    fitted: Floats = np.concatenate(engine.map(_by_statsforecast, parts))
    return np.clip(fitted, 0.0, None)


def _statsforecast_models() -> dict[str, Callable[[], Any]]:
    from statsforecast import models

    return {
        "ses": models.SimpleExponentialSmoothingOptimized,
        "croston_sba": models.CrostonSBA,
        "imapa": models.IMAPA,
    }


def _by_statsforecast(part: tuple[str, Floats]) -> Floats:
    """The library's models one SKU at a time, without its frames: most shops are small."""
    model, sales = part
    made = _statsforecast_models()[model]()
    result = np.zeros(len(sales))
    for row, each in enumerate(sales):
        known = each[np.isfinite(each)]
        if len(known):
            result[row] = made.forecast(y=known, h=1)["mean"][0]
    return np.nan_to_num(result)


def prior_levels(
    levels: Levels,
    category: npt.NDArray[np.int64] | None = None,
    neighbours: Pairs | None = None,
) -> Floats:
    """What a SKU with little to go on is expected to sell per day.

    New SKUs: the mean of the shop's other SKUs on sale for less than half a year, else of all
    that sell; moved towards those of its category, and towards the SKUs that resemble it, the
    more of them there are. Dead ones: a tenth of a sale in the quiet time, since goods on sale do
    sell again now and then.

    Args:
        levels: All SKUs.
        category: Number of each one's category.
        neighbours: Row, column and weight of SKUs that resemble each other.
    """
    sold, days = levels.sales.sum(axis=1), levels.exposed.sum(axis=1)
    dead = levels.segment == "dead"
    young = (levels.age < HALF_YEAR) & ~dead
    peers = young if young.sum() >= MIN_PEERS else ~dead
    rate = sold[peers].sum() / max(days[peers].sum(), 1) if peers.any() else 0.0
    prior = np.full(len(levels.days), rate)
    if category is not None and len(category):
        count = int(category.max()) + 1
        units = np.bincount(category[peers], weights=sold[peers], minlength=count)
        seen = np.bincount(category[peers], weights=days[peers], minlength=count)
        prior = ((units + rate * CATEGORY_DAYS) / (seen + CATEGORY_DAYS))[category]
    if neighbours is not None:
        prior = _towards_neighbours(prior, levels.rate, levels, neighbours)
    prior[dead] = 0.1 / PRIOR_DAYS
    return prior


def _towards_neighbours(prior: Floats, rate: Floats, levels: Levels, neighbours: Pairs) -> Floats:
    """Geometric mean of the prior and of what SKUs alike sell, weighted by their number."""
    row, other, weight = neighbours
    known = (levels.days[other] >= PRIOR_DAYS) & (levels.segment[other] != "dead")
    row, other, weight = row[known], other[known], weight[known]
    count = np.bincount(row, minlength=len(prior))
    total = np.bincount(row, weights=weight, minlength=len(prior))
    logs = np.bincount(row, weights=weight * np.log(rate[other] + 0.005), minlength=len(prior))
    mean = np.divide(logs, total, out=np.zeros(len(prior)), where=total > 0)
    share = count / (count + NEIGHBOUR_DOUBT)
    moved: Floats = np.exp((1 - share) * np.log(prior + 0.005) + share * mean) - 0.005
    return np.where(count > 0, np.maximum(moved, 0.0), prior)
