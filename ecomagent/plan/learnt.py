"""What the next plan rests on that outcomes have taught; a pure function of the lessons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.action import ActionKind
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.outcome import Lesson
from ecomagent.plan.learning import TOOLS
from ecomagent.plan.measure import band_of

if TYPE_CHECKING:
    import pandas as pd

    from tools.learning import Trust


@dataclass(frozen=True)
class Learnt:
    """What lessons teach.

    Attributes:
        lessons: The lessons, each action once.
    """

    lessons: tuple[Lesson, ...] = field(default=())

    @cached_property
    def trust(self) -> dict[str, Trust]:
        """Tool to how its promises are to be taken; only tools that have outcomes."""
        from tools.learning import Kept, trust_of

        kept: dict[str, list[Kept]] = {}
        for each in self.lessons:
            kept.setdefault(each.tool, []).append(
                Kept(
                    each.plan_id,
                    each.action_id,
                    band_of(each.promised),
                    band_of(each.happened),
                    each.happened_shared_sd,
                )
            )
        return {tool: trust_of(mine) for tool, mine in sorted(kept.items())}

    def trust_in(self, kind: ActionKind) -> Trust | None:
        """How the promises of a kind of action are to be taken; None: as they are."""
        return self.trust.get(self.tool_of(kind))

    @staticmethod
    def tool_of(kind: ActionKind) -> str:
        """Whose promises the impacts of a kind are; empty for kinds that promise nothing."""
        return TOOLS.get(kind, "")

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Price changes that were measured, as ``tools.learnt_prices`` gives them."""
        import pandas as pd

        from tools.learnt_prices import measured_elasticities

        rows = [
            {
                "sku": each.target, "price_ratio": each.price_ratio,
                "actual_units": each.actual_units, "expected_units": each.expected_units,
                "sd": each.expected_sd, "shared_sd": each.expected_shared_sd or 0.0,
                "batch": each.plan_id,
            }
            for each in self._priced
        ]  # fmt: skip
        return measured_elasticities(pd.DataFrame(rows))

    @property
    def _priced(self) -> tuple[Lesson, ...]:
        return tuple(each for each in self.lessons if each.price_ratio and each.expected_sd)

    def without_measured(self, panel: pd.DataFrame) -> pd.DataFrame:
        """A panel without the days of measured price changes: they are evidence already."""
        import numpy as np
        import pandas as pd

        known = set(self.prices["sku"])
        drop = np.zeros(len(panel), dtype=bool)
        for each in self._priced:
            if each.target in known:
                days = panel["date"].between(
                    pd.Timestamp(each.first_day), pd.Timestamp(each.last_day)
                )
                drop |= ((panel["sku"] == each.target) & days).to_numpy()
        return panel[~drop] if drop.any() else panel


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrustShown(_Frozen):
    """How a tool's promises are taken from now on."""

    tool: str
    factor: float
    width: float
    outcomes: int
    plans: int
    evidence: Evidence


class PriceShown(_Frozen):
    """What one price change showed."""

    sku: str
    plan_id: str
    elasticity: float
    std_error: float


class CampaignShown(_Frozen):
    """A campaign whose hold-out was measured."""

    campaign_id: str
    segment: str
    contacted: int
    extra_orders: float
    extra_orders_sd: float


class LearnReport(_Frozen):
    """What was learnt, from which outcomes, and what it changes."""

    as_of: datetime
    new: int = 0
    """Outcomes learnt from by this call."""
    forgotten: int = 0
    lessons: tuple[str, ...] = ()
    """Plan and action of every outcome that counts."""
    trust: tuple[TrustShown, ...] = ()
    prices: tuple[PriceShown, ...] = ()
    campaigns: tuple[CampaignShown, ...] = ()
    next_plan: tuple[str, ...] = ()
    """What the next plan does differently."""
    note: str = ""


def learn_report(
    learnt: Learnt, *, as_of: datetime, new: int = 0, forgotten: int = 0
) -> LearnReport:
    """What is known from outcomes, in figures and words."""
    trust = tuple(
        TrustShown(
            tool=tool, factor=each.factor, width=each.width, outcomes=each.outcomes,
            plans=each.plans, evidence=each.evidence(tool),
        )
        for tool, each in learnt.trust.items()
    )  # fmt: skip
    prices = tuple(
        PriceShown(
            sku=str(row["sku"]), plan_id=str(row["batch"]),
            elasticity=float(row["elasticity"]), std_error=float(row["std_error"]),
        )
        for row in learnt.prices.to_dict(orient="records")
    )  # fmt: skip
    campaigns = tuple(_campaign(each) for each in learnt.lessons if each.campaign)
    return LearnReport(
        as_of=as_of,
        new=new,
        forgotten=forgotten,
        lessons=tuple(f"{each.plan_id}/{each.action_id}" for each in learnt.lessons),
        trust=trust,
        prices=prices,
        campaigns=campaigns,
        next_plan=_words(trust, prices, campaigns),
        note="" if learnt.lessons else "nothing has been learnt yet: no outcome is final",
    )


def _campaign(lesson: Lesson) -> CampaignShown:
    return CampaignShown(
        campaign_id=lesson.campaign_id,
        segment=lesson.target,
        contacted=int(lesson.campaign.get("contacted", 0)),
        extra_orders=lesson.campaign.get("orders", 0.0),
        extra_orders_sd=lesson.campaign.get("orders_sd", 0.0),
    )


_TITLES = {
    "tools.pricing": "prices and promotions",
    "tools.inventory": "purchase orders",
    "tools.marketing": "campaigns",
    "tools.selection": "products listed again",
}


def _words(
    trust: Sequence[TrustShown],
    prices: Sequence[PriceShown],
    campaigns: Sequence[CampaignShown],
) -> tuple[str, ...]:
    said = [
        f"{_TITLES.get(each.tool, each.tool)} are expected to bring {each.factor:.0%} of what the"
        f" tool says, with bands {each.width:.2f} times as wide ({each.outcomes} outcomes of"
        f" {each.plans} plans)"
        for each in trust
    ]
    if prices:
        weight = [each.std_error**-2 for each in prices]
        usual = sum(w * p.elasticity for w, p in zip(weight, prices, strict=True)) / sum(weight)
        said.append(
            f"elasticities move towards what {len(prices)} price changes showed ({usual:.1f} on"
            " average), those of the SKUs themselves most, those of their categories with them"
        )
    said += [
        f"campaigns like {each.campaign_id} (to {each.segment}) rest on"
        f" {each.extra_orders:+.0f} ± {each.extra_orders_sd:.0f} extra orders of"
        f" {each.contacted:,} contacts"
        for each in campaigns
    ]
    return tuple(said)
