"""One portion of the inbox: read, recognise, decide, record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gainful.core.evidence import Truth
from gainful.core.ids import stable_id
from gainful.core.mail import Action, Decided, Decision, Mail, MailRecord, Means, Place, Priority, RawMail
from gainful.jobs.triage.deciding.cascade import Cascade
from gainful.jobs.triage.desk import Desk, digest
from gainful.jobs.triage.learn import senders
from gainful.jobs.triage.observe import put_back
from gainful.jobs.triage.reading.mime import thread_of


def decide_portion(desk: Desk, cascade: Cascade, run_id: str, folder: str, uids: Collection[str]) -> list[str]:
    """Decide about these mails and record it; returns the ids of those worth asking a language model about."""
    read = desk.read(folder, uids)
    recognised = _recognise(desk, run_id, folder, read)
    told = desk.evidence.about([record.id for record, _ in recognised])
    about = senders(desk, recognised)
    now = desk.clock()
    decided, ask = [], []
    for record, mail in recognised:
        opinion = cascade.decide(mail, about.facts(desk, record, mail, now))
        decision = _as_told(desk, opinion.decision, told.get(record.id, []))
        if opinion.ask and decision.decided_by is Means.UNDECIDED:
            ask.append(record.id)
        decision = _capped(desk, decision, keep=record.from_addr in about.put_back)
        decided.append(Decided(record, decision, run_id, now, opinion.scores, opinion.features))
    desk.mails.save_decisions(run_id, decided)
    return ask


def _recognise(
    desk: Desk, run_id: str, folder: str, read: Sequence[tuple[RawMail, Mail]]
) -> list[tuple[MailRecord, Mail]]:
    """The mails with their records; mails seen for the first time are recorded."""
    known = desk.mails.known(desk.account, folder, read[0][0].place.validity) if read else {}
    records = desk.mails.get([known[raw.place.uid][0] for raw, _ in read if raw.place.uid in known])
    same = desk.mails.by_hashes(desk.account, [digest(raw) for raw, _ in read if raw.place.uid not in known])
    found: list[tuple[MailRecord, Mail]] = []
    new: list[MailRecord] = []
    for raw, mail in read:
        record = records.get(known[raw.place.uid][0]) if raw.place.uid in known else None
        if record is None:
            record = _returned(desk, run_id, raw, same.get(digest(raw), []))
        if record is None:
            record = _record(desk.account, raw, mail)
            new.append(record)
        found.append((record, mail))
    desk.mails.add(new)
    return found


def _returned(desk: Desk, run_id: str, raw: RawMail, candidates: list[MailRecord]) -> MailRecord | None:
    """The known mail that has come back under a new uid, if its old place is empty now."""
    for record in candidates:
        if desk.holds(record.place) is None:
            put_back(desk, run_id, record, raw.place)
            desk.mails.relocate({record.id: raw.place})
            candidates.remove(record)
            return replace(record, place=raw.place)
    return None


def _record(account: str, raw: RawMail, mail: Mail) -> MailRecord:
    place: Place = raw.place
    mail_id = stable_id(account, place.folder, place.validity, place.uid)
    return MailRecord(
        id=mail_id,
        account=account,
        place=place,
        message_id=mail.message_id,
        sha256=digest(raw),
        thread=thread_of(mail, mail_id),
        from_addr=mail.from_addr,
        from_name=mail.from_name,
        subject=mail.subject,
        received_at=raw.received_at,
        size=raw.size,
        flags=raw.flags,
        problem=mail.problem,
    )


def _as_told(desk: Desk, decision: Decision, truths: list[Truth]) -> Decision:
    """The decision, unless the person has said themselves what this very mail is."""
    labels = [truth.label for truth in truths if truth.label in desk.labels]
    if not labels:
        return decision
    label = labels[-1]
    asks = desk.labels[label].action
    return replace(
        decision,
        labels=(label,),
        probability=1.0,
        needs_reply=1.0 if label == "needs_reply" else 0.0,
        priority=decision.priority if asks else Priority.NONE,
        action=Action.LABEL,
        decided_by=Means.HISTORY,
        reason="You said so yourself.",
    )


def _capped(desk: Desk, decision: Decision, *, keep: bool) -> Decision:
    """The decision with its action taken back as far as the person has switched it off.

    Args:
        keep: They have moved mail of this sender back into the inbox.
    """
    off = decision.action is Action.ARCHIVE and (keep or not desk.settings.archive)
    off = off or (decision.action is Action.DRAFT and desk.settings.drafts == "off")
    return replace(decision, action=Action.LABEL) if off else decision
