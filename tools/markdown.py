"""Markdown over a finite season: when to cut a price that may only go down, and how far.

Finite-horizon dynamic programming over stock and price (Gallego and van Ryzin 1994, with a ladder
of prices and periods instead of continuous time).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import significant
from tools.futures import sold_at

Floats = npt.NDArray[np.float64]

TOOL = "tools.markdown.markdown_plan"
GRID = 120
"""Stock levels looked at, evenly from none to all of it."""
POINTS = 25
"""Sales of a period are taken at so many equally likely quantiles."""
LEAST_SCATTER = 1e-6
MOST_PERIODS = 60


@dataclass(frozen=True)
class Season:
    """Goods to be sold by a deadline; arrays of n products.

    Attributes:
        stock: Units in hand; shape (n,).
        demand: Expected units asked for in each period at the reference price; shape
            (n, periods).
        scatter: Variance over mean of a period's sales; shape (n,).
        elasticity: Own-price elasticity, negative; shape (n,).
        reference: Price that ``demand`` is expected at, minor units; shape (n,).
        prices: Prices allowed, highest first, NaN for places not used; shape (n, prices). The
            first is the present price.
        salvage: What a unit left at the end is worth, minor units, negative where it costs;
            shape (n,).
        holding: What keeping a unit for a period costs, minor units; shape (n,).
    """

    stock: Floats
    demand: Floats
    scatter: Floats
    elasticity: Floats
    reference: Floats
    prices: Floats
    salvage: Floats
    holding: Floats

    def means(self, period: int, price: int) -> Floats:
        """Units expected to be asked for in a period at a price; shape (n,)."""
        ratio = np.nan_to_num(self.prices[:, price], nan=1.0) / self.reference
        found: Floats = self.demand[:, period] * ratio**self.elasticity
        return found


@dataclass(frozen=True)
class Solved:
    """Expected worth of a season from its start, in minor units.

    Attributes:
        first: If each price is asked in the first period and the best ones after; -inf where
            not allowed; shape (n, prices).
        kept: If each price is kept to the end; shape (n, prices).
        best: Best price, as a place in the ladder, by period, stock level and price reached;
            shape (periods, n, grid + 1, prices).
    """

    first: Floats
    kept: Floats
    best: npt.NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True)
class MarkdownPath:
    """The price path of one product.

    Attributes:
        prices_minor: Price of each period if sales go as expected.
        units: Units expected to be sold in each.
        value_minor: Expected worth: sales, what is left at its salvage value, less holding.
        fixed_minor: The best price if only one may be asked, and ``fixed_value_minor``, its worth.
        unchanged_value_minor: Worth of keeping the present price to the end.
        waiting_value_minor: Worth of keeping it for one period, and the best prices after.
        left: Units expected to be left.
    """

    prices_minor: tuple[int, ...]
    units: tuple[float, ...]
    value_minor: float
    fixed_minor: int
    fixed_value_minor: float
    unchanged_value_minor: float
    waiting_value_minor: float
    left: float

    def evidence(self, params: Mapping[str, Any], data: tuple[DataRef, ...]) -> Evidence:
        """The path with what it was made from; ``markdown_plan(**params)`` recomputes it."""
        return Evidence.of(
            TOOL,
            params=dict(params),
            data=data,
            result={
                "prices_minor": list(self.prices_minor),
                "units": list(self.units),
                "value_minor": self.value_minor,
                "fixed_minor": self.fixed_minor,
                "fixed_value_minor": self.fixed_value_minor,
                "unchanged_value_minor": self.unchanged_value_minor,
                "waiting_value_minor": self.waiting_value_minor,
                "left": self.left,
            },
            assumptions=("customers do not wait for the next cut",),
        )


def solve_season(season: Season, *, grid: int = GRID, points: int = POINTS) -> Solved:
    """Best price in every period, at every stock and price reached, backwards from the end.

    ``V_t(s, k) = max over j >= k of E[p_j min(D_t(p_j), s) + V_{t+1}(s - min(D_t(p_j), s), j)]``
    with ``V_T(s) = salvage * s``. Stock is a grid with linear interpolation, sales are quantiles
    of the gamma that all tools share (``tools.futures.sold_at``).

    Args:
        season: What is to be sold.
        grid: Steps of the stock grid.
        points: Quantiles of a period's sales.
    """
    from scipy.special import ndtri

    luck = ndtri((np.arange(points) + 0.5) / points)
    count, periods = season.demand.shape
    ladder = season.prices.shape[1]
    stock = np.maximum(season.stock, 0.0)[:, None] * np.linspace(0.0, 1.0, grid + 1)
    worth = np.repeat((season.salvage[:, None] * stock)[:, :, None], ladder, axis=2)
    kept = worth.copy()
    best = np.zeros((periods, count, grid + 1, ladder), dtype=np.int64)
    for period in range(periods - 1, -1, -1):
        asked = np.empty_like(worth)
        for price in range(ladder):
            sales = _sales(season, stock, period, price, luck)
            gained = season.prices[:, price][:, None] * sales.mean(axis=2)
            gained -= season.holding[:, None] * (stock - sales.mean(axis=2))
            asked[:, :, price] = gained + _expected(worth[:, :, price], stock, sales)
            kept[:, :, price] = gained + _expected(kept[:, :, price], stock, sales)
        asked = np.where(np.isnan(asked), -np.inf, asked)
        worth, best[period] = _best_from(asked)
    return Solved(first=asked[:, -1, :], kept=kept[:, -1, :], best=best)


def markdown_plan(
    *,
    stock: float,
    demand_per_period: list[float],
    scatter: float,
    elasticity: float,
    reference_minor: float,
    prices_minor: list[int],
    salvage_minor: float = 0.0,
    holding_minor: float = 0.0,
) -> MarkdownPath:
    """Price path of one product to the end of its season.

    Args:
        stock: Units in hand.
        demand_per_period: Units expected to be asked for in each period at the reference price.
        scatter: Variance over mean of a period's sales.
        elasticity: Own-price elasticity.
        reference_minor: Price that demand is expected at.
        prices_minor: Prices allowed, the present one among them as the highest.
        salvage_minor: What a unit left at the end is worth.
        holding_minor: What keeping a unit for a period costs.

    Raises:
        UsageError: No price, no period, too many of them, or figures that are no numbers.
    """
    ladder = sorted({int(price) for price in prices_minor}, reverse=True)
    numbers = [stock, *demand_per_period, scatter, elasticity, reference_minor, salvage_minor]
    if not ladder or ladder[-1] <= 0 or not np.isfinite(numbers).all() or reference_minor <= 0:
        raise UsageError("a markdown needs prices, stock and demand as numbers above zero")
    if not 1 <= len(demand_per_period) <= MOST_PERIODS:
        raise UsageError(f"a markdown needs 1 to {MOST_PERIODS} periods")
    season = Season(
        stock=np.array([max(stock, 0.0)]),
        demand=np.maximum(np.array([demand_per_period], dtype=np.float64), 0.0),
        scatter=np.array([scatter]),
        elasticity=np.array([min(elasticity, 0.0)]),
        reference=np.array([float(reference_minor)]),
        prices=np.array([ladder], dtype=np.float64),
        salvage=np.array([float(salvage_minor)]),
        holding=np.array([float(holding_minor)]),
    )
    return _path(season, solve_season(season), ladder)


def _sales(season: Season, stock: Floats, period: int, price: int, luck: Floats) -> Floats:
    """Units sold at each stock level and quantile of demand; shape (n, grid + 1, points)."""
    mean = season.means(period, price)
    scatter = np.maximum(season.scatter, LEAST_SCATTER)
    demand = sold_at(mean[:, None], scatter[:, None], luck)
    return np.minimum(demand[:, None, :], stock[:, :, None])


def _expected(worth: Floats, stock: Floats, sales: Floats) -> Floats:
    """Expected worth of what is left, by linear interpolation between stock levels."""
    count, levels = worth.shape
    step = np.maximum(stock[:, -1] / (levels - 1), 1e-12)[:, None, None]
    place = np.clip((stock[:, :, None] - sales) / step, 0.0, levels - 1)
    left = np.minimum(place.astype(np.int64), levels - 2)
    flat = left + levels * np.arange(count)[:, None, None]
    below, above = worth.ravel()[flat], worth.ravel()[flat + 1]
    with np.errstate(invalid="ignore"):
        found: Floats = (below + (place - left) * (above - below)).mean(axis=2)
    return found


def _best_from(asked: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Best worth and price from each price reached down; of equals the higher price."""
    worth, best = asked.copy(), np.zeros(asked.shape, dtype=np.int64)
    best[:, :, -1] = asked.shape[2] - 1
    for price in range(asked.shape[2] - 2, -1, -1):
        better = worth[:, :, price] >= worth[:, :, price + 1]
        best[:, :, price] = np.where(better, price, best[:, :, price + 1])
        worth[:, :, price] = np.where(better, worth[:, :, price], worth[:, :, price + 1])
    return worth, best


def _path(season: Season, solved: Solved, ladder: list[int]) -> MarkdownPath:
    levels = solved.best.shape[2] - 1
    left, price = float(season.stock[0]), 0
    whole = max(left, 1e-9)
    prices, units = [], []
    for period in range(season.demand.shape[1]):
        level = int(np.rint(left / whole * levels))
        price = int(solved.best[period, 0, level, price])
        sold = min(float(season.means(period, price)[0]), left)
        prices.append(ladder[price])
        units.append(float(significant(sold)))
        left -= sold
    fixed = int(np.argmax(solved.kept[0]))
    return MarkdownPath(
        prices_minor=tuple(prices),
        units=tuple(units),
        value_minor=float(significant(solved.first[0].max())),
        fixed_minor=ladder[fixed],
        fixed_value_minor=float(significant(solved.kept[0, fixed])),
        unchanged_value_minor=float(significant(solved.kept[0, 0])),
        waiting_value_minor=float(significant(solved.first[0, 0])),
        left=float(significant(left)),
    )
