"""What our forecast is held against: the simple methods, each as its library gives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.demand.cases import Case
from evals.demand.scores import known_matrix

Floats = npt.NDArray[np.float64]
LONGEST = 400
"""Days that the baselines look back."""


def simple_forecasts(case: Case, *, ets: int) -> dict[str, Floats]:
    """Seasonal naive, 28-day mean, Croston-SBA, IMAPA and ETS; SKU × day.

    Args:
        case: What is known.
        ets: ETS is slow: so many best sellers are fitted, the others keep their 28-day mean.
    """
    from statsforecast import models

    past = known_matrix(case)[:, -LONGEST:]
    names = {
        "seasonal naive": models.SeasonalNaive(season_length=7),
        "28-day mean": models.WindowAverage(window_size=28),
        "Croston-SBA": models.CrostonSBA(),
        "IMAPA": models.IMAPA(),
    }
    found = {name: _run(model, past, case.horizon_days) for name, model in names.items()}
    found["ETS"] = _ets(past, found["28-day mean"], case.horizon_days, ets)
    return found


def _run(model: object, units: Floats, horizon_days: int) -> Floats:
    from statsforecast import StatsForecast

    row, column = np.indices(units.shape)
    frame = pd.DataFrame({"unique_id": row.ravel(), "ds": column.ravel() + 1, "y": units.ravel()})
    started = (np.cumsum(units > 0, axis=1) > 0) | (column >= units.shape[1] - 14)
    engine = StatsForecast(models=[model], freq=1, n_jobs=1)
    found = engine.forecast(df=frame[started.ravel()], h=horizon_days).iloc[:, -1]
    means = np.maximum(np.nan_to_num(found.to_numpy(dtype=np.float64)), 0.0)
    return np.asarray(means.reshape(len(units), -1))


def _ets(past: Floats, otherwise: Floats, horizon_days: int, count: int) -> Floats:
    from statsforecast import models

    chosen = np.argsort(-past[:, -91:].sum(axis=1), kind="stable")[:count]
    found = otherwise.copy()
    found[chosen] = _run(models.AutoETS(season_length=7), past[chosen], horizon_days)
    return found


def top_down_ets(case: Case) -> Floats:
    """ETS of the whole shop, dealt to SKUs by their share of the last 28 days."""
    from statsforecast import models

    past = known_matrix(case)[:, -LONGEST:]
    total = _run(models.AutoETS(season_length=7), past.sum(axis=0)[None, :], case.horizon_days)
    recent = past[:, -28:].sum(axis=1)
    return np.outer(recent / max(recent.sum(), 1), total[0])
