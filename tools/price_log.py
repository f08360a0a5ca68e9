"""What prices chosen by chance earned, as a log that off-policy estimates can read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.learning_prices import RATIOS
from tools.off_policy import ChoiceLog, certain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_DAYS = 3
"""Whole days in stock that a price needs to be judged by."""
LONGEST_DAYS = 35
"""Days after which a price is no longer taken for the draw's doing."""


@dataclass(frozen=True)
class PriceLog:
    """Draws with what each earned a day in stock; options are in the order of ``RATIOS``.

    Attributes:
        log: Rewards are gross profit a day, minor units; one cluster a SKU.
        expected: What each option was believed to earn, same unit; shape (n, options).
        best: Chances of the policy that does not learn: its best price for sure; same shape.
        thompson: Chances of the one that learns; same shape.
        challenger: Chances that the challenger gave when the price was drawn, all NaN where none
            was asked; same shape.
        skus: Shape (n,).
        days: Days judged by; shape (n,).
    """

    log: ChoiceLog
    expected: Floats
    best: Floats
    thompson: Floats
    challenger: Floats
    skus: npt.NDArray[np.str_]
    days: Floats

    def asked(self) -> PriceLog:
        """The draws of which the challenger's chances are known."""
        rows = np.flatnonzero(np.isfinite(self.challenger).any(axis=1))
        log = self.log
        return PriceLog(
            ChoiceLog(log.chosen[rows], log.reward[rows], log.propensity[rows], log.cluster[rows]),
            self.expected[rows], self.best[rows], self.thompson[rows],
            np.nan_to_num(self.challenger[rows]),
            self.skus[rows], self.days[rows],
        )  # fmt: skip


def read_price_log(choices: pd.DataFrame, panel: pd.DataFrame, *, today: date) -> PriceLog:
    """Rewards of draws, over the days on which the drawn price was really asked.

    A draw's days begin the day after it was set and end with the next draw of the same SKU, a
    price that is not the drawn one, ``LONGEST_DAYS`` or yesterday; days sold out are left out.
    Draws with fewer than ``LEAST_DAYS`` days are left out.

    Args:
        choices: One row a draw: ``sku, start`` (first whole day at the price), ``chosen`` and
            ``best`` (places) and, by option and None where there is none, ``prices`` (minor
            units), ``chances``, ``thompson``, ``expected`` (minor units a day), ``challenger``
            (None for all where none was asked).
        panel: ``sku, date, units, revenue_minor, cost_minor, list_price_minor, on_hand``.
        today: Nothing from this day on is known.
    """
    known = choices.sort_values(["sku", "start"], kind="stable", ignore_index=True)
    ends = known.groupby("sku")["start"].shift(-1)
    by_sku = {str(sku): part for sku, part in panel.groupby("sku", observed=True)}
    rows: list[int] = []
    rewards: list[float] = []
    spans: list[float] = []
    for row, choice in enumerate(known.itertuples()):
        part = by_sku.get(str(choice.sku))
        days = None if part is None else _days(part, choice, ends[row], today)
        if days is None or len(days) < LEAST_DAYS:
            continue
        profit = days["revenue_minor"] - days["units"] * days["cost_minor"]
        if profit.notna().all():
            rows.append(row)
            rewards.append(float(profit.mean()))
            spans.append(float(len(days)))
    return _log(known.iloc[rows], np.array(rewards), np.array(spans))


def _days(part: pd.DataFrame, choice: object, end: object, today: date) -> pd.DataFrame:
    start = pd.Timestamp(choice.start)  # type: ignore[attr-defined]
    last = min(pd.Timestamp(today), start + pd.Timedelta(days=LONGEST_DAYS))
    if isinstance(end, date) and not pd.isna(end):
        last = min(last, pd.Timestamp(end))
    mine = part[(part["date"] >= start) & (part["date"] < last)]
    asked = float(choice.prices[choice.chosen])  # type: ignore[attr-defined]
    other = (mine["list_price_minor"] != asked).to_numpy()
    if other.any():
        mine = mine.iloc[: int(other.argmax())]
    sold_out = (mine["on_hand"] <= 0) & (mine["units"] <= 0)
    return mine[~sold_out]


def _log(used: pd.DataFrame, rewards: Floats, days: Floats) -> PriceLog:
    skus = used["sku"].to_numpy(dtype=str)
    cluster = np.unique(skus, return_inverse=True)[1].astype(np.int64)
    chances = np.nan_to_num(_table(used["chances"]))
    chances /= chances.sum(axis=1, keepdims=True)  # they are kept rounded
    log = ChoiceLog(used["chosen"].to_numpy(dtype=np.int64), rewards, chances, cluster)
    return PriceLog(
        log,
        expected=np.nan_to_num(_table(used["expected"])),
        best=certain(used["best"].to_numpy(dtype=np.int64), len(RATIOS)),
        thompson=np.nan_to_num(_table(used["thompson"])),
        challenger=_table(used["challenger"]),
        skus=skus,
        days=days,
    )


def _table(values: pd.Series) -> Floats:
    none = [None] * len(RATIOS)
    rows = [none if each is None else each for each in values]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(RATIOS))
