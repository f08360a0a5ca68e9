"""The daily panel as matrices, one row a SKU: what lets 10,000 SKUs be treated at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BULK = 10.0
"""How many times a SKU's mean day with sales a single day may count."""
BULK_ROUNDS = 3
"""Huge days that may hide behind each other."""
MIN_SOLD_DAYS = 3
"""Days with sales from which a huge one can be told."""


@dataclass(frozen=True)
class History:
    """Daily values of many SKUs; rows sorted by SKU, so that input order never matters.

    Attributes:
        skus: Names, sorted; shape (n,).
        last_day: Day of the last column.
        values: Column name to matrix (n, days), float32; NaN before a SKU's first day and
            where unknown.
    """

    skus: npt.NDArray[np.str_]
    last_day: np.datetime64
    values: dict[str, Matrix] = field(repr=False)

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.values["units"].shape[1])

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Day of each column."""
        return self.last_day - np.arange(self.days - 1, -1, -1).astype("timedelta64[D]")

    def column(self, name: str) -> Matrix | None:
        """A matrix, or None where the panel has no such column or nothing in it."""
        return self.values.get(name)

    def without_bulk(self) -> History:
        """The same with single huge days cut down: a typing error or a one-off bulk order.

        A day counts at most ``BULK`` times the SKU's mean day with sales, itself left out.
        """
        units = self.values["units"]
        for _ in range(BULK_ROUNDS):
            sold = np.maximum(np.nan_to_num(units), 0)
            days = (sold > 0).sum(axis=1)
            others = (sold.sum(axis=1) - sold.max(axis=1, initial=0)) / np.maximum(days - 1, 1)
            most = np.where(days >= MIN_SOLD_DAYS, BULK * others, np.inf).astype(np.float32)
            units = np.minimum(units, most[:, None])
        return History(self.skus, self.last_day, {**self.values, "units": units})

    def until(self, days: int) -> History:
        """Only the first so many days."""
        return History(
            self.skus,
            self.last_day - np.timedelta64(self.days - days, "D"),
            {name: matrix[:, :days] for name, matrix in self.values.items()},
        )

    def sold_freely(self) -> Mask:
        """Days that say something about demand: known, and not sold out all day."""
        units = self.values["units"]
        known = np.isfinite(units)
        on_hand = self.column("on_hand")
        if on_hand is None:
            return known
        with np.errstate(invalid="ignore"):
            return known & ~((on_hand <= 0) & (units <= 0))


def read_history(
    panel: pd.DataFrame, columns: Iterable[str] = (), *, last: int | None = None
) -> History:
    """Matrices of ``units`` and the named columns of a panel that lists each SKU's days.

    Args:
        panel: Rows ``sku, date, units, …`` as ``FactsView.panel`` gives them, in any order.
        columns: Further columns wanted; absent and all-unknown ones are left out.
        last: Keep only that many of the latest days.
    """
    if panel.empty:
        empty = np.empty((0, 0), dtype=np.float32)
        return History(np.array([], dtype=str), np.datetime64("1970-01-01"), {"units": empty})
    day = panel["date"].to_numpy().astype("datetime64[D]")
    final = day.max()
    ago = (final - day).astype(np.int64)
    span = int(ago.max()) + 1
    keep = slice(None)
    if last is not None and span > last:
        chosen = ago < last
        keep, ago, span = np.flatnonzero(chosen), ago[chosen], last  # type: ignore[assignment]
    names, row = _sorted_codes(panel["sku"], keep)
    place = row * span + (span - 1 - ago)
    values = {}
    for name in dict.fromkeys(("units", *columns)):
        matrix = _matrix(panel, name, keep, place, (len(names), span))
        if matrix is not None:
            values[name] = matrix
    return History(names, final, values)


def _sorted_codes(
    sku: pd.Series, keep: slice | npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Sorted names and each row's place among them."""
    kind = sku.astype("category").cat
    codes = kind.codes.to_numpy()[keep]
    names = kind.categories.astype(str).to_numpy().astype(str)
    present = np.zeros(len(names), dtype=bool)
    present[codes] = True
    order = np.argsort(names, kind="stable")
    order = order[present[order]]
    rank = np.zeros(len(names), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return names[order], rank[codes]


def _matrix(
    panel: pd.DataFrame,
    name: str,
    keep: slice | npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    shape: tuple[int, int],
) -> Matrix | None:
    if name not in panel:
        return None
    column = panel[name].to_numpy(dtype=np.float32, na_value=np.nan)[keep]
    if name != "units" and not np.isfinite(column).any():
        return None
    flat = np.full(shape[0] * shape[1], np.nan, dtype=np.float32)
    flat[place] = column
    return flat.reshape(shape)


def sample_of(names: npt.NDArray[np.str_], size: int) -> npt.NDArray[np.int64]:
    """Places of a sample that depends on the names alone, in ascending order."""
    if len(names) <= size:
        return np.arange(len(names))
    keys = np.fromiter((zlib.crc32(str(name).encode()) for name in names), dtype=np.int64)
    return np.sort(np.lexsort((names, keys))[:size])
