"""The rows of a campaign menu: a segment's customers by a channel, in several sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.goal import Objective
from ecomagent.domain.ids import content_id
from tools.audiences import People, Ranked, rank
from tools.campaign_effect import PRIOR_SD, PRIOR_UPLIFT, Uplift, uplift_of
from tools.campaign_futures import campaign_figures
from tools.contact_fatigue import ASSUME_FATIGUE
from tools.customer_features import AFFINITY_HALF_LIFE, AFFINITY_RANGE, RESPONSE_DAYS
from tools.figures import significant
from tools.hold_out import base_rate, hold_out
from tools.response_curves import assumed_curve, channel_curve
from tools.segments import Segments
from tools.uplift import SAME_FOR_ALL, UpliftModel

Floats = npt.NDArray[np.float64]

MIN_ELIGIBLE = 20

ASSUME_PRIOR = (
    f"no past hold-out for this channel: {PRIOR_UPLIFT * 1000:g} extra orders per 1,000 contacts,"
    f" give or take {PRIOR_SD * 1000:g} (assumed)"
)
ASSUME_CONSENT = (
    "consent to marketing is not on file for any customer: assumed given, check before sending"
)
ASSUME_AFFINITY = (
    "segments answer in proportion to the root of how often they buy, halved for every"
    f" {AFFINITY_HALF_LIFE} days since they last did (assumed, less what past hold-outs speak"
    " against it)"
)
ASSUME_LONG_RUN = (
    "the long-run figure takes an order won by a message to say as much about a customer as one"
    " that came by itself (assumed); it is in no other figure"
)


COLUMNS = (
    "key", "segment", "channel", "eligible", "targeted", "audience", "hold_out", "detectable",
    "contact_cost_minor", "cost_minor",
    *(f"{stem}_{point}" for stem in ("units", "revenue_minor", "gross_profit_minor")
      for point in ("p10", "p50", "p90")),
    "uplift", "uplift_sd", "affinity", "freshness", "damping", "most_contacts", "past_campaigns",
    "learner", "order_value_minor", "order_units", "long_run_profit_minor", "audience_id", "value",
)  # fmt: skip


@dataclass
class Offers:
    """Collects the rows of a menu."""

    segments: Segments
    people: People
    costs: dict[str, tuple[float, str]]
    objective: Objective
    gross_margin: float | None
    seed: int
    margin_assumed: str
    measured: pd.DataFrame
    models: dict[str, UpliftModel]
    now: pd.DataFrame | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranked: dict[tuple[str, str], Ranked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.affinities = affinities(self.segments.summary)
        self.curves = {channel: channel_curve(self.measured, channel) for channel in self.costs}

    def offer(self, segment: str) -> None:
        """Add a segment's campaigns, or say why there are none."""
        mine = self.people.table[self.people.table["segment"] == segment]
        if len(mine) < MIN_ELIGIBLE:
            self._leave("segment too small", len(mine))
            return
        for channel, (cost, _) in self.costs.items():
            effect, uplift, scale = self._effects(mine, segment, channel)
            margin = 1.0 if self.gross_margin is None else self.gross_margin
            ranked = rank(mine, effect, margin=margin, contact_cost=cost)
            if len(ranked.ids) < MIN_ELIGIBLE:
                self._leave(f"a contact by {channel} costs more than it brings", len(mine))
                continue
            self.ranked[segment, channel] = ranked
            for size in ranked.levels:
                self._add(segment, channel, ranked.best(size), len(mine), uplift, scale)

    def _leave(self, reason: str, count: int) -> None:
        if count:
            self.people.left_out[reason] = self.people.left_out.get(reason, 0) + count

    def _effects(
        self, people: pd.DataFrame, segment: str, channel: str
    ) -> tuple[Floats, Uplift, float]:
        """Extra orders a contact by customer, what they rest on, and the segment's affinity."""
        fresh = people["freshness"].to_numpy(np.float64)
        model = self.models.get(channel)
        if model is None or model.learner == SAME_FOR_ALL or self.now is None:
            uplift = uplift_of(self.measured, channel, segment)
            believed = 1.0 if model is None else model.affinity_slope
            scale = 1 + believed * (float(self.affinities[segment]) - 1)
            return uplift.mean * scale * fresh, uplift, scale
        uplift = uplift_of(self.measured, channel, "")
        apart = model.differences(self.now.reindex(people.index).fillna(0.0))
        return (uplift.mean + apart) * fresh, uplift, 1.0

    def _add(
        self, segment: str, channel: str, ranked: Ranked, eligible: int, uplift: Uplift,
        affinity: float,
    ) -> None:  # fmt: skip
        targeted = len(ranked.ids)
        whole = targeted == len(self.ranked[segment, channel].ids)
        key = f"{segment}/{channel}" if whole else f"{segment}/{channel}/{targeted}"
        row = {"key": key, "segment": segment, "channel": channel, "eligible": eligible,
               "targeted": targeted, "past_campaigns": uplift.campaigns,
               "learner": self._ranks(channel), "affinity": float(significant(affinity)),
               **self._audience(ranked, segment),
               **self._size(ranked, segment, channel)}  # fmt: skip
        damping = self._damping(channel, row["cost_minor"])
        row["uplift"] = float(significant(row["uplift"] * damping))
        row["uplift_sd"] = float(
            significant(uplift.sd * affinity * ranked.freshness.mean() * damping)
        )
        row["damping"] = float(significant(damping))
        shared = {"objective": self.objective.value, "gross_margin": self.gross_margin,
                  "seed": self.seed}  # fmt: skip
        row |= campaign_figures({**row, **shared, "stream": stream_of(row)})
        self.rows.append(row)
        self.notes[key] = self._assumed(channel, uplift, row)

    def _damping(self, channel: str, cost: float) -> float:
        """What diminishing returns leave of the effect at this spend, against the usual one."""
        known = self.curves[channel]
        return 1.0 if known is None else known[0].damping(cost, known[1])

    def _ranks(self, channel: str) -> str:
        model = self.models.get(channel)
        return SAME_FOR_ALL if model is None else model.learner

    def _size(self, ranked: Ranked, segment: str, channel: str) -> dict[str, Any]:
        """Hold-out, audience and cost."""
        rate = base_rate(float(self.segments.summary["orders_per_day"][segment]), RESPONSE_DAYS)
        held = hold_out(len(ranked.ids), rate=rate, effect=float(ranked.effect.mean()))
        audience = len(ranked.ids) - round(len(ranked.ids) * held.share)
        cost = self.costs[channel][0]
        return {
            "hold_out": held.share, "detectable": float(significant(held.detectable)),
            "audience": audience, "contact_cost_minor": float(significant(cost)),
            "cost_minor": round(audience * cost),
        }  # fmt: skip

    def _audience(self, ranked: Ranked, segment: str) -> dict[str, Any]:
        """What those targeted are like; an extra order comes from whoever is moved most."""
        total = float(ranked.effect.sum())
        value = float((ranked.effect * ranked.order_value_minor).sum()) / total
        usual = self.segments.summary.loc[segment]
        further = ranked.effect * ranked.long_run_orders * ranked.order_value_minor
        profit = float(further.sum()) * (self.gross_margin or np.nan)
        return {
            "uplift": float(significant(total / len(ranked.ids))),
            "freshness": float(significant(ranked.freshness.mean())),
            "most_contacts": int(ranked.contacts.max()) + 1,
            "order_value_minor": float(significant(value)),
            "order_units": float(
                significant(usual["order_units"] * value / max(usual["order_value_minor"], 1e-9))
            ),
            "long_run_profit_minor": float(significant(profit)),
            "audience_id": content_id("aud", sorted(ranked.ids), digits=16),
        }  # fmt: skip

    def _assumed(self, channel: str, uplift: Uplift, row: dict[str, Any]) -> tuple[str, ...]:
        lines = (
            "" if uplift.measured else ASSUME_PRIOR,
            ASSUME_AFFINITY if row["affinity"] != 1 else "",
            ASSUME_FATIGUE if row["freshness"] < 1 else "",
            ASSUME_LONG_RUN if row["long_run_profit_minor"] == row["long_run_profit_minor"] else "",
            ASSUME_CONSENT if self.people.consent_unknown else "",
            assumed_curve(channel, (self.curves[channel] or (None,))[0]),
            self.costs[channel][1],
            self.margin_assumed if self.gross_margin is not None else "",
        )
        return tuple(line for line in lines if line)


def stream_of(row: Any) -> str:
    """Sizes of one audience share their luck, so that they compare."""
    return f"{row['segment']}/{row['channel']}"


def affinities(summary: pd.DataFrame) -> pd.Series:
    """How readily each segment answers against the average customer."""
    alive = 0.5 ** (summary["recency_days"] / AFFINITY_HALF_LIFE)
    pull = summary["orders_per_day"] * alive
    average = (pull * summary["customers"]).sum() / max(summary["customers"].sum(), 1)
    if not average > 0:
        return pd.Series(1.0, index=summary.index)
    found: pd.Series = ((pull / average) ** 0.5).clip(*AFFINITY_RANGE)
    return found
