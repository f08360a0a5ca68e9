"""What is known of a shop when its demand is forecast, read once from frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.calendar_days import calendar_figures
from tools.demand_inputs import COLUMNS, SIGNAL, DemandInputs, Path, counted_days, inputs_of
from tools.demand_models import Levels, Pairs, prior_levels
from tools.history import History, Mask, read_history
from tools.season_end import end_columns, season_left
from tools.seasons import Seasons, find_seasons

Floats = npt.NDArray[np.float64]

LONGEST = 3 * 366
"""Days of history looked at."""
TWO_SEASONS = 400
"""Days of history from which the time of year can be learnt."""


@dataclass(frozen=True)
class Situation:
    """History and what goes with it.

    Attributes:
        history: Daily matrices, bulk orders as they were.
        usual: The same with single huge days cut down.
        plain: Days that make a level: on sale, in stock, without promotion.
        groups: Category of each SKU; None where nobody says.
        category: Number of each SKU's category.
        country: ISO 3166, or empty.
        signals: Name to one figure a day of history.
        neighbours: Row, column and weight of related SKUs, or None.
        ends: Column of the first day after each SKU's season, NaN without one; None for all.
    """

    history: History = field(repr=False)
    usual: History = field(repr=False)
    plain: Mask = field(repr=False)
    groups: npt.NDArray[np.str_] | None = field(repr=False)
    category: npt.NDArray[np.int64] = field(repr=False)
    country: str
    signals: dict[str, Floats] = field(repr=False)
    neighbours: Pairs | None = field(repr=False)
    ends: Floats | None = field(default=None, repr=False)

    @property
    def days(self) -> int:
        """Days of history."""
        return self.history.days

    def seasons(self, *, until: int | None = None, yearly: bool = True) -> Seasons:
        """Patterns found in the days before column ``until``."""
        end = self.days if until is None else until
        past = History(
            self.history.skus, self.history.last_day, {"units": self.history.values["units"]}
        ).until(end)
        found = find_seasons(past.without_bulk(), self.plain[:, :end], self.groups)
        return found if yearly else found.without_year()

    def priors(self, levels: Levels, chosen: npt.NDArray[np.int64] | None = None) -> Floats:
        """What SKUs (all or the chosen) with little to go on are expected to sell per day."""
        if chosen is None:
            return prior_levels(levels, self.category, self.neighbours)
        return prior_levels(
            levels, self.category[chosen], _within(self.neighbours, chosen, len(self.category))
        )

    def season_left(
        self, columns: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64] | None = None
    ) -> Floats | float:
        """Share of demand left by SKU (all or the chosen) and day, seasons' ends allowed for."""
        if self.ends is None:
            return 1.0
        ends = self.ends if chosen is None else self.ends[chosen]
        return season_left(ends[:, None], columns[None, :])

    def inputs(self, seasons: Seasons, *, ahead: int, path: Path | None = None) -> DemandInputs:
        """Matrices for the global model, with the days ahead behind history."""
        dates = self.history.last_day + np.arange(1 - self.days, ahead + 1).astype("timedelta64[D]")
        return inputs_of(
            self.history,
            seasons,
            ahead=ahead,
            category=self.category,
            calendar=calendar_figures(dates, self.country, yearly=self.days >= TWO_SEASONS),
            path=path,
            signals=self.signals,
            neighbours=self.neighbours,
            ends=self.ends,
        )


def read_situation(
    panel: pd.DataFrame,
    *,
    categories: pd.Series | None = None,
    country: str = "",
    neighbours: pd.DataFrame | None = None,
    season_ends: pd.Series | None = None,
) -> Situation:
    """Read a panel and what goes with it.

    Args:
        panel: Columns ``sku``, ``date``, ``units`` and what is known of ``demand_inputs.COLUMNS``
            and ``signal_*``.
        categories: Category path by SKU.
        country: Country of the shop, ISO 3166.
        neighbours: Columns ``sku``, ``neighbour`` and, where known, ``weight``.
        season_ends: First day after its season, by SKU.
    """
    history = read_history(panel, COLUMNS, last=LONGEST)
    groups = _groups(history, categories)
    codes = np.zeros(len(history.skus), dtype=np.int64)
    if groups is not None:
        codes = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return Situation(
        history=history,
        usual=history.without_bulk(),
        plain=counted_days(history),
        groups=groups,
        category=codes,
        country=country,
        signals=_signals(panel, history),
        neighbours=_neighbours(neighbours, history),
        ends=end_columns(season_ends, history.skus, history.last_day - (history.days - 1)),
    )


def _within(pairs: Pairs | None, chosen: npt.NDArray[np.int64], count: int) -> Pairs | None:
    """Pairs of which both are chosen, numbered by their place among the chosen."""
    if pairs is None:
        return None
    place = np.full(count, -1)
    place[chosen] = np.arange(len(chosen))
    row, other, weight = place[pairs[0]], place[pairs[1]], pairs[2]
    keep = (row >= 0) & (other >= 0)
    return row[keep], other[keep], weight[keep]


def _groups(history: History, categories: pd.Series | None) -> npt.NDArray[np.str_] | None:
    if categories is None:
        return None
    named = categories.astype(object).where(categories.notna(), "")
    named.index = named.index.astype(str)
    named = named[~named.index.duplicated()]
    return named.reindex(history.skus).fillna("").to_numpy().astype(str)


def _signals(panel: pd.DataFrame, history: History) -> dict[str, Floats]:
    """One figure a day; the same for all SKUs, so any row of the day tells it."""
    names = [str(name) for name in panel.columns if str(name).startswith(SIGNAL)]
    if not names or not len(history.skus):
        return {}
    days = pd.DatetimeIndex(history.dates.astype("datetime64[ns]"))
    by_day = panel[["date", *names]].groupby("date").mean(numeric_only=True).reindex(days)
    return {name: by_day[name].to_numpy(dtype=np.float64) for name in names if name in by_day}


def _neighbours(frame: pd.DataFrame | None, history: History) -> Pairs | None:
    if frame is None or frame.empty:
        return None
    place = pd.Series(np.arange(len(history.skus)), index=history.skus)
    row = place.reindex(frame["sku"].astype(str)).to_numpy()
    other = place.reindex(frame["neighbour"].astype(str)).to_numpy()
    weight = frame["weight"].to_numpy(dtype=np.float64) if "weight" in frame else np.ones(len(row))
    keep = np.isfinite(row) & np.isfinite(other) & (weight > 0) & (row != other)
    found = pd.DataFrame({"row": row[keep], "other": other[keep], "weight": weight[keep]})
    found = found.sort_values(["row", "other"]).groupby(["row", "other"], as_index=False).max()
    whole = found[["row", "other"]].to_numpy(dtype=np.int64)
    return whole[:, 0], whole[:, 1], found["weight"].to_numpy()
