"""How many customers a campaign leaves alone, so that its effect can be seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

POWER_FACTOR = 2.802
"""Standard errors between no effect and one that a two-sided 5 % test finds 8 times in 10."""
LEAST, MOST = 0.05, 0.3
USUAL, SMALL = 0.1, 0.2
SMALL_AUDIENCE = 500
"""Below this a tenth left alone would measure nothing."""


@dataclass(frozen=True)
class HoldOut:
    """How large a hold-out, and what it can show.

    Attributes:
        share: Of the customers targeted.
        detectable: Smallest effect (orders a contact) that would be found 8 times in 10.
        sufficient: Whether that is no more than the effect expected.
    """

    share: float
    detectable: float
    sufficient: bool


def base_rate(orders_per_day: float, days: int) -> float:
    """Share of customers who order within some days without being asked."""
    return 1 - exp(-max(orders_per_day, 0.0) * days)


def detectable(targeted: int, share: float, rate: float) -> float:
    """Minimum detectable effect of a two-sided 5 % test at 80 % power.

    ``2.8 * sqrt(p (1 - p) (1 / n_sent + 1 / n_held))``, the usual formula for two proportions.
    """
    held = max(targeted * share, 1e-9)
    sent = max(targeted - held, 1e-9)
    spread = max(rate * (1 - rate), 1e-4)
    return POWER_FACTOR * sqrt(spread * (1 / sent + 1 / held))


def hold_out(targeted: int, *, rate: float, effect: float) -> HoldOut:
    """The smallest hold-out that would show the effect expected, else the usual one.

    Args:
        targeted: Customers the campaign is for, hold-out included.
        rate: Share of them who order anyway within the response window.
        effect: Extra orders a contact that are expected.
    """
    for percent in range(int(LEAST * 100), int(MOST * 100) + 1):
        share = percent / 100
        seen = detectable(targeted, share, rate + max(effect, 0.0) / 2)
        if seen <= effect:
            return HoldOut(share, seen, True)
    share = USUAL if targeted >= SMALL_AUDIENCE else SMALL
    return HoldOut(share, detectable(targeted, share, rate), False)
