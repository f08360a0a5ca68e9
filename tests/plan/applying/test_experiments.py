"""A price experiment on the road: asked block by block, stopped by a rollback, learnt from."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from ecomagent.domain.action import ActionKind, ExperimentBefore
from ecomagent.plan.experiment_log import held_skus, running, trials

UTC = ZoneInfo("UTC")


def _apply(shop, small_shop):
    actions = small_shop.every_kind_of_action(shop.connector)
    chosen = [action for action in actions if action.kind is ActionKind.START_EXPERIMENT]
    plan = small_shop.sealed(shop, tuple(chosen))
    small_shop.decide(shop, plan)
    assert shop.apply(plan).applied == 1
    return plan


def _paid(shop):
    return shop.read(ActionKind.START_PROMOTION, "sku", "mug-b").fields["price"]


def _asked(shop):
    """Days and price of every span of the experiments so far."""
    now = shop.clock.moment
    return [
        ((span.end - span.start).days, span.price)
        for trial in trials(shop.repository, now)
        for span in trial.spans(now, UTC)
    ]


def test_customers_pay_the_price_of_the_block(shop, small_shop):
    _apply(shop, small_shop)
    seen = []
    for _ in range(5):
        seen.append(_paid(shop))
        shop.clock.moment += timedelta(days=7)
    assert seen == ["10.00", "9.00", "9.00", "10.00", "10.00"]
    shown = shop.read(ActionKind.START_EXPERIMENT, "sku", "mug-b").fields
    assert shown["experiment_id"] is None


def test_what_was_asked_is_what_is_learnt_from(shop, small_shop):
    _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=30)
    assert _asked(shop) == [(7, 10.0), (7, 9.0), (7, 9.0), (7, 10.0)]
    assert running(shop.repository, shop.clock.moment) == ()


def test_nothing_is_known_of_days_to_come(shop, small_shop):
    _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=10)
    assert _asked(shop) == [(7, 10.0), (3, 9.0)]


def test_rolling_back_stops_it_and_keeps_what_was_seen(shop, small_shop):
    plan = _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=9)
    assert _paid(shop) == "9.00"
    back = small_shop.roll_back(shop, plan)
    small_shop.decide(shop, back)
    assert shop.apply(back).applied == 1
    assert _paid(shop) == "10.00"
    shop.clock.moment += timedelta(days=3)
    assert _paid(shop) == "10.00"
    assert _asked(shop) == [(7, 10.0), (2, 9.0)]


def test_an_experiment_that_nobody_approved_teaches_nothing(shop, small_shop):
    actions = small_shop.every_kind_of_action(shop.connector)
    small_shop.sealed(shop, tuple(a for a in actions if a.kind is ActionKind.START_EXPERIMENT))
    shop.clock.moment += timedelta(days=30)
    assert _asked(shop) == []


def test_a_plan_stops_it_too_and_its_sku_is_free_again(shop, small_shop):
    plan = _apply(shop, small_shop)
    shop.clock.moment += timedelta(days=15)
    assert held_skus(shop.repository, shop.clock.moment) == {"mug-b": "mug-b"}
    seen = shop.read(ActionKind.START_EXPERIMENT, "sku", "mug-b")
    (started,) = plan.actions
    stop = started.model_copy(
        update={
            "before": ExperimentBefore(**seen.fields, version=seen.version),
            "after": started.after.model_copy(update={"status": "stopped"}),
        }
    )
    stop = stop.model_copy(update={"id": stop.content_id()})
    ending = small_shop.sealed(shop, (stop,))
    small_shop.decide(shop, ending)
    assert shop.apply(ending).applied == 1
    assert _paid(shop) == "10.00"
    assert held_skus(shop.repository, shop.clock.moment) == {}
    shop.clock.moment += timedelta(days=20)
    assert _asked(shop) == [(7, 10.0), (7, 9.0), (1, 9.0)]
