"""Each entry sums to zero in each unit."""

from __future__ import annotations

from collections.abc import Iterator

from gainful.ledger.chain import Recorded
from gainful.ledger.entry import imbalance
from gainful.ledger.finding import Finding


class Balanced:
    """Finds entries that were made to create or destroy something."""

    name = "balanced"

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """What is left over in this entry."""
        for unit, total in imbalance(entry.postings).items():
            yield Finding(self.name, f"Entry {entry.seq} ('{entry.key}') is off by {total} {unit}.", entry.seq)

    def finish(self) -> Iterator[Finding]:
        """Nothing: each entry balances by itself."""
        return iter(())
