"""From experiments whose truth is known: who is moved, how much, and what acting on it is worth."""

import sys
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import MissingExtraError, UsageError
from ecomagent.domain.evidence import DataRef
from tools.uplift import learn_uplift
from tools.uplift_learners import Experiment, honest_scores
from tools.uplift_metrics import auuc, gain_curve, policy_value, qini, with_interval

SOURCE = DataRef(source="campaign_events", as_of=datetime(2026, 3, 1, tzinfo=UTC))
FEATURES = ("recency", "orders")


def experiment(count: int = 8000, *, differs: bool = True, seed: int = 0):
    """Half of the customers are moved by a contact, or all of them a little."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{n}" for n in range(count)],
            "campaign_id": "one",
            "recency": rng.uniform(0, 300, count),
            "orders": rng.poisson(2, count).astype(float),
            "treated": (rng.random(count) < 0.7).astype(int),
            "propensity": 0.7,
        }
    )
    moved = np.where(frame["recency"] < 150, 0.08, 0.0) if differs else np.full(count, 0.04)
    chance = 0.05 + 0.02 * (frame["orders"] > 2) + moved * frame["treated"]
    frame["ordered"] = (rng.random(count) < chance).astype(float)
    return frame, moved


def learnt(frame: pd.DataFrame, **more):
    return learn_uplift(frame, FEATURES, outcome="ordered", source=SOURCE, **more)


@pytest.fixture(scope="module")
def half_moved():
    frame, moved = experiment()
    return frame, moved, learnt(frame)


def test_the_persuadable_are_told_from_the_rest_and_the_mean_is_right(half_moved):
    frame, moved, found = half_moved

    mean, error = found.average
    assert abs(mean - moved.mean()) < 3 * error
    apart = found.differences(frame)
    assert apart[moved > 0].mean() > apart[moved == 0].mean() + 0.02
    assert found.qini.low > 0


def test_where_all_are_moved_alike_nobody_is_singled_out():
    believed = [learnt(experiment(3000, differs=False, seed=seed)[0]).slope for seed in range(3)]

    assert np.mean(believed) < 0.3


def test_mailing_the_persuadable_beats_mailing_all_and_none(half_moved):
    other, moved = experiment(seed=9)
    found = half_moved[2]

    effect = found.average[0] + found.differences(other)
    worth = policy_value(effect > 0.04, moved, cost=0.04, seed=1)

    assert worth.value.low > 0
    assert worth.over_all.low > 0


def test_predictions_promise_no_more_than_unseen_customers_gave(half_moved):
    found = half_moved[2]

    best = found.out_of_fold >= np.quantile(found.out_of_fold, 0.8)

    error = found.effects[best].std() / np.sqrt(best.sum())
    assert found.out_of_fold[best].mean() < found.effects[best].mean() + 2 * error


def test_any_order_of_rows_gives_the_same_evidence():
    frame, _ = experiment(3000)

    shuffled = frame.sample(frac=1, random_state=5)

    assert learnt(frame).evidence() == learnt(shuffled).evidence()


def test_too_few_left_alone_say_nothing():
    frame, _ = experiment(3000)

    assert learnt(frame[(frame["treated"] == 1) | (frame.index < 300)]) is None
    assert learnt(frame.iloc[:0]) is None


def test_gaps_in_the_history_are_left_out():
    frame, _ = experiment(3000)
    frame.loc[:50, "recency"] = np.nan
    frame.loc[60:80, "orders"] = np.inf

    found = learnt(frame)

    assert np.isfinite(found.effects).all()
    assert found.contacted + found.held_out < len(frame)


def test_an_unknown_learner_is_named_with_those_there_are():
    with pytest.raises(UsageError, match="no uplift learner"):
        learnt(experiment(1000)[0], learners=("crystal_ball",))


def test_a_learner_that_is_not_installed_is_named_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "econml.dml", None)

    with pytest.raises(MissingExtraError) as caught:
        learnt(experiment(1000)[0], learners=("causal_forest",))

    assert "ecomagent[uplift]" in caught.value.remedy


def test_the_learners_of_econml_take_part_where_they_are_installed():
    pytest.importorskip("econml")
    frame, moved = experiment(4000)

    found = learnt(frame, learners=("linear_dr",))

    assert found.learner == "linear_dr"
    assert np.corrcoef(found.differences(frame), moved)[0, 1] > 0.5


def test_scores_average_to_the_effect_whatever_the_outcome_models_think():
    frame, moved = experiment(20_000)
    columns = ("treated", "ordered", "propensity")
    rows = Experiment(frame[list(FEATURES)].to_numpy(), *(frame[c].to_numpy() for c in columns))

    assert honest_scores(rows).mean() == pytest.approx(moved.mean(), abs=0.012)


def test_qini_of_a_known_ranking():
    effects = np.array([1.0, 1.0, 0.0, 0.0])

    assert gain_curve(np.array([4, 3, 2, 1.0]), effects, points=5).tolist() == [
        0, 0.25, 0.5, 0.5, 0.5
    ]  # fmt: skip
    assert auuc(np.array([4, 3, 2, 1.0]), effects) == pytest.approx(0.375)
    assert qini(np.array([4, 3, 2, 1.0]), effects) == pytest.approx(0.125)
    assert qini(np.array([1, 2, 3, 4.0]), effects) == pytest.approx(-0.125)
    assert qini(np.zeros(4), effects) == 0


def test_a_ranking_by_lot_has_an_interval_around_nothing():
    rng = np.random.default_rng(2)

    found = with_interval(rng.random(2000), rng.normal(0.1, 1, 2000), seed=0)

    assert found.low < 0 < found.high
