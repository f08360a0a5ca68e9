"""What a column's values look like: whether they can be numbers, whole numbers or moments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecomagent.store.importers.moments import moment
from ecomagent.store.importers.parse import DecimalMark, Kind, number
from ecomagent.store.importers.spelling import plain, quoted
from ecomagent.store.importers.stage import Stage

_LOOKED_AT = 20_000
_SLASHED = r"^\s*(\d{1,2})([/.-])(\d{1,2})[/.-]\d{2,4}\b"
_COMMA_DECIMAL = r"\d,\d{1,2}\D*$|\.\d{3},\d"
_DOT_DECIMAL = r"\d\.(\d{1,2}|\d{4,})\D*$|,\d{3}\.\d"


@dataclass(frozen=True)
class ColumnProfile:
    """Shares (0..1) are of the values that are there."""

    column: str
    filled: int
    distinct: int
    numbers: float
    whole: float
    moments: float
    samples: tuple[str, ...]

    def suits(self, kind: Kind) -> bool:
        """Whether most values can be read as ``kind``."""
        if not self.filled:
            return False
        if kind in (Kind.MONEY, Kind.NUMBER):
            return self.numbers >= 0.6
        if kind is Kind.INTEGER:
            return self.whole >= 0.6
        return kind is not Kind.MOMENT or self.moments >= 0.6


def profile_columns(stage: Stage) -> dict[str, ColumnProfile]:
    """Profiles of every column, by its title, on the first rows."""
    return {title: _profile(stage, title) for title in stage.header}


def _profile(stage: Stage, title: str) -> ColumnProfile:
    column = stage.column(title)
    either = f"coalesce({number(column)}, {number(column, ',')})"
    moments = " OR ".join(
        f"{moment(column, day_first=first, timezone='UTC')} IS NOT NULL" for first in (True, False)
    )
    filled, distinct, numbers, whole, dates, samples = stage.one(
        f"SELECT count({column}), count(DISTINCT {column}), count({either}), "
        f"count(*) FILTER ({either} = trunc({either})), count(*) FILTER ({moments}), "
        f"list_slice(list(DISTINCT {column}) FILTER ({column} IS NOT NULL AND n < 50), 1, 3) "
        f"FROM (SELECT n, {column} FROM raw LIMIT {_LOOKED_AT})"
    )
    of = max(filled, 1)
    return ColumnProfile(
        title, filled, distinct, numbers / of, whole / of, dates / of, tuple(samples or ())
    )


def decimal_mark_of(stage: Stage, titles: Iterable[str], *, delimiter: str) -> DecimalMark:
    """The decimal mark that the amounts speak for; a point where nothing speaks for a comma."""
    comma = dot = 0
    for title in titles:
        column = stage.column(title)
        value = plain(column)
        commas, dots = stage.one(
            f"SELECT count(*) FILTER (regexp_matches({value}, {quoted(_COMMA_DECIMAL)})), "
            f"count(*) FILTER (regexp_matches({value}, {quoted(_DOT_DECIMAL)})) "
            f"FROM (SELECT DISTINCT {column} FROM raw)"
        )
        comma, dot = comma + commas, dot + dots
    if comma == dot:
        return "," if delimiter == ";" and not dot else "."
    return "," if comma > dot else "."


@dataclass(frozen=True)
class DateOrder:
    """What speaks for day first and for month first, in different dates."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    dotted: int = 0

    @property
    def settled(self) -> bool:
        """Whether the values themselves say which it is."""
        return bool(self.day_first or self.month_first or self.dotted) or not self.either


def date_order_of(stage: Stage, titles: Iterable[str]) -> DateOrder:
    """Counts of different dates that can only be read one way, over whole columns."""
    counts = [0, 0, 0, 0]
    for title in titles:
        column = stage.column(title)
        rows = stage.one(
            "SELECT count(*) FILTER (a > 12 AND b <= 12), count(*) FILTER (b > 12 AND a <= 12), "
            "count(*) FILTER (a <= 12 AND b <= 12), count(*) FILTER (mark = '.') FROM ("
            f"SELECT try_cast(regexp_extract({column}, {quoted(_SLASHED)}, 1) AS INTEGER) AS a, "
            f"try_cast(regexp_extract({column}, {quoted(_SLASHED)}, 3) AS INTEGER) AS b, "
            f"regexp_extract({column}, {quoted(_SLASHED)}, 2) AS mark "
            f"FROM (SELECT DISTINCT {column} FROM raw))"
        )
        counts = [total + int(count) for total, count in zip(counts, rows, strict=True)]
    return DateOrder(*counts)
