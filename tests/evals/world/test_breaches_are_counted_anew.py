"""The proving ground's own count of breaches sees what it is there to see."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from ecomagent.plan.policy.file import default_policy_text
from evals.world.breaches import Watch
from evals.world.market import Campaign, Moves, World
from evals.world.merchants import ended
from evals.world.regimes import REGIMES
from evals.world.run import history


@pytest.fixture(scope="module")
def world() -> World:
    return history(replace(REGIMES["steady"], skus=4, customers=30, cost_step=(1e9, 0.0)), 1)


@pytest.fixture
def watch(tmp_path) -> Watch:
    path = tmp_path / "policy.toml"
    path.write_text(default_policy_text("GBP"), encoding="utf-8")
    return Watch(path)


def test_what_keeps_to_the_policy_is_no_breach(world, watch):
    pack = int(world.truth.pack[0])
    watch.look(world, Moves(price={0: ended(world.price[0] * 1.05)}, order=[("o", 0, pack)]))

    assert watch.found == []


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        (lambda w: Moves(price={0: ended(w.price[0] * 1.2)}), "max_change_per_day"),
        (lambda w: Moves(price={0: ended(w.price[0]) + 1}), "ends"),
        (lambda w: Moves(promotion={0: (float(w.price[0]) * 0.5, w.day + 5)}), "promoted at"),
        (lambda w: Moves(promotion={0: (float(w.price[0]) * 0.95, w.day + 60)}), "until"),
        (lambda w: Moves(promotion={0: (float(w.cost[0]), w.day + 5)}), "leaves too little"),
        (lambda w: Moves(order=[("o", 0, int(w.truth.pack[0]) * 10**6)]), "orders of"),
    ],
)
def test_what_breaks_the_policy_is_one(world, watch, moves, words):
    watch.look(world, moves(world))

    assert any(words in each for each in watch.found)


def test_steps_that_add_up_to_too_much_in_a_week_are_a_breach(world, watch):
    own = copy.deepcopy(world)
    for _ in range(3):
        moves = Moves(price={0: ended(own.price[0] * 1.09)})
        watch.look(own, moves)
        own.act(moves)
        own.step()

    assert any("max_change_per_week" in each for each in watch.found)


def test_a_customer_written_to_too_often_is_a_breach(world, watch):
    one = np.array([3])
    letters = [
        Campaign(str(k), "all", "email", world.day, one, one[:0], 0.2, one[:0]) for k in range(5)
    ]

    watch.look(world, Moves(campaigns=letters))

    assert any("written to over 4 times" in each for each in watch.found)
