"""How written dates and times become moments in UTC: DuckDB expressions for whole columns."""

from __future__ import annotations

from ecomagent.store.importers.spelling import missing_as_null, plain, quoted

_CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I %p", "")
_YEAR_FIRST = ("%Y-%m-%d",)
_DAY_FIRST = ("%d-%m-%Y", "%d-%m-%y")
_MONTH_FIRST = ("%m-%d-%Y", "%m-%d-%y")
_NAMED = (
    "%d %b %y", "%b %d %y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%Y %b %d",
)  # fmt: skip
"""Two-digit years come first: a four-digit pattern would read them as years of antiquity."""
_ZH_HALVES = (("凌晨|清晨|早上|上午", "AM"), ("中午|下午|傍晚|晚上", "PM"))


def _formats(dates: tuple[str, ...]) -> str:
    return (
        "["
        + ", ".join(quoted(f"{day} {clock}".strip()) for day in dates for clock in _CLOCKS)
        + "]"
    )


_DAY_THEN_MONTH = r"(?i)^(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{2,4}),?"
_MONTH_THEN_DAY = r"(?i)^([a-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4}|\d{2}\b),?"


def _tidied_moment(value: str) -> str:
    """One spelling for what people write between the digits."""
    text = f"trim({plain(value)})"
    text = f"regexp_replace({text}, '年|月', '-', 'g')"
    text = f"regexp_replace({text}, '[日号]', ' ', 'g')"
    text = f"regexp_replace({text}, '时|点', ':', 'g')"
    text = f"regexp_replace({text}, '分', ':', 'g')"
    text = f"regexp_replace({text}, '秒', '', 'g')"
    text = f"regexp_replace({text}, '(\\d):(\\d\\d):?$', '\\1:\\2')"
    for words, half in _ZH_HALVES:
        text = f"regexp_replace({text}, '(?:{words})\\s*([0-9:.]+)', ' \\1 {half}')"
    text = f"regexp_replace({text}, '(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\\s+', '')"
    text = f"regexp_replace({text}, '(?i)([0-9])\\s*([ap])\\.?m\\.?$', '\\1 \\2M')"
    text = (
        f"regexp_replace({text}, '^(\\d{{1,4}})[/.-](\\d{{1,2}})[/.-](\\d{{1,4}})', '\\1-\\2-\\3')"
    )
    text = f"regexp_replace({text}, {quoted(_DAY_THEN_MONTH)}, '\\1 \\2 \\3')"
    text = f"regexp_replace({text}, {quoted(_MONTH_THEN_DAY)}, '\\1 \\2 \\3')"
    text = f"regexp_replace({text}, '(\\d)[Tt](\\d)', '\\1 \\2')"
    return f"trim(regexp_replace({text}, '\\s+', ' ', 'g'))"


_OFFSET = r"(:\d{2}(?:\.\d+)?)\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"


def _bare_digits(value: str) -> str:
    """Compact dates, spreadsheet serials and epoch seconds; NULL for anything else."""
    serial = (
        f"TIMESTAMP '1899-12-30' + to_microseconds(CAST(round(try_cast({value} AS DOUBLE) * 86400)"
        " * 1000000 AS BIGINT))"
    )
    return (
        f"CASE WHEN regexp_full_match({value}, '(19|20)\\d{{6}}') "
        f"THEN try_strptime({value}, '%Y%m%d') "
        f"WHEN regexp_full_match({value}, '(19|20)\\d{{12}}') "
        f"THEN try_strptime({value}, '%Y%m%d%H%M%S') "
        f"WHEN regexp_full_match({value}, '[2-6]\\d{{4}}(\\.\\d+)?') THEN {serial} END"
    )


def _epoch(value: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({value}, '1\\d{{9}}') "
        f"THEN make_timestamp(try_cast({value} AS BIGINT) * 1000000) "
        f"WHEN regexp_full_match({value}, '1\\d{{12}}') "
        f"THEN make_timestamp(try_cast({value} AS BIGINT) * 1000) END"
    )


def _written_moment(text: str, *, day_first: bool) -> str:
    """A moment whose spelling was tidied, by the shape of its beginning."""
    near = _DAY_FIRST if day_first else _MONTH_FIRST
    digits = "^\\d{1,2}-\\d{1,2}-\\d"
    return (
        f"CASE WHEN regexp_matches({text}, '^\\d{{4}}-') "
        f"THEN try_strptime({text}, {_formats(_YEAR_FIRST)}) "
        f"WHEN regexp_matches({text}, '{digits}{{4}}') "
        f"THEN try_strptime({text}, {_formats(near[:1])}) "
        f"WHEN regexp_matches({text}, '{digits}{{2}}( |$)') "
        f"THEN try_strptime({text}, {_formats(near[1:])}) "
        f"WHEN regexp_matches({text}, '(?i)[a-z]{{3}}') "
        f"THEN try_strptime({text}, {_formats(_NAMED)}) END"
    )


def _local_to_utc(moment: str, timezone: str) -> str:
    if timezone == "UTC":
        return moment
    return f"(({moment}) AT TIME ZONE {quoted(timezone)}) AT TIME ZONE 'UTC'"


def _offset_interval(offset: str) -> str:
    """An interval from ``Z``, ``+08``, ``+0800`` or ``+08:00``."""
    digits = f"replace({offset}, ':', '')"
    minutes = (
        f"(try_cast(substr({digits}, 2, 2) AS INTEGER) * 60 + "
        f"coalesce(try_cast(nullif(substr({digits}, 4, 2), '') AS INTEGER), 0))"
    )
    return (
        f"CASE WHEN upper({offset}) IN ('Z', 'UTC', 'GMT') THEN to_minutes(0) "
        f"WHEN {offset} LIKE '-%' THEN to_minutes(-{minutes}) ELSE to_minutes({minutes}) END"
    )


def iso_moment(value: str, timezone: str) -> str:
    """ISO 8601 without an offset, to the day, minute or second; NULL for any other spelling."""
    iso = (
        f"CASE WHEN length({value}) IN (10, 16, 19) AND substr({value}, 5, 1) = '-' "
        f"AND substr({value}, 8, 1) = '-' AND right({value}, 1) BETWEEN '0' AND '9' "
        f"THEN try_cast({value} AS TIMESTAMP) END"
    )
    return _local_to_utc(iso, timezone)


def moment(value: str, *, day_first: bool, timezone: str) -> str:
    """A moment in UTC (TIMESTAMP), or NULL.

    Reads ISO 8601 with or without offset, day- or month-first dates, month names,
    ``2024年3月5日 下午3:00``, compact dates, spreadsheet serials and epoch seconds. A moment
    without an offset is in ``timezone``.
    """
    text = _tidied_moment(missing_as_null(value))
    offset = f"regexp_extract({text}, {quoted(_OFFSET)}, 2)"
    local = f"regexp_replace({text}, {quoted(_OFFSET)}, '\\1')"
    written = _written_moment(local, day_first=day_first)
    with_offset = f"CASE WHEN {offset} <> '' THEN {written} - {_offset_interval(offset)} END"
    return (
        f"coalesce({iso_moment(value, timezone)}, {_local_to_utc(_bare_digits(value), timezone)}, "
        f"{_epoch(value)}, {with_offset}, {_local_to_utc(written, timezone)})"
    )
