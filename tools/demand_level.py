"""How much a SKU sells on a usual day: recent days count more, by as much as it pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHORTEST, LONGEST = 14.0, 182.0
"""Half-lives in days that can be right for anybody."""
TRUSTED_DAYS = 10
"""Days with sales from which a SKU's own scatter says something."""
PULL_DAYS = 20.0
"""Days with sales at which own scatter and that of its like weigh the same."""
USUAL_SCATTER = 2.0


def scatter_of(units: npt.NDArray[Any], exposed: npt.NDArray[Any]) -> Floats:
    """Variance over mean of daily sales: each SKU's own, pulled towards the median; at least 1.

    Args:
        units: Units on days that count, 0 on others; shape (n, days).
        exposed: Seasonal factor of those days, 0 on others.
    """
    total, days = units.sum(axis=1), exposed.sum(axis=1)
    rate = np.divide(total, days, out=np.zeros(len(units)), where=days > 0)
    misses = np.square(units - rate[:, None] * exposed).sum(axis=1)
    own = np.divide(misses, total, out=np.full(len(units), np.nan), where=total > 0)
    sold = (units > 0).sum(axis=1)
    trusted = own[sold >= TRUSTED_DAYS]
    typical = max(float(np.median(trusted)), 0.5) if len(trusted) >= 5 else USUAL_SCATTER
    weight = sold / (sold + PULL_DAYS)
    own = np.nan_to_num(own, nan=typical).clip(0.5)
    pulled: Floats = np.exp(weight * np.log(own) + (1 - weight) * np.log(typical))
    return np.maximum(pulled, 1.0)


def faded_rate(
    units: npt.NDArray[Any], exposed: npt.NDArray[Any], half_life: Floats | float
) -> Floats:
    """Units over days' worth of season, a day counting half as much as one a half-life later.

    Summed before they are divided, so that a sale on a day of little season counts no more than
    another.
    """
    ago = np.arange(units.shape[1], dtype=np.float32)[::-1]
    if np.ndim(half_life) == 0:
        weight = np.exp2(-ago / half_life)
        sold, days = units @ weight, exposed @ weight
    else:
        each = np.exp2(-ago / np.asarray(half_life, dtype=np.float32)[:, None])
        sold, days = ((values * each).sum(axis=1) for values in (units, exposed))
    rate: Floats = np.divide(sold, days, out=np.zeros(len(units)), where=days > 0)
    return rate


def steady_rate(units: npt.NDArray[Any], exposed: npt.NDArray[Any], days: float) -> Floats:
    """The faded rate with the half-life that suits each SKU.

    A level that drifts is followed best with a half-life in proportion to the root of noise over
    signal, here scatter over rate (gain of the steady Kalman filter, Muth 1960); ``days`` is that
    of a SKU that sells its scatter each day. Slow sellers are averaged over months, fast ones
    over weeks.
    """
    rate = faded_rate(units, exposed, LONGEST)
    noise = scatter_of(units, exposed) / np.maximum(rate, 1e-3)
    return faded_rate(units, exposed, (days * np.sqrt(noise)).clip(SHORTEST, LONGEST))
