"""What others would do with the same menus: each agent alone, greedy, cost-plus."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from ecomagent.domain.action import ActionKind
from evals.plan_maker import Known, Order
from evals.plan_menus import Limits

PRICE_KINDS = (ActionKind.SET_PRICE.value, ActionKind.START_PROMOTION.value)


def prices_only(rows: pd.DataFrame) -> pd.DataFrame:
    """The pricing agent's candidates."""
    return rows.loc[rows["kind"].isin(PRICE_KINDS)]


def orders_only(rows: pd.DataFrame) -> pd.DataFrame:
    """The replenishment agent's candidates."""
    return rows.loc[rows["kind"] == ActionKind.REORDER.value]


def greedy(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The best value for its share of the limits first, as long as it fits."""
    cash, spend = rows["cash_minor"].to_numpy(), rows["spend_minor"].to_numpy()
    uses = np.stack([cash, spend, cash + spend, np.ones(len(rows))], axis=1)
    left = np.array(limits.amounts())
    cost = (uses / np.maximum(left, 1.0)).sum(axis=1) + 1e-9
    groups, categories = rows["group"].to_numpy(), rows["category"].to_numpy()
    taken: list[int] = []
    used: set[str] = set()
    count: Counter[str] = Counter()
    for place in np.argsort(-rows["value"].to_numpy() / cost, kind="stable").tolist():
        full = count[categories[place]] >= limits.a_category
        if groups[place] in used or full or (uses[place] > left).any():
            continue
        taken.append(place)
        used.add(groups[place])
        count[categories[place]] += 1
        left = left - uses[place]
    return rows.iloc[sorted(taken)]


def cost_plus(known: Known, order: Order) -> pd.DataFrame:
    """Every price at its cost times the shop's usual markup, as far as a change may go."""
    shown = known.shop.catalogue
    markup = float((shown["price_minor"] / shown["cost_minor"]).median())
    most = float(order.max_change)
    now = shown["price_minor"].to_numpy()
    price = np.clip(shown["cost_minor"].to_numpy() * markup, now * (1 - most), now * (1 + most))
    made = pd.DataFrame(
        {
            "kind": ActionKind.SET_PRICE.value,
            "target": shown["sku"],
            "price_minor": np.round(price),
            "current_minor": now,
        }
    )
    off = (made["price_minor"] - now).abs()
    most_off = off[off > 0].nlargest(order.max_actions or len(off)).index
    return made.reindex(most_off)
