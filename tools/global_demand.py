"""One gradient-boosted model for all SKUs: how demand departs from level and season."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.demand_features import (
    Columns,
    expected_level,
    offset_of,
    origin_features,
    target_features,
)
from tools.demand_inputs import DemandInputs
from tools.engine import HERE, Engine
from tools.feature_list import FEATURES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROWS = 240_000
"""Rows (SKU, starting day, day forecast) trained on at most, one a SKU and starting day."""
SMALL_SHOP_ROWS = 100_000
"""Rows up to which several days are forecast from one starting day."""
MOST_DAYS = 12
MAX_ORIGINS = 48
FIRST_ORIGIN = 56
"""Days of history before the first starting day."""
LOOK_BACK = 600
BLOCK = 400_000
"""Rows predicted at once."""
MIN_ROWS, MIN_EVIDENCE = 2000, 200.0
"""Rows and independent sales below which no model is fitted."""
LEAST_EVIDENCE = 20.0
"""Independent sales that a leaf must rest on."""
TWO_SEASONS = 400
PULL = 20.0
"""Independent sales' worth of pull of each leaf towards none."""
LARGEST_STEP = 1.6
"""Log of how far the model may depart from level and season."""
RISING, FALLING = ("promo", "discount"), ("price_to_usual", "price_to_level", "log_price")


@dataclass(frozen=True)
class GlobalModel:
    """A fitted model as text, with the names of its inputs in order."""

    booster: str = field(repr=False)
    names: tuple[str, ...]
    rows: int


def names_of(inputs: DemandInputs) -> tuple[str, ...]:
    """The features present in these inputs, in a fixed order."""
    signals = [f"{name}_{days}" for name in sorted(inputs.signals) for days in (7, 28)]
    return (*(each.name for each in FEATURES), *signals)


def fit_global(
    inputs: DemandInputs, *, horizon_days: int, until: int, seed: int
) -> GlobalModel | None:
    """Train on the days before column ``until``; None where there is too little.

    Poisson loss (Tweedie with power 1) boosted from level times season, so that no sales at all
    are learnt from as well as many; prices may only lower and promotions only raise demand.
    """
    names = names_of(inputs)
    parts = _samples(inputs, names, horizon_days, until, seed)
    if not parts:
        return None
    matrix = np.vstack([part[0] for part in parts])
    units, offset, row = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    weight = 1 / _dispersion(inputs, until)[row]
    if until < TWO_SEASONS:
        offset = _without_shocks(units, offset, weight, [len(part[1]) for part in parts])
    if len(units) < MIN_ROWS or units @ weight < MIN_EVIDENCE:
        return None
    booster = _train(matrix, units, offset, weight, names, seed)
    return GlobalModel(booster, names, len(units))


def _without_shocks(units: Floats, offset: Floats, weight: Floats, sizes: list[int]) -> Floats:
    """Offsets with what all SKUs of a starting day have in common taken out of what is learnt.

    With less than two seasons seen, good and bad months pass for effects of whatever else was
    different then.
    """
    origin = np.repeat(np.arange(len(sizes)), sizes)
    sold = np.bincount(origin, weights=units * weight) + PULL
    expected = np.bincount(origin, weights=offset * weight) + PULL
    shifted: Floats = offset * (sold / expected)[origin]
    return shifted


def _dispersion(inputs: DemandInputs, until: int) -> Floats:
    """Variance over mean of each SKU's days of the last year, pulled towards the shop's median.

    Sales in dozens are worth a twelfth of as many single ones.
    """
    days = slice(max(until - 365, 0), until)
    valid = inputs.valid[:, days]
    factor = inputs.factor[inputs.group, days]
    units = np.where(valid, np.nan_to_num(inputs.units[:, days]) / factor, 0.0)
    count = np.maximum(valid.sum(axis=1), 1)
    mean = units.sum(axis=1) / count
    spread = np.square(np.where(valid, units - mean[:, None], 0.0)).sum(axis=1) / count
    sold = (units > 0).sum(axis=1)
    own = np.divide(spread, mean, out=np.ones_like(mean), where=mean > 0)
    typical = float(np.median(own[sold >= 10])) if (sold >= 10).any() else 2.0
    pulled: Floats = (sold * own + 10 * typical) / (sold + 10)
    return np.maximum(pulled, 1.0)


def _samples(
    inputs: DemandInputs, names: tuple[str, ...], horizon_days: int, until: int, seed: int
) -> list[tuple[npt.NDArray[np.float32], Floats, Floats, Ints]]:
    origins = _origins(until)
    if not len(origins):
        return []
    per_origin = ROWS // len(origins)
    each = int(np.clip(SMALL_SHOP_ROWS // (len(origins) * len(inputs.units)), 1, MOST_DAYS))
    rng = np.random.default_rng(seed)
    parts = []
    for origin in origins:
        days = min(horizon_days, until - origin)
        level = expected_level(inputs, origin)
        alive = np.flatnonzero(np.isfinite(inputs.units[:, origin - 1]))
        if not len(alive):
            continue
        if len(alive) > per_origin:
            alive = np.sort(rng.choice(alive, per_origin, replace=False))
        count = min(each, days)
        column = origin + rng.integers(0, days, (len(alive), count))
        rows, column = np.repeat(alive, count), column.ravel()
        good = inputs.valid[rows, column]
        rows, column = rows[good], column[good]
        parts.append(
            (
                feature_matrix(inputs, names, origin, level, rows, column),
                inputs.units[rows, column].astype(np.float64),
                offset_of(inputs, level, rows, column),
                rows,
            )
        )
    return parts


def _origins(until: int) -> Ints:
    """Starting days, the newest a week before the end, spread over the past by odd steps."""
    first = max(FIRST_ORIGIN, until - LOOK_BACK)
    span = until - 7 - first
    if span < 0:
        return np.array([], dtype=np.int64)
    step = max(-(-span // MAX_ORIGINS), 5)
    step += step % 7 == 0
    return np.arange(until - 7, first - 1, -step, dtype=np.int64)[::-1]


def feature_matrix(
    inputs: DemandInputs,
    names: tuple[str, ...],
    origin: int,
    level: Floats,
    rows: Ints,
    columns: Ints,
) -> npt.NDArray[np.float32]:
    """Features of (SKU, day) pairs seen from one starting day; what is not there is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = origin_features(inputs, origin, level)
        target = target_features(inputs, origin, level, rows, columns)
    target["rival_gap"] = own.pop("rival_now")[rows] - target.pop("log_price")
    found: Columns = {name: values[rows] for name, values in own.items()} | target
    unknown = np.full(len(rows), np.nan)
    matrix = np.column_stack([found.get(name, unknown) for name in names]).astype(np.float32)
    matrix[~np.isfinite(matrix)] = np.nan
    return matrix


def _train(
    matrix: npt.NDArray[np.float32], units: Floats, offset: Floats, weight: Floats,
    names: tuple[str, ...], seed: int,
) -> str:  # fmt: skip
    import lightgbm

    signs = [(name in RISING) - (name in FALLING) for name in names]
    large = len(units) > 100_000
    settings: dict[str, Any] = {
        "objective": "poisson", "learning_rate": 0.06 if large else 0.08,
        "num_leaves": 31 if large else 20, "min_data_in_leaf": 40,
        "max_bin": 63, "feature_fraction": 0.6, "bagging_fraction": 0.7, "bagging_freq": 1,
        "lambda_l2": PULL, "min_sum_hessian_in_leaf": LEAST_EVIDENCE,
        "monotone_constraints": signs, "num_threads": 1, "seed": seed % 2**31,
        "deterministic": True, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(
        matrix, units, weight=weight, init_score=np.log(offset),
        feature_name=list(names), params=settings,
    )  # fmt: skip
    booster = lightgbm.train(settings, data, 160 if large else 100)
    return str(booster.model_to_string())


def predict_global(
    model: GlobalModel,
    inputs: DemandInputs,
    origin: int,
    horizon_days: int,
    chosen: Ints | None = None,
    *,
    engine: Engine = HERE,
) -> Floats:
    """Mean units on each day from column ``origin`` on; SKUs (all or the chosen) × days."""
    level = expected_level(inputs, origin)
    some = np.arange(len(level)) if chosen is None else chosen
    block = max(BLOCK // horizon_days, 1)

    def parts() -> Iterator[tuple[str, Any, Floats]]:
        for first in range(0, len(some), block):
            part = some[first : first + block]
            rows = np.repeat(part, horizon_days)
            columns = np.tile(origin + np.arange(horizon_days), len(part))
            matrix = feature_matrix(inputs, model.names, origin, level, rows, columns)
            yield model.booster, matrix, offset_of(inputs, level, rows, columns)

    made = engine.map(_predicted, parts())
    return np.concatenate(made or [np.empty(0)]).reshape(len(some), horizon_days)


def _predicted(part: tuple[str, Any, Floats]) -> Floats:
    """Mean units of one block of SKUs and days."""
    booster, matrix, expected = part
    step = np.asarray(_booster(booster).predict(matrix, raw_score=True, num_threads=1))
    found: Floats = expected * np.exp(step.clip(-LARGEST_STEP, LARGEST_STEP))
    return found


@lru_cache(maxsize=2)
def _booster(text: str) -> Any:
    import lightgbm

    return lightgbm.Booster(model_str=text)
