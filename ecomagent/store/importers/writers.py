"""Which function writes which subject."""

from __future__ import annotations

from collections.abc import Callable

from ecomagent.store.importers.catalogue import write_products, write_suppliers
from ecomagent.store.importers.histories import (
    write_competitor_prices,
    write_costs,
    write_prices,
    write_purchase_orders,
    write_signals,
    write_stock,
)
from ecomagent.store.importers.people import (
    write_campaign_events,
    write_campaigns,
    write_customers,
    write_reviews,
)
from ecomagent.store.importers.sales import write_orders, write_returns
from ecomagent.store.importers.supplier import write_supplier_offers
from ecomagent.store.importers.writing import Outcome, Writing

WRITERS: dict[str, Callable[[Writing], Outcome]] = {
    "suppliers": write_suppliers,
    "supplier": write_supplier_offers,
    "products": write_products,
    "customers": write_customers,
    "orders": write_orders,
    "returns": write_returns,
    "prices": write_prices,
    "costs": write_costs,
    "stock": write_stock,
    "purchase_orders": write_purchase_orders,
    "campaigns": write_campaigns,
    "campaign_events": write_campaign_events,
    "competitor_prices": write_competitor_prices,
    "reviews": write_reviews,
    "signals": write_signals,
}
"""Every subject has its writer."""
