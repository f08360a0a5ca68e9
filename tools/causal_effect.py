"""What a change did to sales: what was sold against what would have been, and how sure that is.

The method follows the data: products left alone (difference-in-differences, or a synthetic
control where one product alone was changed), else the product's own series. Placebos on days
before anything was done decide whether a method may speak.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.control_growth import Expected, Growth, expected_units, fit_growth
from tools.effect_windows import (
    LEAST_KNOWN_DAYS,
    SHORTEST_DAYS,
    Change,
    Floats,
    Ints,
    Mask,
    Method,
    Sales,
    Window,
    read_sales,
)
from tools.figures import plain, rows_of, significant
from tools.placebo import GROUP_LIMIT, OWN_LIMIT, miss_of, misses_of_controls
from tools.structural_series import carry_on
from tools.synthetic_control import mix

__all__ = ["Change", "Effects", "measure_changes"]

TOOL = "tools.causal_effect.measure_changes"
ALONE = 2
"""A synthetic control is tried where no more products than this of a category were changed."""
COLUMNS = (
    "method", "days", "actual_units", "expected_units", "expected_p10", "expected_p90", "sd",
    "shared_sd", "controls", "placebo", "placebo_of_all", "why_not",
)  # fmt: skip


@dataclass(frozen=True)
class Counterfactual:
    """What one change is measured against.

    Attributes:
        method: How it was made.
        units: Expected without the change; NaN where nothing says.
        own_sd: Error of its own.
        loading: On the common growth of its window; empty where there is none.
        group: Which window's growth that is.
        controls: Products that stand behind it.
        placebo: Miss on the placebo's days in standard errors; NaN where there were none.
        placebo_of_all: The same of all changes of the window together.
        why_not: Why nothing can be said; empty where it can.
    """

    method: Method
    units: float = float("nan")
    own_sd: float = float("nan")
    loading: Floats = field(default_factory=lambda: np.zeros(0), repr=False)
    group: int = -1
    controls: int = 0
    placebo: float = float("nan")
    placebo_of_all: float = float("nan")
    why_not: str = ""


@dataclass(frozen=True)
class Effects:
    """What every change did.

    Attributes:
        table: Index ``key`` in the order given: ``method``, ``days``, ``actual_units``,
            ``expected_units`` (without the change) with ``expected_p10`` and ``expected_p90``,
            ``sd`` (its standard error) and ``shared_sd`` (the part that changes of the same days
            have in common), ``controls``, ``placebo`` and ``placebo_of_all`` (misses
            before the change in standard errors), ``why_not`` (why it cannot be told, or empty).
        parts: Key to what its figures are made of.
        covariances: Of each window's common growth.
        changes: Key to the change.
        source: The panel read.
    """

    table: pd.DataFrame = field(repr=False)
    parts: dict[str, Counterfactual] = field(repr=False)
    covariances: tuple[Floats, ...] = field(repr=False)
    changes: dict[str, Change] = field(repr=False)
    source: DataRef

    def sd_of_sum(self, weights: Mapping[str, float]) -> float:
        """Standard error of a weighted sum of expected units, common growth counted once."""
        variance, pull = 0.0, [np.zeros(len(each)) for each in self.covariances]
        for key, weight in weights.items():
            part = self.parts[key]
            variance += weight**2 * part.own_sd**2
            if part.group >= 0:
                pull[part.group] = pull[part.group] + weight * part.loading
        for each, covariance in zip(pull, self.covariances, strict=True):
            variance += max(float(each @ covariance @ each), 0.0)
        return float(np.sqrt(variance))

    def evidence(self, key: str) -> Evidence:
        """One change's figures, with the rows and days they were read from."""
        change = self.changes[key]
        return Evidence.of(
            TOOL,
            params={
                "skus": list(change.skus),
                "first": change.first.isoformat(),
                "last": change.last.isoformat(),
            },
            data=(rows_of(self.source, until=change.last.isoformat()),),
            result=plain(self.table.xs(key).to_dict()),
        )


def measure_changes(
    panel: pd.DataFrame,
    categories: Mapping[str, str],
    changes: Sequence[Change],
    *,
    source: DataRef,
    exposed: frozenset[str] = frozenset(),
) -> Effects:
    """What was sold under each change, and what would have been sold without it.

    Args:
        panel: Daily rows ``sku, date, units`` and, where known, ``list_price_minor`` and
            ``promo``, up to the last day that is known; half a year before the changes or more.
        categories: SKU to category.
        changes: What was done, to what, and the days to look at.
        source: The panel's reference.
        exposed: SKUs that something else was done to in those days: they are no comparison, nor
            are SKUs whose own price moved.
    """
    sales = read_sales(panel, categories)
    touched = exposed.union(*(change.skus for change in changes))
    mask = np.isin(sales.skus, np.array(sorted(touched), dtype=str))
    found: dict[str, Counterfactual] = {}
    covariances: list[Floats] = []
    for window, together in _by_window(sales, changes, found).items():
        growth = fit_growth(sales, window, sales.quiet(window, mask))
        covariances.append(np.eye(1) if growth is None else growth.covariance)
        group = _Group(sales, window, mask, growth, len(covariances) - 1)
        found |= group.measured(together)
    return Effects(
        table=_table(sales, changes, found, covariances),
        parts=found,
        covariances=tuple(covariances),
        changes={change.key: change for change in changes},
        source=source,
    )


def _by_window(
    sales: Sales, changes: Sequence[Change], found: dict[str, Counterfactual]
) -> dict[Window, list[Change]]:
    """Changes that can be measured, by their days; the others get their reason."""
    made: dict[Window, list[Change]] = defaultdict(list)
    for change in changes:
        window, rows = sales.window(change), sales.rows_of(change.skus)
        if window is None:
            why = f"fewer than {SHORTEST_DAYS} days are known since"
        elif not len(rows):
            why = "nothing is known to have been sold of it"
        elif sales.known_days(rows, 0, window.start).max() < LEAST_KNOWN_DAYS:
            why = f"known for less than {LEAST_KNOWN_DAYS} days before"
        elif not sales.total(rows, window.start - 182, window.start).sum():
            why = "nothing was sold in the half year before"
        else:
            made[window].append(change)
            continue
        found[change.key] = Counterfactual("none", why_not=why)
    return dict(made)


@dataclass(frozen=True)
class _Group:
    """Changes of the same days, measured against the same products."""

    sales: Sales
    window: Window
    exposed: Mask
    growth: Growth | None
    number: int

    def measured(self, changes: Sequence[Change]) -> dict[str, Counterfactual]:
        """Key to what each change is measured against."""
        rows = [self.sales.rows_of(change.skus) for change in changes]
        if self.growth is None:
            return {c.key: self._own_series(r) for c, r in zip(changes, rows, strict=True)}
        everything = np.concatenate(rows)
        expected = expected_units(self.growth, self.sales, self.window, everything)
        own, of_all = misses_of_controls(self.sales, self.window, everything, self.exposed)
        in_category = pd.Series(self.sales.category[everything]).value_counts()
        found, start = {}, 0
        for change, mine in zip(changes, rows, strict=True):
            part = slice(start, start + len(mine))
            start += len(mine)
            made = self._of_controls(expected, part, own[part], of_all)
            alone = len(mine) == 1 and in_category[self.sales.category[mine[0]]] <= ALONE
            found[change.key] = self._or_mixture(made, mine[0]) if alone else made
        return found

    def _of_controls(
        self, expected: Expected, part: slice, misses: Floats, of_all: float
    ) -> Counterfactual:
        miss = float(np.nansum(misses) / np.sqrt(max(np.isfinite(misses).sum(), 1)))
        return Counterfactual(
            "difference_in_differences",
            units=float(expected.units[part].sum()),
            own_sd=float(np.sqrt((expected.own_sd[part] ** 2).sum())),
            loading=expected.loading[part].sum(axis=0),
            group=self.number,
            controls=self.growth.controls if self.growth else 0,
            placebo=miss if np.isfinite(misses).any() else float("nan"),
            placebo_of_all=of_all,
            why_not=_failed(miss, of_all),
        )

    def _or_mixture(self, other: Counterfactual, row: int) -> Counterfactual:
        """A synthetic control instead, where it was the closer one on the donors."""
        found = mix(self.sales, self.window, row, self._quiet(self.window))
        whole = float(np.hypot(other.own_sd, self._shared(other)))
        if found is None or found.sd >= whole:
            return other

        def before(placebo: Window) -> tuple[float, float] | None:
            made = mix(self.sales, placebo, row, self._quiet(placebo))
            return None if made is None else (made.units, made.sd)

        miss = miss_of(self.sales, self.window, row, before)
        return Counterfactual(
            "synthetic_control", units=found.units, own_sd=found.sd, controls=found.donors,
            placebo=miss, why_not=_failed(miss, float("nan")),
        )  # fmt: skip

    def _quiet(self, window: Window) -> Ints:
        return self.sales.quiet(window, self.exposed)

    def _shared(self, part: Counterfactual) -> float:
        if self.growth is None:
            return 0.0
        return float(np.sqrt(max(float(part.loading @ self.growth.covariance @ part.loading), 0.0)))

    def _own_series(self, rows: Ints) -> Counterfactual:
        if len(rows) != 1:
            return Counterfactual(
                "none", why_not="too few products were left alone to compare with"
            )
        row = int(rows[0])

        def carried(window: Window) -> tuple[float, float] | None:
            made = carry_on(self.sales, window, row)
            return None if made is None else (made.units, made.sd)

        found = carry_on(self.sales, self.window, row)
        if found is None:
            return Counterfactual(
                "none",
                why_not="too few products were left alone to compare with, and its own sales are"
                " too few to go by",
            )
        miss = miss_of(self.sales, self.window, row, carried)
        return Counterfactual(
            "structural_series",
            units=found.units,
            own_sd=found.own_sd,
            loading=np.array([found.common_sd]),
            group=self.number,
            placebo=miss,
            why_not=_failed(miss, float("nan")),
        )


def _failed(miss: float, of_all: float) -> str:
    if abs(miss) > OWN_LIMIT:
        return f"the placebo failed: {miss:+.1f} standard errors before anything was done"
    if abs(of_all) > GROUP_LIMIT:
        return (
            f"the placebo of all changes of these days failed: {of_all:+.1f} standard errors before"
            " anything was done"
        )
    return ""


def _table(
    sales: Sales,
    changes: Sequence[Change],
    found: Mapping[str, Counterfactual],
    covariances: Sequence[Floats],
) -> pd.DataFrame:
    rows = [_row(sales, change, found[change.key], covariances) for change in changes]
    index = pd.Index([change.key for change in changes], name="key", dtype=object)
    table = pd.DataFrame(rows, columns=list(COLUMNS), index=index)
    for name in ("actual_units", "expected_units", "expected_p10", "expected_p90", "sd",
                 "shared_sd", "placebo", "placebo_of_all"):  # fmt: skip
        table[name] = significant(table[name].to_numpy(dtype=np.float64))
    return table


def _row(
    sales: Sales, change: Change, part: Counterfactual, covariances: Sequence[Floats]
) -> dict[str, Any]:
    window, rows = sales.window(change), sales.rows_of(change.skus)
    shared = 0.0
    if part.group >= 0:
        shared = max(float(part.loading @ covariances[part.group] @ part.loading), 0.0)
    sd = float(np.sqrt(part.own_sd**2 + shared))
    low, high = _band(part.units, sd)
    actual = np.nan if window is None else sales.total(rows, window.start, window.end).sum()
    return {
        "method": part.method,
        "days": 0 if window is None else window.days,
        "actual_units": actual,
        "expected_units": part.units,
        "expected_p10": low,
        "expected_p90": high,
        "sd": sd,
        "shared_sd": float(np.sqrt(shared)),
        "controls": part.controls,
        "placebo": part.placebo,
        "placebo_of_all": part.placebo_of_all,
        "why_not": part.why_not,
    }


def _band(mean: float, sd: float) -> tuple[float, float]:
    """P10 and P90 of a gamma distribution: units cannot be negative, and few are skewed."""
    from scipy.stats import gamma

    if not (mean > 0 and sd > 0):
        return mean, mean
    shape = (mean / sd) ** 2
    low, high = gamma.ppf([0.1, 0.9], shape, scale=mean / shape)
    return float(low), float(high)
