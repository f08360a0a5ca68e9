"""Multiple-choice knapsacks on HiGHS: relaxation, a rounded start, its core, branch and bound."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import EcomagentError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CORE = 256
"""Columns searched first."""
TIME_IS_UP = 1
"""SciPy's status of a search that its time limit ended."""


@dataclass(frozen=True)
class BinaryProgram:
    """Maximise ``value · x`` over binary ``x``, at most one of each group, within the limits.

    Attributes:
        value: Shape (n,), positive.
        group: Group number of each column, from 0 without gaps; shape (n,).
        weights: Whole, not negative; shape (limits, n).
        limits: Shape (limits,).
        pairs: Columns that exclude each other; shape (pairs, 2).
    """

    value: Floats
    group: Ints
    weights: Ints
    limits: Ints
    pairs: Ints = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    def fits(self, taken: Mask) -> bool:
        """Whether a choice keeps every limit, counted in whole numbers."""
        if (np.bincount(self.group[taken], minlength=1) > 1).any():
            return False
        if (taken[self.pairs[:, 0]] & taken[self.pairs[:, 1]]).any():
            return False
        return bool((self.weights[:, taken].sum(axis=1) <= self.limits).all())


@dataclass(frozen=True)
class Solution:
    """A choice within every limit, and a proven upper bound on the best one.

    Attributes:
        taken: Shape (n,).
        bound: Upper bound on the objective.
        duals: What one more unit of each limit adds to the relaxation; shape (limits,).
        complete: Whether the gap asked for was reached in time.
    """

    taken: Mask
    bound: float
    duals: Floats
    complete: bool


@dataclass(frozen=True)
class Relaxation:
    """The optimum when candidates may be taken in part.

    Attributes:
        x: Share taken of each column.
        bound: Its value, which no whole choice can beat.
        duals: What one more unit of each limit would add.
        reduced: What forcing a column that is left out would cost (zero or negative): where
            that is more than a known choice falls short of ``bound``, the column is in no better
            choice, and branching need not look at it.
    """

    x: Floats
    bound: float
    duals: Floats
    reduced: Floats


@dataclass(frozen=True)
class _Branched:
    taken: Mask | None
    bound: float
    finished: bool


def solve(program: BinaryProgram, *, gap: float, time_limit_s: float) -> Solution:
    """The best choice to within a relative gap, or the best found in time.

    Raises:
        EcomagentError: The solver failed, which a well-formed program never makes it do.
    """
    rows = _Rows.of(program)
    relaxed = _relax(program, rows, time_limit_s)
    known = rounded(program, relaxed)
    core = _core(program, relaxed)
    for _ in range(2):
        if _close(_worth(program, known), relaxed.bound, gap):
            return Solution(known, relaxed.bound, relaxed.duals, complete=True)
        found = _branch(program, rows, core, gap, time_limit_s)
        known = _better(program, known, found.taken)
        open_columns = np.flatnonzero(relaxed.bound + relaxed.reduced >= _worth(program, known))
        if np.isin(open_columns, core).all():
            break
        core = open_columns
    worth = _worth(program, known)
    bound = min(relaxed.bound, max(found.bound, worth))
    done = found.finished or _close(worth, bound, gap)
    return Solution(known, bound, relaxed.duals, complete=done)


def _worth(program: BinaryProgram, taken: Mask) -> float:
    return float(program.value[taken].sum())


def _core(program: BinaryProgram, relaxed: Relaxation) -> Ints:
    """The columns worth most after paying the duals' price for the limits they use.

    Where the relaxation takes columns in part, the best choice nearly always lies among these
    (Balas and Zemel, 1980, on the core of a knapsack), and a good choice known early rules out
    almost all others by their reduced cost.
    """
    reduced = program.value - relaxed.duals @ program.weights
    return np.sort(np.argsort(-reduced, kind="stable")[:CORE])


def _better(program: BinaryProgram, known: Mask, found: Mask | None) -> Mask:
    taken = known if found is None else _repaired(program, found)
    return taken if _worth(program, taken) > _worth(program, known) else known


def _close(objective: float, bound: float, gap: float) -> bool:
    return bool(bound - objective <= gap * max(abs(bound), 1e-12))


def rounded(program: BinaryProgram, relaxed: Relaxation) -> Mask:
    """A choice from the relaxation: what it takes whole, then the best that still fits.

    Columns are tried by their share in the relaxation, then by value less the price of the limits
    they use.
    """
    reduced = program.value - relaxed.duals @ program.weights
    return _fill(program, np.lexsort((-program.value, -reduced, -np.round(relaxed.x, 6))))


def _fill(program: BinaryProgram, order: Ints) -> Mask:
    taken = np.zeros(len(program.value), dtype=bool)
    left = program.limits.copy()
    used = np.zeros(int(program.group.max()) + 1, dtype=bool)
    rivals: dict[int, list[int]] = {}
    for one, other in program.pairs.tolist():
        rivals.setdefault(one, []).append(other)
        rivals.setdefault(other, []).append(one)
    group, weights = program.group, np.ascontiguousarray(program.weights.T)
    for column in order:
        if used[group[column]] or (weights[column] > left).any():
            continue
        if rivals and any(taken[rival] for rival in rivals.get(int(column), ())):
            continue
        taken[column] = used[group[column]] = True
        left -= weights[column]
    return taken


def _repaired(program: BinaryProgram, taken: Mask) -> Mask:
    """The choice itself where it keeps the limits to the last unit, else without its worst part."""
    if program.fits(taken):
        return taken
    ranked = np.lexsort((-program.value, ~taken))
    return _fill(program, ranked)


@dataclass(frozen=True)
class _Rows:
    """The program's rows, money scaled so that each limit is 1."""

    matrix: Any
    upper: Floats
    first_limit: int

    @classmethod
    def of(cls, program: BinaryProgram) -> _Rows:
        from scipy import sparse

        count = len(program.value)
        groups = int(program.group.max()) + 1
        at_most_one = (np.ones(count), (program.group, np.arange(count)))
        rivals = np.repeat(np.arange(len(program.pairs)), 2)
        excluded = (np.ones(rivals.size), (rivals, program.pairs.ravel()))
        matrix = sparse.vstack(
            [
                sparse.csr_matrix(at_most_one, shape=(groups, count)),
                sparse.csr_matrix(program.weights / np.maximum(program.limits, 1)[:, None]),
                sparse.csr_matrix(excluded, shape=(len(program.pairs), count)),
            ],
            format="csc",
        )
        upper = np.ones(matrix.shape[0])
        upper[groups : groups + len(program.limits)] = np.minimum(program.limits, 1)
        return cls(matrix, upper, groups)


def _relax(program: BinaryProgram, rows: _Rows, time_limit_s: float) -> Relaxation:
    """The linear relaxation; where even that takes too long, each group's best."""
    from scipy.optimize import linprog

    scale = float(program.value.max())
    found = linprog(
        -program.value / scale,
        A_ub=rows.matrix,
        b_ub=rows.upper,
        bounds=(0, 1),
        method="highs",
        options={"time_limit": time_limit_s},
    )
    if found.status == TIME_IS_UP:
        best = np.zeros(int(program.group.max()) + 1)
        np.maximum.at(best, program.group, program.value)
        none = np.zeros(len(program.limits))
        unknown = np.zeros(len(program.value))
        return Relaxation(unknown, float(best.sum()), none, unknown)
    if found.status != 0:
        raise _failed(str(found.message))
    mine = slice(rows.first_limit, rows.first_limit + len(program.limits))
    duals = np.maximum(-found.ineqlin.marginals[mine], 0.0) * scale
    return Relaxation(
        x=found.x,
        bound=-float(found.fun) * scale,
        duals=duals / np.maximum(program.limits, 1),
        reduced=-np.maximum(found.lower.marginals, 0.0) * scale,
    )


@contextmanager
def _without_chatter() -> Iterator[None]:
    """HiGHS prints a line of its own past every option when it mends a choice's rounding.

    Where nobody is at a terminal, C keeps it back: it is flushed before the screen is given back.
    """
    flush = ctypes.CDLL(None).fflush
    flush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _branch(
    program: BinaryProgram, rows: _Rows, columns: Ints, gap: float, time_limit_s: float
) -> _Branched:
    from scipy.optimize import Bounds, LinearConstraint, milp

    scale = float(program.value.max())
    with _without_chatter():
        found = milp(
            -program.value[columns] / scale,
            integrality=np.ones(len(columns)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(rows.matrix[:, columns], ub=rows.upper),
            options={"mip_rel_gap": gap, "time_limit": time_limit_s},
        )
    if found.status not in (0, TIME_IS_UP):
        raise _failed(str(found.message))
    proven = found.mip_dual_bound
    bound = -float(proven) * scale if proven is not None and np.isfinite(proven) else np.inf
    taken = None
    if found.x is not None:
        taken = np.zeros(len(program.value), dtype=bool)
        taken[columns[found.x > 0.5]] = True
    return _Branched(taken, bound, finished=found.status == 0)


def _failed(message: str) -> EcomagentError:
    return EcomagentError(
        f"the solver gave up: {message}",
        remedy="Run `ecomagent plan` again with -v and report the log file it names.",
    )
