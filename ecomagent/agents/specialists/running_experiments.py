"""Price experiments that run: looked at by every plan, and ended early where their rule says so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ecomagent.agents.specialists.experiment_words import look_note, look_reason
from ecomagent.domain.action import ActionKind, ExperimentBefore, StartExperiment
from ecomagent.domain.goal import Lever
from ecomagent.plan.experiment_log import Trial, look_at_trial, running

if TYPE_CHECKING:
    from ecomagent.agents.workbench import Workbench
    from tools.experiment_look import Look


def looks(bench: Workbench) -> list[tuple[Trial, int, Look]]:
    """Every running experiment that has a look due, with the number of that look."""
    return bench.once("experiment_looks", lambda: _looks(bench))


def _looks(bench: Workbench) -> list[tuple[Trial, int, Look]]:
    known, zone = bench.history.as_of, ZoneInfo(bench.context.timezone)
    source = bench.history.ref("panel", rows=len(bench.panel))
    found = []
    for trial in running(bench.services.repository, bench.services.clock.now()):
        rule = trial.action.after.rule
        due = 0 if rule is None else sum(at <= known for at in rule.looks)
        if rule is None or not due:
            continue
        look = look_at_trial(
            trial, bench.panel, as_of=rule.looks[due - 1], zone=zone, source=source
        )
        if look is not None:
            found.append((trial, due, look))
    return found


def stop_experiments(bench: Workbench) -> list[StartExperiment]:
    """Actions that end experiments whose rule says so, unless the goal keeps prices out of it."""
    from tools.experiment_look import Verdict

    allowed = bench.goal.constraints.levers
    if allowed and Lever.PRICING not in allowed:
        return []
    ending = [each for each in looks(bench) if each[2].verdict is not Verdict.GOES_ON]
    skus = [trial.action.sku for trial, _, _ in ending]
    shown = bench.live(ActionKind.START_EXPERIMENT, skus) if skus else {}
    made = []
    for trial, due, look in ending:
        state, evidence = shown[trial.action.sku], look.evidence
        if state.fields.get("experiment_id") != trial.action.after.experiment_id:
            continue
        made.append(
            StartExperiment(
                sku=trial.action.sku,
                before=ExperimentBefore(**state.fields, version=state.version),
                after=trial.action.after.model_copy(update={"status": "stopped"}),
                evidence=(evidence,),
                reasons=(look_reason(bench, trial.action, due, look),),
            )
        )
    return made


def look_notes(bench: Workbench) -> list[str]:
    """What every running experiment has shown so far, a line each."""
    return [look_note(bench, trial.action, due, look) for trial, due, look in looks(bench)]
