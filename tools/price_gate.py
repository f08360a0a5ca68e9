"""Who sets prices: the policy that learns, its challenger, or neither, by what the log tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tools.off_policy import PolicyValue, better, compare_policies, evaluate_policy, worse
from tools.price_log import PriceLog

Floats = npt.NDArray[np.float64]


class PricePolicy(StrEnum):
    """Ways to set list prices."""

    OPTIMISE = "optimise"
    """The best price as far as is known."""
    LEARN = "learn"
    """Thompson sampling on the demand model."""
    CHALLENGER = "challenger"
    """A trained reinforcement-learning policy."""


@dataclass(frozen=True)
class Gain:
    """By how much one policy earns more than another, a SKU and day, doubly robust."""

    policy: PricePolicy
    over: PricePolicy
    value: PolicyValue


@dataclass(frozen=True)
class Judgement:
    """What the log says of the policies, and who sets prices from now on.

    Attributes:
        live: Who does.
        by: The comparison that changed it; None where it stays.
        values: What each policy would have earned, by every estimator of ``tools.off_policy``.
        gains: Every comparison made.
    """

    live: PricePolicy
    by: Gain | None
    values: dict[PricePolicy, dict[str, PolicyValue]]
    gains: tuple[Gain, ...]


def judge_policies(found: PriceLog, live: PricePolicy) -> Judgement:
    """Judge the policies by the logged choices, and decide.

    A live policy that earns less than prices that are not tried out (the upper end of its
    interval is below nothing) gives way to them, and a challenger that earns less than learning
    to that. A challenger goes live where the lower end of its gain over the live policy is above
    nothing. Both only where the log holds enough choices that tell (``tools.off_policy.ENOUGH``).

    Args:
        found: The log.
        live: Who sets prices now.
    """
    gains = _gains(found)
    values = {PricePolicy.OPTIMISE: found.best, PricePolicy.LEARN: found.thompson}
    judged = {
        policy: evaluate_policy(found.log, chances, found.expected)
        for policy, chances in values.items()
    }
    asked = found.asked()
    if len(asked.skus):
        judged[PricePolicy.CHALLENGER] = evaluate_policy(
            asked.log, asked.challenger, asked.expected
        )
    by = _change(gains, live)
    if by is None:
        return Judgement(live, None, judged, gains)
    return Judgement(by.over if worse(by.value) else by.policy, by, judged, gains)


def _gains(found: PriceLog) -> tuple[Gain, ...]:
    asked = found.asked()
    pairs = [(PricePolicy.LEARN, PricePolicy.OPTIMISE, found, found.thompson, found.best)]
    if len(asked.skus):
        pairs += [
            (PricePolicy.CHALLENGER, PricePolicy.LEARN, asked, asked.challenger, asked.thompson),
            (PricePolicy.CHALLENGER, PricePolicy.OPTIMISE, asked, asked.challenger, asked.best),
        ]
    return tuple(
        Gain(policy, over, compare_policies(log.log, one, other, log.expected))
        for policy, over, log, one, other in pairs
    )


def _change(gains: tuple[Gain, ...], live: PricePolicy) -> Gain | None:
    """The comparison that takes prices from the live policy, the most cautious first."""
    losses = [each for each in gains if each.policy is live and worse(each.value)]
    if losses:
        return min(losses, key=lambda each: list(PricePolicy).index(each.over))
    wins = (each for each in gains
            if each.policy is PricePolicy.CHALLENGER and each.over is live)  # fmt: skip
    return next((each for each in wins if better(each.value)), None)
