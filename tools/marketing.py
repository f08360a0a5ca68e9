"""Campaigns a shop could send: to whom, by which channel, and what they would bring."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.goal import Objective
from ecomagent.domain.money import to_minor
from tools.campaign_effect import PRIOR_SD, PRIOR_UPLIFT, Uplift, measured_campaigns, uplift_of
from tools.figures import plain, significant
from tools.segments import SEGMENTS, Segments, segment_customers

__all__ = ["CampaignMenu", "SEGMENTS", "Segments", "campaign_menu", "segment_customers"]

Floats = npt.NDArray[np.float64]

TOOL = "tools.marketing.campaign_menu"
CHANNELS = ("email", "sms", "ads")
DEFAULT_COST: dict[str, dict[str, str]] = {
    "CNY": {"email": "0.01", "sms": "0.05"},
    "EUR": {"email": "0.002", "sms": "0.07"},
    "GBP": {"email": "0.002", "sms": "0.04"},
    "USD": {"email": "0.002", "sms": "0.03"},
}
"""What a contact costs where no past campaign tells, in major units: usual list prices of mailing
services. Other currencies get e-mail alone, at no cost, and say so."""
HOLD_OUT = 0.1
SMALL_HOLD_OUT = 0.2
SMALL_AUDIENCE = 500
"""Below this a tenth left alone would measure nothing."""
MIN_ELIGIBLE = 20
DRAWS = 2000
VALUE_LOG_SD = 0.15
"""How far the value of an extra order may lie from the segment's usual order."""
HALF_LIFE_DAYS = 180
LEAST_AFFINITY, MOST_AFFINITY = 0.2, 1.6
POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
REACHES_STRANGERS = "ads"

ASSUME_PRIOR = (
    f"no past hold-out for this channel: {PRIOR_UPLIFT * 1000:g} extra orders per 1,000 contacts,"
    f" give or take {PRIOR_SD * 1000:g} (assumed)"
)
ASSUME_CONSENT = (
    "consent to marketing is not on file for any customer: assumed given, check before sending"
)
ASSUME_AFFINITY = (
    "segments answer in proportion to the root of how often they buy, halved for every"
    f" {HALF_LIFE_DAYS} days since they last did (assumed)"
)


@dataclass(frozen=True)
class CampaignMenu:
    """One row a segment and channel.

    Attributes:
        table: ``key``, ``segment``, ``channel``, ``eligible`` (customers who may be written to),
            ``audience`` (contacted), ``hold_out`` (fraction of the eligible left alone),
            ``contact_cost_minor``, ``cost_minor``; P10, P50, P90 of the change against sending
            nothing in ``units``, ``revenue_minor``, ``gross_profit_minor`` (before the
            campaign's cost; NaN without a margin); ``uplift`` and ``uplift_sd`` (extra orders a
            contact), ``past_campaigns``, ``order_value_minor``, ``order_units``, ``value``.
        currency: Of all money.
        params: What the figures were made with.
        data: Customers and campaigns read.
        notes: Key to what its figures rest on that is assumed.
        left_out: Reason to customers who are in no row.
    """

    table: pd.DataFrame = field(repr=False)
    currency: str
    params: dict[str, Any]
    data: tuple[DataRef, ...]
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    left_out: dict[str, int] = field(default_factory=dict)

    def assumptions(self, key: str) -> tuple[str, ...]:
        """What a campaign's figures rest on that is assumed rather than known."""
        return self.notes.get(key, ())

    def evidence(self, key: str) -> Evidence:
        """One campaign's figures."""
        row = self.table[self.table["key"] == key].iloc[0]
        return Evidence.of(
            TOOL,
            params={"key": key, **self.params},
            data=self.data,
            result=plain(row.drop("key").to_dict()),
            assumptions=self.assumptions(key),
        )


def campaign_menu(
    segments: Segments,
    customers: pd.DataFrame,
    campaigns: pd.DataFrame,
    *,
    objective: Objective,
    horizon_days: int,
    gross_margin: float | None,
    currency: str,
    source: DataRef,
    seed: int = 0,
    margin_assumed: str = "",
) -> CampaignMenu:
    """Campaigns to every segment by every channel the shop has used, or by e-mail.

    Only customers who agreed to marketing are counted; where consent is on file for nobody, all
    are, and the assumption says so. Extra orders are contacts times the uplift that past
    hold-outs measured, shrunk towards a wide prior; an extra order is worth the segment's usual
    one. Effects that fall after the horizon or replace later orders are not modelled.

    Args:
        segments: Of the same customers.
        customers: ``customer_id`` and ``consent_marketing``.
        campaigns: Past campaigns as ``FactsView.campaigns`` gives them.
        objective: What ``value`` counts: gross profit less cost, revenue less cost, or units; zero
            where the campaign would not earn its cost. Existing customers are not new ones, so
            only advertisements count for that goal.
        horizon_days: Recorded; responses come within days of a contact.
        gross_margin: Fraction of revenue; None when no cost is known.
        currency: The shop's.
        source: The customers' reference.
        seed: Seed of the draws; every row draws apart, from its key.
        margin_assumed: Words for a margin that rests on assumed costs.
    """
    eligible, left_out, no_consent = _eligible(segments, customers)
    measured = measured_campaigns(campaigns)
    costs = _contact_costs(campaigns, currency)
    affinities = _affinities(segments.summary)
    rows, notes = [], {}
    for segment in segments.summary.index:
        count = int(eligible.get(segment, 0))
        if count < MIN_ELIGIBLE:
            left_out["segment too small"] = left_out.get("segment too small", 0) + count
            continue
        for channel, (cost, cost_note) in costs.items():
            uplift = uplift_of(measured, channel, segment)
            row = _row(segments.summary.loc[segment], uplift, segment=segment, channel=channel,
                       eligible=count, contact_cost=cost, gross_margin=gross_margin,
                       affinity=float(affinities[segment]), seed=seed)  # fmt: skip
            rows.append(row | {"value": _value(row, objective)})
            notes[row["key"]] = tuple(
                note for note in (
                    "" if uplift.measured else ASSUME_PRIOR,
                    ASSUME_AFFINITY,
                    ASSUME_CONSENT if no_consent else "",
                    cost_note,
                    margin_assumed if gross_margin is not None else "",
                ) if note
            )  # fmt: skip
    return CampaignMenu(
        table=pd.DataFrame(rows, columns=list(_COLUMNS)),
        currency=currency,
        params={
            "objective": objective.value,
            "horizon_days": horizon_days,
            "gross_margin": gross_margin,
            "currency": currency,
            "today": segments.today.isoformat(),
            "seed": seed,
            "draws": DRAWS,
        },
        data=(source, source.model_copy(update={"source": "campaigns", "rows": len(campaigns)})),
        notes=notes,
        left_out=left_out,
    )


_COLUMNS = (
    "key", "segment", "channel", "eligible", "audience", "hold_out", "contact_cost_minor",
    "cost_minor", *(f"{stem}_{point}" for stem in ("units", "revenue_minor", "gross_profit_minor")
                    for point in POINTS),
    "uplift", "uplift_sd", "affinity", "past_campaigns", "order_value_minor", "order_units",
    "value",
)  # fmt: skip


def _eligible(
    segments: Segments, customers: pd.DataFrame
) -> tuple[pd.Series, dict[str, int], bool]:
    """Customers a segment who may be written to; who may not; and whether consent is unknown."""
    named = customers["customer_id"].astype(str)
    if "consent_marketing" in customers:
        consent = customers["consent_marketing"].astype("boolean")
    else:
        consent = pd.Series(pd.NA, index=customers.index, dtype="boolean")
    unknown = bool(consent.isna().all())
    may = pd.Series(True, index=consent.index) if unknown else consent.fillna(False).astype(bool)
    left_out = {
        "consent refused": int((~consent.fillna(True).astype(bool)).sum()),
        "consent not on file": 0 if unknown else int(consent.isna().sum()),
    }
    members = segments.table["segment"].reindex(named[may].unique())
    return members.value_counts(), {k: v for k, v in left_out.items() if v}, unknown


def _contact_costs(campaigns: pd.DataFrame, currency: str) -> dict[str, tuple[float, str]]:
    """Channel to the cost of a contact in minor units and, where it is assumed, the words."""
    found: dict[str, tuple[float, str]] = {}
    for channel in CHANNELS:
        mine = campaigns[campaigns["channel"] == channel] if len(campaigns) else campaigns
        sent = float(mine["sent"].sum()) if len(mine) else 0.0
        if sent > 0:
            found[channel] = (float(mine["cost_minor"].sum()) / sent, "")
    if found:
        return found
    for channel, price in DEFAULT_COST.get(currency, {"email": "0"}).items():
        minor = float(Decimal(to_minor("1", currency)) * Decimal(price))
        found[channel] = (minor, f"a contact by {channel} costs {price} {currency} (assumed)")
    return found


def _affinities(summary: pd.DataFrame) -> pd.Series:
    """How readily each segment answers against the average customer."""
    alive = 0.5 ** (summary["recency_days"] / HALF_LIFE_DAYS)
    pull = summary["orders_per_day"] * alive
    average = (pull * summary["customers"]).sum() / max(summary["customers"].sum(), 1)
    if not average > 0:
        return pd.Series(1.0, index=summary.index)
    found: pd.Series = ((pull / average) ** 0.5).clip(LEAST_AFFINITY, MOST_AFFINITY)
    return found


def _row(
    summary: pd.Series,
    uplift: Uplift,
    *,
    segment: str,
    channel: str,
    eligible: int,
    contact_cost: float,
    gross_margin: float | None,
    affinity: float,
    seed: int,
) -> dict[str, Any]:
    key = f"{segment}/{channel}"
    hold_out = HOLD_OUT if eligible >= SMALL_AUDIENCE else SMALL_HOLD_OUT
    audience = eligible - round(eligible * hold_out)
    mean, sd = uplift.mean * affinity, uplift.sd * affinity
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    rate = np.maximum(mean + sd * rng.standard_normal(DRAWS), -abs(mean))
    chance = np.sqrt(audience * np.abs(rate)) * rng.standard_normal(DRAWS)
    orders = audience * rate + chance
    worth = np.exp(VALUE_LOG_SD * rng.standard_normal(DRAWS) - VALUE_LOG_SD**2 / 2)
    revenue = orders * float(summary["order_value_minor"]) * worth
    drawn = {
        "units": orders * float(summary["order_units"]),
        "revenue_minor": revenue,
        "gross_profit_minor": revenue * (np.nan if gross_margin is None else gross_margin),
    }
    return {
        "key": key,
        "segment": segment,
        "channel": channel,
        "eligible": eligible,
        "audience": audience,
        "hold_out": hold_out,
        "contact_cost_minor": float(significant(contact_cost)),
        "cost_minor": round(audience * contact_cost),
        **_quantiles(drawn),
        "uplift": float(significant(mean)),
        "uplift_sd": float(significant(sd)),
        "affinity": float(significant(affinity)),
        "past_campaigns": uplift.campaigns,
        "order_value_minor": float(summary["order_value_minor"]),
        "order_units": float(summary["order_units"]),
    }


def _quantiles(drawn: dict[str, Floats]) -> dict[str, float]:
    return {
        f"{stem}_{point}": float(significant(np.quantile(values, level)))
        for stem, values in drawn.items()
        for point, level in POINTS.items()
    }


def _value(row: dict[str, Any], objective: Objective) -> float:
    """What the goal gains at the median, nothing where the campaign does not earn its cost."""
    cost = float(row["cost_minor"])
    profit, revenue = row["gross_profit_minor_p50"], row["revenue_minor_p50"]
    earned = revenue if np.isnan(profit) else profit
    if earned <= cost:
        return 0.0
    if objective is Objective.GROSS_PROFIT:
        return float(profit - cost)
    if objective in (Objective.UNITS, Objective.CLEAR_STOCK):
        return float(row["units_p50"])
    if objective is Objective.NEW_CUSTOMERS and row["channel"] != REACHES_STRANGERS:
        return 0.0
    return float(revenue - cost)
