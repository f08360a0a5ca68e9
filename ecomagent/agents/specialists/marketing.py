"""Marketing: whom to write to, about what, with a hold-out so that the effect can be measured."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.agents.copywriting import campaign_copy, language_of
from ecomagent.agents.menus import impact_of, menu, save_menu
from ecomagent.agents.reasons import campaign_reasons
from ecomagent.agents.services import Services
from ecomagent.agents.specialists.pricing import assumptions_of
from ecomagent.agents.state import PipelineState
from ecomagent.agents.words import say
from ecomagent.domain.action import (
    Action,
    ActionKind,
    CampaignAfter,
    CampaignBefore,
    SendCampaign,
    Target,
)
from ecomagent.domain.goal import Lever
from ecomagent.domain.ids import content_id

if TYPE_CHECKING:
    from ecomagent.agents.workbench import Workbench
    from tools.customer_features import CustomerHistory
    from tools.lifetime_value import LifetimeValues
    from tools.marketing import CampaignMenu
    from tools.send_time import SendTime

NAME = "marketing"
SEND_WITHIN_DAYS = 5
"""Days from tomorrow on among which the best one is looked for."""
FEATURED = 6
"""Products a campaign names."""


def marketing(services: Services, state: PipelineState) -> dict[str, Any]:
    """Propose campaigns to customer segments, where the scope has something to write about."""
    bench = services.bench(state)
    if Lever.MARKETING not in state["levers"] or not len(bench.customers) or not featured(bench):
        return {"menus": {NAME: 0}}
    table = _tool(bench).table.reset_index(drop=True)
    rows = menu(
        table.assign(spend_minor=table["cost_minor"]),
        kind=ActionKind.SEND_CAMPAIGN.value, target="segment", group="campaign", name="campaign",
    )  # fmt: skip
    count = save_menu(services.run_folder(state), NAME, rows[rows["value"] > 0])
    say("marketing", f"proposes {count:,} campaigns")
    return {"menus": {NAME: count}}


def _tool(bench: Workbench) -> CampaignMenu:
    from tools.marketing import campaign_menu

    return bench.once(
        "campaign_menu",
        lambda: campaign_menu(
            bench.segments,
            bench.customers,
            bench.history.campaigns(),
            objective=bench.objective,
            horizon_days=bench.horizon_days,
            gross_margin=gross_margin(bench),
            currency=bench.currency,
            source=bench.history.ref("customers", rows=len(bench.customers)),
            history=_contacts(bench),
            lifetime=lifetime_of(bench),
            learners=_learners(bench),
            max_contacts=bench.policy.marketing.max_contacts_per_customer_per_month,
            margin_assumed=_assumed_costs(bench),
        ),
    )


def _learners(bench: Workbench) -> tuple[str, ...]:
    from tools.uplift_learners import CORE, ECONML

    return CORE + ECONML if bench.services.settings.marketing.uplift == "econml" else CORE


def _contacts(bench: Workbench) -> CustomerHistory:
    """Orders as far as they go, and every message sent until now."""
    from tools.customer_features import CustomerHistory

    return CustomerHistory.of(
        bench.history.customer_orders(),
        bench.view.campaign_events(),
        bench.customers["customer_id"],
    )


def lifetime_of(bench: Workbench) -> LifetimeValues:
    """What each customer will still buy."""
    from tools.lifetime_value import lifetime_values

    return bench.once(
        "lifetime",
        lambda: lifetime_values(
            bench.customers,
            today=bench.history.today,
            source=bench.history.ref("customers", rows=len(bench.customers)),
            gross_margin=gross_margin(bench),
        ),
    )


def gross_margin(bench: Workbench) -> float | None:
    """Gross margin of the scope, weighted by what sells; None where no cost is known."""
    scoped = bench.scoped.set_index("sku")
    priced = scoped[scoped["cost_minor"].notna() & (scoped["price_minor"] > 0)]
    if priced.empty:
        return None
    units = bench.demand.table["units_90"].reindex(priced.index).fillna(0)
    if not units.any():
        units += 1
    revenue = float((units * priced["price_minor"].astype(float)).sum())
    cost = float((units * priced["cost_minor"].astype(float)).sum())
    return (revenue - cost) / revenue if revenue > 0 else None


def _assumed_costs(bench: Workbench) -> str:
    """Words for the margin where it rests on assumed costs; empty where it does not."""
    if bench.assumed_margin is None or not bench.scoped["cost_assumed"].any():
        return ""
    from tools.costs import cost_assumption

    return cost_assumption(bench.assumed_margin)


def send_time(bench: Workbench) -> SendTime:
    """The best hour of the coming days that is not quiet, from tomorrow on."""
    return bench.once("send_time", lambda: _send_time(bench))


def _send_time(bench: Workbench) -> SendTime:
    from ecomagent.plan.policy.hours import quiet_until
    from tools.send_time import best_send_time

    shop, quiet = bench.services.settings.shop, bench.policy.quiet_hours.campaigns
    first = bench.moments.as_of.astimezone(ZoneInfo(shop.timezone)) + timedelta(days=1)
    activity = bench.history.activity()
    return best_send_time(
        activity,
        first_day=first.date(),
        days=min(SEND_WITHIN_DAYS, max(bench.horizon_days // 4, 1)),
        source=bench.history.ref("activity", rows=len(activity)),
        quiet_hours=[
            hour
            for hour in range(24)
            if quiet_until(quiet, first.replace(hour=hour, minute=0), shop.timezone)
        ],
    )


def send_at(bench: Workbench) -> datetime:
    """The moment of ``send_time`` in the run's own time zone."""
    best = send_time(bench)
    zone = ZoneInfo(bench.services.settings.shop.timezone)
    local = datetime.combine(best.day, time(best.hour), tzinfo=zone)
    return local.astimezone(bench.moments.as_of.tzinfo)


def featured(bench: Workbench) -> tuple[str, ...]:
    """The scope's SKUs a campaign talks about: the best sellers that are on sale and in stock.

    Where none of them sells, those that most money lies in.
    """
    scoped = bench.scoped.set_index("sku")
    ready = scoped[(scoped["status"] == "active") & ~(scoped["on_hand"] <= 0).fillna(False)]
    units = bench.demand.table["units_90"].reindex(ready.index).fillna(0)
    if not units.any():
        units = ready["on_hand"].astype("float64").fillna(1)
    worth = (units * ready["price_minor"].astype(float)).sort_values(ascending=False, kind="stable")
    return tuple(worth[worth > 0].index[:FEATURED])


def campaigns(bench: Workbench, rows: list[dict[str, Any]]) -> list[Action]:
    """Chosen campaigns as actions; the lists of whom they are for are kept in the workspace."""
    from ecomagent.store.audiences import keep_audience

    folder = bench.services.paths.audiences
    for row in rows:
        keep_audience(folder, _tool(bench).audience_ids(row["key"]))
    return [_campaign(bench, row) for row in rows]


def _campaign(bench: Workbench, row: dict[str, Any]) -> Action:
    skus, when = featured(bench), send_at(bench)
    titles = bench.catalogue.set_index("sku")["title"]
    name = {"segment": row["segment"], "channel": row["channel"], "when": when, "skus": skus,
            "audience": row["audience_id"]}  # fmt: skip
    campaign_id = content_id("camp", name)
    state = bench.services.connector.read(
        ActionKind.SEND_CAMPAIGN, [Target(type="segment", id=campaign_id)]
    )[campaign_id]
    language = language_of(bench.services.settings.shop.country)
    copy = campaign_copy(language, row["segment"], [str(titles[s]) for s in skus])
    figures = _tool(bench).evidence(row["key"])
    evidence = (figures, *_tool(bench).basis(row["key"]), send_time(bench).evidence())
    return SendCampaign(
        segment=row["segment"],
        starts_at=when,
        before=CampaignBefore(version=state.version),
        after=CampaignAfter(
            campaign_id=campaign_id,
            channel=row["channel"],
            audience=int(row["audience"]),
            hold_out=Decimal(str(round(float(row["hold_out"]), 4))),
            subject=copy.subject,
            body=copy.body,
            skus=skus,
            cost_total=bench.price_of(row["cost_minor"]),
            audience_id=row["audience_id"],
            most_contacts=int(row["most_contacts"]),
        ),
        impact=impact_of(row, bench.currency),
        evidence=evidence,
        reasons=campaign_reasons(bench, row, evidence),
        assumptions=assumptions_of(evidence),
    )
