"""What the person's acts have taught so far: the local model, the thresholds, and what is known of senders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from gainful.core.evidence import Source
from gainful.core.mail import Mail, MailRecord
from gainful.jobs.triage.deciding.calibration import Observation, Thresholds
from gainful.jobs.triage.deciding.cascade import Cascade
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory, domain_of
from gainful.jobs.triage.deciding.features import FeaturesCorrupt
from gainful.jobs.triage.deciding.local_model import LocalModel, ModelCorrupt
from gainful.jobs.triage.desk import Desk

KIND = "labels"


def cascade(desk: Desk) -> Cascade:
    """The means of deciding as they stand now, having learned from everything the person did."""
    return Cascade(desk.labels, local_model(desk), Thresholds.fitted(observations(desk)), desk.settings.rules)


def local_model(desk: Desk) -> LocalModel:
    """The account's model, taught every correction that it has not seen yet."""
    stored = desk.evidence.model(desk.account, KIND)
    model, trained_to = LocalModel.prior(), 0
    if stored:
        # After an update the shipped weights differ; then the model is taught all corrections again.
        with suppress(ModelCorrupt):
            model, trained_to = LocalModel.from_bytes(stored[0]), stored[1]
    fresh = desk.evidence.judgements(desk.account, after=trained_to)
    for truth in fresh:
        decided = desk.mails.latest_decision(truth.mail_id) if truth.label else None
        if decided is not None and decided.features:
            with suppress(FeaturesCorrupt):  # written by a version that saw mail differently
                model.learn(decided.features, truth.label)
    if fresh:
        desk.evidence.save_model(desk.account, KIND, model.to_bytes(), fresh[-1].seq, desk.clock())
    return model


def observations(desk: Desk) -> list[Observation]:
    """Each decision beside the truth that came after it: what calibration rests on."""
    found = []
    for truth in desk.evidence.judgements(desk.account):
        # The last decision *before* the truth: one made after it has seen the answer.
        decided = desk.mails.latest_decision(truth.mail_id, before=truth.at)
        if decided is None or not decided.scores:
            continue
        label = truth.label or decided.decision.label
        if label in desk.labels:
            away = desk.labels[label].archive and truth.source is not Source.MOVED_BACK
            found.append(Observation(decided.scores, label, decided.record.thread, archive_ok=away))
    return found


@dataclass
class Senders:
    """What is known about the senders and threads of a portion of mail."""

    received: Mapping[str, int]
    written: Mapping[str, int]
    own_threads: set[str]
    put_back: set[str] = field(default_factory=set)
    by_address: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_domain: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_thread: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def facts(self, desk: Desk, record: MailRecord, mail: Mail, now: datetime) -> Facts:
        """What the cascade may know about this mail beside its text."""
        address = record.from_addr
        own = Counter(self.by_address.get(address, {}))
        domain = Counter(self.by_domain.get(domain_of(address), {}))
        domain.subtract(own)
        written = self.written.get(address, 0)
        history = SenderHistory(
            received=max(0, self.received.get(address, 0) - 1),  # this mail is counted among them
            truths=own,
            domain_truths=+domain,
            replied=written,
            written_to=bool(written),
            kept=int(address in self.put_back),
        )
        mine = record.thread in self.own_threads or mail.in_reply_to in self.own_threads
        return Facts(
            owner=frozenset(desk.settings.owner),
            sender=history,
            thread_mine=mine,
            vip=desk.settings.is_vip(address),
            now=now,
            thread_truths=self.by_thread.get(record.thread, {}),
        )


def senders(desk: Desk, read: Sequence[tuple[MailRecord, Mail]]) -> Senders:
    """What is known about these mails' senders and threads, asked for in a few queries."""
    addresses = {record.from_addr for record, _ in read}
    threads = {record.thread for record, _ in read} | {mail.in_reply_to for _, mail in read}
    by_address: dict[str, Counter[str]] = defaultdict(Counter)
    by_domain: dict[str, Counter[str]] = defaultdict(Counter)
    by_thread: dict[str, Counter[str]] = defaultdict(Counter)
    for address, thread, label, count in desk.evidence.label_counts(desk.account):
        by_address[address][label] += count
        by_domain[domain_of(address)][label] += count
        by_thread[thread][label] += count
    return Senders(
        received=desk.mails.received_from(desk.account, addresses),
        written=desk.evidence.written_to(desk.account, addresses),
        own_threads=desk.evidence.own_threads(desk.account, threads - {""}),
        put_back=desk.evidence.put_back_from(desk.account, addresses),
        by_address=by_address,
        by_domain=by_domain,
        by_thread=by_thread,
    )
