"""How a written target is called, kept with the write so that files made from it never change."""

from __future__ import annotations

from typing import Any

from ecomagent.domain.action import Action, ActionKind, Reorder, SendCampaign
from ecomagent.store.local_shop.shown import Look, shown
from ecomagent.store.tables import ProductRow, VariantRow

OPTIONS = (1, 2, 3)
VALUES_APART = " / "
"""Between the option values in a variant's title."""
NO_OPTION = {"Option1 Name": "Title", "Option1 Value": "Default Title"}
"""What Shopify calls the only variant of a product."""


def label(look: Look, action: Action) -> dict[str, Any]:
    """Handle, title, options and price of an action's target as they are now.

    Keys: ``handle``, ``title``, ``options`` (Shopify's column names to values), ``list_price`` and
    ``pays`` (what a customer pays), the last three for SKUs only. Empty for campaigns.
    """
    if isinstance(action, SendCampaign):
        return {}
    target = action.target
    if target.type == "product":
        return _of_product(look, target.id)
    variant = look.session.get(VariantRow, target.id)
    if variant is None:
        return {"handle": target.id, "title": target.id}
    made = _of_product(look, variant.product_id) | {"options": _options(variant)}
    if isinstance(action, Reorder):
        return made
    state = shown(look, ActionKind.START_PROMOTION, [target])[target.id]
    return made | {"list_price": state.extra.get("list_price"), "pays": state.fields.get("price")}


def _of_product(look: Look, name: str) -> dict[str, Any]:
    product = look.session.get(ProductRow, name)
    return {"handle": name, "title": name if product is None else product.title}


def _options(variant: VariantRow) -> dict[str, str]:
    """Options by Shopify's column names.

    Importing Shopify's export keeps each option as an attribute and their values, in their
    order, as the variant's title. Of a variant whose options are not known, its title is one.
    """
    values = variant.title.split(VALUES_APART) if variant.title else []
    left = {key: str(value) for key, value in variant.attributes.items()}
    found: dict[str, str] = {}
    for number, value in enumerate(values[: len(OPTIONS)], OPTIONS[0]):
        name = next((key for key, known in left.items() if known == value), None)
        if name is None:
            return {"Option1 Name": "Title", "Option1 Value": variant.title}
        del left[name]
        found |= {f"Option{number} Name": name, f"Option{number} Value": value}
    return found or dict(NO_OPTION)
