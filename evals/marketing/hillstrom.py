"""Uplift on Hillstrom's e-mail experiment: ranking and policies against contacting all or none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Cell, Findings, Promise, Table
from tools.uplift import UpliftModel, learn_uplift
from tools.uplift_learners import CORE, ECONML, Experiment, honest_scores
from tools.uplift_metrics import Estimate, auuc, policy_value, with_interval

Floats = npt.NDArray[np.float64]

FILE = "hillstrom/hillstrom.csv.gz"
ARMS = ("Mens E-Mail", "Womens E-Mail")
NONE = "No E-Mail"
COSTS = (0.5, 1.0, 1.25)
"""Cost of a contact as a multiple of the mean effect: where it is 1, contacting everybody earns
exactly as little as contacting nobody, and only knowing whom to contact earns anything."""
SOURCE = DataRef(source="hillstrom", as_of=datetime(2008, 3, 20, tzinfo=UTC))
KEPT = ("customer_id", "campaign_id", "treated", "propensity", "visit", "conversion", "spend")


def hillstrom(data: Path, *, quick: bool, seed: int) -> Findings:
    """Learn on one half, act on the other, both ways round."""
    rows, features = read_experiment(data / FILE)
    ranks: list[tuple[Cell, ...]] = []
    policies: list[tuple[Cell, ...]] = []
    promises: list[Promise] = []
    for arm in ARMS:
        mine = rows[rows["segment"].isin([arm, NONE])].copy()
        mine["treated"] = (mine["segment"] == arm).astype(float)
        mine["propensity"] = mine["treated"].mean()
        for outcome in ("visit",) if quick else ("visit", "conversion"):
            judged = _crossed(mine, features, outcome, quick=quick, seed=seed)
            ranks += _rank_rows(arm, outcome, judged, seed)
            found = _policy_rows(arm, outcome, judged, seed)
            policies += found
            if outcome == "visit":
                promises.append(_promise(arm, found))
    tables = (
        Table(
            title="Hillstrom: how well unseen customers are ranked by uplift (90 % bootstrap)",
            columns=("mail", "outcome", "ranking", "mean effect", "AUUC", "Qini", "low", "high"),
            rows=tuple(ranks), digits=4,
            note="Ranking at random has a Qini of 0 and half the mean effect as AUUC.",
        ),
        Table(
            title="Hillstrom: value per customer of contacting whom it pays (90 % bootstrap)",
            columns=("mail", "outcome", "cost ÷ mean effect", "contacted", "against none", "low",
                     "high", "against all", "low ", "high "),
            rows=tuple(policies), digits=4,
            note="In the outcome's own unit, the cost of contacts taken off. Customers were"
            " chosen by a model that saw only the other half of them.",
        ),
    )  # fmt: skip
    return Findings(tables=tables, promises=tuple(promises))


def read_experiment(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The experiment's rows, and the names of what was known before it."""
    read = pd.read_csv(path)
    known = pd.get_dummies(read[["zip_code", "channel"]], dtype=float)
    for name in ("recency", "mens", "womens", "newbie"):
        known[name] = read[name].astype(float)
    known["log_history"] = np.log1p(read["history"])
    rows = read[["segment", "visit", "conversion", "spend"]].join(known)
    rows["customer_id"] = [f"H{number:05d}" for number in range(len(rows))]
    return rows.assign(campaign_id="hillstrom"), tuple(known.columns)


def _crossed(
    rows: pd.DataFrame, features: tuple[str, ...], outcome: str, *, quick: bool, seed: int
) -> pd.DataFrame:
    """Each half scored by models of the other: ``effect`` and a column a ranking."""
    half = np.random.default_rng(seed).permutation(len(rows)) % 2
    learners = CORE if quick else CORE + ECONML
    parts = []
    for side in (0, 1):
        taught, seen = rows[half != side], rows[half == side]
        model = learn_uplift(taught[[*KEPT, *features]], features, outcome=outcome,
                             source=SOURCE, learners=learners, seed=seed)  # fmt: skip
        assert model is not None
        parts.append(_scored(seen, taught, features, outcome, model, seed))
    return pd.concat(parts)


def _scored(
    seen: pd.DataFrame,
    taught: pd.DataFrame,
    features: tuple[str, ...],
    outcome: str,
    model: UpliftModel,
    seed: int,
) -> pd.DataFrame:
    experiment = Experiment(
        *(seen[list(columns) if isinstance(columns, tuple) else columns].to_numpy(np.float64)
          for columns in (features, "treated", outcome, "propensity"))
    )  # fmt: skip
    made = pd.DataFrame({"effect": honest_scores(experiment)})
    made["ours"] = model.average[0] + model.differences(seen)
    made["response model"] = _responders(taught, seen, features, outcome, seed)
    made["most recent first"] = -seen["recency"].to_numpy()
    made["biggest spender first"] = seen["log_history"].to_numpy()
    made["average"] = model.average[0]
    return made


def _responders(
    taught: pd.DataFrame, seen: pd.DataFrame, features: tuple[str, ...], outcome: str, seed: int
) -> Floats:
    """What most shops do: rank by the chance to answer of those who were contacted."""
    from tools.uplift_learners import boosted

    sent = taught[taught["treated"] == 1]
    columns = list(features)
    model = boosted(sent[columns].to_numpy(np.float64), sent[outcome].to_numpy(np.float64),
                    seed=seed)  # fmt: skip
    return model(seen[columns].to_numpy(np.float64))


def _rank_rows(arm: str, outcome: str, judged: pd.DataFrame, seed: int) -> list[tuple[Cell, ...]]:
    effects = judged["effect"].to_numpy()
    made: list[tuple[Cell, ...]] = []
    for name in ("ours", "response model", "biggest spender first", "most recent first"):
        ranking = judged[name].to_numpy()
        found = with_interval(ranking, effects, seed=seed)
        made.append((arm, outcome, name, float(effects.mean()), auuc(ranking, effects),
                     found.value, found.low, found.high))  # fmt: skip
    return made


def _policy_rows(arm: str, outcome: str, judged: pd.DataFrame, seed: int) -> list[tuple[Cell, ...]]:
    effects = judged["effect"].to_numpy()
    made: list[tuple[Cell, ...]] = []
    for times in COSTS:
        # The cost is known to the shop; the mean effect it is named by is that of all rows.
        cost = times * float(effects.mean())
        found = policy_value(judged["ours"].to_numpy() > cost, effects, cost=cost, seed=seed)
        made.append((arm, outcome, times, found.share, *_three(found.value),
                     *_three(found.over_all)))  # fmt: skip
    return made


def _three(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _promise(arm: str, rows: list[tuple[Cell, ...]]) -> Promise:
    """At the cost where all and none earn the same."""
    row = next(each for each in rows if each[2] == 1.0)
    value, low, high, over, over_low, over_high = (float(each or 0) for each in row[4:10])
    return Promise(
        name=f"policy value, {arm}",
        wanted="above contacting none and above contacting all",
        measured=f"{value:+.4f} ({low:+.4f} to {high:+.4f}) and"
        f" {over:+.4f} ({over_low:+.4f} to {over_high:+.4f})",
        met=value > 0 and over > 0,
    )
