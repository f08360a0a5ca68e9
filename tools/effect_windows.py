"""Sales before and after a change as matrices: what every way of measuring an effect reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import read_history

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Method = Literal[
    "hold_out", "difference_in_differences", "synthetic_control", "structural_series",
    "stock_accounting", "all_its_sales", "sum_of_actions", "none",
]  # fmt: skip

PRICE_MOVE = 0.01
"""Prices that change by less than this have not moved."""
QUIET_DAYS = (28, 7, 1)
"""A product whose price moved within so many days before a window is a poor stand-in for the rest;
the longest of these that leaves enough products is asked for."""
LEAST_CONTROLS = 8
"""Fewer products left alone cannot tell luck from growth."""
SHORTEST_DAYS = 7
"""Windows shorter than a week mix weekdays with effects."""
LEAST_KNOWN_DAYS = 56
"""A product known for less has no before to compare with."""


@dataclass(frozen=True)
class Change:
    """Something that was done to products, and the days on which its effect is looked for.

    Attributes:
        key: Its name, e.g. an action's id.
        skus: What it was done to.
        first: First whole day under it.
        last: Last day looked at.
    """

    key: str
    skus: tuple[str, ...]
    first: date
    last: date

    @property
    def days(self) -> int:
        """Length of the window."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Window:
    """Columns of a window and of what lies before it: ``[start, end)``."""

    start: int
    end: int

    @property
    def days(self) -> int:
        """Length in days."""
        return self.end - self.start

    def earlier(self, days: int) -> Window:
        """The same length, so many days before."""
        return Window(self.start - days, self.end - days)


@dataclass(frozen=True)
class Sales:
    """Daily units of every SKU, sorted by name.

    Attributes:
        skus: Names; shape (n,).
        category: Of each.
        units: Shape (n, days); NaN before a SKU was known.
        moved: Days on which its price moved or a promotion began or ended.
        first: Day of the first column.
    """

    skus: npt.NDArray[np.str_]
    category: npt.NDArray[np.str_]
    units: Floats = field(repr=False)
    moved: Mask = field(repr=False)
    first: np.datetime64

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.units.shape[1])

    def window(self, change: Change) -> Window | None:
        """Columns of a change's days that are known; None where fewer than a week are."""
        start = int((np.datetime64(change.first) - self.first).astype(np.int64))
        end = min(int((np.datetime64(change.last) - self.first).astype(np.int64)) + 1, self.days)
        return Window(start, end) if start >= 0 and end - start >= SHORTEST_DAYS else None

    def rows_of(self, skus: Sequence[str]) -> Ints:
        """Rows of the named SKUs that are known."""
        place = np.searchsorted(self.skus, np.array(skus, dtype=str))
        place = np.minimum(place, max(len(self.skus) - 1, 0))
        found: Ints = place[self.skus[place] == np.array(skus, dtype=str)] if len(self.skus) else (
            np.array([], dtype=np.int64))  # fmt: skip
        return found

    def total(self, rows: npt.ArrayLike, start: int, end: int) -> Floats:
        """Units of rows on columns ``[start, end)``; unknown days count nothing."""
        found: Floats = np.nansum(self.units[np.asarray(rows), max(start, 0) : end], axis=-1)
        return found

    def known_days(self, rows: npt.ArrayLike, start: int, end: int) -> Floats:
        """How many of the columns ``[start, end)`` are known of each row."""
        part = self.units[np.asarray(rows), max(start, 0) : end]
        found: Floats = np.isfinite(part).sum(axis=-1).astype(np.float64)
        return found

    def quiet(self, window: Window, exposed: Mask) -> Ints:
        """Rows that can stand for what would have happened: known, unmoved, not exposed."""
        for days in QUIET_DAYS:
            found = self._unmoved(window, exposed, days)
            if len(found) >= LEAST_CONTROLS:
                break
        return found

    def _unmoved(self, window: Window, exposed: Mask, days: int) -> Ints:
        moved = self.moved[:, max(window.start - days, 0) : window.end].any(axis=1)
        known = self.known_days(np.arange(len(self.skus)), 0, window.start) >= LEAST_KNOWN_DAYS
        sold = self.total(np.arange(len(self.skus)), window.start - 182, window.start) > 0
        return np.flatnonzero(known & sold & ~moved & ~exposed)


def read_sales(panel: pd.DataFrame, categories: Mapping[str, str]) -> Sales:
    """The panel as matrices.

    Args:
        panel: ``sku, date, units`` and, where known, ``list_price_minor`` and ``promo``.
        categories: SKU to category.
    """
    history = read_history(panel, ("list_price_minor", "promo"))
    units = np.maximum(history.values["units"].astype(np.float64), 0.0)
    return Sales(
        skus=history.skus,
        category=np.array([categories.get(str(sku)) or "" for sku in history.skus], dtype=str),
        units=units,
        moved=_moved(history.column("list_price_minor"), history.column("promo"), units.shape),
        first=history.last_day - np.timedelta64(max(history.days - 1, 0), "D"),
    )


def _moved(
    price: npt.NDArray[np.float32] | None,
    promo: npt.NDArray[np.float32] | None,
    shape: tuple[int, ...],
) -> Mask:
    moved = np.zeros(shape, dtype=bool)
    if price is not None and shape[1]:
        before, after = price[:, :-1], price[:, 1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            moved[:, 1:] |= np.abs(after / before - 1) > PRICE_MOVE
    if promo is not None and shape[1]:
        on = np.nan_to_num(promo) > 0
        moved[:, 1:] |= on[:, 1:] != on[:, :-1]
    return moved
