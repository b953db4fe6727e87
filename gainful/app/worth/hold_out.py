"""The hold-out: which items are left to be done by hand, dealt by chance before anybody begins.

    hold_out.deal("T-812", "ticket", "ann@example.org")      # Deal(arm="hand", …)
    hold_out.arm("T-812")                                    # "hand"

An item is dealt once. Whoever asks again, for whatever reason, hears the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gainful.core.clock import Clock
from gainful.core.errors import Invalid, Refused
from gainful.core.fact import Fact, HoldOut, WorkItem
from gainful.storage.database import transaction
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.secrets.deal_key import DealKey
from gainful.worth.dealing import Arm, dealt
from gainful.worth.record import Case

SOURCE = "hold-out"


class ItemBegun(Refused):
    """An item was to be dealt about which something was done already."""

    code = "item-begun"


class OtherClass(Invalid):
    """An item was to be dealt as of another class than it is."""

    code = "other-class"


@dataclass(frozen=True, slots=True)
class Deal:
    """To which arm an item is dealt.

    Args:
        share: Part of eligible items that went to `hand` when it was dealt.
        is_new: It was dealt just now.
    """

    item: str
    work_class: str
    arm: Arm
    share: float
    is_new: bool


class HoldOuts:
    """Deals the items of one installation.

    Args:
        share: Part of eligible items that go to `hand`, where nobody says.
        under_way: Whether somebody does an item by hand now.
        own: Reports the installation's own work first: what it has begun is not dealt any more.
    """

    def __init__(
        self,
        facts: FactStore,
        key: DealKey,
        share: float,
        clock: Clock,
        under_way: Callable[[str], bool],
        own: Callable[[], object],
    ) -> None:
        self.share = share
        self._facts = facts
        self._key = key
        self._clock = clock
        self._under_way = under_way
        self._own = own

    def deal(
        self, item: str, work_class: str, requester: str, share: float | None = None, opened_at: datetime | None = None
    ) -> Deal:
        """The arm of an item; booked, with the item itself where that is not known.

        Args:
            requester: Who wants it; not looked at where the item is known.
            share: Instead of the usual one; not looked at where the item was dealt before.
            opened_at: When it was asked for; now where nobody says.

        Raises:
            ItemBegun: Something was done about it already, so chance cannot decide any more who does it.
            OtherClass: It is of another class.
            KeyFileInvalid: The key that deals is missing, open to others, or another one.
        """
        self._own()
        _, case = self._facts.case(item)
        known = self._as_dealt(case, work_class)
        if known is not None:
            return known
        part = self.share if share is None else share
        arm, now = dealt(self._key.read(), item, part), self._clock()
        new: list[Fact] = [HoldOut(at=now, key=f"{SOURCE}:{item}", work_item=item, arm=arm, share=part)]
        if case.item is None:
            opened = WorkItem(
                at=opened_at or now,
                key=f"{SOURCE}:item:{item}",
                id=item,
                work_class=work_class,
                requester=requester,
            )
            new.insert(0, opened)
        with transaction(self._facts.engine) as connection:
            # Nobody else books now: what came between the two looks is seen.
            _, case = self._facts.case(item)
            known = self._as_dealt(case, work_class)
            if known is None:
                self._facts.append_in(connection, new, SOURCE)
        return known or Deal(item, work_class, arm, part, is_new=True)

    def arm(self, item: str) -> Arm | None:
        """The arm of an item; None where it was not dealt."""
        _, case = self._facts.case(item)
        return case.arm.arm if case.arm is not None else None

    def _as_dealt(self, case: Case, work_class: str) -> Deal | None:
        """The deal of an item that was dealt; None where it may be dealt now.

        Raises:
            ItemBegun, OtherClass: It may not.
        """
        if case.item is not None and case.item.work_class != work_class:
            raise OtherClass(
                f"'{case.id[:80]}' is of class '{case.item.work_class[:60]}', and not of '{work_class[:60]}'.",
                f"Deal it with --class {case.item.work_class[:60]}: its class decides what it is measured against.",
            )
        if case.arm is not None:
            return Deal(case.id, work_class, case.arm.arm, case.arm.share, is_new=False)
        signs = {"a run": case.uses, "a claim": case.claims, "time that somebody gave": case.times}
        done = [name for name, found in signs.items() if found]
        done += ["somebody at it by hand"] if self._under_way(case.id) else []
        if done:
            raise ItemBegun(
                f"'{case.id[:80]}' was begun already: there is {' and '.join(done)}.",
                "Deal items before anything is done about them; this one stays out of the hold-out.",
            )
        return None
