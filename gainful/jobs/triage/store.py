"""What triage asks of storage: records of mail, evidence, effects. Storage implements these by shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gainful.core.evidence import Truth
from gainful.core.mail import Decided, MailRecord, Place, SentMail
from gainful.gate.journal import Journal, Kind, Settled
from gainful.ledger.outcome import Outcome, WorkItem


class Mails(Protocol):
    """Where each mail lies and what was decided about it."""

    def folder_state(self, account: str, folder: str) -> tuple[str, str] | None:
        """Validity and last uid up to which this folder was read; None when it never was."""

    def save_folder_state(self, account: str, folder: str, validity: str, last_uid: str) -> None:
        """Remember how far this folder was read."""

    def known(self, account: str, folder: str, validity: str) -> dict[str, tuple[str, bool]]:
        """Id and whether settled, by uid, of the mails known in this folder."""

    def add(self, records: Sequence[MailRecord]) -> None:
        """Record mails that were not known; those already known stay as they are."""

    def relocate(self, places: Mapping[str, Place]) -> None:
        """Note where mails (by id) lie now."""

    def settle(self, ids: Iterable[str], *, settled: bool = True) -> None:
        """Mark mails as done with, so that later runs leave them alone."""

    def get(self, ids: Collection[str]) -> dict[str, MailRecord]:
        """Records by id; unknown ids are left out."""

    def by_hashes(self, account: str, hashes: Collection[str]) -> dict[str, list[MailRecord]]:
        """Known mails of the account by digest of their bytes."""

    def by_message_ids(self, account: str, message_ids: Collection[str]) -> dict[str, list[MailRecord]]:
        """Known mails of the account by Message-ID."""

    def in_folder(self, account: str, folder: str, *, settled: bool, since: datetime) -> list[MailRecord]:
        """Mails last seen in this folder and received since then."""

    def received_from(self, account: str, addresses: Collection[str]) -> dict[str, int]:
        """How many mails came from each of these addresses."""

    def save_decisions(self, run_id: str, decided: Sequence[Decided]) -> None:
        """Record what a run decided; deciding again in the same run replaces it."""

    def decided_in(self, run_id: str, ids: Collection[str] | None = None) -> list[Decided]:
        """What this run decided (about these mails), newest mail first."""

    def latest_decision(self, mail_id: str, before: datetime | None = None) -> Decided | None:
        """The last decision about this mail (made before then), or None."""


class Evidence(Protocol):
    """What the person did, and what was learned from it."""

    def add(self, acts: Sequence[Truth]) -> list[Truth]:
        """Record acts; those whose key is known are left out of the answer."""

    def put_back_from(self, account: str, addresses: Collection[str]) -> set[str]:
        """Those of these senders whose mail the person has moved back into the inbox."""

    def judgements(self, account: str, after: int = 0) -> list[Truth]:
        """All acts about this account's mail, recorded after `seq`, oldest first."""

    def about(self, mail_ids: Collection[str]) -> dict[str, list[Truth]]:
        """All acts about these mails, oldest first."""

    def label_counts(self, account: str) -> list[tuple[str, str, str, int]]:
        """How often the person gave each label: (sender address, thread, label, count)."""

    def add_sent(self, account: str, items: Sequence[SentMail]) -> None:
        """Record the owner's sent mail and whom it went to; known mails are left as they are."""

    def written_to(self, account: str, addresses: Collection[str]) -> dict[str, int]:
        """How often the owner wrote to each of these addresses; those never written to are left out."""

    def own_threads(self, account: str, threads: Collection[str]) -> set[str]:
        """Those of these conversations in which the owner has written."""

    def model(self, account: str, kind: str) -> tuple[bytes, int] | None:
        """A model's state and the last `Truth.seq` it has learned from."""

    def save_model(self, account: str, kind: str, state: bytes, trained_to: int, at: datetime) -> None:
        """Replace a model's state."""


class Effects(Journal, Protocol):
    """The journal, and what undo and observation ask of it."""

    def done_in(self, run_id: str) -> list[Settled]:
        """Effects of this run that stand, in the order in which they happened."""

    def done_to(self, mail_id: str) -> list[Settled]:
        """Effects on this mail that stand, in the order in which they happened; not those that took others back."""

    def standing(self, account: str, kind: Kind, since: datetime) -> list[Settled]:
        """Effects of one kind that stand and were settled since then."""


class WorkItems(Protocol):
    """What results were claimed, and what others found of them."""

    def claim(self, items: Sequence[WorkItem], run_id: str, at: datetime) -> int:
        """Open these items where they are new, and book the run's claim on those that have none."""

    def judge(
        self, work_item: str, after: Outcome, evidence: str, at: datetime, run_id: str = "", memo: str = ""
    ) -> bool:
        """Book what somebody else found of a claimed item. False: the verdict could not follow."""
