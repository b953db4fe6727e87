"""The facts that the gate asks for before it changes a mailbox, looked up apart from what triage believes."""

from __future__ import annotations

from collections.abc import Sequence

from gainful.core.evidence import Source, Truth
from gainful.core.mail import MailRecord
from gainful.gate.journal import Effect
from gainful.jobs.triage.deciding.labels import LabelSet
from gainful.jobs.triage.settings import Settings
from gainful.jobs.triage.store import Evidence, Mails
from gainful.policy.request import Facts, MailFacts


class Protection:
    """Answers what is known about an effect's mail, from the books alone.

    Args:
        applied: Whether the person asked for effects.
    """

    def __init__(
        self, account: str, mails: Mails, evidence: Evidence, labels: LabelSet, settings: Settings, *, applied: bool
    ) -> None:
        self._account = account
        self._mails = mails
        self._evidence = evidence
        self._labels = labels
        self._settings = settings
        self._applied = applied
        self._records: dict[str, MailRecord] = {}
        self._truths: dict[str, list[Truth]] = {}
        self._written: dict[str, int] = {}
        self._put_back: set[str] = set()
        self._threads: set[str] = set()
        self._decided: dict[tuple[str, str], tuple[str, ...]] = {}

    def prepare(self, run_id: str, ids: Sequence[str]) -> None:
        """Look these mails up together: a handful of queries instead of several a mail."""
        self._records = self._mails.get(ids)
        self._truths = self._evidence.about(ids)
        records = self._records.values()
        self._written = self._evidence.written_to(self._account, {record.from_addr for record in records})
        self._put_back = self._evidence.put_back_from(self._account, {record.from_addr for record in records})
        self._threads = self._evidence.own_threads(self._account, {record.thread for record in records})
        self._decided = {(run_id, mail_id): () for mail_id in ids}
        self._decided |= {(run_id, d.record.id): d.decision.labels for d in self._mails.decided_in(run_id, ids)}

    def facts(self, effect: Effect) -> Facts:
        """What is known about this effect's mail."""
        if effect.mail_id not in self._records or (effect.run_id, effect.mail_id) not in self._decided:
            self.prepare(effect.run_id, [effect.mail_id])
        record = self._records.get(effect.mail_id)
        if record is None:
            # A mail that the books do not know is kept where it is.
            return Facts(applied=self._applied, mail=MailFacts(unreadable=True))
        truths = self._truths.get(record.id, [])
        labels = [*self._decided.get((effect.run_id, record.id), ()), *(truth.label for truth in truths)]
        known = MailFacts(
            action_label=any(label in self._labels and self._labels[label].action for label in labels),
            vip=self._settings.is_vip(record.from_addr),
            written_to=record.from_addr in self._written or record.thread in self._threads,
            unreadable=bool(record.problem),
            put_back=record.from_addr in self._put_back or any(t.source is Source.MOVED_BACK for t in truths),
        )
        return Facts(applied=self._applied, mail=known)
