"""The one place that wires ports to adapters: nothing else constructs a store or a shop."""

from __future__ import annotations

import getpass
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.errors import (
    ConfigError,
    FactsError,
    MissingExtraError,
    StoreError,
    WorkspaceError,
)
from ecomagent.domain.ids import random_id
from ecomagent.domain.money import minor_digits
from ecomagent.domain.ports import Clock, Connector, Progress, SystemClock, silent
from ecomagent.domain.workspace import Settings, WorkspacePaths, country_code, timezone_of
from ecomagent.settings import (
    ACTOR_VARIABLE,
    DATABASE_VARIABLE,
    ROLE_VARIABLE,
    find_workspace,
    known_timezone,
    read_settings,
    valid_settings,
    with_database,
    write_settings,
)

if TYPE_CHECKING:
    import pandas as pd
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ecomagent.agents.pipeline import Pipeline
    from ecomagent.agents.services import Services
    from ecomagent.audit import AuditLog
    from ecomagent.domain.outcome import OutcomeReport
    from ecomagent.domain.plan import Plan
    from ecomagent.llm.interface import Backend
    from ecomagent.plan.challenger import TrainedChallenger
    from ecomagent.plan.learnt import LearnReport
    from ecomagent.plan.price_gate import PriceGate
    from ecomagent.store.database import Database
    from ecomagent.store.facts import Facts, FactsInfo
    from ecomagent.store.outcomes import OutcomeRepository
    from ecomagent.store.plans import PlanRepository
    from knowledge_graph import KnowledgeGraph
    from tools.engine import Engine


ENGINES = ("local", "spark")


def init_workspace(
    folder: Path,
    *,
    currency: str,
    country: str,
    name: str = "",
    timezone: str = "",
    database_url: str = "",
    connector: str = "local",
    clock: Clock | None = None,
    env: Mapping[str, str] = os.environ,
) -> Workspace:
    """Make a workspace: settings, policy, empty store.

    Args:
        folder: Where; made when it is missing.
        currency: ISO 4217.
        country: ISO 3166.
        name: The shop's name; the folder's where empty.
        timezone: The shop's time zone; the country's where empty and it has only one, else UTC.
        database_url: Store to use and to keep in the settings; SQLite in the folder where empty.
            One that only the environment names is used, and not written down.
        connector: Which shop is written to.
        clock: Tells when the shop was made.
        env: Environment variables.

    Raises:
        WorkspaceError: There is one already, or the folder cannot be written.
        MoneyError: Unknown currency.
        ConfigError: Unknown country, time zone, connector or database.
        StoreError: The database cannot be reached, or holds another shop.
    """
    from ecomagent.plan.policy import write_default_policy
    from ecomagent.store.shop import create_shop

    currency = currency.strip().upper()
    minor_digits(currency)
    code = country_code(country)
    paths = WorkspacePaths(folder.resolve())
    if paths.config.exists():
        raise WorkspaceError(
            "there is a workspace here already",
            where=str(paths.root),
            remedy="Go into it and use it, or choose another folder.",
        )
    settings = valid_settings(
        {
            "shop": {
                "id": random_id("shop"),
                "name": name or paths.root.name,
                "currency": currency,
                "country": code,
                "timezone": known_timezone(timezone or timezone_of(code) or "UTC"),
            },
            "store": {"database_url": database_url},
            "connector": {"name": connector},
        },
        paths.config,
    )
    url = database_url or env.get(DATABASE_VARIABLE, "")
    workspace = Workspace(paths, with_database(settings, url), clock or SystemClock())
    try:
        for made in (paths.state, paths.logs, paths.runs):
            made.mkdir(parents=True, exist_ok=True)
        (paths.state / ".gitignore").write_text("*\n", encoding="utf-8")
        create_shop(workspace.database, settings.shop, workspace.clock.now())
        write_default_policy(paths.policy, currency)
        write_settings(paths.config, settings)
    except OSError as error:
        raise WorkspaceError(
            "the workspace cannot be written",
            where=f"{paths.root}: {error.strerror}",
            remedy="Choose a folder you may write to, with room on its disk.",
        ) from error
    return workspace


def open_workspace(
    start: Path | None = None,
    *,
    database_url: str | None = None,
    env: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Workspace:
    """The workspace to work in; precedence flag, then environment, then file.

    Raises:
        WorkspaceError: None found, or parts of it are missing.
        ConfigError: Its settings cannot be used.
    """
    paths = WorkspacePaths(find_workspace(start, env=env))
    settings = read_settings(paths.config)
    settings = with_database(settings, database_url or env.get(DATABASE_VARIABLE, ""))
    actor = settings.actor.model_copy(
        update={
            "name": env.get(ACTOR_VARIABLE) or settings.actor.name or _system_user(),
            "role": env.get(ROLE_VARIABLE) or settings.actor.role,
        }
    )
    return Workspace(paths, settings.model_copy(update={"actor": actor}), clock or SystemClock())


def _check_not_lost(paths: WorkspacePaths) -> None:
    """Refuse to begin anew where what was derived from a store says that there was one."""
    lost = not paths.database.exists() or paths.database.stat().st_size == 0
    if lost and (paths.audit_head.exists() or paths.facts.exists()):
        raise WorkspaceError(
            "the store is gone",
            where=str(paths.database),
            remedy=f"Put back a backup of the file; or move {paths.state} away to begin with an"
            " empty store, and import your files again.",
        )


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass(frozen=True)
class Workspace:
    """One shop's workspace, with everything in it made on first use."""

    paths: WorkspacePaths
    settings: Settings
    clock: Clock

    @property
    def database_url(self) -> str:
        """URL of the store."""
        from ecomagent.store.database import sqlite_url

        return self.settings.store.database_url or sqlite_url(self.paths.database)

    @cached_property
    def database(self) -> Database:
        """The store, migrated to what this version needs, and of this very shop."""
        from ecomagent.store.database import Database
        from ecomagent.store.shop import keep_shop_settings

        if not self.settings.store.database_url:
            _check_not_lost(self.paths)
        database = Database.open(self.database_url)
        keep_shop_settings(database, self.settings.shop)
        return database

    @cached_property
    def repository(self) -> PlanRepository:
        """Plans, decisions and receipts."""
        from ecomagent.store.plans import PlanRepository

        return PlanRepository(self.database)

    @cached_property
    def outcomes(self) -> OutcomeRepository:
        """What actions brought, and what was learnt from it."""
        from ecomagent.store.outcomes import OutcomeRepository

        return OutcomeRepository(self.database)

    def measure(self, *plans: Plan) -> OutcomeReport:
        """What plans (all that were applied, where none is named) brought; kept on file.

        Where nothing was imported yet there is nothing to measure.
        """
        from ecomagent.domain.outcome import OutcomeReport
        from ecomagent.plan.measure import NOTHING_YET, measure_plans

        if not any(each.applied for each in self.repository.list_plans(None)):
            return OutcomeReport(as_of=self.today, note=NOTHING_YET)
        report = measure_plans(
            plans, repository=self.repository, facts=self.facts(), as_of=self.today
        )
        for plan in report.plans:
            self.outcomes.keep([*plan.outcomes, *([plan.total] if plan.total else [])])
        return report

    def learn(self) -> LearnReport:
        """Learn from every final outcome that was not learnt from before."""
        from ecomagent.plan.learning import lessons_of

        outcomes = [each for plan in self.measure().plans for each in plan.outcomes]
        lessons = lessons_of(outcomes, self.repository, learnt_at=self.clock.now())
        return self.learnt(new=self.outcomes.learn(lessons))

    def learnt(self, *, new: int = 0, forgotten: int = 0) -> LearnReport:
        """What has been learnt so far."""
        from ecomagent.plan.learnt import Learnt, learn_report

        lessons = Learnt(self.outcomes.lessons(as_of=self.today))
        return learn_report(lessons, as_of=self.today, new=new, forgotten=forgotten)

    def forget(self) -> LearnReport:
        """Let go of everything that was learnt, from today on."""
        return self.learnt(forgotten=self.outcomes.forget(self.today))

    def judge_prices(self, *, restart: bool = False) -> PriceGate:
        """Who sets list prices where the shop learns, judged by what is known today."""
        return self.services.gatekeeper().judge(
            self.facts(), as_of=self.today, now=self.clock.now(), restart=restart
        )

    def train_challenger(self, steps: int) -> TrainedChallenger:
        """A challenger trained on markets like the shop's, in place of an earlier one."""
        from ecomagent.plan.challenger import train_on_draws

        now = self.clock.now()
        trained = train_on_draws(self.repository, self.paths.challenger, now=now, steps=steps)
        self.audit.append(
            at=now, actor=self.settings.actor.name, event="challenger.trained",
            subject=trained.challenger, body=trained.model_dump(mode="json"),
        )  # fmt: skip
        return trained

    @property
    def today(self) -> datetime:
        """Start of the shop's day, UTC: what may be known now."""
        from ecomagent.plan.standing import start_of_day

        return start_of_day(self.clock.now(), self.settings.shop.timezone)

    @cached_property
    def audit(self) -> AuditLog:
        """The tamper-evident log."""
        from ecomagent.audit import AuditLog

        return AuditLog(self.database, self.paths.audit_head)

    @cached_property
    def connector(self) -> Connector:
        """The shop that is written to."""
        from ecomagent.connectors import open_connector

        return open_connector(
            self.settings.connector.name,
            self.database,
            self.paths.outbox,
            self.clock,
            members=self.segment_members,
        )

    def segment_members(self, segment: str) -> tuple[str, ...]:
        """Customers of a segment as history knows them now, or of a list a plan has kept."""
        from ecomagent.store.audiences import is_audience, read_audience

        if is_audience(segment):
            return read_audience(self.paths.audiences, segment)
        from ecomagent.plan.standing import start_of_day
        from tools.marketing import segment_customers

        today = start_of_day(self.clock.now(), self.settings.shop.timezone)
        view = self.facts().as_of(today)
        customers = view.customers()
        source = view.ref("customers", rows=len(customers))
        table = segment_customers(customers, today=view.today, source=source).table
        return tuple(table.index[table["segment"] == segment])

    @cached_property
    def backend(self) -> Backend:
        """What reads goals and writes words."""
        from ecomagent.agents.rulebook import RULES
        from ecomagent.llm.rules import RulesBackend
        from ecomagent.llm.scripted import ScriptedBackend

        rules = RulesBackend(RULES)
        model = self.settings.model
        if model.backend == "scripted":
            return ScriptedBackend.read(self.paths.root / model.script, fallback=rules)
        return rules

    @cached_property
    def _opened(self) -> dict[str, Facts]:
        """The facts as last opened, so that a command reads what has not changed once."""
        return {}

    def facts(self) -> Facts:
        """History as it is now.

        Raises:
            FactsError: Nothing was imported, or the facts are damaged or count other days.
        """
        from ecomagent.store.facts import Facts

        facts = Facts.open(self.paths.facts, before=self._opened.get("facts"))
        self._opened["facts"] = facts
        if facts.timezone != self.settings.shop.timezone:
            raise FactsError(
                "the shop's time zone was changed, so its days have to be counted again",
                where=f"{facts.timezone} to {self.settings.shop.timezone}",
                remedy="Run `ecomagent facts rebuild`.",
            )
        return facts

    def refresh_derived(self, progress: Progress = silent) -> FactsInfo:
        """Bring facts and knowledge graph up to the store after something was applied."""
        return refresh_derived(self, progress)

    def plan_rollback(self, plan: Plan) -> Plan:
        """The plan that takes another back, on file and on the log; an interrupted one goes on.

        Raises:
            PlanError: Nothing of it was applied, or nothing can be taken back.
        """
        from ecomagent.plan.policy import PolicyContext, load_policy
        from ecomagent.plan.rollback import open_rollback
        from ecomagent.plan.standing import standing_of, start_of_day

        now, shop = self.clock.now(), self.settings.shop

        def context() -> PolicyContext:
            return standing_of(
                self.facts().as_of(start_of_day(now, shop.timezone)),
                connector=self.connector,
                repository=self.repository,
                settings=shop,
                now=now,
                assumed_margin=plan.assumed_margin,
                restoring=True,
            ).context

        return open_rollback(
            plan,
            repository=self.repository,
            connector=self.connector,
            audit=self.audit,
            settings=shop,
            policy=load_policy(self.paths.policy),
            context=context,
            actor=self.settings.actor.name,
            now=now,
        )

    @cached_property
    def services(self) -> Services:
        """What the agents work with."""
        from ecomagent.agents.services import Actor, Services
        from ecomagent.plan.policy import load_policy

        return Services(
            paths=self.paths,
            settings=self.settings,
            clock=self.clock,
            database=self.database,
            repository=self.repository,
            audit=self.audit,
            connector=self.connector,
            backend=self.backend,
            actor=Actor(self.settings.actor.name, self.settings.actor.role),
            policy=lambda: load_policy(self.paths.policy),
            facts=self.facts,
            engine=lambda: self.engine,
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """The agents."""
        from ecomagent.agents.pipeline import Pipeline

        return Pipeline(self.services, self.checkpointer)

    @contextmanager
    def checkpointer(self) -> Iterator[BaseCheckpointSaver[Any]]:
        """Where the agents' progress is kept: beside the store, in the same kind of database."""
        if self.database_url.startswith("postgresql"):
            kept = _postgres_saver(self.database_url, self.database.shown)
        else:
            kept = _sqlite_saver(self.paths.checkpoints)
        with kept as saver:
            yield saver

    @cached_property
    def engine(self) -> Engine:
        """What long computations run on."""
        from tools.engine import HERE

        if self.settings.compute.engine == "local":
            return HERE
        from ecomagent.spark import Spark

        return Spark(self.settings.compute.spark_master)

    def computing_on(self, engine: str | None) -> Workspace:
        """The same workspace with another engine for this run; as set where None.

        Raises:
            ConfigError: There is no such engine.
        """
        if engine is None:
            return self
        if engine not in ENGINES:
            raise ConfigError(
                f"there is no engine “{engine}”", remedy=f"Take one of {', '.join(ENGINES)}."
            )
        changed = self.settings.compute.model_copy(update={"engine": engine})
        return replace(self, settings=self.settings.model_copy(update={"compute": changed}))

    def acting_as(self, name: str | None, role: str | None) -> Workspace:
        """The same workspace with somebody else at the keyboard."""
        actor = self.settings.actor
        changed = actor.model_copy(update={"name": name or actor.name, "role": role or actor.role})
        return replace(self, settings=self.settings.model_copy(update={"actor": changed}))


@contextmanager
def _sqlite_saver(path: Path) -> Iterator[BaseCheckpointSaver[Any]]:
    from langgraph.checkpoint.sqlite import SqliteSaver

    try:
        with SqliteSaver.from_conn_string(str(path)) as saver:
            yield saver
    except sqlite3.Error as error:
        raise StoreError(
            "the agents' notes of how far they are cannot be read or written",
            where=f"{path}: {error}",
            remedy="Make room on the disk and check that you may write there. If the file is"
            " damaged, delete it: no plan, approval or receipt is in it.",
        ) from error


@contextmanager
def _postgres_saver(url: str, shown: str) -> Iterator[BaseCheckpointSaver[Any]]:
    from ecomagent.store.failures import told_by_server

    try:
        from langgraph.checkpoint.postgres import PostgresSaver
        from psycopg import Error
    except ImportError as error:
        raise MissingExtraError(
            "PostgreSQL support is not installed",
            remedy="Install it with `pip install 'ecomagent[postgres]'`.",
        ) from error
    plain = "postgresql://" + url.split("://", 1)[1]
    try:
        with PostgresSaver.from_conn_string(plain) as saver:
            saver.setup()
            yield saver
    except Error as error:
        raise told_by_server(error, shown) from error


def refresh_derived(
    workspace: Workspace, progress: Progress = silent, *, since: date | None = None
) -> FactsInfo:
    """Bring facts and knowledge graph up to the store after something was applied or undone.

    Args:
        workspace: Whose.
        progress: Told of each step.
        since: First day with dated rows that changed; the shop's today where None, since neither
            applying nor undoing touches an earlier one.

    Raises:
        FactsError: The facts cannot be written.
        StoreError: The store cannot be read.
    """
    from ecomagent.plan.standing import start_of_day
    from ecomagent.store.facts import update_facts

    if since is None:
        timezone = workspace.settings.shop.timezone
        since = start_of_day(workspace.clock.now(), timezone).astimezone(ZoneInfo(timezone)).date()
    info = update_facts(workspace.database, workspace.paths.facts, since=since, progress=progress)
    if info.skus:
        refresh_graph(workspace, progress)
    return info


def refresh_graph(
    workspace: Workspace, progress: Progress = silent, *, anew: bool = False
) -> KnowledgeGraph:
    """The knowledge graph as a plan made now reads it, brought up to date with the vectors.

    Args:
        workspace: Whose.
        progress: Told of each step.
        anew: Make graph and vectors from nothing, whatever is kept.
    """
    from ecomagent.agents.workbench import moments
    from ecomagent.plan.standing import start_of_day
    from knowledge_graph import refresh

    progress("graph", "updating the knowledge graph")
    facts = workspace.facts()
    today = start_of_day(workspace.clock.now(), facts.timezone)
    view = facts.as_of(moments(facts, today).history_end)

    def segments(customers: pd.DataFrame) -> pd.Series[str]:
        from tools.marketing import segment_customers

        source = view.ref("customers", rows=len(customers))
        return segment_customers(customers, today=view.today, source=source).table["segment"]

    return refresh(
        view,
        graph_folder=workspace.paths.graph,
        vectors_folder=workspace.paths.vectors,
        segments=segments,
        anew=anew,
        progress=progress,
    )


async def studio_graph() -> Any:
    """The pipeline for LangGraph Studio (``langgraph.json``), on the workspace of the environment.

    Studio brings its own checkpointer, and asks for the graph again with every request: it is
    made once, and away from the event loop.
    """
    import asyncio

    return await asyncio.to_thread(_compiled_pipeline)


@cache
def _compiled_pipeline() -> Any:
    from ecomagent.agents.graph import pipeline

    return pipeline(open_workspace().services).compile()
