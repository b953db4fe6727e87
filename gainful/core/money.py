"""Money and tokens: the two quantities that are spent."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from gainful.core.errors import Invalid

PLACES = Decimal("0.000000001")
"""Nano-units: one token of the cheapest model costs about 10 of them."""


class CurrencyMismatch(Invalid):
    """Two amounts of different currencies were combined."""

    code = "currency-mismatch"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency, `Decimal`, nine places.

    Args:
        amount: A `Decimal`, an `int`, or a decimal string; floats are refused because they are not exact.
        currency: ISO 4217 code.
    """

    amount: Decimal
    currency: str = "USD"

    def __init__(self, amount: Decimal | int | str, currency: str = "USD") -> None:
        if isinstance(amount, float):
            raise TypeError("Money takes Decimal, int or str, not float")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise Invalid(f"'{amount}' is not an amount of money.", "Write it like 4.20.")
        object.__setattr__(self, "amount", value.quantize(PLACES, ROUND_HALF_EVEN))
        object.__setattr__(self, "currency", currency)

    def _other(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"{self.currency} and {other.currency} cannot be combined.", "Convert one of them first."
            )
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._other(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._other(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._other(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._other(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._other(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._other(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        shown = self.amount.quantize(Decimal("0.01")) if abs(self.amount) >= 1 else self.amount.normalize()
        return f"{shown:f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one or more model calls, by the kind that is priced apart.

    `fresh`, `cache_read` and `cache_write` are prompt tokens and do not overlap; `output` holds reasoning too.
    """

    fresh: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tokens)))

    @property
    def prompt(self) -> int:
        """All prompt tokens, cached or not."""
        return self.fresh + self.cache_read + self.cache_write

    @property
    def total(self) -> int:
        """Prompt and output tokens together."""
        return self.prompt + self.output


NO_TOKENS = Tokens()
"""What a decision costs that no language model was asked for."""
