from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.forecast import DemandForecast
from tools.price_effects import effect_of
from tools.pricing import PriceLimits, price_menu, promotion_menu

LIMITS = PriceLimits("GBP", Decimal("0.3"), Decimal("0.1"), ("9", "5", "0"), Decimal("0.3"))
DEPTHS = tuple(Decimal(depth) / 100 for depth in (5, 10, 20, 30, 40))


def _known(rows, source, *, elasticity=-1.2, std_error=0.2, mean=4.0):
    """A catalogue of rows and what the other tools would say of them."""
    catalogue = pd.DataFrame(rows)
    for column in ("cost_minor", "map_price_minor", "on_hand", "inbound"):
        if column not in catalogue:
            catalogue[column] = np.nan
    names = pd.Index(catalogue["sku"], name="sku")
    demand = pd.DataFrame(
        {"mean_per_day": mean, "variance_per_day": 1.5 * mean, "log_error_sd": 0.3}, index=names
    )
    table = pd.DataFrame({"elasticity": elasticity, "std_error": std_error}, index=names)
    return (
        catalogue,
        DemandForecast(demand, date(2024, 6, 1), 28, source, 0, 0),
        Elasticities(table, table, {}, source),
    )


def _menu(rows, source, *, limits=LIMITS, bounds=None, objective=Objective.GROSS_PROFIT,
          market=None, cross=None, **known):  # fmt: skip
    return price_menu(
        *_known(rows, source, **known), limits=limits, bounds=bounds, objective=objective,
        source=source, market=market, cross=cross,
    )  # fmt: skip


def _promotions(rows, source, *, limits=LIMITS, days=None, **known):
    return promotion_menu(
        *_known(rows, source, **known), limits=limits, bounds=None, objective=Objective.UNITS,
        source=source, depths=DEPTHS, days=days,
    )  # fmt: skip


prices = st.integers(1, 200_000)
shares = st.decimals(0, "0.9", places=2)
skus = st.lists(
    st.fixed_dictionaries(
        {
            "list_price_minor": prices,
            "cost_minor": st.one_of(st.none(), prices),
            "map_price_minor": st.one_of(st.none(), prices),
            "on_hand": st.one_of(st.none(), st.integers(0, 500)),
            "low": st.one_of(st.none(), prices),
            "room": st.integers(0, 5000),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=skus,
    min_margin=shares,
    max_change=shares,
    endings=st.lists(st.sampled_from(["9", "99", "5", "00", "995"]), max_size=3, unique=True),
    elasticity=st.floats(-5, -0.1),
    objective=st.sampled_from(list(Objective)),
)
def test_every_price_on_the_menu_keeps_every_limit(
    source, rows, min_margin, max_change, endings, elasticity, objective
):
    rows = [{"sku": f"S{number}", **row} for number, row in enumerate(rows)]
    limits = PriceLimits("GBP", min_margin, max_change, tuple(endings))
    bounds = pd.DataFrame(
        {"low_minor": [row["low"] for row in rows if row["low"]],
         "high_minor": [row["low"] + row["room"] for row in rows if row["low"]]},
        index=[row["sku"] for row in rows if row["low"]], dtype="int64",
    )  # fmt: skip
    menu = _menu(rows, source, limits=limits, bounds=bounds, objective=objective,
                 elasticity=elasticity)  # fmt: skip
    by_name = {row["sku"]: row for row in rows}
    for row in menu.table.to_dict("records"):
        given, price = by_name[row["sku"]], row["price_minor"]
        now, cost = given["list_price_minor"], given["cost_minor"]
        assert row["current_minor"] == now != price > 0
        assert now * (1 - max_change) <= price <= now * (1 + max_change)
        assert price > now if cost is None else price * (1 - min_margin) >= cost
        assert given["map_price_minor"] is None or price >= given["map_price_minor"]
        assert given["low"] <= price <= given["low"] + given["room"]
        assert not endings or any(f"{price:03d}".endswith(ending) for ending in endings)
        assert row["value"] > 0


@settings(max_examples=40, deadline=None)
@given(rows=skus, min_margin=shares, max_discount=shares)
def test_every_promotion_keeps_margin_depth_and_brand_price(source, rows, min_margin, max_discount):
    rows = [{"sku": f"S{number}", **row} for number, row in enumerate(rows)]
    limits = PriceLimits("GBP", min_margin, Decimal(0), (), max_discount)
    by_name = {row["sku"]: row for row in rows}
    for row in _promotions(rows, source, limits=limits, elasticity=-3.0).table.to_dict("records"):
        given, price = by_name[row["sku"]], row["price_minor"]
        assert given["cost_minor"] is not None
        assert price * (1 - min_margin) >= given["cost_minor"]
        assert given["list_price_minor"] * (1 - max_discount) <= price < given["list_price_minor"]
        assert given["map_price_minor"] is None or price >= given["map_price_minor"]
        assert -1e-9 <= 1 - price / given["list_price_minor"] - row["discount"] < 1e-4 + 1e-9


MUG = {"sku": "MUG", "list_price_minor": 1000, "cost_minor": 500.0, "on_hand": 400, "inbound": 0}


def test_inelastic_demand_is_worth_a_rise_and_elastic_a_cut(source):
    rise = _menu([MUG], source, elasticity=-0.8).table.iloc[0]
    cut = _menu([MUG], source, elasticity=-4.0).table.iloc[0]
    assert rise["price_minor"] > 1000 > cut["price_minor"]
    assert rise["units_p50"] < 0 < cut["units_p50"]
    assert rise["gross_profit_minor_p50"] > 0


def test_where_nothing_is_known_of_the_response_no_price_is_worth_the_risk(source):
    """At the profit-neutral elasticity, a wide error turns into a risk that is not worth it."""
    assert len(_menu([MUG], source, elasticity=-2.0, std_error=1.5).table) == 0


def test_the_expected_change_is_the_textbooks(source):
    row = {**MUG, "on_hand": 10**6}
    tried = pd.DataFrame({"seen_low_minor": 800.0, "seen_high_minor": 1200.0}, index=["MUG"])
    table = _menu([row], source, elasticity=-0.8, std_error=1e-6, market=tried).table
    best = table.iloc[0]
    expected = 4.0 * 28 * ((best["price_minor"] / 1000) ** -0.8 - 1)
    assert best["units_p50"] == pytest.approx(expected, rel=0.1)


def test_stock_that_sells_out_anyway_makes_a_cut_worthless(source):
    scarce = {**MUG, "on_hand": 20}
    assert len(_menu([scarce], source, elasticity=-4.0, objective=Objective.UNITS).table) == 0
    dearer = _menu([scarce], source, elasticity=-2.5).table.iloc[0]
    assert dearer["price_minor"] > 1000
    assert dearer["units_p90"] == pytest.approx(0, abs=0.01)


def test_an_unknown_cost_allows_rises_only_and_says_how_they_are_valued(source):
    menu = _menu([{"sku": "X", "list_price_minor": 1000}], source, elasticity=-0.5)
    assert (menu.table["price_minor"] > 1000).all()
    assert menu.table["gross_profit_minor_p50"].isna().all()
    said = menu.evidence("X", int(menu.table["price_minor"].iloc[0])).assumptions
    assert any("cost unknown" in text for text in said)
    assert any("stock unknown" in text for text in said)


def test_an_assumed_cost_is_named_in_the_evidence(source):
    menu = _menu([{**MUG, "cost_assumed": True}], source, elasticity=-0.8)
    said = menu.evidence("MUG", int(menu.table["price_minor"].iloc[0])).assumptions
    assert "gross margin 50 % assumed, no cost on file" in said


def test_a_shorter_promotion_wins_fewer_units(source):
    long, short = (_promotions([MUG], source, elasticity=-3.0, days=days) for days in (28, 7))
    for menu in (long, short):
        assert (menu.table["units_p50"] > 0).all()
    at = {m.days: m.table.set_index("price_minor")["units_p50"] for m in (long, short)}
    assert (at[7] < at[28]).all()


def test_an_evidence_recomputes_its_own_figures(source):
    known = [(400.0, 90), (None, 50), (500.0, None)]
    rows = [
        {**MUG, "sku": f"S{n}", "list_price_minor": 900 + 37 * n, "cost_minor": c, "on_hand": s}
        for n, (c, s) in enumerate(known)
    ]
    menus = [_menu(rows, source, elasticity=-0.9), _promotions(rows, source, days=9, elasticity=-3)]
    for menu in menus:
        assert len(menu.table)
        for row in menu.table.itertuples():
            evidence = menu.evidence(row.sku, row.price_minor)
            again = effect_of(evidence.params)
            shown = {k: v for k, v in evidence.result.items() if k in again}
            assert shown == {k: again[k] for k in shown}
            assert evidence.data[0].selector["sku"] == row.sku


def test_a_price_that_is_not_on_the_menu_has_no_evidence(source):
    with pytest.raises(NotFoundError, match="no price 1 for SKU MUG"):
        _menu([MUG], source).evidence("MUG", 1)


def test_the_order_of_the_catalogue_and_other_skus_do_not_matter(source):
    rows = [{**MUG, "sku": f"S{n}", "list_price_minor": 800 + 31 * n} for n in range(9)]
    once, again = (_menu(each, source, elasticity=-0.9).table for each in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(once, again)
    alone = _menu(rows[4:5], source, elasticity=-0.9).table
    pd.testing.assert_frame_equal(alone, once[once["sku"] == "S4"].reset_index(drop=True))


def test_skus_without_price_forecast_or_bounds_are_left_out(source):
    catalogue, demand, elasticity = _known(
        [MUG, {**MUG, "sku": "FREE", "list_price_minor": None}, {**MUG, "sku": "NEW"},
         {**MUG, "sku": "STAYS"}], source, elasticity=-0.8,
    )  # fmt: skip
    demand = replace(demand, table=demand.table.drop(index="NEW"))
    bounds = pd.DataFrame({"low_minor": [900], "high_minor": [1100]}, index=["MUG"])
    menu = price_menu(catalogue, demand, elasticity, limits=LIMITS, bounds=bounds,
                      objective=Objective.GROSS_PROFIT, source=source)  # fmt: skip
    assert set(menu.table["sku"]) == {"MUG"}


def test_an_empty_catalogue_gives_an_empty_menu(source):
    catalogue, demand, elasticity = _known([MUG], source)
    for menu in (
        price_menu(catalogue.iloc[:0], demand, elasticity, limits=LIMITS, bounds=None,
                   objective=Objective.REVENUE, source=source),
        promotion_menu(catalogue.iloc[:0], demand, elasticity, limits=LIMITS, bounds=None,
                       objective=Objective.REVENUE, source=source, depths=DEPTHS),
    ):  # fmt: skip
        assert len(menu.table) == 0
        assert "units_p50" in menu.table


def test_goods_on_their_way_count_from_when_they_arrive(source):
    """Demand is 112 in four weeks: what comes too late to be missed changes nothing."""
    short = {**MUG, "on_hand": 20, "inbound": 200}
    soon = _menu([{**short, "inbound_days": 1}], source, elasticity=-4.0).table
    late = _menu([{**short, "inbound_days": 28}], source, elasticity=-4.0).table
    assert (soon["price_minor"] < 1000).all() and len(soon)
    assert (late["price_minor"] > 1000).all() and len(late)


def test_clearing_cuts_what_is_left_over_and_leaves_what_sells_out(source):
    excess, scarce = {**MUG, "on_hand": 2000}, {**MUG, "on_hand": 30}
    clear = {"objective": Objective.CLEAR_STOCK, "elasticity": -1.5}
    assert (_menu([excess], source, **clear).table["price_minor"] < 1000).all()
    assert len(_menu([excess], source, **clear).table)
    assert len(_menu([scarce], source, **clear).table) == 0


def test_dead_stock_is_cut_with_an_honest_width_where_the_goal_is_to_clear_it(source):
    catalogue, demand, elasticity = _known([MUG], source, elasticity=-2.0, mean=0.0)
    silent = demand.table.assign(variance_per_day=0.0, units_90=0.0, history_days=400)
    demand = replace(demand, table=silent)
    menus = [
        price_menu(catalogue, demand, elasticity, limits=LIMITS, bounds=None, objective=objective,
                   source=source)
        for objective in (Objective.CLEAR_STOCK, Objective.GROSS_PROFIT)
    ]  # fmt: skip
    clear, profit = menus
    assert len(profit.table) == 0
    best = clear.table.iloc[0]
    assert best["price_minor"] < 1000 and best["units_p50"] < 1
    said = clear.evidence("MUG", int(best["price_minor"])).assumptions
    assert any("nothing sold in 400 days" in text for text in said)


def test_what_other_products_gain_counts(source):
    """Near the profit-neutral elasticity the substitute's gain decides for a dearer price."""
    rows = [MUG, {**MUG, "sku": "CUP"}]
    cross = pd.DataFrame({"sku": ["MUG"], "other": ["CUP"], "elasticity": [0.8]})
    alone = _menu(rows, source, elasticity=-2.2)
    assert not (alone.table["price_minor"] > 1000).any()
    beside = _menu(rows, source, elasticity=-2.2, cross=cross)
    mine = beside.table[beside.table["sku"] == "MUG"]
    assert (mine["price_minor"] > 1000).all() and len(mine)


def test_others_gain_no_more_units_than_a_price_loses(source):
    rows = [{"sku": "MUG", "list_price_minor": 1000, "cost_minor": 500},
            {"sku": "CUP", "list_price_minor": 1000, "cost_minor": 100}]  # fmt: skip
    cross = pd.DataFrame({"sku": ["MUG"], "other": ["CUP"], "elasticity": [9.0]})

    found = _menu(rows, source, elasticity=-2.2, cross=cross).table

    dearer = found[(found["sku"] == "MUG") & (found["price_minor"] > 1000)]
    assert len(dearer)
    assert dearer["units_p50"].to_numpy() == pytest.approx(0, abs=1)


def test_demand_seen_at_a_lower_price_is_not_taken_for_demand_at_the_new_one(source):
    """After a rise the forecast still shows what sold before it: rises must not look free."""
    seen = pd.DataFrame({"basis_minor": [900.0], "seen_low_minor": [900.0],
                         "seen_high_minor": [1000.0]}, index=["MUG"])  # fmt: skip
    old = _menu([MUG], source, elasticity=-1.2, market=seen)
    new = _menu([MUG], source, elasticity=-1.2)
    assert old.table["gross_profit_minor_p50"].max() < new.table["gross_profit_minor_p50"].max()


def test_a_price_far_from_its_best_is_worth_more_than_what_it_brings_alone(source):
    """Later plans can go on: the value counts half of what they may add."""
    found = _menu([MUG], source, elasticity=-5.0, std_error=0.01)
    evidence = found.evidence("MUG", int(found.table["price_minor"].iloc[0]))
    alone = effect_of({**evidence.params, "step": 0.0})["value"]
    assert evidence.result["value"] > alone > 0


@pytest.mark.parametrize(
    "odd",
    [{"cost_minor": 5000.0}, {"cost_minor": -3.0}, {"on_hand": -20}, {"list_price_minor": 0},
     {"list_price_minor": float("inf")}, {"inbound": -5}, {"competitor_price_minor": 0}],
)  # fmt: skip
def test_odd_figures_give_limits_kept_and_no_nonsense(source, odd):
    menu = _menu([{**MUG, **odd}], source, elasticity=-1.0)
    figures = menu.table[["value", "units_p10", "units_p50", "revenue_minor_p50"]]
    assert np.isfinite(figures.to_numpy(dtype=float)).all()
    assert (menu.table["price_minor"] > 0).all()


def test_stock_that_can_be_had_again_is_no_reason_for_a_dearer_price(source):
    def best(**stock) -> int:
        row = {"sku": "MUG", "list_price_minor": 1000, "cost_minor": 550, "inbound": 0.0, **stock}
        table = _menu([row], source, elasticity=-2.2, std_error=0.1).table
        return int(table["price_minor"].iloc[0]) if len(table) else 1000

    short = best(on_hand=30.0)
    again = best(on_hand=30.0, restock_days=5.0)

    assert short > 1000
    assert again <= best(on_hand=9999.0) < short
