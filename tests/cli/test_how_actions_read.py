"""Actions on the screen: symbol, before → after, interval, risk, what rests on an assumption."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from inline_snapshot import snapshot

from ecomagent.cli.action_text import ASSUMED_COST, action_detail, action_line, impact_text
from ecomagent.cli.change_text import change_text
from ecomagent.domain.action import (
    ActionVerdict,
    BundleAfter,
    BundleBefore,
    CampaignAfter,
    CampaignBefore,
    ContentAfter,
    ContentBefore,
    CreateBundle,
    DelistProduct,
    EndPromotion,
    Metric,
    PriceAfter,
    PriceBefore,
    PromotionAfter,
    PromotionBefore,
    Quantiles,
    Reason,
    Reorder,
    ReorderAfter,
    RuleVerdict,
    SendCampaign,
    SetPrice,
    StartPromotion,
    StatusAfter,
    StatusBefore,
    StockBefore,
    UpdateContent,
)
from ecomagent.domain.plan import ShopRef
from tools.costs import cost_assumption

D = Decimal
GBP = ShopRef(id="s", name="Gifts", currency="GBP", connector="local", timezone="Europe/London")
CNY = ShopRef(id="s", name="茶", currency="CNY", connector="local", timezone="Asia/Shanghai")
AT = datetime(2025, 3, 4, 10, tzinfo=UTC)


def quantiles(p10, p50, p90):
    return Quantiles(p10=D(p10), p50=D(p50), p90=D(p90))


PRICE = SetPrice(
    id="act-1",
    sku="22086",
    before=PriceBefore(price=D("2.95"), version="1"),
    after=PriceAfter(price=D("3.19")),
    impact={
        Metric.GROSS_PROFIT: quantiles("-12.40", "41.26", "77.00"),
        Metric.REVENUE: quantiles("104.5", "1250.75", "2310"),
        Metric.UNITS: quantiles("-9.2", "-3.1", "0.5"),
        Metric.SPEND: quantiles(0, 0, 0),
    },
    reasons=(Reason(en="Few units are lost.", zh="销量损失较少。"),),
    assumptions=("other products' sales do not answer this price",),
    verdict=ActionVerdict(
        decision="needs_approval",
        role="analyst",
        rules=(
            RuleVerdict(rule="sane_values", decision="allow", message="fine"),
            RuleVerdict(rule="price_endings", decision="allow", message="£3.15 does not end in 9",
                        clamped_from="3.15", clamped_to="3.19"),
        ),
    ),
)  # fmt: skip
OTHERS = (
    StartPromotion(sku="B", ends_at=AT, before=PromotionBefore(price=D(20), version="1"),
                   after=PromotionAfter(promotion_id="p", discount=D("0.15"), price=D(17))),
    EndPromotion(sku="B", before=PromotionBefore(price=D(17), promotion_id="p", version="1"),
                 after=PromotionAfter(price=D(20))),
    DelistProduct(product="P1", before=StatusBefore(status="active", version="1"),
                  after=StatusAfter(status="archived")),
    Reorder(sku="C", before=StockBefore(on_hand=None, inbound=0, version="1"),
            after=ReorderAfter(purchase_order_id="po", quantity=1200, unit_cost=D("0.50"),
                               cost_total=D(600))),
    SendCampaign(segment="loyal", starts_at=AT, before=CampaignBefore(version="absent"),
                 after=CampaignAfter(campaign_id="c", channel="email", audience=5300,
                                     hold_out=D("0.2"), cost_total=D("318.00"))),
    UpdateContent(product="P1", before=ContentBefore(title="Mug", version="1"),
                  after=ContentAfter(title="Mug", description="New")),
    CreateBundle(sku="SET", before=BundleBefore(version="absent"),
                 after=BundleAfter(bundle_sku="SET", title="Set", components={"A": 1, "B": 2},
                                   price=D("39.99"))),
)  # fmt: skip


def test_a_price_reads_from_before_to_after_with_title_and_risk():
    line = action_line(PRICE, GBP, {"22086": "PAPER CHAIN KIT 50'S CHRISTMAS [VINTAGE] STYLE"})
    assert line.plain == (
        "~ act-1 set price 22086 PAPER CHAIN KIT 50'S CHRISTMAS [VINTA…  £2.95 → £3.19 (+8.1 %)"
        "  low risk"
    )


def test_figures_come_with_their_interval_and_no_more_precise_than_known():
    assert impact_text(PRICE, "GBP") == (
        "gross profit +£41.26 (−12.40 … +77.00) · revenue +£1,251 (+104 … +2,310)"
        " · units −3.1 (−9.2 … +0.5)"
    )
    assert impact_text(PRICE, "JPY").startswith("gross profit +JP¥41 (−12 … +77)")


def test_only_profit_that_rests_on_an_assumed_cost_is_marked():
    assert "*" not in impact_text(PRICE, "GBP"), "other assumptions do not touch the cost"
    words = cost_assumption(D("0.5"))
    assert ASSUMED_COST in words
    assumed = PRICE.model_copy(update={"assumptions": (words,)})
    assert impact_text(assumed, "GBP").count("*") == 1
    detail = [line.plain.strip() for line in action_detail(assumed, GBP, {})]
    assert detail[-1] == "* gross margin 50 % assumed, no cost on file"


def test_a_reviewer_sees_which_rule_moved_the_value():
    detail = "\n".join(line.plain for line in action_detail(PRICE, GBP, {}))
    assert "price_endings: £3.15 does not end in 9 (moved 3.15 → 3.19)" in detail
    assert "sane_values" not in detail


def test_every_kind_says_what_it_changes():
    assert [change_text(action, GBP) for action in OTHERS] == snapshot(
        [
            "£20.00 → £17.00 (15 % off) until 2025-03-04",
            "£17.00 → £20.00",
            "active → archived",
            "1,200 units for £600.00 (stock unknown, inbound 0)",
            "email to 5,300 customers for £318.00 at 2025-03-04 10:00, 20 % held out",
            "other description",
            "1 × A, 2 × B for £39.99",
        ]
    )


def test_every_kind_is_said_in_chinese_too():
    assert [change_text(action, CNY, "zh") for action in OTHERS] == snapshot(
        [
            "¥20.00 → ¥17.00(优惠 15%),至 2025-03-04",
            "¥17.00 → ¥20.00",
            "在售 → 已下架",
            "订购 1,200 件,¥600.00(库存 未知,在途 0)",
            "邮件联系 5,300 位客户,¥318.00,2025-03-04 18:00,对照组 20%",
            "更改描述",
            "1 × A, 2 × B,¥39.99",
        ]
    )
    line = action_line(OTHERS[2].model_copy(update={"id": "act-2"}), CNY, {}, "", "zh")
    assert line.plain == "− act-2 下架 P1  在售 → 已下架  低风险"


@pytest.mark.parametrize("shop", [GBP, CNY, GBP.model_copy(update={"timezone": "America/Chicago"})])
def test_a_promotion_to_the_end_of_january_reads_so_on_the_shops_own_calendar(shop):
    end = datetime(2025, 2, 1, tzinfo=ZoneInfo(shop.timezone)).astimezone(UTC)
    promotion = OTHERS[0].model_copy(update={"ends_at": end})
    assert change_text(promotion, shop).endswith("until 2025-01-31")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_order_that_is_cancelled_and_a_campaign_called_off_say_so(language):
    order, campaign = OTHERS[3], OTHERS[4]
    cancelled = order.model_copy(update={"after": order.after.model_copy(update={"quantity": 0})})
    off = campaign.model_copy(
        update={"after": campaign.after.model_copy(update={"status": "cancelled"})}
    )
    assert "po" in action_line(cancelled, GBP, {}, "", language).plain
    assert "1,200" not in action_line(cancelled, GBP, {}, "", language).plain
    assert "5,300" not in action_line(off, GBP, {}, "", language).plain
