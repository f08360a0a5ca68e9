"""How long suppliers really take: what is stated, corrected by what their deliveries showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from tools.figures import significant

Floats = npt.NDArray[np.float64]

DEFAULT_LEAD_DAYS = 14.0
"""Where nothing is stated and nothing was delivered."""
PRIOR_SPREAD = 0.25
"""Deliveries scatter by about a quarter of their time, before any was seen."""
PRIOR_ORDERS = 4.0
"""Weight, in deliveries, of the shop's figures in a supplier's and of the prior's in the shop's."""
YEAR = 366
LATE, EARLY = 8.0, 0.1
"""An order that took more than the first many times its stated days was forgotten, or a slip of the
pen, and tells nothing; less than the second counts as that much."""


@dataclass(frozen=True)
class LeadTimes:
    """Days from order to delivery.

    Attributes:
        table: Index ``sku``, sorted. ``lead_time_days`` (mean), ``lead_time_sd`` (days),
            ``stated_days``, ``deliveries`` (of its supplier, seen or overdue), ``basis``
            (``supplier``, ``shop``, ``stated`` or ``assumed``: what the mean rests on most),
            ``inbound_days`` (until what is on its way arrives; NaN where no open order says),
            ``restock_days`` (until an order of today arrives; NaN where nothing says that the SKU
            can be had again: never ordered in a year, and no lead time stated).
        source: The purchase orders read; None where there were none.
    """

    table: pd.DataFrame = field(repr=False)
    source: DataRef | None = None


def lead_times(
    catalogue: pd.DataFrame,
    orders: pd.DataFrame | None,
    *,
    today: date,
    source: DataRef | None = None,
) -> LeadTimes:
    """Lead times with their scatter, from stated days and past purchase orders.

    The logarithm of actual over stated days has a mean and a spread for each supplier, both
    pulled towards the shop's and the shop's towards the prior (stated days hold, give or take a
    quarter), by numbers of deliveries. An order still open counts once it is later than stated,
    as if it came today: the least it can be. The mean of the log-normal is
    ``stated × exp(mean + spread² / 2)``.

    Args:
        catalogue: ``sku`` and, where known, ``supplier_id`` and ``lead_time_days``.
        orders: ``sku, ordered_on, received_on`` (days; NaT while open) and ``quantity``.
        today: Nothing received later is known.
        source: The purchase orders' reference.
    """
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    stated = _column(shown, "lead_time_days")
    given = pd.Series(pd.to_numeric(stated, errors="coerce"), dtype="float64")
    known = given >= 0
    stated = given.where(known, DEFAULT_LEAD_DAYS).clip(lower=1.0)
    named = _column(shown, "supplier_id")
    supplier = named.where(named.notna(), "").astype(str)
    seen = _deliveries(orders, stated, supplier, today)
    shop = _pulled(seen["log_ratio"].to_numpy(), -(PRIOR_SPREAD**2) / 2, PRIOR_SPREAD)
    found = {
        str(name): _pulled(part.to_numpy(), *shop)
        for name, part in seen.groupby("supplier")["log_ratio"]
    }
    mean, spread = np.array([found.get(name, shop) for name in supplier]).reshape(-1, 2).T
    deliveries = supplier.map(seen.groupby("supplier").size()).fillna(0).astype("int64")
    days = stated.to_numpy() * np.exp(mean + spread**2 / 2)
    whose = deliveries.to_numpy(dtype=np.int64) >= PRIOR_ORDERS
    others = np.full(len(shown), len(seen) >= PRIOR_ORDERS)
    basis: npt.NDArray[Any] = np.select(
        [whose, others, known.to_numpy()], ["supplier", "shop", "stated"], default="assumed"
    )
    table = pd.DataFrame(
        {
            "lead_time_days": significant(days),
            "lead_time_sd": significant(days * np.sqrt(np.expm1(spread**2))),
            "stated_days": stated,
            "deliveries": deliveries,
            "basis": basis.astype(object),
        },
        index=pd.Index(shown.index, name="sku"),
    )
    table["inbound_days"] = _until_arrival(orders, table["lead_time_days"], today)
    again = known | pd.Series(shown.index.isin(_ordered_lately(orders, today)), shown.index)
    table["restock_days"] = table["lead_time_days"].where(again)
    return LeadTimes(table, source)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(None, index=frame.index, dtype=object)
    return frame[name].astype(object)


def _deliveries(
    orders: pd.DataFrame | None, stated: pd.Series, supplier: pd.Series, today: date
) -> pd.DataFrame:
    """One row an order that arrived or is overdue: ``supplier, log_ratio``."""
    if orders is None or orders.empty:
        return pd.DataFrame(
            {"supplier": pd.Series(dtype=object), "log_ratio": pd.Series(dtype=float)}
        )
    mine = orders[orders["sku"].isin(stated.index)]
    ordered, received = pd.to_datetime(mine["ordered_on"]), pd.to_datetime(mine["received_on"])
    now = pd.Timestamp(today)
    here = received.notna() & (received <= now)
    took = _days(received.where(here, now) - ordered)
    promised = stated.reindex(mine["sku"]).to_numpy(dtype=np.float64)
    told = (here.to_numpy() | (took > promised)) & (took >= 0) & (took <= LATE * promised)
    ratio = np.maximum(np.maximum(took, 0.5) / promised, EARLY)
    return pd.DataFrame(
        {
            "supplier": supplier.reindex(mine["sku"]).to_numpy()[told],
            "log_ratio": np.log(ratio[told]),
        }
    )


def _days(span: pd.Series) -> Floats:
    return span.to_numpy() / np.timedelta64(1, "D")


def _pulled(values: Floats, mean: float, spread: float) -> tuple[float, float]:
    """Mean and standard deviation, each pulled towards what is given by ``PRIOR_ORDERS``."""
    count = len(values)
    if count == 0:
        return mean, spread
    centre = (values.sum() + PRIOR_ORDERS * mean) / (count + PRIOR_ORDERS)
    squares = float(np.square(values - centre).sum()) + PRIOR_ORDERS * spread**2
    return float(centre), float(np.sqrt(squares / (count + PRIOR_ORDERS)))


def _ordered_lately(orders: pd.DataFrame | None, today: date) -> pd.Series:
    if orders is None or orders.empty:
        return pd.Series([], dtype=object)
    age = _days(pd.Timestamp(today) - pd.to_datetime(orders["ordered_on"]))
    return orders["sku"][age <= YEAR]


def _until_arrival(orders: pd.DataFrame | None, lead: pd.Series, today: date) -> pd.Series:
    """Days until open orders arrive, weighted by units; at least a day each."""
    if orders is None or orders.empty:
        return pd.Series(np.nan, index=lead.index)
    received = pd.to_datetime(orders["received_on"])
    mine = orders[
        (received.isna() | (received > pd.Timestamp(today))) & orders["sku"].isin(lead.index)
    ]
    age = _days(pd.Timestamp(today) - pd.to_datetime(mine["ordered_on"]))
    left = (lead.reindex(mine["sku"]).to_numpy() - age).clip(min=1.0)
    units = pd.to_numeric(mine["quantity"]).to_numpy(dtype=np.float64).clip(min=0)
    sums = pd.DataFrame({"sku": mine["sku"].to_numpy(), "days": left * units, "units": units})
    sums = sums.groupby("sku").sum()
    found = (sums["days"] / sums["units"]).where(sums["units"] > 0)
    return found.reindex(lead.index)
