"""Futures of one SKU's sales with and without a new price, from plain numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.futures import Luck, level_factor, sold_at
from tools.price_curve import Curve
from tools.rival_demand import duopoly_of

Floats = npt.NDArray[np.float64]
Given = dict[str, Floats]
Changes = dict[str, Floats]

GIVEN = ("current_minor", "cost_minor", "stock", "mean_per_day", "variance_per_day",
         "log_error_sd", "elasticity", "std_error")  # fmt: skip
"""What has to be known of a SKU; ``cost_minor`` and ``stock`` (units in hand) may be NaN."""
WHERE_KNOWN = ("inbound", "inbound_days", "restock_days", "basis_minor",
               "seen_low_minor", "seen_high_minor",
               "rival_minor", "rival_basis_minor", "rival_elasticity", "own_then_minor",
               "rival_then_minor", "cross_units", "cross_revenue_minor",
               "cross_gross_profit_minor", "floor_minor")  # fmt: skip
"""What else may be known of it, NaN where not.

``inbound`` units arrive after ``inbound_days`` (halfway where unknown). From ``restock_days`` on,
what is asked for can be had: the supplier delivers again (never where unknown). Demand was seen
at the price ``basis_minor`` (the present one where unknown) and prices between
``seen_low_minor`` and ``seen_high_minor`` were tried. The competitor asks ``rival_minor`` now and
``rival_basis_minor`` when demand was seen; the elasticities were learnt at ``own_then_minor`` and
``rival_then_minor``. ``cross_…`` is what other products gain for a price ``e`` times as high.
``floor_minor`` is the lowest price that margin and brand allow.
"""
LEAST_SCATTER = 1e-3
LEAST_ANSWER = 0.3
"""Elasticities nearer to zero than this do not tell how many customers a price drives away."""


def given_of(rows: pd.DataFrame) -> Given:
    """Columns of a frame as arrays of shape (n, 1); what is not there is unknown."""
    unknown = np.full((len(rows), 1), np.nan)
    return {
        name: rows[name].to_numpy(dtype=np.float64)[:, None] if name in rows else unknown
        for name in (*GIVEN, *WHERE_KNOWN)
    }


def changes_of(given: Mapping[str, Floats], price: Floats, share: float, horizon_days: int,
               luck: Luck) -> Changes:  # fmt: skip
    """Change of units, revenue and gross profit against keeping the price, in every future.

    Args:
        given: ``GIVEN`` and ``WHERE_KNOWN``; shape (n, 1) each.
        price: The new price; shape (n, 1).
        share: Share of the horizon that it holds, from the first day.
        horizon_days: Days counted.
        luck: Futures; shape (draws,) each.

    Returns:
        ``units``, ``revenue_minor`` and ``gross_profit_minor``; shape (n, draws) each. Gross
        profit is NaN where the cost is unknown.
    """
    now, cost = given["current_minor"], given["cost_minor"]
    mean = given["mean_per_day"] * horizon_days * level_factor(given["log_error_sd"], luck.level)
    scatter = given["variance_per_day"] / np.maximum(given["mean_per_day"], 1e-9)
    scatter = np.maximum(scatter, LEAST_SCATTER)
    kept_factor, new_factor = factors_of(given, price, luck.price)
    kept_mean, new_mean = mean * kept_factor, mean * new_factor
    if share == 1:
        kept = _met(sold_at(kept_mean, scatter, luck.sales), given, horizon_days, 0.0, 1.0)
        changed = _met(sold_at(new_mean, scatter, luck.sales), given, horizon_days, 0.0, 1.0)
        later = np.zeros_like(kept)
    else:
        rest = sold_at(kept_mean * (1 - share), scatter, luck.sales)
        before = sold_at(kept_mean * share, scatter, luck.sales)
        kept = _met(before + rest, given, horizon_days, 0.0, 1.0)
        asked = sold_at(new_mean * share, scatter, luck.sales)
        changed = _met(asked, given, horizon_days, 0.0, share)
        later = _met(rest, given, horizon_days, share, 1.0, already=changed)
    own = changed + later - kept
    driven = _driven(given, own, horizon_days)
    return {
        "units": own + _cross(given, "units", driven),
        "revenue_minor": price * changed + now * (later - kept)
        + _cross(given, "revenue_minor", driven),
        "gross_profit_minor": (price - cost) * changed + (now - cost) * (later - kept)
        + _cross(given, "gross_profit_minor", driven),
    }  # fmt: skip


def factors_of(given: Mapping[str, Floats], price: Floats, luck: Floats) -> tuple[Floats, Floats]:
    """Demand at the present price and at a new one, over what was seen; (n, draws) each.

    Beside a competitor whose effect is known, every second future takes customers to choose
    between both (a logit), the others to answer each price by itself: nobody knows which.
    """
    now = given["current_minor"]
    basis = np.where(given["basis_minor"] > 0, given["basis_minor"], now)
    curve = _curve(given, basis)
    kept, new = (
        curve.factor(at / basis, luck) if (at != basis).any() else np.ones((1, 1))
        for at in (now, price)
    )
    beside = (given["rival_elasticity"] > 0) & (given["rival_then_minor"] > 0)
    beside &= given["own_then_minor"] > 0
    rows = np.flatnonzero(beside[:, 0])
    if len(rows) == 0:
        return kept, new
    shape = (len(now), len(luck))
    kept, new = np.array(np.broadcast_to(kept, shape)), np.array(np.broadcast_to(new, shape))
    part = {name: values[rows] for name, values in given.items()}
    choosing = _beside_rival(part, basis[rows], price[rows], luck[::2])
    moved = (part["rival_minor"] / part["rival_basis_minor"]) ** part["rival_elasticity"]
    known = np.where(np.isfinite(moved), moved, 1.0)
    for found, chosen in zip((kept, new), choosing, strict=True):
        found[rows] *= known
        found[rows, ::2] = chosen
    return kept, new


def _curve(given: Mapping[str, Floats], basis: Floats) -> Curve:
    lowest, highest, then = (
        np.where(given[name] > 0, given[name], basis)
        for name in ("seen_low_minor", "seen_high_minor", "own_then_minor")
    )
    return Curve(
        elasticity=given["elasticity"],
        error=given["std_error"],
        anchor=then / basis,
        low=np.minimum(lowest, basis) / basis,
        high=np.maximum(highest, basis) / basis,
    )


def _beside_rival(
    given: Mapping[str, Floats], basis: Floats, price: Floats, luck: Floats
) -> tuple[Floats, Floats]:
    expected = np.minimum(given["elasticity"], -0.05)
    curve = duopoly_of(
        expected, given["rival_elasticity"], given["own_then_minor"], given["rival_then_minor"]
    )
    drawn = np.clip(expected + given["std_error"] * luck, -8.0, -0.05)
    seen = curve.log_share(basis, given["rival_basis_minor"], drawn)
    found = []
    for at in (given["current_minor"], price):
        moved = curve.log_share(at, given["rival_minor"], drawn) - seen
        found.append(np.exp(moved - (given["std_error"] * np.log(at / basis)) ** 2 / 2))
    return found[0], found[1]


def _met(
    asked: Floats,
    given: Mapping[str, Floats],
    horizon_days: int,
    begin: float,
    end: float,
    already: Floats | None = None,
) -> Floats:
    """What can be met of units asked for evenly from ``begin`` to ``end`` of the horizon."""
    again = given["restock_days"] / max(horizon_days, 1)
    bound = np.clip(np.where(np.isnan(again), end, again), begin, end)
    short = (bound - begin) / max(end - begin, 1e-9)
    met: Floats = _from_stock(asked * short, given, horizon_days, begin, bound, already)
    return met + asked * (1 - short)


def _from_stock(
    asked: Floats,
    given: Mapping[str, Floats],
    horizon_days: int,
    begin: float,
    end: Floats,
    already: Floats | None,
) -> Floats:
    """What stock and goods on their way meet of units asked for before more can be had."""
    stock = np.where(np.isnan(given["stock"]), np.inf, np.maximum(given["stock"], 0.0))
    inbound = np.nan_to_num(given["inbound"])
    left = stock if already is None else stock - already
    if not inbound.any():
        limited: Floats = np.minimum(asked, np.maximum(left, 0.0))
        return limited
    days = np.where(np.isnan(given["inbound_days"]), horizon_days / 2, given["inbound_days"])
    arrived = np.clip(days / max(horizon_days, 1), 0.0, 1.0)
    early = np.clip((arrived - begin) / np.maximum(end - begin, 1e-9), 0.0, 1.0)
    come = np.where(arrived < end, inbound, 0.0)
    if already is not None:
        left = left + np.where(arrived < begin, inbound, 0.0)
        come = np.where(arrived < begin, 0.0, come)
    first = np.minimum(asked * early, np.maximum(left, 0.0))
    second = np.minimum(asked * (1.0 - early), np.maximum(left - first + come, 0.0))
    met: Floats = first + second
    return met


def _driven(given: Mapping[str, Floats], own: Floats, horizon_days: int) -> Floats:
    """Units driven to other products, over those that a price ``e`` times as high drives there.

    Of the units a price loses, others get the same part at every price (the diversion ratio of
    Shapiro 1996), at most all of them.
    """
    units = given["mean_per_day"] * horizon_days
    lost = np.maximum(-given["elasticity"], LEAST_ANSWER) * units
    found: Floats = -own / np.maximum(np.maximum(lost, np.abs(given["cross_units"])), 1e-9)
    return np.where(np.isnan(found), 0.0, found)


def _cross(given: Mapping[str, Floats], metric: str, driven: Floats) -> Floats:
    known: Floats = np.nan_to_num(given[f"cross_{metric}"])
    return known * driven
