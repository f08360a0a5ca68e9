from datetime import date

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.errors import UsageError
from tools.forecast import forecast_demand


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(80, price_moves=False, mean=1.0)


@pytest.fixture(scope="module")
def forecast(shop, source):
    known = shop.until(28)
    return forecast_demand(known.panel, start=known.next_day, horizon_days=28, source=source)


def _sold(shop, days=28):
    last = shop.panel["date"].max() - pd.Timedelta(days=days)
    later = shop.panel[shop.panel["date"] > last]
    return later.groupby("sku", observed=True)["units"].sum()


def test_the_band_holds_about_eight_of_ten_skus(shop, forecast):
    sold = _sold(shop).reindex(forecast.table.index)
    inside = (sold >= forecast.table["p10"]) & (sold <= forecast.table["p90"])
    assert 0.68 <= inside.mean() <= 0.93


def test_the_shops_total_is_near_what_then_sold(shop, forecast):
    expected = forecast.table["mean_per_day"].sum() * 28
    assert expected == pytest.approx(_sold(shop).sum(), rel=0.2)


def test_the_order_of_the_rows_does_not_matter(shop, source):
    known = shop.until(400)
    part = known.panel[known.panel["sku"].isin(known.catalogue["sku"][:40])]
    shuffled = part.sample(frac=1, random_state=3)
    shuffled["sku"] = shuffled["sku"].cat.reorder_categories(shuffled["sku"].cat.categories[::-1])
    tables = [
        forecast_demand(each, start=known.next_day, horizon_days=14, source=source).table
        for each in (part, shuffled)
    ]
    pd.testing.assert_frame_equal(*tables)


def _daily(units, name="A", **columns):
    days = pd.date_range("2024-01-01", periods=len(units))
    return pd.DataFrame({"sku": name, "date": days, "units": units, **columns})


def test_days_sold_out_do_not_lower_the_forecast(source):
    units = np.full(120, 4.0)
    stock = np.full(120, 50.0)
    units[-40:], stock[-40:] = 0, 0
    panel = _daily(units, on_hand=stock)
    found = forecast_demand(panel, start=date(2024, 4, 30), horizon_days=10, source=source)
    assert found.table.at["A", "mean_per_day"] == pytest.approx(4.0, rel=0.15)
    assert any("sold-out days" in note for note in found.evidence("A").assumptions)


def test_a_new_sku_says_that_it_leans_on_others(source):
    panel = pd.concat([_daily(np.full(200, 3.0)), _daily(np.full(200, 1.0), "N").tail(10)])
    found = forecast_demand(panel, start=date(2024, 7, 19), horizon_days=10, source=source)
    assert found.table.at["N", "model"] == "pooled"
    assert any("leans on other SKUs" in note for note in found.evidence("N").assumptions)


def test_what_has_not_sold_for_long_is_not_expected_to(source):
    units = np.r_[np.full(200, 3.0), np.zeros(200)]
    panel = pd.concat([_daily(units, "D", on_hand=9.0), _daily(np.full(400, 3.0), on_hand=9.0)])
    found = forecast_demand(panel, start=date(2025, 2, 4), horizon_days=28, source=source)
    assert found.table.at["D", "p50"] == 0
    assert found.table.at["D", "mean_per_day"] < 0.2


def test_too_little_history_says_so(source):
    found = forecast_demand(
        _daily([1.0, 0.0, 2.0]), start=date(2024, 1, 4), horizon_days=28, source=source
    )
    assert "too little history" in found.evidence("A").assumptions[-1]


def test_no_history_at_all_forecasts_nothing(source):
    empty = _daily([]).iloc[:0]
    found = forecast_demand(empty, start=date(2024, 1, 1), horizon_days=7, source=source)
    assert len(found.table) == 0


def test_a_horizon_without_days_is_refused(source):
    with pytest.raises(UsageError):
        forecast_demand(_daily([1.0]), start=date(2024, 1, 2), horizon_days=0, source=source)


def test_the_evidence_holds_the_rows_and_figures(forecast):
    evidence = forecast.evidence("S0001")
    assert evidence.data[0].selector == {"sku": "S0001"}
    assert evidence.result["p50"] == forecast.table.at["S0001", "p50"]
    assert evidence == forecast.evidence("S0001")


def test_one_huge_order_does_not_become_the_rate(source):
    units = np.tile([0.0, 3.0], 100)
    units[60] = 74_215
    found = forecast_demand(_daily(units), start=date(2024, 7, 19), horizon_days=28, source=source)
    assert found.table.at["A", "mean_per_day"] < 3


def test_categories_have_seasons_of_their_own(source):
    days = np.arange(730)
    warm = 6 + 5 * np.sin(2 * np.pi * (days + 30) / 365.25)
    panel = pd.concat(
        [_daily(np.round(level), f"{kind}{number}")
         for kind, level in (("W", warm), ("C", 12 - warm)) for number in range(6)]
    )  # fmt: skip
    found = forecast_demand(
        panel, start=date(2025, 12, 31), horizon_days=28, source=source,
        categories=pd.Series({name: name[0] for name in panel["sku"].unique()}),
    ).table["mean_per_day"]  # fmt: skip
    expected = 6 + 5 * np.sin(2 * np.pi * (730 + 14 + 30) / 365.25)
    assert found["W0"] == pytest.approx(expected, rel=0.15)
    assert found["C0"] == pytest.approx(12 - expected, rel=0.4)


def test_a_season_that_all_but_ends_is_followed_down(source):
    days = pd.date_range("2023-01-01", periods=880)
    height = np.exp(2.2 * np.cos(2 * np.pi * (days.dayofyear.to_numpy() - 15) / 365.25))
    rng = np.random.default_rng(4)
    panel = pd.concat(
        [_daily(rng.poisson(0.4 * height), f"C{number}") for number in range(12)],
        ignore_index=True,
    )
    found = forecast_demand(panel, start=date(2025, 5, 30), horizon_days=28, source=source)
    truth = 0.4 * np.exp(2.2 * np.cos(2 * np.pi * (np.arange(28) + 150 - 15) / 365.25)).mean()
    assert found.table["mean_per_day"].mean() == pytest.approx(truth, rel=0.3)
