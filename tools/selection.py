"""What each SKU is worth to the assortment: what to push, keep, list again or phase out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef, Evidence
from tools.costs import assumed_margin
from tools.counts import count_quantiles
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.history import History, Mask, read_history
from tools.rhythm import Rhythm, read_rhythm

Floats = npt.NDArray[np.float64]

TOOL = "tools.selection.assess_assortment"
POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
YEAR = 365
A_SHARE, B_SHARE = 0.80, 0.95
"""Class A makes the first 80 % of a year's revenue, B the next 15 %."""
X_SCATTER, Y_SCATTER = 0.5, 1.0
"""Class X: weekly units scatter by less than half their mean over the last half year; Y: by less
than the mean; Z: by more."""
TREND_PRIOR = 5.0
"""Units added on both sides of the trend, so that few sales show no trend."""
PUSH_TREND = 0.1
SILENT_ODDS = 0.01
"""A SKU is dead when its silence had less than this chance, had it gone on at its own rhythm."""
SILENT_DAYS = 90
NEVER_SOLD_DAYS = 180
GONE_DAYS = 400
"""Off sale for longer than this, too much has changed to promise anything."""
RETURN_SHARE, RETURN_LOG_SD = 0.7, 0.6
CARRYING_RATE = 0.20

ASSUME_CARRYING = f"carrying stock costs {CARRYING_RATE:.0%} of its cost a year (assumed)"
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
            days), ``silent_odds`` (chance of so long a silence at its own rhythm), ``advice``
            (keep, push, relist, phase_out). Following relist or phase_out changes, over the
            horizon, ``units_*``, ``revenue_minor_*``, ``gross_profit_minor_*`` and
            ``value_minor_*`` (gross profit plus carrying cost saved; NaN for other advice and
            where cost is unknown); ``freed_cash_minor`` is the cost of the stock a phase-out
            would sell off.
        today: Day the figures are of.
        horizon_days: Days that the value is counted over.
        source: The panel read.
        assumed: SKU to what its cost rests on.
    """

    table: pd.DataFrame = field(repr=False)
    today: date
    horizon_days: int
    source: DataRef
    assumed: dict[str, str] = field(default_factory=dict, repr=False)

    def assumptions(self, sku: str) -> tuple[str, ...]:
        """What a SKU's figures rest on that is assumed rather than known."""
        advice = self.table.at[sku, "advice"]
        lines = [self.assumed[sku]] if sku in self.assumed else []
        if advice == "relist":
            lines.append(ASSUME_RETURN)
        if advice == "phase_out":
            lines.append(ASSUME_CARRYING)
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
) -> Assortment:
    """Grade SKUs by revenue (ABC), steadiness (XYZ), margin, trend and silence.

    *Phase out*: on sale and in stock, and silent for longer than its own rhythm explains: had it
    kept its share of its category's sales, so long a silence would have had a chance under 1 %
    (negative binomial, since shares drift); winter goods are thus not called dead in summer.
    *List again*: archived, in stock, and at its share of the category it would sell more than
    the median SKU on sale.
    *Push*: class A or B, growing, margin at the median or above, and stock for the horizon.

    Args:
        panel: ``sku, date, units`` and, where known, ``revenue_minor`` and ``on_hand``.
        catalogue: One row a SKU, as ``FactsView.catalogue`` gives it, with costs filled.
        demand: Forecast of the same SKUs.
        today: The day after the panel's last.
        source: The panel's reference.
    """
    shown = catalogue.set_index("sku").sort_index()
    shown = shown[~shown.index.duplicated()]
    history = read_history(panel, ("revenue_minor", "on_hand"))
    rhythm = read_rhythm(history, shown, today)
    table = _grades(history, shown, demand, rhythm)
    table = table.join(_advised(table, shown, demand, rhythm))
    return Assortment(
        table=table,
        today=today,
        horizon_days=demand.horizon_days,
        source=source,
        assumed=_assumed(shown),
    )


def _assumed(shown: pd.DataFrame) -> dict[str, str]:
    if "cost_assumed" not in shown:
        return {}
    rows = shown[shown["cost_assumed"].astype(bool) & shown["price_minor"].notna()]
    return {
        str(sku): assumed_margin(float(price), float(cost))
        for sku, price, cost in zip(rows.index, rows["price_minor"], rows["cost_minor"],
                                    strict=True)
    }  # fmt: skip


def _grades(
    history: History, shown: pd.DataFrame, demand: DemandForecast, rhythm: Rhythm
) -> pd.DataFrame:
    units = np.nan_to_num(history.values["units"]).astype(np.float64)
    revenue = history.column("revenue_minor")
    money = units * 0 if revenue is None else np.nan_to_num(revenue).astype(np.float64)
    seen = pd.DataFrame(
        {
            "revenue_year": money[:, -YEAR:].sum(axis=1),
            "xyz": _steadiness(history),
            "trend": _trend(history, units),
            "units_90": units[:, -90:].sum(axis=1),
            "revenue_90_minor": money[:, -90:].sum(axis=1),
        },
        index=pd.Index(history.skus.astype(object)),
    ).reindex(shown.index)
    numbers = ["revenue_year", "trend", "units_90", "revenue_90_minor"]
    seen[numbers] = seen[numbers].fillna(0.0)
    price, cost = _number(shown, "price_minor"), _number(shown, "cost_minor")
    on_hand = _number(shown, "on_hand")
    mean = demand.table["mean_per_day"].reindex(shown.index).to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.where(price > 0, (price - cost) / price, np.nan)
        cover = np.where(mean > 0, on_hand / mean, np.where(on_hand > 0, np.inf, np.nan))
    return pd.DataFrame(
        {
            "abc": _classes(seen["revenue_year"].to_numpy()),
            "xyz": seen["xyz"].fillna("Z").to_numpy(),
            "margin": significant(margin),
            "trend": significant(seen["trend"].to_numpy()),
            "days_of_cover": significant(cover),
            "days_since_sale": rhythm.days_since_sale,
            "units_90": seen["units_90"].to_numpy(),
            "revenue_90_minor": seen["revenue_90_minor"].to_numpy(),
            "silent_odds": significant(rhythm.odds),
        },
        index=pd.Index(shown.index, name="sku"),
    )


def _number(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _classes(revenue: Floats) -> npt.NDArray[np.object_]:
    order = np.argsort(-revenue, kind="stable")
    total = revenue.sum()
    before = np.zeros(len(revenue))
    if total > 0:
        ranked = revenue[order]
        before[order] = (np.cumsum(ranked) - ranked) / total
    names = np.where(before < A_SHARE, "A", np.where(before < B_SHARE, "B", "C"))
    return np.where(revenue > 0, names, "C").astype(object)


def _steadiness(history: History) -> npt.NDArray[np.object_]:
    """X, Y or Z by the scatter of weekly units over 26 weeks, sold-out days left out."""
    units = history.values["units"][:, -182:]
    free = history.sold_freely()[:, -182:]
    weeks = units.shape[1] // 7
    if weeks < 4:
        return np.full(len(history.skus), "Z", dtype=object)
    shape = (len(history.skus), weeks, 7)
    days = free[:, -7 * weeks :].reshape(shape).sum(axis=2)
    sold = np.where(free, np.nan_to_num(units), 0)[:, -7 * weeks :].reshape(shape).sum(axis=2)
    full = days >= 4
    rate = np.where(full, sold / np.maximum(days, 1) * 7, 0.0)
    count = np.maximum(full.sum(axis=1), 1)
    mean = rate.sum(axis=1) / count
    spread = np.sqrt((np.where(full, rate - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    scatter = np.where((mean > 0) & (full.sum(axis=1) >= 4), spread / np.maximum(mean, 1e-9), 9.0)
    return np.where(scatter < X_SCATTER, "X", np.where(scatter < Y_SCATTER, "Y", "Z")).astype(
        object
    )


def _trend(history: History, units: Floats) -> Floats:
    free = history.sold_freely()
    recent, before = slice(-90, None), slice(-180, -90)
    if history.days >= YEAR + 90:
        before = slice(-YEAR - 90, -YEAR)
    days_now, days_then = free[:, recent].sum(axis=1), free[:, before].sum(axis=1)
    now, then = units[:, recent].sum(axis=1), units[:, before].sum(axis=1)
    known = (days_now >= 30) & (days_then >= 30)
    ratio = np.where(known, days_now / np.maximum(days_then, 1), 1.0)
    return np.where(known, (now + TREND_PRIOR) / (then * ratio + TREND_PRIOR) - 1, 0.0)


def _advised(
    table: pd.DataFrame, shown: pd.DataFrame, demand: DemandForecast, rhythm: Rhythm
) -> pd.DataFrame:
    days = demand.horizon_days
    mean = demand.table["mean_per_day"].reindex(shown.index).fillna(0.0).to_numpy(np.float64)
    active = (shown["status"] == "active").to_numpy()
    on_hand = _number(shown, "on_hand")
    returning = rhythm.share_of(mean, active) * RETURN_SHARE * days
    usual = float(np.median(mean[active])) if active.any() else 0.0
    relist = (
        (shown["status"] == "archived").to_numpy()
        & (rhythm.days_since_sale <= GONE_DAYS)
        & ~(on_hand <= 0)
        & (returning > usual * days)
    )
    dead = active & _dead(rhythm, on_hand)
    push = active & ~dead & _worth_pushing(table, active, days)
    advice = np.select([dead, relist, push], ["phase_out", "relist", "push"], "keep")
    made = pd.DataFrame({"advice": advice.astype(object)}, index=table.index)
    forecast = demand.table["variance_per_day"].reindex(shown.index).fillna(0.0).to_numpy()
    units = _units(returning, mean * days, forecast * days, on_hand, relist, dead)
    return made.assign(**_worth(units, shown, relist, dead, days))


def _dead(rhythm: Rhythm, on_hand: Floats) -> Mask:
    silent = (rhythm.days_since_sale >= SILENT_DAYS) & (rhythm.odds < SILENT_ODDS)
    never = np.isnan(rhythm.days_since_sale) & (rhythm.free_days >= NEVER_SOLD_DAYS)
    return (silent | never) & ~(on_hand <= 0)


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


def _units(
    returning: Floats,
    expected: Floats,
    scatter: Floats,
    on_hand: Floats,
    relist: Mask,
    dead: Mask,
) -> dict[str, Floats]:
    """Change of units over the horizon at each quantile."""
    spread = returning + returning**2 * np.expm1(RETURN_LOG_SD**2)
    gained = count_quantiles(returning, spread, tuple(POINTS.values()))
    lost = count_quantiles(expected, np.maximum(scatter, expected), (0.9, 0.5, 0.1))
    stock = np.where(np.isfinite(on_hand), np.maximum(on_hand, 0), np.inf)
    return {
        point: np.where(relist, np.minimum(up, stock), np.where(dead, 0.0 - down, np.nan))
        for point, up, down in zip(POINTS, gained, lost, strict=True)
    }


def _worth(
    units: dict[str, Floats], shown: pd.DataFrame, relist: Mask, dead: Mask, days: int
) -> dict[str, Floats]:
    price, cost = _number(shown, "price_minor"), _number(shown, "cost_minor")
    stock = np.nan_to_num(np.maximum(_number(shown, "on_hand"), 0.0))
    carrying = np.where(dead, stock * cost * CARRYING_RATE * days / YEAR, 0.0)
    found: dict[str, Floats] = {}
    for point, change in units.items():
        found[f"units_{point}"] = significant(change)
        found[f"revenue_minor_{point}"] = significant(change * price)
        found[f"gross_profit_minor_{point}"] = significant(change * (price - cost))
        found[f"value_minor_{point}"] = significant(change * (price - cost) + carrying)
    found["freed_cash_minor"] = significant(np.where(dead, stock * cost, np.nan))
    return found
