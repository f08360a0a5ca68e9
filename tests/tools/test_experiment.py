"""Price experiments: what they teach, cost and are worth."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import NotFoundError
from evals.price_worlds import FIRST_DAY, PriceWorld, draw_shop
from tools.elasticity import estimate_elasticity
from tools.experiment import BLOCKS, experiment_menu, experiment_of, lower_blocks


@pytest.fixture
def menu(source):
    """Makes a menu of one SKU, its numbers given by name."""

    def make(**given):
        row = {
            "list_price_minor": 2000.0, "cost_minor": 1000.0, "on_hand": 5000.0, "inbound": 0.0,
            "mean_per_day": 20.0, "variance_per_day": 60.0, "log_error_sd": 0.1,
            "elasticity": -2.0, "std_error": 1.5,
            "tried_minor": 1800, "low_minor": 1800, "high_minor": 2200,
        } | given  # fmt: skip
        frame = pd.DataFrame([row], index=pd.Index(["A"], name="sku"))
        return experiment_menu(
            frame.reset_index(),
            SimpleNamespace(table=frame, source=source),
            SimpleNamespace(table=frame),
            reach=frame,
            payback_days=180,
            horizon_days=30,
            source=source,
        )

    return make


def test_the_more_is_unknown_the_more_an_experiment_is_worth(menu):
    doubtful, sure = menu(std_error=1.5).table, menu(std_error=0.1).table
    assert doubtful["learnt_minor"].item() > 0
    assert sure.empty or sure["learnt_minor"].item() < doubtful["learnt_minor"].item() / 20


def test_busy_skus_teach_more_and_sooner(menu):
    busy = menu(mean_per_day=200.0, variance_per_day=400.0, on_hand=50_000.0).table.iloc[0]
    slow = menu(mean_per_day=8.0, variance_per_day=24.0).table.iloc[0]
    assert busy["blocks"] == min(BLOCKS) < slow["blocks"] == max(BLOCKS)
    assert busy["detects"] < slow["detects"]
    assert busy["left"] <= 0.75 < slow["left"] < 1.5


def test_the_stated_error_is_that_of_the_switchback(menu):
    """Units drawn at both prices, compared as the experiment would be."""
    row = menu().table.iloc[0]
    rng = np.random.default_rng(1)
    days, shape = int(row["days"]), 20.0**2 / (60 - 20)
    means = [20.0, 20.0 * 0.9**-2.0]
    draws = [
        rng.negative_binomial(shape, shape / (shape + mean), (4000, days)).mean(axis=1)
        for mean in means
    ]
    found = np.log(draws[1] / draws[0]) / np.log(0.9)
    assert found.mean() == pytest.approx(-2.0, abs=0.05)
    assert row["detects"] == pytest.approx(found.std() * np.sqrt(1.5), rel=0.15)


def test_the_figures_follow_from_their_evidence(menu):
    made = menu()
    evidence = made.evidence("A")
    again = experiment_of(evidence.params)
    for name, value in evidence.result.items():
        assert again[name] == pytest.approx(value, rel=1e-6)
    with pytest.raises(NotFoundError):
        made.evidence("B")


@pytest.mark.parametrize(
    "given",
    [
        {"cost_minor": np.nan},
        {"cost_minor": 1900.0},
        {"mean_per_day": 0.0},
        {"mean_per_day": np.nan},
        {"tried_minor": 1990},
        {"list_price_minor": 0.0},
        {"std_error": 0.01, "elasticity": -1.0},
        {"mean_per_day": 0.2, "variance_per_day": 0.4},
    ],
)
def test_nothing_is_tried_that_cannot_pay_or_be_judged(menu, given):
    assert menu(**given).table.empty


def test_every_pair_of_blocks_has_one_of_each_and_chance_decides_which():
    drawn = [lower_blocks(f"S{number}", 8, 7) for number in range(200)]
    assert all(one != other for blocks in drawn for one, other in zip(blocks[::2], blocks[1::2]))  # noqa: B905
    firsts = np.mean([blocks[0] for blocks in drawn])
    assert 0.35 < firsts < 0.65
    assert lower_blocks("S1", 8, 7) == drawn[1]


def test_what_it_found_is_what_the_elasticity_then_rests_on(source):
    """Demand drives this shop's prices; only the experiment's were set by chance."""
    world = PriceWorld(skus=40, days=420, categories=1, follows=0.9, noise=0.01, mean=25.0)
    shop = draw_shop(world, 4)
    rows, panel = [], shop.panel.copy()
    rng = np.random.default_rng(2)
    day = (panel["date"].to_numpy().astype("datetime64[D]") - FIRST_DAY).astype(int)
    for number, sku in enumerate(shop.catalogue["sku"]):
        for block, low in enumerate(lower_blocks(sku, 12, 1)):
            first = 420 - 84 + 7 * block
            rows.append((sku, FIRST_DAY + first, FIRST_DAY + first + 7,
                         (np.log(0.9) / 2) * (1 if low else -1)))  # fmt: skip
            hit = (panel["sku"] == sku) & (day >= first) & (day < first + 7) & low
            panel.loc[hit, ["promo", "discount"]] = [True, 0.1]
            more = 0.9 ** shop.elasticity[number]
            panel.loc[hit, "units"] = rng.poisson(panel.loc[hit, "units"] * more)
    tried = pd.DataFrame(rows, columns=["sku", "starts_on", "ends_on", "surprise"])
    tried["temporary"] = True
    without = estimate_elasticity(panel, shop.catalogue, source=source).table
    found = estimate_elasticity(panel, shop.catalogue, source=source, experiments=tried).table
    assert set(found["instrument"]) == {"experiment"}
    miss = (found["elasticity"] - shop.elasticity).abs().mean()
    assert miss < (without["elasticity"] - shop.elasticity).abs().mean()
    assert miss < 0.5
    assert found["std_error"].mean() < without["std_error"].mean()
