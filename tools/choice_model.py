"""Where demand goes when a SKU is gone: to others of its category, the nearest first, or away.

Exogenous demand with one step of substitution (Kök and Fisher 2007): of a missing SKU's demand,
SKU i gets the share w·d_i / (d_0 + Σ w·d), with w = 1 + nearness × likeness. With nearness zero
that is the multinomial logit exactly; d_0 is the pull of leaving without buying.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.availability import Floats, Ints, Offer, read_offer
from tools.columns import places, totals
from tools.figures import plain, rows_of, significant
from tools.history import History, read_history

TOOL = "tools.choice_model.estimate_transference"
LONGEST = 730
"""Days of history looked at."""
PRIOR_STAY = 0.45
"""Share of a missing SKU's demand that stays in its category where this shop's own history does
not tell: 45 % of shoppers who find an article sold out take another one (Gruen, Corsten and
Bharadwaj 2002, 71,000 shoppers; 26 % of another brand, 19 % of the same)."""
PRIOR_WEIGHT = 5.0
"""Weight of that prior for a whole shop, as of a Beta distribution: 0.45 ± 0.20."""
CATEGORY_WEIGHT = 8.0
"""Categories differ from their shop by about ± 0.17."""
STAYS = np.linspace(0.02, 0.98, 33)
MEANS = np.linspace(0.06, 0.94, 23)
NEARNESS = np.array([0.0, 1.0, 3.0, 10.0, 30.0])
NEARNESS_PRIOR = np.array([0.2, 0.25, 0.25, 0.2, 0.1])
"""How much more a substitute gets than its size says, for a likeness of 1."""
ENOUGH_UNITS = 30.0
"""A category with fewer units missing from its offer tells nothing of its own."""
COMPARED_DAYS = 28
"""Days are compared within four weeks: longer, and demand that rises while goods run out passes
for substitution; shorter, and long outages say nothing."""
WEEK = 7


@dataclass(frozen=True)
class Transference:
    """What share of lost demand stays, by category, and how it is split.

    Attributes:
        table: Index ``category``. ``stay`` (expected share that stays of a missing SKU that is
            a small part of its category), ``stay_p10``, ``stay_p90``, ``missing_units`` (units
            that would have been sold on days out), ``basis`` (``category``, ``shop`` or
            ``prior``: what the figure mostly rests on).
        nearness: How much more a substitute of likeness 1 gets than its size says.
        substitutes: ``sku, other, weight``: the likeness, 0 to 1.
        shop: Figures for a category that is not in the table.
        today: The day after the panel's last.
        source: The panel read.
    """

    table: pd.DataFrame = field(repr=False)
    nearness: float
    substitutes: pd.DataFrame = field(repr=False)
    shop: dict[str, float]
    today: date
    source: DataRef

    def of(self, categories: pd.Series) -> pd.DataFrame:
        """``stay``, ``stay_p10`` and ``stay_p90`` of each row's category."""
        names = ["stay", "stay_p10", "stay_p90"]
        found = self.table[names].astype(float).reindex(categories.astype(str))
        return found.fillna(self.shop)

    def told(self, categories: pd.Series) -> npt.NDArray[np.bool_]:
        """Whether each row's category itself showed what stays, rather than other ones."""
        known = self.table["basis"].reindex(categories.astype(str))
        return known.eq("category").to_numpy()

    def assumptions(self, category: str) -> tuple[str, ...]:
        """What a category's figure rests on that is assumed rather than known."""
        basis = self.table.at[category, "basis"] if category in self.table.index else "prior"
        if basis == "category":
            return ()
        if basis == "shop":
            return ("how much demand stays in a category is read off the shop's other categories",)
        return (
            f"{PRIOR_STAY:.0%} of a missing product's demand is taken to stay in its category"
            " (published studies; this shop was hardly ever sold out)",
        )

    def evidence(self, category: str) -> Evidence:
        """What stays in one category."""
        known = category in self.table.index
        return Evidence.of(
            TOOL,
            params={"category": category, "today": self.today.isoformat(),
                    "prior_stay": PRIOR_STAY},
            data=(rows_of(self.source, category=category),),
            result=plain(
                {**(self.table.loc[category].to_dict() if known else self.shop),
                 "nearness": self.nearness}
            ),
            assumptions=self.assumptions(category),
        )  # fmt: skip


def estimate_transference(
    panel: pd.DataFrame,
    catalogue: pd.DataFrame,
    *,
    today: date,
    source: DataRef,
    substitutes: pd.DataFrame | None = None,
) -> Transference:
    """Read off days sold out or off sale how much demand others of the category then got.

    Within four weeks, a category's sales are compared between days on which more and days on
    which less of its usual demand was on offer, against what the rest of the shop sold on the
    same days: sales that fall by less than what is missing went to others. How much of a
    substitute's gain is due to its likeness is read off how such days' sales were split. Each
    category's share is a posterior: Poisson likelihood (widened by the scatter found), a Beta
    prior around the shop's mean, and around the shop's mean a published one.

    Args:
        panel: ``sku, date, units`` and, where known, ``on_hand``.
        catalogue: ``sku``, ``category``, ``status``.
        today: The day after the panel's last.
        source: The panel's reference.
        substitutes: ``sku, other, weight``, likeness from 0 to 1; none: shares go by size alone.
    """
    alike = _checked(substitutes)
    history = read_history(panel, ("on_hand",), last=LONGEST).without_bulk()
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    found = list(_categories(history, shown, alike))
    nearness = _nearness(found)
    table, mean = _posterior(found, int(np.flatnonzero(nearness == NEARNESS)[0]))
    return Transference(
        table=table,
        nearness=float(nearness),
        substitutes=alike,
        shop=mean,
        today=today,
        source=source,
    )


def _checked(substitutes: pd.DataFrame | None) -> pd.DataFrame:
    columns = ["sku", "other", "weight"]
    if substitutes is None:
        return pd.DataFrame({"sku": [], "other": [], "weight": []})
    kept = substitutes[columns].dropna()
    kept = kept[(kept["weight"] > 0) & (kept["sku"] != kept["other"])]
    kept = kept.assign(sku=kept["sku"].astype(str), other=kept["other"].astype(str),
                       weight=kept["weight"].clip(upper=1.0))  # fmt: skip
    return kept.drop_duplicates(["sku", "other"]).sort_values(["sku", "other"], ignore_index=True)


@dataclass(frozen=True)
class _Told:
    """What one category tells.

    ``total`` is the log likelihood of its daily totals by nearness and stay; ``split`` that of
    how they were split, by nearness.
    """

    category: str
    missing: float
    total: Floats
    split: Floats


def _categories(history: History, shown: pd.DataFrame, alike: pd.DataFrame) -> Iterator[_Told]:
    if not len(history.skus):
        return
    rows = places(shown.index.astype(str), history.skus)
    known = rows >= 0
    categories = shown["category"].astype(object).where(shown["category"].notna(), "").astype(str)
    named = np.where(known, categories.to_numpy()[rows], "")
    off = np.where(known, (shown["status"] != "active").to_numpy()[rows], False)
    index = pd.Index(history.skus)
    one, other = places(index, alike["sku"]), places(index, alike["other"])
    within = (one >= 0) & (other >= 0)
    within[within] = named[one[within]] == named[other[within]]
    pairs = one[within], other[within], alike["weight"].to_numpy(dtype=np.float64)[within]
    everything = np.maximum(np.nan_to_num(history.values["units"]), 0).sum(axis=0, dtype=float)
    for category in sorted(set(named)):
        mine = np.flatnonzero(named == category)
        offer = read_offer(history, mine, off[mine])
        rest = everything - offer.units.sum(axis=0)
        yield _told(category, offer, rest, _pairs(mine, pairs))


def _pairs(mine: Ints, pairs: tuple[Ints, Ints, Floats]) -> tuple[Ints, Ints, Floats]:
    """The substitutes among the category's SKUs (their places ascending), by row in it."""
    one, other, weight = pairs
    row = np.minimum(np.searchsorted(mine, one), len(mine) - 1)
    here = mine[row] == one
    return row[here], np.searchsorted(mine, other[here]).astype(np.int64), weight[here]


@dataclass(frozen=True)
class _Missing:
    """Cells of SKUs that were out: day, level, and likeness-weighted level of their substitutes."""

    day: Ints
    level: Floats
    near: Floats
    wanted: Floats
    whole: Floats

    def per_unit(self, stay: float, nearness: float) -> Floats:
        """What a unit of a SKU on offer gets, of each missing SKU's demand, before likeness."""
        outside = (1 - stay) / stay * self.whole[self.day]
        pull = self.wanted[self.day] + nearness * self.near
        return self.level / np.maximum(outside + pull, 1e-12)

    def moved(self, stay: float, nearness: float) -> Floats:
        """Units a day that went to others."""
        pull = self.wanted[self.day] + nearness * self.near
        each = self.per_unit(stay, nearness) * pull
        return totals(self.day, each, len(self.wanted))


def _told(category: str, offer: Offer, rest: Floats, pairs: tuple[Ints, Ints, Floats]) -> _Told:
    row, day = np.nonzero(offer.out & (offer.level > 0))
    on_level = offer.level * offer.on
    near = _near(on_level, pairs)
    cells = _Missing(day, offer.level[row, day], near[row, day], offer.wanted, offer.whole)
    missing = float(cells.level.sum())
    shape = (len(NEARNESS), len(STAYS))
    if missing < ENOUGH_UNITS or offer.sold.sum() < ENOUGH_UNITS:
        return _Told(category, missing, np.zeros(shape), np.zeros(len(NEARNESS)))
    pace = _pace(rest, offer)
    scatter = _scatter(offer, pace, cells)
    total = np.array([[_fit(offer, pace, cells, s, k) for s in STAYS] for k in NEARNESS])
    best = STAYS[np.argmax(total, axis=1)]
    split = np.array([_split(offer, row, cells, pairs, s, k)
                      for s, k in zip(best, NEARNESS, strict=True)])  # fmt: skip
    return _Told(category, missing, total / scatter, split / scatter)


def _near(on_level: Floats, pairs: tuple[Ints, Ints, Floats]) -> Floats:
    from scipy.sparse import csr_matrix

    one, other, weight = pairs
    alike = csr_matrix((weight, (one, other)), shape=(len(on_level), len(on_level)))
    found: Floats = alike @ on_level
    return found


def _pace(rest: Floats, offer: Offer) -> Floats:
    """How busy each day was, by what the rest of the shop sold: its week, times the weekday."""
    days = len(rest)
    weekday = np.arange(days) % WEEK
    sold = offer.sold + rest
    usual = np.bincount(weekday, weights=sold, minlength=WEEK) / np.maximum(
        np.bincount(weekday, minlength=WEEK), 1
    )
    rhythm = np.maximum(usual / max(float(usual.mean()), 1e-9), 0.05)[weekday]
    if rest.mean() * WEEK < ENOUGH_UNITS:
        return rhythm
    edge = np.pad(rest / rhythm, WEEK // 2, mode="edge")
    smooth = np.convolve(edge, np.ones(WEEK) / WEEK, mode="valid")
    found: Floats = rhythm * np.maximum(smooth, 0.05 * rest.mean())
    return found


def _blocks(days: int) -> Ints:
    return np.arange(days - 1, -1, -1) // COMPARED_DAYS


def _expected(offer: Offer, pace: Floats, moved: Floats) -> Floats:
    """Units a day, each block's total as sold."""
    shape = pace * (offer.wanted + moved)
    block = _blocks(len(shape))
    sold, made = np.bincount(block, weights=offer.sold), np.bincount(block, weights=shape)
    scale = np.divide(sold, made, out=np.zeros_like(sold), where=made > 0)
    found: Floats = shape * scale[block]
    return found


def _fit(offer: Offer, pace: Floats, cells: _Missing, stay: float, nearness: float) -> float:
    """Poisson log likelihood of daily totals, each block's level profiled out."""
    mean = _expected(offer, pace, cells.moved(stay, nearness))
    used = mean > 0
    return float((offer.sold[used] * np.log(mean[used])).sum())


def _scatter(offer: Offer, pace: Floats, cells: _Missing) -> float:
    """Variance over mean of weekly totals, so that busy weeks do not pass for evidence."""
    mean = _expected(offer, pace, cells.moved(PRIOR_STAY, 0.0))
    weeks = len(mean) // WEEK
    if weeks < 8:
        return 4.0
    recent = slice(len(mean) - weeks * WEEK, None)
    made = mean[recent].reshape(weeks, WEEK).sum(axis=1)
    sold = offer.sold[recent].reshape(weeks, WEEK).sum(axis=1)
    used = made > 0
    free = max(int(used.sum()) * (1 - WEEK / COMPARED_DAYS), 1.0)
    return max(float(((sold - made)[used] ** 2 / made[used]).sum() / free), 1.0)


def _split(
    offer: Offer,
    row: Ints,
    cells: _Missing,
    pairs: tuple[Ints, Ints, Floats],
    stay: float,
    nearness: float,
) -> float:
    """Log likelihood of how daily totals were split, against a split by size alone."""
    one, other, weight = pairs
    if not len(one) or not nearness:
        return 0.0
    from scipy.sparse import csr_matrix

    count, days = offer.units.shape
    given = cells.per_unit(stay, nearness)
    base = np.bincount(cells.day, weights=given, minlength=days)
    out = csr_matrix((given, (row, cells.day)), shape=(count, days))
    extra = (csr_matrix((weight, (other, one)), shape=(count, count)) @ out).tocoo()
    place, when = extra.row, extra.col
    on = offer.on[place, when]
    place, when, gain = place[on], when[on], nearness * extra.data[on]
    raised = gain / (1 + base[when])
    sized = offer.level[place, when] * raised
    wanted = np.maximum(offer.wanted, 1e-12)
    whole = 1 + np.bincount(when, weights=sized, minlength=days) / wanted
    told = (offer.units[place, when] * np.log1p(raised)).sum()
    return float(told - (offer.sold * np.log(whole)).sum())


def _nearness(found: list[_Told]) -> float:
    """The likeliest nearness, over all categories."""
    if not found:
        return float(NEARNESS[1])
    score = np.log(NEARNESS_PRIOR)
    weight = _beta(np.array([PRIOR_STAY]), PRIOR_WEIGHT)[0]
    for told in found:
        peak = told.total.max()
        score += told.split + np.log((np.exp(told.total - peak) * weight).sum(axis=1)) + peak
    return float(NEARNESS[int(np.argmax(score))])


def _beta(means: Floats, weight: float) -> Floats:
    """Beta distributions on the grid of shares, one row a mean."""
    a, b = means[:, None] * weight, (1 - means[:, None]) * weight
    log = (a - 1) * np.log(STAYS) + (b - 1) * np.log(1 - STAYS)
    made = np.exp(log - log.max(axis=1, keepdims=True))
    found: Floats = made / made.sum(axis=1, keepdims=True)
    return found


def _posterior(found: list[_Told], which: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Each category's share, and the shop's, on grids."""
    priors = _beta(MEANS, CATEGORY_WEIGHT)
    log_mean = (PRIOR_STAY * PRIOR_WEIGHT - 1) * np.log(MEANS) + (
        (1 - PRIOR_STAY) * PRIOR_WEIGHT - 1
    ) * np.log(1 - MEANS)
    likely = [np.exp(t.total[which] - t.total[which].max()) for t in found]
    for each in likely:
        log_mean += np.log(priors @ each)
    mean = np.exp(log_mean - log_mean.max())
    mean /= mean.sum()
    rows = [_summary(mean @ (priors * each / (priors @ each)[:, None])) for each in likely]
    told = any(each.missing >= ENOUGH_UNITS for each in found)
    table = pd.DataFrame(rows, columns=["stay", "stay_p10", "stay_p90"],
                         index=pd.Index([t.category for t in found], name="category"))  # fmt: skip
    table["missing_units"] = significant([t.missing for t in found])
    table["basis"] = [_basis(t, each, told) for t, each in zip(found, likely, strict=True)]
    shop = dict(zip(("stay", "stay_p10", "stay_p90"), _summary(mean @ priors), strict=True))
    return table, shop


def _basis(told: _Told, likely: Floats, any_told: bool) -> str:
    """What a category's share mostly rests on: its own days when they narrow it more."""
    weight = likely / likely.sum()
    middle = (weight * STAYS).sum()
    spread = np.sqrt((weight * (STAYS - middle) ** 2).sum())
    if told.missing >= ENOUGH_UNITS and spread < np.sqrt(0.25 / (CATEGORY_WEIGHT + 1)):
        return "category"
    return "shop" if any_told else "prior"


def _summary(weight: Floats) -> tuple[float, float, float]:
    """Mean, P10 and P90 of a distribution on the grid."""
    made = weight / weight.sum()
    level = np.cumsum(made) - made / 2
    low, high = np.interp([0.1, 0.9], level, STAYS)
    mean, low, high = significant([(made * STAYS).sum(), low, high])
    return float(mean), float(low), float(high)
