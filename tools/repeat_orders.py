"""How often customers come back, and whether they still do: the BG/NBD model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEEK = 7.0
PRIOR_SD = 10.0
"""Width of the weak prior on the logarithm of each parameter: it decides nothing where there are
data, and keeps a shop of few repeat orders from running off to infinity."""
STEP = 1e-3


@dataclass(frozen=True)
class PurchaseModel:
    """Orders of a cohort (Fader, Hardie and Lee 2005, Marketing Science 24(2)).

    While alive, a customer orders at a rate that is gamma distributed over customers (``r``,
    ``alpha`` weeks); after each repeat order the customer leaves with a chance that is beta
    distributed (``a``, ``b``). A customer who never came back may be slow or gone: the model
    cannot tell, and calls all of them alive; ``chance`` is what to read.

    Attributes:
        r, alpha, a, b: As published; times in weeks.
        covariance: Of the four parameters' logarithms; shape (4, 4).
    """

    r: float
    alpha: float
    a: float
    b: float
    covariance: Floats = field(repr=False)

    def params(self) -> dict[str, float]:
        """The parameters by name, rounded as evidence holds them."""
        return {name: float(f"{getattr(self, name):.6g}") for name in ("r", "alpha", "a", "b")}

    def alive(self, repeats: Floats, last_days: Floats, age_days: Floats) -> Floats:
        """Chance that customers have not left."""
        odds = _left_odds(self, repeats, last_days / WEEK, age_days / WEEK)
        return np.asarray(1 / (1 + odds), dtype=np.float64)

    def expected(
        self, repeats: Floats, last_days: Floats, age_days: Floats, horizon_days: float
    ) -> Floats:
        """Expected orders in the coming ``horizon_days``; same shape as the arguments.

        Args:
            repeats: Orders after the first one.
            last_days: Days from first to last order.
            age_days: Days from first order to today.
            horizon_days: Length of the future.
        """
        from scipy.special import hyp2f1

        ahead, age = horizon_days / WEEK, age_days / WEEK
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        series = hyp2f1(
            self.r + repeats, self.b + repeats, a + self.b + repeats - 1,
            ahead / (self.alpha + age + ahead),
        )  # fmt: skip
        shrink = ((self.alpha + age) / (self.alpha + age + ahead)) ** (self.r + repeats)
        free = (a + self.b + repeats - 1) / (a - 1) * (1 - shrink * series)
        most = (self.r + repeats) / (self.alpha + age) * ahead
        # The series loses digits where parameters are extreme; nobody orders more than the rate.
        free = np.clip(np.nan_to_num(free, nan=0.0, posinf=np.inf), 0, most)
        return np.asarray(free * self.alive(repeats, last_days, age_days), dtype=np.float64)

    def chance(
        self, repeats: Floats, last_days: Floats, age_days: Floats, horizon_days: float
    ) -> Floats:
        """Chance of at least one order in the coming days."""
        ahead, age = horizon_days / WEEK, age_days / WEEK
        silent = ((self.alpha + age) / (self.alpha + age + ahead)) ** (self.r + repeats)
        return np.asarray(self.alive(repeats, last_days, age_days) * (1 - silent), np.float64)

    def scatter(
        self, repeats: Floats, last_days: Floats, age_days: Floats, horizon_days: float
    ) -> Floats:
        """Standard deviation of one customer's orders around ``expected``.

        Those of somebody alive are taken as negative binomial of the same mean, those of
        somebody gone are none.
        """
        alive = np.maximum(self.alive(repeats, last_days, age_days), 1e-12)
        mean = self.expected(repeats, last_days, age_days, horizon_days)
        while_alive = mean / alive
        square = while_alive + while_alive**2 * (1 + 1 / (self.r + repeats))
        return np.asarray(np.sqrt(np.maximum(alive * square - mean**2, 0)), dtype=np.float64)

    def draws(self, count: int, rng: np.random.Generator) -> Iterator[PurchaseModel]:
        """Models that the data might as well have come from."""
        centre = np.log([self.r, self.alpha, self.a, self.b])
        for drawn in rng.multivariate_normal(centre, self.covariance, count, method="eigh"):
            r, alpha, a, b = np.exp(np.clip(drawn, centre - 3, centre + 3))
            yield PurchaseModel(float(r), float(alpha), float(a), float(b), self.covariance)


def _left_odds(model: PurchaseModel, repeats: Floats, last: Floats, age: Floats) -> Floats:
    power = (model.r + repeats) * np.log((model.alpha + age) / (model.alpha + last))
    odds = model.a / np.maximum(model.b + repeats - 1, 1e-9) * np.exp(np.minimum(power, 700))
    return np.where(repeats > 0, odds, 0.0)


def fit_purchases(repeats: Floats, last_days: Floats, age_days: Floats) -> PurchaseModel:
    """Maximum likelihood over customers, with a weak prior on the parameters' logarithms.

    Args:
        repeats: Days with an order after the first one; shape (customers,).
        last_days: Days from first to last order.
        age_days: Days from first order to the end of what is known.
    """
    from scipy.optimize import minimize

    weeks = (repeats, last_days / WEEK, age_days / WEEK)
    start = np.log([0.5, max(float(np.median(weeks[2])) / 4, 1.0), 0.8, 2.0])
    # Few distinct histories stand for many customers: each is worked out once.
    rows, times = np.unique(np.column_stack(weeks), axis=0, return_counts=True)
    counts = times.astype(np.float64)
    repeated, last, age = rows.T
    found = minimize(
        lambda logs: _loss(logs, repeated, last, age, counts), start, method="L-BFGS-B",
        bounds=[(-7.0, 9.0)] * 4,
    )  # fmt: skip
    logs = np.asarray(found.x, dtype=np.float64)
    curve = _hessian(lambda at: _loss(at, repeated, last, age, counts), logs)
    r, alpha, a, b = np.exp(logs)
    return PurchaseModel(float(r), float(alpha), float(a), float(b), _inverse(curve))


def _loss(logs: Floats, repeats: Floats, last: Floats, age: Floats, counts: Floats) -> float:
    from scipy.special import betaln, gammaln

    r, alpha, a, b = np.exp(logs)
    shape = r + repeats
    start = gammaln(shape) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    stayed = betaln(a, b + repeats) - shape * np.log(alpha + age)
    left = betaln(a + 1, np.maximum(b + repeats - 1, 1e-9)) - shape * np.log(alpha + last)
    both = np.where(repeats > 0, np.logaddexp(stayed, left), stayed)
    prior = 0.5 * float(np.sum((logs / PRIOR_SD) ** 2))
    return float(-(counts * (start + both)).sum() + prior)


def _hessian(loss: object, at: Floats) -> Floats:
    """Second derivatives by central differences; shape (4, 4)."""
    assert callable(loss)
    size = len(at)
    steps = np.eye(size) * STEP * 10
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(i, size):
            one, two = steps[i], steps[j]
            value = (
                loss(at + one + two) - loss(at + one - two) - loss(at - one + two)
                + loss(at - one - two)
            ) / (4 * (STEP * 10) ** 2)  # fmt: skip
            found[i, j] = found[j, i] = value
    return found


def _inverse(curve: Floats) -> Floats:
    """Covariance from curvature; flat directions get the prior's width."""
    values, vectors = np.linalg.eigh(curve)
    spread = 1 / np.maximum(values, 1 / PRIOR_SD**2)
    return np.asarray((vectors * spread) @ vectors.T, dtype=np.float64)
