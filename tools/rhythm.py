"""How long a SKU's silence is against its own rhythm: its share of what its category sells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import History

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MEMORY_DAYS = 365
"""A SKU's share is taken over the year before its last sale, so that each season counts once."""
DRIFT_SHAPE = 4.0
"""Shares drift: units over a silence are negative binomial of this shape rather than Poisson, so
that half the usual share for a while is nothing unheard of."""
MIN_UNITS = 30
"""A category that sold fewer than this over the whole history says nothing; the shop stands in."""


@dataclass(frozen=True)
class Rhythm:
    """One entry a SKU of the catalogue, in its order.

    Attributes:
        days_since_sale: Days from the last sale to today (1 is yesterday); NaN if never sold.
        free_days: Days seen on sale and not sold out.
        share: Units sold as a share of the category's over the year before its last sale.
        odds: Chance of selling nothing since the last sale had it kept that share; days sold
            out count for nothing; 1 where nothing is known.
        group: Number of the SKU's category.
    """

    days_since_sale: Floats
    free_days: Floats
    share: Floats
    odds: Floats
    group: Ints = field(repr=False)

    def share_of(self, mean_per_day: Floats, active: npt.NDArray[np.bool_]) -> Floats:
        """Units a day a SKU would sell at its old share of what its category now sells.

        Args:
            mean_per_day: Forecast of every SKU.
            active: Which are on sale.
        """
        total = np.bincount(
            self.group[active], weights=mean_per_day[active],
            minlength=int(self.group.max(initial=0)) + 1,
        )  # fmt: skip
        return self.share * total[self.group]


def read_rhythm(history: History, shown: pd.DataFrame, today: date) -> Rhythm:
    """Silence and share of every SKU.

    Args:
        history: Daily matrices.
        shown: Catalogue indexed by SKU; ``category`` and ``last_sold`` are used.
        today: The day after the last of the history.
    """
    count = len(shown)
    group = _groups(shown)
    since = _days_since_last_sold(shown, today)
    free_days, share, odds = np.zeros(count), np.zeros(count), np.ones(count)
    place = pd.Series(np.arange(count), index=shown.index).reindex(history.skus)
    known = place.notna().to_numpy()
    rows = place[known].to_numpy(dtype=np.int64)
    if not len(rows):
        return Rhythm(since, free_days, share, odds, group)
    units = np.maximum(np.nan_to_num(history.values["units"][known]), 0.0).astype(np.float64)
    free = history.sold_freely()[known]
    pool = _pools(units, group[rows])
    silent = _silence(units)
    sold = silent < history.days
    since[rows] = np.where(sold, silent + 1.0, since[rows])
    free_days[rows] = free.sum(axis=1)
    share[rows], odds[rows] = _share_and_odds(units, free, pool, silent)
    return Rhythm(since, free_days, share, odds, group)


def _groups(shown: pd.DataFrame) -> Ints:
    if "category" not in shown:
        return np.zeros(len(shown), dtype=np.int64)
    named = shown["category"].astype(object).where(shown["category"].notna(), "").astype(str)
    return pd.factorize(named, sort=True)[0].astype(np.int64)


def _days_since_last_sold(shown: pd.DataFrame, today: date) -> Floats:
    if "last_sold" not in shown:
        return np.full(len(shown), np.nan)
    last = pd.to_datetime(shown["last_sold"], errors="coerce")
    if getattr(last.dt, "tz", None) is not None:
        last = last.dt.tz_localize(None)
    days = (pd.Timestamp(today) - last.dt.normalize()).dt.days
    return np.asarray(days.to_numpy(dtype=np.float64, na_value=np.nan))


def _pools(units: Floats, group: Ints) -> Floats:
    """Units a day of each SKU's category, or of the shop where the category sells little."""
    totals = np.zeros((int(group.max(initial=0)) + 1, units.shape[1]))
    np.add.at(totals, group, units)
    poor = totals.sum(axis=1) < MIN_UNITS
    totals[poor] = units.sum(axis=0)
    pooled: Floats = totals[group]
    return pooled


def _silence(units: Floats) -> Ints:
    """Days without a sale at the end of each row; the row's length if it never sold."""
    ended = np.hstack([units[:, ::-1] > 0, np.ones((len(units), 1), dtype=bool)])
    found: Ints = np.argmax(ended, axis=1).astype(np.int64)
    return found


def _share_and_odds(
    units: Floats, free: npt.NDArray[np.bool_], pool: Floats, silent: Ints
) -> tuple[Floats, Floats]:
    days = units.shape[1]
    ago = np.arange(days - 1, -1, -1)[None, :]
    living = (ago >= silent[:, None]) & (ago < silent[:, None] + MEMORY_DAYS) & free
    quiet = (ago < silent[:, None]) & free
    mine = np.where(living, units, 0.0).sum(axis=1)
    theirs = np.where(living, pool, 0.0).sum(axis=1)
    share = np.divide(mine, theirs, out=np.zeros(len(units)), where=theirs > 0)
    # The last sale ends the living days by definition; leaving it out takes that bias away.
    steady = np.divide(np.maximum(mine - 1, 0), theirs, out=np.zeros(len(units)), where=theirs > 0)
    expected = steady * np.where(quiet, pool, 0.0).sum(axis=1)
    sold = silent < days
    odds = (1 + expected / DRIFT_SHAPE) ** -DRIFT_SHAPE
    return share, np.where(sold, odds, 1.0)
