"""How much a customer's order is: the Gamma-Gamma model of spending."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRIOR_SD = 10.0
"""Width of the weak prior on the parameters' logarithms (of ``v`` relative to the mean order)."""


@dataclass(frozen=True)
class SpendModel:
    """Values of orders (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

    A customer's orders are gamma distributed with shape ``p`` around a mean of the customer's
    own; over customers the rate is gamma (``q``, ``v``). A customer's mean so far is pulled
    towards everybody's, the more the fewer orders it rests on.

    Attributes:
        p, q: Shapes.
        v: Scale, in minor units.
    """

    p: float
    q: float
    v: float

    def params(self) -> dict[str, float]:
        """The parameters by name, rounded as evidence holds them."""
        return {name: float(f"{getattr(self, name):.6g}") for name in ("p", "q", "v")}

    def expected(self, orders: Floats, mean_minor: Floats) -> Floats:
        """Expected value of a customer's next order, minor units.

        Args:
            orders: Orders so far; shape (customers,).
            mean_minor: Their mean value; what is not positive counts as nothing.
        """
        seen = np.where(mean_minor > 0, orders, 0.0)
        total = self.v + seen * np.maximum(mean_minor, 0.0)
        return np.asarray(total * self.p / (self.p * seen + self.q - 1), dtype=np.float64)


def fit_spend(orders: Floats, mean_minor: Floats) -> SpendModel:
    """Maximum likelihood, with a weak prior; ``q`` stays above 1, so that the mean exists.

    Args:
        orders: Orders a customer; shape (customers,).
        mean_minor: Their mean value, positive.
    """
    from scipy.optimize import minimize

    if not len(orders):
        return SpendModel(1.0, 2.0, 0.0)
    unit = float(np.average(mean_minor, weights=orders))
    scaled = np.asarray(mean_minor, dtype=np.float64) / unit
    counts = np.asarray(orders, dtype=np.float64)
    found = minimize(
        lambda logs: _loss(logs, counts, scaled), np.log([2.0, 2.0, 1.0]), method="L-BFGS-B",
        bounds=[(-4.0, 7.0)] * 3,
    )  # fmt: skip
    p, above, v = np.exp(found.x)
    return SpendModel(float(p), float(1 + above), float(v * unit))


def _loss(logs: Floats, orders: Floats, mean: Floats) -> float:
    from scipy.special import gammaln

    p, above, v = np.exp(logs)
    q, shape = 1 + above, p * orders
    likelihood = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        + (shape - 1) * np.log(mean) + shape * np.log(orders)
        - (shape + q) * np.log(v + orders * mean)
    )  # fmt: skip
    return float(-likelihood.sum() + 0.5 * float(np.sum((logs / PRIOR_SD) ** 2)))
