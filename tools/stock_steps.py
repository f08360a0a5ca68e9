"""Stock of many SKUs in many futures at once, sold step by step; goods arrive on their day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

LEAST = np.float32(1e-9)


@dataclass(frozen=True)
class Arrival:
    """Goods on their way.

    Attributes:
        units: By SKU; shape (n, 1).
        day: When they come, days from the start; shape (n, draws).
    """

    units: Singles
    day: Singles


@dataclass(frozen=True)
class Step:
    """What a step sold; shape (n, draws) each.

    Attributes:
        units: Sold, to those who came for another product too.
        empty_days: Days without anything to sell.
    """

    units: Singles
    empty_days: Singles


class Shelf:
    """Stock that changes as steps are sold.

    Args:
        on_hand: Units by SKU, infinite where unknown; shape (n,).
        arrivals: Goods on their way.
        starts: First row of each category; rows are sorted by it. Empty: nobody substitutes.
        draws: Futures.
    """

    def __init__(
        self, on_hand: Singles, arrivals: tuple[Arrival, ...], starts: Ints, draws: int
    ) -> None:
        self._left = np.repeat(on_hand[:, None], draws, axis=1).astype(np.float32)
        self._arrivals = arrivals
        self._starts = starts
        sizes = np.diff(np.append(starts, len(on_hand)))
        self._category = np.repeat(np.arange(len(starts)), sizes)

    def sell(self, demand: Singles, first: float, last: float, substitution: Singles) -> Step:
        """Meet demand that comes evenly from day ``first`` to ``last``.

        Args:
            demand: Units asked for in the step; shape (n, draws).
            first: Start of the step.
            last: Its end.
            substitution: Share of those who find nothing that take another; shape (draws,).
        """
        days = np.float32(last - first)
        units = np.minimum(demand, self._left)
        self._left -= units
        self._arrive(demand, units, first, last)
        missed = demand - units
        empty = np.divide(missed, np.maximum(demand, LEAST), dtype=np.float32)
        empty *= days
        if len(self._starts) and missed.any():
            self._substitute(units, missed, demand, substitution)
        return Step(units, empty)

    def _arrive(self, demand: Singles, units: Singles, first: float, last: float) -> None:
        """Sell again, by phases, the rows that something comes in for."""
        due = [(each.day >= first) & (each.day < last) for each in self._arrivals]
        if not due:
            return
        rows = np.flatnonzero(np.any([each.any(axis=1) for each in due], axis=0))
        if not len(rows):
            return
        left = self._left[rows] + units[rows]
        asked = demand[rows] / np.float32(last - first)
        sold, since = np.zeros_like(left), np.full_like(left, first)
        for at, goods in self._in_order(rows, due, last):
            met = np.minimum(asked * (at - since), left)
            sold += met
            left = left - met + goods
            since = at
        met = np.minimum(asked * (np.float32(last) - since), left)
        units[rows], self._left[rows] = sold + met, left - met

    def _in_order(
        self, rows: Ints, due: list[npt.NDArray[np.bool_]], last: float
    ) -> list[tuple[Singles, Singles]]:
        """Moments and goods of each row's arrivals, the earlier first."""
        days = [
            np.where(each[rows], arrival.day[rows], np.float32(last))
            for arrival, each in zip(self._arrivals, due, strict=True)
        ]
        goods = [
            np.where(each[rows], arrival.units[rows], np.float32(0))
            for arrival, each in zip(self._arrivals, due, strict=True)
        ]
        if len(days) == 1:
            return [(days[0], goods[0])]
        swap = days[1] < days[0]
        early = np.where(swap, days[1], days[0]), np.where(swap, goods[1], goods[0])
        late = np.where(swap, days[0], days[1]), np.where(swap, goods[0], goods[1])
        return [early, late]

    def _substitute(
        self, units: Singles, missed: Singles, demand: Singles, substitution: Singles
    ) -> None:
        """Offer what was missed to the category's products that are left, by their own demand."""
        able = np.where(self._left > 0, demand, np.float32(0))
        wanted = np.add.reduceat(missed, self._starts, axis=0) * substitution
        wanted /= np.maximum(np.add.reduceat(able, self._starts, axis=0), LEAST)
        extra = np.minimum(able * wanted[self._category], self._left)
        units += extra
        self._left -= extra
