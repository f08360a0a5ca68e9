"""The products of the sample shop: what they are called, cost and sell, and how they fare."""

from __future__ import annotations

from itertools import product as combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evals.sample.assortment import CATEGORIES, COLOURS, CategorySpec, Word
from evals.sample.parameters import Calendar, SampleParameters, stream

Floats = npt.NDArray[np.float64]
FATES = ("steady", "late", "new", "dead", "archived", "draft")


def make_products(parameters: SampleParameters, calendar: Calendar, count: int, seed: int
                  ) -> pd.DataFrame:  # fmt: skip
    """One row a SKU, categories in turn.

    Columns: sku, title, description, category, brand, supplier, tags, style, material, colour,
    size_name, size, kind (number of the category), price_minor and cost_minor (usual ones),
    elasticity, rate (usual units a day), trend (a year, log), quality (mean rating),
    lead_time_days, case_pack, min_order, map_price_minor (0 for none), status, fate, first_day,
    last_day (day numbers on sale; 0 is the first of the history), cost_known.
    """
    rng = stream(seed, "products")
    parts = [
        _category(number, spec, len(range(number, count, len(CATEGORIES))), parameters, rng)
        for number, spec in enumerate(CATEGORIES)
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["number", "kind"], ignore_index=True).drop(columns="number")
    return rows.assign(**_fates(rows, parameters, calendar, rng))


def _category(
    number: int,
    spec: CategorySpec,
    count: int,
    parameters: SampleParameters,
    rng: np.random.Generator,
) -> pd.DataFrame:
    words = _words(spec, count, rng)
    low, high = np.log(spec.price[0]), np.log(spec.price[1])
    sizes = np.array([spec.sizes.index(size) for size in words["size"]])
    place = np.clip(rng.beta(2.0, 2.2, count) + 0.08 * (sizes - sizes.mean()), 0, 1)
    price = charm(np.exp(low + (high - low) * place) * 100)
    margin = np.clip(rng.normal(spec.margin, 0.05, count), 0.28, 0.72)
    cheap = (price / np.median(price)) ** -0.4 if count else price
    rate = parameters.median_units_per_day * spec.rate * cheap * np.exp(
        rng.normal(0, parameters.spread_of_units, count)
    )  # fmt: skip
    has_map = (words["brand"] == spec.map_brand) & (rng.random(count) < parameters.map_share)
    lead = rng.integers(spec.lead_time_days[0], spec.lead_time_days[1] + 1, count)
    pack = rng.choice(spec.case_packs, count)
    return words.assign(
        sku=[f"{spec.prefix}-{item + 1:04d}" for item in range(count)],
        number=np.arange(count),
        kind=number,
        category=" / ".join(spec.name),
        supplier=rng.choice(spec.suppliers, count),
        tags=",".join(spec.tags),
        price_minor=price,
        cost_minor=np.round(price * (1 - margin)),
        elasticity=np.minimum(spec.elasticity + rng.normal(0, parameters.elasticity_sd, count),
                              -0.4),
        rate=rate,
        trend=rng.normal(0, parameters.trend_per_year_sd, count),
        quality=np.clip(rng.normal(4.25, 0.35, count), 2.8, 4.9),
        lead_time_days=lead,
        case_pack=pack,
        min_order=pack * rng.integers(1, 4, count),
        map_price_minor=np.where(has_map, charm(price * 0.92), 0),
        cost_known=rng.random(count) >= parameters.unknown_cost_share,
    )  # fmt: skip


def _words(spec: CategorySpec, count: int, rng: np.random.Generator) -> pd.DataFrame:
    colours: tuple[Word, ...] = COLOURS if spec.coloured else (("", ""),)
    grid = list(combinations(spec.styles, spec.materials, colours, spec.sizes))
    order = rng.permutation(len(grid))
    rows = []
    for item in range(count):
        style, material, colour, size = grid[order[item % len(grid)]]
        series = f" No. {item // len(grid) + 1}" if item >= len(grid) else ""
        brand = spec.brands[int(rng.integers(len(spec.brands)))]
        looks = ", ".join(part for part in (colour[0], size) if part)
        zh = "".join(dict.fromkeys((style[1], material[1], spec.noun[1])))
        en = f"{style[0]} {material[0]} {spec.noun[0]}"
        rows.append(
            {
                "title": f"{en[0].upper()}{en[1:]}, {looks}{series} / "
                + " ".join(part for part in (zh, colour[1], size) if part)
                + series,
                "description": f"{brand} {en}. {spec.praise[0].capitalize()}. "
                f"{brand}{zh},{spec.praise[1]}。",
                "brand": brand,
                "style": " / ".join(style),
                "material": " / ".join(material),
                "colour": " / ".join(colour) if colour[0] else "",
                "size_name": spec.size_name,
                "size": size,
            }
        )
    columns = ["title", "description", "brand", "style", "material", "colour", "size_name", "size"]
    return pd.DataFrame(rows, columns=columns)


def charm(minor: Floats) -> Floats:
    """Prices as shops write them: 39.90 below 100 yuan, whole yuan above."""
    small = np.round((minor - 90) / 100) * 100 + 90
    return np.where(minor < 9_950, np.maximum(small, 90), np.round(minor / 100) * 100)


def _fates(
    rows: pd.DataFrame,
    parameters: SampleParameters,
    calendar: Calendar,
    rng: np.random.Generator,
) -> dict[str, npt.NDArray[np.object_] | npt.NDArray[np.int64]]:
    """When each product came and went; seasonal goods bought once a year neither die nor leave."""
    count, days = len(rows), calendar.days
    shares = (parameters.late_launch_share, parameters.new_share, parameters.dead_share,
              parameters.archived_share, parameters.draft_share)  # fmt: skip
    edges = np.cumsum(shares)
    drawn = rng.random(count)
    fate = np.array(("late", "new", "dead", "archived", "draft", "steady"))[
        np.searchsorted(edges, drawn, side="right")
    ].astype(object)
    once = np.array([CATEGORIES[kind].bought_once_a_year for kind in rows["kind"]], dtype=bool)
    fate[once & np.isin(fate, ("dead", "archived", "new"))] = "steady"
    short = days < 500
    first = np.where(
        fate == "late",
        rng.integers(30, max(days - 150, 31), count),
        np.where(fate == "new", days - rng.integers(20, 80, count), -rng.integers(1, 900, count)),
    )
    gone = np.where(fate == "dead", rng.integers(185, 360, count), rng.integers(30, 200, count))
    if short:
        gone = np.minimum(gone, days // 2)
    leaves = np.isin(fate, ("dead", "archived"))
    return {
        "fate": fate,
        "status": np.where(fate == "archived", "archived",
                           np.where(fate == "draft", "draft", "active")).astype(object),
        "first_day": np.where(fate == "draft", days, np.minimum(first, days - 1)),
        "last_day": np.where(leaves, days - gone, days),
    }  # fmt: skip
