"""Campaigns a shop could send: to whom, by which channel, and what they would bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.goal import Objective
from tools.audiences import Ranked, reachable
from tools.campaign_effect import (
    measured_campaigns,
    measured_experiments,
)
from tools.campaign_futures import DRAWS, INPUTS
from tools.campaign_offers import COLUMNS, Offers, stream_of
from tools.contact_costs import CHANNELS, contact_costs
from tools.customer_features import (
    FEATURES,
    CustomerHistory,
    day_number,
    experiment_rows,
    features_on,
)
from tools.figures import plain
from tools.lifetime_value import LifetimeValues
from tools.segments import SEGMENTS, Segments, segment_customers
from tools.uplift import SAME_FOR_ALL, UpliftModel, learn_uplift
from tools.uplift_learners import CORE

__all__ = ["CampaignMenu", "SEGMENTS", "Segments", "campaign_menu", "segment_customers"]

Floats = npt.NDArray[np.float64]

TOOL = "tools.marketing.campaign_menu"


@dataclass(frozen=True)
class CampaignMenu:
    """One row a segment, channel and size of audience.

    Attributes:
        table: ``key``, ``segment``, ``channel``, ``eligible`` (customers of the segment who may
            be written to), ``targeted`` (those of them worth a contact, best first),
            ``audience`` (contacted), ``hold_out`` (fraction of the targeted left alone),
            ``detectable`` (smallest effect the hold-out can show, orders a contact),
            ``contact_cost_minor``, ``cost_minor``; P10, P50, P90 of the change against sending
            nothing in ``units``, ``revenue_minor``, ``gross_profit_minor`` (before the
            campaign's cost; NaN without a margin); ``uplift`` and ``uplift_sd`` (extra orders a
            contact), ``freshness`` (part of it that recent messages left), ``damping``
            (what diminishing returns leave of it at this spend, against the usual one),
            ``most_contacts`` (messages anybody targeted will have had in 30 days, this one
            included),
            ``past_campaigns``, ``learner`` (what ranked the customers), ``order_value_minor``,
            ``order_units``, ``long_run_profit_minor`` (further gross profit within a year, in no
            other figure; NaN where unknown), ``audience_id``, ``value``.
        currency: Of all money.
        params: What the figures were made with.
        data: Customers, campaigns and their events.
        models: Channel to what past hold-outs taught about single customers.
        notes: Key to what its figures rest on that is assumed.
        left_out: Reason to customers who are in no row.
    """

    table: pd.DataFrame = field(repr=False)
    currency: str
    params: dict[str, Any]
    data: tuple[DataRef, ...]
    models: dict[str, UpliftModel] = field(default_factory=dict, repr=False)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    left_out: dict[str, int] = field(default_factory=dict)
    _ranked: dict[tuple[str, str], Ranked] = field(default_factory=dict, repr=False)

    def assumptions(self, key: str) -> tuple[str, ...]:
        """What a campaign's figures rest on that is assumed rather than known."""
        return self.notes.get(key, ())

    def _row(self, key: str) -> pd.Series:
        return self.table[self.table["key"] == key].iloc[0]

    def evidence(self, key: str) -> Evidence:
        """One campaign's figures; ``campaign_figures`` of its parameters gives them again."""
        row = self._row(key)
        inputs = {name: row[name] for name in INPUTS if name in row}
        return Evidence.of(
            TOOL,
            params=plain({"key": key, **self.params, **inputs, "stream": stream_of(row)}),
            data=self.data,
            result=plain(row.drop("key").to_dict()),
            assumptions=self.assumptions(key),
        )

    def basis(self, key: str) -> tuple[Evidence, ...]:
        """The experiment that a campaign's effect rests on, where there is one."""
        channel = str(self._row(key)["channel"])
        return (self.models[channel].evidence(),) if channel in self.models else ()

    def audience_ids(self, key: str) -> tuple[str, ...]:
        """Customers targeted, hold-out included, best first; ids never leave the shop."""
        row = self._row(key)
        ranked = self._ranked[str(row["segment"]), str(row["channel"])]
        return tuple(str(name) for name in ranked.ids[: int(row["targeted"])])

    def overlaps(self) -> pd.DataFrame:
        """Customers two campaigns share, where they share any: ``one, other, customers``.

        Segments have no customer in common, so only campaigns to the same segment do.
        """
        rows = []
        for _, mine in self.table.groupby("segment", sort=False):
            sets = {key: set(self.audience_ids(key)) for key in mine["key"]}
            keys = list(sets)
            rows += [
                (one, other, len(sets[one] & sets[other]))
                for place, one in enumerate(keys)
                for other in keys[place + 1 :]
            ]
        found = pd.DataFrame(rows, columns=["one", "other", "customers"])
        return found[found["customers"] > 0].reset_index(drop=True)


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
    history: CustomerHistory | None = None,
    lifetime: LifetimeValues | None = None,
    max_contacts: int | None = None,
    learners: tuple[str, ...] = CORE,
    seed: int = 0,
    margin_assumed: str = "",
) -> CampaignMenu:
    """Campaigns to every segment by every channel the shop has used, or by e-mail.

    Only customers who agreed to marketing are counted; where consent is on file for nobody, all
    are, and the assumption says so. What a contact brings is what past hold-outs measured, shrunk
    towards a wide prior; where they also showed who is moved and who is not, customers differ
    (``tools.uplift``). Customers of a segment are ranked by expected profit of the contact less
    its cost, and those it does not pay for are left out; the best quarter, half and three
    quarters of the rest are offered too. Effects that fall after the horizon or replace later
    orders are not modelled.

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
        history: Orders and contacts of single customers; without them all of a segment are alike.
        lifetime: What a customer's order is worth, and what further ones follow.
        max_contacts: Messages a customer may have in 30 days, by any channel; None for any.
        learners: Of ``tools.uplift_learners``; those of EconML need the extra ``uplift``.
        seed: Seed of the draws; every segment and channel draws apart.
        margin_assumed: Words for a margin that rests on assumed costs.
    """
    people = reachable(
        segments, customers, history=history, lifetime=lifetime, max_contacts=max_contacts
    )
    maker = Offers(
        segments=segments, people=people, costs=contact_costs(campaigns, currency),
        objective=objective, gross_margin=gross_margin, seed=seed, margin_assumed=margin_assumed,
        **_learnt(segments, campaigns, history, source, learners, seed),
    )  # fmt: skip
    for segment in segments.summary.index:
        maker.offer(str(segment))
    return CampaignMenu(
        table=pd.DataFrame(maker.rows, columns=list(COLUMNS)),
        currency=currency,
        params={
            "objective": objective.value, "horizon_days": horizon_days,
            "gross_margin": gross_margin, "currency": currency,
            "today": segments.today.isoformat(), "seed": seed, "draws": DRAWS,
            "max_contacts": max_contacts,
        },
        data=(source, source.model_copy(update={"source": "campaigns", "rows": len(campaigns)})),
        models=maker.models,
        notes=maker.notes,
        left_out=people.left_out,
        _ranked=maker.ranked,
    )  # fmt: skip


def _learnt(
    segments: Segments,
    campaigns: pd.DataFrame,
    history: CustomerHistory | None,
    source: DataRef,
    learners: tuple[str, ...],
    seed: int,
) -> dict[str, Any]:
    """What past hold-outs say: by campaign, and of single customers where there are enough."""
    if history is None or history.orders.empty or history.events.empty:
        return {"measured": measured_campaigns(campaigns), "models": {}, "now": None}
    events = source.model_copy(update={"source": "campaign_events", "rows": len(history.events)})
    rows = {
        channel: experiment_rows(history, channel=channel, today=segments.today)
        for channel in CHANNELS
    }
    models = {
        channel: learn_uplift(part, FEATURES, source=events, learners=learners, seed=seed,
                              channel=channel)
        for channel, part in rows.items() if len(part)
    }  # fmt: skip
    found = {channel: model for channel, model in models.items() if model is not None}
    ranks = any(model.learner != SAME_FOR_ALL for model in found.values())
    now = features_on(history, day_number(segments.today)) if ranks else None
    return {
        "measured": measured_experiments(rows, campaigns),
        "models": found,
        "now": None if now is None else now.set_axis(pd.Index(history.ids), axis=0),
    }
