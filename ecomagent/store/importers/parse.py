"""How text becomes numbers, money and moments: DuckDB expressions.

A million rows are read in one vectorised pass, and the same rules serve recognition, validation
and tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ecomagent.store.importers.moments import iso_moment, moment
from ecomagent.store.importers.spelling import missing_as_null, plain, quoted

DecimalMark = Literal[".", ","]

NUMBER_TYPE = "DECIMAL(18,6)"
"""Twelve digits before the point and six after it hold every price and quantity."""


class Kind(StrEnum):
    """What a field holds."""

    ID = "id"
    TEXT = "text"
    MONEY = "money"
    INTEGER = "integer"
    NUMBER = "number"
    MOMENT = "moment"
    BOOL = "bool"


@dataclass(frozen=True)
class Conventions:
    """How one file writes its numbers and dates."""

    decimal_mark: DecimalMark = "."
    day_first: bool = False
    timezone: str = "UTC"
    """Zone of moments written without an offset."""


_MARKERS = (
    r"(?i)(US|HK|NT|AU?|CA?|NZ|S|R)?\$|[£€¥₩₹₽฿₫₺]|zł|kr\.?|元|圆|块|^\s*[a-z]{3}\b|\b[a-z]{3}\s*$"
)
_SPACES = "[\\s\u00a0\u202f\u2009'’]"
_DOT_NUMBER = r"-?(\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?|\d+\.?\d*|\.\d+)"
_COMMA_NUMBER = r"-?(\d{1,3}(\.\d{3})+(,\d*)?|\d+,?\d*|,\d+)"


def _bare_number(value: str) -> str:
    """Digits and marks only: no currency, no spaces, minus in front."""
    text = f"replace({plain(value)}, '−', '-')"
    text = f"regexp_replace({text}, {quoted(_MARKERS)}, '', 'g')"
    text = f"regexp_replace({text}, {quoted(_SPACES)}, '', 'g')"
    return f"regexp_replace({text}, '^\\((.+)\\)$|^([^-].*)-$', '-\\1\\2')"


def _grouped_number(value: str, mark: DecimalMark) -> str:
    bare = _bare_number(value)
    if mark == ".":
        shape, digits = _DOT_NUMBER, f"replace({bare}, ',', '')"
    else:
        shape, digits = _COMMA_NUMBER, f"replace(replace({bare}, '.', ''), ',', '.')"
    return (
        f"CASE WHEN regexp_full_match({bare}, {quoted(shape)}) "
        f"THEN try_cast({digits} AS {NUMBER_TYPE}) END"
    )


def number(value: str, mark: DecimalMark = ".") -> str:
    """A decimal number, or NULL.

    Reads ``1,234.50``, ``1.234,50``, ``1'234.50``, ``(12.50)``, ``12.50-``, ``£12.50``,
    ``12.50 EUR``, ``１２元``; a comma that is neither grouping nor the decimal mark is refused.
    """
    grouped = _grouped_number(missing_as_null(value), mark)
    return f"coalesce({_plain_number(value, mark)}, {grouped})"


def _plain_number(value: str, mark: DecimalMark) -> str:
    easy = "NOT LIKE '%.%'" if mark == "," else "NOT LIKE '%\\_%' ESCAPE '\\'"
    return f"CASE WHEN {value} {easy} THEN try_cast({value} AS {NUMBER_TYPE}) END"


def minor(amount: str, digits: int) -> str:
    """Integer minor units of a decimal amount, half-even like ``domain.money.to_minor``."""
    return f"CAST(round_even(({amount}) * {10**digits}, 0) AS BIGINT)"


def marker(value: str) -> str:
    """The currency sign or code written in an amount, in upper case, or an empty string."""
    found = r"(?i)((?:US|HK|NT|AU?|CA?|NZ|S|R)?\$|[£€¥₩₹₽฿₫₺]|zł|元|[a-z]{3})"
    return f"upper(regexp_extract({plain(value)}, {quoted(found)}, 1))"


_TRUE = "('true', 't', 'yes', 'y', '1', '1.0', '是', '同意', '已同意', 'on', 'subscribed')"
_FALSE = "('false', 'f', 'no', 'n', '0', '0.0', '否', '不同意', '未同意', 'off', 'unsubscribed')"


def boolean(value: str) -> str:
    """TRUE, FALSE, or NULL for any other word."""
    return (
        f"CASE WHEN lower({value}) IN {_TRUE} THEN TRUE "
        f"WHEN lower({value}) IN {_FALSE} THEN FALSE END"
    )


def identifier(value: str) -> str:
    """An id as text; ``17850.0``, as spreadsheets write whole numbers, becomes ``17850``."""
    present = missing_as_null(value)
    return (
        f"CASE WHEN {value} LIKE '%.0' AND regexp_full_match({value}, '\\d+\\.0') "
        f"THEN left({value}, length({value}) - 2) ELSE {present} END"
    )


def quick(value: str, kind: Kind, conventions: Conventions) -> str:
    """An expression that reads the usual spellings of ``kind`` cheaply; NULL for any other."""
    match kind:
        case Kind.MONEY | Kind.NUMBER | Kind.INTEGER:
            return _plain_number(value, conventions.decimal_mark)
        case Kind.MOMENT:
            return iso_moment(value, conventions.timezone)
        case _:
            return typed(value, kind, conventions)


def typed(value: str, kind: Kind, conventions: Conventions) -> str:
    """The expression that reads ``value`` as ``kind``."""
    match kind:
        case Kind.MONEY | Kind.NUMBER | Kind.INTEGER:
            return number(value, conventions.decimal_mark)
        case Kind.MOMENT:
            return moment(value, day_first=conventions.day_first, timezone=conventions.timezone)
        case Kind.BOOL:
            return boolean(value)
        case Kind.ID:
            return identifier(value)
        case Kind.TEXT:
            return value
