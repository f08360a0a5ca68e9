"""The past played again: what every model would have said on a day, and what then sold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tools.demand_inputs import DemandInputs
from tools.demand_models import (
    CANDIDATES,
    DEFAULTS,
    SEGMENTS,
    Levels,
    level_of,
    read_levels,
    spread_of,
)
from tools.engine import HERE, Engine
from tools.global_demand import GlobalModel, fit_global, predict_global
from tools.history import History
from tools.seasons import RECENT
from tools.situation import Situation

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GLOBAL_ORIGINS = 4
"""Starting days that the global model is tried on; it is fitted on what was known before them."""
GLOBAL_HISTORY = 150
"""Days of history that the global model needs."""
GLOBAL_SKUS = 20
"""SKUs that it needs."""


@dataclass(frozen=True)
class Replay:
    """One starting day in the past: forecasts against what then sold.

    Attributes:
        skus: Rows of the history that could be compared.
        segment: Kind of each.
        actual: Units on the days that count.
        forecast: Simple model to units expected; NaN where it was not tried.
        boosted: Units the global model expected; None where it was not tried.
        spread: Variance over mean of daily sales.
        promoted: Units sold on promotion days, and what the global model expected of them.
        yearly: Whether the time of year was allowed for.
    """

    skus: Ints
    segment: npt.NDArray[np.str_]
    actual: Floats
    forecast: dict[str, Floats]
    boosted: Floats | None
    spread: Floats
    yearly: bool
    promoted: tuple[Floats, Floats] | None = None


def replay_past(
    known: Situation, starts: list[int], days: int, chosen: Ints, seed: int, engine: Engine = HERE
) -> list[Replay]:
    """Replays from the starting days (newest first), each seeing only what was before it.

    The time of year is allowed for if that did better with the usual models; the global model is
    fitted once, on the days before the oldest start it is tried on. Each starting day is a part of
    the work for ``engine``.
    """
    yearly = _year_helps(known, starts, days, chosen, engine)
    tried = _tried(known, starts)
    model, inputs = None, None
    if tried:
        model, inputs = fit_past(known, until=tried[-1], days=days, yearly=yearly, seed=seed)
    if model is None or inputs is None:
        return _all_forecasts(known, starts, days, chosen, yearly=yearly, engine=engine)
    replays = []
    simple = _all_forecasts(known, tried, days, chosen, yearly=yearly, engine=engine)
    for start, replay in zip(tried, simple, strict=True):
        expected = predict_global(model, inputs, start, days, replay.skus, engine=engine)
        ahead = (replay.skus, slice(start, start + days))
        counted = known.plain[ahead]
        offered = known.history.sold_freely()[ahead] & ~counted
        sold = known.history.values["units"][ahead].clip(0)
        replays.append(replace(
            replay,
            boosted=np.where(counted, expected, 0.0).sum(axis=1),
            promoted=(np.where(offered, sold, 0.0).sum(axis=1),
                      np.where(offered, expected, 0.0).sum(axis=1)),
        ))  # fmt: skip
    return replays


def fit_past(
    known: Situation, *, until: int, days: int, yearly: bool, seed: int
) -> tuple[GlobalModel | None, DemandInputs]:
    """The global model as it would have been on day ``until``."""
    inputs = known.inputs(known.seasons(until=until, yearly=yearly), ahead=0)
    return fit_global(inputs, horizon_days=days, until=until, seed=seed), inputs


def _tried(known: Situation, starts: list[int]) -> list[int]:
    if len(known.history.skus) < GLOBAL_SKUS:
        return []
    return [start for start in starts[:GLOBAL_ORIGINS] if start >= GLOBAL_HISTORY]


def _year_helps(
    known: Situation, starts: list[int], days: int, chosen: Ints, engine: Engine
) -> bool:
    """Whether the usual models did better with the time of year, where both could be tried."""
    long = [start for start in starts if start >= RECENT]
    if not long:
        return True
    misses = {
        yearly: sum(
            float(deviance(replay.actual, _usual(replay)).sum())
            for replay in _all_forecasts(
                known, long, days, chosen, yearly=yearly, only=DEFAULTS, engine=engine
            )
        )
        for yearly in (False, True)
    }
    return misses[True] < misses[False]


def _usual(replay: Replay) -> Floats:
    expected = np.zeros(len(replay.actual))
    for segment in SEGMENTS:
        rows = replay.segment == segment
        expected[rows] = replay.forecast[DEFAULTS[segment]][rows]
    return expected


_Day = tuple[Situation, int, int, Ints, bool, Mapping[str, str] | None]


def _all_forecasts(
    known: Situation,
    starts: list[int],
    days: int,
    chosen: Ints,
    *,
    yearly: bool,
    engine: Engine,
    only: Mapping[str, str] | None = None,
) -> list[Replay]:
    """Every starting day, with every candidate or only one model a segment."""
    return engine.map(_forecasts, [(known, start, days, chosen, yearly, only) for start in starts])


def _forecasts(day: _Day) -> Replay:
    known, start, days, chosen, yearly, only = day
    history = known.history
    seasons = known.seasons(until=start, yearly=yearly)
    past = History(history.skus, history.last_day, {"units": history.values["units"][chosen]})
    units = past.until(start).without_bulk().values["units"]
    factors = seasons.factors(history.dates[: start + days])[seasons.group[chosen]]
    levels = read_levels(units, known.plain[chosen, :start], factors[:, :start])
    prior = known.priors(levels, chosen)
    future = slice(start, start + days)
    counted = known.plain[chosen, future]
    actual = np.where(counted, history.values["units"][chosen, future].clip(0), 0.0).sum(axis=1)
    ahead = factors[:, future] * known.season_left(np.arange(start, start + days), chosen)
    exposure = np.where(counted, ahead, 0.0).sum(axis=1)
    usable = (exposure > 0.7 * days * ahead.mean(axis=1)) & (levels.days > 0)
    return Replay(
        skus=chosen[usable],
        segment=levels.segment[usable],
        actual=actual[usable].astype(np.float64),
        forecast={model: level[usable] * exposure[usable]
                  for model, level in _tried_levels(levels, prior, only).items()},
        boosted=None,
        spread=spread_of(levels)[usable],
        yearly=yearly and seasons.yearly,
    )  # fmt: skip


def _tried_levels(
    levels: Levels, prior: Floats, only: Mapping[str, str] | None
) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for segment in SEGMENTS:
        rows = levels.segment == segment
        for model in (only[segment],) if only else CANDIDATES[segment]:
            level = found.setdefault(model, np.full(len(rows), np.nan))
            level[rows] = level_of(model, levels.rows(rows), prior[rows])
    return found


def deviance(actual: Floats, expected: Floats) -> Floats:
    """Poisson deviance: proper for means, kinder to bulk orders than squares."""
    expected = np.maximum(expected, 1e-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(actual > 0, actual * np.log(actual / expected), 0.0)
    return 2 * (ratio - (actual - expected))
