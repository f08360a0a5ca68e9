"""Import rate and memory at a million order lines, beside reading the same file with pandas.

The baseline does the least that could be called an import: ``pandas.read_csv`` and ``to_sql`` into
SQLite, without checks, keys, quarantine, prices or history. Each runs in a process of its own, so
that peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

LINES = 1_000_000
SKUS = 10_000
CUSTOMERS = 80_000
SEED = 0.42
GOAL_SECONDS = 20.0
GOAL_MEGABYTES = 1024


def write_orders(path: Path, lines: int = LINES) -> None:
    """A tidy ``orders.csv``: two years, three lines an order, prices that move now and then.

    Args:
        path: Where to write it.
        lines: Number of order lines.
    """
    con = duckdb.connect()
    con.execute("SET threads=1")
    con.execute(f"SELECT setseed({SEED})")
    con.execute(
        "COPY (SELECT 'O' || (i // 3) AS order_id, "
        "'SKU' || lpad(CAST(item AS VARCHAR), 5, '0') AS sku, "
        "1 + CAST(floor(pow(random(), 3) * 6) AS INT) AS quantity, "
        "printf('%.2f', 2 + hash(item) % 3000 / 100 + hash(item + second // 7776000) % 4 / 4)"
        " AS unit_price, "
        "strftime(TIMESTAMP '2023-01-01 08:00:00' + to_seconds(second), '%Y-%m-%d %H:%M:%S')"
        " AS ordered_at, "
        f"'C' || (hash(i // 3) % {CUSTOMERS}) AS customer_id, "
        "CASE WHEN (i // 3) % 5 = 0 THEN 'shop' ELSE 'web' END AS channel "
        f"FROM (SELECT i, CAST(floor(pow(random(), 2) * {SKUS}) AS BIGINT) AS item, "
        f"CAST((i // 3) * (730 * 86400 / ({lines} / 3)) AS BIGINT) AS second "
        f"FROM range({lines}) t(i))) TO '{path}' (HEADER)"
    )
    con.close()


def _ours(file: Path, folder: Path) -> dict[str, Any]:
    from ecomagent.domain.workspace import ShopSettings
    from ecomagent.store.database import Database, sqlite_url
    from ecomagent.store.importers import import_path
    from ecomagent.store.shop import create_shop

    settings = ShopSettings(id="bench", name="bench", currency="EUR", country="DE")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    database = Database.open(sqlite_url(folder / "store.db"))
    create_shop(database, settings, now)
    steps: dict[str, float] = {}
    started = time.perf_counter()

    def progress(step: str, detail: str = "", /) -> None:
        steps[f"{step} {detail}".strip()] = round(time.perf_counter() - started, 2)

    report = import_path(
        file,
        database=database,
        facts_folder=folder / "facts",
        settings=settings,
        mappings_file=folder / "mappings.toml",
        now=now,
        progress=progress,
    )
    database.close()
    return {
        "seconds": report.seconds,
        "seconds_into_store": report.files[0].seconds,
        "new": report.rows_new,
        "bad": report.rows_bad,
        "steps": steps,
    }


def _baseline(file: Path, folder: Path) -> dict[str, Any]:
    import sqlite3

    import pandas as pd

    started = time.perf_counter()
    frame = pd.read_csv(file, parse_dates=["ordered_at"])
    with sqlite3.connect(folder / "plain.db") as connection:
        frame.to_sql("orders", connection, index=False, chunksize=50_000)
    return {"seconds": time.perf_counter() - started, "new": len(frame)}


def _measured(what: str, file: Path) -> dict[str, Any]:
    """Run one of the two in a process of its own."""
    command = [sys.executable, "-m", "evals.bench_import", what, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run(lines: int = LINES) -> dict[str, Any]:
    """Measure both on the same file; prints a table and returns the figures.

    Args:
        lines: Number of order lines.
    """
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        file = Path(folder) / "orders.csv"
        write_orders(file, lines)
        ours, plain = _measured("ours", file), _measured("plain", file)
        size = file.stat().st_size / 1e6
    goal = GOAL_SECONDS * lines / LINES
    result = {
        "lines": lines,
        "file_mb": round(size, 1),
        "ours": ours,
        "baseline": plain,
        "ratio_seconds": round(ours["seconds"] / plain["seconds"], 2),
        "ratio_memory": round(ours["peak_mb"] / plain["peak_mb"], 2),
        "within_goal": ours["seconds"] <= goal and ours["peak_mb"] <= GOAL_MEGABYTES,
    }
    print(f"import of {lines:,} order lines ({size:.0f} MB of CSV)")
    print(f"{'':<38}{'seconds':>9}{'lines/s':>11}{'peak MB':>9}")
    for name, of, seconds in (
        ("ecomagent, with checks, keys and facts", ours, ours["seconds"]),
        ("  of which into the store", ours, ours["seconds_into_store"]),
        ("pandas read_csv + to_sql, neither", plain, plain["seconds"]),
    ):
        print(f"{name:<38}{seconds:>9.1f}{lines / seconds:>11,.0f}{of['peak_mb']:>9,.0f}")
    print(
        f"ratio to the baseline: {result['ratio_seconds']} × the time, {result['ratio_memory']} × "
        f"the memory; goal {goal:.0f} s and {GOAL_MEGABYTES:,} MB: "
        f"{'met' if result['within_goal'] else 'missed'}"
    )
    return result


def _child(what: str, file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        measure = _ours if what == "ours" else _baseline
        result = measure(file, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "peak_mb": round(peak)}))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _child(sys.argv[1], Path(sys.argv[2]))
    else:
        run()
