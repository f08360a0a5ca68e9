"""Measuring what was done, where the truth is known: bias, error, honesty, and what is learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.findings import Cell, Findings, Promise, Table
from evals.known_effects import KnownEffects, Setting, make_known_effects
from evals.known_hold_outs import PEOPLE, campaign_row
from tools.causal_effect import Effects, measure_changes
from tools.learnt_prices import measured_elasticities, with_learnt
from tools.realised import PER_SD

Floats = npt.NDArray[np.float64]

SETTINGS = (
    Setting("price cuts on slow sellers"),
    Setting("price cuts at random", slow=False),
    Setting("price rises on slow sellers", effect=-0.3),
    Setting("promotions of two weeks", effect=0.6, window=14),
    Setting("nothing really done", effect=0.0),
    Setting("few left alone", skus=60, changed=40),
    Setting("a whole category", skus=120, whole_category=True),
    Setting("slow movers", rate=0.3),
    Setting("one big seller", skus=60, changed=1, rate=6.0, categories=3),
    Setting("nothing left alone", skus=24, changed=24, rate=3.0),
)
HARD = ("few left alone", "a whole category", "one big seller", "nothing left alone")
"""Settings in which shocks to what was changed can hardly be told from an effect: what counts
there is that intervals say so."""
PRIOR, PRIOR_SD, POOL_SD = -1.2, 0.9, 0.7
"""What a tool believes of elasticities whose truth lies around -2."""


@dataclass
class _Seen:
    """Errors of one setting over its seeds; one entry a change."""

    truth: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    naive_held: list[bool] = field(default_factory=list)
    silent: int = 0
    alarms: int = 0
    found: int = 0
    changes: int = 0
    sums: list[bool] = field(default_factory=list)

    def add(self, shop: KnownEffects, effects: Effects) -> None:
        """One shop's changes."""
        table = effects.table
        told = (table["why_not"] == "").to_numpy()
        truth = np.array([shop.truth[key] for key in table.index])
        before = np.array([shop.before[key] for key in table.index])
        sold = table["actual_units"].to_numpy(dtype=np.float64)
        middle = sold - table["expected_units"].to_numpy(dtype=np.float64)
        low = sold - table["expected_p90"].to_numpy(dtype=np.float64)
        high = sold - table["expected_p10"].to_numpy(dtype=np.float64)
        luck = np.sqrt(sold + before + 1) * PER_SD / 2
        self.changes += len(table)
        self.silent += int((~told).sum())
        self.alarms += int(table["why_not"].str.contains("placebo").sum())
        self.found += int(((low > 0) | (high < 0))[told].sum())
        self.truth += list(truth)
        self.ours += list((middle - truth)[told])
        self.naive += list(sold - before - truth)
        self.held += list(((low <= truth) & (truth <= high))[told])
        self.naive_held += list(np.abs(sold - before - truth) <= luck)
        if told.sum() > 1:
            sd = effects.sd_of_sum(dict.fromkeys(table.index[told], 1.0))
            gap = abs(middle[told].sum() - truth[told].sum())
            self.sums.append(bool(gap <= sd * PER_SD / 2))

    def row(self, name: str) -> tuple[Cell, ...]:
        """The setting's line."""
        return (
            name, self.changes, float(np.mean(self.truth)),
            _mean(self.ours), _mean(self.naive), _root(self.ours), _root(self.naive),
            _share(self.held), _share(self.naive_held), _share(self.sums),
            self.found / max(self.changes - self.silent, 1),
            self.silent / self.changes, self.alarms / self.changes,
        )  # fmt: skip


def run(*, quick: bool, seed: int) -> Findings:
    """Effects in shops with known truths, campaigns with known uplift, and what is learnt."""
    seeds = range(seed, seed + (5 if quick else 30))
    seen = {setting.name: _measured(setting, seeds) for setting in SETTINGS}
    effects = Table(
        title="Units a change brought, against the truth",
        columns=(
            "setting", "changes", "true mean", "bias", "naive bias", "RMSE", "naive RMSE",
            "80 % holds", "naive holds", "sum holds", "told from nothing", "cannot tell",
            "placebo failed",
        ),
        rows=tuple(each.row(name) for name, each in seen.items()),
        digits=2,
        note="Naive: as many days after less before, with Poisson intervals. Every shop has"
        " categories that are shocked on the very days, seasons and products that wander.",
    )  # fmt: skip
    campaigns = _campaigns(range(seed, seed + (60 if quick else 400)))
    prices = _prices(seeds)
    return Findings(
        tables=(effects, campaigns, prices), promises=_promises(seen, campaigns, prices)
    )


def _measured(setting: Setting, seeds: Iterable[int]) -> _Seen:
    seen = _Seen()
    # A shop with one change says as much as one change: more of them are drawn.
    wanted = [s * 8 + k for s in seeds for k in range(8)] if setting.changed == 1 else list(seeds)
    for seed in wanted:
        shop = make_known_effects(setting, seed)
        seen.add(
            shop, measure_changes(shop.panel, shop.categories, shop.changes, source=shop.source)
        )
    return seen


def _campaigns(seeds: Iterable[int]) -> Table:
    rows = [
        campaign_row(uplift, share, seeds) for uplift, share in ((0.03, 0.2), (0.03, 0.1), (0, 0.2))
    ]
    return Table(
        title=f"Extra orders of a campaign to {PEOPLE:,} customers",
        columns=("uplift", "held out", "true", "bias", "naive bias", "RMSE", "naive RMSE",
                 "80 % holds", "cannot tell"),
        rows=tuple(rows),
        digits=2,
        note="Naive: all orders of those who were written to, less theirs of the fortnight before.",
    )  # fmt: skip


def _prices(seeds: Iterable[int]) -> Table:
    """Elasticities of the changed SKUs and of their neighbours, before and after learning."""
    rows = []
    for name, setting in (("slow sellers", SETTINGS[0]), ("few left alone", SETTINGS[5])):
        gaps = [_learnt(setting, seed) for seed in seeds]
        prior, own, near, inside = (
            np.concatenate([each[place] for each in gaps]) for place in range(4)
        )
        rows.append((name, _root(prior), _root(own), _root(near), _share(inside)))
    return Table(
        title=f"Elasticity error (RMSE) of a tool that believes {PRIOR} where the truth is near -2",
        columns=("setting", "before", "changed SKUs", "their neighbours", "80 % holds"),
        rows=tuple(rows),
        digits=2,
    )


def _learnt(setting: Setting, seed: int) -> tuple[Any, Any, Any, Any]:
    """Errors before, after on changed SKUs, after on the others; whether bands hold after."""
    shop = make_known_effects(setting, seed)
    table = measure_changes(shop.panel, shop.categories, shop.changes, source=shop.source).table
    told = table[table["why_not"] == ""]
    measured = told[["actual_units", "expected_units", "sd", "shared_sd"]].assign(
        sku=[key.removeprefix("act-") for key in told.index], price_ratio=shop.ratio, batch="plan"
    )
    index = pd.Index(sorted(shop.categories), name="sku")
    prior = pd.DataFrame({"elasticity": PRIOR, "std_error": PRIOR_SD}, index=index)
    group = [shop.categories[sku] for sku in index]
    parts = pd.DataFrame({"group": group, "pool_error": POOL_SD}, index=index)
    after, _ = with_learnt(prior, parts, measured_elasticities(measured))
    usual = setting.effect / float(np.log(shop.ratio))
    truth = pd.Series(shop.elasticity).reindex(index).fillna(usual)
    gap = after["elasticity"] - truth
    mine = index.isin(list(shop.elasticity))
    inside = (gap.abs() <= after["std_error"] * PER_SD / 2)[mine]
    return (
        (prior["elasticity"] - truth)[mine].to_numpy(), gap[mine].to_numpy(), gap[~mine].to_numpy(),
        inside.to_numpy(),
    )  # fmt: skip


def _promises(seen: dict[str, _Seen], campaigns: Table, prices: Table) -> tuple[Promise, ...]:
    fair = [each for name, each in seen.items() if name not in HARD]
    held, hard = (
        [hit for each in part for hit in each.held]
        for part in (fair, [seen[name] for name in HARD])
    )
    ours = _root([gap for each in fair for gap in each.ours])
    naive = _root([gap for each in fair for gap in each.naive])
    alarms = sum(each.alarms for each in seen.values()) / sum(e.changes for e in seen.values())
    calm = seen["nothing really done"]
    false = calm.found / max(calm.changes - calm.silent, 1)
    hold_out = [float(row[7] or 0) for row in campaigns.rows]
    return (
        _promise("80 % intervals hold, many left alone", "74 to 86 %", _share(held), 0.74, 0.86),
        _promise("80 % intervals hold, few or none", "70 to 90 %", _share(hard), 0.70, 0.90),
        _promise("80 % intervals of campaigns hold", "74 to 86 %", _mean(hold_out), 0.74, 0.86),
        _promise(
            "RMSE against before and after, many left alone", "below 0.85", ours / naive, 0, 0.85
        ),
        _promise("effects seen where nothing was done", "at most 25 %", false, 0, 0.25),
        _promise("placebos that fail for nothing", "at most 5 %", alarms, 0, 0.05),
        _promise(
            "error of learnt elasticities against before, many left alone", "below 0.9",
            float(prices.rows[0][2] or 0) / float(prices.rows[0][1] or 1), 0, 0.9,
        ),
    )  # fmt: skip


def _promise(name: str, wanted: str, value: float, low: float, high: float) -> Promise:
    return Promise(name=name, wanted=wanted, measured=f"{value:.2f}", met=low <= value <= high)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _root(values: Sequence[float] | Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else float("nan")


def _share(values: Sequence[bool] | Floats) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
