"""What prices chosen by chance earned: the right days, the right reward, nothing from later."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tools.price_gate import PricePolicy, judge_policies
from tools.price_log import PriceLog, read_price_log

TODAY = date(2026, 3, 1)


PRICES = (900, None, None, 1000, None, None, None)
LOW, KEPT = 0, 3


def choice(
    sku="A", start=date(2026, 2, 1), chosen=LOW, chances=(0.4, 0.6), best=KEPT, challenger=None
) -> dict:
    def listed(low, kept):
        return [low, None, None, kept, None, None, None]

    return {
        "sku": sku, "start": start, "prices": list(PRICES), "chances": listed(*chances),
        "thompson": listed(*chances), "expected": listed(4000.0, 4000.0), "chosen": chosen,
        "best": best, "challenger": None if challenger is None else listed(*challenger),
    }  # fmt: skip


def sales(sku="A", price=900, units=2, since="2026-01-20", days=40, **more) -> pd.DataFrame:
    dates = pd.date_range(since, periods=days)
    frame = pd.DataFrame(
        {"sku": sku, "date": dates, "units": units, "list_price_minor": float(price),
         "cost_minor": 600.0, "on_hand": 50.0}
    ).assign(**more)  # fmt: skip
    return frame.assign(revenue_minor=frame["units"] * frame["list_price_minor"])


def read(choices: list[dict], *panels: pd.DataFrame):
    return read_price_log(pd.DataFrame(choices), pd.concat(panels), today=TODAY)


def test_a_draw_earns_the_profit_of_its_own_days():
    found = read([choice()], sales())

    assert found.log.reward == pytest.approx([2 * (900 - 600)])
    assert found.days == pytest.approx([28])


def test_a_draw_ends_with_the_next_one_and_with_another_price():
    later = choice(start=date(2026, 2, 11), chosen=KEPT)
    panel = sales()
    panel.loc[panel["date"] >= "2026-02-11", "list_price_minor"] = 1000.0
    panel.loc[panel["date"] >= "2026-02-20", "list_price_minor"] = 1100.0

    found = read([choice(), later], panel)

    assert found.days == pytest.approx([10, 9])


def test_days_sold_out_and_days_to_come_do_not_count():
    panel = sales()
    empty = panel["date"].between("2026-02-05", "2026-02-14")
    panel.loc[empty, ["units", "revenue_minor", "on_hand"]] = 0

    assert read([choice()], panel).days == pytest.approx([18])
    assert len(read([choice(start=date(2026, 2, 27))], panel).days) == 0


def test_a_draw_whose_price_was_never_asked_or_whose_cost_is_unknown_is_left_out():
    assert len(read([choice()], sales(price=950)).days) == 0
    assert len(read([choice()], sales(cost_minor=np.nan)).days) == 0
    assert len(read([choice(sku="B")], sales()).days) == 0


def test_no_draws_say_nothing():
    nothing = pd.DataFrame([choice()]).iloc[:0]

    found = read_price_log(nothing, sales(), today=TODAY)

    for live in PricePolicy:
        assert judge_policies(found, live).live is live


def drawn_weeks(better: float, best=KEPT, challenger=None) -> PriceLog:
    """A shop of 60 SKUs, ten weeks of draws; the lower price earns ``better`` times the other."""
    rng = np.random.default_rng(5)
    choices, panels = [], []
    for number in range(60):
        prices = []
        for week in range(10):
            chosen = LOW if rng.random() < 0.5 else KEPT
            start = pd.Timestamp("2025-12-20") + pd.Timedelta(days=7 * week)
            choices.append(choice(f"S{number}", start.date(), chosen, (0.5, 0.5), best, challenger))
            prices += [PRICES[chosen]] * 7
        mean = np.where(np.array(prices) == 900, 400 * 10 / 300 * better, 10.0)
        panel = sales(f"S{number}", since="2025-12-20", days=70, units=rng.poisson(mean))
        panel["list_price_minor"] = np.array(prices, dtype=float)
        panels.append(panel.assign(revenue_minor=panel["units"] * panel["list_price_minor"]))
    return read(choices, *panels)


@pytest.mark.parametrize(("better", "sign"), [(1.3, 1), (0.7, -1)])
def test_whether_learning_pays_is_told_from_the_log(better, sign):
    judged = judge_policies(drawn_weeks(better), PricePolicy.LEARN)

    (gain,) = judged.gains
    assert gain.value.reliable
    assert gain.value.value == pytest.approx(0.5 * 4000 * (better - 1), rel=0.15)
    assert gain.value.low * gain.value.high > 0
    assert judged.live is (PricePolicy.LEARN if sign > 0 else PricePolicy.OPTIMISE)
    for estimator in ("ips", "snips", "doubly_robust"):
        found = judged.values[PricePolicy.OPTIMISE][estimator]
        assert found.low <= 4000 <= found.high


def test_a_policy_that_fell_back_does_not_come_back_by_itself():
    judged = judge_policies(drawn_weeks(1.3), PricePolicy.OPTIMISE)

    assert judged.live is PricePolicy.OPTIMISE


@pytest.mark.parametrize(
    ("better", "live", "then"),
    [
        (1.3, PricePolicy.LEARN, PricePolicy.CHALLENGER),
        (1.3, PricePolicy.OPTIMISE, PricePolicy.CHALLENGER),
        (1.0, PricePolicy.LEARN, PricePolicy.LEARN),
        (0.7, PricePolicy.CHALLENGER, PricePolicy.OPTIMISE),
    ],
)
def test_a_challenger_goes_live_only_where_the_log_proves_it_better(better, live, then):
    found = drawn_weeks(better, challenger=(0.98, 0.02))

    assert judge_policies(found, live).live is then


def test_a_challenger_that_few_choices_tell_about_stays_out():
    whole = drawn_weeks(1.3, challenger=(0.98, 0.02))
    mask = np.arange(len(whole.skus)) < 90
    few = replace(whole, challenger=np.where(mask[:, None], whole.challenger, np.nan))

    judged = judge_policies(few, PricePolicy.LEARN)

    assert judged.live is PricePolicy.LEARN
    assert not judged.gains[1].value.reliable
