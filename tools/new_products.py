"""Products that suppliers offer: what they would sell, at which price, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.assortment_change import LEVEL_WEIGHTS, LEVELS
from tools.choice_model import Transference
from tools.columns import number
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.halo import Halo
from tools.likeness import Guess, Known, guess_demand
from tools.price_ladder import PriceLimits, snap
from tools.selection import CARRYING_RATE
from tools.shelf import Shelf

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOOL = "tools.new_products.score_new_products"
SETTLED_DAYS = 90
"""History from which a SKU's demand is known well enough to learn from."""
ELASTICITY = -2.0
"""How demand is taken to answer prices around those of like products (published mean −2.2)."""
MARKUP = 2.0
"""Price over cost where neither the supplier nor any like product says."""
LEAST_LIKENESS = 0.3
"""Squared likeness in all below which nothing in the shop is like it: not enough to say."""
CYCLE_DAYS = 42
"""The first order lasts about so long, or is the supplier's least."""
LEFT_DAYS = 180
"""What would last longer is written down."""
WRITE_DOWN = 0.5
POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

ASSUME_LIKE = "demand is guessed from like products: it was never sold here"
ASSUME_LEFT = (
    f"units that last longer than {LEFT_DAYS} days are written down by {WRITE_DOWN:.0%} (assumed)"
)


@dataclass(frozen=True)
class NewProducts:
    """Every offered product with what it would bring.

    Attributes:
        table: Index ``sku``, sorted. ``supplier, title, category``; ``neighbours`` (like SKUs of
            known demand), ``likeness`` (squared, in all); ``mean_per_day``, ``log_error_sd``,
            ``demand_p10``, ``demand_p50``, ``demand_p90`` (units over the horizon if it never
            sells out and no other new product comes with it); ``price_minor``,
            ``cost_minor``, ``margin``; ``recaptured`` (share of its sales taken from others);
            ``first_order``, ``cash_minor``, ``lead_time_days``; ``units_*``,
            ``revenue_minor_*``, ``gross_profit_minor_*`` (change for the whole assortment over
            as many selling days as the horizon has, beside every new product of the category
            that is worth more), ``value_minor_*`` (gross profit less carrying cost and
            write-downs) and ``value_minor`` (its mean); ``verdict``: ``list``, ``unlike`` (not
            enough to say), ``worthless``.
        horizon_days: Selling days counted.
        today: Day the figures are of.
        source: The offers read.
        demand: What the demand of like products was read from.
        cases: SKUs of the shop that the guesses were tried on; 0: width assumed.
    """

    table: pd.DataFrame = field(repr=False)
    horizon_days: int
    today: date
    source: DataRef
    demand: DataRef
    cases: int

    @property
    def candidates(self) -> pd.DataFrame:
        """Rows worth listing, best first."""
        found = self.table[self.table["verdict"] == "list"]
        return found.sort_values("value_minor", ascending=False, kind="stable")

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What the figures rest on that is assumed rather than known."""
        width = () if self.cases else ("how far off such guesses are is assumed: few SKUs to try",)
        return (ASSUME_LIKE, *width, ASSUME_LEFT)

    def evidence(self, sku: str) -> Evidence:
        """One product's score."""
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "today": self.today.isoformat(),
                "horizon_days": self.horizon_days,
                "elasticity": ELASTICITY,
                "tried_on": self.cases,
            },
            data=(rows_of(self.source, sku=sku), self.demand),
            result=plain(self.table.loc[sku].to_dict()),
            assumptions=self.assumptions(sku),
        )


def score_new_products(
    offers: pd.DataFrame,
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    likeness: pd.DataFrame,
    transference: Transference,
    *,
    limits: PriceLimits,
    today: date,
    source: DataRef,
    halo: Halo | None = None,
) -> NewProducts:
    """Score what suppliers offer from what the shop knows of like products.

    Demand is guessed from category, neighbours and price, with the error such guesses had for
    the shop's own SKUs (``tools.likeness``). The price is the supplier's suggestion or one of
    the neighbours' price points, on the policy's endings and above its margin, whichever earns
    most. Its value is its gross profit less what others lose to it (``tools.shelf``), less
    carrying cost and write-downs of the first order.

    Args:
        offers: ``FactsView.supplier_offers``.
        catalogue: As ``FactsView.catalogue`` gives it, costs filled.
        demand: Forecast of the catalogue's SKUs.
        likeness: ``sku, other, weight``: offered SKUs, and the catalogue's, to the catalogue's.
        transference: Where demand comes from and goes to.
        limits: Margin and endings.
        today: The day after the last of history.
        source: The offers' reference.
        halo: What is bought together; none: nothing is.
    """
    chosen = _best_offers(offers, catalogue)
    known = _known(catalogue, demand)
    pairs = likeness[["sku", "other", "weight"]].dropna()
    near = _near_prices(chosen, catalogue, pairs)
    reference = _reference(chosen, near)
    guess = _guess(chosen, reference, known, pairs)
    made = _Scored(chosen, guess, reference, catalogue, demand, transference, halo)
    table = _table(made, near, limits, pairs)
    return NewProducts(
        table=table,
        horizon_days=demand.horizon_days,
        today=today,
        source=source,
        demand=demand.source,
        cases=guess.cases,
    )


@dataclass(frozen=True)
class _Scored:
    """What a score is made of."""

    offers: pd.DataFrame
    guess: Guess
    reference: Floats
    catalogue: pd.DataFrame
    demand: DemandForecast
    transference: Transference
    halo: Halo | None


def _best_offers(offers: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One offer a SKU: the cheapest, then the quickest; without cost or known already: none."""
    cost = number(offers, "cost_minor")
    kept = offers[(cost > 0) & ~offers["sku"].isin(set(catalogue["sku"]))]
    ordered = kept.sort_values(
        ["sku", "cost_minor", "lead_time_days", "supplier"], na_position="last", kind="stable"
    )
    return ordered.drop_duplicates("sku").set_index("sku").sort_index()


def _known(catalogue: pd.DataFrame, demand: DemandForecast) -> Known:
    shown = catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    table = demand.table.reindex(shown.index)
    settled = (shown["status"] == "active") & (table["history_days"] >= SETTLED_DAYS)
    shown, table = shown[settled], table[settled]
    price = number(shown, "price_minor")
    return Known(
        skus=pd.Index(shown.index.astype(str)),
        per_day=table["mean_per_day"].to_numpy(dtype=np.float64),
        category=_texts(shown["category"]),
        log_price=np.log(np.where(price > 0, price, np.nan)),
    )


def _texts(values: pd.Series) -> npt.NDArray[np.object_]:
    return values.astype(object).where(values.notna(), "").astype(str).to_numpy(dtype=object)


def _near_prices(
    offers: pd.DataFrame, catalogue: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Prices and markups of each offer's neighbours: ``low``, ``middle``, ``high``, ``markup``."""
    shown = catalogue.drop_duplicates("sku").set_index("sku")
    mine = pairs[pairs["sku"].isin(set(offers.index)) & pairs["other"].isin(set(shown.index))]
    price = pd.Series(number(shown, "price_minor"), index=shown.index)
    cost = pd.Series(number(shown, "cost_minor"), index=shown.index)
    rows = pd.DataFrame(
        {
            "sku": mine["sku"].to_numpy(),
            "price": price.where(price > 0).reindex(mine["other"]).to_numpy(),
            "markup": (price / cost.where(cost > 0)).reindex(mine["other"]).to_numpy(),
        }
    )
    grouped = rows.groupby("sku")
    found = pd.DataFrame(
        {
            "low": grouped["price"].quantile(0.25),
            "middle": grouped["price"].median(),
            "high": grouped["price"].quantile(0.75),
            "markup": grouped["markup"].median(),
        }
    )
    return found.reindex(offers.index)


def _reference(offers: pd.DataFrame, near: pd.DataFrame) -> Floats:
    """The price that demand is guessed at: neighbours', else suggested, else cost marked up."""
    suggested = number(offers, "list_price_minor")
    marked = number(offers, "cost_minor") * near["markup"].fillna(MARKUP).to_numpy()
    middle = near["middle"].to_numpy(dtype=np.float64)
    usable = np.where(suggested > 0, suggested, marked)
    return np.where(np.isfinite(middle), middle, usable)


def _guess(offers: pd.DataFrame, reference: Floats, known: Known, pairs: pd.DataFrame) -> Guess:
    return guess_demand(
        pd.Index(offers.index.astype(str)),
        _texts(offers["category"]),
        np.log(np.maximum(reference, 1.0)),
        known,
        pairs,
    )


def _table(
    made: _Scored, near: pd.DataFrame, limits: PriceLimits, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Scores alone, then beside every better product of the category."""
    others = _others(made, pairs)
    price = _price(made, near, limits, others.moved())
    per_day = made.guess.per_day * (price / made.reference) ** ELASTICITY
    alone = _valued(made, others, price, per_day)
    crowd = others.beside(_better(alone, per_day, price - number(made.offers, "cost_minor")))
    return _valued(made, crowd, price, per_day)


@dataclass(frozen=True)
class _Others:
    """What each offer's customers choose from besides: see ``Shelf.drawn_on``."""

    pull: Floats
    earned: Floats
    whole: Floats
    left: Floats
    """Share of its demand alone that is left beside better offers."""

    def moved(self) -> Floats:
        return self.earned / np.maximum(self.whole, 1e-12)

    def taken(self) -> Floats:
        return self.pull / np.maximum(self.whole, 1e-12)

    def beside(self, more: tuple[Floats, Floats]) -> _Others:
        units, earned = more
        whole = self.whole + units
        left = np.divide(self.whole, whole, out=np.ones_like(whole), where=whole > 0)
        return _Others(self.pull + units, self.earned + earned, whole, left)


def _others(made: _Scored, pairs: pd.DataFrame) -> _Others:
    shown = made.catalogue.drop_duplicates("sku").set_index("sku").sort_index()
    both = pd.concat([shown[["category"]], made.offers[["category"]]])
    names = pd.Index(both.index.astype(str))
    mean = made.demand.table["mean_per_day"].reindex(shown.index).fillna(0.0).to_numpy(np.float64)
    active = (shown["status"] == "active").to_numpy()
    price, along = number(shown, "price_minor"), np.zeros(len(shown))
    if made.halo is not None:
        along = made.halo.of(shown.index)
    earned = np.where(price > 0, price, np.nan) - number(shown, "cost_minor") + along
    new = np.full(len(made.offers), np.nan)
    shelf = Shelf.of(
        names,
        demand=np.r_[mean, made.guess.per_day],
        margin=np.r_[earned, new],
        categories=pd.Series(_texts(both["category"]), index=names),
        on=np.r_[active, np.zeros(len(new), dtype=bool)],
        transference=made.transference,
        likeness=pairs[pairs["sku"].isin(set(made.offers.index))],
    )
    pull, profit, whole = (each[len(shown) :] for each in shelf.drawn_on())
    return _Others(pull, profit, whole, np.ones(len(new)))


def _better(table: pd.DataFrame, per_day: Floats, profit: Floats) -> tuple[Floats, Floats]:
    """Units a day, and what they earn, of the offers of each category that are worth more."""
    wanted = (table["verdict"] == "list").to_numpy()
    order = np.lexsort((np.arange(len(table)), -table["value_minor"].to_numpy()))
    rows = pd.DataFrame(
        {
            "category": table["category"].to_numpy()[order],
            "units": (per_day * wanted)[order],
            "earned": (per_day * wanted * profit)[order],
        }
    )
    summed = rows.groupby("category")[["units", "earned"]].cumsum() - rows[["units", "earned"]]
    units, earned = np.zeros(len(table)), np.zeros(len(table))
    units[order], earned[order] = summed["units"], summed["earned"]
    return units, earned


def _valued(made: _Scored, others: _Others, price: Floats, per_day: Floats) -> pd.DataFrame:
    offers, guess, days = made.offers, made.guess, made.demand.horizon_days
    cost = number(offers, "cost_minor")
    usual = per_day / guess.mean_over_median
    drawn = _demand(usual * days, guess.log_sd)
    first = _first_order(offers, usual * others.left)
    found = {
        "supplier": offers["supplier"].fillna("").astype(str),
        "title": offers["title"],
        "category": _texts(offers["category"]),
        "neighbours": guess.neighbours,
        "likeness": significant(guess.likeness),
        "mean_per_day": significant(per_day),
        "log_error_sd": float(significant(guess.log_sd)),
        **{f"demand_{p}": significant(q) for p, q in _quantiles(drawn).items()},
        "price_minor": price.astype(np.int64),
        "cost_minor": cost.astype(np.int64),
        "margin": significant((price - cost) / price),
        "recaptured": significant(others.taken()),
        "first_order": first,
        "cash_minor": (first * cost).astype(np.int64),
        "lead_time_days": number(offers, "lead_time_days"),
        **_worth(made, drawn * others.left[:, None], price, first, others),
    }
    table = pd.DataFrame(found, index=pd.Index(offers.index, name="sku"))
    unlike = table["likeness"] < LEAST_LIKENESS
    worthless = (table["value_minor"] <= 0) | (table["value_minor_p50"] <= 0)
    table["verdict"] = np.select([unlike, worthless], ["unlike", "worthless"], "list")
    return table


def _price(made: _Scored, near: pd.DataFrame, limits: PriceLimits, moved: Floats) -> Floats:
    """The price point that earns most, net of what others lose; never below the margin's floor."""
    cost = number(made.offers, "cost_minor")
    floor = np.ceil(cost / float(1 - limits.min_margin)).astype(np.int64)
    suggested = number(made.offers, "list_price_minor")
    marked = cost * near["markup"].fillna(MARKUP).to_numpy()
    points = [suggested, *(near[name].to_numpy(np.float64) for name in ("low", "middle", "high")),
              marked]  # fmt: skip
    best, most = np.full(len(cost), -np.inf), floor.astype(np.float64)
    for point in points:
        target = np.where(np.isfinite(point) & (point > 0), point, floor).astype(np.int64)
        target = np.maximum(target, floor)
        snapped = snap(target, floor, np.maximum(target * 2, floor * 2), limits.endings)
        tried = np.where(snapped > 0, snapped, target).astype(np.float64)
        earns = (tried / made.reference) ** ELASTICITY * (tried - cost - moved)
        better = np.isfinite(point) & (earns > best)
        best, most = np.where(better, earns, best), np.where(better, tried, most)
    return np.maximum(most, floor)


def _demand(median: Floats, log_sd: float) -> Floats:
    """Units over the horizon at each of ``LEVELS``: a log-normal rate, and the luck of sales."""
    from scipy.special import ndtri

    spread = np.sqrt(log_sd**2 + 1 / (median + 0.5))
    drawn: Floats = np.rint(median[:, None] * np.exp(spread[:, None] * ndtri(np.array(LEVELS))))
    return drawn


def _quantiles(drawn: Floats) -> dict[str, Floats]:
    return {point: drawn[:, LEVELS.index(level)] for point, level in
            {"p10": 0.1, "p50": 0.5, "p90": 0.9}.items()}  # fmt: skip


def _first_order(offers: pd.DataFrame, per_day: Floats) -> Ints:
    """Six weeks' demand as likely as not, at least the supplier's minimum, in whole cases."""
    least = np.maximum(np.nan_to_num(number(offers, "min_order")), 1)
    case = np.maximum(np.nan_to_num(number(offers, "case_pack")), 1)
    wanted = np.maximum(np.ceil(per_day * CYCLE_DAYS), least)
    return (np.ceil(wanted / case) * case).astype(np.int64)


def _worth(
    made: _Scored,
    drawn: Floats,
    price: Floats,
    first: Ints,
    others: _Others,
) -> dict[str, Floats]:
    """Change for the whole assortment at each quantile, and the mean value."""
    days, cost = made.demand.horizon_days, number(made.offers, "cost_minor")
    moved, recaptured = others.moved(), others.taken()
    sold = np.minimum(drawn, first[:, None])
    own = (price - cost)[:, None]
    lasting = drawn * (LEFT_DAYS / days)
    left = np.maximum(first[:, None] - np.maximum(lasting, sold), 0)
    carried = CARRYING_RATE * days / 365 * (first * cost)[:, None] / 2
    profit = sold * (own - moved[:, None])
    value = profit - carried - left * WRITE_DOWN * cost[:, None]
    rows = {
        "units": sold * (1 - recaptured)[:, None],
        "revenue_minor": sold * (price - _lost_revenue(made, recaptured))[:, None],
        "gross_profit_minor": profit,
        "value_minor": value,
    }
    found = {
        f"{name}_{point}": significant(each)
        for name, values in rows.items()
        for point, each in _sorted_quantiles(values).items()
    }
    return {**found, "value_minor": significant(value @ LEVEL_WEIGHTS)}


def _sorted_quantiles(values: Floats) -> dict[str, Floats]:
    """Figures grow or fall with demand: their own quantiles either way."""
    return _quantiles(np.sort(values, axis=1))


def _lost_revenue(made: _Scored, recaptured: Floats) -> Floats:
    """What others' customers would have paid for a unit: the neighbours' or the usual price."""
    return recaptured * made.reference


def categories_of(offers: pd.DataFrame, catalogue: pd.DataFrame) -> pd.Series:
    """Each offer's category in the shop's own words, empty where the shop has none like it.

    A supplier's “mugs” or “Kitchen / Mugs” is the shop's “Kitchen > Mugs”.

    Args:
        offers: ``category``.
        catalogue: ``category``.
    """
    own = sorted({str(name) for name in catalogue["category"].dropna() if str(name)})
    by_path = {_plain(name): name for name in own}
    by_last = {_plain(name.rsplit(">", 1)[-1]): name for name in own}
    said = [str(name) if name == name and name is not None else "" for name in offers["category"]]
    found = [by_path.get(_plain(name)) or by_last.get(_last(name), "") for name in said]
    return pd.Series(found, index=offers.index, dtype=object)


def _plain(name: str) -> str:
    return " ".join(name.replace("/", ">").replace(">", " ").casefold().split())


def _last(name: str) -> str:
    return _plain(name.replace("/", ">").rsplit(">", 1)[-1])
