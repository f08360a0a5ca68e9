"""Demand beside a competitor: two sellers and the choice to buy nothing, as a logit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TRIED = 240
LEAST, MOST = 0.005, 0.95
"""Shares of those who would buy from somebody are looked for between these."""
TOGETHER = 0.98


@dataclass(frozen=True)
class Duopoly:
    """A logit demand curve; shape (n, 1) each.

    Attributes:
        own: Share of would-be buyers at the prices the elasticity was learnt at.
        rival: The competitor's share there.
        own_price: Own price there.
        rival_price: The competitor's price there.
    """

    own: Floats
    rival: Floats
    own_price: Floats
    rival_price: Floats

    def log_share(self, price: Floats, rival: Floats, elasticity: Floats) -> Floats:
        """Log of the own share at other prices.

        Args:
            price: Own price.
            rival: The competitor's; NaN where it has left.
            elasticity: Own elasticity at the prices it was learnt at, negative; any number of
                futures.
        """
        slope = -elasticity / (self.own_price * (1.0 - self.own))
        outside = 1.0 - self.own - self.rival
        own = np.log(self.own / outside) - slope * (price - self.own_price)
        away = np.isnan(rival)
        moved = np.where(away, 0.0, rival - self.rival_price)
        other = np.where(away, 0.0, np.exp(np.log(self.rival / outside) - slope * moved))
        found: Floats = own - np.logaddexp(np.log1p(other), own)
        return found


def duopoly_of(
    elasticity: Floats, rival_elasticity: Floats, price: Floats, rival: Floats
) -> Duopoly:
    """The logit demand with these elasticities at these prices.

    With shares ``s`` and ``t`` and price slope ``a`` the own elasticity is ``-a p (1 - s)`` and
    the answer to the competitor's price ``a r t`` (Train 2009, section 3.6). Two elasticities do
    not tell three unknowns: shares are taken to be equal at equal prices.

    Args:
        elasticity: Of own demand in the own price, negative; shape (n, 1) each.
        rival_elasticity: Of own demand in the competitor's price, positive.
        price: Own price that the elasticities hold at.
        rival: The competitor's.
    """
    tried = np.exp(np.linspace(np.log(LEAST), np.log(MOST), TRIED))[None, :]
    slope = -elasticity / (price * (1.0 - tried))
    other = rival_elasticity / (slope * rival)
    gap = np.clip(slope * (price - rival), -20.0, 20.0)
    miss = np.abs(np.log(np.maximum(other, 1e-9)) - np.log(tried) - gap)
    own = tried[0][np.argmin(miss, axis=1)][:, None]
    slope = -elasticity / (price * (1.0 - own))
    share = np.clip(rival_elasticity / (slope * rival), LEAST, np.maximum(TOGETHER - own, LEAST))
    return Duopoly(own, share, price, rival)
