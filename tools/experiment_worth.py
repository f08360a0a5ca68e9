"""What a price experiment is worth: what it teaches, how surely, and what it costs meanwhile."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.goal import Objective
from tools.experiment_design import fractions_of, same_profit_of
from tools.futures import FLATTEST, STEEPEST, common_luck
from tools.price_effects import METRICS, Terms, assess
from tools.stopping import power_at

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_BUDGET = 0.05
"""Share of a SKU's gross profit that an experiment may cost, at least: less is noise."""
LADDER = 9
SPREAD = 15
"""Prices, and answers of the experiment, that its value is computed over."""


def power(given: pd.DataFrame, blocks: Ints, detects: Floats) -> Floats:
    """Chance of an answer, over what is believed of the elasticity now."""
    from scipy.special import ndtri

    nodes = ndtri((np.arange(SPREAD) + 0.5) / SPREAD)
    known, doubt = (
        given[name].to_numpy(dtype=np.float64)[:, None] for name in ("elasticity", "std_error")
    )
    drifts = (known + doubt * nodes - same_profit_of(given)[:, None]) / detects[:, None]
    looks = fractions_of(given, blocks)
    return np.array([power_at(at, row).mean() for at, row in zip(looks, drifts, strict=True)])


def most_lost(given: pd.DataFrame, days: Ints, impact: pd.DataFrame) -> Floats:
    """The loss of one case in ten, or a small share of what the SKU earns, whichever is more."""
    earns = (given["current_minor"] - given["cost_minor"]) * given["mean_per_day"]
    bad = -impact["gross_profit_minor_p10"].to_numpy(dtype=np.float64)
    found: Floats = np.maximum(bad, LEAST_BUDGET * earns.to_numpy() * days)
    return found


def learnt(given: pd.DataFrame, moves: Floats, left: Floats) -> Floats:
    """Expected gain a day from pricing on the answer rather than on what is known now."""
    from scipy.special import ndtri

    if given.empty:
        return np.zeros(0)
    now, cost, mean, known = (
        given[name].to_numpy(dtype=np.float64)[:, None, None]
        for name in ("current_minor", "cost_minor", "mean_per_day", "elasticity")
    )
    low, high = (given[n].to_numpy(dtype=np.float64)[:, None] for n in ("low_minor", "high_minor"))
    steps = np.linspace(0.0, 1.0, LADDER)[None, :]
    price = np.concatenate([low + (high - low) * steps, now[:, 0]], axis=1)[:, None, :]
    nodes = ndtri((np.arange(SPREAD) + 0.5) / SPREAD)
    answers = known + moves[:, None, None] * nodes[None, :, None]
    log = np.log(price / now)

    def profit(centre: Floats, spread: Floats) -> Floats:
        values = np.zeros(np.broadcast_shapes(centre.shape, log.shape))
        for node in nodes:
            drawn = np.clip(centre + spread * node, STEEPEST, FLATTEST)
            values += (price - cost) * mean * np.exp(drawn * log) / SPREAD
        return values

    after = profit(answers, left[:, None, None])
    best_now = after.mean(axis=1).max(axis=1)
    found: Floats = after.max(axis=2).mean(axis=1) - best_now
    return np.maximum(found, 0.0)


def while_it_runs(
    given: pd.DataFrame, days: Ints, horizon_days: int, draws: int, seed: int
) -> pd.DataFrame:
    """Change of every metric while the lower price is asked, as of a promotion that long."""
    luck = common_luck(draws, seed)
    parts = []
    for length in np.unique(days):
        rows = given[days == length]
        terms = Terms(Objective.GROSS_PROFIT, max(int(length), horizon_days), int(length))
        parts.append(assess(rows, terms, luck).rename(columns={"value": "running"}))
    if not parts:
        columns = [f"{metric}_{name}" for metric in METRICS for name in ("p10", "p50", "p90")]
        return pd.DataFrame(columns=[*columns, "running"], dtype="float64")
    return pd.concat(parts).reindex(given.index)
