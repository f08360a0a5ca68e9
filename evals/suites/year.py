"""A year unattended in shops with a known truth, against rules of thumb and one who knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

from evals.findings import Findings, Promise, Table, commit
from evals.world.diagnosis import STEPS, diagnose
from evals.world.regimes import REGIMES, Regime, random_regime
from evals.world.run import ALONE, contestants, history, play_rule, play_tool
from evals.world.truth import YEAR_DAYS

TOOL = "ecomagent"
QUICK_SKUS, QUICK_EVERY = 12, 28
WORKERS = 2
EVERY = 7
SEEDS = 5
UNSEEN = 2
"""Regimes drawn at random beside the named ones."""
SHARE = 0.9


@dataclass(frozen=True)
class Year:
    """One shop's year under everybody: profit in major units, by name."""

    regime: str
    seed: int
    profit: dict[str, float]
    stockout_days: dict[str, int]
    plans: int
    actions: int
    breaches: int
    failed: int
    left: dict[str, float]
    """What each part of the plans leaves to the oracle, major units."""
    seconds_per_plan: float
    """Processor seconds: import, plan, apply and read back."""

    @property
    def share(self) -> float:
        """The tool's part of the oracle's uplift over doing nothing."""
        nothing = self.profit["do nothing"]
        return (self.profit[TOOL] - nothing) / max(self.profit["oracle"] - nothing, 1e-9)


def run(*, quick: bool, seed: int) -> Findings:
    """Every regime; a full run takes hours, and goes on where it was stopped."""
    years = list(_years(quick, seed))
    worst = min(years, key=lambda each: each.share)
    lifts = [np.mean([each.share for each in years if each.regime == name])
             for name in dict.fromkeys(each.regime for each in years)]  # fmt: skip
    losing = [f"{each.regime} {each.seed}" for each in years if each.share < 0]
    broken = sum(each.breaches for each in years)
    return Findings(
        tables=(_table(years), _detail(years), _parts(years)),
        promises=(
            Promise(
                name="share of the oracle's uplift",
                wanted=f"at least {SHARE:.0%} in every regime",
                measured=f"mean {np.mean(lifts):.0%}, worst {worst.share:.0%} ({worst.regime})",
                met=min(lifts) >= SHARE,
            ),
            Promise(
                name="never below doing nothing",
                wanted="no year",
                measured=", ".join(losing) or "none",
                met=not losing,
            ),
            Promise(name="breaches of policy", wanted="0", measured=str(broken), met=broken == 0),
        ),
    )


def _years(quick: bool, seed: int) -> Iterator[Year]:
    unseen = 0 if quick else UNSEEN
    regimes = [*REGIMES.values(), *(random_regime(seed + number) for number in range(unseen))]
    asked = [
        (replace(regime, skus=QUICK_SKUS) if quick else regime, seed + number, quick)
        for regime in regimes
        for number in range(1 if quick else SEEDS)
    ]
    # Spawned, so that no worker inherits another's open files; each shop keeps one core busy.
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_kept, *zip(*asked, strict=True))


def _kept(regime: Regime, seed: int, quick: bool) -> Year:
    """One year, from an earlier run of the same code where there was one."""
    version = commit() or "no-commit"
    name = f"{regime.name}-{seed}-{'quick' if quick else 'full'}.json".replace(" ", "-")
    path = Path(user_cache_dir("ecomagent")) / "year" / version / name
    if not quick and path.exists():
        return Year(**json.loads(path.read_text(encoding="utf-8")))
    year = _play(regime, seed, _every(regime) if quick else EVERY, alone=not quick)
    if not quick:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(year)), encoding="utf-8")
    return year


def _every(regime: Regime) -> int:
    """A plan a month; a fortnight or a week where goods keep for less than two months."""
    keeps = regime.shelf_life_days
    return QUICK_EVERY if keeps is None else min(QUICK_EVERY, max(keeps // 14, 1) * 7)


def _play(regime: Regime, seed: int, every: int, *, alone: bool) -> Year:
    world = history(regime, seed)
    found = [play_rule(world, who, YEAR_DAYS) for who in contestants(every)]
    if alone:
        found += [
            play_tool(world, YEAR_DAYS, every, name=name, goal=goal, keeps_stock="pricing" in name)
            for name, goal in ALONE.items()
        ]
    ours = play_tool(world, YEAR_DAYS, every, name=TOOL)
    found.append(ours)
    judged = ours.judged
    return Year(
        regime=regime.name,
        seed=seed,
        profit={each.name: round(each.profit, 2) for each in found},
        stockout_days={each.name: each.stockout_days for each in found},
        plans=judged.plans if judged else 0,
        actions=judged.actions if judged else 0,
        breaches=len(judged.breaches) if judged else 0,
        failed=len(judged.failed) if judged else 0,
        left={
            each.part: round(each.lost, 2) for each in diagnose(world, ours.diary, YEAR_DAYS, every)
        },
        seconds_per_plan=judged.seconds_per_plan if judged else 0.0,
    )


def _table(years: list[Year]) -> Table:
    rows = []
    for name in dict.fromkeys(each.regime for each in years):
        mine = [each for each in years if each.regime == name]
        shares = np.array([each.share for each in mine])
        low, high = _interval(shares)
        rows.append(
            (name, len(mine), _mean(mine, "do nothing"), _mean(mine, TOOL), _mean(mine, "oracle"),
             float(shares.mean()), low, high,
             float(np.mean([each.stockout_days["do nothing"] for each in mine])),
             float(np.mean([each.stockout_days[TOOL] for each in mine])),
             sum(each.breaches for each in mine))
        )  # fmt: skip
    return Table(
        title="A year in shops with a known truth: profit, and share of the oracle's uplift",
        columns=("regime", "shops", "do nothing", "ecomagent", "oracle", "share", "low", "high",
                 "stock-out days, nothing", "stock-out days, ours", "breaches"),
        rows=tuple(rows),
        digits=2,
        note="profit: gross profit less keeping, spoiling, returns and messages; doing nothing "
        "keeps prices and the merchant's own reorder rule; low and high: 95 % over seeds",
    )  # fmt: skip


def _detail(years: list[Year]) -> Table:
    names = [name for name in years[0].profit if name != "do nothing"]
    rows = []
    for each in years:
        nothing = each.profit["do nothing"]
        rows.append((f"{each.regime} {each.seed}",
                     *(each.profit[name] / nothing - 1 for name in names)))  # fmt: skip
    return Table(
        title="Profit over doing nothing, a fraction of it",
        columns=("shop", *names),
        rows=tuple(rows),
    )


def _parts(years: list[Year]) -> Table:
    rows = []
    for each in years:
        gap = max(each.profit["oracle"] - each.profit["do nothing"], 1e-9)
        rows.append((f"{each.regime} {each.seed}", *(each.left[part] / gap for part in STEPS),
                     each.plans, each.actions, each.failed, each.seconds_per_plan))  # fmt: skip
    return Table(
        title="What each part of the plans leaves to the oracle, a fraction of its uplift",
        columns=("shop", *STEPS, "plans", "actions", "not applied", "seconds a plan"),
        rows=tuple(rows),
        digits=2,
        note="the oracle's parts replaced by ours one after the other, so that they add up to the "
        "gap; processor seconds with import and apply",
    )


def _mean(years: list[Year], name: str) -> float:
    return float(np.mean([each.profit[name] for each in years]))


def _interval(values: np.ndarray) -> tuple[float | None, float | None]:  # type: ignore[type-arg]
    from scipy.stats import t

    if len(values) < 2:
        return None, None
    width = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - width, float(values.mean()) + width
