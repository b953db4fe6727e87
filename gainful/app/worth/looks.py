"""The queue of second looks: which item comes next, and what its auditor said.

Whoever looks sees what was asked for and what the systems of record show, and neither whose claim it is nor who
accepted it. They do not choose what they look at: an answer is taken about an item that was drawn.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gainful.app.worth.books import WorthBooks
from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.core.fact import SYSTEM, Audit, Evidence
from gainful.intake.reports.binding import REPORT
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.worth.assessment_store import AssessmentStore
from gainful.worth.assess import examine
from gainful.worth.auditing import Claimed, Pick, next_audits
from gainful.worth.settling import settle
from gainful.worth.trust import may_look

STOCK = 50
"""Items that wait for a look after worth was told, so that whoever opens the queue need not wait."""

KEY = f"{SYSTEM}key"
"""Stands for the known answers about planted items."""


class NotDrawn(Invalid):
    """Somebody answered about an item that nobody drew for a second look."""

    code = "not-drawn"


class NotBlind(Refused):
    """Somebody would judge work of their own team, or work that they claimed or accepted."""

    code = "not-blind"


@dataclass(frozen=True, slots=True)
class Blind:
    """An item as an auditor sees it.

    Args:
        shown: What the systems of record say of it, a sentence each.
    """

    item: str
    work_class: str
    opened_at: datetime | None
    drawn_at: datetime
    confirms: bool
    shown: tuple[str, ...]


class Looks:
    """Second looks at one installation's claims."""

    def __init__(
        self,
        books: WorthBooks,
        facts: FactStore,
        directory: DirectoryStore,
        kept: AssessmentStore,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._books = books
        self._facts = facts
        self._directory = directory
        self._kept = kept
        self._clock = clock
        self._chance = chance

    def next(self, count: int, auditor: str = "") -> list[Blind]:
        """The items that wait for a look; drawn anew where fewer wait than are asked for.

        Args:
            auditor: Who will look: work of their own team, and what they have seen, is left out. Empty: not known yet.

        Raises:
            NothingReported: There are no facts.
        """
        if len(self._kept.waiting(count)) < count:
            begin, end = self._books.time()
            _, claimed = examine(self._facts.record(begin, end), self._books.settings)
            self.stock(claimed, count)
        return self.waiting(count, auditor)

    def waiting(self, count: int, auditor: str = "") -> list[Blind]:
        """Of the items that were drawn already, those that this auditor may look at."""
        found: list[Blind] = []
        for one in self._kept.waiting(1_000_000):
            if len(found) == count:
                break
            if self._may(one.item, auditor):
                found.append(self._blind(one.item, one.drawn_at, one.by))
        return found

    def stock(self, claimed: Sequence[Claimed], count: int = STOCK) -> None:
        """Draw items until so many wait."""
        drawn = {one.item for one in self._kept.waiting(1_000_000)}
        if len(drawn) < count:
            fresh = [one for one in claimed if one.id not in drawn and not _own_word(one)]
            self._kept.draw(next_audits(fresh, count - len(drawn), self._chance), self._clock())

    def verdict(
        self,
        item: str,
        auditor: str,
        *,
        passed: bool,
        minutes: Decimal | None = None,
        seconds: Decimal = Decimal(0),
    ) -> None:
        """Book what an auditor says of an item that was drawn. A look that fails is put to another auditor.

        Args:
            minutes: What it would take by hand.
            seconds: That the look took.

        Raises:
            NotDrawn: It was not drawn, or has been answered.
            NotBlind: The auditor has a stake in it, or is of its team, or has looked at it before.
        """
        if item not in {one.item for one in self._kept.waiting(1_000_000)}:
            raise NotDrawn(
                f"'{item[:60]}' does not wait for a second look.", "`gainful audit next` says which items do."
            )
        if not self._may(item, auditor):
            raise NotBlind(
                f"{auditor} cannot look at '{item[:60]}': it is work of their own team, or they have to do with it.",
                "Let somebody of another team look, who has not seen it.",
            )
        looked = Audit(
            at=self._clock(), work_item=item, auditor=auditor, passed=passed, minutes=minutes, seconds=seconds
        )
        before = self._kept.auditors(item)
        self._kept.answer(
            item, auditor, looked.at, lambda connection: self._facts.append_in(connection, [looked], "audit")
        )
        if not passed and len(before) < 2:
            self._kept.draw([Pick(item, "again", 1.0)], self._clock())

    def plant(self, item: str, *, passed: bool) -> None:
        """Make an item a known case, and let it be drawn: it tests auditors, and says nothing about whose it is."""
        known = Audit(at=self._clock(), work_item=item, auditor=KEY, passed=passed, planted=True)
        self._facts.append([known], "audit")
        self._kept.draw([Pick(item, "chance", 1.0)], self._clock())

    # --- inside -------------------------------------------------------------------------------------------------------

    def _may(self, item: str, auditor: str) -> bool:
        if not auditor:
            return True
        if auditor in self._kept.auditors(item):
            return False
        record, case = self._facts.case(item)
        who = record.organisation()
        pseudonym = self._directory.pseudonym(auditor) or auditor
        look = Audit(at=self._clock(), work_item=item, auditor=pseudonym, passed=True)
        return may_look(look, settle(case, who, self._books.settings, self._clock()), who)

    def _blind(self, item: str, drawn_at: datetime, by: str) -> Blind:
        _, case = self._facts.case(item)
        opened = case.item
        return Blind(
            item=item,
            work_class=opened.work_class if opened is not None else "",
            opened_at=opened.at if opened is not None else None,
            drawn_at=drawn_at,
            confirms=by == "again",
            shown=tuple(_shown(case.evidence)),
        )


def _shown(evidence: Sequence[Evidence]) -> list[str]:
    """What systems of record say, without any name."""
    found = []
    for one in evidence:
        system = one.system.removeprefix(SYSTEM)
        if one.what == "effect":
            same = "the same as before" if one.before == one.after else f"from {one.before or 'nothing'} to {one.after}"
            found.append(f"{one.at:%Y-%m-%d} {system}: {same}")
        elif one.what == "survived":
            found.append(f"{one.at:%Y-%m-%d} {system}: {one.share:.0%} of it is still there")
        else:
            found.append(f"{one.at:%Y-%m-%d} {system}: {one.what}")
    return found


def _own_word(one: Claimed) -> bool:
    """Whether a person's machine alone says so, and nobody else accepted it: there could be any number of those."""
    return one.id.startswith(f"{REPORT}:") and not one.verifier
