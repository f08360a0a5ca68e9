"""What moved a price, factor by factor, as `explain` shows it; recomputed from its evidence."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ecomagent.domain.action import Action, SetPrice, StartPromotion
from ecomagent.domain.goal import Language
from ecomagent.domain.money import Money, to_decimal, to_minor

TOOLS = ("tools.pricing.price_menu", "tools.pricing.promotion_menu")
HEADS: dict[Language, tuple[str, str]] = {
    "en": ("What moved the price", "no part"),
    "zh": ("价格由哪些因素推动", "未起作用"),
}
LEAST_SHARE = 0.0005


def factor_lines(action: Action, language: Language) -> Iterator[Text]:
    """Every factor with the money it moved the price by and its share of all moves.

    Nothing for actions that are no prices, or whose evidence was made before factors were kept.
    """
    if not isinstance(action, SetPrice | StartPromotion):
        return
    known = next((each for each in action.evidence if each.tool in TOOLS), None)
    if known is None or "max_change" not in known.params:
        return
    from tools.price_factors import FACTORS, price_factors

    currency = str(known.params["currency"])
    price = to_minor(action.after.price, currency)
    found = price_factors(known.params | {"price_minor": price})
    head, none = HEADS[language]
    place = 1 if language == "zh" else 0
    now = to_decimal(round(float(known.params["current_minor"])), currency)
    yield Text(f"{head}: {_money(now, currency, language)} →"
               f" {_money(action.after.price, currency, language)}", style="bold")  # fmt: skip
    silent = []
    for name, moved in found.moved_minor.items():
        if found.shares[name] < LEAST_SHARE:
            silent.append(FACTORS[name][place])
            continue
        amount = _money(abs(to_decimal(round(moved), currency)), currency, language)
        sign = "+" if moved > 0 else "−"
        yield Text(f"  {sign}{amount}  {found.shares[name]:.1%}  {FACTORS[name][place]}")
    if silent:
        yield Text(f"  {none}: {', '.join(silent)}", style="dim")


def _money(amount: object, currency: str, language: Language) -> str:
    from decimal import Decimal

    return Money.of(Decimal(str(amount)), currency).display(language)
