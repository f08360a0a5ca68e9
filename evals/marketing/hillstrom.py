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
from tools.uplift_learners import CORE, ECONML, Experiment, boosted, honest_scores, linear
from tools.uplift_metrics import Estimate, PolicyValue, auuc, policy_value, with_interval

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
        mine = _against_none(rows, arm)
        for outcome in ("visit",) if quick else ("visit", "conversion"):
            judged = _crossed(mine, features, outcome, quick=quick, seed=seed)
            ranks += _rank_rows(arm, outcome, judged, seed)
            found = _policies(judged, seed)
            policies += [
                (arm, outcome, times, worth.share, _with_ends(worth.value),
                 _with_ends(worth.over_all))
                for times, worth in found
            ]  # fmt: skip
            if outcome == "visit":
                promises.append(_promise(arm, found))
    mail, kept = _best_mail(rows, features, seed)
    promises.append(kept)
    tables = (
        Table(
            title="Hillstrom: how well unseen customers are ranked by uplift (90 % bootstrap)",
            columns=("mail", "outcome", "ranking", "mean effect", "AUUC", "Qini"),
            rows=tuple(ranks), digits=4,
            note="Ranking at random has a Qini of 0 and half the mean effect as AUUC.",
        ),
        Table(
            title="Hillstrom: value per customer of contacting whom it pays (90 % bootstrap)",
            columns=("mail", "outcome", "cost ÷ mean effect", "contacted", "against none",
                     "against all"),
            rows=tuple(policies), digits=4,
            note="In the outcome's own unit, the cost of contacts taken off. Customers were"
            " chosen by a model that saw only the other half of them.",
        ),
        mail,
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


def _against_none(rows: pd.DataFrame, arm: str) -> pd.DataFrame:
    """One mail against no mail."""
    mine = rows[rows["segment"].isin([arm, NONE])].copy()
    mine["treated"] = (mine["segment"] == arm).astype(float)
    return mine.assign(propensity=mine["treated"].mean())


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
                     _with_ends(found)))  # fmt: skip
    return made


def _policies(judged: pd.DataFrame, seed: int) -> list[tuple[float, PolicyValue]]:
    effects = judged["effect"].to_numpy()
    found = []
    for times in COSTS:
        # The cost is known to the shop; the mean effect it is named by is that of all rows.
        cost = times * float(effects.mean())
        pays = judged["ours"].to_numpy() > cost
        found.append((times, policy_value(pays, effects, cost=cost, seed=seed)))
    return found


def _with_ends(estimate: Estimate) -> str:
    return f"{estimate.value:+.4f} ({estimate.low:+.4f} to {estimate.high:+.4f})"


def _promise(arm: str, found: list[tuple[float, PolicyValue]]) -> Promise:
    """At the cost where contacting all and contacting none earn the same."""
    worth = next(each for times, each in found if times == 1.0)
    return Promise(
        name=f"policy value, {arm}",
        wanted="above contacting none and all, at the low end of the interval too",
        measured=f"{_with_ends(worth.value)} and {_with_ends(worth.over_all)}",
        met=worth.value.low > 0 and worth.over_all.low > 0,
    )


def _best_mail(rows: pd.DataFrame, features: tuple[str, ...], seed: int) -> tuple[Table, Promise]:
    """One of two mails or none for each customer, at a cost where the better mail just pays."""
    half = np.random.default_rng(seed).permutation(len(rows)) % 2
    effect, value = np.zeros((len(rows), 2)), np.zeros((len(rows), 3))
    for side in (0, 1):
        mine = half == side
        effect[mine] = _effects(rows[~mine], rows[mine], features, seed)
        value[mine] = _values(rows[~mine], rows[mine], features)
    gain = value[:, 1:] - value[:, :1]
    cost = float(gain.mean(axis=0).max())
    best = effect.argmax(axis=1)
    sent = effect.max(axis=1) > cost
    ours = np.where(sent, gain[np.arange(len(rows)), best] - cost, 0.0)
    rivals = {
        "which mail to whom, if any": ours,
        "men's mail to all": gain[:, 0] - cost,
        "women's mail to all": gain[:, 1] - cost,
    }
    shown = tuple(
        (name, _with_ends(_normal(each)), _with_ends(_normal(ours - each)))
        for name, each in rivals.items()
    )
    table = Table(
        title=f"Hillstrom: one of two mails or none, {sent.mean():.0%} contacted; value a customer",
        columns=("rule", "against none", "ours against it"), rows=shown,
        note=f"Visits; a contact costs {cost:.4f}, the mean effect of the men's mail, so that"
        " sending it to all earns nothing.",
    )  # fmt: skip
    over = [_normal(ours - each) for each in (0 * ours, *list(rivals.values())[1:])]
    return table, Promise(
        name="policy value, the right mail for each",
        wanted="above sending none and either mail to all, at the low end of the interval too",
        measured=", ".join(_with_ends(each) for each in over),
        met=all(each.low > 0 for each in over),
    )


def _normal(values: Floats) -> Estimate:
    mean, error = float(values.mean()), float(values.std() / np.sqrt(len(values)))
    return Estimate(mean, mean - 1.645 * error, mean + 1.645 * error)


def _effects(
    taught: pd.DataFrame, seen: pd.DataFrame, features: tuple[str, ...], seed: int
) -> Floats:
    """Effect of either mail on customers the models did not see."""
    found = []
    for arm in ARMS:
        rows = _against_none(taught, arm)
        model = learn_uplift(rows[[*KEPT, *features]], features, outcome="visit", source=SOURCE,
                             seed=seed)  # fmt: skip
        assert model is not None
        found.append(model.average[0] + model.differences(seen))
    return np.stack(found, axis=1)


def _values(taught: pd.DataFrame, seen: pd.DataFrame, features: tuple[str, ...]) -> Floats:
    """Doubly robust value of none and of either mail for every customer."""
    columns, found = list(features), []
    for arm in (NONE, *ARMS):
        mine = taught[taught["segment"] == arm]
        model = linear(mine[columns].to_numpy(np.float64), mine["visit"].to_numpy(np.float64))
        guess = model(seen[columns].to_numpy(np.float64))
        got = (seen["segment"] == arm).to_numpy()
        off = got * (seen["visit"].to_numpy(np.float64) - guess) / got.mean()
        found.append(guess + off)
    return np.stack(found, axis=1)
