"""How units answered prices in the past: one regression a category, instruments first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.history import Mask
from tools.price_history import PriceWeeks
from tools.price_instruments import INSTRUMENTS, MIN_SPREAD, instruments_of, moved, told_by
from tools.shrinkage import with_prior

Floats = npt.NDArray[np.float64]

MIN_MOVERS = 3
"""SKUs with moving prices that a category needs to be estimated."""
STRONG = 10.0
"""First-stage F below which an instrument is too weak (Staiger and Stock 1997)."""
MOST = 1200
"""SKUs of a category that its regression looks at: the best sellers among those that moved."""
SPELL = 26
"""Weeks over which a SKU's level is taken as its own: half a year, so that products coming into
and going out of fashion are not mistaken for answers to their prices."""
LIFT, LIFT_SD = 0.2, 0.4
"""What a promotion adds to log sales beside its price, before the data speak: shops' displays and
mailings about double that, a red price on a page hardly anything."""
RIVAL, RIVAL_SD = 0.3, 0.3
"""Elasticity with respect to a competitor's price before the data speak."""
TOLERANCE = 1e-11
"""To which effects are swept out. The library's default (1e-6) leaves noise in the sixth digit
that differs from run to run with the layout of memory."""


@dataclass(frozen=True)
class GroupResponse:
    """A category's elasticity.

    Attributes:
        elasticity: Percent change of units for a percent of price.
        std_error: Clustered by SKU, wider for few; the first stage's error included.
        lift: What a promotion adds to log units beside its price; ``LIFT`` where none was seen.
        lift_error: Its standard error.
        rival: Percent of units for a percent of the competitor's price; ``RIVAL`` where none
            is on file.
        rival_error: Its standard error.
        rival_seen: Whether one is on file that moved.
        slopes: Percent of price for a percent of each instrument; empty without any.
        first_stage_f: Strength of the instruments together; None without one.
        endogeneity: Coefficient of the control function: how far prices followed demand.
        movers: SKUs looked at.
        plain_weight: Weight, in the elasticity, of the regression that uses every move of a price
            less the bias that those have (``tools.price_bias``); 0 without an instrument.
    """

    elasticity: float
    std_error: float
    lift: float
    lift_error: float
    rival: float
    rival_error: float
    rival_seen: bool
    slopes: dict[str, float]
    first_stage_f: float | None
    endogeneity: float
    movers: int
    plain_weight: float = 0.0

    @property
    def instrumented(self) -> bool:
        """Whether something tells cause from coincidence."""
        return bool(self.slopes)

    @property
    def instrument(self) -> str:
        """Names of the instruments, joined; ``none`` without one."""
        return "+".join(self.slopes) or "none"

    def signal(self, weeks: PriceWeeks) -> Floats:
        """The part of each log price that its instruments explain; all of it without any."""
        if not self.slopes:
            return weeks.log_price
        moves = instruments_of(weeks)
        found: Floats = sum(
            (slope * moves[name] for name, slope in self.slopes.items()),
            start=np.zeros_like(weeks.log_price),
        )
        return found


def group_response(weeks: PriceWeeks) -> GroupResponse | None:
    """Elasticity of one group by Poisson regression with SKU-half-year and week effects.

    Where instruments moved, a control function removes what prices owe to demand: the residual
    of ``log price ~ instruments`` enters the Poisson regression (Wooldridge 2015), and the
    first stage's error is added by the delta method. Elsewhere the same regression without it,
    which is biased towards zero where prices follow demand. Promotions have an effect of their
    own, held near ``LIFT`` where prices and promotions always moved together.
    """
    told = told_by(weeks)
    if told.sum() >= MIN_MOVERS:
        found = _instrumented(_frame(weeks, _best(weeks, told)))
        if found is not None:
            return found
    return plain_response(weeks)


def plain_response(weeks: PriceWeeks) -> GroupResponse | None:
    """The regression on every move of a price, whatever moved it."""
    movers = moved(weeks)
    if movers.sum() < MIN_MOVERS:
        return None
    frame = _frame(weeks, _best(weeks, movers), instruments=False)
    answer = _answer(frame, ["log_price"])
    return None if answer is None else _response(frame, answer, {}, None, 0.0)


def _best(weeks: PriceWeeks, able: Mask) -> npt.NDArray[np.int64]:
    units = np.where(able, weeks.units.sum(axis=1), -1.0)
    order = np.argsort(-units, kind="stable")
    return np.sort(order[: min(MOST, int(able.sum()))])


def _frame(
    weeks: PriceWeeks, chosen: npt.NDArray[np.int64], *, instruments: bool = True
) -> pd.DataFrame:
    part = weeks.rows(chosen)
    moves = instruments_of(part) if instruments else {}
    usable = part.usable
    for each in moves.values():
        usable = usable & np.isfinite(each)
    place = np.nonzero(usable)
    row, week = place
    ago = (usable.shape[1] - 1 - week) // SPELL
    columns = {"log_price": part.log_price, "promo": part.promo, "units": part.units,
               "rival": _rival(part), **moves}  # fmt: skip
    frame = pd.DataFrame({name: matrix[place] for name, matrix in columns.items()})
    frame = frame.assign(
        sku=row, spell=row * 1000 + ago, week=week, log_days=np.log(part.days[place])
    )
    for effect in ("spell", "week", "spell"):
        frame = frame[frame.groupby(effect)["units"].transform("sum") > 0]
    return frame.reset_index(drop=True)


def _rival(weeks: PriceWeeks) -> Floats:
    """Log competitor price against the SKU's mean of it; 0 where unknown."""
    known = np.isfinite(weeks.log_rival)
    filled = np.where(known, weeks.log_rival, 0.0)
    mean = filled.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    found: Floats = np.where(known, filled - mean, 0.0)
    return found


def _instrumented(frame: pd.DataFrame) -> GroupResponse | None:
    moves = [name for name in INSTRUMENTS if frame[name].std() >= 1e-4]
    promoted = _promoted(frame)
    first = _linear(frame, "log_price", [*moves, *promoted]) if moves else None
    slopes = {} if first is None else {
        name: float(first.coef()[name]) for name in moves if name in first.coef().index
    }  # fmt: skip
    if not slopes:
        return None
    explained = sum(slope * frame[name] for name, slope in slopes.items())
    frame = frame.assign(explained=explained, surprise=frame["log_price"] - explained)
    again = first if len(slopes) == 1 else _linear(frame, "log_price", ["explained", *promoted])
    name, slope = next(iter(slopes.items())) if len(slopes) == 1 else ("explained", 1.0)
    if again is None or name not in again.coef().index:
        return None
    error = float(again.se()[name]) / abs(slope) if slope else np.inf
    strength = 1 / error**2 if error > 0 else np.inf
    if not strength >= STRONG:
        return None
    wanted = ["log_price"] + (["surprise"] if again.resid().std() > 1e-6 else [])
    answer = _answer(frame, wanted)
    return None if answer is None else _response(
        frame, answer, slopes, float(min(strength, 1e9)), error
    )  # fmt: skip


@dataclass(frozen=True)
class _Answer:
    price: float
    price_error: float
    lift: float
    lift_error: float
    follows: float
    rival: tuple[float, float] | None


def _response(
    frame: pd.DataFrame,
    answer: _Answer,
    slopes: dict[str, float],
    strength: float | None,
    first_error: float,
) -> GroupResponse:
    skus = int(frame["sku"].nunique())
    error = float(np.hypot(answer.price_error, answer.follows * first_error))
    return GroupResponse(
        elasticity=answer.price,
        std_error=error * _few(skus),
        lift=answer.lift,
        lift_error=answer.lift_error,
        rival=RIVAL if answer.rival is None else answer.rival[0],
        rival_error=RIVAL_SD if answer.rival is None else answer.rival[1],
        rival_seen=answer.rival is not None,
        slopes=slopes,
        first_stage_f=strength,
        endogeneity=answer.follows,
        movers=skus,
    )


def _few(clusters: int) -> float:
    """How much wider an 80 % interval is with an error known from so few clusters (Student's t)."""
    from scipy.stats import norm, t

    return float(t.ppf(0.9, max(clusters - 1, 1)) / norm.ppf(0.9))


def _answer(frame: pd.DataFrame, wanted: list[str]) -> _Answer | None:
    """Poisson coefficients, the promotion's drawn to ``LIFT``; None where undetermined."""
    promoted = _promoted(frame)
    fit = _poisson(frame, [*wanted, *promoted, *_rivalled(frame)])
    if fit is None or "log_price" not in fit.coef().index:
        return None
    coefficients, errors = fit.coef(), fit.se()
    if not (np.isfinite(coefficients).all() and np.isfinite(errors).all()):
        return None
    price, error = float(coefficients["log_price"]), float(errors["log_price"])
    follows = float(coefficients.get("surprise", 0.0))
    rival = (float(coefficients["rival"]), float(errors["rival"])) if (
        "rival" in coefficients.index) else None  # fmt: skip
    if not promoted:
        return _Answer(price, error, LIFT, LIFT_SD, follows, rival)
    if "promo" not in coefficients.index:
        together = _linear(frame, "promo", ["log_price"])
        share = 0.0 if together is None else float(together.coef().get("log_price", 0.0))
        error = float(np.hypot(error, share * LIFT_SD))
        return _Answer(price - share * LIFT, error, LIFT, LIFT_SD, follows, rival)
    # the library has no public way to covariances between coefficients
    names, covariance = list(coefficients.index), fit._vcov
    places = [names.index("log_price"), names.index("promo")]
    (price, lift), (error, lift_error) = with_prior(
        coefficients.to_numpy()[places], covariance[np.ix_(places, places)], LIFT, LIFT_SD
    )
    return _Answer(price, error, lift, lift_error, follows, rival)


def _promoted(frame: pd.DataFrame) -> list[str]:
    return ["promo"] if frame["promo"].std() >= 0.02 else []


def _rivalled(frame: pd.DataFrame) -> list[str]:
    return ["rival"] if frame["rival"].std() >= MIN_SPREAD else []


def _linear(frame: pd.DataFrame, outcome: str, wanted: list[str]) -> Any:
    import pyfixest

    return _fitted(pyfixest.feols, f"{outcome} ~ {' + '.join(wanted)} | spell + week", frame)


def _poisson(frame: pd.DataFrame, wanted: list[str]) -> Any:
    import pyfixest

    formula = f"units ~ {' + '.join(wanted)} | spell + week"
    return _fitted(pyfixest.fepois, formula, frame, offset="log_days")


def scatter_of(units: Floats, expected: Floats) -> float:
    """Negative binomial's ``a`` in ``variance = mean + a mean²``, by moments; at least 0."""
    excess = float(((units - expected) ** 2 - expected).sum())
    return max(excess / max(float((expected**2).sum()), 1e-9), 0.0)


def _fitted(fit: Any, formula: str, frame: pd.DataFrame, **how: Any) -> Any:
    """The fit; None where the data do not determine it."""
    import warnings

    import pyfixest
    from pyfixest.errors import NanInClusterVarError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # coefficients dropped are looked for
        try:
            return fit(
                formula,
                frame,
                vcov={"CRV1": "sku"},
                fixef_rm="none",
                demeaner=pyfixest.MapDemeaner(fixef_tol=TOLERANCE),
                **how,
            )
        except (ValueError, RuntimeError, np.linalg.LinAlgError, NanInClusterVarError):
            return None
