"""How good a ranking of customers by uplift is, and what acting on it is worth, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DRAWS = 200
LEVEL = 0.9
LEAST_CLIP = 0.01


@dataclass(frozen=True)
class Estimate:
    """A figure and the ends of its bootstrap interval (90 % where nothing else is said)."""

    value: float
    low: float
    high: float


def scores(
    treated: Floats,
    outcome: Floats,
    propensity: Floats,
    *,
    if_treated: Floats | None = None,
    if_not: Floats | None = None,
) -> Floats:
    """Doubly robust score of every row's effect; their mean is the average effect.

    ``m1 - m0 + t (y - m1) / e - (1 - t)(y - m0) / (1 - e)`` (Robins and Rotnitzky 1995), with
    outcome models that did not see the row. Where none is given, zero: plain inverse weighting.

    Args:
        treated: 1 where contacted, else 0; shape (rows,).
        outcome: What came; same shape.
        propensity: Chance of being contacted, as the experiment drew it.
        if_treated: Predicted outcome if contacted.
        if_not: Predicted outcome if left alone.
    """
    chance = np.clip(propensity, LEAST_CLIP, 1 - LEAST_CLIP)
    one = np.zeros_like(outcome) if if_treated is None else if_treated
    zero = np.zeros_like(outcome) if if_not is None else if_not
    weighed = treated * (outcome - one) / chance - (1 - treated) * (outcome - zero) / (1 - chance)
    return np.asarray(one - zero + weighed, dtype=np.float64)


def gain_curve(ranking: Floats, effects: Floats, points: int = 21) -> Floats:
    """Extra outcome per customer when the best-ranked share is contacted.

    Args:
        ranking: Higher is contacted first; ties share their place evenly.
        effects: Scores of ``scores``.
        points: Shares from 0 to 1.
    """
    _, sizes, sums = _tied(ranking, effects, np.ones(len(effects)))
    share = np.r_[0.0, np.cumsum(sizes)] / max(sizes.sum(), 1)
    gain = np.r_[0.0, np.cumsum(sums)] / max(sizes.sum(), 1)
    return np.asarray(np.interp(np.linspace(0, 1, points), share, gain), dtype=np.float64)


def auuc(ranking: Floats, effects: Floats, weights: Floats | None = None) -> float:
    """Area under the gain curve, per customer: ranking at random gives half the mean effect."""
    weight = np.ones(len(effects)) if weights is None else weights
    _, sizes, sums = _tied(ranking, effects, weight)
    total = sizes.sum()
    if total <= 0:
        return 0.0
    gain = np.r_[0.0, np.cumsum(sums)] / total
    return float((0.5 * (gain[1:] + gain[:-1]) * sizes / total).sum())


def qini(ranking: Floats, effects: Floats, weights: Floats | None = None) -> float:
    """Area between the gain curve and that of contacting at random (Radcliffe 2007).

    Positive where the ranking finds the persuadable; in units of the outcome per customer.
    """
    weight = np.ones(len(effects)) if weights is None else weights
    total = weight.sum()
    mean = float((effects * weight).sum() / total) if total > 0 else 0.0
    return auuc(ranking, effects, weight) - mean / 2


def _tied(
    ranking: Floats, effects: Floats, weights: Floats
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Places from best to worst, with the weight and weighted effect of each rank."""
    values, place = np.unique(-ranking, return_inverse=True)
    sizes, sums = (
        np.bincount(place, weights=each, minlength=len(values)).astype(np.float64)
        for each in (weights, weights * effects)
    )
    return place.astype(np.int64), sizes, sums


def with_interval(
    ranking: Floats,
    effects: Floats,
    *,
    seed: int,
    groups: npt.NDArray[np.int64] | None = None,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Estimate:
    """Qini with a bootstrap interval over rows, or over groups of rows (one customer's).

    Args:
        ranking: Predictions that did not see the rows.
        effects: Their scores.
        seed: Of the bootstrap.
        groups: Number of the customer each row belongs to.
        draws: Resamples.
        level: Share the interval is to hold.
    """
    rng = np.random.default_rng(seed)
    place, _, _ = _tied(ranking, effects, np.ones(len(effects)))
    size = int(place.max()) + 1 if len(place) else 0
    drawn = np.empty(draws)
    for number in range(draws):
        weight = _weights(rng, len(effects), groups)
        drawn[number] = _qini_placed(place, size, effects, weight)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(qini(ranking, effects), float(low), float(high))


def _weights(rng: np.random.Generator, count: int, groups: npt.NDArray[np.int64] | None) -> Floats:
    if groups is None:
        return rng.poisson(1.0, count).astype(np.float64)
    return rng.poisson(1.0, int(groups.max()) + 1).astype(np.float64)[groups]


def _qini_placed(place: npt.NDArray[np.int64], size: int, effects: Floats, weight: Floats) -> float:
    sizes = np.bincount(place, weights=weight, minlength=size)
    sums = np.bincount(place, weights=weight * effects, minlength=size)
    total = sizes.sum()
    if total <= 0:
        return 0.0
    gain = np.r_[0.0, np.cumsum(sums)] / total
    return float((0.5 * (gain[1:] + gain[:-1]) * sizes / total).sum() - gain[-1] / 2)


@dataclass(frozen=True)
class PolicyValue:
    """What contacting some customers is worth per customer, cost of contacts taken off.

    Attributes:
        share: Of the customers that are contacted.
        value: Against contacting nobody.
        over_all: Against contacting everybody.
    """

    share: float
    value: Estimate
    over_all: Estimate


def policy_value(
    contacted: Mask, effects: Floats, *, cost: float | Floats, seed: int, draws: int = 1000,
    level: float = LEVEL,
) -> PolicyValue:  # fmt: skip
    """Value of a rule that did not see the rows it is applied to.

    Args:
        contacted: Whom the rule contacts.
        effects: Scores of the effect, in the unit of ``cost``.
        cost: Of a contact.
        seed: Of the bootstrap.
        draws: Resamples.
        level: Share the intervals are to hold.
    """
    net = effects - cost
    gained, spared = np.where(contacted, net, 0.0), np.where(contacted, 0.0, -net)
    rng = np.random.default_rng(seed)
    both = np.stack([gained, spared])
    drawn = np.empty((2, draws))
    for number in range(draws):
        weight = rng.poisson(1.0, len(effects)).astype(np.float64)
        drawn[:, number] = both @ weight / max(weight.sum(), 1.0)
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    value, over = (
        Estimate(float(both[row].mean()), float(ends[0, row]), float(ends[1, row]))
        for row in (0, 1)
    )
    return PolicyValue(float(contacted.mean()), value, over)
