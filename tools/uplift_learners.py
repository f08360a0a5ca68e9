"""Models of whom a contact moves: each turns an experiment into a prediction of the effect."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import MissingExtraError, UsageError
from tools.uplift_metrics import scores

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Predict = Callable[[Floats], Floats]

CORE = ("t_boosted", "dr_ridge", "dr_boosted")
ECONML = ("linear_dr", "causal_forest")
"""Learners of the extra ``uplift``."""
RIDGE = 0.02
"""Penalty of the linear effect, per row, on standardised features: effects are faint."""
TREES = 40
FOREST_TREES = 200


@dataclass(frozen=True)
class Experiment:
    """One row a customer and campaign.

    Attributes:
        features: Known before the campaign; shape (rows, features), no NaN.
        treated: 1 where contacted, 0 where left alone; shape (rows,).
        outcome: What followed.
        propensity: Chance of being contacted.
    """

    features: Floats
    treated: Floats
    outcome: Floats
    propensity: Floats

    def only(self, rows: npt.NDArray[np.bool_] | Ints) -> Experiment:
        """Some of the rows."""
        return Experiment(
            self.features[rows], self.treated[rows], self.outcome[rows], self.propensity[rows]
        )


def fit(learner: str, experiment: Experiment, *, seed: int) -> Predict:
    """Fit one learner.

    *t_boosted* predicts the outcome of both arms by gradient boosting and takes the difference.
    *dr_ridge* and *dr_boosted* regress doubly robust scores on the features (Kennedy 2023), the
    scores' outcome models being fitted on the half that a row is not in. *linear_dr* and
    *causal_forest* are EconML's ``LinearDRLearner`` and ``CausalForestDML``.

    Args:
        learner: One of ``CORE`` or ``ECONML``.
        experiment: What to learn from.
        seed: Of everything drawn.

    Raises:
        MissingExtraError: EconML is not installed.
        UsageError: There is no such learner.
    """
    makers: dict[str, Callable[[Experiment, int], Predict]] = {
        "t_boosted": _t_boosted, "dr_ridge": _dr_ridge, "dr_boosted": _dr_boosted,
        "linear_dr": _linear_dr, "causal_forest": _causal_forest,
    }  # fmt: skip
    if learner not in makers:
        raise UsageError(
            f"there is no uplift learner “{learner}”",
            remedy=f"Choose from {', '.join(CORE + ECONML)}.",
        )
    return makers[learner](experiment, seed)


def boosted(features: Floats, target: Floats, *, seed: int, trees: int = TREES) -> Predict:
    """Gradient boosting that gives the same figures on every run; a mean where rows are few."""
    if len(target) < 200 or np.ptp(target) == 0:
        mean = float(target.mean()) if len(target) else 0.0
        return lambda at: np.full(len(at), mean)
    import lightgbm

    data = lightgbm.Dataset(features, target, params={"verbose": -1, "max_bin": 63})
    model = lightgbm.train(
        {
            "objective": "regression", "num_leaves": 7, "learning_rate": 0.07,
            "min_data_in_leaf": max(50, len(target) // 50), "lambda_l2": 10.0,
            "deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": seed,
            "verbose": -1, "max_bin": 63,
        },
        data,
        num_boost_round=trees,
    )  # fmt: skip
    return lambda at: np.asarray(model.predict(at, num_threads=1), dtype=np.float64)


def linear(features: Floats, target: Floats) -> Predict:
    """Ridge regression on standardised features, penalised by ``RIDGE`` a row."""
    if len(target) < 2:
        mean = float(target.mean()) if len(target) else 0.0
        return lambda at: np.full(len(at), mean)
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    shaped, mean = (features - centre) / scale, float(target.mean())
    penalty = RIDGE * len(target) * np.eye(shaped.shape[1])
    slope = np.linalg.solve(shaped.T @ shaped + penalty, shaped.T @ (target - mean))
    return lambda at: np.asarray(mean + (at - centre) / scale @ slope, dtype=np.float64)


def honest_scores(experiment: Experiment, *, halves: Ints | None = None) -> Floats:
    """Doubly robust scores whose outcome models (linear, one an arm) did not see the row.

    In an experiment the scores are right whatever those models are; they only take noise away.

    Args:
        experiment: All rows.
        halves: Which part each row is in; every second row where None.
    """
    parts = np.arange(len(experiment.outcome)) % 2 if halves is None else halves
    one, zero = np.zeros_like(experiment.outcome), np.zeros_like(experiment.outcome)
    for part in np.unique(parts):
        mine, other = parts == part, experiment.only(parts != part)
        for arm, guess in ((1, one), (0, zero)):
            taught = other.only(other.treated == arm)
            guess[mine] = linear(taught.features, taught.outcome)(experiment.features[mine])
    return scores(
        experiment.treated, experiment.outcome, experiment.propensity, if_treated=one, if_not=zero
    )


def _t_boosted(experiment: Experiment, seed: int) -> Predict:
    arms = (experiment.only(experiment.treated == arm) for arm in (1, 0))
    one, zero = (boosted(arm.features, arm.outcome, seed=seed) for arm in arms)
    return lambda at: one(at) - zero(at)


def _dr_ridge(experiment: Experiment, seed: int) -> Predict:
    return linear(experiment.features, honest_scores(experiment))


def _dr_boosted(experiment: Experiment, seed: int) -> Predict:
    return boosted(experiment.features, honest_scores(experiment), seed=seed)


def _econml() -> Any:
    try:
        import econml.dml
        import econml.dr
    except ImportError as error:
        raise MissingExtraError(
            "the uplift learners of EconML are not installed",
            remedy="Install them with `pip install 'ecomagent[uplift]'`.",
        ) from error
    return econml


def _nuisance(seed: int) -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        n_estimators=TREES, num_leaves=7, learning_rate=0.07, min_child_samples=100,
        deterministic=True, force_row_wise=True, n_jobs=1, random_state=seed, verbose=-1,
    )  # fmt: skip


def _chance() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01)


def _linear_dr(experiment: Experiment, seed: int) -> Predict:
    model = _econml().dr.LinearDRLearner(
        model_propensity=_chance(), model_regression=_nuisance(seed), cv=2, random_state=seed
    )
    with warnings.catch_warnings():
        # Said of its standard errors where features are linearly dependent; none is used.
        warnings.filterwarnings("ignore", message="Co-variance matrix is underdetermined")
        model.fit(experiment.outcome, experiment.treated.astype(int), X=experiment.features)
    return lambda at: np.asarray(model.effect(at), dtype=np.float64)


def _causal_forest(experiment: Experiment, seed: int) -> Predict:
    model = _econml().dml.CausalForestDML(
        model_y=_nuisance(seed), model_t=_chance(), discrete_treatment=True, cv=2,
        n_estimators=FOREST_TREES, min_samples_leaf=max(20, len(experiment.outcome) // 200),
        max_samples=0.4, n_jobs=1, random_state=seed,
    )  # fmt: skip
    model.fit(experiment.outcome, experiment.treated.astype(int), X=experiment.features)
    return lambda at: np.asarray(model.effect(at), dtype=np.float64)
