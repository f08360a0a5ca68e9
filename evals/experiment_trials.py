"""Price experiments played many times: how often the stopping rule errs, and how often it tells.

Every trial is planned, run and looked at by the tools that a plan uses, on sales drawn from a known
elasticity: negative binomial days around a level that wanders for weeks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from tools.experiment import ExperimentMenu, experiment_menu
from tools.experiment_design import (
    BEFORE_DAYS,
    BLOCK_DAYS,
    LOOK_BLOCKS,
    lower_blocks,
)
from tools.experiment_look import Verdict, look_at
from tools.matched_skus import WEEKS, weekly_sales
from tools.stopping import stopping_bounds

Floats = npt.NDArray[np.float64]
START = date(2025, 3, 3)
NOW_MINOR, LOW_MINOR, COST_MINOR = 2000.0, 1800.0, 1000.0
"""Both prices of a trial, and the cost: they earn the same at an elasticity of about −2.1."""
MEAN, SCATTER = 20.0, 2.0
"""Units a day at the list price, and the variance of a day over it."""
SKUS = ("A", "B", "C", "D", "E", "F")
"""The one that is tried, and others that sell alike."""
WANDERS, RETURNS = 0.03, 0.9
"""Standard deviation of the daily steps of the log level, and how much of it stays to the next
day: ups and downs of 7 % that last a week and a half."""


@dataclass(frozen=True)
class Played:
    """How trials ended.

    Attributes:
        told: Share that called one price better.
        right: Share of those that were right.
        promised: Power that the design stated.
        length: Mean length over the planned one.
        ends: Share that ended for each reason; ``goes_on`` ran to the end without an answer.
    """

    told: float
    right: float
    promised: float
    length: float
    ends: dict[Verdict, float]


def play(
    *,
    matched: bool,
    source: DataRef,
    trials: int,
    seed: int,
    doubt: float = 1.5,
    same: bool = False,
) -> Played:
    """Trials of one design, whose elasticity is drawn from what was believed.

    Args:
        matched: Matched SKUs rather than a switchback.
        source: Where the panel is said to come from.
        trials: How many.
        seed: Of everything drawn.
        doubt: Standard error of the elasticity beforehand.
        same: Draw none: both prices earn the same, so that every answer is an error.
    """
    rng = np.random.default_rng(seed)
    menu = _menu(doubt, rng, matched=matched, source=source)
    row = menu.table.iloc[0]
    same_profit = float(row["same_profit"])
    looks: list[tuple[Verdict, float, bool]] = []
    for _ in range(trials):
        true = same_profit if same else float(rng.normal(same_profit, doubt))
        looks.append(_one(menu, row, true, rng, source))
    told = [right for verdict, _, right in looks if verdict is Verdict.TOLD]
    ends = Counter(verdict for verdict, _, _ in looks)
    return Played(
        told=len(told) / trials,
        right=float(np.mean(told)) if told else float("nan"),
        promised=float(row["power"]),
        length=float(np.mean([share for _, share, _ in looks])),
        ends={verdict: count / trials for verdict, count in ends.items()},
    )


def _menu(
    doubt: float, rng: np.random.Generator, *, matched: bool, source: DataRef
) -> ExperimentMenu:
    """The experiment on ``A``, as a plan would propose it that believes that neither price wins."""
    same = float(np.log((NOW_MINOR - COST_MINOR) / (LOW_MINOR - COST_MINOR)))
    row = {
        "list_price_minor": NOW_MINOR, "cost_minor": COST_MINOR, "on_hand": 9e5, "inbound": 0.0,
        "mean_per_day": MEAN, "variance_per_day": MEAN * SCATTER, "log_error_sd": 0.1,
        "elasticity": same / np.log(LOW_MINOR / NOW_MINOR), "std_error": doubt,
        "tried_minor": LOW_MINOR, "low_minor": LOW_MINOR, "high_minor": 2200.0,
    }  # fmt: skip
    frame = pd.DataFrame([row], index=pd.Index(["A"], name="sku"))
    history = _panel(START - timedelta(days=7 * WEEKS), np.zeros(7 * WEEKS), rng)
    shop = pd.DataFrame({"sku": SKUS, "product_id": SKUS, "category": "c"})
    return experiment_menu(
        shop.merge(frame.reset_index(), on="sku", how="left"),
        SimpleNamespace(table=frame, source=source),  # type: ignore[arg-type]
        SimpleNamespace(table=frame),  # type: ignore[arg-type]
        reach=frame,
        payback_days=365,
        horizon_days=28,
        source=source,
        sales=weekly_sales(history.assign(list_price_minor=NOW_MINOR)),
        switches=pd.Series({"A": not matched}),
    )


def _one(
    menu: ExperimentMenu, row: Any, true: float, rng: np.random.Generator, source: DataRef
) -> tuple[Verdict, float, bool]:
    """How one trial ends, after what share of its time, and whether its answer is right."""
    blocks, controls = int(row["blocks"]), menu.controls.get("A", ())
    lower = (True,) * blocks if controls else lower_blocks("A", blocks, int(rng.integers(10**6)))
    lift = true * np.log(LOW_MINOR / NOW_MINOR) * np.repeat(lower, BLOCK_DAYS)
    panel = _panel(
        START - timedelta(days=BEFORE_DAYS), np.concatenate([np.zeros(BEFORE_DAYS), lift]), rng
    )
    fractions = menu.fractions("A")
    bounds = stopping_bounds(fractions)
    verdict, share, z = Verdict.GOES_ON, 1.0, 0.0
    for number, (fraction, bound) in enumerate(zip(fractions, bounds, strict=True), start=1):
        spans = [
            (START + timedelta(days=BLOCK_DAYS * block),
             START + timedelta(days=BLOCK_DAYS * (block + 1)), lower[block])
            for block in range(LOOK_BLOCKS * number)
        ]  # fmt: skip
        look = look_at(
            panel[panel["date"] < pd.Timestamp(spans[-1][1])],
            {"sku": "A", **{str(name): value for name, value in menu.given.loc["A"].items()}},
            [(start, end) for start, end, low in spans if low],
            [(start, end) for start, end, low in spans if not low],
            controls,
            {"bound": bound, "information": fraction, "same_profit": float(row["same_profit"]),
             "enough": float(row["left"]), "most_lost_minor": float(row["most_lost_minor"])},
            source=source,
        )  # fmt: skip
        if look is None:
            continue
        verdict, share, z = look.verdict, LOOK_BLOCKS * number / blocks, look.figures["z"]
        if verdict is not Verdict.GOES_ON:
            break
    return verdict, share, (z > 0) == (true > float(row["same_profit"]))


def _panel(first: date, lift: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Daily units of all SKUs; the first one's log demand is moved by ``lift``."""
    days = len(lift)
    steps = rng.normal(0, WANDERS, (len(SKUS), days))
    level = np.zeros((len(SKUS), days))
    level[:, 0] = steps[:, 0] / np.sqrt(1 - RETURNS**2)
    for day in range(1, days):
        level[:, day] = RETURNS * level[:, day - 1] + steps[:, day]
    level += 0.1 * np.sin(2 * np.pi * np.arange(days) / 60)
    level[0] += lift
    mean = MEAN * np.exp(level)
    units = rng.negative_binomial(mean / (SCATTER - 1), 1 / SCATTER)
    return pd.DataFrame(
        {
            "sku": np.repeat(SKUS, days),
            "date": np.tile(pd.date_range(first, periods=days), len(SKUS)),
            "units": units.ravel().astype(np.float64),
        }
    )
