"""Which products to sell: against shops whose customers' choices are known, and real baskets.

Shops are drawn from a mixed logit (``evals.choice_shops``), so that what moves to substitutes,
what is sold along, and what a product nobody has sold yet would sell are all known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.choice_shops import ChoiceShop, Mask, draw_choice_shop
from evals.findings import Findings, Promise, Table, shared_data
from evals.real_baskets import held_out_lifts
from evals.selection_speed import timed
from knowledge_graph.baskets import bought_together
from tools.choice_model import PRIOR_STAY, Transference, estimate_transference
from tools.forecast import DemandForecast, forecast_demand
from tools.halo import Halo, measure_halo
from tools.new_products import score_new_products
from tools.price_ladder import PriceLimits
from tools.selection import Assortment, assess_assortment
from tools.shelf import Shelf

Floats = npt.NDArray[np.float64]

TODAY = date(2026, 7, 1)
HORIZON = 28
SLOTS, PER_CATEGORY = 9, 15
LIMITS = PriceLimits("GBP", Decimal("0.1"), Decimal("0.2"))
REGIMES: dict[str, dict[str, Any]] = {
    "sold out 3 % of days": {},
    "sold out 10 %": {"outages": 0.1},
    "sold out when busy": {"outages": 0.1, "follows_demand": 3.0},
    "nothing alike": {"outages": 0.1, "taste": 0.0},
    "few customers": {"outages": 0.05, "visitors": 12.0},
}


def run(*, quick: bool, seed: int) -> Findings:
    """Measure transference, the assortment chosen under slots, new products, halo and speed."""
    seeds = range(seed, seed + (3 if quick else 8))
    moved = _transference(seeds)
    chosen, share, beaten = _assortments(seeds)
    guessed, coverage, rank = _new_products(seeds)
    speed, seconds = timed(10_000, days=365)
    tables = [moved, chosen, guessed, speed]
    skipped: tuple[str, ...] = ()
    folder = shared_data()
    if folder is None:
        skipped = ("real baskets: no shared data; set ECOMAGENT_DATA",)
    else:
        tables.append(held_out_lifts(folder, quick=quick))
    promises = (
        Promise(
            name="assortment under slots", wanted="≥ 97 % of the oracle's profit",
            measured=f"{share:.1%}", met=share >= 0.97,
        ),
        Promise(
            name="against dropping what sells least", wanted="more profit in each regime",
            measured="yes" if beaten else "no", met=beaten,
        ),
        Promise(
            name="new products' P10–P90", wanted="holds 75–85 % of true sales",
            measured=f"{coverage:.1%}", met=0.75 <= coverage <= 0.85,
        ),
        Promise(
            name="new products in order", wanted="rank correlation above 0",
            measured=f"{rank:.2f}", met=rank > 0,
        ),
        Promise(
            name="speed", wanted="10,000 SKUs in ≤ 15 s", measured=f"{seconds:.1f} s",
            met=seconds <= 15,
        ),
    )  # fmt: skip
    return Findings(tables=tuple(tables), promises=promises, skipped=skipped)


def _transfer(shop: ChoiceShop, catalogue: pd.DataFrame) -> Transference:
    return estimate_transference(
        shop.panel, catalogue, today=TODAY, source=shop.source, substitutes=shop.substitutes
    )


def _transference(seeds: range) -> Table:
    """Share of a missing SKU's demand that others get: estimate, prior and truth."""
    rows = []
    for name, given in REGIMES.items():
        found, truth, held, near = [], [], [], []
        for seed in seeds:
            shop = draw_choice_shop(seed=seed, **given)
            moved = _transfer(shop, shop.catalogue)
            estimated, true = _recaptured(shop, moved)
            found.append(estimated)
            truth.append(true)
            held.append(_held(shop, moved, true))
            near.append(moved.nearness)
        guess, true = np.concatenate(found), np.concatenate(truth)
        rows.append(
            (
                name, float(true.mean()), float((guess - true).mean()),
                float(np.sqrt(np.mean((guess - true) ** 2))),
                float(np.sqrt(np.mean((PRIOR_STAY - true) ** 2))),
                float(np.corrcoef(guess, true)[0, 1]), float(np.mean(held)),
            )
        )  # fmt: skip
    return Table(
        title="Share of a missing SKU's demand that stays in its category, simulated shops",
        columns=("regime", "truth, mean", "bias", "RMSE", "RMSE of 45 %", "correlation",
                 "category in P10–P90"),
        rows=tuple(rows),
        note="The published 45 % is what is used where a shop was never sold out.",
    )  # fmt: skip


def _recaptured(shop: ChoiceShop, moved: Transference) -> tuple[Floats, Floats]:
    shelf = _true_shelf(shop, moved)
    truth = np.array([shop.recaptured(sku) for sku in range(len(shop.price))])
    return shelf.recaptured(), truth


def _true_shelf(shop: ChoiceShop, moved: Transference) -> Shelf:
    return Shelf.of(
        pd.Index(shop.catalogue["sku"]),
        demand=shop.demand(shop.active),
        margin=shop.price - shop.cost,
        categories=shop.catalogue["category"],
        on=shop.active,
        transference=moved,
    )


def _held(shop: ChoiceShop, moved: Transference, truth: Floats) -> float:
    """Share of categories whose true mean lies between what P10 and P90 of the share give."""
    demand, shelf = shop.demand(shop.active), _true_shelf(shop, moved)
    bands = moved.of(shop.catalogue["category"])
    low, high = (
        shelf.staying(bands[name].to_numpy(dtype=np.float64)).recaptured()
        for name in ("stay_p10", "stay_p90")
    )
    found = []
    for group in range(len(shop.rate)):
        mine = shop.group == group
        mean = [float(np.average(each[mine], weights=demand[mine])) for each in (low, truth, high)]
        found.append(mean[0] <= mean[1] <= mean[2])
    return float(np.mean(found))


@dataclass(frozen=True)
class _Seen:
    """What the tools make of a shop."""

    assortment: Assortment
    demand: DemandForecast
    moved: Transference
    halo: Halo


def _look(shop: ChoiceShop, *, slots: int | None = None) -> _Seen:
    catalogue = shop.catalogue[shop.active]
    demand = forecast_demand(
        shop.panel, start=TODAY, horizon_days=HORIZON, source=shop.source,
        categories=catalogue.set_index("sku")["category"],
    )  # fmt: skip
    moved = _transfer(shop, catalogue)
    lines = shop.lines.assign(sku=shop.lines["sku"].astype(str))
    links = bought_together(lines)
    together = pd.DataFrame(
        {
            "sku": links["source"].str.removeprefix("sku:"),
            "other": links["target"].str.removeprefix("sku:"),
            "lift": links["weight"], "support": links["support"],
        }
    )  # fmt: skip
    halo = measure_halo(
        lines, catalogue, together, today=TODAY, source=shop.source, substitutes=shop.substitutes
    )
    found = assess_assortment(
        shop.panel, catalogue, demand, today=TODAY, source=shop.source, transference=moved,
        halo=halo, max_active=slots,
    )  # fmt: skip
    return _Seen(found, demand, moved, halo)


def _assortments(seeds: range) -> tuple[Table, float, bool]:
    """True profit of the assortment each way of choosing keeps, nine SKUs of fifteen."""
    rows, shares, beaten = [], [], True
    for name in ("sold out 3 % of days", "sold out 10 %", "sold out when busy"):
        earned: dict[str, list[float]] = {}
        for seed in seeds:
            shop = draw_choice_shop(seed=seed, taste=2.0, **REGIMES[name])
            best = shop.profit(_oracle(shop))
            for way, on in _ways(shop).items():
                earned.setdefault(way, []).append(shop.profit(on) / best)
        mean = {way: float(np.mean(values)) for way, values in earned.items()}
        rows.append((name, *mean.values()))
        shares.append(mean["ours"])
        rivals = [value for way, value in mean.items() if way.startswith("drop")]
        beaten &= mean["ours"] > max(rivals)
        ways = tuple(mean)
    return (
        Table(
            title=f"True gross profit of {SLOTS} of {PER_CATEGORY} SKUs a category, as a share of"
            " the oracle's",
            columns=("regime", *ways),
            rows=tuple(rows),
            digits=4,
            note="Keeping all fifteen breaks the limit: it shows what the slots cost.",
        ),
        float(np.mean(shares)),
        beaten,
    )


def _ways(shop: ChoiceShop) -> dict[str, Mask]:
    table = _look(shop, slots=SLOTS).assortment.table.reindex(shop.catalogue["sku"])
    ours = (table["advice"] != "phase_out").to_numpy()
    units = table["demand_units"].to_numpy(dtype=np.float64)
    profit = units * (shop.price - shop.cost)
    return {
        "ours": ours,
        "drop least profit": _top(shop, profit),
        "drop least revenue (ABC)": _top(shop, table["revenue_90_minor"].to_numpy(np.float64)),
        "drop least units": _top(shop, units),
        "drop by lot": _top(shop, np.random.default_rng(0).random(len(units))),
        "keep all": shop.active,
    }


def _top(shop: ChoiceShop, score: Floats) -> Mask:
    """The best of each category by a score."""
    on = np.zeros(len(score), dtype=bool)
    for group in range(len(shop.rate)):
        mine = np.flatnonzero(shop.group == group)
        on[mine[np.argsort(-score[mine], kind="stable")[:SLOTS]]] = True
    return on


def _oracle(shop: ChoiceShop) -> Mask:
    """The best by true profit: the most profitable SKUs, then every swap that pays."""
    on = _top(shop, shop.demand(shop.active) * (shop.price - shop.cost))
    best, better = shop.profit(on), True
    while better:
        better = False
        for out in np.flatnonzero(on):
            others = np.flatnonzero((shop.group == shop.group[out]) & ~on)
            tried = [(_swapped(shop, on, int(out), int(other)), int(other)) for other in others]
            value, other = max(tried, default=(-np.inf, -1))
            if value > best + 1e-6:
                on[out], on[other] = False, True
                best, better = value, True
    return on


def _swapped(shop: ChoiceShop, on: Mask, out: int, other: int) -> float:
    tried = on.copy()
    tried[out], tried[other] = False, True
    return shop.profit(tried)


def _new_products(seeds: range) -> tuple[Table, float, float]:
    """Demand of products never sold, guessed, against what they would sell."""
    from scipy.stats import spearmanr

    rows, coverages, ranks = [], [], []
    settings: dict[str, dict[str, Any]] = {
        "strong tastes": {"taste": 2.5},
        "usual tastes": {"taste": 1.5},
        "few customers": {"taste": 2.0, "visitors": 12.0},
    }
    for name, given in settings.items():
        held, rank, error, plain = [], [], [], []
        for seed in seeds:
            shop = draw_choice_shop(seed=seed, candidates=8, days=365, **given)
            table, truth = _scored(shop)
            sold = np.random.default_rng(seed).poisson(truth)
            held.append((table["demand_p10"] <= sold) & (sold <= table["demand_p90"]))
            rank.append(float(spearmanr(table["mean_per_day"], truth)[0]))
            floor = np.maximum(truth, 0.3)
            error.append(np.abs(np.log(np.maximum(table["demand_p50"], 0.3) / floor)))
            plain.append(np.abs(np.log(_category_mean(shop, table) / floor)))
        coverage = float(np.concatenate(held).mean())
        rows.append(
            (
                name, coverage, float(np.mean(rank)),
                float(np.exp(np.median(np.concatenate(error)))),
                float(np.exp(np.median(np.concatenate(plain)))),
            )
        )  # fmt: skip
        coverages.append(coverage)
        ranks.append(float(np.mean(rank)))
    return (
        Table(
            title="Demand of products the shop has never had, over 28 days",
            columns=("shops", "P10–P90 holds", "rank correlation", "off by a factor (median)",
                     "the category's mean is off by"),
            rows=tuple(rows),
            note="Most of what makes a product sell is not in its attributes, here by design.",
        ),
        float(np.mean(coverages)),
        float(np.mean(ranks)),
    )  # fmt: skip


def _scored(shop: ChoiceShop) -> tuple[pd.DataFrame, Floats]:
    seen = _look(shop)
    offers = shop.catalogue[~shop.active].assign(
        supplier="S", min_order=6.0, case_pack=6.0, lead_time_days=7.0,
        list_price_minor=shop.catalogue["price_minor"],
    )  # fmt: skip
    table = score_new_products(
        offers, shop.catalogue[shop.active], seen.demand, shop.substitutes, seen.moved,
        limits=LIMITS, today=TODAY, source=shop.source, halo=seen.halo,
    ).table  # fmt: skip
    truth = np.array(
        [
            _if_listed(shop, int(str(sku)[1:]), float(price))
            for sku, price in zip(table.index, table["price_minor"], strict=True)
        ]
    )
    return table, truth


def _if_listed(shop: ChoiceShop, row: int, price: float) -> float:
    """Units over the horizon if it were listed at that price."""
    on = shop.active.copy()
    on[row] = True
    return float(shop.at_price(row, price).demand(on)[row] * HORIZON)


def _category_mean(shop: ChoiceShop, table: pd.DataFrame) -> Floats:
    """Mean sales of the category's SKUs: what a merchant would guess."""
    demand = shop.demand(shop.active)
    mean = {
        f"C{group}": float(demand[shop.active & (shop.group == group)].mean()) * HORIZON
        for group in range(len(shop.rate))
    }
    return np.array([mean[str(name)] for name in table["category"]], dtype=np.float64)
