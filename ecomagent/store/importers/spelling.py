"""What every reader of cells shares: SQL quoting, full-width characters, words for nothing."""

from __future__ import annotations

_FULL_WIDTH = "０１２３４５６７８９．，－＋：／（）　￥＄"
_HALF_WIDTH = "0123456789.,-+:/() ¥$"
_MISSING = "('null', 'none', 'nan', 'n/a', '#n/a', 'nat', '\\n', '-', '--', '无')"


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def missing_as_null(value: str) -> str:
    """NULL for the words that exporters write where there is nothing."""
    return (
        f"CASE WHEN length({value}) < 5 AND lower({value}) IN {_MISSING} THEN NULL ELSE {value} END"
    )


def plain(value: str) -> str:
    """Full-width digits and marks as ASCII."""
    return f"translate({value}, {quoted(_FULL_WIDTH)}, {quoted(_HALF_WIDTH)})"
