"""The joint choice: which candidates of all menus, at most one a group, under shared limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import UsageError
from tools.solver import BinaryProgram, Solution, solve

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COLUMNS = ("id", "group", "value")
SPEND, CASH, SHARED = "campaign spend", "cash for purchase orders", "goal's budget"
ACTIONS = "number of actions"
GAP = 3e-5
"""Relative gap at which the solver may stop: a thirty-thousandth of what the plan is worth."""
LARGE, LARGE_GAP = 20_000, 5e-4
"""Candidates from which a two-thousandth will do, which saves the last search."""


@dataclass(frozen=True)
class Use:
    """How much of a limit the choice uses; money in minor units, actions counted."""

    used: int
    limit: int
    worth: float
    """What one more unit of the limit would add to the objective, by the relaxation's dual."""


@dataclass(frozen=True)
class Chosen:
    """The chosen candidates and how good the choice provably is.

    Attributes:
        ids: Chosen candidates, most valuable first.
        objective: Sum of their values.
        bound: No choice within the limits is worth more than this.
        binding: Limits that held the result back.
        gap: ``(bound - objective) / max(1, bound)``.
        uses: Every limit that was set, by name.
        complete: Whether the solver proved the choice within its gap in time.
    """

    ids: tuple[str, ...]
    objective: float
    bound: float
    binding: tuple[str, ...]
    gap: float
    uses: dict[str, Use] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True)
class _Limit:
    name: str
    weights: Ints
    limit: int

    def used(self, taken: npt.NDArray[np.bool_]) -> int:
        return int(self.weights[taken].sum())


def choose(
    candidates: pd.DataFrame,
    *,
    spend_limit_minor: int | None,
    cash_limit_minor: int | None,
    shared_limit_minor: int | None,
    max_actions: int | None,
    category_limit: int | None = None,
    conflicts: Iterable[tuple[str, str]] = (),
    time_limit_s: float = 20.0,
) -> Chosen:
    """Pick the most valuable candidates that fit together, as a binary program (HiGHS).

    Candidates that a cheaper one of their group beats are dropped first, which loses nothing;
    the relaxation's solution is rounded into a start, so that a choice exists at any moment.

    Args:
        candidates: ``id`` (unique), ``group``, ``value`` and, where they matter,
            ``spend_minor``, ``cash_minor``, ``category`` and ``actions`` (how many it counts
            as, 1 where not said). At most one of a group is chosen; candidates worth nothing, or
            whose worth is unknown, never are.
        spend_limit_minor: Most that campaigns may cost together; None for no limit.
        cash_limit_minor: Most that purchase orders may cost together.
        shared_limit_minor: Most that both may cost together.
        max_actions: Most candidates chosen.
        category_limit: Most candidates chosen of one category (the empty one is not counted).
        conflicts: Pairs of ids that exclude each other though their groups differ.
        time_limit_s: Seconds the solver may take.

    Raises:
        UsageError: A column is missing, ids repeat, or a limit is negative.
    """
    frame = _checked(candidates, conflicts := tuple(conflicts))
    limits = _limits(frame, spend_limit_minor, cash_limit_minor, shared_limit_minor, max_actions)
    limits += _category_limits(frame, category_limit)
    kept, blocked = _worth_a_look(frame, limits, conflicts)
    frame = frame.iloc[kept].reset_index(drop=True)
    limits = tuple(_Limit(each.name, each.weights[kept], each.limit) for each in limits)
    if frame.empty:
        return Chosen((), 0.0, 0.0, tuple(sorted(blocked)), 0.0, _uses(limits, None, None))
    program = _program(frame, limits, conflicts)
    gap = GAP if len(frame) < LARGE else LARGE_GAP
    solution = solve(program, gap=gap, time_limit_s=time_limit_s)
    return _result(frame, limits, solution, blocked)


def _checked(candidates: pd.DataFrame, conflicts: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in candidates]
    if missing:
        raise UsageError(f"candidates lack the column “{missing[0]}”")
    frame = candidates.reset_index(drop=True)
    if frame["id"].duplicated().any():
        raise UsageError("two candidates have the same id")
    made = pd.DataFrame({"id": frame["id"].astype(str), "group": frame["group"].astype(str)})
    made["value"] = pd.to_numeric(frame["value"], errors="coerce").astype("float64")
    for name, usual in (("spend_minor", 0), ("cash_minor", 0), ("actions", 1)):
        amounts = pd.to_numeric(frame[name], errors="coerce") if name in frame else usual
        made[name] = pd.Series(amounts, index=made.index).fillna(usual).round().astype("int64")
        if (made[name] < 0).any():
            raise UsageError("a candidate costs less than nothing")
    named = frame["category"] if "category" in frame else pd.Series("", index=made.index)
    made["category"] = named.astype(object).where(named.notna(), "").astype(str)
    unknown = {name for pair in conflicts for name in pair} - set(made["id"])
    if unknown:
        raise UsageError(f"a conflict names the unknown candidate {min(unknown)}")
    return made


def _limits(
    frame: pd.DataFrame,
    spend: int | None,
    cash: int | None,
    shared: int | None,
    actions: int | None,
) -> tuple[_Limit, ...]:
    spends, cashes = frame["spend_minor"].to_numpy(), frame["cash_minor"].to_numpy()
    counts = frame["actions"].to_numpy()
    named = (
        (SPEND, spends, spend), (CASH, cashes, cash), (SHARED, spends + cashes, shared),
        (ACTIONS, counts, actions),
    )  # fmt: skip
    for name, _, limit in named:
        if limit is not None and limit < 0:
            raise UsageError(f"the limit on {name} is negative")
    return tuple(_Limit(name, weight, int(limit)) for name, weight, limit in named
                 if limit is not None)  # fmt: skip


def _category_limits(frame: pd.DataFrame, limit: int | None) -> tuple[_Limit, ...]:
    if limit is None:
        return ()
    if limit < 0:
        raise UsageError("the limit on actions in a category is negative")
    codes, names = pd.factorize(frame["category"], sort=True)
    counts = frame["actions"].to_numpy()
    return tuple(
        _Limit(f"actions in {name}", np.where(codes == code, counts, 0), limit)
        for code, name in enumerate(names)
        if name
    )


def _worth_a_look(
    frame: pd.DataFrame, limits: tuple[_Limit, ...], conflicts: tuple[tuple[str, str], ...]
) -> tuple[Ints, set[str]]:
    """Places of candidates that an optimum may hold, and limits too small for some candidate."""
    able = (frame["value"] > 0).to_numpy()
    blocked: set[str] = set()
    for limit in limits:
        too_much = able & (limit.weights > limit.limit)
        if too_much.any():
            blocked.add(limit.name)
            able = able & ~too_much
    part = frame[able]
    order = part.sort_values(
        ["group", "value", "spend_minor", "cash_minor", "actions", "id"],
        ascending=[True, False, True, True, True, True],
        kind="stable",
    )
    rivals = {name for pair in conflicts for name in pair}
    return np.sort(order.index[_undominated(order, rivals)].to_numpy(dtype=np.int64)), blocked


def _undominated(order: pd.DataFrame, rivals: set[str]) -> npt.NDArray[np.bool_]:
    """Rows no better row of their group matches in every cost; rows by group, best value first."""
    keep = np.ones(len(order), dtype=bool)
    groups, categories = order["group"].to_numpy(), order["category"].to_numpy()
    spend, cash = order["spend_minor"].to_numpy(), order["cash_minor"].to_numpy()
    actions = order["actions"].to_numpy()
    tied = order["id"].isin(rivals).to_numpy()
    free = ~tied
    better: list[int] = []
    for row in range(len(order)):
        if row and groups[row] != groups[row - 1]:
            better = []
        beaten = any(
            spend[one] <= spend[row]
            and cash[one] <= cash[row]
            and actions[one] <= actions[row]
            and categories[one] in ("", categories[row])
            for one in better
        )
        if beaten:
            keep[row] = False
        elif free[row]:
            better.append(row)
    return keep


def _program(
    frame: pd.DataFrame, limits: tuple[_Limit, ...], conflicts: tuple[tuple[str, str], ...]
) -> BinaryProgram:
    groups = pd.factorize(frame["group"], sort=True)[0].astype(np.int64)
    place = {name: row for row, name in enumerate(frame["id"])}
    pairs = [
        (place[one], place[other])
        for one, other in conflicts
        if one in place and other in place and one != other
    ]
    return BinaryProgram(
        value=frame["value"].to_numpy(),
        group=groups,
        weights=np.array([limit.weights for limit in limits], dtype=np.int64).reshape(
            len(limits), len(frame)
        ),
        limits=np.array([limit.limit for limit in limits], dtype=np.int64),
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
    )


def _result(
    frame: pd.DataFrame, limits: tuple[_Limit, ...], solution: Solution, blocked: set[str]
) -> Chosen:
    picked = frame[solution.taken].sort_values(
        ["value", "id"], ascending=[False, True], kind="stable"
    )
    objective = float(picked["value"].sum())
    bound = max(float(solution.bound), objective)
    uses = _uses(limits, solution.taken, solution.duals)
    scale = max(objective, 1e-9)
    binding = [
        name for name, use in uses.items()
        if name in blocked or use.worth * max(use.limit, 1) > 1e-6 * scale
    ]  # fmt: skip
    return Chosen(
        ids=tuple(picked["id"]),
        objective=objective,
        bound=bound,
        binding=tuple(binding),
        gap=(bound - objective) / max(1.0, bound),
        uses=uses,
        complete=solution.complete,
    )


def _uses(
    limits: tuple[_Limit, ...], taken: npt.NDArray[np.bool_] | None, duals: Any
) -> dict[str, Use]:
    return {
        limit.name: Use(
            used=0 if taken is None else limit.used(taken),
            limit=limit.limit,
            worth=0.0 if duals is None else float(duals[row]),
        )
        for row, limit in enumerate(limits)
    }
