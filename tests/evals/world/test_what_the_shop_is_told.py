"""The world's books: every row is taken, newcomers and ended lines arrive, what was told is not
told again, and the shop's prices are seen."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ecomagent.domain.action import ActionKind, PriceAfter, PriceBefore, SetPrice, Target
from ecomagent.plan.standing import start_of_day
from ecomagent.store.facts import FactsView
from evals.world import merchants
from evals.world.market import Moves, World
from evals.world.regimes import REGIMES
from evals.world.run import history
from evals.world.shop import TIMEZONE, ToolShop

BUSY = replace(
    REGIMES["seasonal fashion"], skus=12, customers=80, churn=0.3, line_share=0.4, line_days=70
)


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[ToolShop, World]:
    """A shop that was told of two stretches of days; a refused row would have been an error."""
    world = history(BUSY, 2)
    shop = ToolShop(tmp_path_factory.mktemp("shop"), world)
    shop.learn(world)
    merchants.play(world, merchants.keeps_stock, 120)
    shop.clock.moment = shop._morning(world)
    shop.learn(world)
    return shop, world


def told(shop: ToolShop) -> FactsView:
    """What the shop's history says this morning."""
    return shop.workspace.facts().as_of(start_of_day(shop.clock.now(), TIMEZONE))


def test_products_come_and_go_in_the_shop_as_in_the_world(played):
    shop, world = played
    truth = world.truth
    catalogue = told(shop).catalogue().set_index("sku")

    assert set(catalogue.index) == set(truth.sku[truth.born < world.day])
    ended = truth.sku[(truth.ends <= world.day) & (truth.born < world.day)]
    assert set(catalogue.index[catalogue["status"] == "archived"]) == set(ended)
    assert len(ended)


def test_the_facts_hold_what_was_sold_once(played):
    shop, world = played
    panel = told(shop).panel()

    assert panel["units"].sum() == world.ledger.units[:, : world.day].sum()


def test_stock_and_costs_on_file_are_the_worlds(played):
    shop, world = played
    catalogue = told(shop).catalogue().set_index("sku")
    sku = str(world.truth.sku[world.active & (world.truth.born < world.day - 60)][0])
    place = list(world.truth.sku).index(sku)

    assert catalogue.loc[sku, "on_hand"] == world.on_hand[place]
    assert catalogue.loc[sku, "cost_minor"] == world.cost[place]


def test_a_price_set_in_the_shop_is_seen_by_the_world(played):
    shop, world = played
    place = int((world.active & (world.truth.born < world.day - 60)).argmax())
    target = Target(type="sku", id=str(world.truth.sku[place]))
    state = shop.workspace.connector.read(ActionKind.SET_PRICE, [target])[target.id]
    now = Decimal(str(state.fields["price"]))
    action = SetPrice(
        sku=target.id,
        before=PriceBefore(price=now, version=state.version),
        after=PriceAfter(price=now + Decimal("0.50")),
    )
    moves = Moves()

    shop.workspace.connector.write(action, idempotency_key="test/price/1")
    shop._show(world, moves)

    assert moves.price == {place: float(now * 100) + 50}
