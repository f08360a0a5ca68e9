"""Demand over the coming weeks for every SKU, with a band that the shop's own past confirms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.backtest import Calibration
from tools.counts import total_variance
from tools.daily_demand import daily_means
from tools.demand_inputs import path_of
from tools.demand_models import NEW_DAYS, SEGMENTS, Levels, read_levels, spread_of
from tools.engine import HERE, Engine
from tools.figures import plain, rows_of, significant
from tools.fitted_demand import FittedDemand, fit_known
from tools.hierarchy import category_table, category_tree
from tools.history import History
from tools.season_end import HALF_GONE_DAYS
from tools.seasons import Seasons
from tools.situation import Situation, read_situation

Floats = npt.NDArray[np.float64]

TOOL = "tools.forecast.forecast_demand"
RECENT_DAYS = 90
ONWARD_DAYS = 120
"""Days after the horizon that demand is looked at for what is ordered now."""


@dataclass(frozen=True)
class DemandForecast:
    """Expected sales of every SKU at the price and conditions of its recent past.

    Attributes:
        table: Index ``sku``, sorted. ``mean_per_day`` and ``variance_per_day`` (units; the
            variance is day-to-day scatter around the mean), ``p05``, ``p10``, ``p50``, ``p90``,
            ``p95`` (units over the horizon), ``log_error_sd`` (standard deviation of the mean's
            own error on the log scale), ``shared_error_sd`` (the part all SKUs have in common),
            ``segment``, ``model``, ``history_days``, ``units_90`` (sold in the last 90 days).
        start: First day forecast.
        horizon_days: Days forecast.
        source: The panel read.
        seed: Of the rows that the global model was trained on.
        replays: Starting days in the past that models and band were tried on.
        notes: SKU to what its figures rest on besides its own history.
        general: What all figures rest on.
        daily: Expected units by SKU (index) and day (columns); rows add up to the mean.
        onward: The same for ``ONWARD_DAYS`` days after the horizon: its level, in season.
        categories: Index ``category`` (path; empty for the whole shop): ``skus``,
            ``mean_per_day`` (the sum of its SKUs'), ``p05`` to ``p95`` (units over the horizon).
        fitted_to: Last day that the models have been fitted on.
    """

    table: pd.DataFrame = field(repr=False)
    start: date
    horizon_days: int
    source: DataRef
    seed: int
    replays: int
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    general: tuple[str, ...] = ()
    daily: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    onward: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    categories: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    fitted_to: date | None = None

    @property
    def profile(self) -> pd.DataFrame | None:
        """Each day's demand over the mean day's, days numbered from 0; None where not known."""
        if self.daily.empty:
            return None
        mean = self.daily.mean(axis=1)
        days = self.daily.set_axis(range(self.daily.shape[1]), axis=1)
        return days.div(mean.where(mean > 0), axis=0).fillna(1.0)

    @property
    def ahead(self) -> pd.DataFrame:
        """Expected units by SKU and day from the first on, beyond the horizon; days from 0.

        Even days where only the mean is known.
        """
        if self.daily.empty:
            mean = self.table["mean_per_day"].to_numpy()[:, None]
            even = np.repeat(mean, self.horizon_days + ONWARD_DAYS, axis=1)
            return pd.DataFrame(even, index=self.table.index)
        days = pd.concat([self.daily, self.onward], axis=1)
        return days.set_axis(range(days.shape[1]), axis=1)

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What a SKU's figures rest on that is assumed rather than known."""
        return (*self.notes.get(sku, ()), *self.general)

    def evidence(self, sku: str) -> Evidence:
        """The forecast of one SKU."""
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "start": self.start.isoformat(),
                "horizon_days": self.horizon_days,
                "seed": self.seed,
                "fitted_to": None if self.fitted_to is None else self.fitted_to.isoformat(),
            },
            data=(rows_of(self.source, sku=sku),),
            result=plain(self.table.loc[sku].to_dict()),
            assumptions=self.assumptions(sku),
        )


def forecast_demand(
    panel: pd.DataFrame,
    *,
    start: date,
    horizon_days: int,
    source: DataRef,
    seed: int = 0,
    categories: pd.Series | None = None,
    country: str = "",
    neighbours: pd.DataFrame | None = None,
    season_ends: pd.Series | None = None,
    future: pd.DataFrame | None = None,
    fitted: FittedDemand | None = None,
    engine: Engine = HERE,
) -> DemandForecast:
    """Forecast units per SKU over ``horizon_days`` days from ``start``.

    Demand rather than sales: days sold out are left out. It is demand at the last list price and
    without promotion, unless ``future`` says otherwise. Each kind of SKU is forecast by the simple
    model, the global one (``tools.global_demand``) or the blend of both that did best when the
    past was replayed (``tools.backtest``); the same replays give the width of the band.

    Args:
        panel: Columns ``sku``, ``date``, ``units`` and, where known, ``on_hand``, ``promo``,
            ``discount``, ``list_price_minor``, ``competitor_price_minor``, ``returns``, ``rating``
            and ``signal_*``.
        start: First day to forecast.
        horizon_days: Days to forecast.
        source: The panel's reference.
        seed: Of the rows that the global model is trained on.
        categories: Category path (``A > B``) by SKU; SKUs of one share a seasonal pattern. None:
            the shop does.
        country: Country of the shop (ISO 3166), for holidays and festivals.
        neighbours: Related SKUs: ``sku``, ``neighbour`` and, where known, ``weight``.
        season_ends: First day after its season, by SKU; demand fades from then on.
        future: Planned prices and promotions: ``sku``, ``date`` and any of
            ``list_price_minor``, ``discount``, ``promo``.
        fitted: Models fitted before (``tools.fitted_demand``); None fits them now.
        engine: Where the parts of the work are done; figures are the same everywhere.

    Raises:
        UsageError: The horizon is not positive, or not the one ``fitted`` is for.
    """
    if horizon_days < 1:
        raise UsageError("a forecast needs a horizon of at least one day")
    if fitted is not None and fitted.horizon_days != horizon_days:
        raise UsageError(f"these models were fitted for {fitted.horizon_days} days")
    known = read_situation(
        panel, categories=categories, country=country, neighbours=neighbours,
        season_ends=season_ends,
    )  # fmt: skip
    if not (known.history.values["units"] > 0).any():  # a shop that has sold nothing tells nothing
        return DemandForecast(_empty(), start, horizon_days, source, seed, 0)
    fitted = fitted or fit_known(known, horizon_days=horizon_days, seed=seed, engine=engine)
    calibration = fitted.calibration
    seasons = known.seasons(yearly=calibration.yearly)
    factors = seasons.factors(known.history.dates).astype(np.float32)[seasons.group]
    levels = read_levels(known.usual.values["units"], known.plain, factors)
    days = np.datetime64(start) + np.arange(horizon_days).astype("timedelta64[D]")
    daily = daily_means(known, seasons, levels, fitted, days, future, engine)
    promoted = np.zeros(len(daily))
    if future is not None:
        path = path_of(future, known.history, days[0], horizon_days)
        promoted = np.where(path.promo > 0, daily, 0.0).sum(axis=1)
    table = _table(known.history, levels, daily, promoted, calibration)
    total_spread = calibration.bands.variance(levels.segment, daily.sum(axis=1), spread_of(levels))
    tree = category_tree(known.groups, len(table))
    return DemandForecast(
        table=table,
        start=start,
        horizon_days=horizon_days,
        source=source,
        seed=seed,
        replays=calibration.origins,
        notes=_notes(known, levels, days),
        general=_general(fitted, known.history, horizon_days),
        categories=category_table(tree, daily, promoted, total_spread, calibration.nodes),
        fitted_to=fitted.fitted_to,
        daily=_named(daily, known.history.skus, days),
        onward=_onward(known, daily, days, seasons),
    )


def _named(
    daily: Floats, skus: npt.NDArray[np.str_], days: npt.NDArray[np.datetime64]
) -> pd.DataFrame:
    return pd.DataFrame(
        significant(daily),
        index=pd.Index(skus.astype(object), name="sku"),
        columns=pd.DatetimeIndex(days.astype("datetime64[ns]"), name="date"),
    )


def _onward(
    known: Situation, daily: Floats, days: npt.NDArray[np.datetime64], seasons: Seasons
) -> pd.DataFrame:
    """The horizon's level in the seasons that follow it, and after their ends."""
    later = days[-1] + np.arange(1, ONWARD_DAYS + 1).astype("timedelta64[D]")

    def season(of: npt.NDArray[np.datetime64]) -> Floats:
        left = known.season_left((of - known.history.dates[0]).astype(np.int64))
        return np.asarray(seasons.factors(of)[seasons.group] * left)

    level = daily.sum(axis=1) / np.maximum(season(days).sum(axis=1), 1e-9)
    return _named(level[:, None] * season(later), known.history.skus, later)


def _table(
    history: History,
    levels: Levels,
    daily: Floats,
    promoted: Floats,
    calibration: Calibration,
) -> pd.DataFrame:
    mean, total = daily.mean(axis=1), daily.sum(axis=1)
    bands, segment = calibration.bands, levels.segment
    place = bands.place(segment, total)
    of_promotions = calibration.nodes.promotion_error * promoted / np.maximum(total, 1e-9)
    error = np.hypot(bands.error[place], of_promotions)
    variance = mean * np.maximum(spread_of(levels) * bands.spread[place], 1.0)
    p05, p10, p50, p90, p95 = bands.quantiles(
        segment, total, total_variance(total, variance * daily.shape[1], error)
    )
    labels = np.array([calibration.label(kind) for kind in SEGMENTS], dtype=object)
    which = np.array([SEGMENTS.index(kind) for kind in segment])
    units = np.nan_to_num(history.values["units"][:, -RECENT_DAYS:])
    return pd.DataFrame(
        {
            "mean_per_day": significant(mean),
            "variance_per_day": significant(variance),
            "p05": significant(p05),
            "p10": significant(p10),
            "p50": significant(p50),
            "p90": significant(p90),
            "p95": significant(p95),
            "log_error_sd": significant(error),
            "shared_error_sd": float(significant(calibration.nodes.shared_error)),
            "segment": segment.astype(object),
            "model": labels[which],
            "history_days": levels.age,
            "units_90": units.sum(axis=1).astype(np.float64),
        },
        index=pd.Index(history.skus.astype(object), name="sku"),
    )


def _notes(
    known: Situation, levels: Levels, days: npt.NDArray[np.datetime64]
) -> dict[str, tuple[str, ...]]:
    notes: dict[str, list[str]] = {}
    history, valid = known.history, known.plain
    ends = np.full(len(history.skus), np.nan) if known.ends is None else known.ends
    until = int((days[-1] - history.last_day).astype(np.int64)) + history.days - 1
    for row in np.flatnonzero(ends <= until):
        end = history.dates[0] + int(ends[row])
        notes.setdefault(str(history.skus[row]), []).append(
            f"season over from {end}: demand halves every {HALF_GONE_DAYS:.0f} days after it"
        )
    for row in np.flatnonzero(levels.segment == "new"):
        age = int(levels.age[row])
        notes.setdefault(str(history.skus[row]), []).append(
            f"{age} days of history, fewer than {NEW_DAYS}: the level leans on other SKUs"
        )
    recent = history.sold_freely()[:, -182:]
    seen = np.isfinite(history.values["units"][:, -182:])
    soldout = (seen & ~recent).sum(axis=1)
    for row in np.flatnonzero(soldout > 0):
        notes.setdefault(str(history.skus[row]), []).append(
            f"{int(soldout[row])} sold-out days left out of the level"
        )
    skipped = (recent & ~valid[:, -182:]).sum(axis=1)
    for row in np.flatnonzero(skipped > 0):
        notes.setdefault(str(history.skus[row]), []).append(
            f"{int(skipped[row])} promotion days left out of the level"
        )
    return {sku: tuple(lines) for sku, lines in notes.items()}


def _general(fitted: FittedDemand, history: History, horizon_days: int) -> tuple[str, ...]:
    calibration, lines = fitted.calibration, []
    if calibration.cases == 0:
        lines.append("too little history to test forecasts on: wide documented errors assumed")
    elif calibration.days < horizon_days:
        lines.append(
            f"errors measured over {calibration.days} days stand for those over {horizon_days}"
        )
    if np.datetime64(fitted.fitted_to) < history.last_day:
        lines.append(f"models fitted on sales up to {fitted.fitted_to}, levels are of today")
    return tuple(lines)


def _empty() -> pd.DataFrame:
    columns: dict[str, type] = {
        "mean_per_day": float, "variance_per_day": float, "p05": float, "p10": float,
        "p50": float, "p90": float, "p95": float, "log_error_sd": float,
        "shared_error_sd": float, "segment": object, "model": object, "history_days": int,
        "units_90": float,
    }  # fmt: skip
    frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    frame.index.name = "sku"
    return frame
