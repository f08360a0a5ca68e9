"""How good demand forecasts are: rolling origin on real sales and on shops whose truth is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, product

import numpy as np
import numpy.typing as npt

from ecomagent.domain.evidence import DataRef
from evals.demand.baselines import simple_forecasts, top_down_ets
from evals.demand.cases import Case, Sales
from evals.demand.scores import (
    Bands,
    excess_error,
    join,
    pinball_loss,
    squared_error,
    tree_of,
    wape,
    wrmsse,
)
from evals.demand.shops import REGIMES, dominicks, made_up, online_retail
from evals.findings import Findings, Promise, Table, shared_data
from tools.forecast import DemandForecast, forecast_demand

Floats = npt.NDArray[np.float64]

HORIZON_DAYS = 28
OURS = "ours"
ASKED = ("seasonal naive", "ETS", "Croston-SBA", "IMAPA")
"""The methods that our error is promised to be below."""
MANY_UNITS = 6.0
"""Expected units over the horizon from which a band of counts can hold what it says."""


@dataclass
class _Scores:
    """What the cases of one kind of history came to, method by method."""

    sales: Sales
    errors: dict[str, list[tuple[float, ...]]] = field(default_factory=lambda: defaultdict(list))
    bands: dict[str, list[Bands]] = field(default_factory=lambda: defaultdict(list))
    pinball: list[float] = field(default_factory=list)

    def mean(self, method: str, column: int) -> float:
        return float(np.mean([row[column] for row in self.errors[method]]))

    def best(self, column: int) -> float:
        return min(self.mean(method, column) for method in ASKED)


def run(*, quick: bool, seed: int) -> Findings:
    """Forecast 28 days from several past days, each seeing only what was known before."""
    products, origins, shops = (100, 2, 2) if quick else (300, 3, 3)
    folder = shared_data()
    real, made = [], []
    skipped = ["Stallion: monthly totals; the tool forecasts days, and dealing a month out to its "
               "days would test the dealing"]  # fmt: skip
    if folder is None:
        skipped.append("real sales: no data (set ECOMAGENT_DATA to their folder)")
    else:
        histories = (online_retail(folder, most=250 if quick else 1200), dominicks(folder))
        real = [_score([sales], origins, quick=quick, seed=seed) for sales in histories]
    for name in REGIMES:
        alike = [made_up(name, seed=seed + 100, products=products, number=number)
                 for number in range(shops)]  # fmt: skip
        made.append(_score(alike, origins, quick=quick, seed=seed))
    tables = [_real_table(each) for each in real]
    tables += [_made_table(each) for each in made]
    tables.append(_band_table([*real, *made]))
    promises = [_real_promise(each) for each in real] + [_gap_promise(made)]
    promises += _band_promises([*real, *made])
    return Findings(tables=tuple(tables), promises=tuple(promises), skipped=tuple(skipped))


def _score(histories: Sequence[Sales], origins: int, *, quick: bool, seed: int) -> _Scores:
    scores = _Scores(histories[0])
    for case in chain.from_iterable(
        sales.cases(horizon_days=HORIZON_DAYS, origins=origins) for sales in histories
    ):
        found = _forecast(case, seed)
        methods = simple_forecasts(case, ets=40 if quick else 150)
        methods["ETS of the shop, dealt out"] = top_down_ets(case)
        methods[OURS] = found.daily.loc[case.skus].to_numpy(dtype=np.float64)
        if case.truth is not None:
            methods["true mean"] = np.nan_to_num(case.truth.to_numpy(dtype=np.float64))
        for method, forecast in methods.items():
            scores.errors[method].append(_errors(case, forecast))
        _add_bands(scores, case, found)
    return scores


def _forecast(case: Case, seed: int) -> DemandForecast:
    return forecast_demand(
        case.known,
        start=case.start,
        horizon_days=case.horizon_days,
        source=DataRef(source="panel", as_of=datetime(2030, 1, 1, tzinfo=UTC)),
        seed=seed,
        categories=case.sales.categories,
        country=case.sales.country,
        future=case.future,
    )


def _errors(case: Case, forecast: Floats) -> tuple[float, ...]:
    against_truth = 0.0 if case.truth is None else excess_error(case, forecast)
    return (
        wrmsse(case, forecast), wape(case, forecast), squared_error(case, forecast), against_truth,
    )  # fmt: skip


def _add_bands(scores: _Scores, case: Case, found: DemandForecast) -> None:
    """SKUs without promotion, and the nodes of the tree above all SKUs."""
    table = found.table.loc[case.skus]
    sold = case.wanted
    fair = case.fair()
    expected = table["mean_per_day"].to_numpy() * case.horizon_days
    scores.pinball.append(pinball_loss(sold[fair], table[fair]))
    for label, low, high in (("80", "p10", "p90"), ("90", "p05", "p95")):
        bands = Bands(sold, table[low].to_numpy(), table[high].to_numpy())
        scores.bands[f"{label} all"].append(bands.where(fair))
        scores.bands[f"{label} many"].append(bands.where(fair & (expected >= MANY_UNITS)))
    tree = tree_of(case.skus, case.sales.categories)
    inner = tree.level < tree.level.max()
    for label, low, high in (("80", "p10", "p90"), ("90", "p05", "p95")):
        nodes = found.categories
        bands = Bands((tree.membership @ sold)[inner], nodes[low].to_numpy(),
                      nodes[high].to_numpy())  # fmt: skip
        scores.bands[f"{label} nodes"].append(bands)


def _real_table(scores: _Scores) -> Table:
    rows = [(method, *(scores.mean(method, k) for k in range(3))) for method in scores.errors]
    return Table(
        title=f"{scores.sales.name}: {HORIZON_DAYS} days ahead",
        columns=("method", "WRMSSE over the tree", "WAPE of SKU totals", "scaled squared error"),
        rows=tuple(rows),
        note="ETS is fitted to the best sellers; other SKUs keep their 28-day mean.",
    )


def _made_table(scores: _Scores) -> Table:
    best = scores.best(3)
    rows = [
        (method, scores.mean(method, 1), scores.mean(method, 2), scores.mean(method, 3),
         None if method in ("true mean",) else 1 - scores.mean(method, 3) / best)
        for method in scores.errors
    ]  # fmt: skip
    return Table(
        title=f"Made-up shop, {scores.sales.name}: {HORIZON_DAYS} days ahead",
        columns=("method", "WAPE of SKU totals", "squared error", "distance from the true mean",
                 "gap closed"),
        rows=tuple(rows),
        note="Errors are squared, by SKU and day in stock, scaled by the SKU's mean. Gap: from the "
        "best of seasonal naive, ETS, Croston-SBA and IMAPA to the true mean. Planned prices and "
        "promotions are known beforehand; the simple methods cannot use them.",
    )  # fmt: skip


def _band_table(all_scores: list[_Scores]) -> Table:
    rows = []
    for scores in all_scores:
        cells: list[float | None] = []
        for name in ("80 all", "80 many", "90 all", "90 many", "80 nodes", "90 nodes"):
            parts = scores.bands.get(name)
            cells.append(100 * join(parts).coverage() if parts else None)
        rows.append((scores.sales.name, *cells, float(np.mean(scores.pinball))))
    return Table(
        title="Share of cases inside the bands, %",
        columns=("history", "80 %, all SKUs", f"80 %, {MANY_UNITS:.0f}+ units", "90 %, all SKUs",
                 f"90 %, {MANY_UNITS:.0f}+ units", "80 %, categories", "90 %, categories",
                 "pinball loss"),
        rows=tuple(rows),
        digits=2,
        note="SKUs on sale and without promotion all along; in made-up shops what was asked for, "
        "else those in stock. Categories hold promoted SKUs too. A band of whole units that starts "
        "at 0 holds every zero, so bands of rare sellers hold more than they say.",
    )  # fmt: skip


def _real_promise(scores: _Scores) -> Promise:
    change = scores.mean(OURS, 0) / scores.best(0) - 1
    return Promise(
        name=f"{scores.sales.name}: WRMSSE over the tree",
        wanted="10 % below the best of seasonal naive, ETS, Croston-SBA and IMAPA",
        measured=f"{change:+.1%} ({scores.mean(OURS, 0):.3f} against {scores.best(0):.3f})",
        met=change <= -0.1,
    )


def _gap_promise(made: list[_Scores]) -> Promise:
    shares = {each.sales.name: 1 - each.mean(OURS, 3) / each.best(3) for each in made}
    return Promise(
        name="Gap between the best simple method and the true mean",
        wanted="60 % closed in every made-up shop",
        measured=", ".join(f"{name} {share:.0%}" for name, share in shares.items()),
        met=min(shares.values()) >= 0.6,
    )


def _band_promises(all_scores: list[_Scores]) -> list[Promise]:
    made = []
    kinds = ((f"SKUs expected to sell {MANY_UNITS:.0f} or more", "many"), ("categories", "nodes"))
    for label, (whose, kind) in product(("80", "90"), kinds):
        parts = {each.sales.name: join(each.bands[f"{label} {kind}"]) for each in all_scores}
        shares = {name: band.coverage() for name, band in parts.items()}
        every = join(list(parts.values()))
        made.append(
            Promise(
                name=f"{label} % bands, {whose}",
                wanted=f"{label} % inside, within 2 points",
                measured=f"{every.coverage():.1%} of {len(every.actual):,} ("
                + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()) + ")",
                met=abs(every.coverage() - int(label) / 100) <= 0.02,
            )
        )  # fmt: skip
    return made
