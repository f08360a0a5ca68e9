"""Numbers as people type them in goals: grouped, with multipliers, in words of both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

ZH_DIGITS = "零〇一二两三四五六七八九十百千万亿廿"
ZH_NUMBER = rf"[{ZH_DIGITS}]+(?:点[零〇一二三四五六七八九]+)?"
DIGITS = (
    r"\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?![\d.,]*\d)"  # 20 000,50
    r"|\d{1,3}(?:'\d{3})+(?:\.\d+)?"
    r"|\d+(?:[.,]\d+)*"
)
_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_EN_UNITS = {word: value for value, word in enumerate(_UNIT_WORDS.split())} | {
    "a": 1,
    "an": 1,
    "couple": 2,
}
_EN_TENS = {
    word: value * 10
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_EN_SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "million": 1_000_000}
_COUNTED = "|".join([*_EN_TENS, *sorted(_EN_UNITS, key=len, reverse=True)])
_SCALES = "|".join(_EN_SCALES)
EN_NUMBER = rf"(?:{_COUNTED})(?:[\s-]+(?:and[\s-]+)?(?:{_COUNTED}|{_SCALES}))*(?![a-z])"
MULTIPLIERS: dict[str, int] = {
    "k": 1_000, "thousand": 1_000, "grand": 1_000, "m": 1_000_000, "mn": 1_000_000,
    "mio": 1_000_000, "million": 1_000_000, "百": 100, "千": 1_000, "w": 10_000, "万": 10_000,
    "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000,
}  # fmt: skip
MULTIPLIER = (
    r"(?:[ ]?(?:million|thousand|grand|mio|mn)(?![a-z])|[km](?![a-z0-9])|w(?![a-z0-9])"
    r"|[ ]?(?:百万|千万|百|千|万|亿))"
)


@dataclass(frozen=True)
class Number:
    """A number; with ``other`` set, the text could as well mean that."""

    value: Decimal
    other: Decimal | None = None

    def times(self, factor: Decimal | int) -> Number:
        """The number multiplied."""
        return Number(self.value * factor, None if self.other is None else self.other * factor)


def read_digits(text: str) -> Number | None:
    """A number in digits with any grouping and decimal mark; ambiguous ones carry both readings.

    ``20,000`` and ``20.000`` are grouped by the mark; which one a single mark before exactly
    three digits is, a currency may decide. Returns None where the marks make no sense.
    """
    text = text.replace(" ", "").replace("'", "")
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return Number(Decimal(text))
    if len(set(marks)) == 2:
        return _two_marks(text)
    mark = marks[0]
    whole, *groups = text.split(mark)
    grouped = _is_grouped(whole, groups)
    if len(marks) > 1:
        return Number(Decimal(text.replace(mark, ""))) if grouped else None
    decimal = Decimal(f"{whole}.{groups[0]}")
    if not grouped or whole == "0":
        return Number(decimal)
    if mark == ",":
        return Number(Decimal(whole + groups[0]))
    return Number(Decimal(whole + groups[0]), other=decimal)


def _is_grouped(whole: str, groups: list[str]) -> bool:
    western = len(whole) <= 3 and all(len(group) == 3 for group in groups)
    indian = len(whole) <= 2 and len(groups[-1]) == 3 and all(len(g) == 2 for g in groups[:-1])
    return western or indian


def _two_marks(text: str) -> Number | None:
    decimal_mark = max(".,", key=text.rfind)
    group_mark = "," if decimal_mark == "." else "."
    whole, _, fraction = text.rpartition(decimal_mark)
    first, *groups = whole.split(group_mark)
    if decimal_mark in whole or not _is_grouped(first, groups):
        return None
    return Number(Decimal(f"{first}{''.join(groups)}.{fraction}"))


def read_chinese(text: str) -> Number | None:
    """A number in Chinese numerals or mixed with digits (两千, 一万五, 2万5); None where none."""
    import cn2an

    try:
        return Number(Decimal(str(cn2an.cn2an(text, "smart"))))
    except ValueError:
        return None


def read_english(text: str) -> Number | None:
    """A number in English words (“thirty-five”, “two thousand”); None where none."""
    total = group = 0
    last = ""
    for word in re.split(r"[\s-]+", text.strip()):
        if word == "and":
            continue
        if word in _EN_SCALES:
            scale = _EN_SCALES[word]
            group = (group or 1) * scale
            if scale > 100:
                total, group = total + group, 0
        elif word in _EN_TENS or word in _EN_UNITS:
            if last in ("a", "an"):
                group = 0  # an article: “a two thousand pound budget”
            elif last in _EN_UNITS or (last in _EN_TENS and _EN_UNITS.get(word, 10) > 9):
                return None
            group += _EN_TENS.get(word, 0) or _EN_UNITS.get(word, 0)
        else:
            return None
        last = word
    return Number(Decimal(total + group))


def read_number(text: str) -> Number | None:
    """A number however it is written, with or without a multiplier behind it."""
    text = text.strip()
    match = re.fullmatch(rf"({DIGITS})({MULTIPLIER})?", text)
    if match:
        number = read_digits(match[1])
        if number is None or not match[2]:
            return number
        scale = MULTIPLIERS[match[2].strip()]
        return Number(_plain_decimal(number, match[1])).times(scale)
    if re.match(rf"[\d.]*[{ZH_DIGITS}]", text):
        return read_chinese(text.replace(",", ""))
    return read_english(text)


def _plain_decimal(number: Number, text: str) -> Decimal:
    """Before a multiplier a single mark is a decimal one: “1.250 million”, “1,5 million”."""
    if number.other is not None:
        return number.other
    return number.value


NUMBER = rf"(?:(?:{DIGITS}){MULTIPLIER}?|{ZH_NUMBER})"
"""Digits or Chinese numerals, with a multiplier."""
ANY_NUMBER = rf"(?:\d+(?:\.\d+)?[{ZH_DIGITS}]+\d?|{NUMBER}|{EN_NUMBER})"
"""Also English words, and mixtures such as 2万5."""
