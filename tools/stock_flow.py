"""Demand met from stock over a horizon: sales end when stock does and go on when goods arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """Stock and what arrives; shape (n, 1) each.

    Attributes:
        on_hand: Units now; NaN for unknown, which is taken to last.
        inbound: Units on their way.
        inbound_days: When they arrive; NaN for halfway through the horizon.
        order: Units ordered now.
        order_days: When those arrive.
    """

    on_hand: Floats
    inbound: Floats
    inbound_days: Floats
    order: Floats
    order_days: Floats


@dataclass(frozen=True)
class Sold:
    """What was sold and for how long there was nothing to sell; shape (n, draws) each."""

    units: Floats
    stockout_days: Floats


def sell(demand: Floats, flow: Flow, horizon_days: int) -> Sold:
    """Meet demand that comes evenly over the days from stock; what finds none is lost.

    Args:
        demand: Units asked for over the horizon; shape (n, draws).
        flow: Stock and arrivals.
        horizon_days: Days.
    """
    days = float(horizon_days)
    unknown = np.isnan(flow.on_hand)
    stock = np.where(unknown, np.inf, np.maximum(flow.on_hand, 0.0))
    inbound_at = np.where(np.isnan(flow.inbound_days), days / 2, flow.inbound_days)
    inbound_at, order_at = np.clip(inbound_at, 0.0, days), np.clip(flow.order_days, 0.0, days)
    arrivals = [
        (np.minimum(inbound_at, order_at),
         np.where(inbound_at <= order_at, flow.inbound, flow.order)),
        (np.maximum(inbound_at, order_at),
         np.where(inbound_at <= order_at, flow.order, flow.inbound)),
    ]  # fmt: skip
    rate = demand / days
    sold, empty = np.zeros_like(demand), np.zeros_like(demand)
    left = np.broadcast_to(stock, demand.shape)
    since = np.zeros_like(stock)
    for until, arriving in (*arrivals, (np.full_like(stock, days), np.zeros_like(stock))):
        asked = rate * (until - since)
        met = np.minimum(asked, left)
        sold += met
        with np.errstate(divide="ignore", invalid="ignore"):
            empty += np.where(rate > 0, (asked - met) / rate, 0.0)
        left = left - met + arriving
        since = until
    return Sold(sold, empty)
