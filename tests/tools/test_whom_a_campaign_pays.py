"""Past hold-outs of a made-up shop decide who is written to; caps, fatigue and sizes hold."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ecomagent.domain.goal import Objective
from tests.tools.test_customer_campaigns import SOURCE, TODAY, people
from tools.campaign_futures import campaign_figures
from tools.contact_fatigue import contacts_within, freshness
from tools.customer_features import FEATURES, CustomerHistory, experiment_rows, features_on
from tools.hold_out import detectable, hold_out
from tools.lifetime_value import lifetime_values
from tools.marketing import CampaignMenu, campaign_menu, segment_customers

DAY = pd.Timestamp(TODAY)


def orders_of(customers: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """Orders that the customer table could have been made from."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(customers)), customers["orders"])
    first, last = customers["first_order"].to_numpy(), customers["last_order"].to_numpy()
    when = first[who] + (rng.random(len(who)) * (last - first)[who]).astype("timedelta64[D]")
    return pd.DataFrame({"customer_id": customers["customer_id"].to_numpy()[who], "date": when,
                         "revenue_minor": 3000})  # fmt: skip


def campaigns_of(customers: pd.DataFrame, orders: pd.DataFrame, *, moved: np.ndarray, runs=4):
    """Campaigns to 70 % of everybody, which add orders of the customers they move."""
    rng = np.random.default_rng(5)
    events, extra, rows = [], [], []
    for run in range(runs):
        day, name = DAY - pd.Timedelta(days=40 + 45 * run), f"cmp-{run}"
        sent = rng.random(len(customers)) < 0.7
        ids = customers["customer_id"].to_numpy()
        kinds = np.where(sent, "sent", "held_out")
        events.append(pd.DataFrame({"campaign_id": name, "segment": "all", "channel": "email",
                                    "customer_id": ids, "kind": kinds, "date": day}))  # fmt: skip
        bought = ids[sent & (rng.random(len(customers)) < moved)]
        extra.append(pd.DataFrame({"customer_id": bought, "date": day + pd.Timedelta(days=2),
                                   "revenue_minor": 3000}))  # fmt: skip
        rows.append((name, "all", "email", int(sent.sum()) * 40, int(sent.sum()),
                     int((~sent).sum()), 0, 0))  # fmt: skip
    columns = ["campaign_id", "segment", "channel", "cost_minor", "sent", "held_out", "converted",
               "held_out_converted"]  # fmt: skip
    return (pd.concat([orders, *extra]), pd.concat(events), pd.DataFrame(rows, columns=columns))


@pytest.fixture(scope="module")
def shop():
    """Frequent buyers are moved by mail, the others never; a contact costs 40."""
    customers = people(6000)
    moved = np.where(customers["orders"] >= 3, 0.12, 0.0)
    orders, events, past = campaigns_of(customers, orders_of(customers), moved=moved)
    return customers, orders, events, past


def offered(shop, *, cap: int | None = None, more_events=None, **more) -> CampaignMenu:
    customers, orders, events, past = shop
    if more_events is not None:
        events = pd.concat([events, more_events])
    segments = segment_customers(customers, today=TODAY, source=SOURCE)
    return campaign_menu(
        segments, customers, past, objective=Objective.GROSS_PROFIT, horizon_days=28,
        gross_margin=0.5, currency="GBP", source=SOURCE, max_contacts=cap,
        history=CustomerHistory.of(orders, events, customers["customer_id"]), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def menu(shop):
    return offered(shop)


def test_mail_goes_to_those_it_moves(shop, menu):
    wanted = set(shop[0].loc[shop[0]["orders"] >= 3, "customer_id"])
    full = menu.table.groupby("segment").tail(1)

    chosen = {name for key in full["key"] for name in menu.audience_ids(key)}

    assert len(chosen & wanted) / len(wanted) > 0.8
    assert len(chosen - wanted) / len(chosen) < 0.45, "58 % where all are written to"
    assert menu.models["email"].learner != "same_for_all"


def test_what_is_promised_is_what_such_customers_gave(menu):
    """True effect of those moved is .12, of the rest nothing."""
    full = menu.table.groupby("segment").tail(1)

    assert (full["uplift"] < 0.14).all()
    assert (full["uplift"] * full["targeted"]).sum() / full["targeted"].sum() > 0.05


def test_a_larger_audience_is_worth_more_but_less_a_contact(menu):
    sizes = [part for _, part in menu.table.groupby("segment") if len(part) > 1]

    assert sizes
    for part in sizes:
        value = part["value"] / part["audience"]
        assert part["targeted"].is_monotonic_increasing
        assert value.iloc[0] > value.iloc[-1]


def test_every_figure_comes_out_of_its_evidence_again(menu):
    for key in menu.table["key"].head(3):
        evidence = menu.evidence(key)
        again = campaign_figures(evidence.params)
        assert again == {name: evidence.result[name] for name in again}
        assert menu.basis(key)[0].result["held_out"] > 1000


def test_any_order_of_rows_gives_the_same_menu(shop, menu):
    shuffled = (*(frame.sample(frac=1, random_state=8) for frame in shop[:3]), shop[3])

    pd.testing.assert_frame_equal(offered(shuffled).table, menu.table)


def test_campaigns_to_one_segment_share_customers_and_others_do_not(menu):
    segment = menu.table.set_index("key")["segment"]

    found = menu.overlaps()

    assert len(found)
    assert (segment[found["one"]].to_numpy() == segment[found["other"]].to_numpy()).all()


def test_an_audience_has_one_name_whatever_its_order(shop, menu):
    again = offered(shop)

    assert menu.table["audience_id"].tolist() == again.table["audience_id"].tolist()
    assert menu.table["audience_id"].is_unique


def messages(ids, days_ago: int, times: int) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"campaign_id": f"late-{n}", "segment": "all", "channel": "sms",
                          "customer_id": list(ids), "kind": "sent",
                          "date": DAY - pd.Timedelta(days=days_ago)})
            for n in range(times)
        ]
    )  # fmt: skip


def test_nobody_over_the_cap_is_written_to(shop):
    tired = shop[0]["customer_id"].iloc[:1500]

    found = offered(shop, cap=3, more_events=messages(tired, 5, 3))

    reached = {name for key in found.table["key"] for name in found.audience_ids(key)}
    assert not reached & set(tired)
    assert found.left_out["written to often enough this month"] == 1500
    assert (found.table["most_contacts"] <= 3).all()


def test_recent_messages_take_off_the_effect_and_say_so(shop, menu):
    found = offered(shop, more_events=messages(shop[0]["customer_id"], 3, 2))

    champions = found.table[found.table["segment"] == "champions"].iloc[-1]
    fresh = menu.table[menu.table["segment"] == "champions"].iloc[-1]
    assert champions["freshness"] < 0.85 < fresh["freshness"]
    assert any("takes up to" in line for line in found.assumptions(champions["key"]))


def test_who_signed_off_is_left_alone(shop):
    gone = shop[0]["customer_id"].iloc[:50]
    event = pd.DataFrame({"campaign_id": "cmp-0", "segment": "all", "channel": "email",
                          "customer_id": list(gone), "kind": "unsubscribed",
                          "date": DAY - pd.Timedelta(days=30)})  # fmt: skip

    found = offered(shop, more_events=event)

    reached = {name for key in found.table["key"] for name in found.audience_ids(key)}
    assert found.left_out["unsubscribed"] == 50
    assert not reached & set(gone)


def test_the_long_run_is_shown_apart(shop, menu):
    values = lifetime_values(shop[0], today=TODAY, source=SOURCE, gross_margin=0.5)

    found = offered(shop, lifetime=values).table

    assert (found["long_run_profit_minor"] > 0).all()
    assert menu.table["long_run_profit_minor"].isna().all()
    later = found["gross_profit_minor_p50"] < found["value"] + found["cost_minor"] + 1
    assert later.all(), "the value is the campaign's own profit less its cost, no more"


def test_nothing_after_a_campaigns_day_describes_its_customers(shop):
    customers, orders, events, _ = shop
    history = CustomerHistory.of(orders, events, customers["customer_id"])
    day = int((DAY - pd.Timedelta(days=40)).to_datetime64().astype("datetime64[D]").astype(int))
    past = CustomerHistory.of(
        orders[orders["date"] < DAY - pd.Timedelta(days=40)],
        events[events["date"] < DAY - pd.Timedelta(days=40)],
        customers["customer_id"],
    )

    pd.testing.assert_frame_equal(features_on(history, day), features_on(past, day))


def test_a_campaign_whose_answers_still_come_in_teaches_nothing(shop):
    customers, orders, events, _ = shop
    history = CustomerHistory.of(orders, events, customers["customer_id"])

    early = experiment_rows(history, channel="email", today=TODAY - timedelta(days=30))

    assert set(early["campaign_id"]) == {"cmp-1", "cmp-2", "cmp-3"}
    assert np.isfinite(early[list(FEATURES)].to_numpy()).all()


def test_a_shop_without_orders_or_messages_gets_todays_prior(shop):
    customers, orders, events, past = shop

    found = offered((customers, orders.iloc[:0], events.iloc[:0], past.iloc[:0]))

    assert (found.table["past_campaigns"] == 0).all()
    assert all(
        any("no past hold-out" in line for line in found.assumptions(key))
        for key in found.table["key"]
    )


def test_gaps_and_nonsense_in_the_history_leave_no_gaps_in_the_menu(shop):
    customers, orders, events, past = shop
    orders = pd.concat([orders.astype({"revenue_minor": float}), orders.head(5)])
    orders.iloc[0, orders.columns.get_loc("revenue_minor")] = np.nan
    orders.iloc[1, orders.columns.get_loc("date")] = pd.NaT
    orders.iloc[2, orders.columns.get_loc("customer_id")] = None
    orders.iloc[3, orders.columns.get_loc("revenue_minor")] = -1e9
    events = events.copy()
    events.iloc[:3, events.columns.get_loc("customer_id")] = [None, "nobody", "C1"]
    events.iloc[3, events.columns.get_loc("date")] = pd.NaT
    past = past.assign(cost_minor=[0, 0, 0, 0])

    table = offered((customers, orders, events, past)).table

    assert len(table)
    figures = table.drop(columns="long_run_profit_minor").select_dtypes("number")
    assert np.isfinite(figures.to_numpy()).all()


def test_messages_of_the_last_month_are_counted_by_customer():
    history = CustomerHistory.of(
        pd.DataFrame({"customer_id": ["A"], "date": [DAY], "revenue_minor": [1]}),
        pd.concat([messages(["A"], 29, 2), messages(["A"], 31, 1), messages(["B"], 0, 1)]),
    )

    assert contacts_within(history, today=TODAY).tolist() == [2, 1]
    assert (freshness(history, today=TODAY) < 1).all()


def test_a_hold_out_is_as_small_as_shows_the_effect_expected():
    large, small = (hold_out(count, rate=0.05, effect=0.01) for count in (100_000, 1000))

    assert large.sufficient
    assert large.share < 0.1
    assert large.detectable <= 0.01
    assert not small.sufficient
    assert small.detectable > 0.01


def test_the_detectable_effect_is_found_four_times_in_five():
    rng = np.random.default_rng(1)
    count, share, rate = 20_000, 0.2, 0.05
    effect = detectable(count, share, rate)
    held, sent = int(count * share), int(count * (1 - share))

    treated = rng.binomial(sent, rate + effect, 2000) / sent
    alone = rng.binomial(held, rate, 2000) / held
    error = np.sqrt(treated * (1 - treated) / sent + alone * (1 - alone) / held)

    assert ((treated - alone) / error > 1.96).mean() == pytest.approx(0.8, abs=0.04)
