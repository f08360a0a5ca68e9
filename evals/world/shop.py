"""A made-up shop run by the tool: an ordinary workspace, driven along the ordinary road.

Plans are made, approved by a person's word and applied by the product's own code; the world then
reads the shop's prices, promotions and orders through the connector, and its days come back in by
the importer. Nothing of the truth is ever in the workspace.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time as time_now
from zoneinfo import ZoneInfo

import numpy as np

from ecomagent.bootstrap import Workspace, init_workspace, open_workspace, refresh_graph
from ecomagent.domain.action import ActionKind, ReorderAfter, SendCampaign, Target
from ecomagent.domain.plan import Plan, ReceiptStatus
from ecomagent.plan.approval import approve
from ecomagent.store.importers import import_path
from ecomagent.store.local_shop import LocalShop
from evals.world.books import customer, product_of, write_books
from evals.world.breaches import Watch
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
    failed: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    importing: float = 0.0
    """Processor seconds, like the next two."""
    planning: float = 0.0
    applying: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    """Actions by kind."""
    rules: Counter[str] = field(default_factory=Counter)
    """Refused actions by the rule that refused them."""

    @property
    def seconds_per_plan(self) -> float:
        """Processor seconds a plan takes with import and apply."""
        return (self.importing + self.planning + self.applying) / max(self.plans, 1)


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
        self._wakes: set[int] = set()
        self._waiting: dict[int, list[Campaign]] = {}
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
        self.watch = Watch(made.paths.policy)
        self._book = LocalShop(self.workspace.database, self.clock.now)

    def decide(self, world: World) -> Moves:
        """What a morning brings; between plans, only what a plan had set a day for."""
        self.clock.moment = self._morning(world)
        moves = Moves()
        if (world.day - HISTORY_DAYS) % self.every == 0:
            started = time_now()
            self.learn(world)
            learnt = time_now()
            plan = self.plan()
            planned = time_now()
            self.apply(plan)
            moves = self.moves(plan, world)
            self.judged.importing += learnt - started
            self.judged.planning += planned - learnt
            self.judged.applying += time_now() - planned
        elif world.day in self._wakes:
            self._show(world, moves)
        moves.campaigns += self._waiting.pop(world.day, [])
        self.watch.look(world, moves)
        self.judged.breaches = list(self.watch.found)
        return moves

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
        self.judged.kinds.update(action.kind.value for action in plan.actions)
        for refused in plan.refused:
            rules = refused.verdict.rules if refused.verdict else ()
            self.judged.rules.update(each.rule for each in rules if each.decision == "deny")
        return plan

    def apply(self, plan: Plan) -> None:
        """Approve everything and carry it out."""
        if not plan.actions:
            return
        approve(plan, [action.id for action in plan.actions], self.workspace.services.reviewer())
        self.workspace.pipeline.apply(plan)
        receipts = self.workspace.repository.receipts_of(plan.plan_id)
        self.watch.receipts(len(receipts), self.world.day)
        failed = [r for r in receipts if r.status is not ReceiptStatus.APPLIED]
        self.judged.failed += [f"{r.status.value}: {r.message}" for r in failed]

    def moves(self, plan: Plan, world: World) -> Moves:
        """What the shop now shows that it did not before, read through the connector."""
        moves = Moves()
        self._show(world, moves)
        number = {str(sku): place for place, sku in enumerate(world.truth.sku)}
        done = {
            receipt.action_id
            for receipt in self.workspace.repository.receipts_of(plan.plan_id)
            if receipt.status is ReceiptStatus.APPLIED
        }
        for action in plan.actions:
            if action.id not in done:
                continue
            moments = [each for each in (action.starts_at, action.ends_at) if each is not None]
            self._wakes |= {self._date_of(each) + later for each in moments for later in (0, 1)}
            if isinstance(action.after, ReorderAfter) and action.after.quantity:
                sku = number[action.target.id]
                moves.order.append((action.after.purchase_order_id, sku, action.after.quantity))
            elif isinstance(action, SendCampaign):
                campaign = self._campaign(action, world, number)
                self._waiting.setdefault(campaign.day, []).append(campaign)
        return moves

    def _show(self, world: World, moves: Moves) -> None:
        """Prices, promotions and statuses that the shop shows otherwise than the world."""
        truth, shop = world.truth, self.workspace.connector
        number = {str(sku): place for place, sku in enumerate(truth.sku)
                  if world.day > truth.born[place] and world.day < truth.ends[place]}  # fmt: skip
        targets = [Target(type="sku", id=sku) for sku in number]
        for name, state in shop.read(ActionKind.SET_PRICE, targets).items():
            price = _minor(state.fields["price"]) if state.exists else None
            if price is not None and price != world.price[number[name]]:
                moves.price[number[name]] = price
        for name, state in shop.read(ActionKind.START_PROMOTION, targets).items():
            sku = number[name]
            if state.exists and state.fields.get("promotion_id") and state.extra.get("ends_at"):
                until = self._day_of(datetime.fromisoformat(str(state.extra["ends_at"]))) - 1
                offer = (_minor(state.fields["price"]), until)
                if offer != (world.promotion[sku], world.promotion_until[sku]):
                    moves.promotion[sku] = offer
            elif world.promotion_until[sku] >= world.day:
                moves.promotion[sku] = (float(world.promotion[sku]), world.day - 1)
        products = [Target(type="product", id=product_of(sku)) for sku in number]
        for name, state in shop.read(ActionKind.LIST_PRODUCT, products).items():
            if state.exists:
                moves.active[number[name.removeprefix("P-")]] = state.fields["status"] == "active"

    def _campaign(self, action: SendCampaign, world: World, number: dict[str, int]) -> Campaign:
        """A message to whom the shop says it is sent; the world only answers."""
        after = action.after
        place = {customer(who): who for who in range(len(world.truth.weight))}
        chosen = self._book.recipients(after.campaign_id)
        sent, held = (np.array([place[who] for who, kind in chosen.items() if kind == wanted],
                               dtype=np.int64) for wanted in ("sent", "held_out"))  # fmt: skip
        day = world.day if action.starts_at is None else self._date_of(action.starts_at)
        featured = [number[sku] for sku in after.skus if sku in number]
        return Campaign(
            after.campaign_id, action.segment, after.channel, max(day, world.day), sent, held,
            float(after.cost_total * 100), np.array(featured, dtype=np.int64), on_file=True,
        )  # fmt: skip

    def _morning(self, world: World) -> datetime:
        local = datetime.combine(world.truth.day(world.day), time(6), tzinfo=ZoneInfo(TIMEZONE))
        return local.astimezone(UTC)

    def _date_of(self, moment: datetime) -> int:
        return (moment.astimezone(ZoneInfo(TIMEZONE)).date() - self.world.truth.first).days

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


def _minor(price: object) -> float:
    return float(round(Decimal(str(price)) * 100))
