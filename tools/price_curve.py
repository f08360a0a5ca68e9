"""Demand over a wider range of prices than were tried, when nobody knows how it bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.futures import FLATTEST, STEEPEST, one_way

Floats = npt.NDArray[np.float64]

SHAPES = 4
"""Ways in which an elasticity may grow with the price: not (a power), with it (an exponential,
about what a logit does), and as fast as on a straight line. Futures take them in turn."""
UNTESTED_SD = 0.5
"""What is added to an elasticity's error for prices that were never tried."""
NEAR = 0.05
"""Log distance from a tried price within which a price counts as tried."""
FARTHEST = 0.7
"""Log distance beyond which prices the elasticity was learnt at are not believed."""


@dataclass(frozen=True)
class Curve:
    """What is known of a SKU's demand curve; shape (n, 1) each.

    Attributes:
        elasticity: Expected, at the price ``anchor``.
        error: Its standard error.
        anchor: Price that the elasticity was learnt at, over the price demand is known at.
        low: Lowest price tried, over the price demand is known at.
        high: Highest price tried.
    """

    elasticity: Floats
    error: Floats
    anchor: Floats
    low: Floats
    high: Floats

    def factor(self, ratio: Floats, luck: Floats) -> Floats:
        """Demand at ``ratio`` times the price it is known at, in every future.

        The elasticity is ``e (p / anchor) ** g`` with ``g`` 0, 1 or ``1 + |e|`` by future, so
        that log demand moves by ``e (p ** g - 1) / (g anchor ** g)``. Beyond the tried prices
        ``g`` is at least 1, the error is wider, and a rise costs at least as many units as it
        brings price. Doubt does not lift the mean (``tools.futures.price_factor``).

        Args:
            ratio: Shape (n, 1).
            luck: Standard normal draws of the elasticity's error; shape (draws,).

        Returns:
            Shape (n, draws).
        """
        log = np.log(ratio)
        found = np.empty((len(ratio), len(luck)))
        for shape in range(SHAPES):
            found[:, shape::SHAPES] = self._moved(log, shape, luck[shape::SHAPES])
        return one_way(found, log)

    def _moved(self, log: Floats, shape: int, luck: Floats) -> Floats:
        straight = np.zeros_like(log)
        bend = (straight, straight + 1.0, straight, 1.0 - self.elasticity)[shape]
        low, high = np.log(self.low) - NEAR, np.log(self.high) + NEAR
        inside = self._bent(np.clip(log, low, high), bend) - self._bent(
            np.clip(0.0, low, high), bend
        )
        steeper = np.maximum(bend, 1.0)
        above, below = (
            self._bent(end(log, edge), steeper) - self._bent(end(0.0, edge), steeper)
            for end, edge in ((np.maximum, high), (np.minimum, low))
        )
        drawn = np.clip(self.elasticity + self.error * luck, STEEPEST, FLATTEST)
        moved = drawn * inside
        width = self.error * inside
        if (above != 0).any() or (below != 0).any():
            spread = self.error + UNTESTED_SD
            wider = np.clip(self.elasticity + spread * luck, STEEPEST, FLATTEST)
            moved = moved + np.minimum(wider, -1.0) * above + wider * below
            width = width + spread * (above + below)
        found: Floats = moved - width**2 / 2
        return found

    def _bent(self, log: Floats, bend: Floats) -> Floats:
        """Log price as demand feels it: ``(p ** g - 1) / (g anchor ** g)``, the log for 0."""
        anchor = np.clip(np.log(self.anchor), -FARTHEST, FARTHEST)
        with np.errstate(divide="ignore", invalid="ignore"):
            bent = np.expm1(bend * log) / bend * np.exp(-bend * anchor)
        found: Floats = np.where(bend == 0, log, bent)
        return found
