"""Prices that learn against those that do not, and off-policy estimates against what was so."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import MissingExtraError
from evals.findings import Findings, Promise, Table, shared_data
from tools import learning_prices
from tools.learning_prices import (
    Belief,
    Draw,
    Offer,
    believed_profits,
    best_option,
    draw_prices,
    update_belief,
)
from tools.off_policy import (
    ChoiceLog,
    PolicyValue,
    better,
    certain,
    compare_policies,
    evaluate_policy,
    worse,
)
from tools.price_gate import PricePolicy, judge_policies
from tools.price_log import PriceLog
from tools.rl_challenger import WEEKS, Challenger, train_challenger

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RATIOS = np.array(learning_prices.RATIOS)
DAYS = 7.0
REGRET = 0.03
"""Share of a SKU's expected profit that learning may give up, each week."""


@dataclass(frozen=True)
class Market:
    """SKUs with a true elasticity; prices start at 1,000 minor units."""

    mean: Floats
    elasticity: Floats
    cost: Floats
    scatter: float = 1.5

    @classmethod
    def drawn(cls, rng: np.random.Generator, count: int, *, tuned: bool = False) -> Market:
        """Prices set by a markup of 1.6 to 2.2, or (tuned) within a sixth of the best."""
        elasticity = np.minimum(rng.normal(-2.2, 0.9, count), -0.4)
        markup, near = rng.uniform(1.6, 2.2, count), rng.uniform(0.85, 1.15, count)
        best = near * (1 + 1 / np.minimum(elasticity, -1.3))
        cost = 1000 * (best if tuned else 1 / markup)
        return cls(np.exp(rng.normal(0.7, 0.8, count)), elasticity, cost)

    def profit(self, ratio: Floats) -> Floats:
        """Expected gross profit a week, minor units."""
        units = self.mean[:, None] * DAYS * ratio ** self.elasticity[:, None]
        made: Floats = units * (1000 * ratio - self.cost[:, None])
        return made

    def sell(self, ratio: Floats, rng: np.random.Generator) -> Floats:
        mean = self.mean * DAYS * ratio**self.elasticity
        shape = mean / (self.scatter - 1)
        return rng.negative_binomial(np.maximum(shape, 1e-6), 1 / self.scatter).astype(np.float64)

    def offer(self) -> Offer:
        count = len(self.mean)
        price = np.tile(1000 * RATIOS, (count, 1))
        return Offer(price, np.full(count, 1000.0), self.cost, np.full(count, np.inf), DAYS)

    def belief(self, rng: np.random.Generator) -> Belief:
        """What a shop without price experiments knows: level to a fifth, the pooled elasticity."""
        count = len(self.mean)
        return Belief.of(
            mean_per_day=self.mean * np.exp(rng.normal(0, 0.2, count)),
            log_error_sd=np.full(count, 0.2),
            elasticity=np.full(count, -2.2),
            std_error=np.full(count, 0.9),
            scatter=np.full(count, self.scatter),
        )


@dataclass
class Run:
    """What one way of choosing prices earned, and its log."""

    earned: float
    log: ChoiceLog
    expected: Floats
    challenged: Floats


def run(*, quick: bool, seed: int) -> Findings:
    """Regret in simulated markets; off-policy estimates in them and on the Open Bandit log."""
    seeds = range(seed, seed + (3 if quick else 10))
    count, weeks = (60, 26) if quick else (200, 52)
    regret, share = _regret(seeds, count, weeks, tuned=False)
    near, _ = _regret(seeds, count, weeks, tuned=True)
    estimates, held = _estimates(seeds, count, weeks)
    gates, gate_right = _gates(seeds, count)
    nights, without_cause = _nights(seeds, count)
    tables = [regret, near, estimates, gates, nights]
    promises = [
        Promise(
            name="learning prices give up less than prices that never learn",
            wanted="regret below greedy and hold",
            measured=", ".join(f"{k} {v:.1%}" for k, v in share.items()),
            met=share["thompson"] < min(share["greedy"], share["hold"]),
        ),
        Promise(
            name="90 % intervals of doubly robust hold the true value",
            wanted="at least 80 %",
            measured=f"{held:.0%}",
            met=held >= 0.80,
        ),
        Promise(
            name="the gate lets in what is better and keeps out what is worse",
            wanted="at most one decision in twenty wrong",
            measured=f"{1 - gate_right:.1%} wrong",
            met=gate_right >= 0.95,
        ),
        Promise(
            name="judged every week of half a year, learning is not stopped without cause",
            wanted="in at most one market of ten",
            measured=f"{without_cause:.0%}",
            met=without_cause <= 0.10,
        ),
    ]
    skipped: list[str] = []
    try:
        tables.append(_challenge(seeds, count, quick=quick))
    except MissingExtraError as error:
        skipped.append(f"reinforcement-learning challenger: {error.remedy}")
    data = shared_data()
    if data is None or not (data / "obd_men").is_dir():
        skipped.append("Open Bandit men: no data (set ECOMAGENT_DATA)")
    else:
        table, promise = _open_bandit(data / "obd_men")
        tables.append(table)
        promises.append(promise)
    return Findings(tables=tuple(tables), promises=tuple(promises), skipped=tuple(skipped))


def _regret(seeds: range, count: int, weeks: int, *, tuned: bool) -> tuple[Table, dict[str, float]]:
    ways = ("oracle", "thompson", "greedy", "epsilon", "bandit", "hold")
    totals = {name: [] for name in ways}  # type: dict[str, list[float]]
    for seed in seeds:
        market = Market.drawn(np.random.default_rng(seed), count, tuned=tuned)
        for name in ways:
            totals[name].append(_play(market, name, weeks, seed).earned)
    best = np.array(totals["oracle"])
    lost = {name: float((1 - np.array(totals[name]) / best).mean()) for name in ways}
    rows = tuple(
        (name, float(np.mean(totals[name])) / 100, lost[name], *_spread(totals[name], best))
        for name in ways
    )
    table = Table(
        title=f"Gross profit of {count} SKUs over {weeks} weeks, {len(seeds)} markets, prices "
        + ("near their best at the start" if tuned else "set by markup at the start"),
        columns=("prices by", "profit", "regret", "least", "most"),
        rows=rows,
        note="regret: share of the oracle's profit given up; greedy: the best price as believed, "
        "learning from its own sales; bandit: MABWiser's Thompson sampling, which knows no demand "
        "model",
    )
    return table, lost


def _spread(values: list[float], best: Floats) -> tuple[float, float]:
    lost = 1 - np.array(values) / best
    return float(lost.min()), float(lost.max())


def _challenge(seeds: range, count: int, *, quick: bool) -> Table:
    """A reinforcement-learning policy against the bandit: truth, and what the gate says of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = train_challenger(
            Path(folder) / "challenger.zip", steps=20_000 if quick else 120_000, seed=seeds[0]
        )
        challenger = Challenger(path)
    rows = []
    for seed in seeds:
        market = Market.drawn(np.random.default_rng(seed), count)
        played = _play(market, "thompson", WEEKS, seed, challenger)
        truth = np.tile(market.profit(np.tile(RATIOS, (count, 1))), (WEEKS, 1))
        ran = played.log.propensity
        gain = compare_policies(played.log, played.challenged, ran, played.expected)
        true = float(((played.challenged - ran) * truth).sum(axis=1).mean())
        own = _play(market, "challenger", WEEKS, seed, challenger).earned
        rows.append((f"market {seed}", _play(market, "oracle", WEEKS, seed).earned / 100,
                     played.earned / 100, own / 100, true / 100, gain.value / 100,
                     gain.low / 100, gain.high / 100, _verdict(gain)))  # fmt: skip
    return Table(
        title="Reinforcement-learning challenger (PPO) against the bandit, a quarter each",
        columns=("market", "oracle", "bandit", "challenger", "true gain", "estimate", "low", "high",
                 "verdict"),
        rows=tuple(rows),
        digits=2,
        note="true gain and estimate: of the challenger's prices in the bandit's weeks, a SKU and "
        "week; only “in” goes live",
    )  # fmt: skip


def _play(
    market: Market, way: str, weeks: int, seed: int, challenger: Challenger | None = None
) -> Run:
    rng = np.random.default_rng([seed, 7])
    names = np.array([f"S{number}" for number in range(len(market.mean))])
    belief, offer = market.belief(rng), market.offer()
    truth = market.profit(np.tile(RATIOS, (len(names), 1)))
    rows = np.arange(len(names))
    linear = _Bandits(len(names), seed) if way == "bandit" else None
    parts: list[tuple[Ints, Floats, Floats, Floats]] = []
    challenged: list[Floats] = []
    earned = 0.0
    for week in range(weeks):
        budget = REGRET * np.abs(market.cost) * np.exp(belief.mean[:, 0]) * DAYS
        luck = 1000 * seed + week
        profits = believed_profits(belief, offer, skus=names, seed=luck)
        other = None
        if challenger is not None:
            other = challenger.chances(belief, offer, weeks_left=weeks - week)
        draw = draw_prices(profits, skus=names, regret_budget=budget, seed=luck, other=other)
        if draw.other is not None:
            challenged.append(draw.other)
        if way == "challenger":
            spots = rng.random(len(names))[:, None]
            chosen = (spots >= challenged[-1].cumsum(axis=1)).sum(axis=1).clip(max=len(RATIOS) - 1)
        else:
            chosen = _chosen(way, draw, truth, rng, linear)
        sold = market.sell(RATIOS[chosen], rng)
        reward = sold * (1000 * RATIOS[chosen] - market.cost)
        earned += float(truth[rows, chosen].sum())
        parts.append((chosen, reward, draw.propensity, draw.expected))
        if way in ("thompson", "greedy", "epsilon", "challenger"):
            belief = update_belief(
                belief, np.log(RATIOS[chosen])[:, None], np.full((len(names), 1), DAYS),
                sold[:, None],
            )  # fmt: skip
        if linear is not None:
            linear.learn(chosen, reward)
    log = ChoiceLog(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.tile(rows, weeks),
    ) if way == "thompson" else ChoiceLog(
        np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, len(RATIOS))),
        np.empty(0, dtype=np.int64),
    )  # fmt: skip
    asked_for = np.concatenate(challenged) if challenged else np.empty((0, len(RATIOS)))
    return Run(earned, log, np.concatenate([part[3] for part in parts]), asked_for)


def _chosen(way: str, draw: Draw, truth: Floats, rng: np.random.Generator, linear: Any) -> Ints:
    greedy = best_option(draw)
    if way == "oracle":
        best: Ints = truth.argmax(axis=1)
        return best
    if way == "hold":
        return np.full(len(greedy), int(np.flatnonzero(RATIOS == 1.0)[0]))
    if way == "epsilon":
        explore = rng.random(len(greedy)) < 0.1
        return np.where(explore, rng.integers(0, len(RATIOS), len(greedy)), greedy)
    if way == "bandit":
        picked: Ints = linear.choose()
        return picked
    return draw.chosen if way == "thompson" else greedy


class _Bandits:
    """One of MABWiser's Thompson samplers a SKU: a price wins when it beats its median week."""

    def __init__(self, count: int, seed: int) -> None:
        from mabwiser.mab import MAB, LearningPolicy

        arms = list(range(len(RATIOS)))
        self._bandits = [
            MAB(arms, LearningPolicy.ThompsonSampling(_above_zero), seed=seed + number)
            for number in range(count)
        ]
        self._scale = np.ones(count)
        self._seen: list[list[float]] = [[] for _ in range(count)]
        self._fitted = False

    def choose(self) -> Ints:
        if not self._fitted:
            return np.full(len(self._bandits), 3)
        return np.array([bandit.predict() for bandit in self._bandits])

    def learn(self, chosen: Ints, reward: Floats) -> None:
        for number, bandit in enumerate(self._bandits):
            self._seen[number].append(float(reward[number]))
            won = int(reward[number] >= np.median(self._seen[number]))
            bandit.partial_fit([int(chosen[number])], [won]) if self._fitted else bandit.fit(
                [int(chosen[number])], [won]
            )
        self._fitted = True


def _above_zero(_arm: int, reward: float) -> int:
    return int(reward > 0)


def _estimates(seeds: range, count: int, weeks: int) -> tuple[Table, float]:
    rows, held, cases = [], 0, 0
    for seed in seeds:
        market = Market.drawn(np.random.default_rng(seed), count)
        played = _play(market, "thompson", weeks, seed)
        truth = np.tile(market.profit(np.tile(RATIOS, (count, 1))), (weeks, 1))
        for name, target in _policies(played, truth).items():
            found = evaluate_policy(played.log, target, played.expected)
            true = float((target * truth).sum(axis=1).mean())
            robust = found["doubly_robust"]
            held += robust.low <= true <= robust.high
            cases += 1
            if seed == seeds[0]:
                taken = target[np.arange(len(truth)), played.log.chosen] > 0
                naive = float(played.log.reward[taken].mean())
                rows.append(
                    (name, true / 100, naive / 100, found["ips"].value / 100,
                     found["snips"].value / 100, robust.value / 100, robust.low / 100,
                     robust.high / 100, robust.effective)
                )  # fmt: skip
    table = Table(
        title="Profit a SKU and week of prices that never ran, from the log of those that learnt",
        columns=("policy", "true", "naive mean", "IPS", "SNIPS", "doubly robust", "low", "high",
                 "effective"),
        rows=tuple(rows),
        digits=2,
    )  # fmt: skip
    return table, held / cases


def _policies(played: Run, truth: Floats) -> dict[str, Floats]:
    """Policies that never ran, over prices that could have been drawn."""
    able = played.log.propensity > 0
    best = played.expected.argmax(axis=1)
    others = able.copy()
    others[np.arange(len(able)), best] = False
    second = np.where(others.any(axis=1), np.where(others, played.expected, -np.inf).argmax(axis=1),
                      best)  # fmt: skip
    return {
        "best known": certain(best, len(RATIOS)),
        "second best known": certain(second, len(RATIOS)),
        "any by even chance": able / able.sum(axis=1, keepdims=True),
        "oracle": certain(np.where(able, truth, -np.inf).argmax(axis=1), len(RATIOS)),
    }


def _gates(seeds: range, count: int) -> tuple[Table, float]:
    rows, right, cases = [], 0, 0
    for seed in seeds:
        market = Market.drawn(np.random.default_rng(seed), count)
        played = _play(market, "thompson", 26, seed)
        truth = np.tile(market.profit(np.tile(RATIOS, (count, 1))), (26, 1))
        policies = _policies(played, truth) | {"ran (learning)": played.log.propensity}
        best = policies.pop("best known")
        for name, policy in policies.items():
            gain = compare_policies(played.log, policy, best, played.expected)
            true = float(((policy - best) * truth).sum(axis=1).mean())
            verdict = _verdict(gain)
            right += not ((verdict == "in" and true < 0) or (verdict == "out" and true > 0))
            cases += 1
            if seed == seeds[0]:
                rows.append((name, true / 100, gain.value / 100, gain.low / 100, gain.high / 100,
                             verdict))  # fmt: skip
    table = Table(
        title="Who may go live instead of the best known prices, judged on 26 weeks of log",
        columns=("challenger", "true gain", "estimate", "low", "high", "verdict"),
        rows=tuple(rows),
        digits=2,
    )
    return table, right / cases


def _nights(seeds: range, count: int) -> tuple[Table, float]:
    """Learning judged after every week, as a shop does: when it falls back, and whether rightly."""
    rows, without_cause = [], 0
    for tuned in (False, True):
        for seed in seeds:
            market = Market.drawn(np.random.default_rng(seed), count, tuned=tuned)
            played = _play(market, "thompson", 26, seed)
            best = certain(played.expected.argmax(axis=1), len(RATIOS))
            truth = np.tile(market.profit(np.tile(RATIOS, (count, 1))), (26, 1))
            stopped = next((week for week in range(4, 27)
                            if _fallen(played, best, week * count)), 0)  # fmt: skip
            weeks = (stopped or 26) * count
            gains = ((played.log.propensity - best) * truth).sum(axis=1)[:weeks]
            earned = (best * truth).sum(axis=1)[:weeks].mean()
            without_cause += bool(stopped) and gains.mean() > -REGRET * earned
            start = "near the best" if tuned else "by markup"
            rows.append((f"market {seed}, prices {start}", gains.mean() / 100,
                         REGRET * earned / 100,
                         f"week {stopped}" if stopped else "–"))  # fmt: skip
    table = Table(
        title="Prices that learn against the best known ones, judged every week from the fourth on",
        columns=("market", "true gain", "may cost", "stopped in"),
        rows=tuple(rows),
        digits=2,
        note="true gain: of the draws up to then over the best known price of each week, a SKU and"
        " week; what is learnt is not in it",
    )
    return table, without_cause / len(rows)


def _fallen(played: Run, best: Floats, rows: int) -> bool:
    log = played.log
    none = np.full((rows, len(RATIOS)), np.nan)
    found = PriceLog(
        ChoiceLog(log.chosen[:rows], log.reward[:rows], log.propensity[:rows], log.cluster[:rows]),
        expected=played.expected[:rows], best=best[:rows], thompson=log.propensity[:rows],
        challenger=none, skus=log.cluster[:rows].astype(str), days=none[:, 0],
    )  # fmt: skip
    judged = judge_policies(found, PricePolicy.LEARN, regret=REGRET)
    return judged.live is PricePolicy.OPTIMISE


def _verdict(gain: PolicyValue) -> str:
    return "in" if better(gain) else "out" if worse(gain) else "undecided"


def _open_bandit(folder: Path) -> tuple[Table, Promise]:
    """Each policy's click rate from the other's log, against its own log's mean."""
    import pandas as pd

    logs = {name: pd.read_csv(folder / f"{name}_men.csv.gz") for name in ("random", "bts")}
    rows, close = [], True
    for name, other in (("random", "bts"), ("bts", "random")):
        own, log = logs[name], logs[other]
        items = int(max(own["item_id"].max(), log["item_id"].max())) + 1
        target = _chances(own, items, name)[log["position"].to_numpy() - 1]
        propensity = _chances(log, items, other)[log["position"].to_numpy() - 1]
        chosen = log["item_id"].to_numpy(dtype=np.int64)
        row = np.arange(len(log))
        propensity[row, chosen] = log["propensity_score"].to_numpy()
        choices = ChoiceLog(chosen, log["click"].to_numpy(dtype=np.float64), propensity, row)
        found = evaluate_policy(choices, target)
        mean = float(own["click"].mean())
        error = float(np.sqrt(mean * (1 - mean) / len(own)))
        for kind in ("ips", "snips", "doubly_robust"):
            each = found[kind]
            rows.append((f"{name} from {other}'s log", kind, mean, each.value, each.low, each.high,
                         each.effective))  # fmt: skip
            close &= abs(each.value - mean) <= 2.6 * float(np.hypot(error, each.std_error))
    table = Table(
        title="Open Bandit, men: click rate of a policy from the other one's log",
        columns=("policy", "estimator", "own log's mean", "estimate", "low", "high", "effective"),
        rows=tuple(rows),
        digits=4,
        note="10,000 rounds each; the sampler's chances by position are the means of its log",
    )
    promise = Promise(
        name="Open Bandit: every estimate agrees with the policy's own log",
        wanted="within the error of both",
        measured="all" if close else "not all",
        met=close,
    )
    return table, promise


def _chances(log: Any, items: int, name: str) -> Floats:
    """Chance of each item at each position; shape (positions, items)."""
    positions = int(log["position"].max())
    if name == "random":
        return np.full((positions, items), 1.0 / items)
    shares = np.zeros((positions, items))
    for position in range(positions):
        mine = log[log["position"] == position + 1]
        shares[position] = np.bincount(mine["item_id"], minlength=items) / max(len(mine), 1)
    return shares
