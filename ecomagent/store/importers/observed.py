"""Reads list prices off orders where a shop has no price list.

The list price of a SKU on a day is what most of its order lines of the last seven days were
priced at before discount (the later price where two are as frequent). A price becomes known at
the end of the day that shows it, so no figure of an earlier day rests on it, and later imports
never change what was known before.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from sqlmodel import Session

from ecomagent.store.importers.bulk import Bulk
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import fetched
from ecomagent.store.shop import bump_serial
from ecomagent.store.tables import PriceRow

SOURCE = "observed"
_BATCH = 100_000
_WINDOW_DAYS = 7

_MODES = f"""
CREATE OR REPLACE TABLE observed AS
WITH daily AS (
  SELECT sku, CAST(timezone($zone, timezone('UTC', sold_at)) AS DATE) AS day, price,
    count(*) AS lines
  FROM sold LEFT JOIN listed USING (sku) WHERE listed.since IS NULL OR sold_at < listed.since
  GROUP BY ALL
),
spans AS (
  SELECT sku, day, min(price) OVER week AS lowest, max(price) OVER week AS highest FROM daily
  WINDOW week AS (
    PARTITION BY sku ORDER BY day RANGE BETWEEN {_WINDOW_DAYS - 1} PRECEDING AND CURRENT ROW
  )
),
days AS (
  SELECT sku, day, min(lowest) AS lowest, max(highest) AS highest FROM spans
  WHERE day >= $since GROUP BY sku, day
),
contested AS (
  SELECT days.sku, days.day, daily.price, sum(daily.lines) AS lines, max(daily.day) AS latest
  FROM days JOIN daily ON daily.sku = days.sku
    AND daily.day BETWEEN days.day - {_WINDOW_DAYS - 1} AND days.day
  WHERE days.lowest < days.highest GROUP BY ALL
),
modes AS (
  SELECT sku, day, arg_max(price, (lines, latest, price)) AS price FROM contested GROUP BY sku, day
  UNION ALL SELECT sku, day, lowest FROM days WHERE lowest = highest
),
changes AS (
  SELECT
    modes.sku, modes.price,
    coalesce(lag(modes.price) OVER (PARTITION BY modes.sku ORDER BY day), before.price) AS previous,
    timezone('UTC', timezone($zone, CAST(day + 1 AS TIMESTAMP))) - INTERVAL 1 SECOND AS valid_from
  FROM modes LEFT JOIN before USING (sku)
)
SELECT changes.sku, changes.price, valid_from
FROM changes LEFT JOIN listed USING (sku)
WHERE changes.price IS DISTINCT FROM previous
  AND (listed.since IS NULL OR listed.since > valid_from)
ORDER BY 1, 3
"""


def observe_prices(
    session: Session,
    con: duckdb.DuckDBPyConnection,
    *,
    since: date,
    timezone: str,
    staged: bool,
) -> int:
    """Derive observed list prices again from ``since`` on.

    Args:
        session: The transaction.
        con: The staging database, with the lines of this import in ``sold_lines``.
        since: Earliest local day with new order lines.
        timezone: The shop's time zone.
        staged: Whether those are all order lines there are; else they are read from the store.

    Returns:
        How many price rows are new.
    """
    bulk = Bulk(session)
    start = datetime(since.year, since.month, since.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    shown = quoted(start.strftime("%Y-%m-%d %H:%M:%S.%f"))
    old = (start - timedelta(days=_WINDOW_DAYS)).strftime("%Y-%m-%d %H:%M:%S.%f")
    _stage(con, "listed", "since", bulk.read(
        "SELECT sku, min(valid_from) FROM price_history "
        f"WHERE kind = 'list' AND source <> '{SOURCE}' GROUP BY sku"
    ))  # fmt: skip
    _stage(con, "before", "price", bulk.read(
        "SELECT sku, price_minor FROM price_history p WHERE kind = 'list' "
        f"AND source = '{SOURCE}' AND valid_from = (SELECT max(valid_from) FROM price_history q "
        f"WHERE q.sku = p.sku AND q.kind = 'list' AND q.source = '{SOURCE}' "
        f"AND q.valid_from < {shown})"
    ))  # fmt: skip
    if staged:
        con.execute("CREATE OR REPLACE TABLE sold AS SELECT sku, price, sold_at FROM sold_lines")
    else:
        _stage_sold(con, session.connection().exec_driver_sql(
            "SELECT l.sku, l.unit_price_minor, o.ordered_at FROM order_line l "
            f"JOIN sales_order o ON o.id = l.order_id WHERE o.ordered_at >= {quoted(old)} "
            "AND l.unit_price_minor > 0"
        ))  # fmt: skip
    con.execute(_MODES, {"zone": timezone, "since": since})
    session.connection().exec_driver_sql(
        f"DELETE FROM price_history WHERE source = '{SOURCE}' AND valid_from >= {shown}"
    )
    written = bulk.add(
        PriceRow,
        ("sku", "kind", "valid_from", "price_minor", "source"),
        fetched(
            con,
            "SELECT sku, 'list', strftime(valid_from, '%Y-%m-%d %H:%M:%S.%f'), price, "
            f"'{SOURCE}' FROM observed",
        ),
    )
    if _take_latest(session):
        bump_serial(session)
    return written.new


def end_observed(bulk: Bulk) -> None:
    """Drop observed prices from the moment on from which a price list speaks."""
    bulk.change(
        f"DELETE FROM price_history WHERE kind = 'list' AND source = '{SOURCE}' "
        "AND valid_from >= (SELECT min(listed.valid_from) FROM price_history listed "
        "WHERE listed.sku = price_history.sku AND listed.kind = 'list' "
        f"AND listed.source <> '{SOURCE}')"
    )


_LATEST = """
(SELECT price_minor FROM price_history p WHERE p.sku = variant.sku AND p.kind = 'list'
 ORDER BY p.valid_from DESC LIMIT 1)
"""


def _take_latest(session: Session) -> int:
    """Variants without a price list show the latest observed price; returns how many changed."""
    result = session.connection().exec_driver_sql(
        f"UPDATE variant SET list_price_minor = {_LATEST}, version = version + 1 "
        f"WHERE sku IN (SELECT sku FROM price_history WHERE source = '{SOURCE}') "
        "AND sku NOT IN (SELECT sku FROM price_history WHERE kind = 'list' "
        f"AND source <> '{SOURCE}') AND list_price_minor IS DISTINCT FROM {_LATEST}"
    )
    return int(result.rowcount)


def _stage(
    con: duckdb.DuckDBPyConnection, table: str, column: str, rows: list[tuple[Any, ...]]
) -> None:
    """A small table of (sku, value)."""
    kind = pa.timestamp("us") if column == "since" else pa.int64()
    values = [_moment(row[1]) if column == "since" else row[1] for row in rows]
    arrow = pa.table(
        {"sku": pa.array([row[0] for row in rows], pa.string()), column: pa.array(values, kind)}
    )
    con.register("arriving", arrow)
    con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM arriving")
    con.unregister("arriving")


def _moment(value: str | datetime) -> datetime:
    """A moment as its driver gives it, naive in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=None)
    return value.astimezone(UTC).replace(tzinfo=None)


def _stage_sold(con: duckdb.DuckDBPyConnection, result: Any) -> None:
    con.execute("CREATE OR REPLACE TABLE sold (sku VARCHAR, price BIGINT, sold_at TIMESTAMP)")
    for rows in result.yield_per(_BATCH).partitions():
        skus, prices, moments = zip(*rows, strict=True)
        arrow = pa.table(
            {
                "sku": pa.array(skus, pa.string()),
                "price": pa.array(prices, pa.int64()),
                "sold_at": pa.array([_text(moment) for moment in moments], pa.string()),
            }
        )
        con.register("arriving", arrow)
        con.execute("INSERT INTO sold SELECT sku, price, CAST(sold_at AS TIMESTAMP) FROM arriving")
        con.unregister("arriving")


def _text(value: str | datetime) -> str:
    return value if isinstance(value, str) else _moment(value).isoformat(sep=" ")
