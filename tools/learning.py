"""What outcomes teach: how far each tool's promises can be trusted, and how wide they should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import significant
from tools.realised import Band, sd_of

T = TypeVar("T", float, pd.Series)
TOOL = "tools.learning.trust_of"
FACTOR_PRIOR_SD = 0.3
"""A tool of which nothing is known is trusted as it is, give or take so much."""
PLAN_SD = 0.25
"""How far single plans lie from a tool's usual: what is done at once shares its luck."""
LEAST_FACTOR, MOST_FACTOR = 0.3, 1.5
WIDTH_PRIOR_SD = 0.35
"""Of the log of the width factor."""
LEAST_WIDTH, MOST_WIDTH = 0.5, 3.0
WIDTHS = 61
SURPRISE = 4.0
"""A single outcome counts at most so many standard errors from its promise."""


@dataclass(frozen=True)
class Kept:
    """One promise and what came of it, in the same metric and for the same days."""

    plan_id: str
    action_id: str
    promised: Band
    happened: Band
    shared_sd: float = 0.0
    """Part of the measurement's error that all outcomes of the plan have in common."""


@dataclass(frozen=True)
class Trust:
    """How a tool's promises are to be taken.

    Attributes:
        factor: What is to be expected of a promise's middle, as a share of it.
        factor_sd: Its standard error.
        width: What the distance from P50 to P10 and P90 is to be multiplied by, on top.
        outcomes: Promises it rests on.
        plans: Plans they belong to.
        params: From which it can be computed again.
    """

    factor: float
    factor_sd: float
    width: float
    outcomes: int
    plans: int
    params: Mapping[str, Any]

    def evidence(self, tool: str, source: DataRef | None = None) -> Evidence:
        """The figures with the outcomes they come from."""
        return Evidence.of(
            TOOL,
            params={"tool": tool, **self.params},
            data=() if source is None else (source,),
            result={
                "factor": self.factor,
                "factor_sd": self.factor_sd,
                "width": self.width,
                "outcomes": self.outcomes,
                "plans": self.plans,
            },
        )

    def applied_to(self, low: T, middle: T, high: T) -> tuple[T, T, T]:
        """P10, P50 and P90 of a promise (numbers or columns of them) as they are to be expected."""
        centre, stretch = self.factor * middle, self.factor * self.width
        return centre - stretch * (middle - low), centre, centre + stretch * (high - middle)


def trusted(figures: Mapping[str, float], evidence: Iterable[Evidence]) -> dict[str, float]:
    """Impact columns (``units_p10`` …) scaled by the trust among an action's evidence, if any."""
    found = dict(figures)
    known = next((each.result for each in evidence if each.tool == TOOL), None)
    if known is None:
        return found
    trust = Trust(known["factor"], known["factor_sd"], known["width"], 0, 0, {})
    for stem in sorted({name.removesuffix("_p50") for name in found if name.endswith("_p50")}):
        names = [f"{stem}_{point}" for point in ("p10", "p50", "p90")]
        found |= zip(names, trust.applied_to(*(found[name] for name in names)), strict=True)
    return found


def trust_of(kept: Iterable[Kept]) -> Trust:
    """Ratio of what happened to what was promised, and how well the bands held.

    Within a plan the ratio is the weighted least-squares slope of what happened on what was
    promised, ``Σ μ m / v ÷ Σ μ² / v`` with ``v`` the variances of promise and measurement; plans
    are pooled by normal-normal updating around one, so that little evidence moves little. The width
    is the one under which the misses are likeliest, its logarithm around nothing.

    Args:
        kept: Promises in any order; money in any unit, each with its own outcome.
    """
    known = sorted(kept, key=lambda each: (each.plan_id, each.action_id))
    params = {
        "promised": [list(each.promised) for each in known],
        "happened": [list(each.happened) for each in known],
        "shared_sd": [each.shared_sd for each in known],
        "outcomes_of": [f"{each.plan_id}/{each.action_id}" for each in known],
    }
    by_plan: dict[str, list[Kept]] = defaultdict(list)
    for each in known:
        by_plan[each.plan_id].append(each)
    factor, sd = _factor(list(by_plan.values()))
    return Trust(
        factor=float(significant(np.clip(factor, LEAST_FACTOR, MOST_FACTOR), 4)),
        factor_sd=float(significant(sd, 4)),
        width=float(significant(_width(known, factor), 4)),
        outcomes=len(known),
        plans=len(by_plan),
        params=params,
    )


def _factor(plans: Sequence[Sequence[Kept]]) -> tuple[float, float]:
    precision, pull = 1 / FACTOR_PRIOR_SD**2, 1 / FACTOR_PRIOR_SD**2
    for each in plans:
        ratio, variance = _ratio(each)
        weight = 1 / (variance + PLAN_SD**2)
        precision += weight
        pull += weight * ratio
    return pull / precision, float(precision**-0.5)


def _ratio(kept: Sequence[Kept]) -> tuple[float, float]:
    """Slope of one plan and its variance."""
    promised = np.array([each.promised[1] for each in kept])
    variance = np.array([_variance(each) for each in kept])
    happened = np.array([each.happened[1] for each in kept])
    reach = SURPRISE * np.sqrt(variance)
    happened = np.clip(happened, promised - reach, promised + reach)
    weight = float((promised**2 / variance).sum())
    if weight <= 0:
        return 1.0, float("inf")
    shared = np.array([each.shared_sd for each in kept])
    common = float((np.abs(promised) * shared / variance).sum()) / weight
    return float((promised * happened / variance).sum()) / weight, 1 / weight + common**2


def _variance(kept: Kept, width: float = 1.0) -> float:
    least = (0.02 * abs(kept.promised[1]) + 1e-6) ** 2
    return (width * sd_of(kept.promised)) ** 2 + sd_of(kept.happened) ** 2 + least


def _width(kept: Sequence[Kept], factor: float) -> float:
    if not kept:
        return 1.0
    tried = np.exp(np.linspace(np.log(LEAST_WIDTH), np.log(MOST_WIDTH), WIDTHS))
    score = -0.5 * (np.log(tried) / WIDTH_PRIOR_SD) ** 2
    for each in kept:
        variance = np.array([_variance(each, float(width)) for width in tried])
        miss = (each.happened[1] - factor * each.promised[1]) ** 2
        score -= 0.5 * (np.log(variance) + np.minimum(miss / variance, SURPRISE**2))
    weight = np.exp(score - score.max())
    return float(np.exp((weight * np.log(tried)).sum() / weight.sum()))
