"""Finds amounts, percentages and plain numbers in a goal, with the currency or share they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ecomagent.agents.goal.numbers import (
    ANY_NUMBER,
    DIGITS,
    MULTIPLIER,
    NUMBER,
    ZH_DIGITS,
    Number,
    read_number,
)
from ecomagent.agents.goal.tokens import Kind, Token

MAX_VALUE = Decimal(10) ** 13
_DOLLARS = ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN")
_CROWNS = ("SEK", "NOK", "DKK", "CZK", "ISK")
_YUAN = ("CNY", "JPY")

SYMBOLS: dict[str, tuple[str, ...]] = {
    "us$": ("USD",), "hk$": ("HKD",), "au$": ("AUD",), "a$": ("AUD",), "ca$": ("CAD",),
    "c$": ("CAD",), "nz$": ("NZD",), "s$": ("SGD",), "nt$": ("TWD",), "r$": ("BRL",),
    "£": ("GBP",), "€": ("EUR",), "¥": _YUAN, "$": _DOLLARS, "₩": ("KRW",), "₹": ("INR",),
    "₽": ("RUB",), "₺": ("TRY",), "฿": ("THB",), "₫": ("VND",), "₱": ("PHP",), "₪": ("ILS",),
    "zł": ("PLN",),
}  # fmt: skip
_CODE_WORDS = (
    "gbp usd eur cny rmb jpy hkd twd aud cad nzd sgd chf sek nok dkk krw inr brl mxn pln czk"
    " thb vnd myr idr php zar aed sar ils rub"
)
CODES = _CODE_WORDS.split()
WORDS: dict[str, tuple[str, ...]] = {
    r"pounds?(?: sterling)?|quid|sterling": ("GBP",),
    r"euros?": ("EUR",),
    r"us dollars?": ("USD",),
    r"dollars?|bucks": _DOLLARS,
    r"yuan|renminbi|kuai": ("CNY",),
    r"yen": ("JPY",),
    r"swiss francs?": ("CHF",),
    r"kronor|kroner|crowns?|kr": _CROWNS,
    r"rupees?": ("INR",),
    r"人民币|元(?!旦|宵|素)|块钱?": ("CNY",),
    r"英镑|镑": ("GBP",),
    r"欧元|欧(?!洲|美|式)": ("EUR",),
    r"美元|美金|刀(?!具|叉|架)": ("USD",),
    r"日元|日圆|円": ("JPY",),
    r"港[币元]": ("HKD",),
    r"(?:新)?台币": ("TWD",),
    r"澳元|澳币": ("AUD",),
    r"加元|加币": ("CAD",),
    r"新加坡元|新元|新币": ("SGD",),
    r"韩元": ("KRW",),
    r"瑞士法郎|瑞郎": ("CHF",),
    r"卢布": ("RUB",),
    r"卢比": ("INR",),
}

_BEFORE = "|".join(re.escape(mark) for mark in sorted(SYMBOLS, key=len, reverse=True))
_CODE = rf"(?:{'|'.join(CODES)})(?![a-z])"
_NAMED = "|".join(
    pattern if re.search("[\u4e00-\u9fff円]", pattern) else rf"(?:{pattern})(?![a-z])"
    for pattern in WORDS
)
_FREE = r"(?<![a-z0-9])(?<!\d[.,])"
NUMBER_IN_DIGITS = rf"(?:{DIGITS}){MULTIPLIER}?"
_NOT_WORD = r"(?![a-z0-9])"
_MONEY = re.compile(
    rf"(?P<sign>(?<![\w%])-\s?)?"
    rf"(?:{_FREE}(?P<pre>{_BEFORE}|{_CODE}|人民币)[ ]?(?P<after>{NUMBER})"
    rf"(?:[ ]?(?P<again>{_BEFORE}|{_CODE}|{_NAMED}))?"
    rf"|{_FREE}(?P<first>{ANY_NUMBER})[ ]?(?P<post>{_BEFORE}|{_CODE}|{_NAMED}))"
)
_SHARE = re.compile(
    rf"(?P<sign>(?<![\w%])-\s?)?{_FREE}(?P<number>{ANY_NUMBER})\s?"
    r"(?:%|percent(?:age points?)?(?![a-z])|per cent(?![a-z])|pct(?![a-z])|p\.?p(?![a-z])|个?百分点|个点)"
)
_OF_HUNDRED = re.compile(
    rf"百分之(?P<number>[{ZH_DIGITS}]+(?:点[零〇一二三四五六七八九]+)?|\d+(?:\.\d+)?)"
)
_TENTHS = re.compile(
    r"(?P<whole>[一二两三四五六七八九]|\d(?:\.\d+)?)成(?P<half>[一二三四五六七八九半])?"
    r"(?![本交套人品分色功为员长衣都立就份])"
)
_FOLD = re.compile(
    r"(?P<number>[一二三四五六七八九](?:点?[一二三四五六七八九])?|\d(?:\.\d+)?|\d{2})折(?!扣|叠)"
)
_HALF_PRICE = re.compile(r"(?<![a-z])half[ -]price(?![a-z])|半价|对折")
_PLAIN = re.compile(
    rf"(?P<sign>(?<![\w%])-\s?)?{_FREE}(?P<number>\d+(?:\.\d+)?[万千百亿]\d|{NUMBER_IN_DIGITS}"
    rf"|[一二两三四五六七八九][{ZH_DIGITS}]*[十百千万亿][{ZH_DIGITS}]*){_NOT_WORD}"
)
_COUNTED = re.compile(
    r"(?<![a-z])(?P<number>(?:(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a|an|one|hundred|thousand|grand|million)"
    r"[\s-]+)*(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|grand|million))(?![a-z])"
)


@dataclass(frozen=True)
class Figure:
    """A figure as it was read.

    ``value`` is an amount in major units, a fraction (0.35 for 35 %), or a plain number; None
    where the digits make no sense.
    """

    value: Decimal | None
    currencies: tuple[str, ...] = ()
    """Which currencies the symbol may mean, the likeliest first; empty without one."""
    other: Decimal | None = None
    """What else the digits could mean."""
    is_price: bool = False
    """Chinese 折: the share of the price that is left was named, not the share taken off."""

    def currency(self, shop: str) -> str:
        """The currency, where the shop's own settles what a shared symbol means."""
        if not self.currencies or shop in self.currencies:
            return shop
        return self.currencies[0]


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros or exponent, so that equal figures look equal."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _figure(
    number: Number | None, *, negative: bool, currencies: tuple[str, ...] = (), share: bool = False
) -> Figure:
    if number is None or negative or abs(number.value) > MAX_VALUE:
        return Figure(None, currencies)
    value, other = number.value, number.other
    if share:
        value, other = (value if other is None else other) / 100, None
    return Figure(plain(value), currencies, other=other)


def _currencies(mark: str) -> tuple[str, ...]:
    mark = mark.strip()
    if mark in SYMBOLS:
        return SYMBOLS[mark]
    if mark in CODES:
        return ("CNY",) if mark == "rmb" else (mark.upper(),)
    return next(codes for pattern, codes in WORDS.items() if re.fullmatch(pattern, mark))


def _money(folded: str) -> Iterator[Token]:
    for match in _MONEY.finditer(folded):
        marks = [match[name] for name in ("pre", "post", "again") if match[name]]
        named = [_currencies(mark) for mark in marks]
        meant = tuple(code for code in named[0] if all(code in other for other in named))
        number = read_number(match["after"] or match["first"])
        figure = _figure(number, negative=bool(match["sign"]), currencies=meant or named[0])
        yield Token(Kind.MONEY, match.start(), match.end(), figure if meant else Figure(None))


def _tenths(match: re.Match[str]) -> Number | None:
    whole = read_number(match["whole"])
    half = {"半": Decimal("0.5"), None: Decimal(0)}.get(match["half"])
    if half is None:
        rest = read_number(match["half"])
        half = rest.value / 10 if rest else Decimal(0)
    return None if whole is None else Number((whole.value + half) * 10)


def _price_left(text: str) -> Decimal | None:
    """Percent of the price that 折 leaves: 八 → 80, 85 → 85, 8.5 → 85, 七五 → 75."""
    digits = re.sub("[点.]", "", text)
    for value, sign in enumerate("零一二三四五六七八九"):
        digits = digits.replace(sign, str(value))
    if not digits.isdecimal() or int(digits) == 0:
        return None
    return Decimal(digits) * 100 / Decimal(10) ** len(digits)


def _shares(folded: str) -> Iterator[Token]:
    for pattern in (_SHARE, _OF_HUNDRED):
        for match in pattern.finditer(folded):
            negative = pattern is _SHARE and bool(match["sign"])
            figure = _figure(read_number(match["number"]), negative=negative, share=True)
            yield Token(Kind.PERCENT, match.start(), match.end(), figure)
    for match in _TENTHS.finditer(folded):
        figure = _figure(_tenths(match), negative=False, share=True)
        yield Token(Kind.PERCENT, match.start(), match.end(), figure)
    for match in _FOLD.finditer(folded):
        left = _price_left(match["number"])
        value = None if left is None else plain(1 - left / 100)
        yield Token(Kind.PERCENT, match.start(), match.end(), Figure(value, is_price=True))
    for match in _HALF_PRICE.finditer(folded):
        yield Token(Kind.PERCENT, match.start(), match.end(), Figure(Decimal("0.5"), is_price=True))


def find_figures(folded: str) -> Iterator[Token]:
    """Every amount of money, percentage and plain number of the folded text.

    Tokens may overlap; ``tokens.settle`` keeps the longest.
    """
    yield from _money(folded)
    yield from _shares(folded)
    for match in _PLAIN.finditer(folded):
        figure = _figure(read_number(match["number"]), negative=bool(match["sign"]))
        yield Token(Kind.NUMBER, match.start(), match.end(), figure)
    for match in _COUNTED.finditer(folded):
        figure = _figure(read_number(match["number"]), negative=False)
        yield Token(Kind.NUMBER, match.start(), match.end(), figure)
