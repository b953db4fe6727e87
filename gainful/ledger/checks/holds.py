"""No account of held money goes below zero: nothing is settled that was not reserved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from gainful.ledger.chain import Recorded
from gainful.ledger.finding import Finding


class Holds:
    """Follows each `:held` account through the entries."""

    name = "holds"

    def __init__(self) -> None:
        self._held: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """The accounts that this entry leaves below zero."""
        touched = set()
        for posting in entry.postings:
            if posting.account.endswith(":held"):
                self._held[posting.account, posting.unit] += posting.amount
                touched.add((posting.account, posting.unit))
        for account, unit in sorted(touched):
            if self._held[account, unit] < 0:
                yield Finding(
                    self.name,
                    f"Entry {entry.seq} ('{entry.key}') releases more from {account} than it holds.",
                    entry.seq,
                )

    def finish(self) -> Iterator[Finding]:
        """Nothing: a hold that is still open is another check's business."""
        return iter(())
