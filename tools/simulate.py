"""A whole plan played against doing nothing in the same futures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.action import Impact, Metric, Quantiles
from ecomagent.domain.money import minor_digits
from tools.futures import Luck
from tools.sku_futures import BLOCK, SIMULATED, Totals, add_futures

Floats = npt.NDArray[np.float64]

CAMPAIGN_SHARED = 0.5
"""Share of a campaign's error variance that campaigns have in common."""
Z90 = 1.2815515655446004
POINTS = (0.1, 0.5, 0.9)
MONEY = (Metric.REVENUE, Metric.GROSS_PROFIT, Metric.SPEND)
EFFECTS = ("price_minor", "price_days", "elasticity", "elasticity_se", "extra_units",
           "arrives_in_days", "order_units", "off_sale")  # fmt: skip


@dataclass(frozen=True)
class CampaignEffects:
    """What campaigns are expected to bring, beside what sells anyway.

    Attributes:
        table: One row a campaign, in a fixed order: ``cost_minor`` and P10, P50, P90 of
            ``units``, ``revenue_minor``, ``gross_profit_minor`` (NaN where unknown).
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """From rows of a campaign menu.

        Args:
            frame: ``cost_minor`` and the impact columns of ``tools.marketing.campaign_menu``;
                further columns are ignored, missing ones unknown.
        """
        stems = ("units", "revenue_minor", "gross_profit_minor")
        wanted = ["cost_minor", *(f"{stem}_{p}" for stem in stems for p in ("p10", "p50", "p90"))]
        table = frame.reindex(columns=wanted).astype("float64")
        return cls(table.sort_values(wanted, ignore_index=True))

    def draw(self, metric: str, common: Floats, own: Floats) -> Floats:
        """Sum over campaigns of one figure in every future; unknown ones count as nothing.

        Each campaign's figure is a normal with a different width on either side of its median.

        Args:
            metric: Column stem.
            common: Standard normals shared by all campaigns; shape (draws,).
            own: Standard normals, shape (campaigns, draws).
        """
        low, middle, high = (
            self.table[f"{metric}_{point}"].fillna(0.0).to_numpy()[:, None]
            for point in ("p10", "p50", "p90")
        )
        luck = np.sqrt(CAMPAIGN_SHARED) * common + np.sqrt(1 - CAMPAIGN_SHARED) * own
        width = np.where(luck > 0, high - middle, middle - low) / Z90
        total: Floats = (middle + width * luck).sum(axis=0)
        return total


@dataclass(frozen=True)
class Simulation:
    """Totals over the horizon, in major units of the currency, units, or days.

    Attributes:
        with_plan: P10, P50, P90 of every metric if the plan is carried out.
        without_plan: If nothing is done.
        difference: Of the gap between both, future by future (not the gap of the quantiles).
        without_cost: SKUs left out of gross profit, since their cost is unknown.
        assumptions: What the figures rest on.
    """

    with_plan: Impact
    without_plan: Impact
    difference: Impact
    draws: int
    seed: int
    without_cost: tuple[str, ...] = field(default=(), repr=False)
    assumptions: tuple[str, ...] = ()


def simulate_plan(
    base: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    horizon_days: int,
    currency: str,
    extra: CampaignEffects | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> Simulation:
    """Play plan and do-nothing in the same futures and compare them.

    In each future a SKU's demand over the horizon is drawn from the forecast's error (partly
    shared by all SKUs) and day-to-day scatter, spread evenly over the days, and met from stock
    until it runs out. The plan changes prices (``units * ratio ** elasticity``, the elasticity
    drawn too; for the first ``price_days`` days, or all), adds units, brings orders in on their
    day, or takes SKUs off sale. A SKU's luck depends on its name and the seed alone.

    Args:
        base: Index ``sku``: ``mean_per_day``, ``variance_per_day``, ``log_error_sd``,
            ``price_minor``, ``cost_minor``, ``on_hand``, ``inbound`` (the last three may be
            NaN) and optionally ``shared_error_sd``, ``inbound_days``.
        effects: ``sku`` and any of ``EFFECTS``, one row a SKU; NaN leaves as it is.
        horizon_days: Days played.
        currency: The shop's.
        extra: Campaigns.
        draws: Number of futures.
        seed: Seed of the futures.
    """
    known = base[~base.index.duplicated()].sort_index()
    plan = _effects_on(known, effects)
    rng = np.random.default_rng(seed)
    shared = Luck(*(rng.standard_normal(draws) for _ in range(3)))
    without: Totals = {metric: np.zeros(draws) for metric in SIMULATED}
    gained: Totals = {metric: np.zeros(draws) for metric in SIMULATED}
    for start in range(0, len(known), BLOCK):
        rows = slice(start, start + BLOCK)
        add_futures(known.iloc[rows], plan.iloc[rows], horizon_days, shared, seed, without, gained)
    spend = _spend(known, plan, extra)
    if extra is not None and len(extra.table):
        _add_campaigns(gained, extra, shared.price, rng)
    with_plan = {metric: without[metric] + gained[metric] for metric in SIMULATED}
    no_cost = tuple(known.index[known["cost_minor"].isna()].astype(str))
    hidden = {Metric.GROSS_PROFIT} if len(no_cost) == len(known) and len(known) else set()
    if known["on_hand"].isna().all():
        hidden |= {Metric.STOCKOUT_DAYS}
    return Simulation(
        with_plan=_impact(with_plan, currency, hidden) | _certain(spend, currency),
        without_plan=_impact(without, currency, hidden),
        difference=_impact(gained, currency, hidden) | _certain(spend, currency),
        draws=draws,
        seed=seed,
        without_cost=no_cost,
        assumptions=_assumptions(known, no_cost),
    )


def _effects_on(base: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The plan's effects, a row for every SKU of the base."""
    given = effects.reindex(columns=["sku", *EFFECTS]).drop_duplicates("sku").set_index("sku")
    return given.reindex(base.index)


def _add_campaigns(
    gained: Totals, extra: CampaignEffects, common: Floats, rng: np.random.Generator
) -> None:
    own = rng.standard_normal((len(extra.table), len(common)))
    for metric, stem in (
        (Metric.UNITS, "units"),
        (Metric.REVENUE, "revenue_minor"),
        (Metric.GROSS_PROFIT, "gross_profit_minor"),
    ):
        gained[metric] += extra.draw(stem, common, own)


def _spend(base: pd.DataFrame, plan: pd.DataFrame, extra: CampaignEffects | None) -> float:
    """Minor units that the plan pays out for orders and campaigns."""
    orders = float((plan["order_units"].astype("float64") * base["cost_minor"]).fillna(0.0).sum())
    return orders + (float(extra.table["cost_minor"].fillna(0.0).sum()) if extra else 0.0)


def _certain(spend_minor: float, currency: str) -> Impact:
    if not spend_minor:
        return {}
    amount = _figure(Metric.SPEND, spend_minor, currency)
    return {Metric.SPEND: Quantiles(p10=amount, p50=amount, p90=amount)}


def _impact(totals: Totals, currency: str, hidden: set[Metric]) -> Impact:
    return {
        metric: Quantiles(
            **{
                name: _figure(metric, value, currency)
                for name, value in zip(
                    ("p10", "p50", "p90"), np.quantile(values, POINTS), strict=True
                )
            }
        )
        for metric, values in totals.items()
        if metric not in hidden
    }


def _figure(metric: Metric, value: float, currency: str) -> Decimal:
    if metric in MONEY:
        digits = minor_digits(currency)
        return Decimal(round(value)).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))
    return Decimal(f"{value:.1f}")


def _assumptions(base: pd.DataFrame, no_cost: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    if no_cost:
        found.append(f"gross profit leaves out {len(no_cost):,} SKUs whose cost is unknown")
    unknown = int(base["on_hand"].isna().sum())
    if unknown:
        found.append(f"stock of {unknown:,} SKUs is unknown: taken to last")
    if (base["inbound"].fillna(0) > 0).any() and "inbound_days" not in base:
        found.append("goods on their way arrive halfway through the horizon")
    return tuple(found)
