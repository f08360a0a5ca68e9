"""What a price is worth as a step: where later plans can go on from it within the horizon."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.futures import Luck, common_luck
from tools.price_futures import Given, given_of

Floats = npt.NDArray[np.float64]
Worth = Callable[[Given, Floats, Luck], Floats]

REPLAN_DAYS = 7
"""Days between plans that change a price."""
STEPS = 4
"""Steps of the largest change that are looked ahead, up and down."""
FOLLOWED = 0.5
"""Share of what later plans could add that is counted: they may not be made, or not be approved."""
DRAWS = 24
SEED = 11
BLOCK = 256


def later_steps(rows: pd.DataFrame, step: float, horizon_days: int, worth: Worth) -> Floats:
    """What plans after this one can add to each candidate, by going on in steps.

    By dynamic programming backwards over the plans of the horizon, on a grid of half steps:
    ``V_k(p) = share of a period * worth(p) + max V_{k+1}(p')`` over ``p'`` within one step.

    Args:
        rows: Candidates: ``sku``-wise equal but for ``price_minor``; columns of
            ``tools.price_futures.given_of``.
        step: Largest change of a plan, as a fraction.
        horizon_days: Days counted.
        worth: Value of prices held over the whole horizon; shapes (n, 1) to (n,).

    Returns:
        At least 0, in the unit of ``worth``; shape (len(rows),).
    """
    if horizon_days <= REPLAN_DAYS:
        return np.zeros(len(rows))
    key = rows["sku"] if "sku" in rows else pd.Series(0, index=rows.index)
    owner, first = _owners(key)
    grid = np.arange(-2 * STEPS, 2 * STEPS + 1) * np.log1p(step) / 2
    held = _held(rows.iloc[first], grid, worth)
    go_on = _go_on(held, horizon_days)
    log = np.log(rows["price_minor"].to_numpy(np.float64) / rows["current_minor"].to_numpy())
    place = (np.clip(log, grid[0], grid[-1]) - grid[0]) / (grid[1] - grid[0])
    left = np.minimum(place.astype(np.int64), len(grid) - 2)
    part = place - left
    rest = 1.0 - REPLAN_DAYS / horizon_days
    with np.errstate(invalid="ignore"):
        extra = go_on - rest * held
    found = (1 - part) * extra[owner, left] + part * extra[owner, left + 1]
    return FOLLOWED * np.maximum(np.where(np.isfinite(found), found, 0.0), 0.0)


def _owners(key: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    codes, names = pd.factorize(key)
    first = np.full(len(names), len(codes), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    return codes.astype(np.int64), first


def _held(rows: pd.DataFrame, grid: Floats, worth: Worth) -> Floats:
    """Value of each grid price if held, minus infinity below the floor; shape (n, points)."""
    luck = common_luck(DRAWS, SEED)
    now = rows["current_minor"].to_numpy(dtype=np.float64)
    floor = rows["floor_minor"].to_numpy(np.float64) if "floor_minor" in rows else now * 0
    held = np.full((len(rows), len(grid)), -np.inf)
    points = len(grid)
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        price = (now[block, None] * np.exp(grid)).ravel()
        given = {name: np.repeat(each, points, axis=0)
                 for name, each in given_of(rows.iloc[block]).items()}  # fmt: skip
        value = worth(given, price[:, None], luck)
        allowed = ~(price < np.repeat(floor[block], points))
        held[block] = np.where(allowed, value, -np.inf).reshape(-1, points)
    held[:, len(grid) // 2] = 0.0
    return held


def _go_on(held: Floats, horizon_days: int) -> Floats:
    """Best worth of the plans after the first, from every grid price; shape as ``held``."""
    left = horizon_days - REPLAN_DAYS
    after = np.zeros_like(held)
    lengths = [REPLAN_DAYS] * (left // REPLAN_DAYS)
    if left % REPLAN_DAYS:
        lengths.append(left % REPLAN_DAYS)
    for days in reversed(lengths[:52]):
        after = _within_reach(held * (days / horizon_days) + after)
    return after


def _within_reach(value: Floats) -> Floats:
    padded = np.pad(value, ((0, 0), (2, 2)), constant_values=-np.inf)
    shifted = [padded[:, shift : shift + value.shape[1]] for shift in range(5)]
    best: Floats = np.max(shifted, axis=0)
    return best
