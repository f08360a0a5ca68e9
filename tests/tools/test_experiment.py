"""Price experiments: what they teach, cost and are worth."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import NotFoundError
from evals.experiment_trials import play
from tools.experiment import experiment_menu, experiment_of
from tools.experiment_design import BLOCKS, lower_blocks
from tools.experiment_look import Verdict, look_at, look_of
from tools.matched_skus import carrying_over, match_skus, weekly_sales


@pytest.fixture
def menu(source):
    """Makes a menu of one SKU, its numbers given by name."""

    def make(sales=None, switches=None, others=None, product_id="A", category="", **given):
        row = {
            "list_price_minor": 2000.0, "cost_minor": 1000.0, "on_hand": 5000.0, "inbound": 0.0,
            "mean_per_day": 20.0, "variance_per_day": 60.0, "log_error_sd": 0.1,
            "elasticity": -2.0, "std_error": 1.5,
            "tried_minor": 1800, "low_minor": 1800, "high_minor": 2200,
        } | given  # fmt: skip
        frame = pd.DataFrame([row], index=pd.Index(["A"], name="sku"))
        mine = frame.reset_index().assign(product_id=product_id, category=category)
        return experiment_menu(
            mine if others is None else pd.concat([mine, others], ignore_index=True),
            SimpleNamespace(table=frame, source=source),
            SimpleNamespace(table=frame),
            reach=frame,
            payback_days=180,
            horizon_days=30,
            source=source,
            sales=sales,
            switches=switches,
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


@pytest.fixture(scope="module")
def alike(source):
    """A year of eight SKUs that sell alike at one steady price, one of them of its own product."""
    rng = np.random.default_rng(5)
    days = pd.date_range("2024-01-01", periods=364)
    wave = 1 + 0.3 * np.sin(2 * np.pi * np.arange(364) / 90)
    panel = pd.concat(
        pd.DataFrame({"sku": f"S{n}", "date": days, "units": rng.poisson(20 * wave).astype(float),
                      "list_price_minor": 2000.0})
        for n in range(8)
    )  # fmt: skip
    names = [f"S{n}" for n in range(8)]
    catalogue = pd.DataFrame({"sku": names, "product_id": names, "category": "tea"})
    return panel, catalogue


NO_PAIRS = pd.DataFrame(columns=["sku", "other"])


def test_what_sells_alike_is_matched_but_not_what_replaces_it(alike):
    panel, catalogue = alike
    sales = weekly_sales(panel)
    rivals = pd.DataFrame({"sku": ["S0"] * 2, "other": ["S1", "S2"]})
    cheap = panel.assign(
        list_price_minor=panel["list_price_minor"].where(panel["sku"] != "S3", 500.0)
    )
    other = catalogue.assign(product_id=["p", *catalogue["product_id"][1:7], "p"])
    free = match_skus(sales, catalogue, ["S0"], NO_PAIRS)
    kept = match_skus(weekly_sales(cheap), other, ["S0"], rivals)
    assert len(free.at["S0", "controls"]) == 5
    assert set(kept.at["S0", "controls"]) <= {"S4", "S5", "S6"}
    assert 0 < kept.at["S0", "control_scatter"] < 0.1 and kept.at["S0", "drift"] < 0.1


def test_a_sku_that_drifts_apart_from_the_others_is_compared_less_exactly(alike):
    panel, catalogue = alike
    rng = np.random.default_rng(1)
    wanders = np.exp(np.repeat(rng.normal(0, 0.5, 13), 28))
    mine = panel["sku"] == "S0"
    moved = panel.assign(units=panel["units"].mask(mine, np.tile(wanders, 8) * panel["units"]))
    steady = match_skus(weekly_sales(panel), catalogue, ["S0"], NO_PAIRS)
    found = match_skus(weekly_sales(moved), catalogue, ["S0"], NO_PAIRS)
    assert found.empty or found.at["S0", "drift"] > steady.at["S0", "drift"] + 0.1


def promoted(panel, dip):
    """Every SKU a week on promotion every 70 days, with sales halved or not for 14 days after."""
    day = (panel["date"] - panel["date"].min()).dt.days % 70
    units = panel["units"].where(day >= 7, panel["units"] * 2.5)
    units = units.where(~day.between(7, 20), panel["units"] * (1 - dip))
    return panel.assign(promo=day < 7, units=units)


@pytest.mark.parametrize(("dip", "stocks_up"), [(0.4, True), (0.0, False)])
def test_a_dip_after_promotions_says_that_customers_stock_up(alike, dip, stocks_up):
    panel, catalogue = alike
    category = catalogue.set_index("sku")["category"]
    found = carrying_over(weekly_sales(promoted(panel, dip)), category)
    assert set(found) == {stocks_up}


def test_matched_skus_take_the_place_of_a_switchback_that_would_carry_over(menu, alike):
    panel, catalogue = alike
    sales = weekly_sales(panel.replace({"sku": {"S0": "A"}}))
    shop = catalogue.replace("S0", "A")[["product_id", "category"]].iloc[0].to_dict()
    others = catalogue.iloc[1:]
    may, not_may = (pd.Series({"A": each}) for each in (True, False))
    given = {"sales": sales, "others": others, "std_error": 2.5, **shop}
    usual = menu(switches=may, **given)
    held = menu(switches=not_may, **given)
    assert usual.table["matched"].item() == 0 and not usual.controls
    assert held.table["matched"].item() == 1
    assert 2 <= len(held.controls["A"]) <= 5
    assert held.table["days"].item() == 7 * held.table["blocks"].item()
    assert held.fractions("A")[-1] == 1.0 and held.fractions("A")[0] > 0.5
    again = experiment_of(held.evidence("A").params)
    assert again["detects"] == pytest.approx(held.table["detects"].item(), rel=1e-6)
    assert held.controls["A"][0] in held.evidence("A").assumptions[-1]
    assert menu(switches=not_may).table.empty


@pytest.mark.parametrize(("matched", "doubt"), [(False, 1.5), (True, 3.0)])
def test_the_rule_errs_no_more_than_it_says_and_tells_about_as_often(source, matched, doubt):
    how = {"matched": matched, "source": source, "doubt": doubt, "trials": 60, "seed": 7}
    same, other = play(**how, same=True), play(**how)
    assert same.told <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)
    assert other.told == pytest.approx(other.promised, abs=0.15)
    assert other.right > 0.9
    assert other.length < 0.97


START = date(2025, 3, 3)


def look(menu_table, units, *, most_lost=1e9, enough=0.0, bound=3.0):
    """A look at four weeks of a switchback: units a day at the lower and at the list price."""
    low, listed = units
    weeks = [low, listed, low, listed]
    panel = pd.DataFrame(
        {"sku": "A", "date": pd.date_range(START, periods=28),
         "units": np.repeat(weeks, 7) + np.tile([-1.0, 1.0, 2.0, -2.0, 1.0, -1.0, 0.0], 4)}
    )  # fmt: skip
    spans = [(START + timedelta(7 * n), START + timedelta(7 * n + 7)) for n in range(4)]
    given = {"sku": "A", **menu_table.given.loc["A"].to_dict()}
    terms = {"bound": bound, "information": 0.5, "same_profit": -2.12, "enough": enough,
             "most_lost_minor": most_lost}  # fmt: skip
    return look_at(panel, given, spans[::2], spans[1::2], (), terms, source=menu_table.data[0])


def test_a_look_finds_the_elasticity_and_its_figures_follow_from_their_evidence(menu):
    found = look(menu(), (20.0 * 0.9**-3.0, 20.0))
    assert found.figures["elasticity"] == pytest.approx(-3.0, abs=0.02)
    assert found.figures["left"] < min(found.figures["std_error"], 1.5)
    figures, verdict = look_of(found.evidence.params)
    assert figures == found.figures and verdict is found.verdict


def test_it_ends_when_told_when_it_costs_too_much_and_when_there_is_no_more_to_learn(menu):
    made = menu()
    equal = 20.0 * 0.9**-2.12
    assert look(made, (equal, 20.0)).verdict is Verdict.GOES_ON
    assert look(made, (60.0, 20.0)).verdict is Verdict.TOLD
    loses = look(made, (20.0, 20.0), most_lost=20_000.0)
    assert loses.verdict is Verdict.LOST and loses.figures["lost_minor"] > 20_000
    assert look(made, (20.0, 20.0), most_lost=200_000.0).verdict is Verdict.GOES_ON
    assert look(made, (equal, 20.0), enough=1.4).verdict is Verdict.PRECISE


def test_nothing_is_said_of_days_that_were_sold_out(menu):
    made = menu()
    assert look(made, (np.nan, 20.0)) is None
