"""A budget is never reserved past its cap; only a call in flight can finish past it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from gainful.ledger.chain import Recorded
from gainful.ledger.finding import Finding


class Budgets:
    """Follows what each budget has left, and looks at the moments when something is reserved."""

    name = "budgets"

    def __init__(self) -> None:
        self._balance: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """The budgets that this reservation overdraws."""
        reserved = set()
        for posting in entry.postings:
            if not posting.account.startswith("budget:"):
                continue
            self._balance[posting.account, posting.unit] += posting.amount
            if entry.kind == "reserve" and posting.account.endswith(":open") and posting.amount < 0:
                reserved.add((posting.account, posting.unit))
        for account, unit in sorted(reserved):
            left = self._balance[account, unit]
            # A unit without a grant has no cap: it is then counted, not limited.
            capped = self._balance[f"{account.removesuffix(':open')}:granted", unit] != 0
            if capped and left < 0:
                yield Finding(
                    self.name,
                    f"Entry {entry.seq} ('{entry.key}') reserves {-left} {unit} more than {account} had left.",
                    entry.seq,
                )

    def finish(self) -> Iterator[Finding]:
        """Nothing: each reservation is judged where it stands."""
        return iter(())
