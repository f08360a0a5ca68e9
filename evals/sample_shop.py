"""The sample shop: a believable merchant, made up, so that anyone can try the product at once.

``python -m evals.sample_shop FOLDER`` writes it as a tidy bundle. How it behaves is documented in
``evals.sample.parameters``; the truth that the tools must find (elasticities, dead stock) comes
back in ``SampleInfo.truth`` and is in no file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from evals.sample.bundle import Shop, write_bundle
from evals.sample.campaigns import make_campaigns
from evals.sample.drivers import make_drivers
from evals.sample.orders import make_customers, make_orders
from evals.sample.parameters import Calendar, SampleParameters
from evals.sample.prices import make_prices
from evals.sample.products import make_products
from evals.sample.stock import demand_shock, expected_demand, run_shop
from evals.sample.voices import make_returns, make_reviews

SEED = 7
PRODUCTS = 300
DAYS = 730
LEAST_DAYS = 60


@dataclass(frozen=True)
class SampleInfo:
    """What was written.

    Attributes:
        folder: Where the bundle lies.
        first_day: First day of the history.
        last_day: Last day with orders.
        currency: Of all prices.
        files: File name without ending to its number of rows.
        orders: Number of orders.
        truth: Index ``sku``: category, fate (steady, late, new, dead, archived, draft),
            elasticity, units_per_day (usual), price_minor and cost_minor (usual), on_hand.
    """

    folder: Path
    first_day: date
    last_day: date
    currency: str
    files: dict[str, int]
    orders: int
    truth: pd.DataFrame = field(repr=False)


def write_sample_shop(
    folder: Path,
    *,
    seed: int = SEED,
    products: int = PRODUCTS,
    days: int = DAYS,
    end: date,
    parameters: SampleParameters | None = None,
) -> SampleInfo:
    """Make the shop up and write it as a tidy bundle; the same arguments give the same files.

    Args:
        folder: Where to write; made if missing, files of an earlier bundle are replaced.
        seed: Seed of everything random.
        products: Number of SKUs, over eight categories.
        days: Length of the history, at least ``LEAST_DAYS``.
        end: Last day with orders.
        parameters: How the shop behaves.

    Raises:
        ValueError: Too few products or days.
    """
    if products < 1 or days < LEAST_DAYS:
        raise ValueError(f"a sample shop needs a product and {LEAST_DAYS} days")
    shop = make_shop(parameters or SampleParameters(), seed, products, days, end)
    files = write_bundle(shop, folder)
    rows = shop.products
    truth = rows[["category", "fate", "elasticity", "price_minor", "cost_minor"]].assign(
        units_per_day=rows["rate"], on_hand=shop.trade.on_hand[:, -1]
    )
    truth.index = pd.Index(rows["sku"], name="sku")
    return SampleInfo(
        folder=folder,
        first_day=shop.calendar.first,
        last_day=shop.calendar.last,
        currency=shop.parameters.currency,
        files=files,
        orders=len(shop.orders.orders),
        truth=truth,
    )


def make_shop(parameters: SampleParameters, seed: int, products: int, days: int, end: date) -> Shop:
    """Everything about the shop, in memory."""
    calendar = Calendar(first=end - timedelta(days=days - 1), days=days)
    goods = make_products(parameters, calendar, products, seed)
    drivers = make_drivers(parameters, calendar, seed)
    shock = demand_shock(parameters, calendar, products, seed)
    prices = make_prices(parameters, calendar, goods, drivers.events, shock, seed)
    expected = expected_demand(parameters, calendar, goods, drivers, prices, shock)
    trade = run_shop(parameters, calendar, goods, drivers, expected, seed)
    people = make_customers(parameters, calendar, goods, seed)
    orders = make_orders(parameters, calendar, goods, people, trade.sold, seed)
    campaigns = make_campaigns(parameters, calendar, people, orders.orders, seed)
    lines = orders.lines
    paid = pd.Series(prices.paid[lines["sku"].to_numpy(), lines["day"].to_numpy()])
    return Shop(
        parameters=parameters,
        calendar=calendar,
        products=goods,
        customers=people,
        drivers=drivers,
        prices=prices,
        trade=trade,
        orders=orders,
        campaigns=campaigns,
        returns=make_returns(parameters, calendar, lines, paid, seed),
        reviews=make_reviews(parameters, calendar, goods, people, orders.orders, lines, seed),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a sample shop from the command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.sample_shop", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the tidy bundle")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument(
        "--end", type=date.fromisoformat, default=None, help="last day (YYYY-MM-DD); yesterday"
    )
    given = parser.parse_args(arguments)
    end = given.end or date.today() - timedelta(days=1)
    info = write_sample_shop(
        given.folder, seed=given.seed, products=given.products, days=given.days, end=end
    )
    print(f"{info.folder}: {info.first_day} to {info.last_day}, {info.currency}")
    for name, rows in info.files.items():
        print(f"  {name}.csv {rows:>10,} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
