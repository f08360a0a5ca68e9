"""What was on offer when, and at which level each SKU then sold: what substitution is read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tools.history import History, Mask

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK_DAYS = 56
"""Levels of SKUs are read off eight weeks at a time."""
NEIGHBOUR = 0.25
"""What a block counts for the level of the next one: the SKU was out there, or sold little."""
FORGOTTEN_DAYS = 91
"""A SKU out of reach for longer is no longer looked for: nobody's choice set holds it."""
ROUNDS = 3
"""Rounds of the split's fixed point (Hunter 2004, MM for Bradley-Terry and Luce models)."""
DOUBTED_STOCK = 0.5
"""A stock record that says sold out while most such days bring sales is not believed."""


@dataclass(frozen=True)
class Offer:
    """Daily offer of one category; rows are SKUs.

    Attributes:
        units: Units sold; shape (n, days).
        on: Days on sale and in stock all day.
        out: Days within reach of customers' memory but sold out, delisted or not yet listed.
        level: Units a day at the category's mean activity with all on offer; zero where nobody
            looks for it.
    """

    units: Floats = field(repr=False)
    on: Mask = field(repr=False)
    out: Mask = field(repr=False)
    level: Floats = field(repr=False)

    @cached_property
    def wanted(self) -> Floats:
        """Sum of the levels on offer, a day."""
        found: Floats = (self.level * self.on).sum(axis=0)
        return found

    @cached_property
    def whole(self) -> Floats:
        """Sum of all levels, on offer or out, a day."""
        found: Floats = (self.level * (self.on | self.out)).sum(axis=0)
        return found

    @cached_property
    def sold(self) -> Floats:
        """Units of the SKUs on offer all day, a day."""
        found: Floats = (self.units * self.on).sum(axis=0)
        return found


def read_offer(history: History, rows: Ints, off_sale: Mask) -> Offer:
    """The offer of some SKUs.

    A day counts as out where stock is zero and nothing was sold; some time after the last sale of
    a SKU that is off sale now; and before its first day where a stock count dates that day (else
    it is only the first sale), up to ``FORGOTTEN_DAYS`` either way. Days that ran out of stock
    while selling, and the silence around an undated end, are neither on nor out.

    Args:
        history: Daily matrices with ``units`` and, where known, ``on_hand``.
        rows: Places of the SKUs in the history.
        off_sale: Of each of them, whether it is off sale now.
    """
    raw = history.values["units"][rows]
    known = np.isfinite(raw)
    units = np.maximum(np.nan_to_num(raw), 0.0).astype(np.float64)
    empty = _empty(history, rows, units, known)
    ago = np.arange(history.days - 1, -1, -1)[None, :]
    silent = _silence(units)[:, None]
    ended = off_sale[:, None] & (ago < silent)
    gone = ended & (ago < silent - _usual_gap(units, known)[:, None])
    on = known & ~empty & ~ended
    away = (known & empty & (units <= 0)) | gone | _not_yet(history, rows, known)
    out = away & _remembered(on, away)
    return Offer(units, on, out, _levels(units, on) * (on | out))


def _empty(history: History, rows: Ints, units: Floats, known: Mask) -> Mask:
    on_hand = history.column("on_hand")
    if on_hand is None:
        return np.zeros(known.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        empty = known & (on_hand[rows] <= 0)
    days = np.maximum(empty.sum(axis=1), 1)
    doubted = (empty & (units > 0)).sum(axis=1) / days > DOUBTED_STOCK
    return np.asarray(empty & ~doubted[:, None], dtype=bool)


def _usual_gap(units: Floats, known: Mask) -> Floats:
    """Twice the mean number of days between sales: so long nothing is said by no sale."""
    sold = (units > 0).sum(axis=1)
    found: Floats = 2.0 * known.sum(axis=1) / np.maximum(sold, 1)
    return found


def _not_yet(history: History, rows: Ints, known: Mask) -> Mask:
    """Days before each SKU's first, where a stock count stands on that day."""
    on_hand = history.column("on_hand")
    if on_hand is None or not known.shape[1]:
        return np.zeros(known.shape, dtype=bool)
    first = np.argmax(known, axis=1)
    dated = np.isfinite(on_hand[rows, first])
    found: Mask = dated[:, None] & (np.arange(known.shape[1])[None, :] < first[:, None])
    return found


def _silence(units: Floats) -> Ints:
    """Days without a sale at the end of each row; the row's length if it never sold."""
    ended = np.hstack([units[:, ::-1] > 0, np.ones((len(units), 1), dtype=bool)])
    found: Ints = np.argmax(ended, axis=1).astype(np.int64)
    return found


def _remembered(on: Mask, away: Mask) -> Mask:
    """Days away within ``FORGOTTEN_DAYS`` of a day on offer, before or after."""
    since = _days_since(on)
    until = _days_since(on[:, ::-1])[:, ::-1]
    found: Mask = away & (np.minimum(since, until) <= FORGOTTEN_DAYS)
    return found


def _days_since(on: Mask) -> Ints:
    days = np.arange(on.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(on, days, -10 * FORGOTTEN_DAYS - on.shape[1]), axis=1)
    found: Ints = days - last
    return found


def _levels(units: Floats, on: Mask) -> Floats:
    """Each SKU's level a day by blocks: units over exposure to what the category then sold."""
    days = units.shape[1]
    block = np.arange(days - 1, -1, -1) // BLOCK_DAYS
    blocks = int(block.max(initial=0)) + 1
    near = NEIGHBOUR ** np.abs(np.subtract.outer(np.arange(blocks), np.arange(blocks)))
    made = np.zeros((days, blocks))
    made[np.arange(days), block] = 1.0
    counted = (units * on) @ made @ near
    exposed = on.astype(np.float64) @ made @ near
    level = np.divide(counted, exposed, out=np.zeros_like(counted), where=exposed > 0)[:, block]
    sold = (units * on).sum(axis=0)
    for _ in range(ROUNDS):
        wanted = (level * on).sum(axis=0)
        activity = np.divide(sold, wanted, out=np.zeros(days), where=wanted > 0)
        exposed = (on * activity) @ made @ near
        found = np.divide(counted, exposed, out=np.zeros_like(counted), where=exposed > 1e-9)
        level = found[:, block]
    return level
