"""Brings text of both languages into one comparable form: folded, singular, split by script."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from knowledge_graph.lexicon_file import lexicon_data

CJK = "\u3400-\u9fff"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['.][^\W\d_{CJK}]+)*")
_CJK = re.compile(f"[{CJK}]")
_ASCII_WORD = re.compile(r"[a-z]+")
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "knives": "knife", "feet": "foot",
    "mice": "mouse", "scarves": "scarf", "shelves": "shelf", "leaves": "leaf", "loaves": "loaf",
}  # fmt: skip
_KEEP_S = ("ss", "us", "is")
_NO_PLURAL = frozenset({"christmas", "xmas", "canvas", "lens", "atlas", "series"})


@cache
def _traditional() -> dict[int, int]:
    table = lexicon_data()["folding"]
    pairs = zip(table["traditional"], table["simplified"], strict=True)
    return {ord(old): ord(new) for old, new in pairs}


def fold(text: str) -> str:
    """Lower case, half width, without accents, Simplified characters, straight apostrophes."""
    if text.isascii():
        return text.lower()
    wide = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = "".join(letter for letter in wide if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", plain).lower().translate(_traditional())


def stem(word: str) -> str:
    """An English word without plural or possessive ending; anything else unchanged."""
    word = word.removesuffix("'s").removesuffix("'")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s") or not _ASCII_WORD.fullmatch(word):
        return word
    if word in _NO_PLURAL:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word if word.endswith(_KEEP_S) else word[:-1]


def is_cjk(text: str) -> bool:
    """Whether a token is written in Chinese characters."""
    return _CJK.match(text) is not None


@lru_cache(maxsize=1 << 16)
def tokens(text: str) -> tuple[str, ...]:
    """Singular folded words, and runs of Chinese characters, in their order.

    >>> tokens("Women's Mugs 马克杯")
    ('woman', 'mug', '马克杯')
    """
    return tuple(stem(token) for token in _TOKEN.findall(fold(text)))


def canonical(text: str) -> str:
    """The tokens joined by spaces: two texts with the same one say the same."""
    return " ".join(tokens(text))


def contains(whole: str, part: str) -> bool:
    """Whether ``part`` occurs in ``whole`` (both canonical): whole words, any run of characters."""
    if not part:
        return False
    if is_cjk(part):
        return part in whole
    return f" {part} " in f" {whole} "
