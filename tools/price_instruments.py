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
HALF = 0.5
"""Share of a week's days on promotion from which it is a promotion week."""
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
    regular = _between_promotions(weeks)
    costed = np.isfinite(regular).any(axis=1, keepdims=True)
    own = np.where(costed, regular, weeks.supplier_cost)
    return {"cost": own, "supplier": weeks.supplier_cost, "experiment": weeks.assigned}


def told_by(weeks: PriceWeeks) -> Mask:
    """SKUs with moving prices and an instrument that moved while they sold."""
    moves = [spread_within(each, weeks.usable) >= MIN_SPREAD
             for each in instruments_of(weeks).values()]  # fmt: skip
    found: Mask = moved(weeks) & np.any(moves, axis=0)
    return found


def _between_promotions(weeks: PriceWeeks) -> Floats:
    """The cost on file, in promotion weeks that of the last week without one.

    Suppliers who pay for a promotion lower the cost for its time; that dip comes with the display
    and the leaflet, which sell by themselves.
    """
    keep = np.isfinite(weeks.log_cost) & (weeks.promo < HALF)
    last = np.where(keep, np.arange(keep.shape[1])[None, :], -1)
    last = np.maximum.accumulate(last, axis=1)
    filled = np.take_along_axis(weeks.log_cost, np.maximum(last, 0), axis=1)
    promoted = np.isfinite(weeks.log_cost) & (weeks.promo >= HALF) & (last >= 0)
    found: Floats = np.where(promoted, filled, weeks.log_cost)
    return found
