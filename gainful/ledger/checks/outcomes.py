"""Accepted never exceeds claimed: an outcome is judged only after it was claimed, and once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from gainful.ledger.chain import Recorded
from gainful.ledger.entry import OUTCOME
from gainful.ledger.finding import Finding

_SOURCE = "outcome:expected"


class Outcomes:
    """Follows each work item through the outcome accounts."""

    name = "outcomes"

    def __init__(self) -> None:
        self._balance: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def look(self, entry: Recorded) -> Iterator[Finding]:
        """The states that this entry takes an item out of, though it was not in them."""
        for posting in entry.postings:
            if posting.unit != OUTCOME:
                continue
            self._balance[posting.work_item, posting.account] += posting.amount
            if posting.account == _SOURCE:
                # Every claim comes from here, so it runs below zero by the number of items; an item has one claim open.
                if self._balance[posting.work_item, posting.account] < -1:
                    yield self._finding(entry, posting.work_item, "is claimed twice")
            elif self._balance[posting.work_item, posting.account] < 0:
                state = posting.account.partition(":")[2]
                yield self._finding(entry, posting.work_item, f"leaves '{state}' without having been there")

    def _finding(self, entry: Recorded, work_item: str, what: str) -> Finding:
        return Finding(self.name, f"Entry {entry.seq}: work item '{work_item}' {what}.", entry.seq)

    def finish(self) -> Iterator[Finding]:
        """Nothing: an item may rest in any state."""
        return iter(())
