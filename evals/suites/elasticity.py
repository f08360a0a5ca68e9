"""Price elasticities against the truth of made-up shops, and against studies of real sales."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals import real_prices
from evals.experiment_trials import play
from evals.findings import Cell, Findings, Promise, Table, shared_data
from evals.price_baselines import fixed_effects, ols_by_sku
from evals.price_worlds import PriceTruth, PriceWorld, draw_shop
from tools.elasticity import Elasticities, estimate_elasticity
from tools.price_history import price_weeks

Floats = npt.NDArray[np.float64]

SOURCE = DataRef(source="panel", as_of=datetime(2025, 1, 1, tzinfo=UTC), facts_hash="0")
EIGHTY = 1.2816
_FOLLOWING = PriceWorld(follows=0.8, own_costs=0.12)
_PROMOTED = PriceWorld(moves=False, lift=0.3)
REGIMES: dict[str, PriceWorld] = {
    "prices by chance": PriceWorld(),
    "follow demand, costs on file": replace(_FOLLOWING, costs_known="own"),
    "follow demand, no costs": _FOLLOWING,
    "follow demand a little, no costs": replace(_FOLLOWING, follows=0.3),
    "follow last month's sales, no costs": replace(_FOLLOWING, late_days=28),
    "repriced every week, no costs": replace(_FOLLOWING, review_days=7),
    "promotions at random": replace(_PROMOTED, promotions="random"),
    "promotions by the calendar": replace(_PROMOTED, promotions="calendar"),
    "promotions when sales are low": replace(_PROMOTED, promotions="demand"),
    "strong season, costs on file": PriceWorld(
        season=0.8, follows=0.5, own_costs=0.08, costs_known="own"
    ),
    "stock-outs, costs on file": PriceWorld(own_costs=0.1, costs_known="own", stock_outs=True),
    "prices never moved": PriceWorld(moves=False),
    "supply shocks, costs with errors": PriceWorld(
        follows=0.8, own_costs=0.04, supplier_costs=0.1, costs_known="noisy"
    ),
    "five SKUs, costs on file": replace(_FOLLOWING, skus=5, categories=1, costs_known="own"),
    "slow sellers, costs on file": replace(_FOLLOWING, costs_known="own", mean=0.3),
    "follow demand, experiments on 30%": replace(_FOLLOWING, experiments=0.3),
}
WITH_INSTRUMENT = frozenset(
    name for name in REGIMES if "costs on file" in name or "experiments" in name
) | {"supply shocks, costs with errors"}


def run(*, quick: bool, seed: int) -> Findings:
    """Truth-known regimes, cross elasticities, speed, Dominick's orange juice and Dominick's."""
    seeds = range(seed, seed + (2 if quick else 5))
    simulated, promises = _simulated(seeds)
    tables = [simulated, _substitutes(seeds), _speed(2_000 if quick else 10_000, seed)]
    trials, kept = _trials(200 if quick else 500, seed)
    tables.append(trials)
    promises += kept
    skipped: list[str] = []
    data = shared_data()
    if data is None:
        skipped.append("real sales: no shared data here; name its folder in ECOMAGENT_DATA")
    else:
        found = real_prices.measure(data, quick=quick)
        tables += found.tables
        promises += found.promises
        skipped += found.skipped
    return Findings(tables=tuple(tables), promises=tuple(promises), skipped=tuple(skipped))


def estimate(shop: PriceTruth) -> Elasticities:
    """Our estimate of a made-up shop."""
    return estimate_elasticity(
        shop.panel, shop.catalogue, source=SOURCE, experiments=shop.experiments
    )


def _simulated(seeds: range) -> tuple[Table, list[Promise]]:
    rows: list[tuple[Cell, ...]] = []
    held: list[Promise] = []
    for name, world in REGIMES.items():
        again = max(1, 40 // world.skus)
        shops = [draw_shop(world, 100 * turn + seed) for seed in seeds for turn in range(again)]
        ours = _score([_ours(shop) for shop in shops])
        ols = _score([_baseline(shop, ols_by_sku) for shop in shops])
        fixed = _score([_baseline(shop, fixed_effects) for shop in shops])
        rows.append((name, *ours, *ols[:2], *fixed[:3]))
        if name in WITH_INSTRUMENT:
            held.append(_promise(f"elasticity, {name}: bias", ours[0], 0.25))
        held.append(_covered(name, ours[2]))
    return _table(rows, len(seeds)), held


def _table(rows: list[tuple[Cell, ...]], seeds: int) -> Table:
    return Table(
        title=f"Own-price elasticity in made-up shops of 120 SKUs, two years, {seeds} seeds",
        columns=(
            "regime", "bias", "RMSE", "covered", "std. error", "OLS bias", "OLS RMSE", "FE bias",
            "FE RMSE", "FE covered",
        ),
        rows=tuple(rows),
        digits=2,
        note="covered: share of SKUs whose truth is within 1.28 standard errors (80% if right);"
        " OLS by SKU; FE: log units on log price by category with SKU and week effects",
    )  # fmt: skip


def _ours(shop: PriceTruth) -> tuple[Floats, Floats]:
    table = estimate(shop).table
    return table["elasticity"].to_numpy() - shop.elasticity, table["std_error"].to_numpy()


def _baseline(shop: PriceTruth, fit: object) -> tuple[Floats, Floats]:
    weeks = price_weeks(shop.panel, shop.catalogue)
    estimate, error = fit(weeks)  # type: ignore[operator]
    return estimate - shop.elasticity, error


def _score(found: list[tuple[Floats, Floats]]) -> tuple[float | None, ...]:
    """Bias, RMSE, coverage, mean error; None where nothing could be estimated."""
    miss = np.concatenate([each[0] for each in found])
    error = np.concatenate([each[1] for each in found])
    known = np.isfinite(miss)
    if not known.any():
        return None, None, None, None
    miss, error = miss[known], error[known]
    covered = float((np.abs(miss) < EIGHTY * error).mean())
    return float(miss.mean()), float(np.sqrt((miss**2).mean())), covered, float(error.mean())


def _promise(name: str, value: float | None, limit: float) -> Promise:
    met = value is not None and abs(value) <= limit
    return Promise(name=name, wanted=f"within ±{limit}", measured=f"{value:+.2f}", met=met)


def _covered(name: str, share: float | None) -> Promise:
    return Promise(
        name=f"elasticity, {name}: 80% interval",
        wanted="covers at least 70%",
        measured="nothing" if share is None else f"{share:.0%}",
        met=share is not None and share >= 0.7,
    )


def _substitutes(seeds: range) -> Table:
    """Cross elasticities and the competitor's, beside the truth and what is assumed unseen."""
    world = PriceWorld(
        skus=160, categories=8, own_costs=0.06, supplier_costs=0.1, costs_known="own"
    )
    rows: list[tuple[Cell, ...]] = []
    for cross, rival in ((0.0, 0.0), (0.3, 0.3), (0.6, 0.6)):
        shops = (draw_shop(replace(world, cross=cross, rival=rival), seed) for seed in seeds)
        found = pd.concat([_cross(shop) for shop in shops])
        for name, truth in (("cross", cross), ("rival", rival)):
            miss = found[name] - truth
            covered = (miss.abs() < EIGHTY * found[f"{name}_error"]).mean()
            rows.append((name, truth, found[name].mean(), float(np.sqrt((miss**2).mean())),
                         found[f"{name}_error"].mean(), covered))  # fmt: skip
    return Table(
        title=f"Substitutes' and competitors' prices, 8 categories, {len(seeds)} seeds",
        columns=("elasticity", "truth", "ours", "RMSE", "std. error", "covered"),
        rows=tuple(rows),
        digits=2,
        note="before the data speak: cross 0.2 ± 0.15, rival 0.3 ± 0.3",
    )


def _cross(shop: PriceTruth) -> pd.DataFrame:
    found = estimate(shop).cross
    return pd.DataFrame() if found is None else found.table


def _trials(count: int, seed: int) -> tuple[Table, list[Promise]]:
    """Price experiments under their stopping rule: wrong answers, and answers as promised."""
    rows: list[tuple[Cell, ...]] = []
    kept: list[Promise] = []
    slack = 2 * (0.05 * 0.95 / count) ** 0.5
    for name, matched, doubt in (("switchback", False, 1.5), ("matched SKUs", True, 3.0)):
        same, other = (
            play(matched=matched, source=SOURCE, trials=count, seed=seed, doubt=doubt, same=equal)
            for equal in (True, False)
        )
        rows.append((name, same.told, other.promised, other.told, other.right, other.length))
        kept.append(
            Promise(
                name=f"price experiment, {name}: answers where both prices earn the same",
                wanted=f"at most 5% (± {slack:.1%})",
                measured=f"{same.told:.1%}",
                met=same.told <= 0.05 + slack,
            )
        )
        kept.append(
            Promise(
                name=f"price experiment, {name}: answers",
                wanted=f"within 10 points of the {other.promised:.0%} promised",
                measured=f"{other.told:.0%}",
                met=abs(other.told - other.promised) <= 0.1,
            )
        )
    table = Table(
        title=f"Price experiments that stop by their rule, {count} trials each",
        columns=("design", "told, none better", "power promised", "told", "right", "of its length"),
        rows=tuple(rows),
        digits=3,
        note="daily sales around a level that wanders for weeks; the truth drawn from what was"
        " believed",
    )
    return table, kept


def _speed(skus: int, seed: int) -> Table:
    shop = draw_shop(
        replace(_FOLLOWING, skus=skus, categories=skus // 100, costs_known="own"), seed
    )
    started, busy = time.perf_counter(), time.process_time()
    estimate(shop)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    return Table(
        title="Time to estimate two years of daily sales",
        columns=("SKUs", "seconds", "of processor time"),
        rows=((skus, seconds, busy),),
        digits=2,
    )
