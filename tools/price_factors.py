"""Which factor moved a price how far: from the present price to the proposed one, step by step.

Sequential ablation: a price that knows nothing stays where it is; factors are switched on one
after another in a fixed order, the best price is looked for again each time, and what it moves by
is the factor's. The parts add up to the whole move; another order would split it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.goal import Objective
from tools.futures import Luck, common_luck
from tools.price_curve import SHAPES
from tools.price_effects import Terms, price_worth, row_of, terms_of
from tools.price_futures import Given, given_of

Floats = npt.NDArray[np.float64]

TOOL = "tools.price_factors.price_factors"
REACH, PLACES = 0.7, 61
"""Log distance that prices are looked for in, both ways, and how many are tried."""
GRID = np.linspace(-REACH, REACH, PLACES)
DRAWS, SEED = 48, 5
UNKNOWN = np.full((1, 1), np.nan)

FACTORS: dict[str, tuple[str, str]] = {
    "elasticity": ("how demand answers this price", "自身价格弹性"),
    "cost": ("cost against its usual level", "成本相对常态"),
    "bend": ("demand that may bend", "需求曲线的弯曲"),
    "untested": ("prices never tried", "未试过的价位"),
    "recent": ("price that demand was seen at", "近期成交价位"),
    "competitor": ("competitor's price", "竞品价格"),
    "cross": ("other products' sales", "对其他商品的影响"),
    "season": ("demand ahead against the last 90 days", "未来需求与近90天之比"),
    "stock": ("stock in hand", "现有库存"),
    "inbound": ("goods on their way", "在途货品"),
    "elasticity_doubt": ("doubt about the answer", "弹性的不确定性"),
    "demand_doubt": ("doubt about demand", "需求的不确定性"),
    "risk": ("losses weigh more than gains", "损失权重高于收益"),
    "goal": ("what the goal counts", "目标口径"),
    "days": ("days it holds", "执行天数"),
    "later": ("what later plans can add", "后续计划的余地"),
    "margin": ("margin floor", "毛利下限"),
    "brand": ("brand's minimum price", "品牌最低价"),
    "change": ("largest change or discount", "最大调价幅度"),
    "policy": ("other bounds of policy and goal", "其他政策与目标约束"),
    "ending": ("endings, family, the joint choice, a draw", "价格尾数、同系列价格、整体取舍、抽取"),
}
"""Every factor in the order it is switched on, in both languages."""


@dataclass(frozen=True)
class PriceFactors:
    """How far each factor moved a price.

    Attributes:
        moved_minor: Factor to minor units; together the price less the present one.
        shares: Factor to its part of all moves, up and down; they add up to 1, or all are 0.
        best_minor: Best price after each factor.
    """

    moved_minor: dict[str, float]
    shares: dict[str, float]
    best_minor: dict[str, float]

    def strongest(self, count: int) -> tuple[str, ...]:
        """Factors that moved the price most, the strongest first."""
        order = sorted(self.moved_minor, key=lambda name: -abs(self.moved_minor[name]))
        return tuple(name for name in order[:count] if self.shares[name] >= 0.005)

    def evidence(self, params: Mapping[str, Any], data: tuple[DataRef, ...]) -> Evidence:
        """The parts with what they were made from; ``price_factors(params)`` recomputes them."""
        moved = {f"{name}_moved_minor": value for name, value in self.moved_minor.items()}
        shares = {f"{name}_share": value for name, value in self.shares.items()}
        return Evidence.of(TOOL, params=dict(params), data=data, result=moved | shares)


@dataclass(frozen=True)
class _State:
    """What is switched on."""

    given: Given
    terms: Terms
    luck: Luck
    loss_weight: float = 0.0
    low: float = 0.0
    high: float = np.inf

    def values_like(self, other: _State) -> bool:
        """Whether only the bounds differ."""
        return (
            self.given is other.given and self.terms is other.terms and self.luck is other.luck
            and self.loss_weight is other.loss_weight
        )  # fmt: skip


Switch = Callable[[_State], _State]


def price_factors(params: Mapping[str, Any]) -> PriceFactors:
    """Split the move from the present price to the proposed one among all factors.

    Args:
        params: Of the evidence of a candidate (``tools.price_menu.PriceMenu.evidence``).
    """
    now, chosen = float(params["current_minor"]), float(params["price_minor"])
    state = _nothing_known(params)
    best, found = now, {}
    value = _values(state, now)
    for name, switch in _switches(params).items():
        after = switch(state)
        if after is not state:
            if not after.values_like(state):
                value = _values(after, now)
            best = _best_price(after, value, now)
        state, found[name] = after, best
    moved = {}
    before = now
    for name in FACTORS:
        if name != "ending":
            moved[name] = round(found[name] - before, 2)
            before = found[name]
    moved["ending"] = round(chosen - now - sum(moved.values()), 2)
    total = sum(abs(each) for each in moved.values())
    shares = {name: round(abs(each) / total, 6) if total else 0.0 for name, each in moved.items()}
    best_after = {name: round(price, 2) for name, price in found.items()} | {"ending": chosen}
    return PriceFactors(moved, shares, best_after)


def _nothing_known(params: Mapping[str, Any]) -> _State:
    """Demand for which the present price is the best, without stock, rivals or doubt."""
    given = given_of(row_of(params))
    now = given["current_minor"]
    cost = float(params.get("usual_cost_minor") or params.get("cost_minor") or 0.0)
    margin = float(now[0, 0]) - cost
    neutral = -float(now[0, 0]) / margin if margin > 0 and cost > 0 else -1.0
    recent = float(params.get("recent_per_day") or 0.0)
    blank = dict.fromkeys(given, UNKNOWN)
    blank |= {
        "current_minor": now,
        "cost_minor": np.full((1, 1), cost),
        "mean_per_day": np.full((1, 1), recent) if recent > 0 else given["mean_per_day"],
        "variance_per_day": given["variance_per_day"] * 0.0,
        "log_error_sd": now * 0.0,
        "elasticity": np.full((1, 1), neutral),
        "std_error": now * 0.0,
        "seen_low_minor": now * np.exp(-2 * REACH),
        "seen_high_minor": now * np.exp(2 * REACH),
    }
    terms = replace(terms_of(params), objective=Objective.GROSS_PROFIT, step=0.0)
    nil = np.zeros(1)
    return _State(blank, replace(terms, days=terms.horizon_days), Luck(nil, nil, nil))


def _switches(params: Mapping[str, Any]) -> dict[str, Switch]:
    """What each factor switches on, in order; what is not known returns the state unchanged."""
    known = given_of(row_of(params))
    real, drawn = terms_of(params), common_luck(DRAWS, SEED)
    nil, one = np.zeros(SHAPES), np.zeros(DRAWS)
    floor = _margin_floor(params)
    now, change = float(params["current_minor"]), float(params["max_change"])
    deepest = params.get("max_discount") if real.step == 0 else None
    reach = (now * (1 - float(deepest or change)), now * (1 + change))
    rivals = ("rival_minor", "rival_basis_minor", "rival_elasticity", "rival_then_minor")
    return {
        "elasticity": _given(known, "elasticity"),
        "cost": _given(known, "cost_minor"),
        "bend": _both(_given(known, "own_then_minor"), _set(luck=Luck(nil, nil, nil))),
        "untested": _given(known, "seen_low_minor", "seen_high_minor", blank=True),
        "recent": _given(known, "basis_minor"),
        "competitor": _given(known, *rivals),
        "cross": _given(known, "cross_units", "cross_revenue_minor", "cross_gross_profit_minor"),
        "season": _given(known, "mean_per_day"),
        "stock": _given(known, "stock"),
        "inbound": _given(known, "inbound", "inbound_days"),
        "elasticity_doubt": _both(
            _given(known, "std_error"), _set(luck=Luck(one, drawn.price, one))
        ),
        "demand_doubt": _both(
            _given(known, "log_error_sd", "variance_per_day"), _set(luck=drawn)
        ),
        "risk": _set(loss_weight=None),
        "goal": lambda state: replace(
            state, terms=replace(state.terms, objective=real.objective)),
        "days": lambda state: replace(state, terms=replace(state.terms, days=real.days)),
        "later": _both(_given(known, "floor_minor"), lambda state: replace(
            state, terms=replace(state.terms, step=real.step))),
        "margin": _bound(floor, np.inf),
        "brand": _bound(float(params.get("floor_minor") or 0.0), np.inf),
        "change": _bound(*reach),
        "policy": _bound(float(params.get("low_minor") or 0.0),
                         float(params.get("high_minor") or np.inf)),
    }  # fmt: skip


def _margin_floor(params: Mapping[str, Any]) -> float:
    """Lowest price that the margin allows; the present one where no cost is known."""
    cost = params.get("cost_minor")
    if cost is None:
        return float(params["current_minor"])
    return float(np.ceil(float(cost) / max(1.0 - float(params["min_margin"]), 1e-9)))


def _given(known: Given, *names: str, blank: bool = False) -> Switch:
    def switch(state: _State) -> _State:
        new = {name: known[name] for name in names if blank or np.isfinite(known[name]).all()}
        same = all(np.array_equal(state.given[n], v, equal_nan=True) for n, v in new.items())
        return state if same else replace(state, given={**state.given, **new})

    return switch


def _set(*, luck: Luck | None = None, loss_weight: float | None = 0.0) -> Switch:
    def switch(state: _State) -> _State:
        if luck is not None:
            return replace(state, luck=luck)
        return replace(state, loss_weight=np.nan if loss_weight is None else loss_weight)

    return switch


def _both(one: Switch, other: Switch) -> Switch:
    return lambda state: other(one(state))


def _bound(low: float, high: float) -> Switch:
    def switch(state: _State) -> _State:
        bound = max(state.low, low), min(state.high, high)
        if bound == (state.low, state.high):
            return state
        return replace(state, low=bound[0], high=max(bound))

    return switch


def _values(state: _State, now: float) -> Floats:
    """Value of every price of the grid."""
    weight = None if np.isnan(state.loss_weight) else state.loss_weight
    given = {name: np.broadcast_to(each, (PLACES, 1)) for name, each in state.given.items()}
    price = now * np.exp(GRID)
    return price_worth(given, price[:, None], state.terms, state.luck, loss_weight=weight)


def _best_price(state: _State, value: Floats, now: float) -> float:
    """Best price of a state: of the grid, then the top of the parabola through its neighbours."""
    price = now * np.exp(GRID)
    allowed = (price >= state.low) & (price <= state.high)
    if not allowed.any():
        return float(np.clip(now, state.low, state.high))
    place = int(np.argmax(np.where(allowed, value, -np.inf)))
    log = GRID[place]
    if 0 < place < PLACES - 1:
        below, at, above = value[place - 1 : place + 2]
        bend = below - 2 * at + above
        if bend < 0:
            log += float(np.clip((below - above) / (2 * bend), -0.5, 0.5)) * (GRID[1] - GRID[0])
    return float(np.clip(now * np.exp(log), state.low, state.high))
