"""status: the shop at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.plan.overview import OpenPlan, Overview


@command(
    app, prints="status", examples=("ecomagent status", "ecomagent status --json | jq .attention")
)
def status(session: Session) -> int | None:
    """Show how fresh the data is, what waits for whom, and what needs attention."""
    from ecomagent.plan.overview import overview
    from ecomagent.store.importers import open_quarantine_count

    workspace = session.workspace
    shop = workspace.settings.shop
    shown = overview(
        shop=shop.name,
        currency=shop.currency,
        country=shop.country,
        connector=workspace.connector.name,
        planner=workspace.backend.describe().name,
        facts=workspace.facts,
        repository=workspace.repository,
        quarantined=open_quarantine_count(workspace.database),
        now=workspace.clock.now(),
    )
    session.emit(shown, lambda: _render(session, shown))
    return None


def _render(session: Session, shown: Overview) -> None:
    from rich.text import Text

    out = session.out
    out.print(
        Text.assemble((shown.shop, "bold"), f" · {shown.currency} · {shown.country} · shop:"
                      f" {shown.connector} · planner: {shown.planner}")
    )  # fmt: skip
    if shown.data is not None:
        data = shown.data
        reach = f", {data.first_day} to {data.last_day}" if data.first_day else ""
        out.print(
            f"  data     {data.skus:,} SKUs, {data.customers:,} customers,"
            f" {data.order_lines:,} order lines{reach}"
            + (f" ({_ago(data.days_old)})" if data.days_old is not None else "")
        )
    if shown.last_run is not None:
        run = shown.last_run
        out.print(f"  last run {run.created_at:%Y-%m-%d %H:%M} UTC, {run.plan_id}")
    out.print()
    if shown.plans:
        out.print(Text("Open plans", style="bold"))
        for plan in shown.plans:
            _render_plan(session, plan)
    else:
        out.print('No open plan. Make one: ecomagent plan "grow gross profit next month"')
    if shown.attention:
        out.print()
        out.print(Text("Needs attention", style="bold"))
        for note in shown.attention:
            out.print(Text.assemble(("  ! ", "yellow"), f"{note.what}  → ", (note.remedy, "cyan")))


def _render_plan(session: Session, plan: OpenPlan) -> None:
    from rich.text import Text

    waits = ", ".join(f"{count} for {role}" for role, count in plan.waits_for.items())
    session.out.print(Text(f"  {plan.plan_id}  {plan.goal}"))
    session.out.print(
        f"    {plan.actions} actions: {plan.waiting} waiting{f' ({waits})' if waits else ''},"
        f" {plan.approved} approved, {plan.rejected} rejected, {plan.applied} applied"
        + (f", {plan.failed} failed" if plan.failed else "")
        + (" · expired" if plan.expired else f" · until {plan.expires_at:%Y-%m-%d %H:%M} UTC")
    )


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")
