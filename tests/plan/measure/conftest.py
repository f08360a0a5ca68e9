"""A shop with half a year of orders, in which things can be done and traded on."""

import importlib.util
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from ecomagent.domain.action import Metric, PriceAfter, PriceBefore, Quantiles, SetPrice, Target
from ecomagent.plan.measure import measure_plans
from ecomagent.store.facts import Facts, update_facts
from ecomagent.store.shop import create_shop
from ecomagent.store.tables import (
    CustomerRow,
    OrderLineRow,
    OrderRow,
    PriceRow,
    ProductRow,
    StockRow,
    VariantRow,
)

SMALL_SHOP = Path(__file__).parent.parent / "applying" / "small_shop.py"
SKUS = tuple(f"cup-{number:02d}" for number in range(20))
BEFORE = 200
"""Days of orders before the plan."""


def _small_shop():
    name = "small_shop"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SMALL_SHOP)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def band(low, middle, high):
    return Quantiles(p10=Decimal(str(low)), p50=Decimal(str(middle)), p90=Decimal(str(high)))


def _line(order, sku, units):
    return OrderLineRow(order_id=order, line_id="1", sku=sku, quantity=units, unit_price_minor=1000)


@dataclass
class Trading:
    """The shop, and a way to let days go by in it."""

    shop: object
    folder: Path
    start: datetime
    day: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(4))

    @property
    def now(self):
        return self.start + timedelta(days=self.day, hours=9)

    def goes_on(self, days, factors=None):
        """So many days of orders; some SKUs sell more or less."""
        rows = []
        with self.shop.database.session() as session:
            for _ in range(days):
                at = self.start + timedelta(days=self.day, hours=12)
                for sku in SKUS:
                    count = int(self.rng.poisson(4 * (factors or {}).get(sku, 1.0)))
                    if count:
                        name = f"{sku}-{self.day:+d}"
                        session.add(OrderRow(id=name, ordered_at=at))
                        rows.append(_line(name, sku, count))
                self.day += 1
            session.flush()
            session.add_all(rows)
        self.shop.clock.moment = self.now

    def facts(self):
        update_facts(self.shop.database, self.folder / "facts")
        return Facts.open(self.folder / "facts")

    def price_plan(self, *skus, price="8.00", promised=(10.0, 40.0, 80.0), rejected=()):
        """A plan that sets prices, applied but for what is rejected."""
        kind = SetPrice.model_fields["kind"].default
        actions = []
        for sku in skus:
            state = self.shop.connector.read(kind, [Target(type="sku", id=sku)])[sku]
            made = SetPrice(
                sku=sku, before=PriceBefore(**state.fields, version=state.version),
                after=PriceAfter(price=Decimal(price)), impact={Metric.UNITS: band(*promised)},
            )  # fmt: skip
            actions.append(made.model_copy(update={"id": made.content_id()}))
        return self.carried_out(tuple(actions), rejected)

    def carried_out(self, actions, rejected=()):
        small = _small_shop()
        plan = small.sealed(self.shop, actions)
        wanted = [a.id for a in actions if a.target.id not in rejected]
        small.decide(self.shop, plan, small.DecisionChoice.APPROVE, *wanted)
        for action in actions:
            if action.id not in wanted:
                small.decide(self.shop, plan, small.DecisionChoice.REJECT, action.id)
        self.shop.apply(plan)
        return plan

    def measured(self, *plans, as_of=None):
        return measure_plans(
            plans, repository=self.shop.repository, facts=self.facts(), as_of=as_of or self.now
        )


@pytest.fixture
def trading(tmp_path):
    """The shop after half a year of orders, on the morning of 6 May 2024."""
    small = _small_shop()
    shop = small.Shop(tmp_path)
    start = datetime(2024, 5, 6, tzinfo=UTC)
    create_shop(shop.database, small.SHOP, start)
    since = start - timedelta(days=BEFORE + 1)
    with shop.database.session() as session:
        people = (*small.PEOPLE, *(f"p{number}" for number in range(400)))
        session.add_all(CustomerRow(id=who, consent_marketing=True) for who in people)
        session.add_all(ProductRow(id=sku, title=sku, category="Cups") for sku in SKUS)
        session.flush()
        session.add_all(VariantRow(sku=s, product_id=s, list_price_minor=1000) for s in SKUS)
        session.flush()
        for sku in SKUS:
            session.add(PriceRow(sku=sku, valid_from=since, price_minor=1000))
            session.add(StockRow(sku=sku, at=since, on_hand=50))
    made = Trading(shop, tmp_path, start, day=-BEFORE)
    made.goes_on(BEFORE)
    yield made
    shop.database.close()
