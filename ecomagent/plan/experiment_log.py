"""Experiments that were carried out: what was asked when, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ecomagent.domain.action import StartExperiment

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.domain.evidence import DataRef
    from ecomagent.store.plans import PlanRepository
    from tools.experiment_look import Look


@dataclass(frozen=True)
class Span:
    """Days of an experiment at one price; ``end`` is exclusive."""

    start: date
    end: date
    price: float


@dataclass(frozen=True)
class Trial:
    """An experiment that was carried out.

    Attributes:
        action: As it was approved.
        started_at: When the shop was told.
        ended_at: When it was stopped, or its last block is over.
    """

    action: StartExperiment
    started_at: datetime
    ended_at: datetime

    def spans(self, as_of: datetime, zone: ZoneInfo) -> tuple[Span, ...]:
        """What was asked on which of the shop's days up to a moment; in order of time."""
        until = min(as_of, self.ended_at)
        return tuple(
            Span(_day(start, zone), _day(min(block.ends_at, until), zone), float(block.price))
            for block in self.action.after.blocks
            if (start := max(block.starts_at, self.started_at)) < min(block.ends_at, until)
        )


def trials(repository: PlanRepository, as_of: datetime) -> tuple[Trial, ...]:
    """Experiments that had been carried out by a moment, oldest first; stopped ones included."""
    written = repository.experiments(as_of)
    stopped = {
        action.after.experiment_id: at
        for action, at in reversed(written)
        if action.after.status == "stopped"
    }
    return tuple(
        Trial(action, at, _end(action, stopped.get(action.after.experiment_id)))
        for action, at in written
        if action.after.status == "scheduled"
    )


def _end(action: StartExperiment, stopped: datetime | None) -> datetime:
    last = action.after.blocks[-1].ends_at
    return last if stopped is None else min(last, stopped)


def running(repository: PlanRepository, as_of: datetime) -> tuple[Trial, ...]:
    """Experiments that are not over at a moment."""
    return tuple(trial for trial in trials(repository, as_of) if trial.ended_at > as_of)


def held_skus(repository: PlanRepository, as_of: datetime) -> dict[str, str]:
    """SKUs whose price an experiment needs as it is, and the SKU that is tried."""
    return {
        sku: trial.action.sku
        for trial in running(repository, as_of)
        for sku in trial.action.after.holds(trial.action.sku)
    }


def look_at_trial(
    trial: Trial, panel: pd.DataFrame, *, as_of: datetime, zone: ZoneInfo, source: DataRef
) -> Look | None:
    """What an experiment had shown by a moment; None where its plan or its days tell too little.

    The bound and the information are those of the last look that was due.

    Args:
        trial: The experiment.
        panel: Daily sales, known by then.
        as_of: Days up to here count.
        zone: The shop's, whose days they are.
        source: The panel's reference.
    """
    from tools.experiment import TOOL
    from tools.experiment_look import look_at

    after, rule = trial.action.after, trial.action.after.rule
    planned = next((each for each in trial.action.evidence if each.tool == TOOL), None)
    if rule is None or planned is None:
        return None
    spans: dict[bool, list[tuple[date, date]]] = {True: [], False: []}
    for span in trial.spans(as_of, zone):
        spans[span.price < float(trial.action.before.price)].append((span.start, span.end))
    number = max(sum(at <= as_of for at in rule.looks) - 1, 0)
    scale = float(planned.params["current_minor"]) / float(trial.action.before.price)
    return look_at(
        panel,
        planned.params,
        spans[True],
        spans[False],
        after.controls,
        {
            "bound": float(rule.bounds[number]),
            "information": float(rule.information[number]),
            "same_profit": float(rule.same_profit),
            "enough": float(rule.enough),
            "most_lost_minor": float(rule.most_lost) * scale,
        },
        source=source,
    )


def trial_lessons(
    found: tuple[Trial, ...],
    panel: pd.DataFrame,
    *,
    as_of: datetime,
    zone: ZoneInfo,
    source: DataRef,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Elasticities that experiments showed, and the panel without the days that show them.

    An experiment counts up to the moment it was stopped or is known.

    Returns:
        Rows as ``tools.learnt_prices.measured_elasticities`` gives them; and the panel.
    """
    import numpy as np
    import pandas as pd

    from tools.learnt_prices import COLUMNS

    rows, drop = [], np.zeros(len(panel), dtype=bool)
    for trial in found:
        look = look_at_trial(trial, panel, as_of=as_of, zone=zone, source=source)
        if look is None:
            continue
        spans, sku = trial.spans(as_of, zone), trial.action.sku
        days = panel["date"].between(
            pd.Timestamp(spans[0].start), pd.Timestamp(spans[-1].end), inclusive="left"
        )
        drop |= ((panel["sku"] == sku) & days).to_numpy()
        answer, error = look.figures["elasticity"], look.figures["std_error"]
        rows.append((sku, answer, error, 0.0, trial.action.after.experiment_id))
    return pd.DataFrame(rows, columns=list(COLUMNS)), panel[~drop] if rows else panel


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
