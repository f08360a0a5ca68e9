"""What a table can be about, and which fields each has: the one list that everything reads.

Recognition, checks, the tidy bundle's documentation and the writers all go by it.
"""

from __future__ import annotations

from functools import cache

from ecomagent.store.importers.fields import FieldSpec, Rule, Subject, plain_name
from ecomagent.store.importers.parse import Kind


def _f(
    name: str,
    kind: Kind,
    names: str = "",
    *,
    required: bool = False,
    rule: Rule = Rule.ANY,
) -> FieldSpec:
    return FieldSpec(name, kind, required, rule, tuple(names.split()))


def _money(name: str, names: str = "", *, required: bool = False) -> FieldSpec:
    return _f(name, Kind.MONEY, names, required=required, rule=Rule.NOT_NEGATIVE)


_SKU = (
    "skuid customlabel stockcode productcode itemcode productid articleno articlenumber itemnumber"
    " itemno upc ean barcode asin variantsku lineitemsku productsku 商品编码 商品编号 商品代码 货号"
    " sku编码 sku编号 商家编码 商品id 宝贝id 条码 商品条码 规格编码 物料编码 产品编码 产品编号 款号"
)
_TITLE = (
    "product productname description productdescription itemname item name producttitle itemtitle"
    " lineitemname 商品名称 选购商品 宝贝标题 商品标题 品名 产品名称 货品名称 名称 商品名 标题"
)
_CATEGORY = "productcategory department producttype type 类目 分类 品类 商品类目 商品分类 类别"
_BRAND = "vendor manufacturer productbrand 品牌 厂商"
_CURRENCY = "currencycode 币种 货币"
_CUSTOMER = (
    "customer buyerusername customerno customernumber buyer buyerid client clientid userid user"
    " householdid email customeremail 买家 买家id 买家会员名 买家昵称 客户 客户编号 客户id"
    " 会员号 会员id 用户id 顾客 顾客编号"
)
_COUNTRY = (
    "countrycode buyercountry shippingcountry billingcountry customercountry 国家 收货国家 国家地区"
)

ORDERS = Subject(
    "orders",
    (
        _f(
            "order_id",
            Kind.ID,
            "order ordernumber orderno invoiceno invoice invoicenumber transactionid receiptno"
            " basketid transaction 订单号 订单编号 订单id 主订单编号 交易号 单号 小票号 流水号",
        ),
        _f(
            "line_id",
            Kind.ID,
            "lineno linenumber orderlineid lineitemid orderitemid 子订单编号 子订单号 行号",
        ),
        _f("sku", Kind.ID, _SKU),
        _f("title", Kind.TEXT, _TITLE),
        _f("category", Kind.TEXT, _CATEGORY),
        _f("brand", Kind.TEXT, _BRAND),
        _f(
            "quantity",
            Kind.INTEGER,
            "qty units unitssold quantitysold pieces lineitemquantity quantityordered 数量 购买数量"
            " 宝贝数量 宝贝总数量 商品数量 销量 件数 销售数量 订购数量",
            required=True,
            rule=Rule.NOT_ZERO,
        ),
        _money(
            "unit_price",
            "price itemprice itemcost soldfor sellingprice saleprice salesprice priceeach"
            " lineitemprice 单价 商品单价 宝贝单价 宝贝价格 价格 成交单价 销售单价 售价 商品价格",
        ),
        _f(
            "line_total",
            Kind.MONEY,
            "total amount sales revenue subtotal netsales grosssales salesvalue turnover"
            " totalprice totalamount lineamount 金额 小计 实付金额 销售额 成交金额 买家实付金额"
            " 买家应付货款 总价 总金额 应付金额 商品实际成交金额 买家实际支付金额 订单应付金额"
            " itemtotal linetotalprice orderlinetotal",
        ),
        _money("discount", "discountamount linediscount lineitemdiscount 优惠 优惠金额 折扣金额"),
        _f(
            "ordered_at",
            Kind.MOMENT,
            "orderdate date datetime invoicedate createdat purchasedate saledate salesdate"
            " transactiondate transactiontimestamp timestamp time day ordertime paidat 下单时间"
            " 订单时间 日期 时间 付款时间 成交时间 创建时间 订单创建时间 订单付款时间 交易时间"
            " 销售日期 订单日期 下单日期 订单提交时间 订单成交时间 支付时间"
            " 买家付款时间 支付完成时间",
            required=True,
            rule=Rule.NOT_FUTURE,
        ),
        _f("customer_id", Kind.ID, _CUSTOMER),
        _f("country", Kind.TEXT, _COUNTRY),
        _f("channel", Kind.TEXT, "saleschannel source 渠道 来源 销售渠道 店铺 平台"),
        _f("currency", Kind.TEXT, _CURRENCY),
        _f(
            "status",
            Kind.TEXT,
            "orderstatus financialstatus 订单状态 状态 交易状态",
        ),
        _f("cancelled_at", Kind.MOMENT, "canceledat 取消时间 退款时间"),
    ),
    key=("order_id", "line_id"),
    either=(("sku", "title"), ("unit_price", "line_total")),
)

PRODUCTS = Subject(
    "products",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _f("product_id", Kind.ID, "handle urlhandle spu spu编码 款式编码"),
        _f("title", Kind.TEXT, _TITLE),
        _f("variant_title", Kind.TEXT, "variant 规格 规格名称"),
        _f("description", Kind.TEXT, "bodyhtml body 描述 商品描述 详情"),
        _f("category", Kind.TEXT, _CATEGORY),
        _f("brand", Kind.TEXT, _BRAND),
        _f("tags", Kind.TEXT, "tag 标签"),
        _money("cost", "unitcost costprice costperitem purchaseprice 成本 成本价 进价 采购价"),
        _money(
            "price",
            "listprice retailprice sellingprice variantprice rrp unitprice 售价 价格 单价 零售价"
            " 销售价 标价 吊牌价",
        ),
        _f("currency", Kind.TEXT, _CURRENCY),
        _f("supplier", Kind.ID, "suppliername supplierid 供应商 供货商"),
        _f(
            "lead_time_days",
            Kind.INTEGER,
            "leadtime deliverydays 交货期 到货天数 备货周期",
            rule=Rule.NOT_NEGATIVE,
        ),
        _money("map_price", "map minimumadvertisedprice 最低限价 最低广告价"),
        _f("min_order", Kind.INTEGER, "minorderquantity moq 起订量", rule=Rule.NOT_NEGATIVE),
        _f("case_pack", Kind.INTEGER, "casesize packsize 箱规 装箱数", rule=Rule.NOT_NEGATIVE),
        _f("status", Kind.TEXT, "productstatus published 状态 上架状态"),
        _f("first_seen", Kind.MOMENT, "createdat launchedat 上架时间 创建时间"),
        _f(
            "on_hand",
            Kind.INTEGER,
            "variantinventoryqty inventoryquantity inventory stock stockquantity 库存 库存数量",
        ),
    ),
    key=("sku",),
    extras=True,
)

STOCK = Subject(
    "stock",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _f(
            "on_hand",
            Kind.INTEGER,
            "onhand stock quantity inventory available 库存 库存数量 现有库存 可用库存",
            required=True,
        ),
        _f("inbound", Kind.INTEGER, "incoming onorder 在途 在途数量", rule=Rule.NOT_NEGATIVE),
        _f("at", Kind.MOMENT, "date datetime asof 日期 时间", rule=Rule.NOT_FUTURE),
    ),
    key=("sku", "at"),
    needs_sku=True,
)

PRICES = Subject(
    "prices",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _money("price", "listprice newprice 价格 售价", required=True),
        _f("from", Kind.MOMENT, "validfrom startsat start effectivefrom 开始时间 生效时间"),
        _f("to", Kind.MOMENT, "validto endsat end until 结束时间 失效时间"),
        _f("kind", Kind.TEXT, "pricetype 类型 价格类型"),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("sku", "kind", "from"),
    needs_sku=True,
)

COSTS = Subject(
    "costs",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _money("cost", "unitcost costprice 成本 成本价 进价", required=True),
        _f("from", Kind.MOMENT, "validfrom effectivefrom date 开始时间 生效时间 日期"),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("sku", "from"),
    needs_sku=True,
)

CUSTOMERS = Subject(
    "customers",
    (
        _f("customer_id", Kind.ID, _CUSTOMER, required=True),
        _f("country", Kind.TEXT, _COUNTRY),
        _f(
            "consent_marketing",
            Kind.BOOL,
            "acceptsmarketing acceptsemailmarketing consent optin 接受营销 营销同意",
        ),
        _f(
            "first_seen",
            Kind.MOMENT,
            "createdat registeredat signupdate joined 注册时间 首次购买时间",
            rule=Rule.NOT_FUTURE,
        ),
    ),
    key=("customer_id",),
    extras=True,
)

CAMPAIGNS = Subject(
    "campaigns",
    (
        _f("campaign_id", Kind.ID, "campaign 活动编号 活动id", required=True),
        _f("name", Kind.TEXT, "campaignname title 活动名称"),
        _f("segment", Kind.TEXT, "audiencename 人群"),
        _f("channel", Kind.TEXT, "medium 渠道"),
        _f("starts_at", Kind.MOMENT, "sentat startdate date from 开始时间 发送时间"),
        _f("ends_at", Kind.MOMENT, "enddate to 结束时间"),
        _money("cost", "spend budget 花费 费用"),
        _f("hold_out", Kind.NUMBER, "holdout 留白比例", rule=Rule.NOT_NEGATIVE),
        _f("audience", Kind.INTEGER, "recipients 人数", rule=Rule.NOT_NEGATIVE),
        _f("subject", Kind.TEXT, "主题"),
        _f("body", Kind.TEXT, "text 正文"),
        _f("customer_id", Kind.ID, _CUSTOMER),
        _f("event", Kind.TEXT, "kind action 事件"),
        _f("at", Kind.MOMENT, "eventat 事件时间"),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=(),
)

CAMPAIGN_EVENTS = Subject(
    "campaign_events",
    (
        _f("campaign_id", Kind.ID, "campaign 活动编号 活动id", required=True),
        _f("customer_id", Kind.ID, _CUSTOMER, required=True),
        _f("event", Kind.TEXT, "kind action 事件", required=True),
        _f("at", Kind.MOMENT, "date eventat 时间 事件时间", required=True),
    ),
    key=("campaign_id", "customer_id", "event", "at"),
)

COMPETITOR_PRICES = Subject(
    "competitor_prices",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _f("competitor", Kind.TEXT, "competitorname rival 竞品 竞争对手 竞店", required=True),
        _money("price", "competitorprice 价格 竞品价格", required=True),
        _f("at", Kind.MOMENT, "date seenat 时间 日期", required=True, rule=Rule.NOT_FUTURE),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("sku", "competitor", "at"),
    needs_sku=True,
)

REVIEWS = Subject(
    "reviews",
    (
        _f("review_id", Kind.ID, "id 评价id 评价编号"),
        _f("sku", Kind.ID, _SKU, required=True),
        _f("customer_id", Kind.ID, _CUSTOMER),
        _f("rating", Kind.NUMBER, "stars score 评分 星级", rule=Rule.NOT_NEGATIVE),
        _f("title", Kind.TEXT, "headline 标题"),
        _f("body", Kind.TEXT, "text review comment content 评价 评价内容 评论 内容"),
        _f(
            "at",
            Kind.MOMENT,
            "date reviewedat createdat 时间 评价时间",
            required=True,
            rule=Rule.NOT_FUTURE,
        ),
    ),
    key=("review_id",),
    needs_sku=True,
)

SIGNALS = Subject(
    "signals",
    (
        _f("name", Kind.TEXT, "signal metric 名称 指标", required=True),
        _f("at", Kind.MOMENT, "date day 时间 日期", required=True),
        _f("value", Kind.NUMBER, "figure 值 数值", required=True),
    ),
    key=("name", "at"),
)

SUPPLIERS = Subject(
    "suppliers",
    (
        _f("supplier", Kind.ID, "supplierid id 供应商编号 供应商", required=True),
        _f("name", Kind.TEXT, "suppliername 供应商名称"),
        _f("lead_time_days", Kind.NUMBER, "leadtime 交货期", rule=Rule.NOT_NEGATIVE),
        _f("lead_time_std_days", Kind.NUMBER, "leadtimestd", rule=Rule.NOT_NEGATIVE),
    ),
    key=("supplier",),
)

SUPPLIER = Subject(
    "supplier",
    (
        _f("sku", Kind.ID, _SKU, required=True),
        _f("supplier", Kind.ID, "suppliername supplierid 供应商 供货商"),
        _f("title", Kind.TEXT, _TITLE, required=True),
        _f("category", Kind.TEXT, _CATEGORY),
        _f("brand", Kind.TEXT, _BRAND),
        _f(
            "cost",
            Kind.MONEY,
            "unitcost costprice purchaseprice wholesaleprice wholesale tradeprice netprice 成本"
            " 成本价 进价 采购价 供货价 批发价 出厂价",
            required=True,
            rule=Rule.NOT_NEGATIVE,
        ),
        _money("list_price", "msrp rrp retailprice suggestedprice 建议零售价 零售价 标价"),
        _f(
            "min_order",
            Kind.INTEGER,
            "minorderquantity minimumorder moq 起订量 最小起订量",
            rule=Rule.NOT_NEGATIVE,
        ),
        _f("case_pack", Kind.INTEGER, "casesize packsize 箱规 装箱数", rule=Rule.NOT_NEGATIVE),
        _f(
            "lead_time_days",
            Kind.INTEGER,
            "leadtime deliverydays 交货期 到货天数 备货周期",
            rule=Rule.NOT_NEGATIVE,
        ),
        _f(
            "valid_from",
            Kind.MOMENT,
            "from validfrom effectivefrom pricelistdate 生效时间 报价日期",
            rule=Rule.NOT_FUTURE,
        ),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("sku", "supplier", "valid_from"),
    extras=True,
    loose=True,
)
"""A supplier's price list: what could be bought, not what is on sale."""

PURCHASE_ORDERS = Subject(
    "purchase_orders",
    (
        _f("purchase_order_id", Kind.ID, "po ponumber id 采购单号", required=True),
        _f("sku", Kind.ID, _SKU, required=True),
        _f("supplier", Kind.ID, "supplierid 供应商"),
        _f("quantity", Kind.INTEGER, "qty units 数量", required=True, rule=Rule.NOT_NEGATIVE),
        _money("unit_cost", "cost price 单价 进价"),
        _f("ordered_at", Kind.MOMENT, "date orderdate 下单时间", required=True),
        _f("expected_at", Kind.MOMENT, "eta expected 预计到货"),
        _f("received_at", Kind.MOMENT, "received 到货时间"),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("purchase_order_id",),
    needs_sku=True,
)

RETURNS = Subject(
    "returns",
    (
        _f("return_id", Kind.ID, "refundid rma 退货单号 退款编号", required=True),
        _f("line_id", Kind.ID, "lineno 行号"),
        _f("order_id", Kind.ID, "order ordernumber 订单号 订单编号"),
        _f("sku", Kind.ID, _SKU, required=True),
        _f("customer_id", Kind.ID, _CUSTOMER),
        _f("quantity", Kind.INTEGER, "qty units 数量 退货数量", required=True, rule=Rule.NOT_ZERO),
        _money("refund", "amount refundamount 退款金额 金额", required=True),
        _f(
            "returned_at",
            Kind.MOMENT,
            "date refundedat 退货时间 退款时间",
            required=True,
            rule=Rule.NOT_FUTURE,
        ),
        _f("currency", Kind.TEXT, _CURRENCY),
    ),
    key=("return_id", "line_id"),
    needs_sku=True,
)

SUBJECTS: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        SUPPLIERS,
        SUPPLIER,
        PRODUCTS,
        CUSTOMERS,
        ORDERS,
        RETURNS,
        PRICES,
        COSTS,
        STOCK,
        PURCHASE_ORDERS,
        CAMPAIGNS,
        CAMPAIGN_EVENTS,
        COMPETITOR_PRICES,
        REVIEWS,
        SIGNALS,
    )
}
"""Every subject, in the order in which a folder is imported."""


@cache
def known_names(subject: str) -> dict[str, str]:
    """Plain column name → field, for one subject."""
    names: dict[str, str] = {}
    for field in SUBJECTS[subject].fields:
        names.setdefault(plain_name(field.name), field.name)
    for field in SUBJECTS[subject].fields:
        for name in field.names:
            names.setdefault(plain_name(name), field.name)
    return names
