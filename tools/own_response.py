"""How each SKU's answer to its price differs from its category's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.history import Mask
from tools.price_history import PriceWeeks
from tools.price_instruments import moved, told_by
from tools.price_response import SPELL, GroupResponse, scatter_of

Floats = npt.NDArray[np.float64]

LAGS = 8
"""Weeks over which a SKU's surprises may hang together."""
ROUNDS = 25
OWN_LIFT_SD = 0.3
"""How far a SKU's own effect of promotions may lie from its category's."""


@dataclass(frozen=True)
class OwnResponse:
    """Each SKU's gap to its group's elasticity; NaN where its own past cannot tell."""

    gap: Floats
    error: Floats


def own_response(weeks: PriceWeeks, response: GroupResponse) -> OwnResponse:
    """Each SKU's gap to the group: one Newton step of its own Poisson score.

    With instruments only the part of the price that they explain is used, and never the part
    that goes with promotions. The error is the larger of the one under independent weeks and
    Newey and West's (1987) over ``LAGS`` weeks.
    """
    able = told_by(weeks) if response.instrumented else moved(weeks)
    usable, signal = _usable(weeks, response)
    expected = expected_units(weeks, response, usable)
    units = np.where(usable, weeks.units, 0.0)
    weight = 1 / (1 + scatter_of(units[usable], expected[usable]) * expected)
    known = weight * expected
    price, promo = np.zeros_like(units), np.zeros_like(units)
    for spell in spells(units.shape[1]):
        price[:, spell] = _without_mean(signal[:, spell], known[:, spell], usable[:, spell])
        promo[:, spell] = _without_mean(weeks.promo[:, spell], known[:, spell], usable[:, spell])
    centred = price - promo * _share(price, promo, known)
    score = weight * centred * (units - expected)
    information = (centred**2 * known).sum(axis=1)
    total = np.maximum(known.sum(axis=1), 1e-9)
    scatter = (weight * (units - expected) ** 2).sum(axis=1) / total
    independent = np.maximum(scatter, 1.0) * (weight * centred**2 * known).sum(axis=1)
    variance = np.maximum(independent, _newey_west(score))
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = score.sum(axis=1) / information
        error = np.sqrt(variance) / information
    able &= (information > 0) & np.isfinite(gap) & (error < 20)
    return OwnResponse(np.where(able, gap, np.nan), np.where(able, error, np.nan))


def expected_units(
    weeks: PriceWeeks, response: GroupResponse, usable: Mask, *, length: int = SPELL
) -> Floats:
    """Units that the group's response expects, with effects of weeks and of SKUs by spell."""
    price = np.where(usable, weeks.log_price, 0.0)
    index = response.elasticity * price + response.lift * weeks.promo
    if response.instrumented:
        signal = np.where(usable, response.signal(weeks), 0.0)
        index = index + response.endogeneity * (price - signal)
    units, days = np.where(usable, weeks.units, 0.0), np.where(usable, weeks.days, 0.0)
    expected = np.zeros_like(units)
    for spell in spells(units.shape[1], length):
        weight = days[:, spell] * np.exp(_centred(index[:, spell], usable[:, spell]))
        expected[:, spell] = _expected(units[:, spell], weight)
    return expected


def spells(weeks: int, length: int = SPELL) -> list[slice]:
    """Spells of so many weeks back from the last week."""
    return [slice(max(end - length, 0), end) for end in range(weeks, 0, -length)]


def _usable(weeks: PriceWeeks, response: GroupResponse) -> tuple[Mask, Floats]:
    signal = response.signal(weeks)
    usable = weeks.usable & np.isfinite(signal)
    return usable, np.where(usable, signal, 0.0)


def _share(price: Floats, promo: Floats, weight: Floats) -> Floats:
    """How much of a price move goes with a promotion; its effect is known to ``OWN_LIFT_SD``."""
    known = (weight * promo**2).sum(axis=1, keepdims=True) + OWN_LIFT_SD**-2
    found: Floats = (weight * price * promo).sum(axis=1, keepdims=True) / known
    return found


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
