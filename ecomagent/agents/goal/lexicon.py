"""The words of the goal grammar in both languages: data, no logic.

English entries are regular expressions over folded text in which a space stands for any white
space or hyphen; Chinese entries match anywhere, so each is long enough not to be part of a
product's name by chance.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import chain

from ecomagent.agents.goal.tokens import Kind, Lexeme, lexeme
from ecomagent.domain.goal import Objective


class Bound(StrEnum):
    """Which side a limit lies on."""

    LOWER = "lower"
    UPPER = "upper"
    ABOVE = "above"
    """More than: a lower limit, or an upper one when negated."""
    BELOW = "below"


class Metric(StrEnum):
    """What a figure can be a limit of."""

    MARGIN = "min_margin"
    CHANGE = "max_price_change"
    RAISE = "raise"
    CUT = "cut"
    DISCOUNT = "max_discount"
    BUDGET = "budget"
    SERVICE = "service_level"
    OTHER = "other"
    """Something the goal cannot limit, such as a price or a number of orders."""


class Activity(StrEnum):
    """What a goal can allow or forbid."""

    PRICING = "pricing"
    MARKETING = "marketing"
    REPLENISHMENT = "replenishment"
    SELECTION = "selection"
    DISCOUNTS = "discounts"
    PROMOTIONS = "promotions"


_FALL = "(?:fall |go |drop |dip |get |be )?"
_PRICES = "(?:any |the |our |all |my )*prices?"

BOUNDS: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(
            Kind.BOUND,
            Bound.LOWER,
            en=rf"(?:of )?at least|(?:no|not) (?:less|lower|worse|smaller|fewer) than"
            rf"|(?:not|never|don't|do not|cannot|can't) {_FALL}(?:below|under)"
            r"|minimum(?: of)?|min|floor(?: of| at)?|or (?:more|above|higher|better|over)"
            r"|and (?:above|up|over)",
            zh=r"不低于|不得低于|不能低于|不要低于|不可低于|不应低于|别低于|不少于|不得少于|不能少于"
            r"|不小于|至少|最少|最低|起码|及?以上|大于等于|守住|保底|底线|>=|≥|(?<=[%\d])\+",
        ),
        lexeme(
            Kind.BOUND,
            Bound.UPPER,
            en=r"(?:of )?at most|(?:no|not) (?:more|higher|greater|deeper|larger|bigger) than"
            r"|(?:not|never|don't|do not|cannot|can't) (?:go |be |rise )?(?:above|over|beyond)"
            r"|(?:not|never|don't|do not|cannot|can't) exceed|not exceeding|up to"
            r"|maximum(?: of)?|max|within|inside|or (?:less|below|lower|under|fewer)"
            r"|cap(?:ped)?(?: at| of| to)?|limit(?:ed)?(?: to| of| at)?|ceiling(?: of)?|tops",
            zh=r"不超过|不得超过|不能超过|不要超过|不可超过|不应超过|别超过|勿超过|不超出|不超"
            r"|不高于|不得高于|不能高于|不大于|不多于|最多|至多|最高|最大|上限|封顶|以内|之内"
            r"|及?以下|小于等于|控制在|限制在|(?<=[%元镑成折])内|<=|≤|±|\+/-",
        ),
        lexeme(
            Kind.BOUND,
            Bound.ABOVE,
            en=r"(?:above|over|beyond)|(?:more|greater|higher|deeper|bigger|larger"
            r"|further) than|exceed(?:s|ing)?",
            zh=r"高于|超过|大于|多于|超出|>",
        ),
        lexeme(
            Kind.BOUND,
            Bound.BELOW,
            en=r"below|under|(?:less|lower|smaller|fewer) than",
            zh=r"低于|少于|小于|不足|<",
        ),
    )
)

METRICS: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(
            Kind.METRIC,
            Metric.MARGIN,
            en=r"(?:gross |profit |gross profit |product |unit )?margins?(?: rate| floor)?",
            zh=r"毛利润?率|利润率|毛利水平",
        ),
        lexeme(
            Kind.METRIC,
            Metric.CHANGE,
            en=rf"prices?(?= (?:(?:stay|to|kept|held|must|should|be|are) )*(?:within|inside|±))"
            r"|price (?:changes?|moves?|movements?|adjustments?|swings?|variations?)"
            rf"|prices? (?:(?:may|can|should|to|must|not|never|only|will) )*"
            rf"(?:changes?|move|vary|shift|swing|changing)"
            rf"|(?:chang|mov|adjust|shift|vary|reprice)(?:e|ing)? {_PRICES}"
            rf"|repric(?:e|ing)",
            zh=r"(?:调|改|变)价(?:的?幅度|范围)?|涨跌(?:幅度?)?"
            r"|价格的?(?:上下)?(?:变动|变化|调整|波动|浮动|涨跌|改动)(?:幅度)?|调整价格|改动价格|价格调幅",
        ),
        lexeme(
            Kind.METRIC,
            Metric.RAISE,
            en=rf"price (?:increases?|rises?|raises?|hikes?)"
            rf"|(?:raise|raising|increase|increasing|lift|lifting|put up) {_PRICES}",
            zh=r"[涨提加]价(?:幅度)?|价格上[涨调]|上调价格|提高价格",
        ),
        lexeme(
            Kind.METRIC,
            Metric.CUT,
            en=rf"price (?:cuts?|decreases?|drops?|reductions?)|mark ?downs?"
            rf"|(?:cut|cutting|lower|lowering|reduce|reducing|drop|dropping) {_PRICES}",
            zh=r"[降减]价(?:幅度)?|价格下[降调]|下调价格|降低价格",
        ),
        lexeme(
            Kind.METRIC,
            Metric.DISCOUNT,
            en=r"(?:discounts?|discounting|promotions?)(?: depths?| rate| level)?|off",
            zh=r"折扣(?:力度|率|幅度)?|优惠(?:力度|幅度)?|打折(?:力度|幅度)?|促销(?:力度|深度|幅度)"
            r"|让利(?:幅度)?|打(?=[\d零一二三四五六七八九.]+折)",
        ),
        lexeme(
            Kind.METRIC,
            Metric.BUDGET,
            en=r"(?:(?:marketing|ad|advertising|campaign|total|overall|maximum|max|promo) )?"
            r"budgets?|spend|spending|spends",
            zh=r"(?:总|营销|广告|推广|活动|促销)?预算|花费|费用|开销|支出|投入|花钱|花(?=[\d¥$£€])",
        ),
        lexeme(
            Kind.METRIC,
            Metric.SERVICE,
            en=r"service levels?|(?:stock |product )?availability|in stock(?: rate| level)?"
            r"|fill rate",
            zh=r"现货(?:率|供应率)|有货率|在库率|服务水平|(?:库存|订单)?满足率|可售率|不断货率",
        ),
        lexeme(
            Kind.METRIC,
            Metric.OTHER,
            en=r"net (?:profits?|margins?)|conversion(?: rates?)?|return rates?|returns|roi|roas"
            r"|acos|cac|orders?|price points?|priced|costing|basket|aov|average order value"
            r"|sell through rate|stock cover|days of cover",
            zh=r"净利润?率?|转化率|退货率|投产比|订单[数量]?|客单价|动销率|周转(?:率|天数)?|单价|售价",
        ),
    )
)

OBJECTIVES: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(
            Kind.OBJECTIVE,
            Objective.GROSS_PROFIT,
            en=r"gross profits?|profits?|profitability|earnings|make more money|earn more",
            zh=r"毛利润?额?|利润额?|盈利|赚更多(?:钱)?|多赚钱?",
        ),
        lexeme(
            Kind.OBJECTIVE,
            Objective.REVENUE,
            en=r"(?:sales |net |total )?revenues?|(?:total |net )?sales(?: value| figures)?|turnover"
            r"|gmv|top line|takings",
            zh=r"营收|营业额|销售(?:总?额|收入|业绩)|销售(?!量|数量)|收入|成交额|gmv|流水|业绩",
        ),
        lexeme(
            Kind.OBJECTIVE,
            Objective.UNITS,
            en=r"units?(?: sold| sales)?|(?:sales )?volumes?|sell more|quantit(?:y|ies) sold",
            zh=r"销量|销售(?:数)?量|出货量|(?:销售)?件数|多卖(?:些|点)?",
        ),
        lexeme(
            Kind.OBJECTIVE,
            Objective.CLEAR_STOCK,
            en=r"clear(?: out| down| off)?|clearing(?: out)?|clearance|sell(?:ing)? (?:off|through|out)"
            r"|offload|liquidate|get rid of|destock|dispose of|run down"
            r"|(?:reduce|shift|move|cut|lower|shrink)(?: down)?(?: (?:our|the|excess|surplus|old|dead))*"
            r" (?:stock|inventory)",
            zh=r"清(?:掉|完|空|理|仓|货|一?清)|清理?库存|去库存|甩卖|处理(?:掉|库存)|卖[掉完]"
            r"|(?:减少|降低?|消化|压缩)库存|消库存|出清|清(?=[滞积旧过])",
        ),
        lexeme(
            Kind.OBJECTIVE,
            Objective.NEW_CUSTOMERS,
            en=r"(?:more )?(?:new (?:customers?|buyers?|shoppers?|clients?)|customer acquisition"
            r"|first time (?:buyers?|customers?))|acquire (?:more )?customers",
            zh=r"拉新|新客(?:户|人)?|获客|新(?:用户|顾客|买家)|吸引新人",
        ),
        lexeme(
            Kind.OBJECTIVE,
            Objective.REPEAT_PURCHASE,
            en=r"repeat (?:purchas(?:es?|ing)|orders?|customers?|business|sales|rates?|buyers?)"
            r"(?: rates?)?|repurchase(?: rate)?|(?:customer )?(?:retention|loyalty)"
            r"|returning customers?|(?:bring|win) (?:back )?(?:old |lapsed |our |past )?customers"
            r"(?: back)?",
            zh=r"复购率?|重复购买|回购率?|回头客|(?:唤回|召回|激活)?老(?:客户?|用户|顾客)|留存率?",
        ),
    )
)

STOCK_WORDS: tuple[Lexeme, ...] = tuple(
    lexeme(
        Kind.GLUE,
        "stock",
        en=r"(?:(?:old|excess|surplus|overstocked|remaining) )?(?:stock|inventory|overstock)",
        zh=r"(?:多余|过剩|剩余|老)?(?:的)?库存|存货",
    )
)

ACTIVITIES: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(Kind.ACTIVITY, Activity.PRICING, en=r"pric(?:es?|ing)", zh=r"价格|定价"),
        lexeme(
            Kind.ACTIVITY,
            Activity.MARKETING,
            en=r"(?:marketing |email |e mail |ad )?campaigns?|marketing|emails?|mailings?"
            r"|newsletters?|ads|adverts?|advertising",
            zh=r"营销(?:活动)?|广告|推广|投放|邮件|短信|群发",
        ),
        lexeme(
            Kind.ACTIVITY,
            Activity.REPLENISHMENT,
            en=r"re ?orders?|re ?ordering|re ?stock(?:ing|s)?|replenish(?:ment|ing)?"
            r"|purchase orders?|purchasing|stock orders?|buying",
            zh=r"补货|进货|采购|订货|备货|补库存",
        ),
        lexeme(
            Kind.ACTIVITY,
            Activity.SELECTION,
            en=r"(?:new |product )?(?:listings?|assortment)|(?:de|re) ?list(?:ing|ings)?"
            r"|product selection|selection",
            zh=r"选品|上下架|上架|下架|上新|汰换",
        ),
        lexeme(
            Kind.ACTIVITY, Activity.PROMOTIONS, en=r"promotions?|promos?", zh=r"促销(?:活动)?|大促"
        ),
        lexeme(
            Kind.ACTIVITY, Activity.DISCOUNTS, en=r"discounts?|discounting", zh=r"打折|折扣|优惠"
        ),
    )
)
