"""Demand over the coming weeks for every SKU, with a band that the shop's own past confirms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.backtest import Calibration, calibrate, spread_of
from tools.counts import count_quantiles, total_variance
from tools.demand_models import (
    NEW_DAYS,
    SEGMENTS,
    Levels,
    level_of,
    prior_levels,
    read_levels,
)
from tools.figures import plain, rows_of, significant
from tools.history import History, Mask, read_history
from tools.seasons import Seasons, find_seasons

Floats = npt.NDArray[np.float64]

TOOL = "tools.forecast.forecast_demand"
LONGEST = 3 * 366
"""Days of history looked at."""
COLUMNS = ("on_hand", "promo")
RECENT_DAYS = 90


@dataclass(frozen=True)
class DemandForecast:
    """Expected sales of every SKU at the price and conditions of its recent past.

    Attributes:
        table: Index ``sku``, sorted. ``mean_per_day`` and ``variance_per_day`` (units; the
            variance is day-to-day scatter around the mean), ``p10``, ``p50``, ``p90`` (units
            over the horizon), ``log_error_sd`` (standard deviation of the mean's own error on
            the log scale), ``shared_error_sd`` (the part all SKUs have in common), ``model``,
            ``history_days``, ``units_90`` (sold in the last 90 days).
        start: First day forecast.
        horizon_days: Days forecast.
        source: The panel read.
        seed: Kept for the record; nothing here is random.
        replays: Starting days in the past that models and band were tried on.
        notes: SKU to what its figures rest on besides its own history.
        general: What all figures rest on.
    """

    table: pd.DataFrame = field(repr=False)
    start: date
    horizon_days: int
    source: DataRef
    seed: int
    replays: int
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    general: tuple[str, ...] = ()

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
) -> DemandForecast:
    """Forecast units per SKU over ``horizon_days`` days from ``start``.

    Days sold out are left out of the level; promotion days too, where enough others remain, so
    that the forecast is of sales without one; single huge days are cut down. Level models, a
    correction of their totals and the width of the band are learnt by replaying the past
    (``tools.backtest``); units over the horizon follow a negative binomial whose variance adds
    day-to-day scatter and the error of the mean.

    Args:
        panel: Columns ``sku``, ``date``, ``units`` and, where known, ``on_hand`` and ``promo``.
        start: First day to forecast.
        horizon_days: Days to forecast.
        source: The panel's reference.
        seed: Recorded in the evidence.
        categories: Category by SKU; SKUs of one share a seasonal pattern. None: the shop does.

    Raises:
        UsageError: The horizon is not positive.
    """
    if horizon_days < 1:
        raise UsageError("a forecast needs a horizon of at least one day")
    history = read_history(panel, COLUMNS, last=LONGEST)
    if len(history.skus) == 0:
        return DemandForecast(_empty(), start, horizon_days, source, seed, 0)
    valid = _counted_days(history)
    groups = _groups(history, categories)
    calibration = calibrate(history, valid, groups, horizon_days)
    usual = history.without_bulk()
    seasons = find_seasons(usual, valid, groups)
    if not calibration.yearly:
        seasons = seasons.without_year()
    factors = seasons.factors(history.dates).astype(np.float32)[seasons.group]
    levels = read_levels(usual.values["units"], valid, factors)
    level = _levels(levels, calibration)
    table = _table(history, levels, level, seasons, calibration, start, horizon_days)
    return DemandForecast(
        table=table,
        start=start,
        horizon_days=horizon_days,
        source=source,
        seed=seed,
        replays=calibration.origins,
        notes=_notes(history, valid, levels),
        general=_general(calibration, horizon_days),
    )


def _counted_days(history: History) -> Mask:
    """Days on sale and in stock; without promotions where most days remain."""
    valid = history.sold_freely()
    promo = history.column("promo")
    if promo is None:
        return valid
    plain_days = valid & ~(np.nan_to_num(promo) > 0)
    enough = plain_days[:, -182:].sum(axis=1) * 2 > valid[:, -182:].sum(axis=1)
    return np.where(enough[:, None], plain_days, valid)


def _groups(history: History, categories: pd.Series | None) -> npt.NDArray[np.str_] | None:
    if categories is None:
        return None
    named = categories.astype(object).where(categories.notna(), "")
    named.index = named.index.astype(str)
    return named.reindex(history.skus).fillna("").to_numpy().astype(str)


def _levels(levels: Levels, calibration: Calibration) -> Floats:
    prior = prior_levels(levels)
    level = np.zeros(len(levels.days))
    for segment in SEGMENTS:
        rows = levels.segment == segment
        found = level_of(calibration.model[segment], levels.rows(rows), prior[rows])
        level[rows] = found * calibration.correction[segment]
    return level


def _table(
    history: History,
    levels: Levels,
    level: Floats,
    seasons: Seasons,
    calibration: Calibration,
    start: date,
    horizon_days: int,
) -> pd.DataFrame:
    days = np.datetime64(start) + np.arange(horizon_days).astype("timedelta64[D]")
    mean = level * seasons.factors(days).mean(axis=1)[seasons.group]
    total = mean * horizon_days
    error, factor = calibration.of(levels.segment, total)
    variance = mean * np.maximum(spread_of(levels) * factor, 1.0)
    spread = total_variance(total, variance * horizon_days, error)
    p10, p50, p90 = count_quantiles(total, spread, (0.1, 0.5, 0.9))
    models = np.array([calibration.model[kind] for kind in SEGMENTS], dtype=object)
    which = np.array([SEGMENTS.index(kind) for kind in levels.segment])
    units = np.nan_to_num(history.values["units"][:, -RECENT_DAYS:])
    return pd.DataFrame(
        {
            "mean_per_day": significant(mean),
            "variance_per_day": significant(variance),
            "p10": significant(p10),
            "p50": significant(p50),
            "p90": significant(p90),
            "log_error_sd": significant(error),
            "shared_error_sd": float(significant(calibration.shared_error)),
            "segment": levels.segment.astype(object),
            "model": models[which],
            "history_days": levels.age,
            "units_90": units.sum(axis=1).astype(np.float64),
        },
        index=pd.Index(history.skus.astype(object), name="sku"),
    )


def _notes(history: History, valid: Mask, levels: Levels) -> dict[str, tuple[str, ...]]:
    notes: dict[str, list[str]] = {}
    for row in np.flatnonzero(levels.segment == "new"):
        age = int(levels.age[row])
        notes.setdefault(str(history.skus[row]), []).append(
            f"{age} days of history, fewer than {NEW_DAYS}: the level leans on other SKUs"
        )
    recent = history.sold_freely()[:, -182:]
    known = np.isfinite(history.values["units"][:, -182:])
    soldout = (known & ~recent).sum(axis=1)
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


def _general(calibration: Calibration, horizon_days: int) -> tuple[str, ...]:
    if calibration.cases == 0:
        return ("too little history to test forecasts on: wide documented errors assumed",)
    if calibration.days < horizon_days:
        return (
            f"errors measured over {calibration.days} days stand for those over {horizon_days}",
        )
    return ()


def _empty() -> pd.DataFrame:
    columns = {
        "mean_per_day": float, "variance_per_day": float, "p10": float, "p50": float,
        "p90": float, "log_error_sd": float, "shared_error_sd": float, "segment": object,
        "model": object, "history_days": int, "units_90": float,
    }  # fmt: skip
    frame = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    frame.index.name = "sku"
    return frame
