"""The smallest set of limits to relax for a plan to be worth its target, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from tools.choose import Chosen, choose

Kind = Literal["each", "sum"]

MOST_LIMITS = 3
"""Limits relaxed together at most: a longer list is no advice."""
MOST_ROWS = 2000
"""Candidates looked at: the most valuable ones."""
TIME_LIMIT_S = 5.0


@dataclass(frozen=True)
class Bound:
    """A limit on every candidate (``each``) or on all chosen ones together (``sum``).

    Attributes:
        name: What it is called.
        column: What of a candidate it looks at; more is what it forbids.
        most: The largest amount allowed.
        kind: Whether it holds for each or for the sum.
    """

    name: str
    column: str
    most: float
    kind: Kind = "each"


@dataclass(frozen=True)
class Relaxed:
    """A limit that has to give.

    Attributes:
        name: The limit's.
        now: What it allows.
        needed: What it would have to allow.
    """

    name: str
    now: float
    needed: float


@dataclass(frozen=True)
class Relaxation:
    """What a plan needs.

    Attributes:
        limits: The smallest set of limits that have to give, and how far; empty where none has.
        value: What the best plan is worth then.
        target: What was asked for.
    """

    limits: tuple[Relaxed, ...]
    value: float
    target: float


def smallest_relaxation(
    rows: pd.DataFrame, bounds: Sequence[Bound], *, target: float = 0.0
) -> Relaxation | None:
    """Find the fewest limits without which the best choice is worth more than the target.

    Sets are tried by size, so that the first that works is smallest; of sets of one size, the one
    whose limits stand first in ``bounds``. Within it each limit is drawn in as far as it goes, one
    after the other, so that no one of them could give less while the others stay.

    Args:
        rows: Candidates made without the limits: ``id, group, value`` and every bound's column
            (NaN: the bound has nothing to say of it).
        bounds: The limits.
        target: What the plan must be worth more than, in the candidates' value.

    Returns:
        None where no ``MOST_LIMITS`` of the limits stand in the way: nothing would help.

    Raises:
        UsageError: A bound's column is missing.
    """
    for bound in bounds:
        if bound.column not in rows:
            raise UsageError(f"candidates lack the column “{bound.column}”")
    best = rows[rows["value"] > 0].sort_values(["value", "id"], ascending=[False, True])
    problem = _Problem(best.head(MOST_ROWS).reset_index(drop=True), tuple(bounds), target)
    for size in range(min(MOST_LIMITS, len(bounds)) + 1):
        for names in combinations([bound.name for bound in bounds], size):
            found = problem.tightest(names)
            if found is not None:
                return found
    return None


class _Problem:
    def __init__(self, rows: pd.DataFrame, bounds: tuple[Bound, ...], target: float) -> None:
        self._rows, self._bounds, self._target = rows, bounds, target

    def tightest(self, names: tuple[str, ...]) -> Relaxation | None:
        """The least that the named limits have to give; None where that is not enough."""
        most = {bound.name: bound.most for bound in self._bounds}
        free = most | dict.fromkeys(names, float("inf"))
        if not self._reached(free):
            return None
        for name in names:
            free[name] = self._drawn_in(name, free)
        value = self._best(free).objective
        limits = tuple(Relaxed(name, most[name], free[name]) for name in names)
        return Relaxation(limits, value, self._target)

    def _drawn_in(self, name: str, free: dict[str, float]) -> float:
        """The smallest amount of one limit that still reaches the target, others as they are."""
        bound = next(each for each in self._bounds if each.name == name)
        steps = self._steps(bound, free)
        low, high = 0, len(steps) - 1
        while low < high:
            middle = (low + high) // 2
            if self._reached(free | {name: steps[middle]}):
                high = middle
            else:
                low = middle + 1
        return float(steps[high])

    def _steps(self, bound: Bound, free: dict[str, float]) -> npt.NDArray[np.float64]:
        """Amounts to try, growing: those that candidates have, or what a sum may come to."""
        amounts = self._rows[bound.column].to_numpy(dtype=np.float64)
        if bound.kind == "each":
            above = np.unique(amounts[np.isfinite(amounts) & (amounts > bound.most)])
            return above
        chosen = set(self._best(free).ids)
        used = float(np.nansum(amounts[self._rows["id"].astype(str).isin(chosen).to_numpy()]))
        single = amounts[np.isfinite(amounts) & (amounts > bound.most) & (amounts < used)]
        grid = np.linspace(bound.most, used, 2**6 + 1)[1:]
        return np.unique(np.round(np.concatenate([single, grid, [used]])))

    def _reached(self, most: dict[str, float]) -> bool:
        return self._best(most).objective > self._target

    def _best(self, most: dict[str, float]) -> Chosen:
        able = np.ones(len(self._rows), dtype=bool)
        sums: dict[str, int | None] = {}
        for bound in self._bounds:
            if bound.kind == "each":
                amounts = self._rows[bound.column].to_numpy(dtype=np.float64)
                able &= ~(amounts > most[bound.name] + 1e-9)
            elif np.isfinite(most[bound.name]):
                sums[bound.column] = int(most[bound.name])
        return choose(
            self._rows[able],
            spend_limit_minor=sums.get("spend_minor"),
            cash_limit_minor=sums.get("cash_minor"),
            shared_limit_minor=sums.get("shared_minor"),
            max_actions=sums.get("actions"),
            time_limit_s=TIME_LIMIT_S,
        )
