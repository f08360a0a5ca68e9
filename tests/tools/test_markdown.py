from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy import stats

from ecomagent.domain.errors import UsageError
from tools.markdown import markdown_plan

COAT = {
    "stock": 40, "demand_per_period": [6.0, 6.0, 5.0, 4.0], "scatter": 1.0, "elasticity": -2.0,
    "reference_minor": 10_000, "prices_minor": [10_000, 8_500, 7_000, 5_000],
    "salvage_minor": 1_000,
}  # fmt: skip


def _sold_by(case, path):
    """Worth of a price path where sales are as expected."""
    left, money = case["stock"], 0.0
    for price, demand in zip(path, case["demand_per_period"], strict=True):
        sold = min(left, demand * (price / case["reference_minor"]) ** case["elasticity"])
        left, money = left - sold, money + price * sold
    return money + case["salvage_minor"] * left


@pytest.mark.parametrize("stock", [5, 20, 40, 90, 400])
@pytest.mark.parametrize("elasticity", [-0.6, -1.4, -3.0])
def test_without_chance_no_path_of_falling_prices_is_better(stock, elasticity):
    case = {**COAT, "stock": stock, "elasticity": elasticity, "scatter": 0.0}
    every = combinations_with_replacement(case["prices_minor"], 4)
    best = max(_sold_by(case, path) for path in every)
    found = markdown_plan(**case)
    assert found.value_minor == pytest.approx(best, rel=0.01)
    assert _sold_by(case, found.prices_minor) == pytest.approx(best, rel=0.02)


def _best_worth(case, stock, period=0, reached=0):
    """Best expected worth by brute force: every stock, every count of a Poisson."""
    if period == len(case["demand_per_period"]):
        return case["salvage_minor"] * stock
    worths = []
    for place in range(reached, len(case["prices_minor"])):
        price = case["prices_minor"][place]
        mean = case["demand_per_period"][period]
        mean *= (price / case["reference_minor"]) ** case["elasticity"]
        chances = stats.poisson.pmf(np.arange(stock), mean)
        chances = np.append(chances, 1 - chances.sum())
        worths.append(
            sum(
                chance * (price * sold + _best_worth(case, stock - sold, period + 1, place))
                for sold, chance in enumerate(chances)
            )
        )
    return max(worths)


@pytest.mark.parametrize("stock", [3, 6])
def test_with_chance_the_value_is_that_of_every_policy_tried(stock):
    case = {
        **COAT, "stock": stock, "demand_per_period": [2.0, 1.5, 1.0],
        "prices_minor": [10_000, 7_500, 5_000],
    }  # fmt: skip
    assert markdown_plan(**case).value_minor == pytest.approx(_best_worth(case, stock), rel=0.03)


def test_prices_only_go_down_and_beat_the_best_fixed_one():
    found = markdown_plan(**COAT)
    assert list(found.prices_minor) == sorted(found.prices_minor, reverse=True)
    assert found.value_minor >= found.fixed_value_minor >= found.unchanged_value_minor


def test_what_sells_out_anyway_is_not_cut_and_what_does_not_is():
    assert set(markdown_plan(**{**COAT, "stock": 8}).prices_minor) == {10_000}
    assert markdown_plan(**{**COAT, "stock": 300}).prices_minor[0] < 10_000


def test_a_unit_left_that_costs_money_is_cut_for_even_where_demand_hardly_answers():
    stubborn = {**COAT, "stock": 100, "elasticity": -0.5}
    assert set(markdown_plan(**stubborn).prices_minor) == {10_000}
    rid = markdown_plan(**{**stubborn, "salvage_minor": -20_000})
    assert rid.prices_minor[0] == 5_000


def test_the_evidence_recomputes(source):
    found = markdown_plan(**COAT)
    evidence = found.evidence(COAT, (source,))
    assert markdown_plan(**evidence.params) == found
    assert evidence.result["value_minor"] == found.value_minor


@pytest.mark.parametrize(
    "change",
    [{"prices_minor": []}, {"prices_minor": [0]}, {"demand_per_period": []},
     {"stock": float("nan")}, {"reference_minor": 0}],
)  # fmt: skip
def test_what_is_no_season_is_refused(change):
    with pytest.raises(UsageError):
        markdown_plan(**{**COAT, **change})


@pytest.mark.parametrize("change", [{"stock": 0}, {"demand_per_period": [0.0, 0.0]}])
def test_nothing_to_sell_is_worth_its_salvage(change):
    case = {**COAT, **change}
    assert markdown_plan(**case).value_minor == pytest.approx(case["stock"] * 1_000, abs=1)
