"""What moved prices: by itself, and without asking demand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tools.history import Mask
from tools.price_history import PriceWeeks, spread_within

Floats = npt.NDArray[np.float64]

MIN_SPREAD = 0.01
"""Standard deviation of a log price (or cost) below which it did not move."""
MIN_UNITS = 30.0
MIN_WEEKS = 26
INSTRUMENTS = ("cost", "supplier", "experiment")
"""What moves prices without asking demand: the SKU's own cost (its supplier's where none is on
file), what its supplier's other articles cost, prices that chance chose."""


def moved(weeks: PriceWeeks) -> Mask:
    """SKUs that sold enough at prices that moved."""
    enough = (weeks.units.sum(axis=1) >= MIN_UNITS) & (weeks.usable.sum(axis=1) >= MIN_WEEKS)
    found: Mask = enough & (spread_within(weeks.log_price, weeks.usable) >= MIN_SPREAD)
    return found


def instruments_of(weeks: PriceWeeks) -> dict[str, Floats]:
    """Each instrument's matrix; NaN in weeks where a SKU that has a cost lacks it."""
    costed = np.isfinite(weeks.log_cost).any(axis=1, keepdims=True)
    own = np.where(costed, weeks.log_cost, weeks.supplier_cost)
    return {"cost": own, "supplier": weeks.supplier_cost, "experiment": weeks.assigned}


def told_by(weeks: PriceWeeks) -> Mask:
    """SKUs with moving prices and an instrument that moved while they sold."""
    moves = [spread_within(each, weeks.usable) >= MIN_SPREAD
             for each in instruments_of(weeks).values()]  # fmt: skip
    found: Mask = moved(weeks) & np.any(moves, axis=0)
    return found
