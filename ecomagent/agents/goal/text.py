"""The goal's text folded for reading, letter by letter, so that every span points at the original.

Full-width and Traditional Chinese characters, dashes, digits of other scripts and upper case are
folded one to one: position ``i`` of the folded text is position ``i`` of what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_TRADITIONAL = dict(
    zip(
        "萬億兩預潤額營銷業積庫滯於過價調漲變動內請從開週個節聖國慶點貨補進採購訂備選產類標籤們區"
        "間員單雙東優讓廣邊減據務現長獲復舊顧還幫時後來這號農曆達續僅沒處檔夠歐鎊韓臺幣總費給與擇"
        "賣對應將當層條門樣陰陽廠傘襪褲裝絨衛圍麼無絕關閉歷寫擊別帶確認實際體會頭機電視頻圖書輕鬆",
        "万亿两预润额营销业积库滞于过价调涨变动内请从开周个节圣国庆点货补进采购订备选产类标签们区"
        "间员单双东优让广边减据务现长获复旧顾还帮时后来这号农历达续仅没处档够欧镑韩台币总费给与择"
        "卖对应将当层条门样阴阳厂伞袜裤装绒卫围么无绝关闭历写击别带确认实际体会头机电视频图书轻松",
        strict=True,
    )
)

_PUNCTUATION = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "−": "-",
        "‑": "-",
        "～": "~",
        "〜": "~",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u3000": " ",
        "\t": " ",
    }
)
_WIDE_COMMA = "\uff0c"
"""Separates clauses; folded to a plain comma it could join two numbers."""

CJK = "\u3400-\u9fff"
_CJK_CHARACTER = re.compile(f"[{CJK}]")
_IME_COMMA = re.compile(rf"(?<=\d){_WIDE_COMMA}(?=\d{{3}}(?!\d))")


@cache
def _folded(character: str) -> str:
    if character in _TRADITIONAL:
        return _TRADITIONAL[character]
    if character == _WIDE_COMMA:
        return character
    plain = character.translate(_PUNCTUATION)
    if unicodedata.category(plain) != "No":
        compatible = unicodedata.normalize("NFKC", plain)
        plain = compatible if len(compatible) == 1 else plain
    if unicodedata.category(plain) == "Nd":
        return str(unicodedata.decimal(plain))
    lower = plain.lower()
    return lower if len(lower) == 1 else plain


def fold(text: str) -> str:
    """The text in the form the grammar reads; exactly as long as the text itself."""
    folded = "".join(map(_folded, text))
    return _IME_COMMA.sub(",", folded)


def has_cjk(text: str) -> bool:
    """Whether any Chinese character is in the text."""
    return _CJK_CHARACTER.search(text) is not None


def cjk_count(text: str) -> int:
    """Number of Chinese characters."""
    return len(_CJK_CHARACTER.findall(text))


_WORD = re.compile(r"[a-z]+")
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "knives": "knife",
    "feet": "foot",
}
_KEEP_S = ("ss", "us", "is")


def stem(word: str) -> str:
    """An English word without its plural ending; anything else unchanged."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not _WORD.fullmatch(word) or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word if word.endswith(_KEEP_S) else word[:-1]
