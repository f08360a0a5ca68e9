"""A whole plan played against doing nothing in the same futures."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.action import Impact, Metric, Quantiles
from ecomagent.domain.money import minor_digits
from tools.behaviour import DEFAULT, Behaviour, Drawn, drawn
from tools.price_paths import edges_of
from tools.sku_futures import SIMULATED, Game, Totals, play_block

Floats = npt.NDArray[np.float64]

CAMPAIGN_SHARED = 0.5
"""Share of a campaign's error variance that campaigns have in common."""
Z90 = 1.2815515655446004
POINTS = (0.1, 0.5, 0.9)
MONEY = (Metric.REVENUE, Metric.GROSS_PROFIT, Metric.SPEND)
EFFECTS = ("price_minor", "price_days", "elasticity", "elasticity_se", "elasticity_shared_se",
           "elasticity_group", "cross", "cross_error", "rival", "extra_units", "arrives_in_days",
           "lead_time_sd", "order_units", "off_sale")  # fmt: skip
STEP_DAYS = 7
"""Longest step: within one, demand comes evenly; deliveries come at their own hour."""
CELLS = 2**18
"""SKUs by futures played at once: what fits a processor's cache."""
CHUNK = 256
"""Futures played at once."""
WORKERS = 2


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

    def draw(self, metric: str, common: npt.NDArray[Any], own: Floats) -> Floats:
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
    profile: pd.DataFrame | None = None,
    behaviour: Behaviour = DEFAULT,
    draws: int = 1000,
    seed: int = 0,
) -> Simulation:
    """Play plan and do-nothing in the same futures and compare them.

    In each future a SKU's demand is drawn from the forecast's error (partly shared by all SKUs)
    and scatters from step to step around the day profile; it is met from stock until that runs
    out and goes on when goods arrive, early or late. Who finds a product sold out may take
    another of its category. The plan changes prices (``units * ratio ** elasticity``, the
    elasticity drawn too; part of what they move comes from the category's other products, known
    rivals answer, a promotion takes from later sales), adds units, orders goods, or takes SKUs
    off sale. A SKU's luck depends on its name and the seed alone.

    Args:
        base: Index ``sku``: ``mean_per_day``, ``variance_per_day``, ``log_error_sd``,
            ``price_minor``, ``cost_minor``, ``on_hand``, ``inbound`` (the last three may be
            NaN) and optionally ``shared_error_sd``, ``category`` (none: no substitutes),
            ``inbound_days``, ``inbound_sd_days``, ``return_rate`` (of units sold),
            ``competitor_price_minor``.
        effects: ``sku`` and any of ``EFFECTS``, one row a SKU; NaN leaves as it is.
        horizon_days: Days played.
        currency: The shop's.
        extra: Campaigns.
        profile: Index ``sku``, columns days from 0: demand over the mean day's; None for even.
        behaviour: How customers, rivals and suppliers answer.
        draws: Number of futures.
        seed: Seed of the futures.
    """
    known = _sorted(base)
    plan = _effects_on(known, effects)
    shares = drawn(behaviour, draws, seed)
    game = Game(edges_of(plan, horizon_days, STEP_DAYS), seed, behaviour, profile)
    without, gained = _played(known, plan, shares, game)
    spend = _spend(known, plan, extra)
    if extra is not None and len(extra.table):
        _add_campaigns(gained, extra, shares.price, np.random.default_rng([seed, 1]))
    with_plan = {metric: without[metric] + gained[metric] for metric in SIMULATED}
    no_cost = tuple(sorted(known.index[known["cost_minor"].isna()].astype(str)))
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


def _sorted(base: pd.DataFrame) -> pd.DataFrame:
    """One row a SKU, by category and name; what belongs to none comes first."""
    known = base[~base.index.duplicated()].sort_index()
    if "category" not in known:
        return known
    named = known["category"].astype(object).where(known["category"].notna(), "").astype(str)
    return known.assign(category=named).sort_values("category", kind="stable")


def _played(
    base: pd.DataFrame, plan: pd.DataFrame, shares: Drawn, game: Game
) -> tuple[Totals, Totals]:
    """Totals without the plan and what it changes, blocks and futures side by side."""
    from concurrent.futures import ThreadPoolExecutor

    draws = len(shares.level)
    chunks = [slice(at, min(at + CHUNK, draws)) for at in range(0, draws, CHUNK)]
    blocks = _blocks(base)
    without: Totals = {metric: np.zeros(draws) for metric in SIMULATED}
    gained: Totals = {metric: np.zeros(draws) for metric in SIMULATED}

    def one(job: tuple[slice, int]) -> tuple[Totals, Totals]:
        rows, chunk = job
        part = shares.part(chunks[chunk])
        return play_block(base.iloc[rows], plan.iloc[rows], part, chunk, game)

    jobs = [(rows, chunk) for rows in blocks for chunk in range(len(chunks))]
    with ThreadPoolExecutor(WORKERS) as pool:
        for (_, chunk), found in zip(jobs, pool.map(one, jobs), strict=True):
            for total, part in zip((without, gained), found, strict=True):
                for metric in SIMULATED:
                    total[metric][chunks[chunk]] += part[metric]
    return without, gained


def _blocks(base: pd.DataFrame) -> list[slice]:
    """Runs of whole categories, about as many as fit a cache; SKUs of none are cut anywhere."""
    row = np.arange(len(base))
    names = base["category"].to_numpy() if "category" in base else np.full(len(base), "")
    lonely = names == ""
    first = lonely | np.append(True, names[1:] != names[:-1])[: len(base)]
    unit = np.maximum.accumulate(np.where(first, row, 0))
    block = unit // (CELLS // CHUNK) * 2 + lonely
    cuts = [*np.flatnonzero(np.diff(block, prepend=-1)).tolist(), len(base)]
    return [slice(start, end) for start, end in pairwise(cuts)]


def _effects_on(base: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """The plan's effects, a row for every SKU of the base."""
    given = effects.reindex(columns=["sku", *EFFECTS]).drop_duplicates("sku").set_index("sku")
    return given.reindex(base.index)


def _add_campaigns(
    gained: Totals, extra: CampaignEffects, common: npt.NDArray[Any], rng: np.random.Generator
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
        found.append("goods on their way arrive about halfway through the horizon")
    return tuple(found)
