"""What the nodes work with, wired once by ``ecomagent.bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecomagent.agents.workbench import Workbench, Workbenches
from ecomagent.audit import AuditLog
from ecomagent.domain.plan import Plan
from ecomagent.domain.ports import Clock, Connector
from ecomagent.domain.workspace import Settings, WorkspacePaths
from ecomagent.llm.interface import Backend
from ecomagent.plan.policy import Policy, PolicyContext
from ecomagent.plan.price_gate import Gatekeeper
from ecomagent.plan.recording import Reviewer
from ecomagent.plan.standing import standing_for_plan
from ecomagent.store.database import Database
from ecomagent.store.plans import PlanRepository

if TYPE_CHECKING:
    from ecomagent.store.facts import Facts
    from tools.engine import Engine


@dataclass(frozen=True)
class Actor:
    """Who is at the keyboard, and in which role."""

    name: str
    role: str


@dataclass(frozen=True)
class Services:
    """Ports and adapters of one workspace."""

    paths: WorkspacePaths
    settings: Settings
    clock: Clock
    database: Database
    repository: PlanRepository
    audit: AuditLog
    connector: Connector
    backend: Backend
    actor: Actor
    policy: Callable[[], Policy]
    """Reads policy.toml afresh, so that an edit counts from the next step on."""
    facts: Callable[[], Facts]
    """Opens the facts as they are now."""
    engine: Callable[[], Engine]
    """Starts what long computations run on."""
    benches: Workbenches = field(default_factory=Workbenches)
    """What open runs have on their tables."""

    def reviewer(self) -> Reviewer:
        """The actor as one who decides, under the policy as it is now."""
        return Reviewer(
            name=self.actor.name,
            role=self.actor.role,
            repository=self.repository,
            audit=self.audit,
            policy=self.policy(),
            now=self.clock.now(),
        )

    def context_for(self, plan: Plan) -> PolicyContext:
        """How the shop stands now, for judging another value of one of a plan's actions."""
        return standing_for_plan(
            plan,
            facts=self.facts,
            connector=self.connector,
            repository=self.repository,
            settings=self.settings.shop,
            now=self.clock.now(),
        ).context

    def gatekeeper(self) -> Gatekeeper:
        """Who judges the policies that set prices, in a shop that learns."""
        from tools.rl_challenger import challenger_name

        return Gatekeeper(
            repository=self.repository,
            audit=self.audit,
            currency=self.settings.shop.currency,
            actor=self.actor.name,
            challenger=challenger_name(self.paths.challenger),
            regret=self.settings.pricing.regret,
        )

    def bench(self, state: Mapping[str, Any]) -> Workbench:
        """The workbench of the run whose state this is."""
        return self.benches.of(self, state)

    def run_folder(self, state: Mapping[str, Any]) -> Path:
        """Where menus and draws of the run are kept."""
        return self.paths.runs / str(state["run_id"])
