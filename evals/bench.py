"""Speed and memory, each against a baseline measured in the same run: ``./dev bench [NAME…]``.

Every measurement runs in a process of its own, so that peak memory is its own too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

DAYS = 730
SIZES = (1_000, 3_000, 10_000, 30_000)
"""SKUs of the shops that growth is measured on."""
PLAN_GOAL = "Grow gross profit next month, margin at least 20%, no price change above 10%"


@dataclass(frozen=True)
class Measured:
    """One run of a process."""

    seconds: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Line:
    """One line of the report: ours, the baseline, and the goal if there is one."""

    name: str
    ours: str
    baseline: str
    ratio: float
    goal: str = ""
    met: bool | None = None


def measure(command: list[str], *, cwd: Path | None = None) -> Measured:
    """Run a command and watch its time and peak memory (with its children).

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT)
        watched, peak = psutil.Process(process.pid), 0
        while process.poll() is None:
            try:
                family = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(each.memory_info().rss for each in family))
            except psutil.Error:
                pass
            time.sleep(0.02)
        seconds = time.perf_counter() - started
        out.seek(0)
        text = out.read()
    if process.returncode not in (0, 3):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-3000:]}")
    return Measured(seconds, peak / 2**20, text)


def best(command: list[str], runs: int = 5) -> Measured:
    """The fastest of several runs; the first warms the disk's cache."""
    return min((measure(command) for _ in range(runs)), key=lambda each: each.seconds)


def startup() -> list[Line]:
    """`ecomagent --help` against a bare interpreter and one that imports Typer."""
    ours = best([sys.executable, "-m", "ecomagent", "--help"])
    bare = best([sys.executable, "-c", "import typer"])
    return [
        Line(
            "start-up: --help",
            f"{ours.seconds:.3f} s",
            f"{bare.seconds:.3f} s (import typer)",
            ours.seconds / bare.seconds,
            "≤ 0.3 s",
            ours.seconds <= 0.3,
        )
    ]


def importing() -> list[Line]:
    """1,000,000 order lines against pandas reading and writing the same file to SQLite."""
    from evals.bench_import import run

    found = run()
    ours, baseline = found["ours"], found["baseline"]
    return [
        Line(
            f"import: {found['lines']:,} lines",
            f"{ours['seconds']:.1f} s, {ours['peak_mb']:,.0f} MB",
            f"{baseline['seconds']:.1f} s, {baseline['peak_mb']:,.0f} MB (pandas to_sql)",
            ours["seconds"] / baseline["seconds"],
            "≤ 20 s, ≤ 1,024 MB",
            ours["seconds"] <= 20 and ours["peak_mb"] <= 1024,
        )
    ]


@dataclass(frozen=True)
class Planned:
    """A shop's first plan, which fits everything, its second on what was fitted, a naive look."""

    cold: Measured
    warm: Measured
    naive: Measured


def planned(products: int) -> Planned:
    """Plan twice for a made-up shop of so many SKUs."""
    with tempfile.TemporaryDirectory(prefix="ecomagent-bench-") as folder:
        shop, bundle = Path(folder) / "shop", Path(folder) / "bundle"
        python = [sys.executable, "-m"]
        made = measure(
            [*python, "evals.sample_shop", str(bundle), "--products", str(products),
             "--days", str(DAYS)]
        )  # fmt: skip
        cli = [*python, "ecomagent"]
        measure([*cli, "init", str(shop), "--currency", "CNY", "--country", "CN",
                 "--timezone", "Asia/Shanghai"])  # fmt: skip
        read = measure([*cli, "import", str(bundle), "--workspace", str(shop)])
        plan = [*cli, "plan", PLAN_GOAL, "--yes", "--workspace", str(shop)]
        cold, warm = measure(plan), measure(plan)
        naive = measure([sys.executable, "-c", _NAIVE, str(shop / ".ecomagent" / "facts")])
    print(f"  (generated in {made.seconds:.0f} s, imported in {read.seconds:.0f} s)")
    return Planned(cold, warm, naive)


def planning(products: int) -> list[Line]:
    """Whole plans against reading the same panel with DuckDB and averaging it."""
    found = planned(products)
    large = products >= 10_000
    return [
        Line(
            f"{name}: {products:,} SKUs, {DAYS} days",
            f"{ours.seconds:.1f} s, {ours.peak_mb:,.0f} MB",
            f"{found.naive.seconds:.1f} s, {found.naive.peak_mb:,.0f} MB (read, 28-day mean)",
            ours.seconds / found.naive.seconds,
            f"≤ {limit} s, ≤ 4,096 MB" if large else "",
            (ours.seconds <= limit and ours.peak_mb <= 4096) if large else None,
        )
        for name, ours, limit in (
            ("plan, nothing fitted", found.cold, 360),
            ("plan on fitted models", found.warm, 60),
        )
    ]


def scaling() -> list[Line]:
    """How time grows with the number of SKUs: the slope of its logarithm."""
    import numpy as np

    found = [planned(size) for size in SIZES]
    logs = np.log([float(size) for size in SIZES])

    def exponent(runs: list[Measured]) -> float:
        return float(np.polyfit(logs, np.log([run.seconds for run in runs]), 1)[0])

    naive = exponent([each.naive for each in found])
    lines = []
    for name, runs in (("nothing fitted", [each.cold for each in found]),
                       ("on fitted models", [each.warm for each in found])):  # fmt: skip
        grown = exponent(runs)
        times = ", ".join(f"{run.seconds:.0f} s" for run in runs)
        lines.append(Line(
            f"plan {name}, {SIZES[0]:,} to {SIZES[-1]:,} SKUs", f"exponent {grown:.2f} ({times})",
            f"{naive:.2f} (read, 28-day mean)", grown / naive, "≤ 1.1", grown <= 1.1,
        ))  # fmt: skip
    return lines


_NAIVE = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ecomagent.store.facts import Facts
view = Facts.open(Path(sys.argv[1])).as_of(datetime.now(UTC))
panel = view.panel(since=view.today - timedelta(days=730), columns=["units"])
recent = panel[panel["date"] >= panel["date"].max() - timedelta(days=28)]
print(len(recent.groupby("sku", observed=True)["units"].mean()))
"""


def futures() -> list[Line]:
    """1,000 futures of 1,000 SKUs over 90 days against the same days played plainly in NumPy."""
    ours, plain = (_plan_part(name) for name in ("futures", "plain-futures"))
    return [
        Line(
            "1,000 futures × 1,000 SKUs × 90 days",
            f"{ours['seconds']:.1f} s, {ours['peak_mb']:,.0f} MB",
            f"{plain['seconds']:.1f} s, {plain['peak_mb']:,.0f} MB (day by day, stock only)",
            ours["seconds"] / plain["seconds"],
            "≤ 10 s",
            ours["seconds"] <= 10,
        )
    ]


def joint() -> list[Line]:
    """50,000 candidates under every limit against greedy by value per cost."""
    ours, plain = (_plan_part(name) for name in ("joint", "greedy"))
    return [
        Line(
            "joint choice: 50,000 candidates",
            f"{ours['seconds']:.1f} s, value {ours['value']:,.0f}, gap {ours['gap']:.4%}",
            f"{plain['seconds']:.1f} s, value {plain['value']:,.0f} (greedy)",
            ours["seconds"] / plain["seconds"],
            "≤ 15 s, gap ≤ 1 %",
            ours["seconds"] <= 15 and ours["gap"] <= 0.01,
        )
    ]


def _plan_part(name: str) -> dict[str, float]:
    run = measure([sys.executable, "-m", "evals.bench_plan", name])
    found: dict[str, float] = json.loads(run.output.splitlines()[-1])
    return found | {"peak_mb": run.peak_mb}


SUITES: dict[str, Callable[[], list[Line]]] = {
    "startup": startup,
    "import": importing,
    "futures": futures,
    "joint": joint,
    "plan-1000": lambda: planning(1_000),
    "plan-10000": lambda: planning(10_000),
    "scaling": scaling,
}


def main(names: list[str]) -> int:
    """Run the named suites, or all; print a table and write it as JSON beside it."""
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(SUITES)}")
        return 2
    lines: list[Line] = []
    for name in names or list(SUITES):
        print(f"running {name} …", flush=True)
        for line in SUITES[name]():
            lines.append(line)
            verdict = "" if line.met is None else ("  met" if line.met else "  NOT met")
            goal = f"  goal {line.goal}{verdict}" if line.goal else ""
            print(
                f"  {line.name}: {line.ours}  vs  {line.baseline}  = {line.ratio:.2f}×{goal}",
                flush=True,
            )
    print(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
    return 0 if all(line.met is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
