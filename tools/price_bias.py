"""What every move of a price tells, once it is known how far prices ran after demand.

Instruments use only the part of the moves that costs explain, and few SKUs leave them little to
say. Where instruments and timing agree that prices hardly followed demand, all moves may speak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tools.price_response import GroupResponse
from tools.price_timing import Following
from tools.shrinkage import combine, pool

SPREAD = 0.15
"""Categories' biases differ by about this."""


def bias_of(
    instrumented: Mapping[str, GroupResponse], plain: Mapping[str, GroupResponse],
    follows: Following,
) -> Following:  # fmt: skip
    """The bias of plain regressions, from timing and from how far instruments disagree.

    For each instrumented group, ``plain - instrumented`` estimates the bias (Hausman 1978); their
    random-effects mean is combined with what timing says, by precision.

    Args:
        instrumented: Groups by name.
        plain: The same and other groups, all moves used.
        follows: What timing says.
    """
    both = [name for name in instrumented if name in plain]
    if not both:
        return follows
    gaps = np.array([plain[name].elasticity - instrumented[name].elasticity for name in both])
    errors = np.array([
        np.hypot(plain[name].std_error, instrumented[name].std_error) for name in both
    ])  # fmt: skip
    seen = pool(gaps, errors, least_spread=SPREAD)
    bias, error = combine(seen.mean, seen.error, follows.bias, follows.error)
    return replace(follows, bias=max(bias, 0.0), error=error)


def merged(
    instrumented: GroupResponse, plain: GroupResponse | None, follows: Following
) -> GroupResponse:
    """The instrumented elasticity and the plain one less its bias, by precision."""
    if plain is None or not np.isfinite(instrumented.std_error):
        return instrumented
    error = float(np.hypot(np.hypot(plain.std_error, follows.error), SPREAD))
    mean, both = combine(
        instrumented.elasticity, instrumented.std_error, plain.elasticity - follows.bias, error
    )
    weight = both**2 / error**2
    return replace(instrumented, elasticity=mean, std_error=both, plain_weight=float(weight))
