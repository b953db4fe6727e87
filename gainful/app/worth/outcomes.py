"""Outcomes as people and systems settle them: claimed, accepted, refused, and where they stand.

An item may be one that another system reported, or one of Gainful's own agents' work; an answer about the latter moves
its outcome in the ledger too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.fact import Claim, Verdict
from gainful.ledger.outcome import Outcome
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.facts.fact_record import StoredRecord
from gainful.storage.facts.fact_store import FactStore
from gainful.worth.record import Case
from gainful.worth.settings import WorthSettings
from gainful.worth.settling import Settled, settle


class ItemUnknown(Invalid):
    """Nothing is known of a work item."""

    code = "item-unknown"


@dataclass(frozen=True, slots=True)
class Shown:
    """An item and where it stands."""

    case: Case
    settled: Settled
    due_at: datetime | None


class Outcomes:
    """The outcomes of one installation's work items."""

    def __init__(self, facts: FactStore, work: WorkItemStore, settings: WorthSettings, clock: Clock) -> None:
        self._facts = facts
        self._work = work
        self._settings = settings
        self._clock = clock

    def claim(self, item: str, claimant: str, minutes: Decimal | None = None) -> None:
        """Book that somebody says an item is done. Minutes are their own word: shown, and never counted.

        Raises:
            ItemUnknown: Nobody has reported the item.
        """
        self._known(item)
        self._facts.append([Claim(at=self._clock(), work_item=item, claimant=claimant, minutes=minutes)], "outcome")

    def answer(self, item: str, by: str, *, accepted: bool) -> Shown:
        """Book somebody's word about a claimed item.

        Raises:
            ItemUnknown: Nobody has reported or claimed the item.
        """
        self._known(item)
        now = self._clock()
        self._facts.append([Verdict(at=now, work_item=item, by=by, accepted=accepted)], "outcome")
        after = Outcome.ACCEPTED if accepted else Outcome.REJECTED
        self._work.judge(item, after, f"verdict:{by}", now)
        return self.show(item)

    def show(self, item: str) -> Shown:
        """Where an item stands, and when it can be verified at the earliest.

        Raises:
            ItemUnknown: Nothing is known of it.
        """
        record, case = self._known(item)
        settled = settle(case, record.organisation(), self._settings, self._clock())
        work_class = case.item.work_class if case.item is not None else ""
        due = settled.accepted_at + self._settings.horizon_of(work_class) if settled.accepted_at else None
        return Shown(case, settled, due)

    def _known(self, item: str) -> tuple[StoredRecord, Case]:
        record, case = self._facts.case(item)
        if case.item is None and not case.claims and not case.uses:
            raise ItemUnknown(
                f"Nobody has reported a work item '{item[:80]}'.",
                "Import it first: `gainful import events`, with a line of kind work_item.",
            )
        return record, case
