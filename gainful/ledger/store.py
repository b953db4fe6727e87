"""What the books' keeper must offer. Storage implements it; everyone else asks through this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from gainful.core.money import Money
from gainful.ledger.budget import Budget, Standing
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import Entry
from gainful.ledger.finding import Finding
from gainful.ledger.outcome import Outcome
from gainful.ledger.reservation import Reservation

ExportFormat = Literal["csv", "jsonl"]


class Books(Protocol):
    """Append-only books: entries go in, nothing is ever changed or taken out."""

    def append(self, entries: Iterable[Entry]) -> int:
        """Book these entries, all or none; those whose key is booked already are skipped. Returns how many were new."""

    def reserve(self, budgets: Sequence[Budget], amount: Money, key: str, what: str, run_id: str = "") -> Reservation:
        """Hold this amount, and one call, in all of these budgets or in none, in one transaction with the check.

        A key that is held already gives the same reservation again and holds nothing more.

        Args:
            budgets: Every budget that covers the call; at least one, each once.
            amount: The most the call can cost; zero for a free one, which still counts as a call.
            key: Idempotency key of the call.
            what: What is called: `PROVIDER:MODEL`, or `tool:NAME`.

        Raises:
            BudgetExceeded: One of them has less left; nothing was booked.
        """

    def standings(self, budgets: Sequence[Budget], run_id: str = "") -> list[Standing]:
        """How these budgets stand now, in their order; those for each run as they stand in this run."""

    def open_reservations(self) -> list[Reservation]:
        """The reservations that nothing has settled or released, oldest first."""

    def recover(self, dead: Callable[[Reservation], bool]) -> list[Reservation]:
        """Settle the open reservations that are `dead` at their full amount, and name them."""

    def rows(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        run: str = "",
        limit: int | None = None,
        work_item: str = "",
    ) -> Iterator[Recorded]:
        """The entries from `since` (inclusive) to `until` (exclusive), oldest first; `limit`: the latest ones."""

    def balance(self, account: str, unit: str, day: str = "") -> Decimal:
        """An account's balance in one unit: over all time, or the change of one UTC day."""

    def outcome(self, work_item: str) -> Outcome:
        """How far this work item's outcome has come; EXPECTED when the books do not know it."""

    def outcomes(self, items: Sequence[str]) -> dict[str, Outcome]:
        """The outcomes of those work items that the books know; one query for many."""

    def head(self) -> str:
        """The digest of the last entry: keep it elsewhere to notice a cut-off end."""

    def verify(self, head: str = "") -> list[Finding]:
        """Everything that is wrong in the books; an empty list when they are sound."""

    def export(
        self, form: ExportFormat, since: datetime | None = None, until: datetime | None = None, run: str = ""
    ) -> Iterator[str]:
        """The entries as lines of text, each with its line end, without holding them all in memory."""
