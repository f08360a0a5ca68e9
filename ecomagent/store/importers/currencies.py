"""Finds amounts in another currency than the shop's; none is ever converted."""

from __future__ import annotations

from functools import cache

from ecomagent.domain.money import minor_digits
from ecomagent.store.importers.parse import Kind, marker
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.understanding import Understanding


def currency_problems(stage: Stage, understood: Understanding, currency: str) -> list[str]:
    """A row's own currency, or the sign in its amounts, must be the shop's."""
    tests = []
    if "currency" in understood.mapping:
        tests.append(
            f"WHEN upper(currency) NOT IN ({_listed(_signs(currency))}) THEN 'currency:currency'"
        )
    for spec in understood.about.fields:
        if spec.kind is Kind.MONEY and spec.name in understood.mapping:
            raw = stage.column(understood.mapping[spec.name])
            # Plain digits, the usual case, never reach the slow pattern.
            tests.append(
                f"WHEN regexp_matches({raw}, '[^0-9.,\\s-]') AND {marker(raw)} NOT IN "
                f"({_listed(_signs(currency) | {''})}) THEN '{spec.name}:currency'"
            )
    return tests


def _listed(words: frozenset[str] | set[str]) -> str:
    return ", ".join(quoted(word) for word in sorted(words))


@cache
def _signs(currency: str) -> frozenset[str]:
    """The code and every sign that people write for a currency."""
    from babel.numbers import get_currency_symbol

    minor_digits(currency)
    signs = {currency.upper()}
    for locale in ("en", "en_GB", "en_US", "en_AU", "en_CA", "zh_CN", "zh_TW", "zh_HK", "de", "pl"):
        signs.add(get_currency_symbol(currency, locale=locale).upper())
    if currency == "CNY":
        signs |= {"元", "¥", "RMB"}
    if currency == "JPY":
        signs |= {"¥", "元"}
    if currency in ("USD", "AUD", "CAD", "NZD", "HKD", "TWD", "SGD", "MXN"):
        signs.add("$")
    return frozenset(signs)
