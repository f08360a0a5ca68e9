"""Why an action is proposed, in both languages: templates filled with tools' figures only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ecomagent.domain.action import ActionKind, Reason
from ecomagent.domain.evidence import Evidence
from ecomagent.domain.goal import Objective
from ecomagent.domain.money import Money

if TYPE_CHECKING:
    from ecomagent.agents.workbench import Workbench

BASIS = {
    "sku": ("its own price history", "自身价格历史"),
    "category": ("its category's price history", "同类目价格历史"),
    "shop": ("the whole shop's price history", "全店价格历史"),
    "prior": ("published studies, since prices here hardly moved", "公开研究(本店价格几乎未变动)"),
    "measured": ("price changes and trials that were measured", "已测量的调价与价格试验"),
}
MOSTLY = 0.5
"""Share of the doubt about an elasticity beyond which what was taken off is what it rests on."""
SOLD_AT_ALL = 0.5
"""Units over the horizon below which nothing is said of where buyers would go."""
MARKDOWN = "tools.markdown.markdown_plan"
LONG_COVER_DAYS = 3650
"""Beyond this, the days that stock would last say no more than that it does not sell."""
SEGMENTS_ZH = {
    "champions": "核心客户", "loyal": "忠诚客户", "promising": "潜力客户", "new": "新客户",
    "at_risk": "流失风险客户", "hibernating": "沉睡客户", "lost": "已流失客户",
}  # fmt: skip


def _ids(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    return tuple(each.id for each in evidence)


def _path(bench: Workbench, sku: str) -> tuple[str, ...]:
    return bench.graph.explain(sku, bench.goal.scope)


def _money(amount: Decimal, currency: str, language: str) -> str:
    return Money.of(amount, currency).display(language)


def _units(value: Any) -> str:
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def price_reasons(
    bench: Workbench, sku: str, before: Decimal, after: Decimal, evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why a list price moves."""
    found = bench.elasticity.table.loc[sku]
    demand = bench.demand.table.loc[sku]
    basis_en, basis_zh = BASIS[_basis(bench, sku, str(found["basis"]))]
    gain_en, gain_zh = _gain(bench, up=after > before)
    days = bench.horizon_days
    first = Reason(
        en=(
            f"Demand answers price with an elasticity of {found['elasticity']:.2f}"
            f" (± {found['std_error']:.2f}, from {basis_en}):"
            f" {gain_en}."
        ),
        zh=(
            f"需求价格弹性为 {found['elasticity']:.2f}(± {found['std_error']:.2f},来自{basis_zh}):"
            f"{gain_zh}。"
        ),
        evidence=_ids(evidence),
        graph_path=_path(bench, sku),
    )
    second = Reason(
        en=(
            f"At today's price {_units(demand['p50'])} units are expected in {days} days"
            f" ({_units(demand['p10'])} to {_units(demand['p90'])})."
        ),
        zh=(
            f"按现价,未来 {days} 天预计售出 {_units(demand['p50'])} 件"
            f"({_units(demand['p10'])} 至 {_units(demand['p90'])})。"
        ),
        evidence=_ids(evidence[:1]),
    )
    return (first, second, *_rivals(bench, sku, evidence))


def _gain(bench: Workbench, *, up: bool) -> tuple[str, str]:
    """What a price moves for, in both languages."""
    if bench.objective is not Objective.GROSS_PROFIT:
        return (
            ("a higher price costs few units", "提价损失的销量较少")
            if up
            else ("a lower price wins units", "降价可增加销量")
        )
    if up:
        return "the margin gained outweighs the units lost", "提价增加的毛利超过损失的销量"
    return "the units won outweigh the margin given up", "降价带来的销量足以弥补让利"


def _basis(bench: Workbench, sku: str, basis: str) -> str:
    """What the elasticity mostly rests on.

    Where the shop has no categories, a category's history is the whole shop's.
    """
    known = bench.elasticity.parts.loc[sku]
    before = known.get("before_learning_error")
    error: Any = bench.elasticity.table.at[sku, "std_error"]
    if before is not None and error**2 < MOSTLY * before**2:
        return "measured"
    category = bench.context.skus[sku].category if sku in bench.context.skus else ""
    return "shop" if basis == "category" and not category else basis


def _rivals(bench: Workbench, sku: str, evidence: Sequence[Evidence]) -> tuple[Reason, ...]:
    """What competes with the SKU inside the shop, where the graph knows substitutes."""
    related = bench.graph.related(sku, "substitute", limit=1)
    if not related:
        return ()
    nearest = related[0]
    return (
        Reason(
            en=f"Its nearest substitute in the shop is {nearest.sku}.",
            zh=f"店内最接近的替代品是 {nearest.sku}。",
            graph_path=bench.graph.path(f"sku:{sku}", f"sku:{nearest.sku}"),
        ),
    )


def promotion_reasons(
    bench: Workbench, sku: str, before: Decimal, after: Decimal, evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why a SKU is promoted."""
    reasons = (*price_reasons(bench, sku, before, after, evidence), *_path_of_cuts(bench, evidence))
    stock = bench.context.skus[sku].on_hand
    demand = bench.demand.table.loc[sku]
    if stock is None or demand["mean_per_day"] <= 0:
        return reasons
    cover = stock / float(demand["mean_per_day"])
    en, zh = f"{cover:,.0f} days", f" {cover:,.0f} 天"
    if cover > LONG_COVER_DAYS:
        en, zh = "more than ten years", "超过十年"
    return (
        Reason(
            en=f"{stock:,} units are in stock: {en} at the present rate.",
            zh=f"库存 {stock:,} 件,按目前速度可售{zh}。",
            evidence=_ids(evidence[:1]),
        ),
        *reasons,
    )


def _path_of_cuts(bench: Workbench, evidence: Sequence[Evidence]) -> tuple[Reason, ...]:
    """How the price is expected to go on to the date, and what is left then."""
    found = next((each for each in evidence if each.tool == MARKDOWN), None)
    if found is None:
        return ()
    steps = [bench.price_of(price) for price in dict.fromkeys(found.result["prices_minor"])]
    left = _units(found.result["left"])
    en, zh = (
        " → ".join(_money(step, bench.currency, language) for step in steps)
        for language in ("en", "zh")
    )
    return (
        Reason(
            en=f"Best path of prices to the date: {en}; {left} units are then expected to be left.",
            zh=f"至截止日的最优价格路径:{zh};届时预计剩余 {left} 件。",
            evidence=(found.id,),
        ),
    )


def reorder_reasons(
    bench: Workbench, sku: str, quantity: int, evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why stock is ordered."""
    facts = evidence[-1].result
    position = int(max(facts["on_hand"], 0) + facts["inbound"])
    demand = bench.demand.table.loc[sku]
    return (
        Reason(
            en=(
                f"{position:,} units in stock and on their way are no more than the reorder point"
                f" of {facts['reorder_point']:,.0f}; {quantity:,} bring them to"
                f" {position + quantity:,} of the {facts['order_up_to']:,.0f} wanted."
            ),
            zh=(
                f"库存与在途共 {position:,} 件,不高于再订货点 {facts['reorder_point']:,.0f} 件;"
                f"补货 {quantity:,} 件后为 {position + quantity:,} 件"
                f"(目标 {facts['order_up_to']:,.0f} 件)。"
            ),
            evidence=_ids(evidence),
            graph_path=_path(bench, sku),
        ),
        Reason(
            en=(
                f"{_units(demand['p50'])} units are expected to be asked for in"
                f" {bench.horizon_days} days ({_units(demand['p10'])} to"
                f" {_units(demand['p90'])})."
            ),
            zh=(
                f"未来 {bench.horizon_days} 天预计需求 {_units(demand['p50'])} 件"
                f"({_units(demand['p10'])} 至 {_units(demand['p90'])})。"
            ),
            evidence=_ids(evidence[:1]),
        ),
    )


def selection_reasons(
    bench: Workbench, sku: str, kind: ActionKind, evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why a product is listed again or phased out."""
    row = bench.assortment.table.loc[sku]
    en, zh = _why_selected(row)
    grade_en = f"Class {row['abc']} by revenue, {row['xyz']} by steadiness of demand."
    grade_zh = f"按销售额为 {row['abc']} 类,按需求稳定性为 {row['xyz']} 类。"
    if row["gmroi"] == row["gmroi"]:
        grade_en += f" Its stock brings {row['gmroi']:,.2f} gross profit a year for each 1 tied up."
        grade_zh += f"其库存每占用 1 元资金,一年带来 {row['gmroi']:,.2f} 元毛利。"
    return (
        Reason(en=en, zh=zh, evidence=_ids(evidence), graph_path=_path(bench, sku)),
        *_moved_reasons(bench, sku, kind, evidence),
        Reason(en=grade_en, zh=grade_zh, evidence=_ids(evidence[:1])),
    )


def _why_selected(row: Any) -> tuple[str, str]:
    since = row["days_since_sale"]
    return {
        "returns": ("It sold well before it went off sale.", "下架前销售良好。"),
        "silent": (
            f"It has not sold for {since:,.0f} days, longer than its own rhythm explains.",
            f"已 {since:,.0f} 天无销售,超出其自身销售节奏。",
        ),
        "never_sold": ("It has never sold.", "从未售出。"),
        "loses": (
            "It takes more gross profit from other products than it brings.",
            "其挤占其他商品的毛利超过自身带来的毛利。",
        ),
        "slot": (
            "Its category holds more products than it has slots for, and it adds least.",
            "所在类目商品数超过货位数,而它的贡献最小。",
        ),
    }[str(row["why"])]


def _moved_reasons(
    bench: Workbench, sku: str, kind: ActionKind, evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Where its customers go, or come from."""
    row = bench.assortment.table.loc[sku]
    if not row["demand_units"] >= SOLD_AT_ALL:
        return ()
    share, sold = f"{row['recaptured'] * 100:.0f} %", _units(row["demand_units"])
    days = bench.horizon_days
    text = (
        (
            f"Of {sold} units it would sell in {days} days, {share} would be taken from other"
            " products of its category.",
            f"预计 {days} 天售出 {sold} 件,其中 {share} 来自同类目其他商品。",
        )
        if kind is ActionKind.LIST_PRODUCT
        else (
            f"Of {sold} units it would still sell in {days} days, {share} go to other products of"
            " its category.",
            f"预计 {days} 天仍可售出 {sold} 件,其中 {share} 会转向同类目其他商品。",
        )
    )
    return (Reason(en=text[0], zh=text[1], evidence=_ids(evidence)),)


def new_product_reasons(
    bench: Workbench, row: dict[str, Any], evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why a product that the shop has never had is listed."""
    found = bench.new_products.table.loc[str(row["target"])]
    days, share = bench.horizon_days, f"{found['recaptured'] * 100:.0f} %"
    low, middle, high = (_units(found[f"demand_{p}"]) for p in ("p10", "p50", "p90"))
    tied = bench.price_of(int(row["cash_minor"]))
    cash, cash_zh = (_money(tied, bench.currency, language) for language in ("en", "zh"))
    return (
        Reason(
            en=(
                f"Guessed from {found['neighbours']:,} products like it: {middle} units in {days}"
                f" days of selling ({low} to {high}), {share} of them taken from others of its"
                " category."
            ),
            zh=(
                f"参照 {found['neighbours']:,} 个相似商品估计:在售 {days} 天可售 {middle} 件"
                f"({low} 至 {high}),其中 {share} 来自同类目其他商品。"
            ),
            evidence=_ids(evidence),
        ),
        Reason(
            en=(
                f"The first order of {found['first_order']:,} units ties up {cash}; each unit"
                f" leaves {found['margin'] * 100:.0f} % of its price."
            ),
            zh=(
                f"首单 {found['first_order']:,} 件占用资金 {cash_zh};单件毛利率"
                f" {found['margin'] * 100:.0f} %。"
            ),
            evidence=_ids(evidence),
        ),
    )


def bundle_reasons(
    bench: Workbench, row: dict[str, Any], evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why two products are sold as one."""
    one, other = str(row["sku"]), str(row["other"])
    orders, lift = f"{float(row['orders']):,.0f}", f"{float(row['lift']):.1f}"
    off = f"{float(row['discount']) * 100:.1f} %"
    return (
        Reason(
            en=(
                f"{orders} orders of the last year held both {one} and {other}, {lift} times as"
                " many as chance would give."
            ),
            zh=f"过去一年有 {orders} 个订单同时包含 {one} 与 {other},是随机情形的 {lift} 倍。",
            evidence=_ids(evidence),
            graph_path=bench.graph.path(f"sku:{one}", f"sku:{other}"),
        ),
        Reason(
            en=(
                f"{off} off both prices wins more pairs than it costs on those who buy both anyway."
            ),
            zh=f"组合价优惠 {off},新增成交带来的毛利超过对原本会同时购买者的让利。",
            evidence=_ids(evidence[:1]),
        ),
    )


def campaign_reasons(
    bench: Workbench, row: dict[str, Any], evidence: Sequence[Evidence]
) -> tuple[Reason, ...]:
    """Why a segment is written to, who of it, and how its effect will show."""
    return (
        _audience(row, evidence[0]),
        _per_contact(bench, row, evidence),
        _hold_out(row, evidence[0]),
    )


def _audience(row: dict[str, Any], evidence: Evidence) -> Reason:
    segment, audience = str(row["segment"]), int(row["audience"])
    targeted, eligible = int(row["targeted"]), int(row["eligible"])
    share = f"{float(row['hold_out']) * 100:.3g} %"
    chosen = targeted < eligible
    who_en = (
        f"Of {eligible:,} customers of the segment “{segment}” who may be written to, the"
        f" {targeted:,} whom a message pays most are chosen"
        if chosen
        else f"{targeted:,} customers of the segment “{segment}” may be written to"
    )
    named = SEGMENTS_ZH.get(segment, segment)
    who_zh = (
        f"“{named}”分群可联系的 {eligible:,} 位客户中,选出联系收益最高的 {targeted:,} 位"
        if chosen
        else f"“{named}”分群中可联系 {targeted:,} 位客户"
    )
    return Reason(
        en=f"{who_en}; {audience:,} are contacted, {share} left alone to measure the effect.",
        zh=f"{who_zh};联系 {audience:,} 位,保留 {share} 作为对照以衡量效果。",
        evidence=(evidence.id,),
        graph_path=("shop", "has segment", f"segment:{segment}"),
    )


def _per_contact(bench: Workbench, row: dict[str, Any], evidence: Sequence[Evidence]) -> Reason:
    """Extra orders a contact, where that is known from, and the long run apart."""
    orders = f"{float(row['uplift']) * 1000:,.3g}"
    past = int(row["past_campaigns"])
    from_en = f"measured in {past} past campaigns" if past else "assumed: none was measured yet"
    from_zh = f"由过去 {past} 次有对照组的活动测得" if past else "假定值:尚无对照测量"
    later_en, later_zh = "", ""
    further = float(row["long_run_profit_minor"])
    if further > 0:
        money = bench.price_of(further)
        later_en = (
            f" Orders they lead to later may bring up to {_money(money, bench.currency, 'en')} of"
            " gross profit within a year, which is in no other figure."
        )
        later_zh = (
            f"其后续订单一年内最多可能另带来毛利 {_money(money, bench.currency, 'zh')}"
            "(未计入其他任何数字)。"
        )
    return Reason(
        en=f"1,000 contacts bring about {orders} extra orders ({from_en}).{later_en}",
        zh=f"每联系 1,000 位约带来 {orders} 笔额外订单({from_zh})。{later_zh}",
        evidence=_ids(evidence[: 2 if past else 1]),
    )


def _hold_out(row: dict[str, Any], evidence: Evidence) -> Reason:
    """The smallest effect that this campaign alone could show."""
    seen, expected = float(row["detectable"]), float(row["uplift"])
    enough = seen <= expected
    figure = f"{seen * 1000:,.3g}"
    en = (
        "no more than is expected" if enough
        else "more than is expected, so its result counts only together with other campaigns'"
    )  # fmt: skip
    zh = "不高于预期" if enough else "高于预期,其结果须与其他活动合并判断"
    return Reason(
        en=f"The hold-out shows effects from {figure} orders per 1,000 contacts on: {en}.",
        zh=f"对照组可检出每 1,000 次联系 {figure} 笔订单以上的效果:{zh}。",
        evidence=(evidence.id,),
    )
