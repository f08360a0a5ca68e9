"""Outcomes follow what was really done, and only what was known by then."""

from datetime import date
from decimal import Decimal

from ecomagent.domain.action import (
    CampaignAfter,
    CampaignBefore,
    Metric,
    Reorder,
    ReorderAfter,
    SendCampaign,
    StockBefore,
    Target,
)
from ecomagent.plan.learning import lessons_of
from ecomagent.plan.learnt import Learnt, learn_report
from ecomagent.store.tables import CampaignEventRow, OrderLineRow, OrderRow

from .conftest import band

CUT = ("cup-01", "cup-02", "cup-03")


def outcomes(report):
    (plan,) = report.plans
    return {each.target: each for each in plan.outcomes}


def near(measured, truth):
    """Whether the truth lies within three standard errors of what was measured."""
    return abs(measured.p50 - truth) < Decimal("1.2") * (measured.p90 - measured.p10)


def test_what_a_price_brought_is_told_against_products_left_alone(trading):
    plan = trading.price_plan(*CUT, "cup-04", rejected=("cup-04",))
    trading.goes_on(30, dict.fromkeys(CUT, 1.5))
    report = trading.measured(plan)
    found = outcomes(report)
    assert set(found) == set(CUT)
    for each in found.values():
        assert each.method == "difference_in_differences" and each.final and each.days == 28
        assert near(each.happened, 56)
    (total,) = [p.total for p in report.plans]
    assert near(total.happened, 3 * 56)


def test_a_promise_that_was_not_kept_is_short(trading):
    plan = trading.price_plan(*CUT, promised=(150.0, 200.0, 250.0))
    trading.goes_on(30)
    report = trading.measured(plan)
    assert {each.verdict.value for each in outcomes(report).values()} == {"short"}
    (measured,) = report.plans
    assert measured.bands == 3 and measured.bands_held == 0


def test_a_few_days_are_too_few_and_part_of_the_horizon_is_so_far(trading):
    plan = trading.price_plan(*CUT)
    trading.goes_on(5)
    early = outcomes(trading.measured(plan))["cup-01"]
    assert early.happened is None and "7 days" in early.note
    trading.goes_on(10)
    later = outcomes(trading.measured(plan))["cup-01"]
    assert later.happened is not None and not later.final
    assert later.promised.p50 == Decimal("20.0") and later.days == 14


def test_measuring_again_and_measuring_as_of_then_give_the_same(trading):
    plan = trading.price_plan(*CUT)
    trading.goes_on(20, dict.fromkeys(CUT, 1.5))
    then, moment = trading.measured(plan), trading.now
    assert trading.measured(plan) == then
    trading.goes_on(20)
    again = trading.measured(plan, as_of=moment)
    shown = [(o.happened, o.last_day, o.final) for o in outcomes(again).values()]
    assert shown == [(o.happened, o.last_day, o.final) for o in outcomes(then).values()]


def test_a_later_action_on_the_same_thing_ends_what_is_looked_at(trading):
    plan = trading.price_plan(*CUT)
    trading.goes_on(12, dict.fromkeys(CUT, 1.5))
    trading.price_plan("cup-01", price="9.00")
    trading.goes_on(20)
    found = outcomes(trading.measured(plan))
    assert found["cup-01"].last_day == date(2024, 5, 17) and found["cup-01"].final
    assert "changed again" in found["cup-01"].note
    assert found["cup-02"].days == 28


def test_an_order_brought_what_was_sold_beyond_the_stock(trading):
    known = trading.shop.connector.read(Reorder.model_fields["kind"].default,
                                        [Target(type="sku", id="cup-05")])["cup-05"]  # fmt: skip
    order = Reorder(
        sku="cup-05", before=StockBefore(**known.fields, version=known.version),
        after=ReorderAfter(purchase_order_id="po", quantity=500, unit_cost=Decimal("4.00"),
                           cost_total=Decimal("2000.00")),
        impact={Metric.UNITS: band(20, 60, 90), Metric.GROSS_PROFIT: band(100, 300, 500)},
    )  # fmt: skip
    plan = trading.carried_out((order.model_copy(update={"id": "act-order"}),))
    trading.goes_on(30)
    units, profit = (
        next(o for o in trading.measured(plan).plans[0].outcomes if o.metric is metric)
        for metric in (Metric.UNITS, Metric.GROSS_PROFIT)
    )
    assert units.method == "stock_accounting"
    assert float(units.happened.p50) > 30
    assert float(profit.happened.p50) == 6.0 * float(units.happened.p50)


def campaign(trading):
    action = SendCampaign(
        segment="loyal", before=CampaignBefore(version="absent"),
        after=CampaignAfter(campaign_id="camp", channel="email", audience=300,
                            hold_out=Decimal("0.25"), cost_total=Decimal("3.00")),
        impact={Metric.UNITS: band(5, 30, 60)},
    )  # fmt: skip
    return trading.carried_out((action.model_copy(update={"id": "act-camp"}),))


def everybody(trading):
    """Puts 400 people into the campaign's lot: a quarter left alone."""
    with trading.shop.database.session() as session:
        for number in range(400):
            kind = "held_out" if number % 4 == 0 else "sent"
            session.merge(CampaignEventRow(campaign_id="camp", customer_id=f"p{number}", kind=kind,
                                           at=trading.now))  # fmt: skip


def bought(trading, people):
    with trading.shop.database.session() as session:
        for who in people:
            name = f"extra-{who}"
            session.add(OrderRow(id=name, ordered_at=trading.now, customer_id=who))
            session.flush()
            session.add(OrderLineRow(order_id=name, line_id="1", sku="cup-09", quantity=1,
                                     unit_price_minor=1000))  # fmt: skip


def test_a_campaign_is_told_by_those_the_lot_left_alone(trading):
    plan = campaign(trading)
    everybody(trading)
    trading.goes_on(2)
    bought(trading, [f"p{number}" for number in range(400) if number % 4 and number % 5 == 0])
    trading.goes_on(20)
    found = outcomes(trading.measured(plan))["loyal"]
    assert found.method == "hold_out" and found.final
    assert found.happened.p10 > 0 and float(found.happened.p50) == 60.0
    assert found.verdict.value == "kept"


def test_outcomes_become_lessons_once_they_are_final(trading):
    plan = trading.price_plan(*CUT, promised=(20.0, 100.0, 180.0))
    trading.goes_on(12, dict.fromkeys(CUT, 1.5))
    repository = trading.shop.repository

    def lessons():
        made = [o for p in trading.measured(plan).plans for o in p.outcomes]
        return lessons_of(made, repository, learnt_at=trading.now)

    assert lessons() == ()
    trading.goes_on(20, dict.fromkeys(CUT, 1.5))
    learnt = Learnt(lessons())
    prices = learnt.prices.set_index("sku")["elasticity"]
    assert set(prices.index) == set(CUT) and (prices < -0.8).all()
    assert learnt.trust["tools.pricing"].factor < 1
    report = learn_report(learnt, as_of=trading.now)
    assert len(report.lessons) == 3 and len(report.next_plan) == 2
    panel = trading.facts().as_of(trading.now).panel()
    left = learnt.without_measured(panel)
    assert len(panel) - len(left) == 3 * 28
