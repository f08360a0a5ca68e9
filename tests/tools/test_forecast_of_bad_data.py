from datetime import date

import numpy as np
import pandas as pd
import pytest

from tools.forecast import forecast_demand

SKUS, DAYS = 24, 240
TODAY = date(2024, 8, 28)


def _shop(seed=4):
    """Enough of a shop for the global model to be tried; the last day is in August 2024."""
    rng = np.random.default_rng(seed)
    units = rng.poisson(np.linspace(0.4, 6, SKUS)[:, None], (SKUS, DAYS)).astype(float)
    return pd.DataFrame(
        {
            "sku": np.repeat([f"S{i:02d}" for i in range(SKUS)], DAYS),
            "date": np.tile(pd.date_range("2024-01-01", periods=DAYS), SKUS),
            "units": units.ravel(),
            "list_price_minor": 1000.0,
            "discount": 0.0,
            "promo": False,
            "on_hand": 50.0,
            "returns": 0.0,
        }
    )


def _one_sale(panel):
    panel.loc[panel["sku"] == "S00", "units"] = 0.0
    panel.loc[100, "units"] = 1.0


def _no_price(panel):
    panel.loc[panel["sku"] == "S01", "list_price_minor"] = 0.0
    panel.loc[panel["sku"] == "S02", "list_price_minor"] = np.nan


def _growth(panel):
    grown = (panel["sku"] == "S03") & (panel["date"] >= "2024-07-01")
    panel.loc[grown, "units"] *= 5


def _month_missing(panel):
    gone = (panel["date"] >= "2024-05-01") & (panel["date"] < "2024-06-01")
    panel.drop(panel.index[gone], inplace=True)


def _returns_above_sales(panel):
    panel.loc[panel["sku"] == "S04", "returns"] = 99.0
    panel.loc[panel["sku"] == "S05", "units"] *= -1


def _negative_stock(panel):
    panel.loc[panel["sku"] == "S06", "on_hand"] = -3.0


def _unknown(panel):
    panel.loc[panel["sku"] == "S07", "units"] = np.nan
    panel.loc[panel["date"] == "2024-02-29", ["units", "discount", "on_hand"]] = np.nan


def _nothing_sold(panel):
    panel["units"] = 0.0


def _currency_switch(panel):
    panel.loc[panel["date"] >= "2024-06-01", "list_price_minor"] *= 7.2


@pytest.mark.parametrize(
    "spoil",
    [_one_sale, _no_price, _growth, _month_missing, _returns_above_sales, _negative_stock,
     _unknown, _nothing_sold, _currency_switch],
)  # fmt: skip
def test_bad_data_gives_sane_figures_with_their_width(spoil, source):
    panel = _shop()
    usual = panel.groupby("sku")["units"].mean().reindex(sorted(panel["sku"].unique()))
    spoil(panel)

    found = forecast_demand(panel, start=TODAY, horizon_days=14, source=source, country="GB")

    table = found.table
    numbers = table.select_dtypes("number").to_numpy(dtype=float)
    assert np.isfinite(numbers).all()
    assert np.isfinite(found.daily.to_numpy()).all()
    assert np.isfinite(found.categories.to_numpy(dtype=float)).all()
    assert (table["mean_per_day"] >= 0).all()
    assert (table["mean_per_day"] <= 8 * usual.reindex(table.index) + 1).all()
    ordered = table[["p05", "p10", "p50", "p90", "p95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()


def test_a_shop_that_sold_nothing_is_not_forecast(source):
    panel = _shop()
    _nothing_sold(panel)
    found = forecast_demand(panel, start=TODAY, horizon_days=14, source=source)
    assert found.table.empty


def test_a_forecast_long_after_the_last_sale_still_stands(source):
    found = forecast_demand(_shop(), start=date(2024, 11, 20), horizon_days=14, source=source)
    assert np.isfinite(found.daily.to_numpy()).all()
    assert str(found.daily.columns[0].date()) == "2024-11-20"
