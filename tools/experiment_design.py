"""Two designs of a price experiment, and how exactly each can tell.

A **switchback** asks the lower price in some weeks, drawn by chance, and compares weeks; **matched
SKUs** ask it all the while and compare with others that sell alike and keep their price.
"""

from __future__ import annotations

import zlib
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Design(StrEnum):
    """What a lower price is compared with."""

    SWITCHBACK = "switchback"
    MATCHED = "matched"


DESIGN = ("matched", "control_scatter", "drift")
"""What is known of a design: 1 for matched SKUs; the variance of a day's units of those that keep
their price, over the mean squared; how far both drift apart beyond chance, in logs."""
BLOCK_DAYS = 7
"""Whole weeks, so that weekdays weigh the same at both prices."""
BLOCKS = (4, 6, 8, 10, 12)
LOOK_BLOCKS = 2
"""Blocks from look to look: a pair, one at each price."""
CHANCE = 0.5
LASTING = 1.5
"""How much more block means scatter than independent days would: demand has ups and downs that
last longer than a day."""
BEFORE_DAYS = 56
"""Days before an experiment that matched SKUs are compared over."""


def lower_blocks(sku: str, blocks: int, seed: int) -> tuple[bool, ...]:
    """Which blocks of a switchback get the lower price: one of every two neighbours, by chance.

    The same SKU and seed give the same draw.
    """
    rng = np.random.default_rng([seed, zlib.crc32(sku.encode())])
    first = rng.random(blocks // 2) < CHANCE
    return tuple(bool(low) for one in first for low in (one, not one))


def scatter_of(given: pd.DataFrame) -> Floats:
    """Variance of a day's units over the mean squared."""
    mean = given["mean_per_day"].to_numpy(dtype=np.float64)
    found: Floats = np.maximum(given["variance_per_day"].to_numpy(dtype=np.float64), mean) / mean**2
    return found


def errors_of(given: pd.DataFrame, blocks: Ints) -> Floats:
    """Standard error of the elasticity after so many blocks; shape of ``blocks``, SKUs last.

    Of a switchback ``√(LASTING s (1/d + 1/d)) / |log ratio|``, with ``s`` a day's scatter and
    ``d`` days at each price; of matched SKUs, compared with themselves before (difference in
    differences), ``√(LASTING (s + s_controls) (1/days + 1/BEFORE_DAYS) + drift²) / |log ratio|``.
    """
    scatter = scatter_of(given)
    matched, control, drift = (given[name].to_numpy(dtype=np.float64) for name in DESIGN)
    days = blocks * BLOCK_DAYS
    switched = LASTING * scatter * 2 / (days / 2)
    compared = LASTING * (scatter + control) * (1 / days + 1 / BEFORE_DAYS) + drift**2
    ratio = np.abs(np.log((given["price_minor"] / given["current_minor"]).to_numpy()))
    found: Floats = np.sqrt(np.where(matched > 0, compared, switched)) / ratio
    return found


def fractions_of(given: pd.DataFrame, blocks: Ints) -> list[tuple[float, ...]]:
    """Information at each look over that at the last, for each SKU."""
    looks = np.arange(LOOK_BLOCKS, max(BLOCKS) + 1, LOOK_BLOCKS)
    told = 1 / errors_of(given, looks[:, None]) ** 2
    found = []
    for row, count in enumerate(blocks // LOOK_BLOCKS):
        shares = np.round(told[:count, row] / told[count - 1, row], 3)
        found.append(tuple(float(each) for each in shares))
    return found


def same_profit_of(given: pd.DataFrame) -> Floats:
    """Elasticity at which both prices earn the same: ``log(unit profits) / log(prices)``."""
    now, low, cost = (
        given[name].to_numpy(dtype=np.float64)
        for name in ("current_minor", "price_minor", "cost_minor")
    )
    found: Floats = np.log((now - cost) / (low - cost)) / np.log(low / now)
    return found
