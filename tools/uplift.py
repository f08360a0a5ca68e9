"""Whom a contact moves: learnt from campaigns that left some customers alone by lot."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import significant
from tools.uplift_learners import CORE, Experiment, Ints, Predict, fit, honest_scores
from tools.uplift_metrics import Estimate, with_interval

Floats = npt.NDArray[np.float64]

TOOL = "tools.uplift.learn_uplift"
FOLDS = 5
LEAST_PER_ARM = 200
"""Customers an arm must have before anything is learnt from single customers."""
MOST_PER_ARM = 20_000
"""Rows of an arm that are used, drawn by customer; more would only cost time."""
SAME_FOR_ALL = "same_for_all"
AFFINITY = "affinity"
ENSEMBLE = "mean_of_all"
"""The learners' average prediction, which competes with each of them."""
DRAWS = 100
LEAST_SLOPE = 0.05
"""Below this, next to nothing of the predicted differences held on customers not yet seen."""
CONFIDENCE = 0.8
"""A ranking is used only where its Qini is above zero at the low end of this interval."""


@dataclass(frozen=True)
class UpliftModel:
    """What one more contact brings, on average and by customer.

    Attributes:
        average: Average effect of a contact and its standard error.
        learner: Name of the learner whose ranking is used; ``same_for_all`` where none ranked
            customers better than chance.
        qini: Of that learner's out-of-fold predictions, 80 % interval; zero for ``same_for_all``.
        tried: Learner to its Qini.
        affinity_slope: How much of the differences between customers that are assumed where
            none are measured (column ``affinity``) the experiment leaves standing, from 0 to 1.
        slope: How much of the predicted differences between customers is believed, from 0 to 1.
        contacted, held_out: Rows of the two arms.
        campaigns: Campaigns they come from.
        out_of_fold: Calibrated effect of each row from models that did not see its customer.
        effects: Doubly robust score of each row.
    """

    average: tuple[float, float]
    learner: str
    qini: Estimate
    tried: dict[str, Estimate]
    slope: float
    affinity_slope: float
    contacted: int
    held_out: int
    campaigns: int
    params: dict[str, Any]
    source: DataRef
    out_of_fold: Floats = field(repr=False)
    effects: Floats = field(repr=False)
    _predict: Predict | None = field(default=None, repr=False)
    _centre: float = 0.0

    def differences(self, features: pd.DataFrame) -> Floats:
        """How far each customer's effect lies from the average; shape (customers,).

        Args:
            features: The columns the model was fitted on, as they stand now.
        """
        if self._predict is None:
            return np.zeros(len(features))
        values = features[self.params["features"]].to_numpy(np.float64)
        found = self.slope * (self._predict(values) - self._centre)
        return significant(found)

    def evidence(self) -> Evidence:
        """The experiment and what was learnt from it."""
        return Evidence.of(
            TOOL,
            params=self.params,
            data=(self.source,),
            result={
                "average_effect": float(significant(self.average[0])),
                "average_effect_error": float(significant(self.average[1])),
                "learner": self.learner,
                "qini": [float(significant(v)) for v in _ends(self.qini)],
                "tried": {
                    name: [float(significant(v)) for v in _ends(each)]
                    for name, each in sorted(self.tried.items())
                },
                "affinity_slope": float(significant(self.affinity_slope)),
                "slope": float(significant(self.slope)),
                "contacted": self.contacted,
                "held_out": self.held_out,
                "campaigns": self.campaigns,
            },
        )


def learn_uplift(
    rows: pd.DataFrame,
    features: tuple[str, ...],
    *,
    outcome: str = "ordered",
    source: DataRef,
    learners: tuple[str, ...] = CORE,
    seed: int = 0,
    channel: str = "",
) -> UpliftModel | None:
    """Learn the effect of a contact from randomised hold-outs.

    Customers are cut into five folds; every learner predicts each fold from the other four. The
    one with the largest Qini ranks customers, where that Qini is clearly above zero. Its
    predictions are then held against the doubly robust scores of the fold they did not see: only
    the part of the predicted differences that shows up there (slope of the best linear predictor,
    Chernozhukov, Demirer, Duflo and Fernández-Val 2018, shrunk by its own error) is believed, so
    that the best-looking customers are not promised more than they gave.

    Args:
        rows: ``customer_id, campaign_id, treated`` (0 or 1), ``propensity``, the outcome and the
            features; one row a customer and campaign. ``affinity``, where there, is what customers
            would be taken to differ by if nothing were measured.
        features: Names of columns known before the campaign.
        outcome: Column of what followed. Whether somebody ordered ranks customers with less noise
            than how many orders they placed.
        source: Where the rows come from.
        learners: Names of ``tools.uplift_learners``.
        seed: Of everything drawn.
        channel: Recorded.

    Returns:
        None where an arm has fewer than 200 customers: not enough data to say.

    Raises:
        MissingExtraError: A learner of EconML is asked for and not installed.
    """
    frame = _sampled(rows, features, outcome)
    arms = [int((frame["treated"] == arm).sum()) for arm in (0, 1)]
    if min(arms) < LEAST_PER_ARM:
        return None
    experiment = Experiment(
        frame[list(features)].to_numpy(np.float64), frame["treated"].to_numpy(np.float64),
        frame[outcome].to_numpy(np.float64), frame["propensity"].to_numpy(np.float64),
    )  # fmt: skip
    customers = pd.factorize(frame["customer_id"], sort=True)[0].astype(np.int64)
    folds = _lot(frame["customer_id"]) % FOLDS
    effects = honest_scores(experiment, halves=folds)
    guesses = {name: _out_of_fold(name, experiment, folds, seed) for name in learners}
    if len(learners) > 1:
        guesses[ENSEMBLE] = np.mean([guesses[name] for name in learners], axis=0)
    tried = {
        name: with_interval(
            guess, effects, seed=seed, groups=customers, draws=DRAWS, level=CONFIDENCE
        )
        for name, guess in guesses.items()
    }
    average = (float(effects.mean()), float(effects.std() / np.sqrt(len(effects))))
    params = {"channel": channel, "features": list(features), "outcome": outcome, "seed": seed,
              "learners": list(learners), "folds": FOLDS}  # fmt: skip
    flat = UpliftModel(
        average=average, learner=SAME_FOR_ALL, qini=Estimate(0.0, 0.0, 0.0), tried=tried,
        slope=0.0, affinity_slope=_affinity_slope(frame, effects),
        contacted=arms[1], held_out=arms[0],
        campaigns=int(frame["campaign_id"].nunique()), params=params, source=source,
        out_of_fold=np.full(len(effects), average[0]), effects=effects,
    )  # fmt: skip
    chosen = _best(tried)
    if chosen is None:
        return flat
    centre = float(guesses[chosen].mean())
    apart = guesses[chosen] - centre
    slope = _believed(apart, effects - average[0])
    if slope < LEAST_SLOPE:
        return flat
    return replace(
        flat, learner=chosen, qini=tried[chosen], slope=slope,
        out_of_fold=average[0] + slope * apart,
        _predict=_fitted(chosen, learners, experiment, seed), _centre=centre,
    )  # fmt: skip


def _fitted(chosen: str, learners: tuple[str, ...], experiment: Experiment, seed: int) -> Predict:
    """The chosen learner, or all of them, on every row."""
    names = learners if chosen == ENSEMBLE else (chosen,)
    fits = [fit(name, experiment, seed=seed) for name in names]
    return lambda at: np.asarray(np.mean([one(at) for one in fits], axis=0), dtype=np.float64)


def _sampled(rows: pd.DataFrame, features: tuple[str, ...], outcome: str) -> pd.DataFrame:
    """Usable rows in a fixed order, at most so many an arm, with the chances that leaves."""
    numbers = ["treated", "propensity", outcome, *features]
    numbers += [AFFINITY] if AFFINITY in rows and AFFINITY not in features else []
    values = rows[numbers].astype("float64")
    usable = np.isfinite(values.to_numpy()).all(axis=1)
    frame = rows.loc[usable, ["customer_id", "campaign_id"]].join(values[usable])
    codes = [pd.factorize(frame[name], sort=True)[0] for name in ("campaign_id", "customer_id")]
    frame = frame.iloc[np.lexsort((*codes, _lot(frame["customer_id"])))]
    treated = frame["treated"].to_numpy() == 1
    rate, keep = [1.0, 1.0], np.zeros(len(frame), dtype=bool)
    for arm in (0, 1):
        mine = np.flatnonzero(treated == bool(arm))
        keep[mine[:MOST_PER_ARM]] = True
        rate[arm] = min(MOST_PER_ARM / max(len(mine), 1), 1.0)
    seen, unseen = frame["propensity"] * rate[1], (1 - frame["propensity"]) * rate[0]
    chance = seen / (seen + unseen).where(seen + unseen > 0, 1.0)
    return frame.assign(propensity=chance)[keep].reset_index(drop=True)


def _lot(names: pd.Series) -> Ints:
    """A number a customer that has nothing to do with what the customer does."""
    codes, unique = pd.factorize(names.astype(str))
    drawn = np.array([zlib.crc32(name.encode()) for name in unique], dtype=np.int64)
    return drawn[codes] if len(drawn) else np.zeros(0, dtype=np.int64)


def _out_of_fold(learner: str, experiment: Experiment, folds: Ints, seed: int) -> Floats:
    found = np.zeros(len(experiment.outcome))
    for fold in range(FOLDS):
        mine = folds == fold
        if mine.any():
            found[mine] = fit(learner, experiment.only(~mine), seed=seed)(experiment.features[mine])
    return found


def _affinity_slope(frame: pd.DataFrame, effects: Floats) -> float:
    """Slope on the assumed differences: a prior of 1 ± 1 updated by what the scores show."""
    if AFFINITY not in frame:
        return 1.0
    mean = max(float(effects.mean()), 1e-4)
    apart = mean * (frame[AFFINITY] - frame[AFFINITY].mean()).to_numpy(np.float64)
    spread = float((apart**2).sum())
    if spread <= 0:
        return 1.0
    slope = float((apart * effects).sum()) / spread
    left = effects - effects.mean() - slope * apart
    precision = spread**2 / max(float(((apart * left) ** 2).sum()), 1e-300)
    return float(np.clip((1 + precision * slope) / (1 + precision), 0.0, 1.0))


def _best(tried: dict[str, Estimate]) -> str | None:
    ranked = sorted(tried, key=lambda name: (-tried[name].value, name))
    if not ranked or tried[ranked[0]].low <= 0:
        return None
    return ranked[0]


def _believed(predicted: Floats, effects: Floats) -> float:
    """Slope of true on predicted differences, shrunk by its error, between 0 and 1."""
    spread = float((predicted**2).sum())
    if spread <= 0:
        return 0.0
    slope = float((predicted * effects).sum()) / spread
    left = effects - slope * predicted
    error = float(np.sqrt(((predicted * left) ** 2).sum())) / spread
    if slope <= 0:
        return 0.0
    return float(np.clip(slope * slope**2 / (slope**2 + error**2), 0.0, 1.0))


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high
