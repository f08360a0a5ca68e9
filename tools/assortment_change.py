"""What listing or ending a SKU changes for the whole assortment, with its width."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tools.counts import count_quantiles
from tools.figures import significant
from tools.shelf import Shelf

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
LEVELS = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.98)
LEVEL_WEIGHTS = np.array([0.06, 0.1, 0.125, 0.15, 0.13, 0.15, 0.125, 0.1, 0.06])
STAY_WEIGHTS = np.array([0.3, 0.4, 0.3])
"""Weights of a distribution's P10, middle and P90 that keep mean and variance (Swanson's rule)."""


@dataclass(frozen=True)
class Worth:
    """What each SKU's customers bring, minor units a unit of its demand.

    Attributes:
        price: What a customer pays; NaN where unknown.
        profit: Price less cost; NaN where unknown.
        halo: Gross profit of what is bought because of it.
    """

    price: Floats = field(repr=False)
    profit: Floats = field(repr=False)
    halo: Floats = field(repr=False)


@dataclass(frozen=True)
class Spread:
    """How much a SKU would sell over the horizon, with its scatter, and the most it can."""

    mean: Floats = field(repr=False)
    variance: Floats = field(repr=False)
    most: Floats = field(repr=False)


def changes(
    shelf: Shelf,
    stays: tuple[Floats, Floats, Floats],
    worth: Worth,
    spread: Spread,
    *,
    listed: Mask,
    ended: Mask,
    after: Mask,
) -> dict[str, Floats]:
    """Change of units, revenue and gross profit of the whole shop, one row a SKU.

    A SKU's own sales come or go; of them ``recaptured`` come from or go to others of its
    category, and what it sells along comes or goes with the rest. Quantiles are over its demand
    and over the share that stays; unknown prices and costs give NaN.

    Args:
        shelf: The assortment now, margins with halo.
        stays: P10, middle and P90 of the share that stays.
        worth: A unit's price, profit and halo.
        spread: Demand over the horizon.
        listed: SKUs put on sale.
        ended: SKUs taken off.
        after: What is on sale once all of it is done.

    Returns:
        ``<metric>_<point>`` for ``units``, ``revenue_minor``, ``gross_profit_minor``, and, of
        others alone, ``moved_<metric>_<point>``; NaN for SKUs that neither come nor go.
    """
    units = _demand(spread)
    sign = np.where(listed, 1.0, np.where(ended, -1.0, np.nan))[:, None]
    found: dict[str, Floats] = {}
    per_unit = {"units": np.ones_like(worth.price), "revenue_minor": worth.price,
                "gross_profit_minor": worth.profit + worth.halo}  # fmt: skip
    for name, own in per_unit.items():
        others = np.stack([_moved(shelf.staying(stay), own, after) for stay in stays], axis=1)
        for prefix, each in (("", own[:, None] - others), ("moved_", -others)):
            drawn = (sign * units)[:, :, None] * each[:, None, :]
            found |= quantiles(f"{prefix}{name}", drawn)
    return found


def _moved(shelf: Shelf, own: Floats, after: Mask) -> Floats:
    """What others of the category get of a unit of each SKU's demand, valued per unit of theirs."""
    known = np.isfinite(own)
    typical = float(np.median(own[known])) if known.any() else np.nan
    return shelf.valued(np.where(known, own, typical)).moved_margin(after)


def _demand(spread: Spread) -> Floats:
    """Demand at each of ``LEVELS``, scaled so that its mean is the forecast's, capped by stock."""
    drawn = np.stack(count_quantiles(spread.mean, spread.variance, LEVELS), axis=1)
    mean = drawn @ LEVEL_WEIGHTS
    scale = np.where(mean > 0.05 * spread.mean, spread.mean / np.maximum(mean, 1e-12), 1.0)
    # A SKU that hardly sells has mostly zeros: scaled beyond reason they would promise too much.
    scaled = drawn * np.clip(scale, 0.5, 1.5)[:, None]
    found: Floats = np.minimum(scaled, spread.most[:, None])
    return found


def quantiles(name: str, drawn: Floats) -> dict[str, Floats]:
    """``<name>_p10``, ``_p50`` and ``_p90`` of values at ``LEVELS`` times three equal guesses.

    Args:
        name: Stem of the columns.
        drawn: Shape (n, levels, 3).
    """
    weight = np.outer(LEVEL_WEIGHTS, STAY_WEIGHTS).ravel()
    flat = drawn.reshape(len(drawn), weight.size)
    order = np.argsort(flat, axis=1, kind="stable")
    ranked = np.take_along_axis(flat, order, axis=1)
    mass = weight[order]
    level = np.cumsum(mass, axis=1) - mass / 2
    found = {}
    for point, wanted in POINTS.items():
        place = np.minimum((level < wanted).sum(axis=1), weight.size - 1)
        found[f"{name}_{point}"] = significant(ranked[np.arange(len(ranked)), place])
    return found
