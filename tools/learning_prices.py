"""Prices that learn: Thompson sampling on the demand model, within a budget of regret."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.futures import FLATTEST, STEEPEST

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RATIOS = (0.85, 0.90, 0.95, 1.0, 1.05, 1.10, 1.15)
"""Prices to try, as ratios to the present one; policies answer in this order."""
KEPT = RATIOS.index(1.0)
DRAWS = 512
SEEN = 0.02
"""Least chance of every option that may be taken, so that the log tells about each."""
ROUNDS = 12
FLOOR = 1e-9


@dataclass(frozen=True)
class Belief:
    """What is thought of SKUs' demand: normal in (log units a day, elasticity).

    Attributes:
        mean: Shape (n, 2): log of units a day at the reference price, and price elasticity.
        cov: Shape (n, 2, 2).
        scatter: Variance over mean of daily units; shape (n,).
    """

    mean: Floats
    cov: Floats
    scatter: Floats

    @classmethod
    def of(
        cls,
        *,
        mean_per_day: Floats,
        log_error_sd: Floats,
        elasticity: Floats,
        std_error: Floats,
        scatter: Floats,
    ) -> Belief:
        """From what the forecast and the elasticity tool say; shape (n,) each."""
        mean = np.stack([np.log(np.maximum(mean_per_day, FLOOR)), elasticity], axis=1)
        cov = np.zeros((len(mean), 2, 2))
        cov[:, 0, 0] = np.square(np.maximum(log_error_sd, 1e-3))
        cov[:, 1, 1] = np.square(np.maximum(std_error, 1e-3))
        return cls(mean, cov, np.maximum(scatter, 1.0))


def update_belief(belief: Belief, log_ratio: Floats, days: Floats, units: Floats) -> Belief:
    """Learn from sales at prices that chance set.

    Units are quasi-Poisson with mean ``days × exp(level + elasticity × log_ratio)`` and variance
    ``scatter`` times that; the posterior is Laplace's approximation, by Newton's method.

    Args:
        belief: Before.
        log_ratio: Log of each spell's price over the reference price; shape (n, spells).
        days: Days of each spell with stock, 0 for none; same shape.
        units: Units sold in it; same shape.
    """
    known = (days > 0) & np.isfinite(units) & np.isfinite(log_ratio)
    ratio = np.where(known, log_ratio, 0.0)
    design = np.stack([np.ones_like(ratio), ratio], axis=2)
    prior = np.linalg.inv(belief.cov)
    weight = np.where(known, 1.0, 0.0) / belief.scatter[:, None]
    at, step = belief.mean.copy(), np.inf
    for _ in range(ROUNDS):
        expected = np.where(known, days, 0.0) * np.exp(np.einsum("nsi,ni->ns", design, at))
        expected = np.minimum(expected, 1e12)
        slope = np.einsum("nsi,ns->ni", design, weight * (np.nan_to_num(units) - expected))
        slope -= np.einsum("nij,nj->ni", prior, at - belief.mean)
        bend = prior + np.einsum("nsi,ns,nsj->nij", design, weight * expected, design)
        move = np.clip(np.linalg.solve(bend, slope[:, :, None])[:, :, 0], -1.0, 1.0)
        at = at + move
        step = float(np.abs(move).max(initial=0.0))
        if step < 1e-8:
            break
    return Belief(at, np.linalg.inv(bend), belief.scatter)


@dataclass(frozen=True)
class Offer:
    """Prices each SKU may be given; shape (n, options) unless said otherwise.

    Attributes:
        price: Minor units; NaN where a SKU has fewer options.
        reference: The belief's reference price, minor units; shape (n,).
        cost: Minor units; shape (n,).
        stock: Units that can be sold, infinite for unknown; shape (n,).
        days: Days until prices are set again.
    """

    price: Floats
    reference: Floats
    cost: Floats
    stock: Floats
    days: float


@dataclass(frozen=True)
class Draw:
    """One chosen price a SKU, and the chance of each.

    Attributes:
        chosen: Number of the option; -1 where a SKU has none; shape (n,).
        propensity: Chance with which each was chosen; shape (n, options); rows add up to 1.
        thompson: Chances that Thompson sampling gives them.
        other: Chances that another policy gives them; None where there is none.
        expected: Mean profit of each option; NaN for none.
        regret: What the chosen option is expected to earn less than the best one; shape (n,).
    """

    chosen: Ints
    propensity: Floats
    thompson: Floats
    other: Floats | None
    expected: Floats
    regret: Floats


def draw_prices(
    profits: Floats,
    *,
    skus: npt.NDArray[np.str_],
    regret_budget: Floats,
    seed: int,
    best: Ints | None = None,
    other: Floats | None = None,
    by_other: bool = False,
) -> Draw:
    """Thompson sampling: each price with the chance that it is the best one.

    Chances are shares of the futures in which the option earns most. Options expected to earn
    less than the best one by more than the budget left are not taken at all; the others keep a
    chance of ``SEEN`` at least, so that the log tells about them.

    Args:
        profits: What each option earns in each future of what is believed; NaN where a SKU has
            fewer options; shape (n, options, futures).
        skus: Names; which price a SKU gets depends on its name, its chances and the seed alone.
        regret_budget: Expected profit that may still be given up; shape (n,).
        seed: Seed.
        best: Option that losses are counted from; None for the one of the highest mean.
        other: Another policy's chances, to be held within the same budget; shape (n, options).
        by_other: Draw by those instead.
    """
    able = np.isfinite(profits[:, :, 0]) if profits.size else np.zeros(profits.shape[:2], bool)
    expected = np.where(able, profits.mean(axis=2), np.nan)
    short = _short_of_best(expected, able, best)
    slack = 1e-9 * np.abs(np.nan_to_num(expected)).max(axis=1, initial=0.0)
    allowed = able & (short <= (np.maximum(regret_budget, 0.0) + slack)[:, None])
    first = np.argmax(np.where(allowed[:, :, None], profits, -np.inf), axis=1)
    share = np.stack([(first == option).mean(axis=1) for option in range(able.shape[1])], axis=1)
    thompson = _seen(np.where(allowed, share, 0.0), allowed)
    held = None if other is None else _seen(np.where(allowed, other, 0.0), allowed)
    asked = held if by_other and held is not None else thompson
    any_able = able.any(axis=1)
    chosen = np.where(any_able, _picked(asked, skus, seed), -1)
    regret = np.where(any_able, short[np.arange(len(skus)), np.maximum(chosen, 0)], 0.0)
    return Draw(chosen, asked, thompson, held, expected, regret)


def _short_of_best(expected: Floats, able: npt.NDArray[np.bool_], best: Ints | None) -> Floats:
    """What each option is expected to earn less than the best one; infinite for none."""
    known = np.where(able, expected, -np.inf)
    top = known.max(axis=1) if best is None else known[np.arange(len(known)), best]
    short = np.where(np.isfinite(top), top, 0.0)[:, None] - np.where(able, expected, 0.0)
    return np.where(able, np.maximum(short, 0.0), np.inf)


def best_option(draw: Draw) -> Ints:
    """The option with the highest expectation: what a policy that does not explore would take."""
    best: Ints = np.argmax(np.where(np.isfinite(draw.expected), draw.expected, -np.inf), axis=1)
    return best


def believed_profits(
    belief: Belief, offer: Offer, *, skus: npt.NDArray[np.str_], seed: int
) -> Floats:
    """Gross profit of every option in ``DRAWS`` futures of a belief, as ``draw_prices`` takes it.

    Args:
        belief: What is thought of demand.
        offer: What may be asked.
        skus: Names; a SKU's futures depend on its name and the seed alone.
        seed: Seed.
    """
    normal = np.stack([_luck(str(sku), seed) for sku in skus]) if len(skus) else np.empty((0, 2, 1))
    root = np.linalg.cholesky(belief.cov)
    drawn = belief.mean[:, :, None] + np.einsum("nij,njd->nid", root, normal)
    elasticity = np.clip(drawn[:, 1], STEEPEST, FLATTEST)
    ratio = np.log(np.where(np.isfinite(offer.price), offer.price, offer.reference[:, None]))
    ratio = ratio - np.log(offer.reference)[:, None]
    half = belief.cov[:, 0, 0][:, None, None] / 2
    units = np.exp(drawn[:, 0][:, None, :] - half + ratio[:, :, None] * elasticity[:, None, :])
    sold = np.minimum(units * offer.days, offer.stock[:, None, None])
    margin = np.nan_to_num(offer.price) - offer.cost[:, None]
    return np.where(np.isfinite(offer.price)[:, :, None], margin[:, :, None] * sold, np.nan)


def _luck(sku: str, seed: int) -> Floats:
    rng = np.random.default_rng([seed, zlib.crc32(sku.encode())])
    half = rng.standard_normal((2, DRAWS // 2))
    return np.concatenate([half, -half], axis=1)


def _seen(share: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    count = allowed.sum(axis=1, keepdims=True)
    least = np.where(allowed, np.minimum(SEEN, 1.0 / np.maximum(count, 1)), 0.0)
    total = share.sum(axis=1, keepdims=True)
    even = np.where(allowed, 1.0, 0.0) / np.maximum(count, 1)
    scaled = np.divide(share, total, out=even, where=total > 0)
    mixed: Floats = least + (1 - least.sum(axis=1, keepdims=True)) * scaled
    return np.where(count > 0, mixed, 0.0)


def _picked(propensity: Floats, skus: npt.NDArray[np.str_], seed: int) -> Ints:
    spots = np.array(
        [np.random.default_rng([seed, zlib.crc32(str(sku).encode()), 1]).random() for sku in skus]
    )
    upto = np.cumsum(propensity, axis=1)
    reached = (spots[:, None] * upto[:, -1:] >= upto).sum(axis=1)
    picked: Ints = np.minimum(reached, propensity.shape[1] - 1)
    return picked
