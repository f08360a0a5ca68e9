"""What the facts would show of a world, straight from its ledger: for tools tried alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evals.world.market import World


def panel_of(world: World) -> pd.DataFrame:
    """Daily rows as ``FactsView.panel`` gives them, from each SKU's first day to yesterday."""
    book, truth, days = world.ledger, world.truth, world.day
    kept = np.arange(days) >= truth.born[:, None]
    dates = np.datetime64(truth.first) + np.arange(days)
    shape = kept.shape

    def flat(values: object) -> np.ndarray:  # type: ignore[type-arg]
        spread: np.ndarray = np.broadcast_to(np.asarray(values), shape)[kept]  # type: ignore[type-arg]
        return spread

    units, paid = book.units[:, :days], book.paid[:, :days]
    listed = book.listed[:, :days]
    codes = np.repeat(np.arange(world.n), days).reshape(shape)
    return pd.DataFrame(
        {
            "sku": pd.Categorical.from_codes(flat(codes), categories=pd.Index(truth.sku)),  # type: ignore[arg-type]
            "date": flat(dates.astype("datetime64[ns]")),
            "units": flat(units),
            "returns": flat(book.returned[:, :days]),
            "revenue_minor": flat(units * paid),
            "refund_minor": flat(book.returned[:, :days] * paid),
            "paid_price_minor": flat(np.where(units > 0, paid, np.nan)),
            "list_price_minor": flat(listed),
            "cost_minor": flat(truth.cost[:, :days]),
            "discount": flat(1 - paid / np.maximum(listed, 1)),
            "on_hand": flat(book.on_hand[:, :days].astype(np.float64)),
            "promo": flat(book.promoted[:, :days]),
            "competitor_price_minor": flat(book.rival[:, :days]),
        }
    )


def catalogue_of(world: World) -> pd.DataFrame:
    """One row a SKU that has been born, as ``FactsView.catalogue`` gives it."""
    truth = world.truth
    rival = world.ledger.rival[:, world.day - 1]
    frame = pd.DataFrame(
        {
            "sku": truth.sku,
            "product_id": truth.sku,
            "category": [f"Category {number}" for number in truth.category],
            "supplier_id": [f"Supplier {number}" for number in truth.supplier],
            "status": np.where(world.active, "active", "archived"),
            "list_price_minor": world.price,
            "price_minor": world.paid,
            "cost_minor": world.cost,
            "map_price_minor": np.nan,
            "on_hand": world.on_hand.astype(np.float64),
            "inbound": world.inbound.astype(np.float64),
            "lead_time_days": truth.stated,
            "min_order": 1.0,
            "case_pack": truth.pack.astype(np.float64),
            "competitor_price_minor": rival,
            "cost_assumed": False,
        }
    )
    return frame[truth.born <= world.day].reset_index(drop=True)
