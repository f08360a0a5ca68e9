"""Outcomes and lessons on file: each once, and only those known by then."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ecomagent.domain.action import ActionKind, Metric, Quantiles
from ecomagent.domain.goal import Goal
from ecomagent.domain.outcome import Lesson, Outcome, Verdict
from ecomagent.domain.plan import Base, Plan, PlanVerdict, ShopRef
from ecomagent.store.database import Database, sqlite_url
from ecomagent.store.outcomes import OutcomeRepository
from ecomagent.store.plans import PlanRepository

DAY = datetime(2024, 5, 1, tzinfo=UTC)
BAND = Quantiles(p10=Decimal(1), p50=Decimal(2), p90=Decimal(3))
ABOUT = {
    "action_id": "act-1", "target": "A", "kind": ActionKind.SET_PRICE, "metric": Metric.UNITS,
    "promised": BAND, "happened": BAND, "method": "structural_series",
    "first_day": date(2024, 4, 1), "last_day": date(2024, 4, 28),
}  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    """A store with a plan in it."""
    database = Database.open(sqlite_url(tmp_path / "store.db"))
    plan = Plan(
        shop=ShopRef(id="s", name="s", currency="GBP", connector="local"), created_at=DAY,
        as_of=DAY, goal=Goal(text="more"), base=Base(serial=0, state_hash=""), policy_hash="",
        planner="rules", verdict=PlanVerdict(decision="allow"), applyable=True,
        expires_at=DAY + timedelta(days=7),
    ).sealed()  # fmt: skip
    PlanRepository(database).save_plan(plan)
    yield OutcomeRepository(database), plan.plan_id
    database.close()


def outcome(plan_id, **changes):
    values = ABOUT | {"plan_id": plan_id, "verdict": Verdict.KEPT, "promised_days": 28,
                      "final": True, "measured_at": DAY}  # fmt: skip
    return Outcome(**(values | changes))


def lesson(plan_id, **changes):
    values = ABOUT | {"plan_id": plan_id, "tool": "tools.pricing", "measured_at": DAY,
                      "learnt_at": DAY}  # fmt: skip
    return Lesson(**(values | changes))


def test_keeping_the_same_outcome_again_changes_nothing(shop):
    kept, plan = shop
    assert kept.keep([outcome(plan)]) == 1
    assert kept.keep([outcome(plan)]) == 0
    assert kept.keep([outcome(plan, note="late orders came in")]) == 1
    (only,) = kept.of_plan(plan, as_of=DAY)
    assert only.note == "late orders came in"


def test_outcomes_measured_later_are_not_seen_earlier(shop):
    kept, plan = shop
    kept.keep([outcome(plan), outcome(plan, measured_at=DAY + timedelta(days=3))])
    assert len(kept.of_plan(plan, as_of=DAY)) == 1
    assert len(kept.of_plan(plan, as_of=DAY + timedelta(days=3))) == 2


def test_an_action_is_learnt_from_once_and_never_before_it_was_measured(shop):
    kept, plan = shop
    assert kept.learn([lesson(plan)]) == 1
    assert kept.learn([lesson(plan, measured_at=DAY + timedelta(days=9))]) == 0
    assert kept.lessons(as_of=DAY) == (lesson(plan),)
    assert kept.lessons(as_of=DAY - timedelta(days=1)) == ()


def test_what_was_forgotten_still_counted_on_the_days_before(shop):
    kept, plan = shop
    kept.learn([lesson(plan)])
    assert kept.forget(DAY + timedelta(days=5)) == 1
    assert kept.lessons(as_of=DAY + timedelta(days=4)) and not kept.lessons(
        as_of=DAY + timedelta(days=5)
    )
    assert kept.learn([lesson(plan)]) == 0 and kept.forget(DAY) == 0
