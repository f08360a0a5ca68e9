"""What the global demand model sees of a SKU on a starting day and of the day to forecast."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tools.demand_inputs import DemandInputs
from tools.demand_level import steady_rate
from tools.season_end import days_to_end, season_left

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

LOOK_BACK = 182
LEVEL_DAYS, LEVEL_LIFE = 364, 40.0
"""Days that the level rests on, and its half-life (``tools.demand_level.steady_rate``)."""
SMALL = 0.02
"""Units a day added to both sides of a ratio, so that rare sales make small numbers."""
LEAST_EXPOSED = 0.1
"""Days' worth of season below which a rate is not told apart."""
YEAR = 364
"""A year in whole weeks."""


def expected_level(inputs: DemandInputs, origin: int) -> Floats:
    """Units on a plain day without season, from days before ``origin``."""
    units, exposed = _seen(inputs, slice(max(origin - LEVEL_DAYS, 0), origin))
    level: Floats = steady_rate(units, exposed, LEVEL_LIFE)
    return level


def origin_features(inputs: DemandInputs, origin: int, level: Floats) -> Columns:
    """One value a SKU: what was known before column ``origin``."""
    found = _own(inputs, origin, level)
    found |= _offer(inputs, origin)
    found |= _surroundings(inputs, origin, level)
    return found | _signals(inputs, origin)


def target_features(
    inputs: DemandInputs, origin: int, level: Floats, rows: Ints, columns: Ints
) -> Columns:
    """One value a (SKU, day) pair: what is known beforehand of the day ``columns``."""
    found: Columns = {name: values[columns] for name, values in inputs.calendar.items()}
    found["ahead"] = columns - origin + 1
    found["season_factor"] = np.log(inputs.factor[inputs.group[rows], columns])
    found["promo"] = inputs.promo[rows, columns]
    found["discount"] = inputs.discount[rows, columns]
    found["to_season_end"] = days_to_end(_ends(inputs, rows), columns)
    found |= _prices(inputs, origin, rows, columns)
    found["same_weekday"] = _same_weekday(inputs, origin, rows, columns)
    return found | _year_ago(inputs, origin, rows, columns)


def offset_of(inputs: DemandInputs, level: Floats, rows: Ints, columns: Ints) -> Floats:
    """Units expected by level and season alone."""
    season = inputs.factor[inputs.group[rows], columns] * season_left(_ends(inputs, rows), columns)
    expected: Floats = level[rows] * season + 1e-4
    return expected


def _ends(inputs: DemandInputs, rows: Ints) -> Floats | None:
    return None if inputs.ends is None else inputs.ends[rows]


def _seen(inputs: DemandInputs, days: slice) -> tuple[Singles, Singles]:
    """Units on plain days, and their days' worth of season; 0 on other days."""
    counted = inputs.plain[:, days]
    units = np.where(counted, np.nan_to_num(inputs.units[:, days]), np.float32(0))
    return units, np.where(counted, inputs.factor[inputs.group, days], np.float32(0))


def _rate(units: npt.NDArray[Any], exposed: npt.NDArray[Any]) -> Floats:
    """Units a day without season."""
    found: Floats = units / np.maximum(exposed, LEAST_EXPOSED)
    return found


def _log_ratio(above: Floats, below: Floats) -> Floats:
    found: Floats = np.log((above + SMALL) / (below + SMALL))
    return found


def _own(inputs: DemandInputs, origin: int, level: Floats) -> Columns:
    since = max(origin - 365, 0)
    units, exposed = _seen(inputs, slice(since, origin))
    counted = exposed > 0
    found: Columns = {"level": np.log(level + SMALL)}
    means = {}
    for days in (7, 28, 91, 182, 365):
        known = exposed[:, -days:].sum(axis=1)
        means[days] = _rate(units[:, -days:].sum(axis=1), known)
        ratio = _log_ratio(means[days], level)
        found[f"last_{days}"] = np.where(known > 0, ratio, np.nan) if days <= origin else np.full(
            len(level), np.nan)  # fmt: skip
    before = _rate(units[:, -56:-28].sum(axis=1), exposed[:, -56:-28].sum(axis=1))
    found["trend"] = _log_ratio(means[28], before)
    sold = units > 0
    for days in (28, 91):
        free = np.maximum(counted[:, -days:].sum(axis=1), 1)
        found[f"sold_days_{days}"] = sold[:, -days:].sum(axis=1) / free
    silent = np.argmax(np.hstack([sold[:, ::-1], np.ones((len(sold), 1), bool)]), axis=1)
    found["days_since_sale"] = np.log1p(silent)
    misses = (units - means[91][:, None] * exposed)[:, -91:]
    variance = _rate(np.square(misses).sum(axis=1), exposed[:, -91:].sum(axis=1))
    found["scatter"] = _log_ratio(variance, means[91])
    found["peak"] = np.log1p(units[:, -28:].max(axis=1, initial=0)) - np.log1p(level)
    age = np.isfinite(inputs.units[:, :origin]).sum(axis=1)
    found["age"] = np.log1p(np.minimum(age, 1000))
    found["seen_days"] = counted[:, -LOOK_BACK:].sum(axis=1)
    for days in (28, 91):
        found[f"sold_out_{days}"] = inputs.sold_out[:, max(origin - days, 0) : origin].mean(axis=1)
    return found


def _nanmean(values: npt.NDArray[Any], axis: int = 1) -> Floats:
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    count = known.sum(axis=axis)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.asarray(mean)


def _offer(inputs: DemandInputs, origin: int) -> Columns:
    recent, year = slice(max(origin - 28, 0), origin), slice(max(origin - 365, 0), origin)
    price = inputs.price[:, :origin]
    found: Columns = {
        "price_change": np.log(price[:, -1] / price[:, -min(29, origin)]),
        "discount_28": inputs.discount[:, recent].mean(axis=1),
        "promo_28": inputs.promo[:, recent].mean(axis=1),
        "promo_lift": _promo_lift(inputs, year),
        "category_lift": _promo_lift(inputs, year, pooled=True),
        "price_in_category": np.log(price[:, -1]) - _category_median(inputs, price[:, -1]),
    }
    moved = np.abs(np.diff(np.nan_to_num(price[:, -183:]), axis=1)) > 0
    still = np.argmax(np.hstack([moved[:, ::-1], np.ones((len(moved), 1), bool)]), axis=1)
    found["price_age"] = np.where(np.isfinite(price[:, -1]), np.log1p(still), np.nan)
    return found


def _promo_lift(inputs: DemandInputs, days: slice, *, pooled: bool = False) -> Floats:
    factor = inputs.factor[inputs.group, days]
    units = np.nan_to_num(inputs.units[:, days]) / factor
    valid, promo = inputs.valid[:, days], inputs.promo[:, days] > 0
    on, off = valid & promo, valid & ~promo
    plain = np.where(off, units, 0).sum(axis=1) / np.maximum(off.sum(axis=1), 1)
    expected, sold = plain * on.sum(axis=1), np.where(on, units, 0).sum(axis=1)
    if pooled:
        expected, sold = (_sums(inputs, each)[inputs.category] for each in (expected, sold))
    lift: Floats = np.log((sold + 5.0) / (expected + 5.0))
    return lift


def _category_median(inputs: DemandInputs, price: npt.NDArray[Any]) -> Floats:
    logs = np.log(price)
    order = np.lexsort((logs, inputs.category))
    known = order[np.isfinite(logs[order])]
    groups = inputs.category[known]
    result = np.full(int(inputs.category.max(initial=0)) + 1, np.nan)
    if len(known):
        first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
        size = np.diff(np.r_[first, len(groups)])
        result[groups[first]] = logs[known][first + size // 2]
    return np.asarray(result[inputs.category], dtype=np.float64)


def _sums(inputs: DemandInputs, values: npt.NDArray[Any]) -> Floats:
    """Category totals of one value a SKU."""
    count = int(inputs.category.max(initial=0)) + 1
    totals = np.bincount(inputs.category, weights=values, minlength=count)
    return np.asarray(totals, dtype=np.float64)


def _surroundings(inputs: DemandInputs, origin: int, level: Floats) -> Columns:
    units, exposed = _seen(inputs, slice(max(origin - 91, 0), origin))
    rate = {days: units[:, -days:].sum(axis=1) for days in (7, 28, 91)}
    free = {days: exposed[:, -days:].sum(axis=1) for days in (7, 28, 91)}
    found: Columns = {}
    usual = _rate(_sums(inputs, rate[91]), _sums(inputs, free[91]))
    for days in (7, 28):
        lately = _rate(_sums(inputs, rate[days]), _sums(inputs, free[days]))
        found[f"category_last_{days}"] = _log_ratio(lately, usual)[inputs.category]
    shop = [rate[days].sum() / max(free[days].sum(), LEAST_EXPOSED) for days in (28, 91)]
    found["shop_last_28"] = np.full(len(level), np.log((shop[0] + SMALL) / (shop[1] + SMALL)))
    found["category_share"] = _log_ratio(level, usual[inputs.category])
    found |= _neighbours(inputs, level, rate, free)
    found |= _rivals(inputs, origin)
    found["returned"] = _returned(inputs, origin)
    found["rating"] = _rating(inputs, origin)
    return found


def _neighbours(
    inputs: DemandInputs, level: Floats, rate: dict[int, Floats], free: dict[int, Floats]
) -> Columns:
    unknown = np.full(len(level), np.nan)
    if inputs.neighbours is None or not len(inputs.neighbours[0]):
        return {"neighbours_last_28": unknown, "neighbours_level": unknown}
    row, other, weight = inputs.neighbours

    def pooled(values: Floats) -> Floats:
        totals = np.bincount(row, weights=weight * values[other], minlength=len(level))
        return np.asarray(totals, dtype=np.float64)

    total = pooled(np.ones(len(level)))
    lately = pooled(rate[28]) / np.maximum(pooled(free[28]), 1e-9)
    usual = pooled(rate[91]) / np.maximum(pooled(free[91]), 1e-9)
    theirs = pooled(level) / np.maximum(total, 1e-9)
    return {
        "neighbours_last_28": np.where(total > 0, _log_ratio(lately, usual), np.nan),
        "neighbours_level": np.where(total > 0, _log_ratio(theirs, level), np.nan),
    }


def _rivals(inputs: DemandInputs, origin: int) -> Columns:
    rival = inputs.extra.get("rival")
    if rival is None:
        return {"rival_now": np.full(len(inputs.units), np.nan),
                "rival_move": np.full(len(inputs.units), np.nan)}  # fmt: skip
    price = np.where(rival[:, :origin] > 0, rival[:, :origin], np.nan)
    now = np.log(price[:, -1])
    return {"rival_now": now, "rival_move": now - np.log(price[:, -min(29, origin)])}


def _returned(inputs: DemandInputs, origin: int) -> Floats:
    returns = inputs.extra.get("returns")
    if returns is None:
        return np.full(len(inputs.units), np.nan)
    days = slice(max(origin - 91, 0), origin)
    sold = np.nan_to_num(inputs.units[:, days]).sum(axis=1)
    back: Floats = np.nan_to_num(returns[:, days]).clip(0).sum(axis=1) / (sold + 5.0)
    return back


def _rating(inputs: DemandInputs, origin: int) -> Floats:
    rating = inputs.extra.get("rating")
    if rating is None:
        return np.full(len(inputs.units), np.nan)
    seen = rating[:, max(origin - 91, 0) : origin]
    usual = _nanmean(rating[:, :origin].reshape(1, -1))
    return _nanmean(seen) - usual


def _signals(inputs: DemandInputs, origin: int) -> Columns:
    found: Columns = {}
    for name, values in sorted(inputs.signals.items()):
        seen = values[None, max(origin - 91, 0) : origin]
        usual, scale = _nanmean(seen)[0], max(float(np.nanstd(seen)), 1e-9)
        for days in (7, 28):
            gap = (_nanmean(seen[:, -days:])[0] - usual) / scale
            found[f"{name}_{days}"] = np.full(len(inputs.units), gap)
    return found


def _prices(inputs: DemandInputs, origin: int, rows: Ints, columns: Ints) -> Columns:
    price = inputs.price
    logs = np.log(price[rows, columns])
    usual = np.log(_nanmean(price[:, max(origin - 91, 0) : origin]))
    lately = np.log(_nanmean(price[:, max(origin - 28, 0) : origin]))
    found: Columns = {
        "price_to_usual": logs - usual[rows],
        "price_to_level": logs - lately[rows],
        "log_price": logs,
        "days_since_promo": _days_since_promo(inputs, origin, rows, columns),
    }
    days = slice(origin, min(origin + int((columns - origin).max(initial=0)) + 1,
                             price.shape[1]))  # fmt: skip
    promoted = _by_category(inputs, inputs.promo[:, days])
    gaps = np.nan_to_num(np.log(price[:, days]) - lately[:, None])
    moved = _by_category(inputs, gaps)
    place = (inputs.category[rows], columns - origin)
    return found | {"category_promo": promoted[place], "category_price": moved[place]}


def _by_category(inputs: DemandInputs, values: npt.NDArray[Any]) -> Floats:
    """Mean over a category's SKUs, each day."""
    count = int(inputs.category.max(initial=0)) + 1
    order = np.argsort(inputs.category, kind="stable")
    present, first = np.unique(inputs.category[order], return_index=True)
    totals = np.zeros((count, values.shape[1]))
    totals[present] = np.add.reduceat(values[order], first, axis=0)
    size = np.bincount(inputs.category, minlength=count)
    return np.asarray(totals / np.maximum(size, 1)[:, None])


def _days_since_promo(inputs: DemandInputs, origin: int, rows: Ints, columns: Ints) -> Floats:
    since = max(origin - 60, 0)
    until = int(columns.max(initial=origin)) + 1
    promo = inputs.promo[:, since:until] > 0
    place = np.arange(until - since)
    last = np.maximum.accumulate(np.where(promo, place, -60), axis=1)
    before = np.hstack([np.full((len(last), 1), -60), last[:, :-1]])
    gap = columns - since - before[rows, columns - since]
    return np.asarray(np.log(np.clip(gap, 1, 60)))


def _same_weekday(inputs: DemandInputs, origin: int, rows: Ints, columns: Ints) -> Floats:
    """Own weekday pattern of the last eight weeks; the season's pattern is already taken out."""
    weeks = min(8, origin // 7)
    if weeks < 4:
        return np.full(len(rows), np.nan)
    units, exposed = (
        each.reshape(len(each), weeks, 7)
        for each in _seen(inputs, slice(origin - 7 * weeks, origin))
    )
    usual = _rate(units.sum(axis=(1, 2)), exposed.sum(axis=(1, 2)))
    by_day = _rate(units.sum(axis=1), exposed.sum(axis=1))
    ratio = np.log((by_day + 0.1) / (usual[:, None] + 0.1))
    return np.asarray(ratio[rows, (columns - origin) % 7])


def _year_ago(inputs: DemandInputs, origin: int, rows: Ints, columns: Ints) -> Columns:
    names = ("year_ago", "category_year_ago", "category_same_date", "shop_same_date")
    if origin - YEAR - 28 < 0:
        return {name: np.full(len(rows), np.nan) for name in names}
    since = origin - YEAR - 28
    ahead = int((columns - origin).max(initial=0)) + 1
    days = slice(since, min(since + 28 + ahead + 9, origin))
    units = np.where(inputs.valid[:, days], np.nan_to_num(inputs.units[:, days]), 0.0)
    free = inputs.valid[:, days].astype(np.float64)
    place = columns - origin + 28
    sums = (_by_category(inputs, units), _by_category(inputs, free))
    shop = (units.sum(axis=0)[None, :], free.sum(axis=0)[None, :])
    group = inputs.category[rows]
    nobody = np.zeros(len(rows), dtype=np.int64)
    return {
        "year_ago": _against_month(units, free, rows, place, 7),
        "category_year_ago": _against_month(*sums, group, place, 7),
        "category_same_date": _against_month(*sums, group, place + 1, 0),
        "shop_same_date": _against_month(*shop, nobody, place + 1, 0),
    }


def _against_month(units: Floats, free: Floats, rows: Ints, place: Ints, reach: int) -> Floats:
    """Mean of the days around ``place`` against that of the first 28 columns, log."""
    month = units[:, :28].sum(axis=1) / np.maximum(free[:, :28].sum(axis=1), 1e-9)
    known = free[:, :28].sum(axis=1) > 0
    total = np.cumsum(np.pad(units, ((0, 0), (1, 0))), axis=1)
    count = np.cumsum(np.pad(free, ((0, 0), (1, 0))), axis=1)
    last = units.shape[1]
    low, high = np.clip(place - reach, 0, last), np.clip(place + reach + 1, 0, last)
    sold = total[rows, high] - total[rows, low]
    days = count[rows, high] - count[rows, low]
    pull = 7.0 * (units.shape[0] == 1 or reach > 0)
    mean = (sold + pull * month[rows] + SMALL) / (days + pull + 1e-9)
    ratio = np.log((mean + SMALL) / (month[rows] + SMALL))
    return np.where(known[rows] & (days > 0), ratio, np.nan)
