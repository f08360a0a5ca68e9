"""Words that carry no figure and no product by themselves: verbs, articles, particles."""

from __future__ import annotations

from enum import StrEnum

from ecomagent.agents.goal.tokens import Kind, Lexeme, lexeme


class Glue(StrEnum):
    """What a connecting word still tells the grammar."""

    GROW = "grow"
    REDUCE = "reduce"
    KEEP = "keep"
    USE = "use"
    EDGE = "edge"
    """May stand at the edge of a product's name but is no part of it."""
    WEAK = "weak"
    """A Chinese character that is a particle alone and part of a word beside unknown ones."""


_GROW_EN = (
    r"grow(?:ing|th|s)?|increas(?:e|es|ing)|rais(?:e|es|ing)|boost(?:s|ing)?|improv(?:e|es|ing)"
    r"|lift(?:s|ing)?|maximi[sz](?:e|es|ing)|push(?:ing)?|driv(?:e|ing)|expand(?:ing)?|optimi[sz](?:e|ing)"
    r"|win(?:ning)?|attract(?:ing)?|gain(?:ing)?|bring(?:ing)? in|higher|bigger|up"
)
_GROW_ZH = r"提[升高振]|增[加长多]|做[大高]|拉[升高动]|扩大|冲高?|最大化|上涨|上升|改善|优化|吸引|促进|带动|提振"
_REDUCE_EN = (
    r"reduc(?:e|ing)|cut(?:ting)?|lower(?:ing)?|decreas(?:e|ing)|shrink(?:ing)?|minimi[sz](?:e|ing)"
)
_REDUCE_ZH = r"降低|减少|压缩|缩减|压低"
_KEEP_EN = (
    r"(?:keep|hold|maintain|protect|preserv|safeguard|sacrific|hurt|harm|los|damag|reduc)(?:e|ing)?"
    r"|(?:with )?no (?:loss|drop|decline|fall) (?:in|of)"
)
_KEEP_ZH = r"保[持住护]|维持|守住|稳[定住]|不影响|不牺牲|不损害|不降低?"
_USE_EN = r"use|using|through|via|by means of|with the help of"
_USE_ZH = r"通过|利用|使用|借助|依靠|凭借|[靠用](?=[定调改涨降营推补选促打])"

_PLAIN_EN = (
    "i'd i'll i've i'm we'd we'll we've we're it's that's send sending"
    " a an the this that these those of for on in at to from by into onto over as is are be been"
    " it its our my we us i you your their his me please pls can could would should will shall"
    " must may might want wants need needs like love help let lets let's try make made do does"
    " doing go going kept stay staying set ensure leave really about have has having every each"
    " any some all whole entire everything everywhere anything across shop store business"
    " company site website webshop online assortment catalogue catalog range product products"
    " item items goods article articles sku skus merchandise stuff things line lines more most"
    " much many further possible asap soon now today's quickly fast well better best good so"
    " than too very also still just get give take put work run start find plan goal target aim"
    " objective priority focus main mainly primarily overall total level levels rate rates"
    " value money cash customer customers people shoppers per percent limit limits constraint"
    " constraints time period end during through throughout until till before within next"
    " coming there here if which who what where how up down out off about around roughly"
    " approximately sell selling sold sale's change changes move moves change's healthy"
    " sensible least less fall go drop exceed with without and or then allowed allow allows"
    " permitted thanks thank hi hello alone"
    " untouched stable steady constant flat unchanged intact same between least most bit little"
)
GLUE_EN = _PLAIN_EN.split()


_EDGES = (
    "谢谢 您好 你好 帮我 帮忙 麻烦 我想要 我想 我要 想要 希望 需要 我们店 我们的 我们 我的"
    " 咱们 本店 小店 店铺 店里 商店 全部 所有 整个 商品 产品 货品 单品 东西 系列 类目 尽量"
    " 尽可能 尽快 一下 一些 一点 更多 更高 最好 可以 能够 要求 目标 重点 优先 主要 为主 保证"
    " 确保 进行 安排 每次 各个 这些 那些 那个 期间 时候 阶段 时间 水平 范围 左右 大约 大概"
    " 不变 情况下 前提下 的前提下 条件 计划 方案 制定 一个 幅度 比例 力度 达到 金额 控制 操作"
    " 动作 以外 之外 顾客 客户 用户 尤其 特别 健康 合理 允许 其中 涉及 相关 方面 部分 明确"
    " 以及 从而 参与 参加 也要 必须 务必 一定 主推 主打 单次 每个 店内 这次 本次 此次"
    " 能否 争取"
)
_EDGE_ZH = _EDGES.split()
_WEAKS = (
    "帮 能 着 们 里 中 上 内 下 又 以 期 搞 每 各 这 那 该 本 其 从 到 约 达 掉 完 出 吧 呢"
    " 啊 哦 个 种 款 件 单 只 高 低 超 按 由 有 会 调 改 降 打 发 动 限 补 看 可 再 说 店 多"
    " 些 点 价 用 需 比 请 咱 把 将 让 使 给 对 在 于 为 是 的 地 得 了 并 且 也 都 还 就 外"
    " 来 去 我 做 类 等 卖 想 要 算 最 更 大 率 推 货"
)
_WEAK_ZH = _WEAKS.split()


def _of(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


GLUE: tuple[Lexeme, ...] = (
    *lexeme(Kind.GLUE, Glue.GROW, en=_GROW_EN, zh=_GROW_ZH),
    *lexeme(Kind.GLUE, Glue.REDUCE, en=_REDUCE_EN, zh=_REDUCE_ZH),
    *lexeme(Kind.GLUE, Glue.KEEP, en=_KEEP_EN, zh=_KEEP_ZH),
    *lexeme(Kind.GLUE, Glue.USE, en=_USE_EN, zh=_USE_ZH),
    *lexeme(Kind.GLUE, Glue.EDGE, en=rf"in order to|{_of(GLUE_EN)}", zh=_of(_EDGE_ZH)),
    *lexeme(Kind.GLUE, Glue.WEAK, zh=_of(_WEAK_ZH)),
)
"""Glue in the order in which equal matches win."""
