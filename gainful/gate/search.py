"""Finding out what became of an effect whose sender died: by looking where the mail is now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gainful.core.mail import Place, RawMail, Role
from gainful.gate.journal import Effect, Journal, Kind, Settled, State
from gainful.sdk.mail import Mailbox

LARGEST = 25 * 1024 * 1024
"""Octets; larger mail is recognised by its Message-ID alone."""

NAMELESS_AT_MOST = 500
"""How many mails are compared byte by byte to find one that has no Message-ID."""


class Finder:
    """Looks for mails by place, Message-ID and digest. Remembers listings, so make a new one for each look."""

    def __init__(self, mailbox: Mailbox, journal: Journal) -> None:
        self._mailbox = mailbox
        self._journal = journal
        self._present: dict[str, dict[str, frozenset[str]]] = {}
        self._validity: dict[str, str] = {}
        self._given: set[Place] = set()

    def fates(self, effects: Sequence[Effect]) -> dict[str, Settled | None]:
        """How each effect ended, by key; None where it has certainly not happened and may be done now."""
        # Mails that have left come first: among identical copies, a place belongs to the one that moved there.
        ordered = sorted(effects, key=lambda effect: self.flags_at(effect.place) is not None)
        return {effect.key: self._fate(effect) for effect in ordered}

    def _fate(self, effect: Effect) -> Settled | None:
        if effect.kind is Kind.DRAFT:
            return self._draft_fate(effect)
        here = self.flags_at(effect.place)
        if effect.kind is Kind.KEYWORDS:
            # Keywords are set or not: doing it again changes nothing, so only the mail must still be there.
            return None if here is not None else self._vanished(effect)
        return self._move_fate(effect, still_here=here is not None)

    def after_refusal(self, effect: Effect, why: str) -> Settled:
        """How an effect ended whose command the mailbox refused, perhaps after doing a part of the batch."""
        flags = self.flags_at(effect.place)
        if effect.kind is Kind.KEYWORDS and flags is not None:
            changed = flags >= set(effect.add) and not flags & set(effect.remove)
            return Settled(effect, State.DONE) if changed else Settled(effect, State.FAILED, note=why)
        if effect.kind is Kind.MOVE and flags is None:
            return self._left(effect)
        return Settled(effect, State.FAILED, note=why)

    def flags_at(self, place: Place) -> frozenset[str] | None:
        """The flags of the mail at that place, or None when it is not there (any more)."""
        if place.folder not in self._present:
            self._look(place.folder)
        if self._validity[place.folder] != place.validity:
            return None
        return self._present[place.folder].get(place.uid)

    def _look(self, folder: str) -> None:
        listing = self._mailbox.listing(folder)
        self._present[folder] = {listed.place.uid: listed.flags for listed in listing}
        # An empty answer may mean that there is no such folder (any more), and then it has no validity to ask for.
        self._validity[folder] = self._mailbox.validity(folder) if listing else ""

    def same_mail(self, folder: str, message_id: str, sha256: str) -> list[Place]:
        """Places in that folder of mails with this Message-ID and these very bytes."""
        if message_id:
            candidates = self._mailbox.find(folder, message_id)
        else:
            # Without a Message-ID only the bytes tell; what was moved last stands at the end.
            candidates = [listed.place for listed in self._mailbox.listing(folder)[-NAMELESS_AT_MOST:]]
        uids = [place.uid for place in candidates]
        same = {
            raw.place.uid
            for raw in self._mailbox.fetch(folder, uids, LARGEST)
            if _is(raw, sha256, certain_by_name=bool(message_id))
        }
        return [place for place in candidates if place.uid in same]

    def _draft_fate(self, effect: Effect) -> Settled | None:
        folder = self._mailbox.folder(Role.DRAFTS)
        found = self._mailbox.find(folder, effect.message_id) if folder else []
        return Settled(effect, State.DONE, found[0]) if found else None

    def _move_fate(self, effect: Effect, *, still_here: bool) -> Settled | None:
        if not still_here:
            return self._left(effect)
        if self._unclaimed(effect):
            note = f"It lies in {effect.place.folder} and a copy in {effect.to}. Delete the one you do not want."
            return Settled(effect, State.UNCERTAIN, note=note)
        return None

    def _left(self, effect: Effect) -> Settled:
        """The fate of a move whose mail is no longer at its old place: found at the new one, or gone elsewhere."""
        there = self._unclaimed(effect)
        if not there:
            return self._vanished(effect)
        self._given.add(there[0])
        return Settled(effect, State.DONE, there[0])

    def _unclaimed(self, effect: Effect) -> list[Place]:
        """Copies of the effect's mail at its destination that are not known to be another mail."""
        there = self.same_mail(effect.to, effect.message_id, effect.sha256)
        taken = self._journal.taken(effect.account, there) | self._given
        return [place for place in there if place not in taken]

    def _vanished(self, effect: Effect) -> Settled:
        note = f"It is no longer in {effect.place.folder}: somebody moved or deleted it meanwhile."
        return Settled(effect, State.FAILED if effect.kind is Kind.KEYWORDS else State.UNCERTAIN, note=note)


def _is(raw: RawMail, sha256: str, *, certain_by_name: bool) -> bool:
    """Whether this is the mail with that digest. Of oversized mail only the headers were digested: its name must do."""
    if not raw.complete or sha256.startswith("h:"):
        return certain_by_name
    return hashlib.sha256(raw.raw).hexdigest() == sha256
