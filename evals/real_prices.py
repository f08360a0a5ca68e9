"""Elasticities of real sales: Dominick's orange juice, and Dominick's by store and article."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from evals.findings import Cell, Findings, Promise, Table
from evals.price_baselines import ols_by_sku
from tools.elasticity import estimate_elasticity
from tools.price_history import price_weeks

Floats = npt.NDArray[np.float64]

SOURCE = DataRef(source="panel", as_of=datetime(2025, 1, 1, tzinfo=UTC), facts_hash="0")
FIRST_DAY = np.datetime64("1989-09-14")
BRANDS = ("dominicks", "minute.maid", "tropicana")
"""Steepest to flattest in the published regressions."""
OUNCES = 64
QUICK_STORES = 4
YEARS_TWO = 104
SPAN = 113
"""Weeks between the spans' ends: three of them reach over all 330."""


def measure(data: Path, *, quick: bool) -> Findings:
    """Both data sets, where they are."""
    tables: list[Table] = []
    promises: list[Promise] = []
    skipped: list[str] = []
    for name, file, of in (
        ("dominicks_oj", "oj.csv", _orange_juice),
        ("dominicks", "store_week.csv.gz", _dominicks),
    ):
        path = data / name / file
        if not path.exists():
            skipped.append(f"{name}: not in the shared data")
            continue
        table, held = of(path, quick)
        tables.append(table)
        promises += held
    return Findings(tables=tuple(tables), promises=tuple(promises), skipped=tuple(skipped))


def _orange_juice(path: Path, quick: bool) -> tuple[Table, list[Promise]]:
    """Brands' elasticities; the published ones are recomputed from the same rows."""
    sales = pd.read_csv(path)
    sold = _stores_of(sales)
    found = estimate_elasticity(_daily(sold), _catalogue(sold), source=SOURCE).table
    brand = found.index.str.split("|").str[1]
    ours = found["elasticity"].groupby(brand).mean()
    error = found["std_error"].groupby(brand).mean()
    published = {name: _published(sales[sales["brand"] == name]) for name in BRANDS}
    rows = tuple((name, ours[name], error[name], *published[name]) for name in BRANDS)
    inside = [min(published[name]) <= ours[name] <= max(published[name]) for name in BRANDS]
    order = list(ours.sort_values().index) == list(BRANDS)
    table = Table(
        title="Dominick's orange juice, 83 stores: elasticity by brand",
        columns=("brand", "ours", "std. error", "OLS", "OLS without feature", "OLS with feature"),
        rows=rows,
        digits=2,
        note="OLS: log sales on log price as in Taddy's Business Data Science, over all rows, then"
        " by feature; ours has the effect of the feature apart",
    )
    said = ", ".join(f"{name} {ours[name]:.2f}" for name in BRANDS)
    return table, [
        Promise(name="orange juice: order of brands", wanted=" < ".join(BRANDS), measured=said,
                met=order),
        Promise(name="orange juice: inside the published range", wanted="all three brands",
                measured=f"{sum(inside)} of 3", met=all(inside)),
    ]  # fmt: skip


def _published(rows: pd.DataFrame) -> tuple[float, float, float]:
    plain, feature = rows[rows["feat"] == 0], rows[rows["feat"] == 1]
    return _slope(rows), _slope(plain), _slope(feature)


def _slope(rows: pd.DataFrame) -> float:
    return float(np.polyfit(np.log(rows["price"]), np.log(rows["sales"]), 1)[0])


def _stores_of(sales: pd.DataFrame) -> pd.DataFrame:
    """Rows come store by store, brand by brand, week by week: a store begins with a brand's turn.

    The file has no weeks: rows are counted from each store's first.
    """
    turn = sales["brand"].ne(sales["brand"].shift()).cumsum()
    store = (turn - 1) // len(BRANDS)
    return pd.DataFrame(
        {
            "sku": store.astype(str) + "|" + sales["brand"],
            "week": sales.groupby(turn).cumcount(),
            "units": sales["sales"] / OUNCES,
            "price": sales["price"] * 100,
            "promo": sales["feat"] > 0,
            "category": "juice",
        }
    )


def _dominicks(path: Path, quick: bool) -> tuple[Table, list[Promise]]:
    sold = _movement(path, quick)
    catalogue = _catalogue(sold)
    last = int(sold["week"].max())
    spans = [_daily(sold[sold["week"] <= end]) for end in range(last, YEARS_TWO - 1, -SPAN)]
    ours = np.concatenate([_estimated(panel, catalogue) for panel in spans])
    blind = np.concatenate([
        _estimated(panel.drop(columns="cost_minor"), catalogue) for panel in spans
    ])  # fmt: skip
    single = np.concatenate([ols_by_sku(price_weeks(panel, catalogue))[0] for panel in spans])
    lines: list[tuple[str, Floats]] = [
        ("ours, costs on file", ours),
        ("ours, costs left out", blind),
        ("OLS by store and article, the same weeks", single[np.isfinite(single)]),
        ("OLS by store and article, all weeks at once", _all_weeks(sold)),
    ]
    rows: list[tuple[Cell, ...]] = [(name, *_spread(values)) for name, values in lines]
    rows.append(("published, store-UPC fixed effects", -2.85, -3.43, None, -2.00, None))
    mean = float(ours.mean())
    table = Table(
        title=f"Dominick's, {sold['sku'].nunique():,} articles in stores, {len(spans)} spans"
        " of two years",
        columns=("estimate", "mean", "lower quartile", "median", "upper quartile", "negative"),
        rows=tuple(rows),
        digits=2,
        note="the published figures count what a promotion's display sells as the price's;"
        " ours do not; spans of two years give steeper lines than all weeks at once",
    )
    return table, [
        Promise(
            name="Dominick's: mean elasticity", wanted="between -3.43 and -2.00",
            measured=f"{mean:.2f}", met=-3.43 <= mean <= -2.0,
        )
    ]  # fmt: skip


def _estimated(panel: pd.DataFrame, catalogue: pd.DataFrame) -> Floats:
    """Elasticities of the series that sold within the panel."""
    table = estimate_elasticity(panel, catalogue, source=SOURCE).table
    sold: Floats = table["elasticity"][table["price_levels"] > 0].to_numpy(dtype=np.float64)
    return sold


def _spread(values: Floats) -> tuple[float, ...]:
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    return float(values.mean()), *map(float, quartiles), float((values < 0).mean())


def _movement(path: Path, quick: bool) -> pd.DataFrame:
    raw = pd.read_csv(path)
    raw = raw[(raw["OK"] == 1) & (raw["MOVE"] > 0) & (raw["PRICE"] > 0) & (raw["QTY"] > 0)]
    if quick:
        raw = raw[raw["STORE"].isin(sorted(raw["STORE"].unique())[:QUICK_STORES])]
    return pd.DataFrame(
        {
            "sku": raw["STORE"].astype(str) + "|" + raw["UPC"].astype(str),
            "week": raw["WEEK"],
            "units": raw["MOVE"],
            "price": raw["PRICE"] / raw["QTY"] * 100,
            "cost": raw["COSTPRICE"] / raw["QTY"] * 100,
            "promo": raw["SALE"].notna(),
            "category": raw["CATEGORY"],
        }
    )


def _all_weeks(sold: pd.DataFrame) -> Floats:
    logs = pd.DataFrame({"p": np.log(sold["price"]), "q": np.log(sold["units"])})
    centred = logs - logs.groupby(sold["sku"]).transform("mean")
    squares = (centred["p"] ** 2).groupby(sold["sku"]).sum()
    slope = (centred["p"] * centred["q"]).groupby(sold["sku"]).sum() / squares
    enough = (squares > 0.05) & (sold.groupby("sku").size() >= 26)
    return slope[enough].to_numpy()


def _catalogue(sold: pd.DataFrame) -> pd.DataFrame:
    return sold[["sku", "category"]].drop_duplicates("sku").reset_index(drop=True)


def _daily(sold: pd.DataFrame) -> pd.DataFrame:
    """A week's units dealt evenly to its days; the last two years."""
    sold = sold[sold["week"] > sold["week"].max() - 104]
    rows = sold.loc[sold.index.repeat(7)].reset_index(drop=True)
    day = np.tile(np.arange(7), len(sold))
    panel = pd.DataFrame(
        {
            "sku": rows["sku"].astype("category"),
            "date": (FIRST_DAY + 7 * rows["week"].to_numpy() + day).astype("datetime64[ns]"),
            "units": rows["units"] / 7,
            "list_price_minor": rows["price"],
            "promo": rows["promo"],
            "discount": 0.0,
        }
    )
    return panel.assign(cost_minor=rows["cost"]) if "cost" in rows else panel
