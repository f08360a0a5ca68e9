"""outcome: what applied plans brought, against what they promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ecomagent.domain.action import Metric, Quantiles
    from ecomagent.domain.outcome import Outcome, OutcomeReport, PlanOutcome

METHODS = {
    "hold_out": "hold-out",
    "difference_in_differences": "diff-in-diff",
    "synthetic_control": "synthetic control",
    "structural_series": "own series",
    "stock_accounting": "stock",
    "all_its_sales": "its sales",
    "sum_of_actions": "sum",
    "none": "–",
}
STYLES = {"kept": "green", "over": "green", "short": "red", "cannot_tell": "dim"}


@command(
    app,
    prints="outcome",
    examples=("ecomagent outcome", "ecomagent outcome plan-3f9a0c11d2", "ecomagent outcome --json"),
)
def outcome(
    session: Session,
    plan: Annotated[
        str,
        typer.Argument(help="Id of a plan, or its beginning; default: all that were applied."),
    ] = "",
) -> int | None:
    """Show what applied plans brought, action by action, against what they promised.

    Measured on the days known so far, against hold-outs and products left alone; says where it
    cannot tell. Nothing is changed, and running it again gives the same.
    """
    from ecomagent.plan.reading import find_plan

    workspace = session.workspace
    repository = workspace.repository
    wanted = [find_plan(plan, repository, shop_id=workspace.settings.shop.id)] if plan else []
    with session.progress("measuring"):
        report = workspace.measure(*wanted)
    session.emit(report, lambda: _render(session, report))
    return None


def _render(session: Session, report: OutcomeReport) -> None:
    from rich.text import Text

    for plan in report.plans:
        for part in plan_outcome_screen(plan):
            session.out.print(part)
    if report.note:
        session.out.print(Text(report.note[:1].upper() + report.note[1:] + "."))
    if report.bands:
        session.out.print(
            Text(
                f"Of {report.bands} promised P10–P90 bands, {report.bands_held} held"
                f" ({report.bands_held / report.bands:.0%}; 80% should), the measurement's own"
                " error allowed for."
            )
        )
    if any(plan.measured for plan in report.plans):
        session.out.print(Text("Next: ecomagent learn", style="cyan"))


def plan_outcome_screen(plan: PlanOutcome) -> Iterator[RenderableType]:
    """One plan's outcome, from its goal to its total."""
    from rich.text import Text

    yield Text.assemble((plan.plan_id, "bold"), "  ", (plan.goal, "bold cyan"))
    if plan.note:
        yield Text(plan.note, style="yellow")
    if plan.outcomes:
        yield _table(plan)
        yield Text(
            f"{plan.measured} of {plan.applied} applied actions could be measured; of {plan.told}"
            " it can be told whether the promise was kept.",
            style="dim",
        )


def _table(plan: PlanOutcome) -> Table:
    from rich.table import Table

    from ecomagent.plan.measure import main_outcomes

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("action", "what", "in", "promised", "happened (80%)", "days", "by", "verdict"):
        table.add_column(name, overflow="fold")
    for each in main_outcomes(plan.outcomes).values():
        table.add_row(*_row(each, plan.currency))
    if plan.total is not None:
        table.add_section()
        table.add_row(*_row(plan.total, plan.currency))
    return table


def _row(outcome: Outcome, currency: str) -> tuple[RenderableType, ...]:
    from rich.text import Text

    from ecomagent.cli.action_text import METRICS
    from ecomagent.domain.action import Metric

    unit = "" if outcome.metric is Metric.UNITS else f" {currency}"
    kind = outcome.kind.value.replace("_", " ") if outcome.kind else "the plan"
    verdict = outcome.verdict.value.replace("_", " ")
    if not outcome.final and outcome.happened is not None:
        verdict += " so far"
    why = f": {outcome.note}" if outcome.note else ""
    return (
        Text(outcome.action_id, style="cyan"),
        Text(f"{kind} {outcome.target}".strip()),
        Text(METRICS["en"][outcome.metric] + unit),
        _band(outcome.metric, outcome.promised),
        _band(outcome.metric, outcome.happened),
        Text(f"{outcome.days}/{outcome.promised_days}"),
        Text(METHODS.get(outcome.method, outcome.method)),
        Text.assemble((verdict, STYLES[outcome.verdict.value]), (why, "dim")),
    )


def _band(metric: Metric, quantiles: Quantiles | None) -> RenderableType:
    from rich.text import Text

    if quantiles is None:
        return Text("–", style="dim")
    shown = f"+,.{_places(dict(quantiles))}f"
    return Text(f"{quantiles.p50:{shown}} ({quantiles.p10:{shown}} … {quantiles.p90:{shown}})")


def _places(values: Mapping[str, object]) -> int:
    """Whole figures from a hundred on, one place below."""
    largest = max(abs(float(str(value))) for value in values.values())
    return 0 if largest >= 100 else 1
