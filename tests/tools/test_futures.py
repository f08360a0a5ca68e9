import numpy as np
import pytest
from scipy import stats

from tools.counts import count_quantiles
from tools.figures import plain, significant
from tools.futures import common_luck, price_factor, sold_at
from tools.stock_flow import Flow, sell


@pytest.mark.parametrize("mean", [0.5, 3.0, 80.0])
@pytest.mark.parametrize("scatter", [1.0, 3.0])
def test_drawn_sales_have_the_asked_for_moments(mean, scatter):
    luck = common_luck(20_000, 1).sales
    drawn = sold_at(np.float64(mean), np.float64(scatter), luck)
    assert drawn.mean() == pytest.approx(mean, rel=0.1)
    assert drawn.var() == pytest.approx(mean * scatter, rel=0.25)


def test_the_same_seed_gives_the_same_futures_evenly_spread():
    once, again = common_luck(400, 7), common_luck(400, 7)
    assert (once.level == again.level).all()
    assert abs(once.price.mean()) < 0.01
    assert once.sales.std() == pytest.approx(1, abs=0.02)
    assert abs(np.corrcoef(once.level, once.price)[0, 1]) < 0.15


def test_a_higher_price_never_sells_more():
    factor = price_factor(np.array([1.1]), np.array([-0.1]), np.array([2.0]), np.linspace(-3, 3))
    assert (factor < 1).all()


def test_count_quantiles_are_the_negative_binomials():
    mean, variance = np.array([4.0]), np.array([10.0])
    expected = stats.nbinom.ppf(0.9, 16 / 6, 0.4)
    assert count_quantiles(mean, variance, (0.9,))[0][0] == expected
    assert count_quantiles(np.array([5e4]), np.array([1e6]), (0.5,))[0][0] == pytest.approx(
        5e4, rel=0.01
    )


def _flow(on_hand, order=0.0, order_days=0.0, inbound=0.0, inbound_days=np.nan):
    numbers = (on_hand, inbound, inbound_days, order, order_days)
    return Flow(*(np.array([[number]], dtype=float) for number in numbers))


@pytest.mark.parametrize(
    ("flow", "units", "days"),
    [
        (_flow(100), 28, 0),
        (_flow(7), 7, 21),
        (_flow(np.nan), 28, 0),
        (_flow(7, order=100, order_days=14), 21, 7),
        (_flow(7, order=3, order_days=14), 10, 18),
        (_flow(7, inbound=100), 21, 7),
        (_flow(0, inbound=2, inbound_days=4, order=5, order_days=20), 7, 21),
        (_flow(0, order=9, order_days=60), 0, 28),
    ],
)
def test_stock_meets_demand_until_it_runs_out(flow, units, days):
    sold = sell(np.array([[28.0]]), flow, 28)
    assert sold.units[0, 0] == pytest.approx(units)
    assert sold.stockout_days[0, 0] == pytest.approx(days)


def test_published_figures_keep_six_digits_and_unknown_is_none():
    assert significant([123456789.0, 0.00123456789, 0.0]).tolist() == [
        123457000.0, 0.00123457, 0.0,
    ]  # fmt: skip
    assert plain({"a": np.float64("nan"), "b": np.int64(3), "c": "x"}) == {
        "a": None, "b": 3, "c": "x",
    }  # fmt: skip
