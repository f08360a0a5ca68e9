"""A look at a price experiment that runs: what it has shown so far, and whether it should end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.experiment_design import BEFORE_DAYS, DESIGN, LASTING, scatter_of
from tools.figures import plain, rows_of, significant

Floats = npt.NDArray[np.float64]

TOOL = "tools.experiment_look.look_at"
PLANNED_DAYS = 14
"""Days that the scatter expected beforehand counts for, beside the one seen."""
LEAST_UNITS, LEAST_DAYS = 0.5, 5
"""A side without sales counts as half a unit; one hardly in stock tells nothing."""
GIVEN = ("current_minor", "price_minor", "cost_minor", "mean_per_day", "variance_per_day",
         "elasticity", "std_error", *DESIGN)  # fmt: skip
"""What the experiment's own evidence says of the SKU, from the day it was planned."""
SIDES = ("lower", "listed", "before", "controls", "controls_before")
"""What sales are counted of: the SKU at the lower and at the list price while it runs, or before
it; its matched SKUs meanwhile and before."""


class Verdict(StrEnum):
    """What a look says."""

    GOES_ON = "goes_on"
    TOLD = "told"
    """It is clear which price earns more."""
    LOST = "lost"
    """It is expected to have cost more than was agreed."""
    PRECISE = "precise"
    """The elasticity is known as well as was wanted."""


@dataclass(frozen=True)
class Look:
    """What an experiment has shown.

    Attributes:
        verdict: Whether it should end, and why.
        params: What ``look_of`` computes the figures from.
        figures: ``elasticity`` and ``std_error`` from the experiment alone, ``z``, ``bound`` and
            ``information`` of this look, ``believed`` and ``left`` (elasticity with what was
            known before, and its standard error), ``lost_minor`` (gross profit that the lower
            price is expected to have cost so far; negative for a gain).
        data: What was read.
    """

    verdict: Verdict
    params: dict[str, Any]
    figures: dict[str, float]
    data: DataRef

    @property
    def evidence(self) -> Evidence:
        """The figures; ``look_of`` recomputes them."""
        return Evidence.of(
            TOOL,
            params=self.params,
            data=(rows_of(self.data, sku=self.params["sku"]),),
            result={**self.figures, "verdict": self.verdict.value},
        )


def look_at(
    panel: pd.DataFrame,
    given: Mapping[str, Any],
    lower: Sequence[tuple[date, date]],
    listed: Sequence[tuple[date, date]],
    controls: Sequence[str],
    terms: Mapping[str, float],
    *,
    source: DataRef,
) -> Look | None:
    """Look at an experiment, with the sales known by now; None where too few days were in stock.

    Args:
        panel: ``sku, date, units`` and, where known, ``on_hand``.
        given: ``sku`` and ``GIVEN``, from the experiment's evidence.
        lower: Days at the lower price: first, and the day after the last.
        listed: The same at the list price, in a switchback.
        controls: Matched SKUs; none in a switchback.
        terms: ``bound``, ``information``, ``same_profit``, ``enough`` and ``most_lost_minor`` of
            this look.
        source: The panel's reference.
    """
    if not lower:
        return None
    sku, first = str(given["sku"]), min(start for start, _ in lower)
    before = [(first - timedelta(days=BEFORE_DAYS), first)]
    sold = _open_days(panel[panel["sku"].isin([sku, *controls])])
    mine, theirs = sold[sold["sku"] == sku], sold[sold["sku"].isin(controls)]
    sides: dict[str, tuple[pd.DataFrame, Sequence[tuple[date, date]]]] = {"lower": (mine, lower)}
    if controls:
        sides |= {"before": (mine, before), "controls": (theirs, lower),
                  "controls_before": (theirs, before)}  # fmt: skip
    else:
        sides["listed"] = (mine, listed)
    counted: dict[str, Any] = {}
    for name, (rows, spans) in sides.items():
        for stem, value in _counted(rows, spans, len(controls) if rows is theirs else 1).items():
            counted[f"{name}_{stem}"] = value
    if min(counted[f"{name}_days"] for name in sides) < LEAST_DAYS:
        return None
    known = {name: float(given[name]) for name in GIVEN}
    params = plain({"sku": sku, **known, **counted, **terms})
    figures, verdict = look_of(params)
    return Look(verdict, params, figures, source)


def look_of(params: Mapping[str, Any]) -> tuple[dict[str, float], Verdict]:
    """The figures of a look, and what they say, from the ``params`` of its evidence.

    The elasticity is the difference of log mean sales over the log of the prices' ratio. Each
    mean's error comes from the scatter of days, the one expected before counting for
    ``PLANNED_DAYS``; ``LASTING`` allows for ups and downs that last.
    """
    row = pd.DataFrame([{name: float(params[name]) for name in GIVEN}])
    planned = float(scatter_of(row)[0])
    ratio = float(np.log(params["price_minor"] / params["current_minor"]))
    answer, doubt = 0.0, float(params["drift"]) ** 2
    for side in SIDES:
        if f"{side}_days" not in params:
            continue
        of_controls = side.startswith("controls")
        expected = float(params["control_scatter"]) if of_controls else planned
        log_mean, error = _side(params, side, expected)
        answer += log_mean if side in ("lower", "controls_before") else -log_mean
        doubt += LASTING * error
    elasticity, error = answer / ratio, float(np.sqrt(doubt)) / abs(ratio)
    figures = {"elasticity": elasticity, "std_error": error}
    figures["z"] = (elasticity - float(params["same_profit"])) / error
    figures |= {name: float(params[name]) for name in ("bound", "information")}
    figures |= _believed(params, elasticity, error)
    figures["lost_minor"] = _lost(params, ratio, figures["believed"], figures["left"])
    rounded = {name: float(significant(value)) for name, value in figures.items()}
    return rounded, _verdict(params, rounded)


def _verdict(params: Mapping[str, Any], found: Mapping[str, float]) -> Verdict:
    if abs(found["z"]) >= found["bound"]:
        return Verdict.TOLD
    if found["lost_minor"] > float(params["most_lost_minor"]):
        return Verdict.LOST
    if found["left"] <= float(params["enough"]):
        return Verdict.PRECISE
    return Verdict.GOES_ON


def _open_days(panel: pd.DataFrame) -> pd.DataFrame:
    """Days that say something about demand: not sold out all day."""
    if "on_hand" not in panel:
        return panel
    out = (panel["on_hand"].fillna(1) <= 0) & (panel["units"] <= 0)
    return panel[~out]


def _counted(rows: pd.DataFrame, spans: Sequence[tuple[date, date]], skus: int) -> dict[str, float]:
    """Units, days and scatter of days; of several SKUs, of days on which all could be bought."""
    day = rows["date"].to_numpy().astype("datetime64[D]")
    inside = np.zeros(len(rows), dtype=bool)
    for start, end in spans:
        inside |= (day >= np.datetime64(start)) & (day < np.datetime64(end))
    daily = rows[inside].groupby("date")["units"].agg(["sum", "count"])
    units = daily.loc[daily["count"] == skus, "sum"].astype("float64")
    mean = float(units.mean()) if len(units) else 0.0
    seen = float(units.var()) / mean**2 if len(units) > 1 and mean > 0 else float("nan")
    return {"units": float(units.sum()), "days": float(len(units)),
            "scatter": float(significant(seen))}  # fmt: skip


def _side(params: Mapping[str, Any], side: str, expected: float) -> tuple[float, float]:
    """Log mean of a day, and the squared error of it if days were independent."""
    days = max(float(params[f"{side}_days"]), 1e-9)
    units = max(float(params[f"{side}_units"]), LEAST_UNITS)
    seen = params[f"{side}_scatter"]
    scatter = expected
    if seen is not None:
        scatter = (PLANNED_DAYS * expected + days * float(seen)) / (PLANNED_DAYS + days)
    return float(np.log(units / days)), scatter / days


def _believed(params: Mapping[str, Any], elasticity: float, error: float) -> dict[str, float]:
    known, doubt = float(params["elasticity"]), float(params["std_error"])
    weight = doubt**2 / (doubt**2 + error**2)
    return {
        "believed": known + weight * (elasticity - known),
        "left": error * doubt / float(np.sqrt(doubt**2 + error**2)),
    }


def _lost(params: Mapping[str, Any], ratio: float, believed: float, left: float) -> float:
    """What the lower price's sales would have earned at the list price, less what they earned."""
    now, low, cost = (float(params[f"{name}_minor"]) for name in ("current", "price", "cost"))
    units = float(params["lower_units"])
    otherwise = units * float(np.exp(-believed * ratio + (left * ratio) ** 2 / 2))
    return otherwise * (now - cost) - units * (low - cost)
