"""Whatever happens in whatever order, with runs dying in between: a model shop says the same."""

import shutil
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecomagent.domain.action import (
    DelistProduct,
    EndPromotion,
    ListProduct,
    SetPrice,
    StartPromotion,
)
from ecomagent.domain.errors import PlanError
from ecomagent.plan.apply import STEPS

SKUS = ("mug-r", "bowl", "lamp")
PRICES = ("8.00", "9.00", "11.00", "12.50")


class Died(BaseException):
    """The run was killed."""


class ShopMachine(RuleBasedStateMachine):
    """Plans, approvals, applies that die, rollbacks and other people's changes, in any order."""

    small_shop = None
    template = None
    connector = "local"

    @initialize()
    def open(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ecomagent-any-"))
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)
        self.shop = self.small_shop.Shop(self.folder, self.connector)
        self.prices = {sku: self.shown(sku) for sku in SKUS}
        self.paid = {sku: self.paid_now(sku) for sku in SKUS}
        self.status = {sku: self.listed(sku) for sku in SKUS}
        self.plans = []
        self.number = 0

    def teardown(self):
        if hasattr(self, "shop"):
            self.shop.database.close()
            shutil.rmtree(self.folder)

    def state(self, kind, type_, name):
        state = self.shop.read(kind, type_, name)
        return {**state.fields, "version": state.version}

    def shown(self, sku):
        return Decimal(self.state("set_price", "sku", sku)["price"])

    def paid_now(self, sku):
        return Decimal(self.state("start_promotion", "sku", sku)["price"])

    def listed(self, sku):
        return self.state("list_product", "product", sku.split("-")[0])["status"]

    @rule(sku=st.sampled_from(SKUS), price=st.sampled_from(PRICES))
    def plan_a_price(self, sku, price):
        before = self.state("set_price", "sku", sku)
        self.keep(SetPrice(sku=sku, before=before, after={"price": price}))

    @rule(sku=st.sampled_from(SKUS))
    def plan_a_promotion(self, sku):
        before = self.state("start_promotion", "sku", sku)
        if before["promotion_id"] is not None:
            price = self.shop.read("end_promotion", "sku", sku).extra["list_price"]
            self.keep(EndPromotion(sku=sku, before=before, after={"price": price}))
            return
        self.number += 1
        price = (self.shown(sku) / 2).quantize(Decimal("0.01"))
        after = {"promotion_id": f"promo-{self.number}", "discount": "0.5", "price": price}
        self.keep(StartPromotion(sku=sku, before=before, after=after))

    @rule(sku=st.sampled_from(SKUS))
    def plan_a_status(self, sku):
        product = sku.split("-")[0]
        before = self.state("list_product", "product", product)
        on = before["status"] == "active"
        made = DelistProduct if on else ListProduct
        self.keep(
            made(product=product, before=before, after={"status": "archived" if on else "active"})
        )

    def keep(self, action):
        self.shop.clock.moment += timedelta(seconds=1)
        action = action.model_copy(update={"id": action.content_id()})
        self.plans.append(self.small_shop.sealed(self.shop, (action,)))
        self.small_shop.decide(self.shop, self.plans[-1])

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), dies=st.none() | st.sampled_from(STEPS))
    def apply(self, data, dies):
        self.carry_out(data.draw(st.sampled_from(self.plans)), dies)

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), dies=st.none() | st.sampled_from(STEPS))
    def take_back(self, data, dies):
        plan = data.draw(st.sampled_from(self.plans))
        try:
            back = self.small_shop.roll_back(self.shop, plan)
        except PlanError:
            return
        assert back.rollback_of == plan.plan_id
        assert not back.refused
        if back.plan_id not in [known.plan_id for known in self.plans]:
            self.plans.append(back)
            self.small_shop.decide(self.shop, back)
        self.carry_out(back, dies)

    def carry_out(self, plan, dies):
        def progress(step, detail=""):
            if step == dies:
                raise Died

        done = self.done(plan)
        try:
            report = self.shop.apply(plan, progress=progress)
        except Died:
            self.shop = self.shop.again()
            report = self.shop.apply(plan)
        assert report.failed == report.waiting == 0
        if done:
            assert (report.applied, report.already) == (0, 1)
        if report.skipped:
            assert report.lines[0].why == "drift"
        if self.done(plan) and not done:
            self.follow(plan.actions[0])

    def done(self, plan):
        return any(r.status == "applied" for r in self.shop.repository.receipts_of(plan.plan_id))

    def follow(self, action):
        """Do to the model what the action asks for."""
        if isinstance(action, SetPrice):
            offered = self.paid[action.sku] != self.prices[action.sku]
            self.prices[action.sku] = action.after.price
            paid = self.paid[action.sku] if offered else action.after.price
            self.paid[action.sku] = min(paid, action.after.price)
        elif isinstance(action, StartPromotion | EndPromotion):
            self.paid[action.sku] = action.after.price
        else:
            for sku in SKUS:
                if sku.split("-")[0] == action.product:
                    self.status[sku] = action.after.status

    @rule(sku=st.sampled_from(SKUS), price=st.sampled_from(PRICES))
    def somebody_else_sets_a_price(self, sku, price):
        before = self.state("set_price", "sku", sku)
        self.number += 1
        action = SetPrice(sku=sku, before=before, after={"price": price})
        self.shop.connector.write(action, idempotency_key=f"other/{self.number}/1")
        self.follow(action)

    @rule()
    def time_passes(self):
        self.shop.clock.moment += timedelta(hours=5)

    @invariant()
    def the_shop_is_as_the_model_says(self):
        if not hasattr(self, "shop"):
            return
        assert {sku: self.shown(sku) for sku in SKUS} == self.prices
        assert {sku: self.paid_now(sku) for sku in SKUS} == self.paid
        assert {sku: self.listed(sku) for sku in SKUS} == self.status

    @invariant()
    def every_change_is_on_file_once(self):
        if not hasattr(self, "shop"):
            return
        ours = self.shop.sql(
            "SELECT count(*) FROM connector_write WHERE idempotency_key NOT LIKE 'other/%'"
        )
        counts = self.small_shop.counts(self.shop)
        assert ours[0][0] == counts["applied"] == counts["logged"]
        assert self.shop.audit.verify().ok


@pytest.mark.parametrize("connector", ["local", "csv"])
def test_a_model_shop_agrees_whatever_happens(small_shop, tmp_path, connector):
    made = small_shop.Shop(tmp_path)
    small_shop.fill(made.database)
    made.database.close()

    machine = type(
        "Machine",
        (ShopMachine,),
        {"small_shop": small_shop, "template": tmp_path, "connector": connector},
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=16, stateful_step_count=15, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate),
        ),
    )  # fmt: skip
