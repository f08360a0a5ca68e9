"""Whether prices ran after demand, told by when each of them moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.own_response import expected_units, spells
from tools.price_history import PriceWeeks
from tools.price_instruments import moved
from tools.price_response import GroupResponse
from tools.shrinkage import combine

Floats = npt.NDArray[np.float64]

BIAS, BIAS_SD = 0.75, 0.75
"""What an elasticity without an instrument is too flat by before timing speaks, and how doubtful
that is. Prices that follow demand flattened such estimates by 0.4 to 1.6 in simulated shops,
prices that do not by nothing."""
TIMING_SD = 0.4
"""What timing may be wrong by however long the history: demand that rises faster than it falls."""
LEAST_HOLD = 1.5
"""Weeks that prices must stand on average: faster ones follow demand within the week, and leave
no trace."""
LEAST_SKUS = 8
LATEST = 12
"""Twice the longest delay looked for, in weeks: how late prices follow."""
REACH = 8
SAMPLES = 40
YEAR = 52
"""Weeks over which a SKU's level is its own here: what comes and goes within them counts."""


@dataclass(frozen=True)
class Following:
    """How far the shop's prices followed demand.

    Attributes:
        bias: How much too flat an elasticity without an instrument comes out.
        error: Its standard error.
        hold_weeks: How long a price stands on average; NaN where no price moved.
        timing: What timing alone says of the bias; None where it cannot tell.
        timing_error: Its sampling error.
        delay_weeks: How late prices follow; None where timing cannot tell.
    """

    bias: float = BIAS
    error: float = BIAS_SD
    hold_weeks: float = float("nan")
    timing: float | None = None
    timing_error: float | None = None
    delay_weeks: float | None = None


def following(weeks: PriceWeeks, groups: dict[str, GroupResponse]) -> Following:
    """The bias of the groups without an instrument, from leads and lags of their prices.

    Demand ``s`` comes and goes alike forwards and backwards in time; prices that follow it by
    ``d`` weeks go with what demand was ``d`` weeks before. So ``C(k)``, the covariance of the
    price in ``k`` weeks with what sales now are above expectation, less ``b`` times the price's
    own ``A(k)``, is symmetric about ``d``: ``C(d + j) - C(d - j) = b (A(d + j) - A(d - j))``
    for every ``j``, where ``b`` is the bias with its sign turned. ``d`` is the one that fits
    best, ``b`` the least squares, the error a bootstrap over SKUs. It is combined with what was
    expected, ``BIAS``, by precision. A negative bias counts as none: customers who stock up on a
    promotion and stay away after it leave the same trace.
    """
    sums = [_covariances(weeks.rows(weeks.group == name), group) for name, group in groups.items()]
    if not sums:
        return Following()
    cross = np.concatenate([each[0] for each in sums])
    own = np.concatenate([each[1] for each in sums])
    hold = _hold(weeks)
    if len(cross) < LEAST_SKUS or not hold >= LEAST_HOLD or not own.any():
        return Following(hold_weeks=hold)
    steeper, delay = _fitted(cross, own)
    rng = np.random.default_rng(0)
    drawn = (rng.integers(0, len(cross), len(cross)) for _ in range(SAMPLES))
    error = float(np.std([_fitted(cross[rows], own[rows])[0] for rows in drawn]))
    bias, doubt = combine(max(-steeper, 0.0), float(np.hypot(error, TIMING_SD)), BIAS, BIAS_SD)
    return Following(bias, doubt, hold, -steeper, error, delay)


def _hold(weeks: PriceWeeks) -> float:
    """Mean weeks between moves of a price, over the SKUs whose prices moved."""
    rows = moved(weeks)
    moves = weeks.moves[rows].sum()
    return float(np.isfinite(weeks.log_price[rows]).sum() / moves) if moves else float("nan")


def _covariances(weeks: PriceWeeks, group: GroupResponse) -> tuple[Floats, Floats]:
    """Each SKU's ``C(k)`` and ``A(k)``, ``k`` from -REACH-LATEST to it, weighted by sales."""
    part = weeks.rows(moved(weeks))
    usable = part.usable
    expected = expected_units(part, group, usable, length=YEAR)
    units = np.where(usable, part.units, 0.0)
    above = np.where(usable, units / np.maximum(expected, 1e-9) - 1, 0.0).clip(-1.0, 5.0)
    price = np.where(usable, part.log_price, 0.0)
    span = range(-REACH - LATEST, REACH + LATEST + 1)
    cross, own = np.zeros((len(units), len(span))), np.zeros((len(units), len(span)))
    for year in spells(units.shape[1], YEAR):
        weight = expected[:, year].mean(axis=1, keepdims=True)
        swept = _swept(price[:, year], usable[:, year])
        cross += weight * np.stack([_lagged(swept, above[:, year], k) for k in span], axis=1)
        own += weight * np.stack([_lagged(swept, swept, k) for k in span], axis=1)
    return cross, own


def _swept(price: Floats, usable: npt.NDArray[np.bool_]) -> Floats:
    """Prices without their SKU's and their week's mean."""
    for axis in (1, 0, 1):
        count = np.maximum(usable.sum(axis=axis, keepdims=True), 1)
        price = np.where(usable, price - price.sum(axis=axis, keepdims=True) / count, 0.0)
    return price


def _lagged(ahead: Floats, now: Floats, weeks: int) -> Floats:
    """Mean product of a row now and another so many weeks ahead."""
    last = now.shape[1]
    if abs(weeks) >= last:
        return np.zeros(len(now))
    later = ahead[:, max(weeks, 0) : last + min(weeks, 0)]
    earlier = now[:, max(-weeks, 0) : last - max(weeks, 0)]
    found: Floats = (later * earlier).sum(axis=1) / (last - abs(weeks))
    return found


def _fitted(cross: Floats, own: Floats) -> tuple[float, float]:
    """What the elasticity has to be steeper by, and the delay in weeks."""
    centre = REACH + LATEST
    answers, shape = cross.sum(axis=0), own.sum(axis=0)
    found: list[tuple[float, float, float]] = []
    for twice in range(1, LATEST + 1):
        before = np.arange(-REACH, (twice + 1) // 2)
        after = twice - before
        keep = after <= centre
        y = answers[centre + after[keep]] - answers[centre + before[keep]]
        x = shape[centre + after[keep]] - shape[centre + before[keep]]
        slope = float((x * y).sum() / max(float((x * x).sum()), 1e-300))
        left = float(((y - slope * x) ** 2).sum() / max(float((y * y).sum()), 1e-300))
        found.append((left, slope, twice / 2))
    _, slope, delay = min(found)
    return slope, delay
