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
        allowed: What trying prices may cost, a SKU and day.
        values: What each policy would have earned, by every estimator of ``tools.off_policy``.
        gains: Every comparison made.
    """

    live: PricePolicy
    by: Gain | None
    allowed: float
    values: dict[PricePolicy, dict[str, PolicyValue]]
    gains: tuple[Gain, ...]


def judge_policies(found: PriceLog, live: PricePolicy, *, regret: float = 0.0) -> Judgement:
    """Judge the policies by the logged choices, and decide.

    Trying prices costs something by its nature, since what it teaches helps every policy. A live
    policy gives way to the best known prices where it costs more than it may (the upper end of its
    gain over them is below the cost allowed), and a challenger to prices that learn where it earns
    less than those. A challenger goes live where the lower end of its gain over the live policy is
    above nothing. All only where enough choices tell (``tools.off_policy.ENOUGH``).

    Args:
        found: The log.
        live: Who sets prices now.
        regret: Share of what the best known prices earn that trying may cost.
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
    earned = judged[PricePolicy.OPTIMISE]["doubly_robust"].value
    allowed = regret * max(earned, 0.0)
    by = _loss(gains, live, allowed)
    if by is not None:
        return Judgement(by.over, by, allowed, judged, gains)
    wins = (each for each in gains if each.over is live and better(each.value))
    by = next((each for each in wins if each.policy is PricePolicy.CHALLENGER), None)
    return Judgement(live if by is None else by.policy, by, allowed, judged, gains)


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


def _loss(gains: tuple[Gain, ...], live: PricePolicy, allowed: float) -> Gain | None:
    """The comparison that takes prices from the live policy, the most cautious first."""
    losses = [
        each for each in gains
        if each.policy is live
        and worse(each.value, by=allowed if each.over is PricePolicy.OPTIMISE else 0.0)
    ]  # fmt: skip
    return min(losses, key=lambda each: list(PricePolicy).index(each.over), default=None)
