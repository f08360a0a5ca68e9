"""A made-up shop run by the tool: an ordinary workspace, driven along the ordinary road.

Plans are made, approved by a person's word and applied by the product's own code; the world then
reads the shop's prices, promotions and orders through the connector, and its days come back in by
the importer. Nothing of the truth is ever in the workspace.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ecomagent.bootstrap import Workspace, init_workspace, open_workspace, refresh_graph
from ecomagent.domain.action import ActionKind, ReorderAfter, SendCampaign, Target
from ecomagent.domain.plan import Plan, ReceiptStatus
from ecomagent.plan.approval import approve
from ecomagent.plan.policy import load_policy
from ecomagent.store.importers import import_path
from evals.world.books import customer, product_of, write_books
from evals.world.market import Campaign, Moves, World
from evals.world.truth import HISTORY_DAYS

CURRENCY, COUNTRY, TIMEZONE = "GBP", "GB", "Europe/London"
GOAL = "Grow gross profit over the next {days} days, margin at least 15%"
LIMITS = {
    "max_cash = ": "max_cash = 500000",
    "per_run = ": "per_run = 20000",
    "per_day = ": "per_day = 20000",
    "per_month = ": "per_month = 100000",
    "max_per_plan = ": "max_per_plan = 300",
}
"""The default policy with amounts that do not bind a shop of this size."""


@dataclass
class SetClock:
    """A clock that somebody sets."""

    moment: datetime

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment


@dataclass
class Judged:
    """What the shop's plans came to, counted beside the world."""

    plans: int = 0
    actions: int = 0
    refused: int = 0
    failed: int = 0
    breaches: list[str] = field(default_factory=list)
    seconds: float = 0.0


class ToolShop:
    """The workspace of a made-up shop.

    Args:
        folder: Where the workspace is made.
        world: Read only through books and shop, but for the day.
        goal: Goal text; ``{days}`` is the horizon.
        every: Days between plans.
        horizon: Days a plan looks ahead.
    """

    def __init__(
        self, folder: Path, world: World, *, goal: str = GOAL, every: int = 7, horizon: int = 28
    ) -> None:
        self.world, self.goal, self.every, self.horizon = world, goal, every, horizon
        self.clock, self.judged = SetClock(self._morning(world)), Judged()
        self._bundle, self._written = folder / "books", 0
        self._prices: dict[str, Decimal] = {}
        root = folder / "shop"
        made = init_workspace(
            root, currency=CURRENCY, country=COUNTRY, timezone=TIMEZONE, name="shop",
            clock=self.clock,
        )  # fmt: skip
        _loosen(made.paths.policy)
        made.database.close()
        self.workspace: Workspace = open_workspace(root, clock=self.clock, env={}).acting_as(
            "owner", "owner"
        )

    def decide(self, world: World) -> Moves:
        """What the tool does on a morning: nothing between plans."""
        if (world.day - HISTORY_DAYS) % self.every:
            return Moves()
        self.clock.moment = self._morning(world)
        self.learn(world)
        plan = self.plan()
        self.apply(plan)
        return self.moves(plan, world)

    def learn(self, world: World) -> None:
        """Import what happened since the last time."""
        shutil.rmtree(self._bundle, ignore_errors=True)
        write_books(world, self._bundle, self._written)
        report = import_path(
            self._bundle,
            database=self.workspace.database,
            facts_folder=self.workspace.paths.facts,
            settings=self.workspace.settings.shop,
            mappings_file=self.workspace.paths.mappings,
            now=self.clock.now(),
            after=lambda: refresh_graph(self.workspace),
        )
        bad = sum(each.rows_bad for each in report.files)
        if bad:
            raise RuntimeError(f"{bad} rows of the world's books were refused")
        self._written = world.day

    def plan(self) -> Plan:
        """A plan for the goal, made on what is known this morning."""
        from ecomagent.plan.standing import start_of_day

        as_of = start_of_day(self.clock.now(), TIMEZONE)
        text = self.goal.format(days=self.horizon)
        plan = self.workspace.pipeline.plan(text, as_of=as_of)
        self.judged.plans += 1
        self.judged.actions += len(plan.actions)
        self.judged.refused += len(plan.refused)
        return plan

    def apply(self, plan: Plan) -> None:
        """Approve everything and carry it out."""
        if not plan.actions:
            return
        services = self.workspace.services
        approve(plan, [action.id for action in plan.actions], services.reviewer())
        self.judged.breaches += breaches(self.workspace, plan)
        self.workspace.pipeline.apply(plan)
        receipts = self.workspace.repository.receipts_of(plan.plan_id)
        self.judged.failed += sum(r.status is not ReceiptStatus.APPLIED for r in receipts)

    def moves(self, plan: Plan, world: World) -> Moves:
        """What the shop now shows that it did not before, read through the connector."""
        truth, moves = world.truth, Moves()
        number = {str(sku): place for place, sku in enumerate(truth.sku)}
        skus = [sku for sku, place in number.items() if world.day >= truth.born[place]]
        shop = self.workspace.connector
        targets = [Target(type="sku", id=sku) for sku in skus]
        for sku, state in shop.read(ActionKind.SET_PRICE, targets).items():
            price = float(Decimal(str(state.fields["price"])) * 100) if state.exists else None
            if price is not None and price != world.price[number[sku]]:
                moves.price[number[sku]] = price
        for sku, state in shop.read(ActionKind.START_PROMOTION, targets).items():
            if state.exists and state.fields.get("promotion_id") and state.extra.get("ends_at"):
                until = datetime.fromisoformat(str(state.extra["ends_at"]))
                price = float(Decimal(str(state.fields["price"])) * 100)
                moves.promotion[number[sku]] = (price, self._day_of(until) - 1)
        products = [Target(type="product", id=product_of(sku)) for sku in skus]
        for name, state in shop.read(ActionKind.LIST_PRODUCT, products).items():
            if state.exists:
                moves.active[number[name.removeprefix("P-")]] = state.fields["status"] == "active"
        self._orders_and_campaigns(plan, world, number, moves)
        return moves

    def _orders_and_campaigns(
        self, plan: Plan, world: World, number: dict[str, int], moves: Moves
    ) -> None:
        done = {
            receipt.action_id
            for receipt in self.workspace.repository.receipts_of(plan.plan_id)
            if receipt.status is ReceiptStatus.APPLIED
        }
        for action in plan.actions:
            if action.id not in done:
                continue
            if isinstance(action.after, ReorderAfter) and action.after.quantity:
                sku = number[action.target.id]
                moves.order.append((action.after.purchase_order_id, sku, action.after.quantity))
            elif isinstance(action, SendCampaign):
                moves.campaigns.append(self._campaign(action, world, number))

    def _campaign(self, action: SendCampaign, world: World, number: dict[str, int]) -> Campaign:
        after = action.after
        place = {customer(who): who for who in range(len(world.truth.weight))}
        members = [place[name] for name in self.workspace.segment_members(action.segment)
                   if name in place]  # fmt: skip
        allowed = np.array([who for who in members if world.truth.consent[who]], dtype=np.int64)
        rng = np.random.default_rng([world.truth.seed, world.day, 13])
        held = rng.random(len(allowed)) < float(after.hold_out)
        sent = allowed[~held][: after.audience]
        featured = [number[sku] for sku in after.skus if sku in number]
        return Campaign(
            after.campaign_id, action.segment, after.channel, world.day, sent, allowed[held],
            float(after.cost_total * 100), np.array(featured, dtype=np.int64),
        )  # fmt: skip

    def _morning(self, world: World) -> datetime:
        local = datetime.combine(world.truth.day(world.day), time(6), tzinfo=ZoneInfo(TIMEZONE))
        return local.astimezone(UTC)

    def _day_of(self, moment: datetime) -> int:
        local = moment.astimezone(ZoneInfo(TIMEZONE)) + timedelta(hours=12)
        return (local.date() - self.world.truth.first).days


def _loosen(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    made = [
        next((new for start, new in LIMITS.items() if line.startswith(start)), line)
        for line in lines
    ]
    path.write_text("\n".join(made) + "\n", encoding="utf-8")


def breaches(workspace: Workspace, plan: Plan) -> list[str]:
    """Actions that break the policy, counted here anew from the plan's own figures."""
    policy: Any = load_policy(workspace.paths.policy)
    cost = workspace.facts().as_of(plan.as_of).catalogue().set_index("sku")["cost_minor"]
    found = []
    for action in plan.actions:
        if action.kind not in (ActionKind.SET_PRICE, ActionKind.START_PROMOTION):
            continue
        before, after = action.before.price, action.after.price  # type: ignore[union-attr]
        unit = cost.get(action.target.id)
        if unit == unit and unit is not None:
            margin = 1 - Decimal(str(unit)) / 100 / after
            if after < before and margin < policy.margin.min_margin:
                found.append(f"{action.id}: margin {margin:.4f}")
        change = abs(after / before - 1)
        listed = action.kind is ActionKind.SET_PRICE
        if listed and change > policy.price.max_change_per_day:
            found.append(f"{action.id}: change {change:.4f}")
        if not listed and change > policy.promotion.max_depth:
            found.append(f"{action.id}: depth {change:.4f}")
    return found
