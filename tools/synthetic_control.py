"""Synthetic control: one product against a mix of others that moved as it did before.

Abadie, Diamond and Hainmueller (2010), fitted by pysyncon on weekly sales over their own level;
the error is what the same method misses on the donors, each taken for changed in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.effect_windows import Floats, Ints, Sales, Window

WEEK = 7
WEEKS_BEFORE = 52
LEAST_WEEKS, LEAST_DONORS, MOST_DONORS = 26, 8, 20
LEAST_A_WEEK = 10.0
"""Slower sellers are luck more than movement: no mix follows them."""
PLACEBOS = 12


@dataclass(frozen=True)
class Mixture:
    """What a product would have sold by the mix of donors that followed it before.

    Attributes:
        units: Expected in the window.
        sd: Its error, from the donors' own misses.
        donors: How many carry weight.
        placebos: Donors on which the error was measured.
        worst_before: Root mean squared miss before the window, as a share of the level.
    """

    units: float
    sd: float
    donors: int
    placebos: int
    worst_before: float


def mix(sales: Sales, window: Window, row: int, controls: Ints) -> Mixture | None:
    """Expected units of one row from donors of its category, or of the shop where those are few.

    Args:
        sales: Daily units.
        window: The days in question.
        row: The product that was changed.
        controls: Rows left alone.

    Returns:
        None where history, sales or donors are too few.
    """
    weeks = min(WEEKS_BEFORE, window.start // WEEK)
    donors = _donors(sales, window, row, controls, weeks)
    if weeks < LEAST_WEEKS or len(donors) < LEAST_DONORS:
        return None
    rows = np.r_[row, donors]
    before, after, level = _weekly(sales, window, rows, weeks)
    if level[0] < LEAST_A_WEEK or not np.isfinite(before).all():
        return None
    weights = _weights(before[:, 0], before[:, 1:])
    misses = []
    for place in range(1, min(len(donors), PLACEBOS) + 1):
        others = [each for each in range(1, len(rows)) if each != place]
        found = _weights(before[:, place], before[:, others])
        misses.append(after[place] - after[others] @ found)
    sd = float(np.sqrt(np.mean(np.square(misses))))
    gap = before[:, 0] - before[:, 1:] @ weights
    scale = level[0] * window.days / WEEK
    return Mixture(
        units=float(max(after[1:] @ weights, 0.0) * scale),
        sd=sd * scale,
        donors=int((weights > 0.01).sum()),
        placebos=len(misses),
        worst_before=float(np.sqrt(np.mean(gap**2))),
    )


def _donors(sales: Sales, window: Window, row: int, controls: Ints, weeks: int) -> Ints:
    """Candidates known all the time, of its own category if enough, nearest in size first."""
    span = weeks * WEEK
    others = controls[controls != row]
    whole = sales.known_days(others, window.start - span, window.end) >= span + window.days
    sold = sales.total(others, window.start - span, window.start) / max(weeks, 1)
    others, sold = (
        others[whole & (sold >= LEAST_A_WEEK / 2)],
        sold[whole & (sold >= LEAST_A_WEEK / 2)],
    )
    same = sales.category[others] == sales.category[row]
    if same.sum() >= LEAST_DONORS:
        others, sold = others[same], sold[same]
    own = float(sales.total(row, window.start - span, window.start)) / max(weeks, 1)
    far = np.abs(np.log((sold + 1) / (own + 1)))
    nearest: Ints = others[np.lexsort((sales.skus[others], far))][:MOST_DONORS]
    return nearest


def _weekly(sales: Sales, window: Window, rows: Ints, weeks: int) -> tuple[Floats, Floats, Floats]:
    """Weekly sales before over the level before (weeks, rows), the window's, and the level."""
    part = sales.units[rows, window.start - weeks * WEEK : window.start]
    before = part.reshape(len(rows), weeks, WEEK).sum(axis=2)
    recent = before[:, -LEAST_WEEKS:].mean(axis=1)
    level = np.maximum(recent, 1e-9)
    after = sales.total(rows, window.start, window.end) * WEEK / window.days
    return (before / level[:, None]).T, after / level, recent


def _weights(wanted: Floats, offered: Floats) -> Floats:
    """Weights, none negative, summing to one."""
    from pysyncon import Synth

    names = [f"w{number}" for number in range(len(wanted))]
    donors = pd.DataFrame(offered, index=names)
    own = pd.Series(wanted, index=names, name="own")
    fitted = Synth()
    fitted.fit(X0=donors, X1=own, Z0=donors, Z1=own, custom_V=np.full(len(wanted), 1.0))
    found = np.clip(np.asarray(fitted.W, dtype=np.float64), 0, None)
    total = float(found.sum())
    return found / total if total > 0 else np.full(len(found), 1 / len(found))
