"""One account's desk: everything that a run needs at hand, and the patience to reconnect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from gainful.core.clock import Clock
from gainful.core.mail import Mail, MailRecord, Place, RawMail, Role
from gainful.gate.effects import EffectDoor
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.protection import Protection
from gainful.jobs.triage.reading.reader import Reader
from gainful.jobs.triage.settings import Settings
from gainful.jobs.triage.store import Effects, Evidence, Mails, WorkItems
from gainful.sdk.mail import Mailbox, MailboxUnreachable

LARGEST = 25 * 1024 * 1024
"""Octets; of larger mail only the headers are read."""

PAUSES = (timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15))
"""How long to wait before each new connection; then the run gives up and stays in the record to be resumed."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Desk:
    """What lies at hand while one account's mail is worked on."""

    account: str
    mailbox: Mailbox
    mails: Mails
    evidence: Evidence
    effects: Effects
    door: EffectDoor
    work: WorkItems
    reader: Reader
    labels: LabelSet
    settings: Settings
    protection: Protection
    clock: Clock
    sleep: Callable[[float], None]

    def prepare(self, run_id: str, ids: Sequence[str]) -> None:
        """Look up together what the gate will ask about these mails one by one."""
        self.protection.prepare(run_id, ids)

    def patiently(self, work: Callable[[], Result]) -> Result:
        """The work's result, reconnecting and beginning it again when the connection breaks.

        The work must be idempotent: effects go through the door, which knows what it has done.

        Raises:
            MailboxUnreachable: The server stayed away through all pauses.
        """
        for pause in PAUSES:
            try:
                return work()
            except MailboxUnreachable:
                self.sleep(pause.total_seconds())
                self._reconnect()
        return work()

    def _reconnect(self) -> None:
        try:
            self.mailbox.reconnect()
        except MailboxUnreachable:
            # The next attempt of the work fails at once and waits for longer.
            return

    @property
    def inbox(self) -> str:
        """The folder that is triaged."""
        return self.mailbox.folder(Role.INBOX) or "INBOX"

    def read(self, folder: str, uids: Collection[str]) -> list[tuple[RawMail, Mail]]:
        """These mails as they lie and as they read; those that are gone are left out."""
        raws = list(self.mailbox.fetch(folder, uids, LARGEST))
        mails = self.reader.read([(raw.raw, raw.complete) for raw in raws])
        return list(zip(raws, mails, strict=True))

    def read_records(self, records: Collection[MailRecord]) -> dict[str, Mail]:
        """What known mails say now, by id; those no longer at their place are left out."""
        by_folder: dict[str, dict[str, MailRecord]] = {}
        for record in records:
            by_folder.setdefault(record.place.folder, {})[record.place.uid] = record
        found = {}
        for folder, wanted in by_folder.items():
            for raw, mail in self.read(folder, list(wanted)):
                record = wanted[raw.place.uid]
                if raw.place == record.place:
                    found[record.id] = mail
        return found

    def holds(self, place: Place) -> frozenset[str] | None:
        """The flags of the mail at this place, or None when it is not there any more."""
        flags = self.mailbox.flags(place.folder, [place.uid]).get(place.uid)
        # Asked only where a mail answers to the uid: a folder that is gone has no validity.
        if flags is None or self.mailbox.validity(place.folder) != place.validity:
            return None
        return flags


def digest(raw: RawMail) -> str:
    """The hex SHA-256 of a mail's bytes; of its headers and size, marked `h:`, where only these were read."""
    if raw.complete:
        return hashlib.sha256(raw.raw).hexdigest()
    return "h:" + hashlib.sha256(b"%d:%s" % (raw.size, raw.raw)).hexdigest()
