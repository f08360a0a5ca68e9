"""List prices worth changing to, as the pricing tool sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecomagent.agents.specialists.sellable import sellable, with_restock
from ecomagent.plan.policy import price_reach

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.agents.workbench import Workbench
    from tools.pricing import PriceMenu


def list_prices(bench: Workbench) -> PriceMenu:
    """The pricing tool's menu, before prices of one product are made to fit each other."""
    return bench.once("price_menu", lambda: _price_menu(bench))


def _price_menu(bench: Workbench) -> PriceMenu:
    from tools.pricing import price_menu

    return price_menu(
        with_restock(bench, sellable(bench)),
        bench.demand,
        bench.elasticity,
        limits=bench.limits,
        bounds=price_reach(bench.policy, bench.context),
        objective=bench.objective,
        source=bench.history.ref("catalogue", rows=len(bench.scoped)),
        market=market(bench),
    )


def market(bench: Workbench) -> pd.DataFrame:
    """What the shop's history says of its prices and its competitors'."""
    from tools.price_context import price_context

    return bench.once("price_market", lambda: price_context(bench.panel))
