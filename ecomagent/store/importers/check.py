"""Turns raw text rows into typed ones, and says of every bad row which field is wrong and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from ecomagent.store.importers.currencies import currency_problems
from ecomagent.store.importers.fields import FieldSpec, Rule
from ecomagent.store.importers.parse import Kind, quick, typed
from ecomagent.store.importers.prepare import left_out
from ecomagent.store.importers.stage import Stage, name
from ecomagent.store.importers.understanding import Understanding

_LONGEST_ID = 200
_LARGEST = 10**11
_EARLIEST = "1980-01-01"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Checked:
    """Counts over a file's rows; the rows themselves are in ``typed``, ``good`` and ``bad``."""

    good: int
    bad: int
    left_out: dict[str, int]


def check_rows(
    stage: Stage,
    understood: Understanding,
    *,
    currency: str,
    now: datetime,
    known_skus: Iterable[str] = (),
) -> Checked:
    """Fill ``good`` (typed, one column a field) and ``bad`` (n, field, code).

    Money and numbers are DECIMAL in major units, moments TIMESTAMP in UTC; fields that the file
    does not have are NULL.

    Args:
        stage: The file's rows.
        understood: What they are.
        currency: The shop's currency.
        now: This moment; orders, stock and reviews cannot lie after it.
        known_skus: Every SKU of the store, for subjects that need them known.
    """
    _type_rows(stage, understood, currency, now)
    if understood.about.needs_sku:
        _unknown_skus(stage, known_skus)
    _duplicates(stage, understood)
    stage.execute(
        "CREATE OR REPLACE TABLE bad AS SELECT n, split_part(problem, ':', 1) AS field, "
        "split_part(problem, ':', 2) AS code FROM typed WHERE problem IS NOT NULL"
    )
    stage.execute(
        "CREATE OR REPLACE VIEW good AS SELECT * FROM typed "
        "WHERE problem IS NULL AND left_out IS NULL"
    )
    omitted = stage.all(
        "SELECT left_out, count(*) FROM typed WHERE left_out IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    good, bad = stage.one(
        "SELECT count(*) FILTER (problem IS NULL AND left_out IS NULL), count(problem) FROM typed"
    )
    return Checked(good, bad, {str(reason): int(count) for reason, count in omitted})


def _type_rows(stage: Stage, understood: Understanding, currency: str, now: datetime) -> None:
    fields = understood.about.fields
    odd = _read_odd_values(stage, understood)
    columns = [_column(stage, understood, spec, odd) for spec in fields]
    given = [
        f"{stage.column(understood.mapping[key])} AS {key}_given"
        if key in understood.mapping
        else f"NULL::VARCHAR AS {key}_given"
        for key in ("sku", "price")
        if key in understood.about.names
    ]
    problems = [_problem(stage, understood, spec, now) for spec in fields]
    problems += _either(understood) + currency_problems(stage, understood, currency)
    problems += _of_subject(understood)
    cases = " ".join(problem for problem in problems if problem)
    extras = [f"{stage.column(title)} AS {name('x_' + title)}" for title in understood.attributes]
    extras += _options(stage, understood)
    joins = " ".join(
        f"LEFT JOIN {table} ON {table}.written = raw.{stage.column(understood.mapping[field])}"
        for field, table in odd.items()
    )
    stage.execute("DROP VIEW IF EXISTS good")
    stage.execute(
        'CREATE OR REPLACE TABLE typed AS SELECT n, part, "row", '
        f"{', '.join([*columns, *given, *extras])}, {left_out(understood)} AS left_out, "
        f"CASE WHEN left_out IS NOT NULL THEN NULL {cases} END AS problem FROM raw {joins}"
    )


def _read_odd_values(stage: Stage, understood: Understanding) -> dict[str, str]:
    """Read each unusual spelling once, into a table a field; returns those tables by field.

    The expressions that read every spelling are slow, and columns of numbers and dates repeat
    themselves: a million rows hold far fewer spellings. Most files hold none that is unusual, so
    one look over all columns comes first.
    """
    conventions = understood.conventions
    written = {
        spec: stage.column(understood.mapping[spec.name])
        for spec in understood.about.fields
        if spec.name in understood.mapping and spec.kind not in (Kind.ID, Kind.TEXT, Kind.BOOL)
    }
    odd = {
        spec: f"{column} IS NOT NULL AND ({quick(column, spec.kind, conventions)}) IS NULL"
        for spec, column in written.items()
    }
    if not odd:
        return {}
    found = stage.one(f"SELECT {', '.join(f'bool_or({test})' for test in odd.values())} FROM raw")
    tables = {}
    for (spec, test), any_odd in zip(odd.items(), found, strict=True):
        if any_odd:
            column, table = written[spec], f"odd_{spec.name}"
            stage.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT {column} AS written, "
                f"{typed(column, spec.kind, conventions)} AS reading "
                f"FROM (SELECT DISTINCT {column} FROM raw WHERE {test})"
            )
            tables[spec.name] = table
    return tables


def _unknown_skus(stage: Stage, known: Iterable[str]) -> None:
    stage.con.register("known_skus", pa.table({"sku": pa.array(list(known), pa.string())}))
    stage.execute(
        "UPDATE typed SET problem = 'sku:unknown' WHERE problem IS NULL AND left_out IS NULL "
        "AND sku NOT IN (SELECT sku FROM known_skus)"
    )
    stage.con.unregister("known_skus")


def _column(stage: Stage, understood: Understanding, spec: FieldSpec, odd: dict[str, str]) -> str:
    title = understood.mapping.get(spec.name)
    if title is None:
        return f"NULL::{_SQL_TYPES[spec.kind]} AS {name(spec.name)}"
    column = stage.column(title)
    if spec.kind is Kind.ID and spec.name == "sku" and understood.layout == "online_retail":
        column = f"upper({column})"
    value = quick(column, spec.kind, understood.conventions)
    if spec.name in odd:
        value = f"coalesce({value}, {odd[spec.name]}.reading)"
    return f"{value} AS {name(spec.name)}"


_SQL_TYPES = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.MONEY: "DECIMAL(18,6)",
    Kind.INTEGER: "DECIMAL(18,6)",
    Kind.NUMBER: "DECIMAL(18,6)",
    Kind.MOMENT: "TIMESTAMP",
    Kind.BOOL: "BOOLEAN",
}


def _options(stage: Stage, understood: Understanding) -> list[str]:
    """Shopify writes a variant's attributes as pairs of columns, name and value."""
    if understood.layout != "shopify_products":
        return []
    by_lower = {title.lower(): title for title in stage.header}
    pairs = []
    for i in (1, 2, 3):
        key, value = by_lower.get(f"option{i} name"), by_lower.get(f"option{i} value")
        if key and value:
            pairs.append(f"{stage.column(key)} AS option{i}_name")
            pairs.append(f"{stage.column(value)} AS option{i}_value")
        else:
            pairs.append(f"NULL::VARCHAR AS option{i}_name, NULL::VARCHAR AS option{i}_value")
    return pairs


def _problem(stage: Stage, understood: Understanding, spec: FieldSpec, now: datetime) -> str:
    """WHEN branches for one field, most basic first."""
    title = understood.mapping.get(spec.name)
    if title is None:
        return ""
    raw, value = stage.column(title), name(spec.name)
    tests = []
    if spec.required:
        tests.append((f"{raw} IS NULL", "missing"))
    if spec.kind in _SQL_TYPES and spec.kind not in (Kind.TEXT, Kind.ID):
        tests.append((f"{raw} IS NOT NULL AND {value} IS NULL AND NOT {_nothing(raw)}", "unread"))
        if spec.required:
            tests.append((f"{value} IS NULL", "missing"))
    if spec.kind is Kind.ID:
        tests.append((f"length({value}) > {_LONGEST_ID}", "long"))
        tests.append((f"{value} LIKE '%E+__' AND {_shortened(value)}", "shortened"))
    if spec.kind in (Kind.MONEY, Kind.NUMBER, Kind.INTEGER):
        tests.append((f"abs({value}) > {_LARGEST}", "large"))
    if spec.kind is Kind.INTEGER:
        tests.append((f"{value} <> trunc({value})", "fraction"))
    if spec.kind is Kind.MOMENT:
        tests.append((f"{value} < TIMESTAMP '{_EARLIEST}'", "early"))
    if spec.rule is Rule.NOT_NEGATIVE:
        tests.append((f"{value} < 0", "negative"))
    if spec.rule is Rule.NOT_ZERO:
        tests.append((f"{value} = 0", "zero"))
    if spec.rule is Rule.NOT_FUTURE:
        latest = (now + _DAY).strftime("%Y-%m-%d %H:%M:%S")
        tests.append((f"{value} > TIMESTAMP '{latest}'", "future"))
    return " ".join(f"WHEN {test} THEN '{spec.name}:{code}'" for test, code in tests)


def _shortened(value: str) -> str:
    """Whether a spreadsheet kept only the first digits of a long number: ``1.23457E+17``."""
    return f"regexp_full_match({value}, '\\d(\\.\\d+)?E\\+\\d\\d')"


def _nothing(raw: str) -> str:
    return f"lower({raw}) IN ('null', 'none', 'nan', 'n/a', '#n/a', 'nat', '\\n', '-', '--', '无')"


def _either(understood: Understanding) -> list[str]:
    tests = []
    for group in understood.about.either:
        absent = " AND ".join(f"{name(field)} IS NULL" for field in group)
        tests.append(f"WHEN {absent} THEN '{group[0]}:missing'")
    return tests


def _of_subject(understood: Understanding) -> list[str]:
    match understood.subject:
        case "orders":
            return [
                "WHEN discount > coalesce(abs(quantity * unit_price), discount) + 0.01 "
                "THEN 'discount:discount'"
            ]
        case "prices":
            return [
                "WHEN kind IS NOT NULL AND lower(kind) NOT IN ('list', 'promotion', 'sale', "
                "'原价', '促销', '促销价') THEN 'kind:kind'",
                'WHEN "to" <= coalesce("from", "to" - INTERVAL 1 DAY) THEN \'to:order\'',
            ]
        case "reviews":
            return ["WHEN rating > 100 THEN 'rating:large'"]
        case _:
            return []


def _duplicates(stage: Stage, understood: Understanding) -> None:
    """Records with the same key: an exact repeat is dropped, another is refused."""
    about = understood.about
    key = [field for field in about.key if field in understood.mapping]
    by_content = about.name in ("orders", "returns", "reviews")
    if not key or (len(key) < len(about.key) and by_content):
        return
    keyed = " AND ".join(f"{name(field)} IS NOT NULL" for field in (key if by_content else key[:1]))
    keys = ", ".join(name(field) for field in key)
    values = ", ".join(
        f"coalesce(CAST({name(field)} AS VARCHAR), '')"
        for field in about.names
        if field in understood.mapping
    )
    stage.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT n, same FROM (SELECT n, "
        f"row_number() OVER w AS nth, hash(concat_ws(chr(31), {values})) AS content, "
        f"first_value(hash(concat_ws(chr(31), {values}))) OVER w = content AS same FROM typed "
        f"WHERE problem IS NULL AND left_out IS NULL AND {keyed} "
        f"WINDOW w AS (PARTITION BY {keys} ORDER BY n)) WHERE nth > 1"
    )
    stage.execute(
        f"UPDATE typed SET problem = '{key[0]}:duplicate' FROM repeated "
        "WHERE typed.n = repeated.n AND NOT repeated.same"
    )
    stage.execute(
        "UPDATE typed SET left_out = 'repeat' FROM repeated "
        "WHERE typed.n = repeated.n AND repeated.same"
    )
    stage.execute("DROP TABLE repeated")
