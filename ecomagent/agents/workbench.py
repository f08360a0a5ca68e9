"""What one planning run has on its table: views of history and the tools' results, made once.

Checkpoints hold references only. Everything here is a pure function of the run's state and the
facts it names, so a run that resumes in another process makes it again and gets the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from ecomagent.domain.action import ACTION_TARGETS, ActionKind, Target
from ecomagent.domain.goal import Goal, Objective
from ecomagent.domain.money import to_decimal, to_minor
from ecomagent.plan.standing import Standing, standing_of

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.services import Services
    from ecomagent.domain.ports import TargetState
    from ecomagent.plan.learnt import Learnt
    from ecomagent.plan.policy import Policy, PolicyContext
    from ecomagent.plan.price_gate import PriceGate
    from ecomagent.store.facts import Facts, FactsView
    from knowledge_graph import KnowledgeGraph, ResolvedScope
    from tools.bundles import BundleMenu
    from tools.choice_model import Transference
    from tools.elasticity import Elasticities
    from tools.forecast import DemandForecast
    from tools.halo import Halo
    from tools.lead_time import LeadTimes
    from tools.marketing import Segments
    from tools.new_products import NewProducts
    from tools.pricing import PriceLimits
    from tools.selection import Assortment

T = TypeVar("T")
Found = TypeVar("Found", "DemandForecast", "Assortment")
SEED = 20_240_229
"""Seed of every draw a plan makes: the same shop and goal give the same figures."""
SALES_DAYS = 730
"""How much history tools read: two years, so that each season is seen twice."""
REMEMBERED = 20
"""Plans looked back at for how often the shop plans."""
HALO_DAYS = 365
"""How far back orders are looked at for what is bought together, as the graph does."""


@dataclass(frozen=True)
class Moments:
    """When a plan is made for, and how far history reaches."""

    as_of: datetime
    """Start of the shop's day (UTC); nothing later is known."""
    today: date
    history_end: datetime
    """Start of the day after the last one with orders, at most ``as_of``."""


class Workbench:
    """Lazily made, kept for the length of a run; safe to use from parallel nodes.

    Args:
        services: Ports and adapters.
        state: The run's state: ``as_of``, ``goal``, ``assume_margin`` and ``scope_skus``.
    """

    def __init__(self, services: Services, state: Mapping[str, Any]) -> None:
        self.services = services
        self._state = dict(state)
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()

    def learn(self, state: Mapping[str, Any]) -> Workbench:
        """Take over what nodes have found since; results that rest on it are dropped."""
        with self._lock:
            for key in ("goal", "assume_margin"):
                if state.get(key) != self._state.get(key):
                    self._made = {k: v for k, v in self._made.items() if k in _GOAL_FREE}
            self._state.update(state)
        return self

    def under(self, goal: Goal, state: Mapping[str, Any]) -> Workbench:
        """The table of a run that differs by its goal's dates and limits alone."""
        made = Workbench(self.services, state)
        same = _SCOPE_ONLY | ({"shop_demand"} if self._lasts_as_long(goal) else frozenset())
        with self._lock:
            made._made = {k: v for k, v in self._made.items() if k in _GOAL_FREE | same}
        context = replace(self.context, constraints=goal.constraints)
        made._made["standing"] = replace(self.standing, context=context)
        return made

    def _lasts_as_long(self, goal: Goal) -> bool:
        return goal.days_from(self.moments.today) == self.horizon_days

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` gives, made the first time it is asked for."""
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made

    @property
    def goal(self) -> Goal:
        """The goal as understood."""
        return self.once("goal", lambda: Goal.model_validate(self._state["goal"]))

    @property
    def objective(self) -> Objective:
        """What is made larger."""
        return self.goal.objective or Objective.GROSS_PROFIT

    @property
    def currency(self) -> str:
        """The shop's currency."""
        return self.services.settings.shop.currency

    @property
    def assumed_margin(self) -> Decimal | None:
        """Gross margin assumed where no cost is on file."""
        given = self._state.get("assume_margin")
        return None if given is None else Decimal(str(given))

    @property
    def facts(self) -> Facts:
        """History on disk."""
        return self.once("facts", self.services.facts)

    @property
    def moments(self) -> Moments:
        """Today, and where history ends."""
        return self.once("moments", lambda: moments(self.facts, self._state["as_of"]))

    @property
    def view(self) -> FactsView:
        """Everything known now."""
        return self.once("view", lambda: self.facts.as_of(self.moments.as_of))

    @property
    def history(self) -> FactsView:
        """Everything known when the sales history ends: what demand is learnt from."""
        return self.once("history", lambda: self.facts.as_of(self.moments.history_end))

    @property
    def horizon_days(self) -> int:
        """Length of the goal's horizon."""
        return self.goal.days_from(self.moments.today)

    @property
    def policy(self) -> Policy:
        """The policy file as it was when the run first looked."""
        return self.once("policy", self.services.policy)

    @property
    def standing(self) -> Standing:
        """Every SKU as the shop shows it now, and what the policy may look at."""
        return self.once(
            "standing",
            lambda: standing_of(
                self.view,
                connector=self.services.connector,
                repository=self.services.repository,
                settings=self.services.settings.shop,
                now=self.services.clock.now(),
                assumed_margin=self.assumed_margin,
                constraints=self.goal.constraints,
            ),
        )

    @property
    def catalogue(self) -> pd.DataFrame:
        """One row a SKU of the whole shop, prices as the shop shows them now."""
        return self.standing.catalogue

    @property
    def context(self) -> PolicyContext:
        """What policy rules look at."""
        return self.standing.context

    @property
    def protected(self) -> frozenset[str]:
        """SKUs of the shop that the policy forbids to change."""
        return self.once("protected", self._protected)

    def _protected(self) -> frozenset[str]:
        from ecomagent.plan.policy import is_protected

        return frozenset(s for s in self.context.skus if is_protected(s, self.context, self.policy))

    @property
    def graph(self) -> KnowledgeGraph:
        """The knowledge graph as it was known at ``as_of``."""
        return self.once("graph", self._open_graph)

    def _open_graph(self) -> KnowledgeGraph:
        from knowledge_graph import KnowledgeGraph, build_graph

        kept = KnowledgeGraph.open_if_fresh(
            self.services.paths.graph, facts_hash=self.view.hash, as_of=self.moments.history_end
        )
        return kept or build_graph(
            self.history, segments=lambda customers: self.segments.table["segment"]
        )

    @property
    def scope(self) -> ResolvedScope:
        """The SKUs the goal is about."""
        return self.once("scope", self._resolve)

    def _resolve(self) -> ResolvedScope:
        from knowledge_graph import VectorIndex, resolve_scope

        scope = self.goal.scope
        index = None if scope.is_empty() else VectorIndex.open_if_any(self.services.paths.vectors)
        return resolve_scope(scope, self.graph, index, self.catalogue)

    @property
    def scoped(self) -> pd.DataFrame:
        """Catalogue rows of the scope."""
        return self.once(
            "scoped", lambda: self.catalogue[self.catalogue["sku"].isin(set(self.scope.skus))]
        )

    @property
    def season_days(self) -> pd.Series:
        """Days until each SKU's season ends, NaN for those without; index SKU."""
        return self.once("season_days", self._season_days)

    def _season_days(self) -> pd.Series:
        import pandas as pd

        left = (self.season_ends - pd.Timestamp(self.history.today)).dt.days
        return left.where(left > 0)

    @property
    def season_ends(self) -> pd.Series:
        """First day after each SKU's season, missing for those without; index SKU."""
        return self.once("season_ends", self._season_ends)

    def _season_ends(self) -> pd.Series:
        from ecomagent.agents.attributes import season_ends

        attributes = self.catalogue.set_index("sku")["attributes"]
        return season_ends(attributes, self.history.today)

    @property
    def review_days(self) -> float:
        """Days until the next plan: from one to the next so far, or the goal's horizon."""
        return self.once("review_days", self._rhythm)

    def _rhythm(self) -> float:
        from tools.reorder_levels import usual_gap

        made = self.services.repository.list_plans(REMEMBERED)
        return usual_gap(
            [each.created_at for each in made if each.rollback_of is None],
            self.moments.as_of,
            self.horizon_days,
        )

    @property
    def panel(self) -> pd.DataFrame:
        """Daily sales of the last two years, whole shop."""
        return self.once("panel", self._read_panel)

    def _read_panel(self) -> pd.DataFrame:
        since = self.history.today - timedelta(days=SALES_DAYS)
        return self.history.panel(
            since=since,
            columns=["units", "revenue_minor", "list_price_minor", "cost_minor", "on_hand",
                     "promo", "discount", "returns", "competitor_price_minor"],
        )  # fmt: skip

    @property
    def demand(self) -> DemandForecast:
        """Demand of the scope over the horizon if nothing is changed.

        What a SKU will sell is learnt from the whole shop, whatever else the goal is about.
        """
        return self.once("demand", lambda: self._in_scope(self._shop_demand))

    @property
    def _shop_demand(self) -> DemandForecast:
        return self.once("shop_demand", self._forecast)

    def _forecast(self) -> DemandForecast:
        from ecomagent.agents.fitted import FittedModels
        from tools.fitted_demand import fit_demand
        from tools.forecast import forecast_demand

        panel, country = self.panel, self.services.settings.shop.country
        goods = self.catalogue.set_index("sku")
        about: dict[str, Any] = {
            "categories": goods["category"], "country": country, "neighbours": self._neighbours,
            "season_ends": self.season_ends, "engine": self.services.engine(),
        }  # fmt: skip
        fitted = FittedModels(self.services.paths.models).demand(
            panel,
            lambda: fit_demand(panel, horizon_days=self.horizon_days, seed=SEED, **about),
            data=self.history.hash,
            horizon_days=self.horizon_days,
            country=country,
            today=self.history.today,
        )
        return forecast_demand(
            panel,
            start=self.history.today,
            horizon_days=self.horizon_days,
            source=self.history.ref("panel", rows=len(panel)),
            seed=SEED,
            fitted=fitted,
            **about,
        )

    def _in_scope(self, found: Found) -> Found:
        return replace(found, table=found.table[found.table.index.isin(set(self.scoped["sku"]))])

    @property
    def learnt(self) -> Learnt:
        """What outcomes known by then have taught."""
        return self.once("learnt", self._read_lessons)

    def _read_lessons(self) -> Learnt:
        from ecomagent.plan.learnt import Learnt
        from ecomagent.store.outcomes import OutcomeRepository

        lessons = OutcomeRepository(self.services.database).lessons(as_of=self.moments.as_of)
        return Learnt(lessons)

    @property
    def elasticity(self) -> Elasticities:
        """How demand answers prices, pooled over the whole shop."""
        return self.once("elasticity", self._estimate)

    def _estimate(self) -> Elasticities:
        import pandas as pd

        from ecomagent.plan.experiment_log import trial_lessons, trials
        from ecomagent.plan.own_prices import own_price_moves
        from tools.elasticity import estimate_elasticity

        as_of, kept = self.history.as_of, self.services.repository
        zone = self.services.settings.shop.timezone
        source = self.history.ref("panel", rows=len(self.panel))
        tried, panel = trial_lessons(
            trials(kept, as_of), self.panel, as_of=as_of, zone=ZoneInfo(zone), source=source
        )
        measured = [each for each in (self.learnt.prices, tried) if len(each)]
        return estimate_elasticity(
            self.learnt.without_measured(panel),
            self.catalogue,
            source=source,
            learnt=pd.concat(measured, ignore_index=True) if measured else None,
            experiments=own_price_moves(kept, as_of=as_of, timezone=zone),
            neighbours=self._neighbours,
        )

    @property
    def price_gate(self) -> PriceGate | None:
        """Who sets prices in a shop that learns; None where it does not."""
        return self.once("price_gate", self._read_gate)

    def _read_gate(self) -> PriceGate | None:
        if self.services.settings.pricing.mode != "learn":
            return None
        return self.services.gatekeeper().standing(self.moments.as_of)

    @property
    def lead_times(self) -> LeadTimes:
        """How long suppliers really take."""
        return self.once("lead_times", self._read_lead_times)

    def _read_lead_times(self) -> LeadTimes:
        from tools.lead_time import lead_times

        orders = self.view.purchase_orders()
        return lead_times(
            self.catalogue,
            orders,
            today=self.moments.today,
            source=self.view.ref("purchase_orders", rows=len(orders)),
        )

    @property
    def limits(self) -> PriceLimits:
        """What goal and policy allow of prices, the stricter of both."""
        return self.once("limits", self._limits)

    def _limits(self) -> PriceLimits:
        from ecomagent.plan.policy.limits import margin_floor, promotion_depth
        from tools.pricing import PriceLimits

        asked = self.goal.constraints.max_price_change
        allowed = self.policy.price.max_change_per_day
        return PriceLimits(
            currency=self.currency,
            min_margin=margin_floor(self.policy, self.context).value,
            max_change=allowed if asked is None else min(asked, allowed),
            endings=self.policy.price.endings,
            max_discount=promotion_depth(self.policy, self.context).value,
        )

    @property
    def assortment(self) -> Assortment:
        """What each SKU of the scope is worth to the shop."""
        return self.once("assortment", lambda: self._in_scope(self._assess()))

    def _assess(self) -> Assortment:
        from tools.selection import assess_assortment

        return assess_assortment(
            self.panel,
            self.catalogue,
            self._shop_demand,
            today=self.history.today,
            source=self.history.ref("panel", rows=len(self.panel)),
            transference=self.transference,
            halo=self.halo,
            max_active=self.slots,
        )

    @property
    def slots(self) -> int | None:
        """Most SKUs on sale in one category; None for no limit."""
        return self.policy.assortment.max_active_per_category or None

    @property
    def substitutes(self) -> pd.DataFrame:
        """What the graph knows to replace what: ``sku, other, weight``, likeness from 0 to 1."""
        return self.once("substitutes", lambda: self.graph.pairs("substitute"))

    @property
    def _neighbours(self) -> pd.DataFrame:
        """Substitutes as tools take them that let SKUs inform each other."""
        return self.substitutes.rename(columns={"other": "neighbour"})

    @property
    def transference(self) -> Transference:
        """Where the demand for a missing SKU goes."""
        return self.once("transference", self._estimate_transference)

    def _estimate_transference(self) -> Transference:
        from tools.choice_model import estimate_transference

        return estimate_transference(
            self.panel,
            self.catalogue,
            today=self.history.today,
            source=self.history.ref("panel", rows=len(self.panel)),
            substitutes=self.substitutes,
        )

    @property
    def bundles(self) -> BundleMenu:
        """Pairs worth selling as one."""
        return self.once("bundles", self._bundle)

    def _bundle(self) -> BundleMenu:
        from tools.bundles import bundle_menu

        return bundle_menu(
            self.halo,
            self.catalogue,
            horizon_days=self.horizon_days,
            limits=self.limits,
            elasticities=self.elasticity.table,
        )

    @property
    def new_products(self) -> NewProducts:
        """What suppliers offer, scored; categories in the shop's own words."""
        return self.once("new_products", self._score_offers)

    def _score_offers(self) -> NewProducts:
        from knowledge_graph import likeness_of_offers
        from tools.new_products import categories_of, score_new_products

        offers = self.view.supplier_offers()
        offers = offers.assign(category=categories_of(offers, self.catalogue))
        return score_new_products(
            offers,
            self.catalogue,
            self._shop_demand,
            likeness_of_offers(offers, self.graph),
            self.transference,
            limits=self.limits,
            today=self.history.today,
            source=self.view.ref("supplier_offers", rows=len(offers)),
            halo=self.halo,
        )

    @property
    def halo(self) -> Halo:
        """What each SKU sells along."""
        return self.once("halo", self._measure_halo)

    def _measure_halo(self) -> Halo:
        from tools.halo import measure_halo

        since = self.history.today - timedelta(days=HALO_DAYS)
        lines = self.history.order_lines(since=since)
        return measure_halo(
            lines,
            self.catalogue,
            self.graph.pairs("bought_together").rename(columns={"weight": "lift"}),
            today=self.history.today,
            source=self.history.ref("order_lines", rows=len(lines), since=since),
            substitutes=self.substitutes,
        )

    @property
    def customers(self) -> pd.DataFrame:
        """One row a customer."""
        return self.once("customers", self.history.customers)

    @property
    def segments(self) -> Segments:
        """Customers by recency, frequency and money."""
        return self.once("segments", self._segment)

    def _segment(self) -> Segments:
        from tools.marketing import segment_customers

        return segment_customers(
            self.customers,
            today=self.history.today,
            source=self.history.ref("customers", rows=len(self.customers)),
        )

    def price_of(self, minor: float) -> Decimal:
        """Decimal price in the shop's currency."""
        return to_decimal(round(minor), self.currency)

    def minor_of(self, amount: Decimal) -> int:
        """Minor units of an amount in the shop's currency."""
        return to_minor(amount, self.currency)

    def live(self, kind: ActionKind, ids: list[str]) -> dict[str, TargetState]:
        """What the shop shows of targets right now, as ``kind`` sees them."""
        targets = [Target(type=ACTION_TARGETS[kind], id=each) for each in ids]
        return self.services.connector.read(kind, targets)


_GOAL_FREE = frozenset({"facts", "moments", "view", "history", "panel", "policy", "graph",
                        "customers", "learnt"})  # fmt: skip
_SCOPE_ONLY = frozenset({"scope", "elasticity", "price_market", "lead_times", "segments",
                         "substitutes", "transference", "season_days"})  # fmt: skip


def moments(facts: Facts, as_of: str | datetime) -> Moments:
    """Today and the end of history, for a run that may know nothing after ``as_of``."""
    moment = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    zone = ZoneInfo(facts.timezone)
    today = moment.astimezone(zone).date()
    end = moment
    if facts.last_day is not None and facts.last_day + timedelta(days=1) < today:
        day = facts.last_day + timedelta(days=1)
        end = datetime.combine(day, datetime.min.time(), tzinfo=zone).astimezone(moment.tzinfo)
    return Moments(as_of=moment, today=today, history_end=end)


class Workbenches:
    """The open workbenches of this process, by run; only the newest few are kept."""

    KEPT = 2

    def __init__(self) -> None:
        self._open: dict[str, Workbench] = {}
        self._lock = threading.Lock()

    @classmethod
    def holding(cls, run_id: str, bench: Workbench) -> Workbenches:
        """Those of one run whose table is made already."""
        made = cls()
        made._open[run_id] = bench
        return made

    def of(self, services: Services, state: Mapping[str, Any]) -> Workbench:
        """The run's workbench, brought up to the state."""
        with self._lock:
            bench = self._open.pop(state["run_id"], None) or Workbench(services, state)
            self._open[state["run_id"]] = bench
            while len(self._open) > self.KEPT:
                self._open.pop(next(iter(self._open)))
        return bench.learn(state)
