"""What a campaign did: those who were written to against those whom the lot left alone.

Difference in means with each customer's earlier buying taken out (CUPED: Deng, Xu, Kohavi and
Walker 2013), which narrows the interval and cannot bias it, since the lot did not look at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, rows_of, significant

Floats = npt.NDArray[np.float64]

TOOL = "tools.campaign_outcome.measure_campaign"
LEAST_PEOPLE = 20
"""In either group; smaller ones are luck."""
RESPONSE_DAYS = 14
"""Orders later than this are not put down to a message."""
BEFORE_DAYS = 90
PLACEBO_LIMIT = 3.0
"""Groups that differed by more standard errors before the message were not made by lot."""
FIGURES = ("orders", "units", "revenue_minor")


@dataclass(frozen=True)
class CampaignEffect:
    """What a campaign brought in all.

    Attributes:
        result: ``contacted, held_out, buyers`` and ``held_out_buyers``, and for ``orders``,
            ``units`` and ``revenue_minor`` the gain over all contacted with ``_sd``.
        days: Days looked at.
        placebo: How the groups' orders differed before, in standard errors.
        why_not: Why it cannot be told, or empty.
        params: Campaign and days.
        source: The orders read.
    """

    result: Mapping[str, Any]
    days: int
    placebo: float
    why_not: str
    params: Mapping[str, Any]
    source: DataRef

    def evidence(self) -> Evidence:
        """The figures with what they were read from."""
        return Evidence.of(
            TOOL,
            params=dict(self.params),
            data=(rows_of(self.source, **self.params),),
            result=plain(dict(self.result)),
        )


def measure_campaign(
    events: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    campaign_id: str,
    first: date,
    last: date,
    source: DataRef,
) -> CampaignEffect:
    """Extra orders, units and revenue of those a campaign reached.

    Args:
        events: ``campaign_id, customer_id, kind``, kind being ``sent`` or ``held_out``; others are
            passed over. Somebody in both was written to after all.
        orders: Lines ``order_id, customer_id, date, quantity, revenue_minor`` from three months
            before the campaign on.
        campaign_id: Which campaign.
        first: Day it left.
        last: Last day known or of interest; at most two weeks are looked at.
        source: The orders' reference.
    """
    last = min(last, first + timedelta(days=RESPONSE_DAYS - 1))
    params = {"campaign_id": campaign_id, "first": first.isoformat(), "last": last.isoformat()}
    days = (last - first).days + 1
    people, held = _members(events[events["campaign_id"] == campaign_id])
    count = {"contacted": int((~held).sum()), "held_out": int(held.sum())}
    if min(count.values()) < LEAST_PEOPLE:
        why = f"{count['held_out']} of {len(people)} customers are known to have been left alone"
        return CampaignEffect(count, max(days, 0), float("nan"), why, params, source)
    if days < RESPONSE_DAYS:
        why = f"only {max(days, 0)} of {RESPONSE_DAYS} days are known since it left"
        return CampaignEffect(count, max(days, 0), float("nan"), why, params, source)
    since = first - timedelta(days=BEFORE_DAYS)
    before = _bought(orders, people, since, first - timedelta(days=1))
    during = _bought(orders, people, first, last)
    result: dict[str, Any] = dict(count)
    for name in FIGURES:
        gain, error = _difference(during[name].to_numpy(), before[name].to_numpy(), held)
        result[name] = float(significant(gain * count["contacted"]))
        result[f"{name}_sd"] = float(significant(error * count["contacted"]))
    bought = during["orders"].to_numpy() > 0
    result |= {"buyers": int(bought[~held].sum()), "held_out_buyers": int(bought[held].sum())}
    gap, error = _plain_difference(before["orders"].to_numpy(), held)
    placebo = float(gap / error)
    why = "" if abs(placebo) <= PLACEBO_LIMIT else (
        f"the placebo failed: the groups differed by {placebo:+.1f} standard errors before it left"
    )  # fmt: skip
    return CampaignEffect(result, days, placebo, why, params, source)


def _members(events: pd.DataFrame) -> tuple[pd.Index, npt.NDArray[np.bool_]]:
    """Customers of a campaign by name, and which of them were left alone."""
    known = events[events["kind"].isin(["sent", "held_out"])]
    sent = (known["kind"] == "sent").groupby(known["customer_id"].astype(str)).any()
    return sent.index, ~sent.to_numpy(dtype=bool)


def _bought(orders: pd.DataFrame, people: pd.Index, first: date, last: date) -> pd.DataFrame:
    """Each customer's orders, units and revenue on those days."""
    day = pd.to_datetime(orders["date"]).dt.date
    part = orders[(day >= first) & (day <= last)]
    by = part.groupby(part["customer_id"].astype(str))
    found = pd.DataFrame(
        {
            "orders": by["order_id"].nunique(),
            "units": by["quantity"].sum(),
            "revenue_minor": by["revenue_minor"].sum(),
        }
    )
    return found.reindex(people).fillna(0.0).astype("float64")


def _difference(during: Floats, before: Floats, held: npt.NDArray[np.bool_]) -> tuple[float, float]:
    spread = float(np.var(before))
    slope = float(np.cov(during, before, bias=True)[0, 1]) / spread if spread > 0 else 0.0
    return _plain_difference(during - slope * (before - before.mean()), held)


def _plain_difference(values: Floats, held: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Difference of the groups' means and its standard error (Welch), which is never nothing."""
    sent, alone = values[~held], values[held]
    # One sale's worth of variance keeps groups in which nobody bought from being certain.
    least = max(
        float(np.var(values)), float(np.max(np.abs(values), initial=0.0)) ** 2 / len(values)
    )
    error = np.sqrt(
        max(float(np.var(sent)), least / 2) / len(sent)
        + max(float(np.var(alone)), least / 2) / len(alone)
    )
    return float(sent.mean() - alone.mean()), max(float(error), 1e-9)
