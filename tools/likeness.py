"""What a product that never sold would sell: its category, its likes, its price.

How far off such guesses are is read off the shop's own SKUs, each guessed as if it were new.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.columns import places, totals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

HALF_TRUSTED = 1.0
"""Likeness in all at which the neighbours' mean counts as much as the category's."""
LEAST_PER_DAY = 0.01
"""Rates below are as good as none."""
FEW = 25
"""SKUs of known demand from which weights and width are measured rather than assumed."""
PRIOR_WEIGHTS = (0.5, -0.5)
"""Assumed of neighbours and of log price where fewer are known."""
PRIOR_SD, LEAST_SD = 1.1, 0.35
"""Assumed log error of a guess (a factor of three either way), and the least that is believed."""
RIDGE = 5.0
Z90 = 1.2815515655446004


@dataclass(frozen=True)
class Guess:
    """Guessed demand of products that never sold; one entry each.

    Attributes:
        per_day: Expected units a day.
        log_sd: Error of the guess on the log scale.
        neighbours: How many like it have known demand.
        likeness: Their likeness in all.
        mean_over_median: The expectation is that many times the even guess.
        cases: SKUs of the shop that weights and width were measured on; 0: assumed.
    """

    per_day: Floats = field(repr=False)
    log_sd: float
    neighbours: Ints = field(repr=False)
    likeness: Floats = field(repr=False)
    mean_over_median: float
    cases: int


@dataclass(frozen=True)
class Known:
    """SKUs whose demand is known: the ones to learn from."""

    skus: pd.Index
    per_day: Floats = field(repr=False)
    category: npt.NDArray[np.object_] = field(repr=False)
    log_price: Floats = field(repr=False)


def guess_demand(
    skus: pd.Index,
    category: npt.NDArray[np.object_],
    log_price: Floats,
    known: Known,
    pairs: pd.DataFrame,
) -> Guess:
    """Guess units a day from category, neighbours and price.

    log rate = category mean + a × (neighbours' mean − category mean) + b × (log price − category
    mean log price). ``a`` and ``b`` are a ridge regression over the known SKUs, each described by
    the others only, so that its residuals are those of a product nobody has sold yet; their
    standard deviation, or what holds eight of ten of them, is the width.

    Args:
        skus: The new products.
        category: Of each.
        log_price: Of each, minor units.
        known: SKUs whose demand is known.
        pairs: ``sku, other, weight``: likeness of new and of known SKUs to known ones.
    """
    rate = np.log(np.maximum(known.per_day, LEAST_PER_DAY))
    mine = _described(known.skus, known.category, known.log_price, known, rate, pairs, own=True)
    weights, sd, bias, cases = _learnt(mine, rate)
    new = _described(skus, category, log_price, known, rate, pairs, own=False)
    made = new.mean + new.features @ weights
    return Guess(
        per_day=np.exp(made) * bias,
        log_sd=sd,
        neighbours=new.neighbours,
        likeness=new.likeness,
        mean_over_median=bias,
        cases=cases,
    )


@dataclass(frozen=True)
class _Described:
    mean: Floats
    features: Floats
    neighbours: Ints
    likeness: Floats


def _described(
    skus: pd.Index,
    category: npt.NDArray[np.object_],
    log_price: Floats,
    known: Known,
    rate: Floats,
    pairs: pd.DataFrame,
    *,
    own: bool,
) -> _Described:
    """Category mean, and what neighbours and price say against it; never the SKU itself."""
    mean, price = _category_means(category, known, rate, own=own)
    one, other = places(skus, pairs["sku"]), places(known.skus, pairs["other"])
    used = (one >= 0) & (other >= 0)
    used &= np.asarray(pairs["sku"] != pairs["other"], dtype=bool)
    weight = np.square(pairs["weight"].to_numpy(dtype=np.float64)[used])
    total = totals(one[used], weight, len(skus))
    summed = totals(one[used], weight * rate[other[used]], len(skus))
    theirs = np.divide(summed, total, out=mean.copy(), where=total > 0)
    near = total / (total + HALF_TRUSTED) * (theirs - mean)
    features = np.stack([near, np.nan_to_num(log_price - price)], axis=1)
    count = np.bincount(one[used], minlength=len(skus)).astype(np.int64)
    return _Described(mean, features, count, total)


def _category_means(
    category: npt.NDArray[np.object_], known: Known, rate: Floats, *, own: bool
) -> tuple[Floats, Floats]:
    """Mean log rate and log price of each one's category, itself left out.

    The whole shop's mean counts as one more SKU.
    """
    names, code = np.unique(known.category.astype(str), return_inverse=True)
    usable = np.nan_to_num(known.log_price, nan=float(_mean(known.log_price)))
    count = np.bincount(code, minlength=len(names)).astype(np.float64)
    mine = places(pd.Index(names), category)
    found = []
    for values in (rate, usable):
        whole = _mean(values)
        summed = np.append(totals(code, values, len(names)), 0.0)[mine]
        many = np.append(count, 0.0)[mine]
        if own:
            summed, many = summed - values, many - 1
        found.append((summed + whole) / (many + 1))
    return found[0], found[1]


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0


def _learnt(mine: _Described, rate: Floats) -> tuple[Floats, float, float, int]:
    """Weights, width, the factor that makes guesses right on average, and cases."""
    prior = np.array(PRIOR_WEIGHTS)
    if len(rate) < FEW:
        return prior, PRIOR_SD, float(np.exp(PRIOR_SD**2 / 2)), 0
    x, y = mine.features, rate - mine.mean
    weights: Floats = np.linalg.solve(x.T @ x + RIDGE * np.eye(2), x.T @ y + RIDGE * prior).astype(
        np.float64
    )
    residual = y - x @ weights
    wide = float(np.quantile(np.abs(residual), 0.8)) / Z90
    sd = max(float(np.sqrt(np.mean(residual**2))), wide, LEAST_SD)
    # Duan's smearing (1983), bounded: one odd SKU shall not double every guess.
    bias = float(np.clip(np.exp(np.clip(residual, -3, 3)).mean(), 1.0, np.exp(sd**2)))
    return weights, sd, bias, len(rate)
