"""The daily balances are the sums of the postings, no more and no less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from gainful.ledger.chain import Recorded
from gainful.ledger.finding import Finding

Balances = Mapping[tuple[str, str, str], Decimal]
"""Amounts by day, account and unit."""


class Rollup:
    """Sums the postings again and compares.

    Args:
        balances: What is stored.
    """

    name = "rollup"

    def __init__(self, balances: Balances) -> None:
        self._stored = balances
        self._summed: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """Nothing yet: only the sums can be wrong."""
        for posting in entry.postings:
            self._summed[entry.day, posting.account, posting.unit] += posting.amount
        return iter(())

    def finish(self) -> Iterator[Finding]:
        """The balances that differ from the sums."""
        for place in sorted(self._summed.keys() | self._stored.keys()):
            summed, stored = self._summed.get(place, Decimal(0)), self._stored.get(place, Decimal(0))
            if summed != stored:
                day, account, unit = place
                yield Finding(
                    self.name, f"The balance of {account} on {day} says {stored} {unit}; its postings sum to {summed}."
                )
