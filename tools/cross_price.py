"""How a category's demand answers the prices of substitutes, and of the competitor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.figures import plain, rows_of, significant
from tools.own_response import LAGS, spells
from tools.price_history import PriceWeeks
from tools.price_instruments import MIN_SPREAD, instruments_of
from tools.price_response import RIVAL, RIVAL_SD, STRONG, GroupResponse
from tools.shrinkage import combine, pool

Floats = npt.NDArray[np.float64]

TOOL = "tools.cross_price.cross_prices"
CROSS, CROSS_SD = 0.2, 0.15
"""Elasticity with respect to the mean price of all substitutes before the data speak. Brands in
one shop have 0.26 on average, over published studies (Auer and Papies 2020); much of that is what
customers switch between few brands."""
LEAST_SPREAD = 0.1
DOUBT = 0.5
"""How far a cross elasticity without a cost to instrument it may be off: prices of a category that
rise together with its demand pass for substitution."""
RIVAL_DOUBT = 0.15
"""The same of the competitor's, who sees the season as well."""
MOST = 0.8
"""Share of the own-price elasticity that the cross elasticity may reach: a rise of every price
never sells more."""
YEAR = 52
LEAST_WEEKS = 40
LEAST_OTHERS = 3
"""Other categories from which the shop's common ups and downs can be told."""


@dataclass(frozen=True)
class CrossPrices:
    """Cross elasticities by category.

    Attributes:
        table: Index ``category``: ``cross`` (percent of a SKU's units for a percent by which the
            category's other prices rise, sales-weighted, own price held) and ``cross_error``;
            ``rival`` and ``rival_error``, the same of the competitor's price of the SKU;
            ``basis`` (``category``, ``shop`` or ``prior``: what ``cross`` rests on most);
            ``estimate`` and ``estimate_error``, what the category's own past says of ``cross``,
            NaN where it says nothing.
        source: The panel read.
    """

    table: pd.DataFrame = field(repr=False)
    source: DataRef

    def of(self, categories: pd.Series) -> pd.DataFrame:
        """``cross``, ``cross_error``, ``rival``, ``rival_error`` for every row's category."""
        wanted = ["cross", "cross_error", "rival", "rival_error"]
        found = self.table[wanted].reindex(categories.to_numpy())
        found = found.fillna({"cross": CROSS, "cross_error": CROSS_SD,
                              "rival": RIVAL, "rival_error": RIVAL_SD})  # fmt: skip
        return found.set_axis(categories.index)

    def evidence(self, category: str) -> Evidence:
        """One category's figures.

        ``cross = shop + trust * (estimate - shop)`` with ``trust = spread² / (spread² +
        estimate_error²)``, all in the result; ``shop`` is what the shop's categories have in
        common, drawn to ``CROSS ± CROSS_SD``.
        """
        return Evidence.of(
            TOOL,
            params={"category": category, "prior": CROSS, "prior_sd": CROSS_SD, "doubt": DOUBT},
            data=(rows_of(self.source, category=category),),
            result=plain(self.table.xs(category).dropna().to_dict()),
        )


def cross_prices(
    weeks: PriceWeeks, groups: dict[str, GroupResponse], own: pd.DataFrame, *, source: DataRef
) -> CrossPrices:
    """Estimate every category's cross elasticity from how its demand moved as a whole.

    What a category sells beyond what its SKUs' own prices and promotions explain is laid beside
    its price index, by two-stage least squares on the index of its costs, with a level a year, a
    yearly wave and, where there are others, the shop's common ups and downs taken out (errors by
    Newey and West 1987). Own and cross elasticity add up to the category's, so the own one's
    error counts too. Estimates are pulled to the shop's mean, and that to ``CROSS``.

    Args:
        weeks: Sales beside prices, all SKUs.
        groups: Each category's own-price regression.
        own: Index ``sku``: ``elasticity``; and ``pool_error`` of the SKU's category.
        source: The panel's reference.
    """
    series = {name: _series(weeks.rows(weeks.group == name), found, own)
              for name, found in groups.items()}  # fmt: skip
    found = {name: _estimate(name, series) for name in sorted(series)}
    table = pd.DataFrame(
        [_row(groups[name], *found[name]) for name in sorted(found)],
        index=pd.Index(sorted(found), name="category", dtype=object),
        columns=["estimate", "estimate_error", "rival", "rival_error"],
    ).astype("float64")
    return CrossPrices(_pooled(table), source)


@dataclass(frozen=True)
class _Series:
    """A category by week: log of units against expectation, price index, cost index."""

    answer: Floats
    index: Floats
    cost: Floats | None
    own_error: float


def _series(part: PriceWeeks, group: GroupResponse, own: pd.DataFrame) -> _Series:
    rows = own.reindex(part.skus)
    usable = part.usable
    price = np.where(usable, part.log_price, 0.0)
    weight = np.where(usable, part.days, 0.0) * np.exp(
        rows["elasticity"].to_numpy()[:, None] * _centred(price, usable)
        + group.lift * part.promo
        + group.rival * _centred(np.nan_to_num(part.log_rival), np.isfinite(part.log_rival))
    )
    units = np.where(usable, part.units, 0.0)
    expected = np.zeros_like(units)
    index, shares = np.zeros(units.shape[1]), np.zeros_like(units)
    for year in spells(units.shape[1], YEAR):
        level = units[:, year].sum(axis=1) / np.maximum(weight[:, year].sum(axis=1), 1e-9)
        expected[:, year] = level[:, None] * weight[:, year]
        shares[:, year] = (level * usable[:, year].any(axis=1))[:, None] * usable[:, year]
        index[year] = _index(price[:, year], usable[:, year], shares[:, year])
    with np.errstate(divide="ignore", invalid="ignore"):
        answer = np.log(units.sum(axis=0) / expected.sum(axis=0))
    return _Series(answer, index, _cost(part, shares), float(rows["pool_error"].max()))


def _index(price: Floats, usable: npt.NDArray[np.bool_], shares: Floats) -> Floats:
    """Mean log price against each SKU's own mean, by its share of sales."""
    total = np.maximum(shares.sum(axis=0), 1e-9)
    found: Floats = (shares * _centred(price, usable)).sum(axis=0) / total
    return found


def _cost(part: PriceWeeks, shares: Floats) -> Floats | None:
    moves = instruments_of(part)["cost"]
    known = np.isfinite(moves) & part.usable
    if not known.any():
        return None
    found = np.zeros(shares.shape[1])
    for year in spells(shares.shape[1], YEAR):
        cost = np.where(known[:, year], moves[:, year], 0.0)
        found[year] = _index(cost, known[:, year], shares[:, year] * known[:, year])
    return found


def _centred(values: Floats, usable: npt.NDArray[np.bool_]) -> Floats:
    count = np.maximum(usable.sum(axis=1, keepdims=True), 1)
    mean = np.where(usable, values, 0.0).sum(axis=1, keepdims=True) / count
    found: Floats = np.where(usable, np.clip(values - mean, -3.0, 3.0), 0.0)
    return found


def _estimate(name: str, series: dict[str, _Series]) -> tuple[float, float]:
    """Cross elasticity and its error; NaN where the category's prices hardly moved as a whole."""
    this = series[name]
    others = [each for other, each in series.items() if other != name]
    answer, index = this.answer, this.index
    if len(others) >= LEAST_OTHERS:
        known = np.stack([np.where(np.isfinite(each.answer), each.answer, 0.0) for each in others])
        answer = answer - known.mean(axis=0)
        index = index - np.mean([each.index for each in others], axis=0)
    rows = np.isfinite(answer)
    if rows.sum() < LEAST_WEEKS or this.index[rows].std() < MIN_SPREAD / 2:
        return float("nan"), float("nan")
    base = _levels(len(answer))[rows]
    y, x = _without(answer[rows], base), _without(index[rows], base)
    z = None if this.cost is None else _without(this.cost[rows], base)
    if z is not None and (z**2).mean() >= (MIN_SPREAD / 2) ** 2 and _strength(x, z) >= STRONG:
        slope, error = _slope(y, x, z)
        return slope, float(np.hypot(error, this.own_error))
    slope, error = _slope(y, x, x)
    return slope, float(np.sqrt(error**2 + this.own_error**2 + DOUBT**2))


def _levels(weeks: int) -> Floats:
    """A level for each year and one yearly wave."""
    week = np.arange(weeks)
    year = np.stack([np.isin(week, np.r_[each]) for each in spells(weeks, YEAR)]).astype(float)
    wave = [turn(2 * np.pi * week / YEAR) for turn in (np.sin, np.cos)]
    found: Floats = np.column_stack([year.T, *wave])
    return found


def _without(values: Floats, base: Floats) -> Floats:
    found: Floats = values - base @ np.linalg.lstsq(base, values, rcond=None)[0]
    return found


def _strength(x: Floats, z: Floats) -> float:
    slope, error = _slope(x, z, z)
    return float((slope / max(error, 1e-9)) ** 2)


def _slope(y: Floats, x: Floats, z: Floats) -> tuple[float, float]:
    """Two-stage least squares with one instrument, and Newey and West's error."""
    together = float((z * x).sum())
    if abs(together) < 1e-12:
        return float("nan"), float("nan")
    slope = float((z * y).sum() / together)
    score = z * (y - slope * x)
    variance = float((score**2).sum())
    for lag in range(1, min(LAGS, len(score) - 1) + 1):
        variance += 2 * (1 - lag / (LAGS + 1)) * float((score[lag:] * score[:-lag]).sum())
    variance = max(variance, float((score**2).sum()))
    return slope, float(np.sqrt(variance) / abs(together))


def _row(group: GroupResponse, estimate: float, error: float) -> tuple[float, ...]:
    rival, rival_error = combine(
        group.rival, float(np.hypot(group.rival_error, RIVAL_DOUBT)), RIVAL, RIVAL_SD
    )
    if not group.rival_seen:
        rival, rival_error = RIVAL, RIVAL_SD
    return estimate, error, max(rival, 0.0), rival_error


def _pooled(table: pd.DataFrame) -> pd.DataFrame:
    known = table["estimate"].notna() & np.isfinite(table["estimate_error"])
    shop, shop_error, spread = CROSS, CROSS_SD, LEAST_SPREAD
    if known.any():
        found = pool(
            table.loc[known, "estimate"].to_numpy(),
            table.loc[known, "estimate_error"].to_numpy(),
            least_spread=LEAST_SPREAD,
        )
        spread = min(found.spread, CROSS_SD)
        shop, shop_error = combine(found.mean, found.error, CROSS, CROSS_SD)
    noise = table["estimate_error"] ** 2
    trust = (spread**2 / (spread**2 + noise)).where(known, 0.0)
    cross = shop + trust * (table["estimate"].where(known, shop) - shop)
    left = (spread**2 * noise / (spread**2 + noise)).where(known, spread**2)
    error = np.sqrt(((1 - trust) * shop_error) ** 2 + left)
    basis = np.select([trust >= 0.5, np.full(len(table), shop_error < CROSS_SD / 2)],
                      ["category", "shop"], default="prior")  # fmt: skip
    made = table.assign(
        cross=cross.clip(0.0, 1.0), cross_error=error, shop=shop, spread=spread, trust=trust
    )
    made = pd.DataFrame(
        {name: significant(made[name].to_numpy()) for name in made.columns}, index=table.index
    )
    return made.assign(basis=pd.Series(basis, index=table.index, dtype=object))
