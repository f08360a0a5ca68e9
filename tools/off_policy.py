"""What another policy would have earned, from the logged choices of the one that ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import UsageError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVEL = 0.9
"""Of the intervals of what a policy earns."""
DECIDED = 0.98
"""Of the intervals of differences, which decide who is live: they are looked at night after night,
and one look in twenty would mislead soon."""
ENOUGH = 100.0
"""Effective choices below which nothing is said."""
OUTSIDE = 0.05
"""Share of a policy's choices that may lie where the log never went."""
ESTIMATORS = ("direct", "ips", "snips", "doubly_robust")


@dataclass(frozen=True)
class ChoiceLog:
    """Choices made by chance, with the chance of each, and what they earned.

    Attributes:
        chosen: Number of the option taken; shape (n,).
        reward: What it earned, in any unit; shape (n,).
        propensity: Chance with which each option would have been taken; shape (n, options),
            rows add up to 1.
        cluster: Choices whose luck hangs together (one SKU, one day) share a number; shape (n,).
    """

    chosen: Ints
    reward: Floats
    propensity: Floats
    cluster: Ints

    def __post_init__(self) -> None:
        rows = len(self.chosen)
        given = self.reward.shape == self.cluster.shape == (rows,)
        if not given or self.propensity.shape[:1] != (rows,):
            raise UsageError("a log of choices needs one reward, one cluster and one row a choice")
        taken = self.propensity[np.arange(rows), self.chosen]
        if (taken <= 0).any() or not np.isfinite(self.reward).all():
            raise UsageError(
                "the log holds a choice that had no chance of being made, or no reward",
                remedy="Leave such choices out: nothing can be learnt from them.",
            )


@dataclass(frozen=True)
class PolicyValue:
    """Mean reward a choice under a policy.

    Attributes:
        value: Estimate.
        std_error: Clustered.
        low: Lower end of the interval at ``LEVEL``.
        high: Upper end.
        effective: Choices that tell about the policy (Kish's effective sample size).
        reliable: Enough of those, and hardly any of the policy's choices outside the log's.
    """

    value: float
    std_error: float
    low: float
    high: float
    effective: float
    reliable: bool


def evaluate_policy(
    log: ChoiceLog, target: Floats, expected: Floats | None = None
) -> dict[str, PolicyValue]:
    """Value of a policy by the direct method, IPS, SNIPS and doubly robust.

    Inverse propensity scores weigh each reward by how much likelier the policy was to make the
    choice (Horvitz and Thompson 1952); SNIPS divides by the mean weight (Swaminathan and Joachims
    2015); doubly robust adds weighted surprises to what a model expects, and is right if either
    the chances or the model are (Dudík, Langford and Li 2011). Its interval is of these very
    choices: that SKUs differ from each other is not an uncertainty.

    Args:
        log: What was done.
        target: Chance with which the policy would take each option; shape (n, options).
        expected: A model's reward of each option, made without the choice's own reward; same
            shape. None: the mean reward, which makes doubly robust a control variate.

    Returns:
        A value for each of ``ESTIMATORS``.
    """
    model = _expected(log, expected)
    weight = _weights(log, target)
    rows = np.arange(len(log.chosen))
    planned = (target * model).sum(axis=1)
    surprise = weight * (log.reward - model[rows, log.chosen])
    mean_weight = max(_mean(weight), 1e-12)
    snips = float((weight * log.reward).sum() / max(weight.sum(), 1e-12))
    parts = {
        "direct": (_mean(planned), np.zeros_like(planned)),
        "ips": _with_influence(weight * log.reward),
        "snips": (snips, weight * (log.reward - snips) / mean_weight),
        "doubly_robust": (_mean(planned) + _mean(surprise), surprise - _mean(surprise)),
    }
    effective = _effective(weight)
    reliable = effective >= ENOUGH and _outside(log, target) <= OUTSIDE
    return {
        name: _valued(value, influence, log.cluster, effective, reliable)
        for name, (value, influence) in parts.items()
    }


def compare_policies(
    log: ChoiceLog, challenger: Floats, incumbent: Floats, expected: Floats | None = None
) -> PolicyValue:
    """By how much a challenger earns more than the incumbent, doubly robust, on the same log.

    The interval is at ``DECIDED``.
    """
    model = _expected(log, expected)
    rows = np.arange(len(log.chosen))
    surprise = log.reward - model[rows, log.chosen]
    one, other = _weights(log, challenger), _weights(log, incumbent)
    planned = ((challenger - incumbent) * model).sum(axis=1)
    value, influence = _with_influence((one - other) * surprise)
    value += _mean(planned)
    effective = min(_effective(one), _effective(other))
    outside = max(_outside(log, challenger), _outside(log, incumbent))
    reliable = effective >= ENOUGH and outside <= OUTSIDE
    return _valued(value, influence, log.cluster, effective, reliable, DECIDED)


def better(gain: PolicyValue) -> bool:
    """Whether a challenger may go live: it is better with the interval's confidence."""
    return gain.reliable and gain.low > 0


def worse(gain: PolicyValue, *, by: float = 0.0) -> bool:
    """Whether a policy has to stop: it is worse by more than that, with confidence."""
    return gain.reliable and gain.high < -by


def certain(options: Ints, count: int) -> Floats:
    """A policy that always takes the given option of each row, as chances."""
    made = np.zeros((len(options), count))
    made[np.arange(len(options)), options] = 1.0
    return made


def _expected(log: ChoiceLog, expected: Floats | None) -> Floats:
    if expected is not None:
        return expected
    return np.full(log.propensity.shape, _mean(log.reward))


def _weights(log: ChoiceLog, target: Floats) -> Floats:
    if target.shape != log.propensity.shape:
        raise UsageError("the policy gives chances for other options than the log's")
    rows = np.arange(len(log.chosen))
    weights: Floats = target[rows, log.chosen] / log.propensity[rows, log.chosen]
    return weights


def _effective(weight: Floats) -> float:
    """Choices that tell about a policy (Kish 1965)."""
    return float(weight.sum() ** 2 / max(np.square(weight).sum(), 1e-12))


def _outside(log: ChoiceLog, target: Floats) -> float:
    """Share of the policy's choices that the log could not have made."""
    if not len(target):
        return 1.0
    return float(np.where(log.propensity <= 0, target, 0.0).sum(axis=1).mean())


def _with_influence(values: Floats) -> tuple[float, Floats]:
    mean = _mean(values)
    return mean, values - mean


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _valued(
    value: float, influence: Floats, cluster: Ints, effective: float, reliable: bool,
    level: float = LEVEL,
) -> PolicyValue:  # fmt: skip
    from scipy.stats import t

    rows = len(influence)
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=influence, minlength=1)
    groups = len(sums)
    if groups < 2:
        return PolicyValue(value, np.inf, -np.inf, np.inf, effective, False)
    error = float(np.sqrt(np.square(sums).sum() * groups / (groups - 1)) / rows)
    width = float(t.ppf((1 + level) / 2, groups - 1)) * error
    return PolicyValue(value, error, value - width, value + width, effective, reliable)
