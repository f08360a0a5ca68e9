"""Seasons with a deadline, played under rules for cutting prices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evals.price_market import Floats
from tools.markdown import Season, Solved, solve_season

LADDER = 8
SCHEDULES: dict[str, tuple[float, float]] = {
    "20 % off from halfway": (0.5, 0.2),
    "40 % off in the last quarter": (0.75, 0.4),
    "30 % off from the start": (0.0, 0.3),
}
"""Share of the season after which a cut is made, and how deep it is."""
SIZE = 4.0
Choice = Callable[[int, Floats, npt.NDArray[np.int64]], npt.NDArray[np.int64]]


def seasons(*, count: int, seed: int) -> Season:
    """Draw seasons of twelve weeks that differ in everything else."""
    rng = np.random.default_rng([seed, 3])
    weeks = 12
    peak, width = rng.uniform(0, 8, count), rng.uniform(2, 8, count)
    profile = np.exp(-(((np.arange(weeks) - peak[:, None]) / width[:, None]) ** 2))
    demand = np.exp(rng.normal(2.3, 0.7, count))[:, None] * profile
    price = np.rint(np.exp(rng.normal(9, 0.5, count)))
    return Season(
        stock=np.rint(demand.sum(axis=1) * np.exp(rng.normal(0.4, 0.6, count))) + 1,
        demand=demand,
        scatter=np.full(count, 2.0),
        elasticity=-np.exp(rng.normal(0.7, 0.3, count)),
        reference=price,
        prices=np.rint(price[:, None] * np.linspace(1.0, 0.5, LADDER)),
        salvage=np.rint(price * rng.uniform(0, 0.3, count)),
        holding=np.zeros(count),
    )


def season_worth(season: Season, *, futures: int, seed: int) -> dict[str, Floats]:
    """Mean money of each season under each rule, in the same futures; shape (n,) each."""
    solved = solve_season(season, grid=60, points=15)
    depth = 1.0 - season.prices / season.prices[:, :1]
    rules: dict[str, Choice] = {
        "no cut": lambda _, stock, now: np.zeros_like(now),
        "best fixed price": lambda _, stock, now: np.broadcast_to(
            solved.kept.argmax(axis=1)[:, None], now.shape
        ),
        **{name: _schedule(season, depth, *rule) for name, rule in SCHEDULES.items()},
        "dynamic programme": _policy(season, solved),
    }
    return {name: _played(season, rule, futures, seed) for name, rule in rules.items()}


def _schedule(season: Season, depth: Floats, after: float, cut: float) -> Choice:
    begins = after * season.demand.shape[1]
    place = np.abs(depth - cut).argmin(axis=1)[:, None]

    def chosen(period: int, stock: Floats, now: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(period >= begins, place, 0) + np.zeros_like(now)

    return chosen


def _policy(season: Season, solved: Solved) -> Choice:
    levels = solved.best.shape[2] - 1
    row = np.arange(len(season.stock))[:, None]

    def chosen(period: int, stock: Floats, now: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        level = np.rint(stock / season.stock[:, None] * levels).astype(np.int64)
        found: npt.NDArray[np.int64] = solved.best[period][row, level, now]
        return found

    return chosen


def _played(season: Season, rule: Choice, futures: int, seed: int) -> Floats:
    rng = np.random.default_rng([seed, 5])
    count, periods = season.demand.shape
    stock = np.repeat(season.stock[:, None], futures, axis=1)
    now = np.zeros((count, futures), dtype=np.int64)
    money = np.zeros((count, futures))
    luck = rng.gamma(SIZE, 1 / SIZE, (periods, count, futures))
    row = np.arange(count)[:, None]
    for period in range(periods):
        now = np.asarray(rule(period, stock, now), dtype=np.int64)
        price = season.prices[row, now]
        ratio = price / season.reference[:, None]
        mean = season.demand[:, period][:, None] * ratio ** season.elasticity[:, None]
        sold = np.minimum(np.rint(mean * luck[period]), stock)
        money, stock = money + price * sold, stock - sold
    total: Floats = (money + season.salvage[:, None] * stock).mean(axis=1)
    return total
