"""Negations, exceptions, markers, breaks and set phrases of the goal grammar: data, no logic."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain

from ecomagent.agents.goal.tokens import Kind, Lexeme, lexeme


class Phrase(StrEnum):
    """Set phrases that say a whole limit."""

    NO_LOSS = "no_loss"
    NO_SPEND = "no_spend"
    NO_LIMIT = "no_limit"
    FIXED_PRICES = "fixed_prices"
    OVERRIDE = "override"
    """Asks the tool to set its own rules aside."""
    ON_SALE = "on_sale"
    """Names the products that are being promoted now."""
    DEAD_STOCK = "dead_stock"
    """Names the products that hardly sell."""
    WHOLE_SHOP = "whole_shop"
    MULTIPLE = "multiple"
    """Names a multiple to reach: double, 翻倍."""


_RULES_EN = (
    r"polic(?:y|ies)|rules?|limits?|approvals?|instructions?|guard ?rails?|margin floors?|floors?"
    r"|checks?|safety|permissions?|prompts?|restrictions?|constraints?"
)
_RULES_ZH = r"政策|规则|策略|限制|审批|审核|批准|指令|指示|底线|红线|风控|提示词?|约束|规定|权限"

SIGNS: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(
            Kind.NOT,
            None,
            en=r"no|not|don't|do not|never|avoid|nor|stop|cannot|can't|mustn't|must not|without",
            zh=r"不要|不能|不许|不得|不可以?|不准|禁止|别(?!人|的|针|墅|致)|勿|不做|不搞|不用|不参与|不再|停止"
            r"|不(?=[调改变涨降]价|补货|进货|采购|订货|备货|促销|打折|营销|推广|投放|发邮件|发短信|发广告"
            r"|上架|下架|上新|选品|优惠|动价格|影响|牺牲)|无(?=需|促销|折扣)|没有",
        ),
        lexeme(
            Kind.ONLY,
            None,
            en=r"only|just|solely|exclusively|alone|nothing but",
            zh=r"仅限?|只(?=[做用调改动靠能通允许可涨降打发补搞有看限])|单靠|光靠",
        ),
        lexeme(
            Kind.EXCEPT,
            None,
            en=r"except(?: for)?|exclud(?:e|ing)|but not|other than|apart from|besides|leav(?:e|ing)"
            r" out|leave(?=[^,.;]* (?:alone|untouched|as (?:it|they) (?:is|are)))|hands off"
            r"|(?:don't|do not|never|not) (?:touch|change|include)(?= (?!prices?|any|the price))"
            r"|ignor(?:e|ing)|not includ(?:e|ing)|aside from|skip(?:ping)?|save for",
            zh=r"除了|除(?!外|去|湿|尘|臭|草|霉|味|夕|螨|皱)|不含|不包[括含]|排除|剔除|不要动|不动|别动|刨除",
        ),
        lexeme(Kind.EXCEPT, "after", zh=r"除外|不参[加与]|不算(?:在内)?"),
        lexeme(Kind.EXCEPT, "but", en=r"but"),
        lexeme(
            Kind.PHRASE,
            Phrase.NO_LOSS,
            en=r"(?:no|not|never|don't|do not|nothing|without) (?:sell(?:ing)? |go(?:ing)? )?(?:anything )?"
            r"(?:at a loss|(?:below|under) (?:the )?costs?)|no losses",
            zh=r"[不别勿](?:能|要|得|许)?亏[本损钱]|不(?:能|要|得)?低于成本价?|不(?:能|要)?赔[本钱]",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.NO_SPEND,
            en=r"(?:no|zero|without (?:a|any)) (?:marketing |ad )?budget|(?:without|no|don't) spend(?:ing)?"
            r"(?: any)?(?: money| anything)?",
            zh=r"零预算|没有预算|不花钱|不(?:要)?花一分钱|零成本投入",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.OVERRIDE,
            en=r"(?:ignor(?:e|ing)|bypass(?:ing)?|disregard(?:ing)?|overrid(?:e|ing)|skip(?:ping)?"
            r"|forget|evade|circumvent|violat(?:e|ing)|break(?:ing)?|regardless of|turn off|disabl(?:e|ing)"
            rf"|without)(?: [a-z']+){{0,4}}? (?:{_RULES_EN})(?: (?:file|engine|prompt)s?)?"
            r"|auto ?approv(?:e|es|ed|ing)|approve (?:everything|all|it|them)(?: (?:yourself|automatically))?"
            rf"|no approvals?(?: needed| required)?|(?:polic(?:y|ies)|rules?) (?:do|does) not (?:apply|matter)",
            zh=rf"(?:忽略|无视|绕[过开]|跳过|不管|不顾|不理会?|不用管|别管|违反|突破|关闭|取消|无需|不需要|不用|不经过?)"
            rf"[^，,。;.]{{0,8}}?(?:{_RULES_ZH})(?:[和与、及]?(?:{_RULES_ZH}))*"
            r"|自动(?:审批|批准|通过)|直接(?:执行|生效|上线)",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.FIXED_PRICES,
            en=r"(?:keep|leave|hold)(?:ing)? (?:all |the |our |list )*prices?"
            r" (?:fixed|unchanged|as (?:they|it) (?:are|is)|stable|steady|constant|alone|the same)"
            r"|(?:don't|do not|never|not|no|without) (?:touch|touching|changing) (?:any |the |our )*prices?",
            zh=r"价格(?:保持|维持)?不[变动]|不动价格?|保持价格(?:不变|稳定)?|维持(?:原价|价格(?:不变)?)|价格别动",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.ON_SALE,
            en=r"(?:on )?(?:sale|promotional|promoted|discounted) (?:items?|products?|goods|stock|lines?)"
            r"|(?:items?|products?|things|anything|everything|those|what is|what's)"
            r" (?:already |currently )?on (?:sale|promotion|offer|special)|sale",
            zh=r"(?:正在)?(?:促销|特价|打折|活动|优惠)(?:中)?的?(?:商品|产品|货品|单品|品|款)|特价|清仓品",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.DEAD_STOCK,
            en=r"(?:dead|unsold|slow moving) (?:stock|inventory|items?|products?|goods|lines?)"
            r"|slow (?:movers?|sellers?)",
            zh=r"(?:滞销|积压|呆滞)的?(?:库存|商品|产品|品|款|货)?",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.MULTIPLE,
            en=r"(?:double|triple|treble|quadruple|halve)(?: (?:the|our|my))?",
            zh=r"翻[一两二三四]?[倍番]|提[升高]一倍|增[加长]一倍",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.WHOLE_SHOP,
            en=r"(?:the |our |my )?(?:whole|entire) (?:shop|store|catalogue|catalog|assortment|range)"
            r"|all (?:of )?(?:the |our |my )?(?:products?|items?|skus?|goods)|everything(?: we sell)?"
            r"|across the board|store ?wide|shop ?wide|site ?wide",
            zh=r"全店|整店|全场|全部商品|所有商品|整个店铺?|全部产品|所有产品|店铺?(?:里)?(?:的)?所有",
        ),
        lexeme(
            Kind.PHRASE,
            Phrase.NO_LIMIT,
            en=r"(?:no|without) (?:budget|spending) (?:limit|cap)|unlimited budget|no limit on"
            r" (?:budget|spending)",
            zh=r"不限预算|预算不限|预算无上限|不设预算(?:上限)?",
        ),
    )
)

MARKERS: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(Kind.MARKER, "brands", en=r"brands?", zh=r"品牌|牌子"),
        lexeme(
            Kind.MARKER, "categories", en=r"categor(?:y|ies)|departments?", zh=r"类目|品类|分类"
        ),
        lexeme(Kind.MARKER, "tags", en=r"tags?|tagged(?: as| with)?|label(?:led)?", zh=r"标签"),
        lexeme(
            Kind.MARKER,
            "skus",
            en=r"skus?|item (?:no|number|code)s?|product codes?|stock codes?",
            zh=r"sku|货号|款号|商品编[码号]",
        ),
    )
)

BREAKS: tuple[Lexeme, ...] = tuple(
    chain(
        lexeme(
            Kind.BREAK,
            "stop",
            zh=r"(?<!max)(?<!min)[.](?!\d)|[;!?\n。…](?!\d)|\uff0c|,(?!\d)|,(?=\d)|\n",
        ),
        lexeme(Kind.BREAK, "list", zh=r"[、/&+]"),
        lexeme(
            Kind.BREAK,
            "and",
            en=r"and|or|as well as|plus|while|whilst|then|also|but|yet|with|when|keeping|subject to",
            zh=r"并且|而且|同时|并|且|但是?|和|与|及|以及|或者?|又",
        ),
        lexeme(Kind.BREAK, "colon", zh=r":"),
    )
)
