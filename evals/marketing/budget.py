"""Budget curves: a known truth for the split, published samples for plausibility only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from evals.findings import Cell, Findings, Promise, Table
from tools.response_curves import Curve, fit_curve, fit_history, split_budget

ROBYN = "mmm/robyn_dt_simulated_weekly.csv"
MERIDIAN = "mmm/meridian_national_all_channels.csv.gz"
TRUE = {"email": Curve(900.0, 4000.0, 0, 0, True, 0), "sms": Curve(500.0, 900.0, 0, 0, True, 0),
        "ads": Curve(1600.0, 9000.0, 0, 0, True, 0)}  # fmt: skip
SPENDS = np.array([500.0, 1000.0, 2000.0, 4000.0])
NOISE = 40.0
BUDGET = 9000.0
LAST_WEEKS = 26


def budget(data: Path, *, quick: bool, seed: int) -> Findings:
    """Split a budget by fitted curves; then look at the curves of two published samples."""
    split, kept = _split(draws=50 if quick else 400, seed=seed)
    robyn, meridian = _robyn(data / ROBYN), _meridian(data / MERIDIAN)
    plausible = all(row[5] == "yes" for row in (*robyn, *meridian))
    return Findings(
        tables=(
            split,
            Table(
                title="Robyn and Meridian samples (simulated): curves from history, plausibility"
                " only",
                columns=("sample", "channel", "share of outcome", "mean return",
                         "marginal return", "concave, not negative", "error of the last 26 weeks",
                         "without media"),
                rows=(*robyn, *meridian),
                note="Nobody varied the spending by lot: no plan uses curves like these.",
            ),
        ),
        promises=(
            Promise(name="budget split by curves of experiments", wanted="above an equal split"
                    " and a split as in the past", measured=f"{kept[0]:.1%} of the best possible"
                    f" against {kept[1]:.1%} and {kept[2]:.1%}",
                    met=kept[0] > max(kept[1:])),
            Promise(name="curves from history are plausible", wanted="every one concave, none"
                    " negative", measured="so" if plausible else "not so", met=plausible),
        ),
    )  # fmt: skip


def _reached(split: dict[str, float]) -> float:
    return sum(float(TRUE[name].at(money)) for name, money in split.items())


def _split(*, draws: int, seed: int) -> tuple[Table, tuple[float, float, float]]:
    """Four noisy experiments a channel, then one budget."""
    rng = np.random.default_rng(seed)
    best = _reached(split_budget(TRUE, BUDGET))
    equal = _reached(dict.fromkeys(TRUE, BUDGET / 3)) / best
    past = {"email": 0.2, "sms": 0.6, "ads": 0.2}
    as_before = _reached({name: part * BUDGET for name, part in past.items()}) / best
    ours = []
    for _ in range(draws):
        curves = {
            name: fit_curve(SPENDS, true.at(SPENDS) + NOISE * rng.standard_normal(len(SPENDS)),
                            np.full(len(SPENDS), NOISE), channel=name)
            for name, true in TRUE.items()
        }  # fmt: skip
        ours.append(_reached(split_budget(curves, BUDGET)) / best)
    found = float(np.mean(ours))
    rows: tuple[tuple[Cell, ...], ...] = (
        ("curves fitted on 4 experiments a channel", found, float(np.quantile(ours, 0.1))),
        ("equal split", equal, equal), ("split as in the past", as_before, as_before),
        ("best possible (truth known)", 1.0, 1.0),
    )  # fmt: skip
    return Table(
        title=f"{BUDGET:,.0f} to spend on three channels of known curves, {draws} draws",
        columns=("split", "share of the best response", "worst tenth"), rows=rows,
    ), (found, equal, as_before)  # fmt: skip


def _robyn(path: Path) -> list[tuple[Cell, ...]]:
    rows = pd.read_csv(path)
    spend = rows[["tv_S", "ooh_S", "print_S", "facebook_S", "search_S"]]
    controls = rows[["competitor_sales_B", "newsletter"]].to_numpy(np.float64)
    return _curves("Robyn", spend, rows["revenue"].to_numpy(np.float64), controls)


def _meridian(path: Path) -> list[tuple[Cell, ...]]:
    rows = pd.read_csv(path)
    spend = rows[[f"Channel{number}_spend" for number in range(5)]]
    outcome = (rows["conversions"] * rows["revenue_per_conversion"]).to_numpy(np.float64)
    controls = rows[["competitor_sales_control", "sentiment_score_control", "Promo"]]
    return _curves("Meridian", spend, outcome, controls.to_numpy(np.float64))


def _curves(
    sample: str, spend: pd.DataFrame, outcome: np.ndarray, controls: np.ndarray
) -> list[tuple[Cell, ...]]:
    curves, _ = fit_history(spend, outcome, controls)
    errors = _last_weeks(spend, outcome, controls)
    made: list[tuple[Cell, ...]] = []
    for name, curve in curves.items():
        money = spend[name].to_numpy(np.float64)
        usual = float(money.mean())
        gained = curve.at(money).sum()
        made.append(
            (sample, name, float(gained / outcome.sum()), float(curve.at(usual)) / usual,
             float(curve.marginal(usual)), _concave(curve, money), *errors)
        )  # fmt: skip
    return made


def _concave(curve: Curve, money: np.ndarray) -> str:
    at = np.linspace(0, max(float(money.max()), 1.0), 50)
    steps = np.diff(curve.at(at))
    fine = (steps >= -1e-9).all() and (np.diff(steps) <= 1e-6 * max(curve.top, 1)).all()
    return "yes" if fine else "no"


def _last_weeks(
    spend: pd.DataFrame, outcome: np.ndarray, controls: np.ndarray
) -> tuple[float, float]:
    """Mean error of the last weeks, fitted on those before, with the media and without."""
    known = np.arange(len(outcome)) < len(outcome) - LAST_WEEKS
    found = []
    for media in (spend, spend * 0.0):
        _, fitted = fit_history(media, np.where(known, outcome, np.nan), controls)
        found.append(float(np.abs(fitted - outcome)[~known].mean() / outcome[~known].mean()))
    return found[0], found[1]
