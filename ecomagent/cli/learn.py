"""learn: what outcomes have taught, and what the next plan does differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.plan.learnt import LearnReport

SHOWN = 12


@command(
    app,
    prints="learnt",
    examples=("ecomagent learn", "ecomagent learn --show", "ecomagent learn --reset --json"),
)
def learn(
    session: Session,
    show: Annotated[bool, typer.Option("--show", help="Only show what was learnt so far.")] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Forget what was learnt; plans trust the tools as new.")
    ] = False,
) -> int | None:
    """Learn from what applied plans brought: each final outcome once.

    The next plan takes promises by how far the tool kept earlier ones, elasticities by what
    price changes showed, and campaigns by their hold-outs.
    """
    from ecomagent.domain.errors import UsageError

    if show and reset:
        raise UsageError("--show and --reset exclude each other", remedy="Use one of them.")
    workspace = session.workspace
    if show:
        report = workspace.learnt()
    elif reset:
        report = workspace.forget()
    else:
        with session.progress("measuring"):
            report = workspace.learn()
    session.emit(report, lambda: _render(session, report))
    return None


def _render(session: Session, report: LearnReport) -> None:
    from rich.text import Text

    out = session.out
    if report.forgotten:
        out.print(Text(f"Forgotten: {report.forgotten} outcomes, from today on.", style="yellow"))
    if report.new:
        out.print(Text(f"Learnt from {report.new} new outcomes.", style="bold"))
    if report.note:
        out.print(Text(report.note[:1].upper() + report.note[1:] + "."))
        return
    out.print(Text(f"What {len(report.lessons)} outcomes have taught:", style="bold"))
    for each in report.trust:
        out.print(
            Text(
                f"  {each.tool}: brought {each.factor:.2f} of what it promised; bands"
                f" × {each.width:.2f} ({each.outcomes} outcomes of {each.plans} plans)"
            )
        )
    for price in report.prices[:SHOWN]:
        out.print(
            Text(
                f"  {price.sku}: elasticity {price.elasticity:.2f} ± {price.std_error:.2f}"
                f" ({price.plan_id})"
            )
        )
    if len(report.prices) > SHOWN:
        out.print(Text(f"  … and {len(report.prices) - SHOWN} more SKUs (--json lists them)"))
    for campaign in report.campaigns[:SHOWN]:
        out.print(
            Text(
                f"  {campaign.campaign_id}: {campaign.extra_orders:+.1f} ±"
                f" {campaign.extra_orders_sd:.1f} orders of {campaign.contacted:,} contacts"
            )
        )
    out.print(Text("The next plan:", style="bold"))
    for line in report.next_plan:
        out.print(Text(f"  {line}."))
