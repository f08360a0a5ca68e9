"""Prices where the truth is known: profit against an oracle, two sellers, markdown to a date."""

from __future__ import annotations

import numpy as np

from evals.findings import Cell, Findings, Promise, Table
from evals.markdown_trials import SCHEDULES, season_worth, seasons
from evals.price_trials import alone, duel, run_alone

AGENTS = ("hold", "cost-plus", "greedy repricer", "ecomagent", "oracle")
WORLDS = ("power", "line", "logit")
RIVALS = ("answers", "same tools", "undercuts", "leaves")
NEAR = 0.05
"""How far from the one-shot equilibrium the long-run price may end."""
TAIL = 6
"""Last plans whose prices are the long run."""


def run(*, quick: bool, seed: int) -> Findings:
    """Measure pricing through the real tools: estimate, forecast, price."""
    earned, safe = _profit(quick, seed)
    duels, near = _duels(quick, seed)
    cuts, best = _markdown(quick, seed)
    return Findings(tables=(earned, duels, cuts), promises=(safe, near, best))


def _profit(quick: bool, seed: int) -> tuple[Table, Promise]:
    skus, weeks, seeds = (40, 12, 1) if quick else (80, 26, 3)
    rows: list[tuple[Cell, ...]] = []
    worst = np.inf
    for kind in WORLDS:
        shares: dict[str, list[float]] = {name: [] for name in AGENTS}
        kept, offs, uplift = [], [], []
        for each in range(seed, seed + seeds):
            market = alone(kind, skus=skus, weeks=weeks, seed=each)
            found = {name: run_alone(market, name, weeks=weeks, seed=each) for name in AGENTS}
            base, most = found["hold"].profit, found["oracle"].profit
            for name in AGENTS:
                shares[name].append((found[name].profit - base) / (most - base))
            ours = found["ecomagent"]
            kept.append(ours.came / ours.promised)
            offs.append(ours.off)
            uplift.append(100 * (most / base - 1))
        means = {name: float(np.mean(values)) for name, values in shares.items()}
        worst = min(worst, means["ecomagent"])
        rows.append((kind, *means.values(), float(np.mean(uplift)), float(np.mean(kept)),
                     float(np.mean(offs))))  # fmt: skip
    table = Table(
        title=f"Share of the oracle's uplift over holding; {skus} SKUs, {weeks} weekly plans",
        columns=("true demand", *AGENTS, "oracle's uplift %", "came / promised", "price off (log)"),
        rows=tuple(rows),
        digits=2,
        note="Profit is expected profit under the truth. All but hold and oracle learn from drawn"
        " sales; nobody may move a price by more than 10 % a week.",
    )
    return table, Promise(
        name="never below holding prices",
        wanted="share of the oracle's uplift above 0 in every world",
        measured=f"lowest {worst:.2f}",
        met=bool(worst > 0),
    )


def _duels(quick: bool, seed: int) -> tuple[Table, Promise]:
    skus, weeks = (12, 18) if quick else (24, 52)
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for kind in RIVALS:
        found = duel(kind, skus=skus, weeks=weeks, seed=seed)
        end = float(found.ours[-TAIL:].mean())
        theirs = float(found.theirs[-TAIL:].mean())
        ends.append(end)
        rows.append((kind, float(found.ours[0]), float(found.ours[weeks // 2]), end,
                     None if np.isnan(theirs) else theirs))  # fmt: skip
    worst = max(ends, key=abs)
    table = Table(
        title=f"Two sellers, logit demand, {skus} markets, {weeks} weekly plans",
        columns=("the rival", "first plan", "halfway", "long run", "rival's long run"),
        rows=tuple(rows),
        note="Mean log distance of prices from the one-shot equilibrium; against a rival that"
        " undercuts or has left, from the best answer to it. Both start 15 % above.",
    )
    return table, Promise(
        name="neither collusion nor a race to the bottom",
        wanted=f"long-run price within {NEAR:.0%} of the one-shot equilibrium",
        measured=f"farthest {worst:+.1%}",
        met=bool(abs(worst) <= NEAR),
    )


def _markdown(quick: bool, seed: int) -> tuple[Table, Promise]:
    drawn = seasons(count=40 if quick else 200, seed=seed)
    worths = season_worth(drawn, futures=200 if quick else 1000, seed=seed)
    known = worths["best fixed price"]
    rows = tuple((name, float(value.mean() / known.mean())) for name, value in worths.items())
    ours = worths["dynamic programme"].mean()
    rest = max(float(worths[name].mean()) for name in ("best fixed price", *SCHEDULES))
    table = Table(
        title=f"Markdown to a date: worth over the best fixed price's; {len(known)} seasons",
        columns=("rule", "worth"),
        rows=rows,
        note="Mean over drawn futures of seasons that differ in stock, length, elasticity and"
        " profile. The best fixed price knows the true demand, as the programme does.",
    )
    return table, Promise(
        name="markdown beats fixed schedules",
        wanted="at least the best of the other rules",
        measured=f"{ours / rest - 1:+.1%}",
        met=bool(ours >= rest),
    )
