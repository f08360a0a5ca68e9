"""Which level model suits which kind of SKU, and how far off it is: measured on the shop's past."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tools.demand_models import (
    CANDIDATES,
    DEFAULTS,
    SEGMENTS,
    Levels,
    level_of,
    prior_levels,
    read_levels,
)
from tools.forecast_band import DEFAULT_ERROR, MIN_CASES, VOLUMES, fit_bands
from tools.history import History, Mask, sample_of
from tools.seasons import Seasons, find_seasons

Floats = npt.NDArray[np.float64]

SAMPLE = 1500
"""SKUs that the past is replayed for."""
ORIGINS = 6
MIN_HISTORY = 56
"""Days a replay needs before its starting day."""
SHARED_ERROR = 0.15
"""Log error common to all SKUs, before any was measured; counts as three replays."""


@dataclass(frozen=True)
class Replay:
    """One starting day in the past: forecasts against what then sold."""

    segment: npt.NDArray[np.str_]
    actual: Floats
    forecast: dict[str, Floats]
    spread: Floats
    yearly: bool


@dataclass(frozen=True)
class Calibration:
    """What the replays taught.

    Attributes:
        model: Level model of each segment.
        correction: Factor on each segment's level.
        error: Log error by segment and volume class; shape (segments, volumes).
        spread: Factor on the day-to-day variance, same shape.
        yearly: Whether the time of year helped (False: only weekdays are used).
        shared_error: Log error common to all SKUs.
        origins: Number of starting days replayed.
        days: Horizon replayed.
        cases: Forecasts compared.
    """

    model: dict[str, str]
    correction: dict[str, float]
    error: Floats
    spread: Floats
    yearly: bool
    shared_error: float
    origins: int
    days: int
    cases: int
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

    def of(self, segment: npt.NDArray[np.str_], units: Floats) -> tuple[Floats, Floats]:
        """Log error and variance factor of SKUs expected to sell that much."""
        row = np.searchsorted(np.array(sorted(SEGMENTS)), segment)
        column = np.searchsorted(VOLUMES, units, side="right") - 1
        return self.error[row, column], self.spread[row, column]


def calibrate(
    history: History, valid: Mask, groups: npt.NDArray[np.str_] | None, horizon_days: int
) -> Calibration:
    """Replay the past from several starting days and learn models and errors from it.

    Each replay sees only days before its start. Where history is shorter than horizon plus
    ``MIN_HISTORY`` days, a shorter horizon is replayed; where even that is impossible,
    documented wide defaults stand in (``cases`` is 0).
    """
    days = min(horizon_days, (history.days - MIN_HISTORY) // 2)
    if days < min(7, horizon_days):
        return _defaults(horizon_days)
    chosen = sample_of(history.skus, SAMPLE)
    starts = [history.days - days * (k + 1) for k in range(ORIGINS)]
    starts = [start for start in starts if start >= MIN_HISTORY]
    replays = [_replay(history, valid, groups, start, days, chosen) for start in starts]
    yearly, kept = _year_helps(replays)
    return _learn(kept, yearly=yearly, days=days)


def spread_of(levels: Levels) -> Floats:
    """Variance over mean of daily sales: each SKU's own, pulled towards its segment's median."""
    mean = np.nansum(levels.sales, axis=1) / np.maximum(levels.days, 1)
    deviation = np.where(np.isfinite(levels.sales), levels.sales - mean[:, None], 0.0)
    variance = (deviation**2).sum(axis=1) / np.maximum(levels.days - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(mean > 0, variance / mean, np.nan)
    sold_days = (np.nan_to_num(levels.sales) > 0).sum(axis=1)
    result = np.ones(len(mean))
    for segment in SEGMENTS:
        rows = levels.segment == segment
        trusted = own[rows & (sold_days >= 10)]
        typical = float(np.median(trusted)) if len(trusted) >= 5 else 2.0
        weight = sold_days[rows] / (sold_days[rows] + 20.0)
        filled = np.nan_to_num(own[rows], nan=typical)
        result[rows] = np.exp(
            weight * np.log(filled.clip(0.5)) + (1 - weight) * np.log(max(typical, 0.5))
        )
    return np.maximum(result, 1.0)


def _replay(
    history: History,
    valid: Mask,
    groups: npt.NDArray[np.str_] | None,
    start: int,
    days: int,
    chosen: npt.NDArray[np.int64],
) -> list[Replay]:
    """With weekdays alone and, where history is long enough, with the time of year."""
    past = (
        History(history.skus, history.last_day, {"units": history.values["units"]})
        .until(start)
        .without_bulk()
    )
    seasons = find_seasons(past, valid[:, :start], groups)
    variants = [seasons.without_year()] + ([seasons] if seasons.yearly else [])
    return [_forecasts(history, past, valid, variant, days, chosen) for variant in variants]


def _forecasts(
    history: History,
    past: History,
    valid: Mask,
    seasons: Seasons,
    days: int,
    chosen: npt.NDArray[np.int64],
) -> Replay:
    start = past.days
    factors = seasons.factors(history.dates[: start + days])[seasons.group[chosen]]
    levels = read_levels(past.values["units"][chosen], valid[chosen, :start], factors[:, :start])
    future = slice(start, start + days)
    counted = valid[chosen, future]
    actual = np.where(counted, history.values["units"][chosen, future].clip(0), 0.0).sum(axis=1)
    exposure = np.where(counted, factors[:, future], 0.0).sum(axis=1)
    prior = prior_levels(levels)
    forecast: dict[str, Floats] = {}
    for segment in SEGMENTS:
        rows = levels.segment == segment
        for model in CANDIDATES[segment]:
            level = forecast.setdefault(model, np.full(len(rows), np.nan))
            level[rows] = level_of(model, levels.rows(rows), prior[rows]) * exposure[rows]
    usable = (exposure > 0.7 * days * factors[:, future].mean(axis=1)) & (levels.days > 0)
    return Replay(
        levels.segment[usable],
        actual[usable],
        {model: level[usable] for model, level in forecast.items()},
        spread_of(levels)[usable],
        yearly=seasons.yearly,
    )


def _deviance(actual: Floats, expected: Floats) -> Floats:
    """Poisson deviance: proper for means, kinder to bulk orders than squares."""
    expected = np.maximum(expected, 1e-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(actual > 0, actual * np.log(actual / expected), 0.0)
    return 2 * (ratio - (actual - expected))


def _score(replay: Replay) -> float:
    expected = np.zeros(len(replay.actual))
    for segment in SEGMENTS:
        rows = replay.segment == segment
        expected[rows] = replay.forecast[DEFAULTS[segment]][rows]
    return float(_deviance(replay.actual, expected).sum())


def _year_helps(replays: list[list[Replay]]) -> tuple[bool, list[Replay]]:
    """Keep the variant that did better where both could be tried."""
    both = [pair for pair in replays if len(pair) == 2]
    if not both:
        return True, [pair[0] for pair in replays]
    plain = sum(_score(pair[0]) for pair in both)
    seasonal = sum(_score(pair[1]) for pair in both)
    helps = seasonal < plain
    return helps, [pair[-1] if helps else pair[0] for pair in replays]


def _learn(replays: list[Replay], *, yearly: bool, days: int) -> Calibration:
    segment = np.concatenate([replay.segment for replay in replays])
    actual = np.concatenate([replay.actual for replay in replays])
    spread = np.concatenate([replay.spread for replay in replays])
    forecast = {
        model: np.concatenate([replay.forecast[model] for replay in replays])
        for model in replays[0].forecast
    }
    chosen: dict[str, str] = dict(DEFAULTS)
    correction = dict.fromkeys(SEGMENTS, 1.0)
    scores: dict[str, dict[str, float]] = {}
    expected = np.zeros(len(actual))
    for kind in SEGMENTS:
        rows = segment == kind
        if rows.sum() >= MIN_CASES:
            scores[kind] = {
                model: float(_deviance(actual[rows], forecast[model][rows]).mean())
                for model in CANDIDATES[kind]
            }
            chosen[kind] = min(scores[kind], key=lambda model: (scores[kind][model], model))
        total = forecast[chosen[kind]][rows].sum()
        correction[kind] = _correction(kind, float(actual[rows].sum()), total, len(replays))
        expected[rows] = forecast[chosen[kind]][rows] * correction[kind]
    error, factor = fit_bands(segment, actual, expected, spread)
    return Calibration(
        model=chosen,
        correction=correction,
        error=error,
        spread=factor,
        yearly=yearly,
        shared_error=_shared_error(replays, chosen, correction),
        origins=len(replays),
        days=days,
        cases=len(actual),
        scores=scores,
    )


def _correction(kind: str, actual: float, expected: float, origins: int) -> float:
    """Factor that makes a segment's total right in the past.

    Levels of what sells regularly leave out bulk orders and growth; the factor is pulled towards
    1, more so the fewer starting days were tried.
    """
    ratio = (actual + 1) / (expected + 1)
    if kind in ("new", "dead"):
        return float(np.clip(ratio, 0.2, 20.0))
    return float(np.clip(ratio, 0.67, 1.5) ** (origins / (origins + 2)))


def _shared_error(
    replays: list[Replay], chosen: dict[str, str], correction: dict[str, float]
) -> float:
    misses = []
    for replay in replays:
        expected = sum(
            float((replay.forecast[chosen[kind]] * correction[kind])[replay.segment == kind].sum())
            for kind in SEGMENTS
        )
        if expected > 0:
            misses.append(np.log((replay.actual.sum() + 1) / (expected + 1)))
    squares = float(np.square(misses).sum()) + 3 * SHARED_ERROR**2
    return float(np.sqrt(squares / (len(misses) + 3)))


def _defaults(horizon_days: int) -> Calibration:
    kinds = sorted(SEGMENTS)
    error = np.array([[DEFAULT_ERROR[kind]] * len(VOLUMES) for kind in kinds])
    return Calibration(
        model=dict(DEFAULTS),
        correction=dict.fromkeys(SEGMENTS, 1.0),
        error=error,
        spread=np.ones_like(error),
        yearly=True,
        shared_error=2 * SHARED_ERROR,
        origins=0,
        days=horizon_days,
        cases=0,
    )
