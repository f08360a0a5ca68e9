"""What one contact costs: from the shop's own campaigns, else from usual list prices."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from ecomagent.domain.money import to_minor

CHANNELS = ("email", "sms", "ads")
DEFAULT_COST: dict[str, dict[str, str]] = {
    "CNY": {"email": "0.01", "sms": "0.05"},
    "EUR": {"email": "0.002", "sms": "0.07"},
    "GBP": {"email": "0.002", "sms": "0.04"},
    "USD": {"email": "0.002", "sms": "0.03"},
}
"""What a contact costs where no past campaign tells, in major units: usual list prices of mailing
services. Other currencies get e-mail alone, at no cost, and say so."""


def contact_costs(campaigns: pd.DataFrame, currency: str) -> dict[str, tuple[float, str]]:
    """Channel to the cost of a contact in minor units and, where it is assumed, the words.

    Args:
        campaigns: ``channel, sent, cost_minor`` of past campaigns.
        currency: The shop's.
    """
    found: dict[str, tuple[float, str]] = {}
    for channel in CHANNELS:
        mine = campaigns[campaigns["channel"] == channel] if len(campaigns) else campaigns
        sent = float(mine["sent"].sum()) if len(mine) else 0.0
        if sent > 0:
            found[channel] = (float(mine["cost_minor"].sum()) / sent, "")
    if found:
        return found
    for channel, price in DEFAULT_COST.get(currency, {"email": "0"}).items():
        minor = float(Decimal(to_minor("1", currency)) * Decimal(price))
        found[channel] = (minor, f"a contact by {channel} costs {price} {currency} (assumed)")
    return found
