"""What another policy would have earned: right on average, honest about what logs cannot say."""

import numpy as np
import pytest

from ecomagent.domain.errors import UsageError
from tools.off_policy import (
    ENOUGH,
    ESTIMATORS,
    ChoiceLog,
    better,
    certain,
    compare_policies,
    evaluate_policy,
    worse,
)

OPTIONS = 3
TRUE = np.array([1.0, 2.0, 1.5])
"""Mean reward of each option; the context adds its own."""


def logged(rows=4000, seed=0, greedy=0.7):
    """A log of a policy that prefers the option that the context favours."""
    rng = np.random.default_rng(seed)
    context = rng.integers(0, OPTIONS, rows)
    mean = TRUE + 0.8 * (context[:, None] == np.arange(OPTIONS))
    propensity = np.full((rows, OPTIONS), (1 - greedy) / OPTIONS)
    propensity[np.arange(rows), context] += greedy
    chosen = (rng.random(rows)[:, None] > propensity.cumsum(axis=1)).sum(axis=1)
    reward = mean[np.arange(rows), chosen] + rng.normal(0, 1, rows)
    return ChoiceLog(chosen, reward, propensity, np.arange(rows)), mean


def test_every_weighted_estimator_finds_the_value_of_a_policy_that_never_ran():
    log, mean = logged()
    target = certain(np.full(len(mean), 1), OPTIONS)

    found = evaluate_policy(log, target)

    for name in ("ips", "snips", "doubly_robust"):
        assert found[name].value == pytest.approx(mean[:, 1].mean(), abs=3 * found[name].std_error)
    assert log.reward[log.chosen == 1].mean() > mean[:, 1].mean() + 0.2  # what naive means say


def test_doubly_robust_is_narrower_with_a_good_model_and_right_with_a_bad_one():
    log, mean = logged()
    target = np.full(log.propensity.shape, 1 / OPTIONS)

    good = evaluate_policy(log, target, mean)["doubly_robust"]
    bad = evaluate_policy(log, target, np.full(mean.shape, 9.0))["doubly_robust"]

    assert good.std_error < 0.8 * evaluate_policy(log, target)["ips"].std_error
    truth = mean.mean()
    assert abs(good.value - truth) < 3 * good.std_error
    assert abs(bad.value - truth) < 3 * bad.std_error


def test_intervals_hold_nine_times_in_ten():
    held = 0
    for seed in range(200):
        log, mean = logged(rows=400, seed=seed)
        found = evaluate_policy(log, certain(np.full(400, 1), OPTIONS), mean)["doubly_robust"]
        held += found.low <= mean[:, 1].mean() <= found.high
    assert 0.85 <= held / 200 <= 0.96


def test_choices_that_share_their_luck_are_not_counted_as_many():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 50)
    reward = rng.normal(0, 1, 40)[groups]
    log, _ = logged(rows=2000)
    alone = ChoiceLog(log.chosen, reward, log.propensity, np.arange(2000))
    shared = ChoiceLog(log.chosen, reward, log.propensity, groups)
    target = log.propensity

    narrow, wide = (evaluate_policy(each, target)["snips"] for each in (alone, shared))

    assert wide.std_error > 4 * narrow.std_error


def test_a_challenger_passes_only_if_it_is_clearly_better():
    log, mean = logged()
    oracle = certain(mean.argmax(axis=1), OPTIONS)
    poor = certain(mean.argmin(axis=1), OPTIONS)

    assert better(compare_policies(log, oracle, poor))
    assert worse(compare_policies(log, poor, oracle))
    same = compare_policies(log, log.propensity, log.propensity)
    assert not better(same)
    assert not worse(same)


def test_a_policy_the_log_never_tried_is_not_judged():
    log, _ = logged(rows=3000)
    propensity = log.propensity.copy()
    propensity[:, 2] = 0
    propensity /= propensity.sum(axis=1, keepdims=True)
    keep = log.chosen != 2
    part = ChoiceLog(log.chosen[keep], log.reward[keep], propensity[keep], log.cluster[keep])

    found = evaluate_policy(part, certain(np.full(keep.sum(), 2), OPTIONS))

    assert not any(found[name].reliable for name in ESTIMATORS)


def test_a_handful_of_choices_says_nothing():
    log, _ = logged(rows=int(ENOUGH) // 2)

    assert not evaluate_policy(log, log.propensity)["ips"].reliable


def test_an_empty_log_says_nothing_and_breaks_nothing():
    empty = ChoiceLog(np.array([], dtype=int), np.array([]), np.empty((0, 2)), np.array([]))

    found = evaluate_policy(empty, np.empty((0, 2)))

    assert not any(each.reliable for each in found.values())


def test_a_choice_without_a_chance_is_refused():
    with pytest.raises(UsageError, match="no chance"):
        ChoiceLog(np.array([1]), np.array([2.0]), np.array([[1.0, 0.0]]), np.array([0]))
