"""When to send: the hour and day customers act on, held near the usual morning until they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import significant

Floats = npt.NDArray[np.float64]

TOOL = "tools.send_time.best_send_time"
USUAL_HOUR = 10
USUAL_SPREAD_HOURS = 2.0
WEIGHT_OF_USUAL = 300.0
"""Acts that what is usual counts for: a shop with fewer keeps to the morning."""
WEIGHT_OF_WEEKDAYS = 700.0
REACTION_HOURS = 3
"""Hours after a message in which most of those who react do."""
WAITING_COSTS = 0.03
"""Part of a campaign's worth that a day of waiting takes."""


@dataclass(frozen=True)
class SendTime:
    """When a campaign leaves.

    Attributes:
        day: The shop's calendar day.
        hour: Its local hour, 0 to 23.
        gain: Customers active then against the usual hour of the first day, as a ratio less 1.
        acts: Orders, opens and clicks it rests on.
        params: What it was found with.
        source: Where the acts come from.
    """

    day: date
    hour: int
    gain: float
    acts: int
    params: dict[str, Any]
    source: DataRef

    def evidence(self) -> Evidence:
        """The choice and what it rests on."""
        return Evidence.of(
            TOOL,
            params=self.params,
            data=(self.source,),
            result={"day": self.day.isoformat(), "hour": self.hour, "acts": self.acts,
                    "gain": float(significant(self.gain))},
            assumptions=(
                f"no send time was tested: customers are reached best when they order, open and"
                f" click, drawn towards {USUAL_HOUR}:00 while there are few such acts",
            ),
        )  # fmt: skip


def best_send_time(
    activity: pd.DataFrame,
    *,
    first_day: date,
    days: int,
    source: DataRef,
    quiet_hours: Sequence[int] = (),
) -> SendTime:
    """The hour, of the coming days, in which most customers are about to act.

    Shares of acts by hour are drawn towards a bump around 10:00 and those by weekday towards an
    even week, by pseudo-counts; a message counts on the three hours from its own on. Opens follow
    the hours at which past campaigns left, which keeps the choice near what was done before.

    Args:
        activity: ``weekday`` (0 is Monday), ``hour``, ``count`` by the shop's clock.
        first_day: First day it may leave.
        days: Days it may leave on, at least 1.
        source: Where the acts come from.
        quiet_hours: Hours of the day in which nobody is written to.
    """
    hours, weekdays, acts = _shares(activity)
    reach = np.stack([np.roll(hours, -ahead) for ahead in range(REACTION_HOURS)]).sum(axis=0)
    allowed = [hour for hour in range(24) if hour not in set(quiet_hours)] or [USUAL_HOUR]
    scored = [
        (
            float(reach[hour] * weekdays[(first_day.weekday() + wait) % 7])
            * (1 - WAITING_COSTS) ** wait,
            -wait,
            -abs(hour - USUAL_HOUR),
            hour,
        )
        for wait in range(max(days, 1))
        for hour in allowed
    ]
    best, wait, _, hour = max(scored)
    usual = float(reach[USUAL_HOUR] * weekdays[first_day.weekday()])
    return SendTime(
        day=first_day + timedelta(days=-wait), hour=hour, gain=best / usual - 1, acts=acts,
        params={"first_day": first_day.isoformat(), "days": days,
                "quiet_hours": sorted(set(quiet_hours))},
        source=source,
    )  # fmt: skip


def _shares(activity: pd.DataFrame) -> tuple[Floats, Floats, int]:
    """Share of acts by hour and factor by weekday, both shrunk; and how many acts."""
    count = activity["count"].to_numpy(np.float64) if len(activity) else np.zeros(0)
    count = np.maximum(np.nan_to_num(count), 0)
    by_hour = np.bincount(activity["hour"].to_numpy(np.int64) % 24, count, minlength=24)
    by_day = np.bincount(activity["weekday"].to_numpy(np.int64) % 7, count, minlength=7)
    # Its middle, so that without acts the reach of a message is widest from the usual hour on.
    far = np.abs(np.arange(24) - USUAL_HOUR - (REACTION_HOURS - 1) / 2)
    far = np.minimum(far, 24 - far)
    usual = np.exp(-0.5 * (far / USUAL_SPREAD_HOURS) ** 2)
    hours = by_hour + WEIGHT_OF_USUAL * usual / usual.sum()
    days = by_day + WEIGHT_OF_WEEKDAYS / 7
    return hours / hours.sum(), 7 * days / days.sum(), int(count.sum())
