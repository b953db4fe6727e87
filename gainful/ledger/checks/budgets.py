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
        self._open: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._capped: set[tuple[str, str]] = set()

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """The budgets that this reservation overdraws."""
        for posting in entry.postings:
            if not posting.account.startswith("budget:") or not posting.account.endswith(":open"):
                continue
            place = (posting.account, posting.unit)
            self._open[place] += posting.amount
            if entry.kind == "grant":
                self._capped.add(place)
            # A unit without a grant has no cap: calls are then counted, not limited.
            if entry.kind == "reserve" and posting.amount < 0 and place in self._capped and self._open[place] < 0:
                yield Finding(
                    self.name,
                    f"Entry {entry.seq} ('{entry.key}') reserves {-self._open[place]} {posting.unit} more than "
                    f"{posting.account} had left.",
                    entry.seq,
                )

    def finish(self) -> Iterator[Finding]:
        """Nothing: each reservation is judged where it stands."""
        return iter(())
