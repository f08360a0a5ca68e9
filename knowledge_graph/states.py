"""Which SKUs are on sale, new, dead stock or out of stock, as of a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ecomagent.domain.goal import Language
from knowledge_graph.products import Mask

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
NEW_DAYS = 90
"""First seen within so many days: new."""
DEAD_DAYS = 180
"""In stock, not new, and not sold for so many days: dead."""


STATES: dict[str, dict[Language, str]] = {
    "state:sale": {"en": "what sells below its list price", "zh": "低于标价销售的商品"},
    "state:new": {
        "en": f"what came within {NEW_DAYS} days",
        "zh": f"{NEW_DAYS} 天内上新的商品",
    },
    "state:dead_stock": {
        "en": f"what is in stock, not new, and unsold for {DEAD_DAYS} days",
        "zh": f"有库存、非新品且 {DEAD_DAYS} 天未售出的商品",
    },
    "state:out_of_stock": {"en": "what is out of stock", "zh": "缺货商品"},
}
"""What each state means, in words."""


def states_of(catalogue: pd.DataFrame, as_of: datetime) -> dict[str, Mask]:
    """The lexicon's states to the SKUs they hold for; what is unknown holds for none.

    Args:
        catalogue: ``FactsView.catalogue``; missing columns count as unknown.
        as_of: The moment days are counted back from.
    """
    promoted = _text(catalogue, "promotion_id")
    below_list = _number(catalogue, "price_minor") < _number(catalogue, "list_price_minor")
    on_hand = _number(catalogue, "on_hand")
    new = _days(catalogue, "first_seen", as_of) < NEW_DAYS
    unsold = ~(_days(catalogue, "last_sold", as_of) < DEAD_DAYS)
    return {
        "sale": promoted | below_list,
        "new": new,
        "dead_stock": (on_hand > 0) & unsold & ~new,
        "out_of_stock": on_hand <= 0,
    }


def _text(catalogue: pd.DataFrame, name: str) -> Mask:
    if name not in catalogue.columns:
        return np.zeros(len(catalogue), dtype=bool)
    return np.array([isinstance(value, str) and bool(value) for value in catalogue[name]])


def _number(catalogue: pd.DataFrame, name: str) -> Floats:
    if name not in catalogue.columns:
        return np.full(len(catalogue), np.nan)
    return np.asarray(catalogue[name].to_numpy(dtype="float64", na_value=np.nan))


def _days(catalogue: pd.DataFrame, name: str, as_of: datetime) -> Floats:
    """Days since a day, NaN where it is unknown."""
    import pandas as pd

    if name not in catalogue.columns:
        return np.full(len(catalogue), np.nan)
    since = pd.Timestamp(as_of).tz_localize(None) - pd.to_datetime(catalogue[name])
    return np.asarray((since / timedelta(days=1)).to_numpy(dtype="float64"))
