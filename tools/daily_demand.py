"""Expected units of every SKU on every day ahead, from the models chosen for its kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.demand_inputs import Path, path_of
from tools.demand_models import SEGMENTS, Levels, level_of
from tools.engine import HERE, Engine
from tools.fitted_demand import FittedDemand
from tools.global_demand import GlobalModel, predict_global
from tools.seasons import Seasons
from tools.situation import Situation

Floats = npt.NDArray[np.float64]


def daily_means(
    known: Situation,
    seasons: Seasons,
    levels: Levels,
    fitted: FittedDemand,
    days: npt.NDArray[np.datetime64],
    future: pd.DataFrame | None,
    engine: Engine = HERE,
) -> Floats:
    """SKUs × days.

    Args:
        known: History.
        seasons: Patterns found in it.
        levels: Sales on plain days, season taken out.
        fitted: Models and corrections.
        days: The days to forecast, one after the other.
        future: Planned prices and promotions, or None.
        engine: Where the parts of the work are done.
    """
    calibration = fitted.calibration
    simple = simple_means(levels, known.priors(levels), calibration.model, seasons, days, engine)
    first = int((days[0] - known.history.last_day).astype(np.int64)) + known.days - 1
    simple = simple * known.season_left(first + np.arange(len(days)))
    share = np.array([calibration.blend[kind] for kind in SEGMENTS])
    correction = np.array([calibration.correction[kind] for kind in SEGMENTS])
    kind = np.array([SEGMENTS.index(each) for each in levels.segment])
    if fitted.model is None:
        return np.asarray(simple * correction[kind][:, None])
    weight = share[kind][:, None]
    boosted = _boosted(known, seasons, fitted.model, days, None, engine)
    blended: Floats = ((1 - weight) * simple + weight * boosted) * correction[kind][:, None]
    if future is None or future.empty:
        return blended
    # Simple models know no prices: what the path changes is what it changes in the global one.
    changed = _boosted(known, seasons, fitted.model, days, future, engine)
    return np.asarray(blended * changed / np.maximum(boosted, 1e-9))


def simple_means(
    levels: Levels,
    prior: Floats,
    model: dict[str, str],
    seasons: Seasons,
    days: npt.NDArray[np.datetime64],
    engine: Engine = HERE,
) -> Floats:
    """Level by each kind's simple model, times season."""
    level = np.zeros(len(levels.days))
    for segment in SEGMENTS:
        rows = levels.segment == segment
        level[rows] = level_of(model[segment], levels.rows(rows), prior[rows], engine)
    return np.asarray(level[:, None] * seasons.factors(days)[seasons.group])


def _boosted(
    known: Situation,
    seasons: Seasons,
    model: GlobalModel,
    days: npt.NDArray[np.datetime64],
    future: pd.DataFrame | None,
    engine: Engine,
) -> Floats:
    """The global model from the day after history; days between that and the first are skipped."""
    gap = max(int((days[0] - known.history.last_day).astype(np.int64)) - 1, 0)
    ahead = gap + len(days)
    path: Path | None = None
    if future is not None:
        first = known.history.last_day + np.timedelta64(1, "D")
        path = path_of(future, known.history, first, ahead)
    inputs = known.inputs(seasons, ahead=ahead, path=path)
    return predict_global(model, inputs, known.days, ahead, engine=engine)[:, gap:]
