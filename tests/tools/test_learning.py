"""Trust moves towards what was kept, slowly where little is known, and never out of bounds."""

import numpy as np
import pandas as pd
import pytest

from tools.learning import Kept, trust_of, trusted
from tools.learnt_prices import measured_elasticities, with_learnt
from tools.realised import band_held, gains_of, verdict_of


def plans(ratio, *, count=6, actions=12, noise=30.0, width=1.0, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for plan in range(count):
        for action in range(actions):
            promised = rng.uniform(50, 200)
            spread = 0.2 * promised
            happened = ratio * promised + width * spread * rng.normal() + noise * rng.normal()
            made.append(
                Kept(
                    f"plan-{plan}", f"act-{action}",
                    (promised - 1.28 * spread, promised, promised + 1.28 * spread),
                    (happened - 1.28 * noise, happened, happened + 1.28 * noise),
                )
            )  # fmt: skip
    return made


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.3])
def test_many_outcomes_teach_the_ratio(ratio):
    assert trust_of(plans(ratio)).factor == pytest.approx(ratio, abs=0.12)


def test_one_outcome_moves_little_and_many_of_one_plan_are_one_experiment():
    one = trust_of(plans(0.3, count=1, actions=1)).factor
    same_plan = trust_of(plans(0.3, count=1, actions=50)).factor
    many = trust_of(plans(0.3, count=10, actions=5)).factor
    assert 1 > one > many and same_plan > many


def test_trust_stays_within_bounds():
    assert trust_of(plans(-3.0)).factor == 0.3
    assert trust_of(plans(9.0, count=30)).factor == 1.5
    assert trust_of([]).factor == 1.0 and trust_of([]).width == 1.0


def test_an_error_that_a_plan_has_in_common_is_no_evidence_against_the_tool():
    sure = plans(0.3, count=1, actions=40)
    shared = [Kept(k.plan_id, k.action_id, k.promised, k.happened, 150.0) for k in sure]
    assert trust_of(shared).factor > trust_of(sure).factor + 0.1


def test_bands_that_broke_are_widened_and_bands_that_held_are_not():
    broke, held = trust_of(plans(1.0, width=3.0)), trust_of(plans(1.0))
    assert broke.width > 2 and 0.75 < held.width < 1.25


def test_trust_recomputes_from_its_evidence():
    found = trust_of(plans(0.7))
    params = found.evidence("tools.pricing").params
    again = trust_of(
        Kept(*name.split("/"), tuple(p), tuple(h), s)
        for name, p, h, s in zip(
            params["outcomes_of"], params["promised"], params["happened"], params["shared_sd"],
            strict=True,
        )
    )  # fmt: skip
    assert (again.factor, again.width) == (found.factor, found.width)


def test_impacts_are_scaled_by_the_trust_in_their_evidence():
    found = trust_of(plans(0.5))
    figures = {"units_p10": 0.0, "units_p50": 10.0, "units_p90": 30.0, "value": 7.0}
    scaled = trusted(figures, [found.evidence("tools.pricing")])
    assert scaled["units_p50"] == pytest.approx(10 * found.factor)
    assert scaled["value"] == 7.0 and trusted(figures, []) == figures


def change(sku="A", ratio=0.8, sold=150.0, expected=100.0, sd=10.0, shared=0.0, batch="p1"):
    return {
        "sku": sku, "price_ratio": ratio, "actual_units": sold, "expected_units": expected,
        "sd": sd, "shared_sd": shared, "batch": batch,
    }  # fmt: skip


def prior(skus="ABCD", pool_error=0.6):
    index = pd.Index(list(skus), name="sku")
    table = pd.DataFrame({"elasticity": -2.0, "std_error": 0.8}, index=index)
    return table, pd.DataFrame({"group": "C0", "pool_error": pool_error}, index=index)


def test_a_price_change_is_an_experiment():
    found = measured_elasticities(pd.DataFrame([change()])).iloc[0]
    assert found["elasticity"] == pytest.approx(np.log(1.5) / np.log(0.8), rel=0.01)
    assert found["std_error"] == pytest.approx(0.1 / -np.log(0.8), rel=0.01)


def test_small_moves_and_slow_sellers_teach_nothing():
    rows = [change(ratio=0.99), change(expected=2.0), change(sd=200.0), change(sd=0.0)]
    assert measured_elasticities(pd.DataFrame(rows)).empty
    assert measured_elasticities(pd.DataFrame()).empty


def test_a_sku_learns_most_and_its_category_with_it():
    learnt = measured_elasticities(pd.DataFrame([change(sold=100.0, sd=5.0)]))
    table, parts = with_learnt(*prior(), learnt)
    assert table.loc["A", "elasticity"] > table.loc["B", "elasticity"] > -2.0
    assert table.loc["A", "std_error"] < table.loc["B", "std_error"] < 0.8
    assert parts["learnt_changes"].tolist() == [1, 0, 0, 0]


def test_a_common_error_of_many_changes_counts_as_one_mistake():
    rows = [change(sku, sold=100.0, sd=30.0) for sku in "ABCD"]
    shared = [change(sku, sold=100.0, sd=30.0, shared=29.9) for sku in "ABCD"]
    alone, _ = with_learnt(*prior(), measured_elasticities(pd.DataFrame(rows)))
    common, _ = with_learnt(*prior(), measured_elasticities(pd.DataFrame(shared)))
    assert (common["elasticity"] < alone["elasticity"]).all()


PROMISED = (50.0, 100.0, 150.0)


@pytest.mark.parametrize(
    ("happened", "verdict"),
    [
        ((80, 100, 120), "kept"), ((-10, 20, 50), "short"), ((180, 200, 220), "over"),
        ((-50, 60, 170), "cannot_tell"), ((0, 0, 0), "short"), ((20, 55, 130), "kept"),
    ],
)  # fmt: skip
def test_verdicts(happened, verdict):
    assert verdict_of(PROMISED, tuple(float(x) for x in happened)) == verdict


def test_a_band_holds_where_the_measurement_cannot_rule_it_out():
    assert band_held(PROMISED, (-100.0, 0.0, 100.0))
    assert not band_held(PROMISED, (-10.0, 0.0, 10.0))


def test_gains_are_against_the_price_before():
    params = {
        "actual_units": 120, "actual_revenue_minor": 120 * 80, "expected_units": 100,
        "expected_p10": 90, "expected_p90": 110, "price_before_minor": 100, "cost_minor": 60,
    }  # fmt: skip
    found = gains_of(params)
    assert found["units_p50"] == 20 and found["units_p10"] == 10
    assert found["revenue_minor_p50"] == 9600 - 10_000
    assert found["gross_profit_minor_p50"] == 120 * 20 - 100 * 40
    assert "gross_profit_minor_p50" not in gains_of(params | {"cost_minor": None})
