"""How units answered prices in the past: one regression a category, then each SKU beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import Mask
from tools.price_history import PriceWeeks, spread_within

Floats = npt.NDArray[np.float64]

MIN_SPREAD = 0.01
"""Standard deviation of a log price (or cost) below which it did not move."""
MIN_UNITS = 30.0
MIN_WEEKS = 26
MIN_MOVERS = 3
"""SKUs with moving prices that a category needs to be estimated."""
STRONG = 10.0
"""First-stage F below which an instrument is too weak (Staiger and Stock 1997)."""
MOST = 1200
"""SKUs of a category that its regression looks at: the best sellers among those that moved."""
LAGS = 8
"""Weeks over which a SKU's surprises may hang together."""
SPELL = 26
"""Weeks over which a SKU's level is taken as its own: half a year, so that products coming into
and going out of fashion are not mistaken for answers to their prices."""
ROUNDS = 25
TOLERANCE = 1e-11
"""To which effects are swept out. The library's default (1e-6) leaves noise in the sixth digit
that differs from run to run with the layout of memory."""


@dataclass(frozen=True)
class GroupResponse:
    """A category's elasticity.

    Attributes:
        elasticity: Percent change of units for a percent of price.
        std_error: Clustered by SKU; with an instrument, its first stage's error is included.
        pass_through: Percent of price for a percent of cost; None without an instrument.
        first_stage_f: Strength of the instrument; None without one.
        endogeneity: Coefficient of the control function: how far prices followed demand.
        movers: SKUs looked at.
    """

    elasticity: float
    std_error: float
    pass_through: float | None
    first_stage_f: float | None
    endogeneity: float
    movers: int

    @property
    def instrumented(self) -> bool:
        """Whether cost changes tell cause from coincidence."""
        return self.pass_through is not None


@dataclass(frozen=True)
class OwnResponse:
    """Each SKU's gap to its group's elasticity; NaN where its own past cannot tell."""

    gap: Floats
    error: Floats


def moved(weeks: PriceWeeks) -> Mask:
    """SKUs that sold enough at prices that moved."""
    enough = (weeks.units.sum(axis=1) >= MIN_UNITS) & (weeks.usable.sum(axis=1) >= MIN_WEEKS)
    found: Mask = enough & (spread_within(weeks.log_price, weeks.usable) >= MIN_SPREAD)
    return found


def cost_moved(weeks: PriceWeeks) -> Mask:
    """SKUs whose cost on file moved while they sold."""
    found: Mask = moved(weeks) & (spread_within(weeks.log_cost, weeks.usable) >= MIN_SPREAD)
    return found


def group_response(weeks: PriceWeeks) -> GroupResponse | None:
    """Elasticity of one group by Poisson regression with SKU-half-year and week effects.

    Where costs moved, a control function removes what prices owe to demand: the residual of
    ``log price ~ log cost`` enters the Poisson regression (Wooldridge 2015), and the first
    stage's error is added by the delta method. Elsewhere the same regression without it, which
    is biased towards zero where prices follow demand.
    """
    by_cost = cost_moved(weeks)
    if by_cost.sum() >= MIN_MOVERS:
        found = _instrumented(_frame(weeks, _best(weeks, by_cost), need_cost=True))
        if found is not None:
            return found
    movers = moved(weeks)
    if movers.sum() < MIN_MOVERS:
        return None
    return _plain(_frame(weeks, _best(weeks, movers), need_cost=False))


def own_response(weeks: PriceWeeks, response: GroupResponse) -> OwnResponse:
    """Each SKU's gap to the group: one Newton step of its own Poisson score.

    With an instrument only the part of the price that cost explains is used. The error is the
    larger of the one under independent weeks and Newey and West's (1987) over ``LAGS`` weeks.
    """
    usable = weeks.usable
    price = np.where(usable, weeks.log_price, 0.0)
    signal, able = price, moved(weeks)
    index = response.elasticity * price
    if response.pass_through is not None:
        able = cost_moved(weeks)
        usable = usable & np.isfinite(weeks.log_cost)
        signal = response.pass_through * np.where(usable, weeks.log_cost, 0.0)
        index = index + response.endogeneity * (price - signal)
    units, days = np.where(usable, weeks.units, 0.0), np.where(usable, weeks.days, 0.0)
    expected, centred = np.zeros_like(units), np.zeros_like(units)
    for spell in _spells(units.shape[1]):
        known = usable[:, spell]
        weight = days[:, spell] * np.exp(_centred(index[:, spell], known))
        expected[:, spell] = _expected(units[:, spell], weight)
        centred[:, spell] = _without_mean(signal[:, spell], expected[:, spell], known)
    score = centred * (units - expected)
    information = (centred**2 * expected).sum(axis=1)
    total = np.maximum(expected.sum(axis=1), 1e-9)
    scatter = ((units - expected) ** 2).sum(axis=1) / total
    independent = np.maximum(scatter, 1.0) * information
    variance = np.maximum(independent, _newey_west(score))
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = score.sum(axis=1) / information
        error = np.sqrt(variance) / information
    able &= (information > 0) & np.isfinite(gap) & (error < 20)
    return OwnResponse(np.where(able, gap, np.nan), np.where(able, error, np.nan))


def _best(weeks: PriceWeeks, able: Mask) -> npt.NDArray[np.int64]:
    units = np.where(able, weeks.units.sum(axis=1), -1.0)
    order = np.argsort(-units, kind="stable")
    return np.sort(order[: min(MOST, int(able.sum()))])


def _frame(weeks: PriceWeeks, chosen: npt.NDArray[np.int64], *, need_cost: bool) -> pd.DataFrame:
    usable = weeks.usable[chosen]
    if need_cost:
        usable = usable & np.isfinite(weeks.log_cost[chosen])
    row, week = np.nonzero(usable)
    place = (chosen[row], week)
    ago = (usable.shape[1] - 1 - week) // SPELL
    frame = pd.DataFrame(
        {
            "sku": row,
            "spell": row * 1000 + ago,
            "week": week,
            "units": weeks.units[place],
            "log_price": weeks.log_price[place],
            "log_cost": weeks.log_cost[place],
            "log_days": np.log(weeks.days[place]),
        }
    )
    for effect in ("spell", "week", "spell"):
        frame = frame[frame.groupby(effect)["units"].transform("sum") > 0]
    return frame.reset_index(drop=True)


def _instrumented(frame: pd.DataFrame) -> GroupResponse | None:
    import pyfixest

    first = pyfixest.feols(
        "log_price ~ log_cost | spell + week",
        frame,
        vcov={"CRV1": "sku"},
        fixef_rm="none",
        demeaner=pyfixest.MapDemeaner(fixef_tol=TOLERANCE),
    )
    if "log_cost" not in first.coef().index:
        return None
    slope, error = float(first.coef()["log_cost"]), float(first.se()["log_cost"])
    strength = (slope / error) ** 2 if error > 0 else np.inf
    if not strength >= STRONG:
        return None
    frame = frame.assign(surprise=frame["log_price"] - slope * frame["log_cost"])
    wanted = ["log_price"]
    if first.resid().std() > 1e-6:
        wanted.append("surprise")
    second = _poisson(frame, wanted)
    if second is None:
        return None
    coefficients, errors = second
    follows = float(coefficients.get("surprise", 0.0))
    total = np.hypot(float(errors["log_price"]), follows * error / slope)
    return GroupResponse(
        elasticity=float(coefficients["log_price"]),
        std_error=float(total),
        pass_through=slope,
        first_stage_f=float(min(strength, 1e9)),
        endogeneity=follows,
        movers=int(frame["sku"].nunique()),
    )


def _plain(frame: pd.DataFrame) -> GroupResponse | None:
    found = _poisson(frame, ["log_price"])
    if found is None:
        return None
    coefficients, errors = found
    return GroupResponse(
        elasticity=float(coefficients["log_price"]),
        std_error=float(errors["log_price"]),
        pass_through=None,
        first_stage_f=None,
        endogeneity=0.0,
        movers=int(frame["sku"].nunique()),
    )


def _poisson(frame: pd.DataFrame, wanted: list[str]) -> tuple[pd.Series, pd.Series] | None:
    """Coefficients and errors; None where the data do not determine them."""
    import pyfixest
    from pyfixest.errors import NanInClusterVarError

    try:
        fit = pyfixest.fepois(
            f"units ~ {' + '.join(wanted)} | spell + week",
            frame,
            vcov={"CRV1": "sku"},
            offset="log_days",
            fixef_rm="none",
            demeaner=pyfixest.MapDemeaner(fixef_tol=TOLERANCE),
        )
    except (ValueError, RuntimeError, np.linalg.LinAlgError, NanInClusterVarError):
        return None
    coefficients, errors = fit.coef(), fit.se()
    if "log_price" not in coefficients.index or not np.isfinite(errors["log_price"]):
        return None
    return coefficients, errors


def _spells(weeks: int) -> list[slice]:
    """Half-years back from the last week."""
    return [slice(max(end - SPELL, 0), end) for end in range(weeks, 0, -SPELL)]


def _without_mean(signal: Floats, expected: Floats, usable: Mask) -> Floats:
    total = np.maximum(expected.sum(axis=1, keepdims=True), 1e-9)
    mean = (expected * signal).sum(axis=1, keepdims=True) / total
    found: Floats = np.where(usable, signal - mean, 0.0)
    return found


def _centred(index: Floats, usable: Mask) -> Floats:
    """The index without its row mean, which the SKU effect takes anyway; kept from overflow."""
    count = np.maximum(usable.sum(axis=1, keepdims=True), 1)
    mean = np.where(usable, index, 0.0).sum(axis=1, keepdims=True) / count
    found: Floats = np.clip(index - mean, -20.0, 20.0)
    return found


def _expected(units: Floats, weight: Floats) -> Floats:
    """Fitted units of a half-year with SKU and week effects, by proportional fitting."""
    by_week = np.ones(units.shape[1])
    sold_sku, sold_week = units.sum(axis=1), units.sum(axis=0)
    by_sku = np.zeros(len(units))
    for _ in range(ROUNDS):
        by_sku = sold_sku / np.maximum(weight @ by_week, 1e-12)
        by_week = sold_week / np.maximum(by_sku @ weight, 1e-12)
    return by_sku[:, None] * weight * by_week


def _newey_west(score: Floats) -> Floats:
    variance: Floats = (score**2).sum(axis=1)
    for lag in range(1, min(LAGS, score.shape[1] - 1) + 1):
        weight = 1 - lag / (LAGS + 1)
        variance = variance + 2 * weight * (score[:, lag:] * score[:, :-lag]).sum(axis=1)
    return variance
