import pandas as pd
import pytest

from tools.returns import return_rates


def _panel(**columns):
    return pd.DataFrame(columns)


def test_a_well_known_rate_is_its_own_and_a_hardly_known_one_the_shops():
    panel = _panel(sku=["A", "B", "C"], units=[10_000, 10_000, 2], returns=[3_000, 1_000, 0])
    rates = return_rates(panel)
    assert rates["A"] == pytest.approx(0.3, abs=0.005)
    assert rates["B"] == pytest.approx(0.1, abs=0.005)
    assert rates["C"] == pytest.approx(0.2, abs=0.02)


def test_more_returns_than_sales_stay_a_share():
    rates = return_rates(_panel(sku=["A", "B"], units=[1, 0], returns=[50, 3]))
    assert (rates <= 0.9).all()


@pytest.mark.parametrize("panel", [_panel(sku=["A"], units=[3]), _panel(sku=[], units=[])])
def test_without_returns_on_file_nothing_is_said(panel):
    assert return_rates(panel).empty
