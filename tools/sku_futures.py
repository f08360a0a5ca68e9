"""Futures of a block of SKUs with and without a plan, in the same luck, step by step."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.action import Metric
from tools.behaviour import Behaviour, Drawn
from tools.futures import cube_mean
from tools.price_paths import PricePaths, price_paths
from tools.stock_steps import Arrival, Shelf

Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARED_ERROR = 0.15
"""Log error of demand that all SKUs share, where the forecast does not say."""
SIMULATED = (Metric.REVENUE, Metric.GROSS_PROFIT, Metric.UNITS, Metric.STOCKOUT_DAYS)
LEAST_FACTOR, MOST_FACTOR = np.float32(0.2), np.float32(3.0)
"""What others of its category may make of a product's demand."""

Totals = dict[Metric, Floats]
"""Metric to its sum over SKUs in every future; shape (draws,)."""


@dataclass(frozen=True)
class Game:
    """What is the same for every block.

    Attributes:
        edges: Days at which steps begin and end.
        seed: Seed of what is each SKU's own.
        behaviour: How people answer.
        profile: Demand of each day over the mean day's, by SKU (index) and day (columns 0, 1, …);
            None for even days.
    """

    edges: list[int]
    seed: int
    behaviour: Behaviour
    profile: pd.DataFrame | None

    @property
    def horizon_days(self) -> int:
        """Days played."""
        return self.edges[-1]

    def weights(self, skus: pd.Index) -> Singles:
        """Mean days' demand in each step; shape (n, steps)."""
        lengths = np.diff(self.edges).astype(np.float32)
        if self.profile is None:
            return np.repeat(lengths[None, :], len(skus), axis=0)
        days = self.profile.reindex(skus).iloc[:, : self.horizon_days].to_numpy(np.float64)
        days = np.maximum(np.nan_to_num(days, nan=1.0), 0.0)
        found: Singles = np.add.reduceat(days, self.edges[:-1], axis=1).astype(np.float32)
        return found


def play_block(
    base: pd.DataFrame, plan: pd.DataFrame, drawn: Drawn, chunk: int, game: Game
) -> tuple[Totals, Totals]:
    """Play SKUs of whole categories, sorted by category, in some of the futures.

    Args:
        base: Columns of ``tools.simulate.simulate_plan``'s ``base``.
        plan: Its ``effects``, a row for every row of ``base``.
        drawn: What all SKUs share in these futures.
        chunk: Number of this part of the futures: part of what each SKU's luck is drawn from.
        game: What is the same for all.

    Returns:
        Totals of doing nothing, and of what the plan changes.
    """
    block = _Block(base, plan, drawn, chunk, game)
    without = block.played(with_plan=False)
    if not block.touched:
        return without, {metric: np.zeros(block.draws) for metric in SIMULATED}
    having = block.played(with_plan=True)
    return without, {metric: having[metric] - without[metric] for metric in SIMULATED}


class _Block:
    def __init__(
        self, base: pd.DataFrame, plan: pd.DataFrame, drawn: Drawn, chunk: int, game: Game
    ) -> None:
        self._base, self._plan, self._drawn, self._game = base, plan, drawn, game
        self.draws = len(drawn.level)
        self.touched = bool(plan.notna().any(axis=None))
        steps = len(game.edges) - 1
        self._luck = _own_luck(base.index, 4 + steps, self.draws, [game.seed, chunk])
        self._mean, self._scatter = _mean_and_scatter(base)
        self._weights = game.weights(base.index)
        self._level = self._levels()
        self._starts = _starts(base)
        self._paths: PricePaths | None = price_paths(
            base, plan, self._luck[1], drawn, horizon_days=game.horizon_days, seed=game.seed,
            behaviour=game.behaviour,
        ) if self.touched else None  # fmt: skip
        self._now = np.nan_to_num(base["price_minor"].to_numpy(dtype=np.float64))
        self._cost = base["cost_minor"].to_numpy(dtype=np.float64)
        self._returned = _numbers(base, "return_rate", 0.0)

    def _levels(self) -> Singles:
        error = np.nan_to_num(self._base["log_error_sd"].to_numpy(dtype=np.float64))
        common = np.minimum(_numbers(self._base, "shared_error_sd", SHARED_ERROR), error)
        own = np.sqrt(error**2 - common**2)
        log = _single(common) * self._drawn.level + _single(own) * self._luck[0]
        log -= _single(error**2 / 2)
        found: Singles = np.exp(log)
        return found

    def played(self, *, with_plan: bool) -> Totals:
        """Totals over the horizon."""
        shelf = Shelf(self._on_hand(), self._arrivals(with_plan=with_plan), self._starts,
                      self.draws)  # fmt: skip
        totals: Totals = {metric: np.zeros(self.draws) for metric in SIMULATED}
        for step, (first, last) in enumerate(pairwise(self._game.edges)):
            demand = self._usual(step)
            price = self._now
            if with_plan:
                demand, price = self._planned(demand, first, last)
            sold = shelf.sell(demand, first, last, self._drawn.substitution)
            self._count(totals, sold.units, sold.empty_days, price)
        return totals

    def _usual(self, step: int) -> Singles:
        """Units asked for in a step at today's prices: gamma noise of the right mean and variance.

        The noise is a factor, the same with and without the plan.
        """
        mean = self._mean * self._weights[:, step]
        third = self._scatter / (9.0 * np.maximum(mean, 1e-9))
        noise = self._luck[4 + step] * _single(np.sqrt(third))
        noise += _single(1.0 - third)
        np.maximum(noise, 0, out=noise)
        demand: Singles = noise * noise
        demand *= noise
        demand *= self._level
        demand *= _single(mean / cube_mean(1.0 / (9.0 * third)))
        return demand

    def _planned(self, usual: Singles, first: float, last: float) -> tuple[Singles, Floats]:
        demand, price = usual, self._now
        if self._paths is not None:
            factor = self._paths.factor(first, self._drawn.pull_forward)
            demand = self._switched(usual, self._paths, factor)
            price = self._paths.prices(self._now, first)
        extra = np.nan_to_num(self._plan["extra_units"].to_numpy(dtype=np.float64))
        if extra.any():
            share = (last - first) / self._game.horizon_days
            demand = demand + _single(extra * share)
        off = self._plan["off_sale"].eq(True).to_numpy()
        if off.any():
            demand = np.where(off[:, None], np.float32(0), demand)
        return demand, price

    def _switched(self, usual: Singles, paths: PricePaths, factor: Singles) -> Singles:
        """Demand under the plan's prices: part of what they move comes from the category."""
        demand, rows = usual.copy(), paths.rows
        moved = np.zeros_like(usual)
        moved[rows] = usual[rows] * (factor - 1) * paths.switching
        if len(self._starts):
            sizes = np.diff(np.append(self._starts, len(usual)))
            category = np.repeat(np.arange(len(self._starts)), sizes)
            moves = np.add.reduceat(moved, self._starts, axis=0)[category] - moved
            others = np.add.reduceat(usual, self._starts, axis=0)[category] - usual
            share = moves / np.maximum(others, np.float32(1e-6))
            share = 1 - share
            demand *= np.clip(share, LEAST_FACTOR, MOST_FACTOR, out=share)
        demand[rows] *= factor
        return demand

    def _on_hand(self) -> Singles:
        given = self._base["on_hand"].to_numpy(dtype=np.float64)
        return np.where(np.isnan(given), np.inf, np.maximum(given, 0.0)).astype(np.float32)

    def _arrivals(self, *, with_plan: bool) -> tuple[Arrival, ...]:
        found = []
        inbound = np.nan_to_num(self._base["inbound"].to_numpy(dtype=np.float64))
        if inbound.any():
            days = _numbers(self._base, "inbound_days", self._game.horizon_days / 2)
            found.append(self._arrival(inbound, days, _column(self._base, "inbound_sd_days"), 2))
        order = np.nan_to_num(self._plan["order_units"].to_numpy(dtype=np.float64))
        if with_plan and order.any():
            days = np.nan_to_num(self._plan["arrives_in_days"].to_numpy(dtype=np.float64))
            found.append(self._arrival(order, days, _column(self._plan, "lead_time_sd"), 3))
        return tuple(found)

    def _arrival(self, units: Floats, days: Floats, sd: Floats, luck: int) -> Arrival:
        """A delivery whose days scatter as a lognormal of that mean and standard deviation."""
        usual = self._game.behaviour.lead_variation * days
        width = np.where(np.isnan(sd), usual, np.maximum(sd, 0.0))
        log = np.sqrt(np.log1p((width / np.maximum(days, 1e-9)) ** 2))
        day = np.exp(_single(log) * self._luck[luck] - _single(log**2 / 2)) * _single(days)
        return Arrival(_single(np.maximum(units, 0.0)), day.astype(np.float32))

    def _count(self, totals: Totals, units: Singles, empty: Singles, price: Floats) -> None:
        margin = np.where(np.isnan(self._cost), 0.0, price - np.nan_to_num(self._cost))
        totals[Metric.UNITS] += _summed(np.ones(len(units)), units)
        totals[Metric.STOCKOUT_DAYS] += _summed(np.ones(len(units)), empty)
        for metric, value in ((Metric.REVENUE, price), (Metric.GROSS_PROFIT, margin)):
            totals[metric] += _summed(value, units)
            if self._returned.any():
                lost = _summed(value * self._returned, units)
                totals[metric] -= lost * self._drawn.returns


def _summed(weight: Floats, values: Singles) -> Floats:
    found: Floats = (weight.astype(np.float32) @ values).astype(np.float64)
    return found


def _own_luck(names: pd.Index, rows: int, draws: int, seed: list[int]) -> Singles:
    """Standard normals of each SKU, from its name and the seed alone; shape (rows, n, draws)."""
    found = np.empty((rows, len(names), draws), dtype=np.float32)
    for place, name in enumerate(names):
        generator = np.random.Generator(np.random.SFC64([*seed, zlib.crc32(str(name).encode())]))
        found[:, place] = generator.standard_normal((rows, draws), dtype=np.float32)
    return found


def _mean_and_scatter(base: pd.DataFrame) -> tuple[Floats, Floats]:
    mean = np.maximum(np.nan_to_num(base["mean_per_day"].to_numpy(dtype=np.float64)), 0.0)
    variance = np.nan_to_num(base["variance_per_day"].to_numpy(dtype=np.float64))
    return mean, np.maximum(variance / np.maximum(mean, 1e-9), 0.1)


def _starts(base: pd.DataFrame) -> Ints:
    """First row of each category; empty where none is known, so that nobody substitutes."""
    if "category" not in base:
        return np.array([], dtype=np.int64)
    names = base["category"].astype(object).fillna("").astype(str).to_numpy()
    if not len(names) or names[0] == "":
        return np.array([], dtype=np.int64)
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    return np.concatenate([[0], changes]).astype(np.int64)


def _column(frame: pd.DataFrame | Mapping[str, pd.Series], name: str) -> Floats:
    return _numbers(frame, name, np.nan)


def _numbers(frame: pd.DataFrame | Mapping[str, pd.Series], name: str, default: float) -> Floats:
    if name not in frame:
        return np.full(len(frame), default)
    found = pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isnan(found), default, found)


def _single(values: Floats) -> Singles:
    return values.astype(np.float32)[:, None]
