"""Large made-up menus: prices, orders and campaigns under every kind of limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

PER_GROUP = 5
CATEGORIES = 100


@dataclass(frozen=True)
class Limits:
    """Limits of a joint choice; None for none."""

    cash_minor: int | None = None
    max_actions: int | None = None
    spend_minor: int | None = None
    shared_minor: int | None = None
    a_category: float = float("inf")

    def of_choice(self) -> dict[str, Any]:
        """As ``tools.choose.choose`` takes them."""
        return {
            "cash_limit_minor": self.cash_minor,
            "spend_limit_minor": self.spend_minor,
            "shared_limit_minor": self.shared_minor,
            "max_actions": self.max_actions,
            "category_limit": None if np.isinf(self.a_category) else int(self.a_category),
        }

    def amounts(self) -> list[float]:
        """Cash, spend, both together, actions; infinite where there is no limit."""
        given = (self.cash_minor, self.spend_minor, self.shared_minor, self.max_actions)
        return [float("inf") if each is None else float(each) for each in given]


def drawn_menu(count: int, *, seed: int) -> pd.DataFrame:
    """Candidates in groups of five, a third each prices, orders and campaigns."""
    rng = np.random.default_rng([seed, count])
    group = np.arange(count) // PER_GROUP
    kind = group % 3
    scale = np.exp(rng.normal(0, 1, int(group[-1]) + 1))[group]
    value = scale * np.exp(rng.normal(5, 0.5, count)) * rng.uniform(0.5, 1.5, count)
    cash = np.where(kind == 1, scale * np.exp(rng.normal(7, 0.5, count)), 0).round()
    spend = np.where(kind == 2, scale * np.exp(rng.normal(4, 0.5, count)), 0).round()
    return pd.DataFrame(
        {
            "id": [f"c{number}" for number in range(count)],
            "group": [f"g{number}" for number in group],
            "value": value,
            "spend_minor": spend.astype(np.int64),
            "cash_minor": cash.astype(np.int64),
            "category": [f"C{number % CATEGORIES}" for number in group],
        }
    )


def limits_of(rows: pd.DataFrame) -> Limits:
    """About a third of what the menu could use."""
    usual = rows.groupby("group")[["cash_minor", "spend_minor"]].mean().sum()
    groups = rows["group"].nunique()
    return Limits(
        cash_minor=int(usual["cash_minor"] * 0.3),
        spend_minor=int(usual["spend_minor"] * 0.3),
        shared_minor=int(usual.sum() * 0.2),
        max_actions=max(groups // 4, 1),
        a_category=max(2, groups // CATEGORIES // 3),
    )
