"""What prices chosen by chance earned: the right days, the right reward, nothing from later."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tools.price_log import gain_of_learning, read_price_log

TODAY = date(2026, 3, 1)


def choice(sku="A", start=date(2026, 2, 1), chosen=0, chances=(0.4, 0.6)) -> dict:
    return {
        "sku": sku, "start": start, "prices": [900, 1000], "chances": list(chances),
        "expected": [4000.0, 4000.0], "chosen": chosen, "kept": 1,
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
    later = choice(start=date(2026, 2, 11), chosen=1)
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

    assert not gain_of_learning(found).reliable


def drawn_weeks(better: float) -> tuple[list[dict], pd.DataFrame]:
    """A shop of 60 SKUs, ten weeks of draws; the lower price earns ``better`` times the other."""
    rng = np.random.default_rng(5)
    choices, panels = [], []
    for number in range(60):
        prices = []
        for week in range(10):
            chosen = int(rng.random() < 0.5)
            start = pd.Timestamp("2025-12-20") + pd.Timedelta(days=7 * week)
            choices.append(choice(f"S{number}", start.date(), chosen, (0.5, 0.5)))
            prices += [(900, 1000)[chosen]] * 7
        mean = np.where(np.array(prices) == 900, 400 * 10 / 300 * better, 10.0)
        panel = sales(f"S{number}", since="2025-12-20", days=70, units=rng.poisson(mean))
        panel["list_price_minor"] = np.array(prices, dtype=float)
        panels.append(panel.assign(revenue_minor=panel["units"] * panel["list_price_minor"]))
    return choices, pd.concat(panels)


@pytest.mark.parametrize(("better", "sign"), [(1.3, 1), (0.7, -1)])
def test_whether_learning_pays_is_told_from_the_log(better, sign):
    choices, panel = drawn_weeks(better)

    gain = gain_of_learning(read_price_log(pd.DataFrame(choices), panel, today=TODAY))

    assert gain.reliable
    assert gain.value == pytest.approx(0.5 * 4000 * (better - 1), rel=0.15)
    assert sign * gain.value > 0
    assert gain.low * gain.high > 0
