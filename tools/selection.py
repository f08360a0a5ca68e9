"""What each SKU is worth to the assortment: what to push, keep, list again or phase out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.assortment_change import Spread, Worth, changes
from tools.choice_model import Transference, estimate_transference
from tools.columns import number, totals
from tools.costs import assumed_margin
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.grades import YEAR, grade
from tools.halo import ASSUME_LOST, Halo
from tools.history import History, Mask, read_history
from tools.rhythm import Rhythm, read_rhythm
from tools.shelf import Shelf

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
Slots = int | Mapping[str, int] | None
"""Most SKUs on sale: of every category, or by category; none is no limit."""

TOOL = "tools.selection.assess_assortment"
PUSH_TREND = 0.1
SILENT_ODDS = 0.01
"""A SKU is dead when its silence had less than this chance, had it gone on at its own rhythm."""
SILENT_DAYS = 90
NEVER_SOLD_DAYS = 180
SETTLED_DAYS = 90
"""A SKU with less history is given time before it is said to cost more than it brings."""
TRADE_UP = 0.5
"""Share of the category's usual price below which a SKU's customers are not thought to buy dearer
ones instead, whatever sold-out days seem to say."""
GONE_DAYS = 400
"""Off sale for longer than this, too much has changed to promise anything."""
RETURN_SHARE, RETURN_LOG_SD = 0.7, 0.6
CARRYING_RATE = 0.20

ASSUME_CARRYING = f"carrying stock costs {CARRYING_RATE:.0%} of its cost a year (assumed)"
ASSUME_SOLD_OFF = "the stock of what is phased out is sold off at what it cost (assumed)"
ASSUME_RETURN = (
    f"a product listed again regains {RETURN_SHARE:.0%} of its share of the category, give or "
    "take a factor of 1.8 (assumed)"
)


@dataclass(frozen=True)
class Assortment:
    """Every SKU of the scope, with a piece of advice.

    Attributes:
        table: Index ``sku``. ``abc``, ``xyz``; ``margin`` (fraction of the price; NaN without
            cost), ``trend`` (last 90 days against the same days a year before, or against the 90
            days before where history is shorter; 0.1 is 10 % more), ``days_of_cover`` (infinite
            without demand), ``days_since_sale``, ``units_90`` and ``revenue_90_minor`` (last 90
            days), ``silent_odds`` (chance of so long a silence at its own rhythm).

            Over the horizon: ``demand_units`` (if on sale), ``recaptured`` (share of it that
            others of the category would get), ``contribution_minor`` (gross profit the SKU adds
            to the whole assortment: its own, plus ``halo_minor`` on what it sells along, less
            what others would earn on its customers; NaN without cost), ``cash_minor`` (mean cost
            of its stock, last 90 days), ``gmroi`` (contribution a year over that cash).

            ``advice`` (keep, push, relist, phase_out) and ``why`` (``silent``, ``never_sold``,
            ``loses``, ``slot``, ``returns`` or empty). Following relist or phase_out changes,
            for the whole assortment, ``units_*``, ``revenue_minor_*``, ``gross_profit_minor_*``
            and ``value_minor_*`` (gross profit plus carrying cost saved; NaN for other advice
            and where cost is unknown); ``moved_*`` is the part of it that is other SKUs'.
            ``freed_cash_minor`` is the cost of the stock a phase-out would sell off.
        today: Day the figures are of.
        horizon_days: Days that the value is counted over.
        source: The panel read.
        assumed: SKU to what its cost rests on.
        transference: What stays in which category.
        categories: Category of each SKU.
        halo: What is bought together; None where it was not looked at.
    """

    table: pd.DataFrame = field(repr=False)
    today: date
    horizon_days: int
    source: DataRef
    assumed: dict[str, str] = field(default_factory=dict, repr=False)
    transference: Transference | None = field(default=None, repr=False)
    categories: dict[str, str] = field(default_factory=dict, repr=False)
    halo: Halo | None = field(default=None, repr=False)

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What a SKU's figures rest on that is assumed rather than known."""
        row = self.table.loc[sku]
        lines = [self.assumed[sku]] if sku in self.assumed else []
        if row["advice"] == "relist":
            lines.append(ASSUME_RETURN)
        if row["advice"] == "phase_out":
            lines += [ASSUME_CARRYING, ASSUME_SOLD_OFF]
        if row["advice"] in ("relist", "phase_out") and self.transference is not None:
            lines += self.transference.assumptions(self.categories[sku])
        if row["halo_minor"] > 0:
            lines.append(ASSUME_LOST)
        return tuple(lines)

    def evidence(self, sku: str) -> Evidence:
        """The assessment of one SKU; classes are relative to the whole panel named."""
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                "today": self.today.isoformat(),
                "horizon_days": self.horizon_days,
                "carrying_rate": CARRYING_RATE,
                "return_share": RETURN_SHARE,
            },
            data=(self.source, rows_of(self.source, sku=sku)),
            result=plain(self.table.loc[sku].to_dict()),
            assumptions=self.assumptions(sku),
        )


def assess_assortment(
    panel: pd.DataFrame,
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    *,
    today: date,
    source: DataRef,
    transference: Transference | None = None,
    halo: Halo | None = None,
    max_active: Slots = None,
) -> Assortment:
    """Grade SKUs and say what each adds to the whole assortment.

    *Phase out*: silent for longer than its own rhythm explains (had it kept its share of its
    category's sales, so long a silence would have had a chance under 1 %; negative binomial,
    since shares drift; winter goods are thus not called dead in summer); or taking more from
    others than it brings, nine chances in ten; or adding least where a category has more SKUs
    than slots.
    *List again*: archived, in stock, at its share of the category it would sell more than the
    median SKU on sale, and the assortment earns more with it than without.
    *Push*: class A or B, growing, margin at the median or above, and stock for the horizon.

    Args:
        panel: ``sku, date, units`` and, where known, ``revenue_minor`` and ``on_hand``.
        catalogue: One row a SKU, as ``FactsView.catalogue`` gives it, with costs filled.
        demand: Forecast of the same SKUs.
        today: The day after the panel's last.
        source: The panel's reference.
        transference: Where demand goes; estimated from the panel where not given.
        halo: What is bought together; none: nothing is.
        max_active: Shelf slots: most SKUs on sale, of every category or by category.
    """
    shown = catalogue.set_index("sku").sort_index()
    shown = shown[~shown.index.duplicated()]
    history = read_history(panel, ("revenue_minor", "on_hand"))
    rhythm = read_rhythm(history, shown, today)
    moved = transference or estimate_transference(panel, catalogue, today=today, source=source)
    asked = _Asked(history, shown, demand, rhythm, moved, halo, _slots(shown, max_active))
    table = grade(history, shown, demand, rhythm)
    return Assortment(
        table=table.join(_advised(table, asked)),
        today=today,
        horizon_days=demand.horizon_days,
        source=source,
        assumed=_assumed(shown),
        transference=moved,
        categories=dict(zip(shown.index.astype(str), _categories(shown), strict=True)),
        halo=halo,
    )


@dataclass(frozen=True)
class _Asked:
    """What the advice rests on."""

    history: History
    shown: pd.DataFrame
    demand: DemandForecast
    rhythm: Rhythm
    transference: Transference
    halo: Halo | None
    slots: Floats

    @property
    def days(self) -> int:
        return self.demand.horizon_days

    @property
    def active(self) -> Mask:
        return np.asarray((self.shown["status"] == "active").to_numpy(), dtype=bool)

    def forecast(self, column: str) -> Floats:
        found = self.demand.table[column].reindex(self.shown.index)
        return found.fillna(0.0).to_numpy(dtype=np.float64)


def _categories(shown: pd.DataFrame) -> pd.Series:
    if "category" not in shown:
        return pd.Series("", index=shown.index)
    return shown["category"].astype(object).where(shown["category"].notna(), "").astype(str)


def _slots(shown: pd.DataFrame, max_active: Slots) -> Floats:
    if max_active is None:
        return np.full(len(shown), np.inf)
    if isinstance(max_active, int):
        return np.full(len(shown), float(max_active), dtype=np.float64)
    limits = {str(category): float(most) for category, most in max_active.items()}
    return np.array([limits.get(name, np.inf) for name in _categories(shown)], dtype=np.float64)


def _assumed(shown: pd.DataFrame) -> dict[str, str]:
    if "cost_assumed" not in shown:
        return {}
    price = pd.to_numeric(shown["price_minor"], errors="coerce")
    rows = shown[shown["cost_assumed"].astype(bool) & (price > 0)]
    return {
        str(sku): assumed_margin(float(price), float(cost))
        for sku, price, cost in zip(rows.index, rows["price_minor"], rows["cost_minor"],
                                    strict=True)
    }  # fmt: skip


def _advised(table: pd.DataFrame, asked: _Asked) -> pd.DataFrame:
    shown, active, days = asked.shown, asked.active, asked.days
    mean = asked.forecast("mean_per_day")
    on_hand = number(shown, "on_hand")
    returning = asked.rhythm.share_of(mean, active) * RETURN_SHARE * days
    units = np.where(active, mean * days, returning)
    worth = _worth(shown, asked.halo)
    shelf = _shelf(asked, units, worth)
    spread = _spread(asked, units, active, on_hand)
    usual = float(np.median(mean[active])) if active.any() else 0.0
    open_again = (
        (shown["status"] == "archived").to_numpy()
        & (asked.rhythm.days_since_sale <= GONE_DAYS)
        & ~(on_hand <= 0)
        & (returning > usual * days)
        & ~(shelf.worth(active) <= 0)
    )
    dead, never = _dead(asked.rhythm, on_hand, active)
    loses = _loses(asked, shelf, worth, spread, active & ~dead & ~never)
    wanted = shelf.within_slots((active & ~dead & ~never & ~loses) | open_again, asked.slots)
    relist, ended = wanted & ~active, active & ~wanted
    push = active & wanted & _worth_pushing(table, active, days)
    made = _contribution(asked, shelf, worth, units)
    made["advice"] = np.select([ended, relist, push], ["phase_out", "relist", "push"], "keep")
    made["why"] = np.select(
        [ended & dead, ended & never, ended & loses, ended, relist],
        ["silent", "never_sold", "loses", "slot", "returns"], "",
    )  # fmt: skip
    found = changes(shelf, _stays(asked), worth, spread, listed=relist, ended=ended, after=wanted)
    return made.assign(**found, **_value(found, shown, ended, days))


def _worth(shown: pd.DataFrame, halo: Halo | None) -> Worth:
    """A price of nothing is no price: what it would earn is not known."""
    price = number(shown, "price_minor")
    price = np.where(price > 0, price, np.nan)
    along = np.zeros(len(shown)) if halo is None else halo.of(shown.index)
    return Worth(price=price, profit=price - number(shown, "cost_minor"), halo=along)


def _shelf(asked: _Asked, units: Floats, worth: Worth) -> Shelf:
    return Shelf.of(
        pd.Index(asked.shown.index.astype(str)),
        demand=units,
        margin=worth.profit + worth.halo,
        categories=_categories(asked.shown),
        on=asked.active,
        transference=asked.transference,
    )


def _stays(asked: _Asked) -> tuple[Floats, Floats, Floats]:
    """P10, middle and P90; the middle keeps the mean under Swanson's weights."""
    found = asked.transference.of(_categories(asked.shown))
    low, high, mean = (
        found[name].to_numpy(dtype=np.float64) for name in ("stay_p10", "stay_p90", "stay")
    )
    return low, np.clip((mean - 0.3 * (low + high)) / 0.4, low, high), high


def _spread(asked: _Asked, units: Floats, active: Mask, on_hand: Floats) -> Spread:
    scatter = asked.forecast("variance_per_day") * asked.days
    doubt = asked.forecast("log_error_sd")
    known = np.maximum(scatter, units) + units**2 * np.expm1(np.square(np.minimum(doubt, 2.0)))
    again = units + units**2 * np.expm1(RETURN_LOG_SD**2)
    stock = np.where(np.isfinite(on_hand), np.maximum(on_hand, 0), np.inf)
    return Spread(
        mean=units,
        variance=np.where(active, known, again),
        most=np.where(active, np.inf, stock),
    )


def _dead(rhythm: Rhythm, on_hand: Floats, active: Mask) -> tuple[Mask, Mask]:
    """On sale and in stock, and silent for too long; or never sold at all.

    Where nothing was ever sold, sales are missing from the file rather than customers.
    """
    there = active & ~(on_hand <= 0) & np.isfinite(rhythm.days_since_sale).any()
    silent = (rhythm.days_since_sale >= SILENT_DAYS) & (rhythm.odds < SILENT_ODDS)
    never = np.isnan(rhythm.days_since_sale) & (rhythm.free_days >= NEVER_SOLD_DAYS)
    return there & silent, there & never


def _loses(asked: _Asked, shelf: Shelf, worth: Worth, spread: Spread, among: Mask) -> Mask:
    """SKUs without which the assortment earns more, nine chances in ten.

    Only where the category's own days without goods showed it: ending what sells, because of what
    customers did elsewhere, is a gamble.
    """
    settled = among & (asked.rhythm.free_days >= SETTLED_DAYS) & (shelf.worth() < 0)
    settled &= np.isfinite(worth.profit) & (shelf.demand > 0) & _comparable(shelf, worth)
    settled &= asked.transference.told(_categories(asked.shown))
    if not settled.any():
        return settled
    found = changes(
        shelf, _stays(asked), worth, spread,
        listed=np.zeros_like(settled), ended=settled, after=shelf.on,
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        sure = found["gross_profit_minor_p10"] >= 0
    return settled & sure & (found["gross_profit_minor_p50"] > 0)


def _comparable(shelf: Shelf, worth: Worth) -> Mask:
    """SKUs dear enough for their customers to take another: nobody trades up to twice the price."""
    groups = int(shelf.group.max(initial=-1)) + 1
    units = np.where(np.isfinite(worth.price) & shelf.on, shelf.demand, 0.0)
    spent = totals(shelf.group, units * np.nan_to_num(worth.price), groups)
    usual = spent / np.maximum(totals(shelf.group, units, groups), 1e-9)
    found: Mask = np.nan_to_num(worth.price) >= TRADE_UP * usual[shelf.group]
    return found


def _worth_pushing(table: pd.DataFrame, active: Mask, days: int) -> Mask:
    margin = table["margin"].to_numpy(dtype=np.float64)
    known = margin[active & np.isfinite(margin)]
    typical = float(np.median(known)) if known.size else np.nan
    enough = ~(table["days_of_cover"].to_numpy(dtype=np.float64) < days)
    chosen = (
        table["abc"].isin(["A", "B"]).to_numpy()
        & (table["trend"].to_numpy() > PUSH_TREND)
        & (margin >= typical)
        & enough
    )
    return np.asarray(chosen, dtype=bool)


def _contribution(asked: _Asked, shelf: Shelf, worth: Worth, units: Floats) -> pd.DataFrame:
    known = np.isfinite(worth.profit)
    adds = np.where(known, shelf.worth(), np.nan)
    cash = _cash_tied(asked)
    with np.errstate(divide="ignore", invalid="ignore"):
        gmroi = np.where(cash > 0, adds * YEAR / asked.days / cash, np.nan)
    return pd.DataFrame(
        {
            "demand_units": significant(units),
            "recaptured": significant(shelf.recaptured()),
            "halo_minor": significant(units * worth.halo),
            "contribution_minor": significant(adds),
            "cash_minor": significant(cash),
            "gmroi": significant(gmroi),
        },
        index=pd.Index(asked.shown.index, name="sku"),
    )


def _cash_tied(asked: _Asked) -> Floats:
    """Mean cost of the stock over the last 90 days; of today's where no history is known."""
    cost, now = number(asked.shown, "cost_minor"), number(asked.shown, "on_hand")
    on_hand = asked.history.column("on_hand")
    mean = np.full(len(now), np.nan)
    if on_hand is not None:
        recent = np.maximum(on_hand[:, -90:].astype(np.float64), 0)
        days = np.isfinite(recent).sum(axis=1)
        summed = np.nan_to_num(recent).sum(axis=1)
        average = np.divide(summed, days, out=np.full(len(days), np.nan), where=days > 0)
        seen = pd.Series(average, index=asked.history.skus.astype(object))
        mean = seen.reindex(asked.shown.index.astype(str)).to_numpy(dtype=np.float64)
    return np.where(np.isfinite(mean), mean, np.maximum(now, 0)) * cost


def _value(
    found: dict[str, Floats], shown: pd.DataFrame, ended: Mask, days: int
) -> dict[str, Floats]:
    """Gross profit plus carrying cost saved, and the cash a phase-out frees."""
    stock = np.nan_to_num(np.maximum(number(shown, "on_hand"), 0.0))
    tied = stock * number(shown, "cost_minor")
    carrying = np.where(ended, tied * CARRYING_RATE * days / YEAR, 0.0)
    made = {
        f"value_minor_{point}": significant(found[f"gross_profit_minor_{point}"] + carrying)
        for point in ("p10", "p50", "p90")
    }
    return {**made, "freed_cash_minor": significant(np.where(ended, tied, np.nan))}
