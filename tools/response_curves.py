"""How returns diminish: concave curves of response to spending, a channel each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

PRIOR_HALF = {"ads": 3.0}
"""Spend at which half of the most a channel can do is reached, as a multiple of usual spend, where
no experiment tells: advertisements run out of people who care."""
OTHER_HALF = 30.0
"""The same for messages, which go to one more customer each: close to a straight line."""
PRIOR_LOG_SD = 1.0
LEAST_EXPERIMENTS = 4
LEAST_SPREAD = 2.0
"""Largest over smallest spend from which experiments say anything of the curve."""
GRID = 61


@dataclass(frozen=True)
class Curve:
    """Response to spending: ``top * spend / (spend + half)``, a Hill curve of slope one.

    Concave by construction: each unit of money brings no more than the one before it. Curves
    with a slow start (slope above one) are left out on purpose, since no solver may rely on a
    start that was not seen.

    Attributes:
        top: Most that can be reached.
        half: Spend at which half of it is.
        half_low, half_high: Ends of an 80 % interval.
        measured: Whether randomised experiments at several spends stand behind it.
        points: Observations it rests on.
    """

    top: float
    half: float
    half_low: float
    half_high: float
    measured: bool
    points: int

    def at(self, spend: Floats | float) -> Floats:
        """Response to a spend."""
        money = np.maximum(np.asarray(spend, dtype=np.float64), 0.0)
        return np.asarray(self.top * money / (money + self.half), dtype=np.float64)

    def marginal(self, spend: Floats | float) -> Floats:
        """Response to one more unit of money."""
        money = np.maximum(np.asarray(spend, dtype=np.float64), 0.0)
        return np.asarray(self.top * self.half / (money + self.half) ** 2, dtype=np.float64)

    def damping(self, spend: float, usual: float) -> float:
        """Response for each unit of money against that at the usual spend."""
        return float((usual + self.half) / (max(spend, 0.0) + self.half))


def fit_curve(
    spend: Floats, response: Floats, errors: Floats, *, channel: str = "", experiments: bool = True
) -> Curve:
    """A curve through observed responses, held by a prior on where returns halve.

    For each half-saturation of a grid the best non-negative top follows in closed form; the
    curve averages over the grid, weighed by likelihood and a log-normal prior.

    Args:
        spend: Positive; shape (n,).
        response: Extra outcome by spend.
        errors: Standard errors of the responses, positive.
        channel: Whose prior holds.
        experiments: Whether the responses were measured against randomised hold-outs.
    """
    usual = float(np.median(spend))
    prior = usual * PRIOR_HALF.get(channel, OTHER_HALF)
    halves = prior * np.exp(PRIOR_LOG_SD * np.linspace(-3.5, 3.5, GRID))
    shapes = spend[None, :] / (spend[None, :] + halves[:, None])
    weight = 1 / errors**2
    tops = np.maximum((shapes * response * weight).sum(axis=1), 0) / (shapes**2 * weight).sum(
        axis=1
    )
    misfit = (((response - tops[:, None] * shapes) ** 2) * weight).sum(axis=1)
    log_weight = -0.5 * misfit - 0.5 * (np.log(halves / prior) / PRIOR_LOG_SD) ** 2
    chance = np.exp(log_weight - log_weight.max())
    chance /= chance.sum()
    half = float(np.exp((chance * np.log(halves)).sum()))
    low, high = np.interp([0.1, 0.9], np.cumsum(chance), halves)
    shape = spend / (spend + half)
    top = max(float((shape * response * weight).sum() / (shape**2 * weight).sum()), 0.0)
    spread = float(spend.max() / max(spend.min(), 1e-9))
    known = experiments and len(spend) >= LEAST_EXPERIMENTS and spread >= LEAST_SPREAD
    return Curve(top, half, float(low), float(high), known, len(spend))


def channel_curve(measured: pd.DataFrame, channel: str) -> tuple[Curve, float] | None:
    """A channel's curve from past campaigns with hold-outs, and their usual spend.

    Args:
        measured: ``channel, sent, uplift, variance, cost_minor`` as
            ``tools.campaign_effect.measured_campaigns`` gives them.
        channel: Which one.

    Returns:
        None where no campaign of the channel has both a cost and a hold-out.
    """
    if "cost_minor" not in measured:
        return None
    mine = measured[(measured["channel"] == channel) & (measured["cost_minor"] > 0)]
    if mine.empty:
        return None
    spend, sent = mine["cost_minor"].to_numpy(np.float64), mine["sent"].to_numpy(np.float64)
    errors = sent * np.sqrt(mine["variance"].to_numpy(np.float64))
    curve = fit_curve(spend, sent * mine["uplift"].to_numpy(np.float64), errors, channel=channel)
    return curve, float(spend.mean())


def assumed_curve(channel: str, curve: Curve | None) -> str:
    """Words for a curve that no experiment stands behind; empty where one does."""
    if channel not in PRIOR_HALF or (curve is not None and curve.measured):
        return ""
    return (
        f"returns to spending on {channel} are taken to diminish (half of the most that can be"
        f" reached at {PRIOR_HALF[channel]:g} times the usual spend); no experiment at several"
        " spends shows it, so no budget should be sized by it alone (assumed)"
    )


CARRY_OVER = (0.0, 0.3, 0.6, 0.8)
"""Part of a week's pressure that is left in the next one: the values tried."""
HALVES = (0.5, 1.0, 2.0, 4.0)
"""Half-saturations tried, as multiples of a channel's mean pressure."""
ROUNDS = 2


def fit_history(
    spend: pd.DataFrame, outcome: Floats, controls: Floats | None = None
) -> tuple[dict[str, Curve], Floats]:
    """Curves from spending that nobody varied by lot: for looking at, never for a budget.

    Non-negative least squares of the outcome on saturated, carried-over spend, a trend, the time
    of year and controls; carry-over and saturation of one channel after the other are searched
    on a grid. Spending follows demand in every shop, so that the tops are biased upwards; the
    curves say so by ``measured = False``.

    Args:
        spend: One column a channel, one row a week.
        outcome: Of each week; NaN where it is to be filled in.
        controls: Further columns that move the outcome.

    Returns:
        Channel to curve, and the fitted outcome of each week.
    """
    names = [str(name) for name in spend.columns]
    money = np.maximum(np.nan_to_num(spend.to_numpy(np.float64)), 0.0)
    background = _background(len(money), controls)
    chosen = [(CARRY_OVER[1], HALVES[1])] * len(names)
    columns = [_pressed(money[:, i], *chosen[i])[0] for i in range(len(names))]
    for _ in range(ROUNDS):
        for place in range(len(names)):
            tried = []
            for pair in [(carry, half) for carry in CARRY_OVER for half in HALVES]:
                columns[place] = _pressed(money[:, place], *pair)[0]
                tried.append((_solve(columns, background, outcome)[2], pair))
            chosen[place] = min(tried)[1]
            columns[place] = _pressed(money[:, place], *chosen[place])[0]
    tops, fitted, _ = _solve(columns, background, outcome)
    curves = {}
    for place, name in enumerate(names):
        half = _pressed(money[:, place], *chosen[place])[1]
        curves[name] = Curve(float(tops[place]), half, half / 4, half * 4, False, len(money))
    return curves, fitted


def _background(weeks: int, controls: Floats | None) -> Floats:
    at = np.arange(weeks)
    year = [wave(2 * np.pi * k * at / 52.18) for k in (1, 2) for wave in (np.sin, np.cos)]
    made = np.column_stack([np.ones(weeks), at / max(weeks, 1), *year])
    return made if controls is None else np.column_stack([made, controls])


def _pressed(money: Floats, carry: float, half: float) -> tuple[Floats, float]:
    """Saturated pressure of each week, and the weekly spend at which it is half of its most."""
    pressure, kept = np.zeros_like(money), 0.0
    for week, spent in enumerate(money):
        kept = spent + carry * kept
        pressure[week] = kept * (1 - carry)
    at_half = half * max(float(pressure.mean()), 1e-9)
    return pressure / (pressure + at_half), at_half


def _solve(
    columns: list[Floats], background: Floats, outcome: Floats
) -> tuple[Floats, Floats, float]:
    from scipy.optimize import lsq_linear

    media = np.column_stack(columns)
    everything = np.column_stack([media, background])
    scale = np.maximum(np.abs(everything).max(axis=0), 1e-12)
    floor = np.r_[np.zeros(media.shape[1]), np.full(background.shape[1], -np.inf)]
    known = np.isfinite(outcome)
    found = lsq_linear(everything[known] / scale, outcome[known], bounds=(floor, np.inf))
    weights = found.x / scale
    return weights[: media.shape[1]], everything @ weights, float(found.cost)


def split_budget(curves: dict[str, Curve], budget: float) -> dict[str, float]:
    """Spend a channel that makes the sum of responses largest: equal marginal returns.

    Args:
        curves: Channel to curve.
        budget: Money to split, not negative.
    """
    open_ = {name: curve for name, curve in curves.items() if curve.top > 0}
    if not open_ or budget <= 0:
        return dict.fromkeys(curves, 0.0)
    high = max(float(curve.marginal(0.0)) for curve in open_.values())
    low = 0.0
    for _ in range(200):
        price = (low + high) / 2
        if sum(_spend_at(curve, price) for curve in open_.values()) > budget:
            low = price
        else:
            high = price
    return {name: _spend_at(curve, high) if name in open_ else 0.0
            for name, curve in curves.items()}  # fmt: skip


def _spend_at(curve: Curve, price: float) -> float:
    """Spend at which the next unit of money brings just ``price``."""
    return max(float(np.sqrt(curve.top * curve.half / max(price, 1e-300))) - curve.half, 0.0)
