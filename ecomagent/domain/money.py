"""Money: integer minor units with a currency, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache, total_ordering
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.errors import MoneyError

if TYPE_CHECKING:
    from babel import Locale

MAX_MINOR = 2**53
"""Largest amount in minor units that survives every tool and file format exactly."""


@cache
def minor_digits(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency (2 for GBP, 0 for JPY).

    Raises:
        MoneyError: The code is not a known currency.
    """
    from babel.core import get_global
    from babel.numbers import get_currency_precision

    if currency not in get_global("all_currencies"):
        raise MoneyError(
            f"“{currency}” is not a currency code",
            remedy="Use a three-letter ISO 4217 code such as CNY, EUR, GBP or USD.",
        )
    return get_currency_precision(currency)


def to_minor(amount: Decimal | int | str, currency: str) -> int:
    """Minor units of a decimal amount, half-even rounded to what the currency can hold.

    Raises:
        MoneyError: Not a finite number, too large, or an unknown currency.
    """
    digits = minor_digits(currency)
    try:
        scaled = Decimal(amount).scaleb(digits)
        minor = int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise MoneyError(f"“{amount}” is not an amount of money") from error
    if abs(minor) > MAX_MINOR:
        raise MoneyError(f"“{amount}” is too large an amount")
    return minor


def to_decimal(minor: int, currency: str) -> Decimal:
    """Decimal amount in major units with exactly the currency's digits."""
    digits = minor_digits(currency)
    return Decimal(int(minor)).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))


def minor_to_text(minor: int, currency: str) -> str:
    """Plain decimal string as plans hold it, e.g. ``"12.50"``."""
    return f"{to_decimal(minor, currency):f}"


@total_ordering
class Money(BaseModel):
    """An exact amount in one currency; arithmetic across currencies raises."""

    model_config = ConfigDict(frozen=True)

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Self:
        """Money from an amount in major units."""
        return cls(minor=to_minor(amount, currency), currency=currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units."""
        return to_decimal(self.minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError(
                f"cannot combine {self.currency} with {other.currency}",
                remedy="Convert one of them first; the tool never guesses an exchange rate.",
            )

    def __add__(self, other: Money) -> Money:
        """Sum in the same currency."""
        self._same(other)
        return Money(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        """Difference in the same currency."""
        self._same(other)
        return Money(minor=self.minor - other.minor, currency=self.currency)

    def __neg__(self) -> Money:
        """The same amount owed the other way."""
        return Money(minor=-self.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        """Smaller in the same currency."""
        self._same(other)
        return self.minor < other.minor

    def __str__(self) -> str:
        """Amount and code, e.g. ``12.50 GBP``."""
        return f"{minor_to_text(self.minor, self.currency)} {self.currency}"

    def display(self, language: str = "en") -> str:
        """As a person of that language writes it, e.g. ``£12.50`` or ``¥20,000.00``."""
        from babel.numbers import format_currency

        return str(format_currency(self.amount, self.currency, locale=_locale(language)))


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse("zh_CN" if language == "zh" else "en_GB")
