"""What the person did since the last run, read from the mailbox: the evidence that needs no telling."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from gainful.core.evidence import Source, Standing, Truth
from gainful.core.mail import Decided, Mail, MailRecord, Place, RawMail, Role, SentMail
from gainful.gate.journal import Kind
from gainful.jobs.triage.act import work_item
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.reading.mime import thread_of
from gainful.ledger.outcome import Outcome

MEMORY = timedelta(days=30)
"""How long after its arrival a mail is still watched."""

SENT_AT_MOST = 2_000
"""Sent mails read in one run, newest first: enough to know whom the person writes to."""

DELETED_AT_MOST = 200


def observe(desk: Desk, run_id: str) -> list[Truth]:
    """Acts of the person that were not known yet; booked and recorded before they are returned."""
    return [*_sent(desk, run_id), *note(desk, run_id, [*_flagged(desk), *_deleted(desk)])]


def note(desk: Desk, run_id: str, acts: Sequence[Truth]) -> list[Truth]:
    """Those of these acts that are new: what they say of the results is booked, then they are recorded.

    In this order: an act that was recorded before a crash would count as known, and never be booked.
    """
    told = desk.evidence.about({act.mail_id for act in acts})
    known = {act.key for earlier in told.values() for act in earlier}
    fresh = [act for act in acts if act.key not in known]
    for act in fresh:
        accepted = act.standing is Standing.ACCEPTED
        for outcome in (Outcome.ACCEPTED,) if accepted else (Outcome.REJECTED, Outcome.REVERSED):
            desk.work.judge(work_item(act.mail_id), outcome, act.key, act.at, run_id, act.detail)
    return desk.evidence.add(fresh)


def put_back(desk: Desk, run_id: str, record: MailRecord, place: Place) -> list[Truth]:
    """The act of moving a mail back into the inbox, where `place` is; empty if Gainful had not put it away."""
    moves = [done for done in desk.effects.done_to(record.id) if done.effect.kind is Kind.MOVE]
    if not moves:
        return []
    act = Truth(
        key=f"moved-back:{record.id}:{place.uid}",
        mail_id=record.id,
        standing=Standing.REJECTED,
        source=Source.MOVED_BACK,
        at=desk.clock(),
        run_id=moves[-1].effect.run_id,
        detail="You moved it back into the inbox.",
    )
    return note(desk, run_id, [act])


# --- sent mail ---


def _sent(desk: Desk, run_id: str) -> list[Truth]:
    """Read new mail in the sent folder: whom the person writes to, what was answered, which drafts went out."""
    folder = desk.mailbox.folder(Role.SENT)
    if folder is None:
        return []
    validity = desk.mailbox.validity(folder)
    state = desk.mails.folder_state(desk.account, folder)
    after = state[1] if state and state[0] == validity and state[1] else None
    listing = desk.mailbox.listing(folder, after)[-SENT_AT_MOST:]
    acts: list[Truth] = []
    for start in range(0, len(listing), 100):
        read = desk.read(folder, [listed.place.uid for listed in listing[start : start + 100]])
        items = [_sent_mail(raw, mail) for raw, mail in read]
        desk.evidence.add_sent(desk.account, items)
        acts.extend(note(desk, run_id, _answers(desk, items)))
    if listing:
        # Only now: mail that counts as read is not read again.
        desk.mails.save_folder_state(desk.account, folder, validity, listing[-1].place.uid)
    return acts


def _sent_mail(raw: RawMail, mail: Mail) -> SentMail:
    message_id = mail.message_id or f"<{hashlib.sha256(raw.raw).hexdigest()}@sent.invalid>"
    return SentMail(
        message_id=message_id,
        in_reply_to=mail.in_reply_to,
        thread=thread_of(mail, message_id),
        recipients=tuple(dict.fromkeys((*mail.to, *mail.cc))),
        at=mail.sent_at or raw.received_at,
        draft_of=mail.headers.get("x-gainful-draft", ""),
        body_digest=body_digest(mail),
    )


def body_digest(mail: Mail) -> str:
    """SHA-256 of what the writer wrote, white space aside: the same for a draft that was sent as it was."""
    return hashlib.sha256("".join((mail.text + mail.quoted).split()).encode()).hexdigest()


def _answers(desk: Desk, items: Sequence[SentMail]) -> list[Truth]:
    answered = desk.mails.by_message_ids(desk.account, [item.in_reply_to for item in items if item.in_reply_to])
    acts = []
    for item in items:
        for record in answered.get(item.in_reply_to, []):
            decided = desk.mails.latest_decision(record.id)
            if decided is None:
                continue
            acts.append(_replied(desk, decided, item.at))
            acts.extend(_draft_used(desk, record, item, decided.run_id))
    return acts


def _replied(desk: Desk, decided: Decided, at: datetime) -> Truth:
    """An answer shows that one was wanted; which action label it was, the decision may keep."""
    label = decided.decision.label
    asked = label in desk.labels and desk.labels[label].action
    return Truth(
        # One act, whether it shows in the sent mail, in the flag, or in both.
        key=f"replied:{decided.record.id}",
        mail_id=decided.record.id,
        standing=Standing.ACCEPTED if asked else Standing.REJECTED,
        source=Source.REPLIED,
        at=at,
        label=label if asked else "needs_reply",
        run_id=decided.run_id,
        detail="You answered it.",
    )


def _draft_used(desk: Desk, record: MailRecord, item: SentMail, run_id: str) -> list[Truth]:
    drafts = [done.effect for done in desk.effects.done_to(record.id) if done.effect.kind is Kind.DRAFT]
    if not drafts or item.draft_of not in ("", record.id):
        return []
    ours = {_digest_of_draft(desk, effect.draft) for effect in drafts}
    same = item.body_digest in ours
    if not same and not item.draft_of:
        # A reply without our mark and with other words was written afresh; that says nothing about the draft.
        return []
    act = Truth(
        key=f"draft:{item.message_id}:{record.id}",
        mail_id=record.id,
        standing=Standing.ACCEPTED if same else Standing.REJECTED,
        source=Source.DRAFT_SENT if same else Source.DRAFT_EDITED,
        at=item.at,
        run_id=run_id,
        detail="You sent the draft as it was." if same else "You edited the draft before sending.",
    )
    return [act]


def _digest_of_draft(desk: Desk, draft: bytes) -> str:
    return body_digest(desk.reader.read([(draft, True)])[0])


# --- flags and absences in the inbox ---


def _flagged(desk: Desk) -> list[Truth]:
    """Mails that the person starred or answered since Gainful saw them."""
    records = _watched(desk)
    now = desk.mailbox.flags(desk.inbox, [record.place.uid for record in records]) if records else {}
    acts = []
    for record in records:
        new = now.get(record.place.uid, frozenset()) - record.flags
        decided = desk.mails.latest_decision(record.id) if new & {"\\Flagged", "\\Answered"} else None
        if decided is None:
            continue
        if "\\Answered" in new:
            acts.append(_replied(desk, decided, desk.clock()))
        if "\\Flagged" in new:
            acts.append(_starred(desk, decided))
    return acts


def _starred(desk: Desk, decided: Decided) -> Truth:
    label = decided.decision.label
    asked = label in desk.labels and desk.labels[label].action
    return Truth(
        key=f"starred:{decided.record.id}",
        mail_id=decided.record.id,
        standing=Standing.ACCEPTED if asked else Standing.REJECTED,
        source=Source.STARRED,
        at=desk.clock(),
        label=label if asked else "",
        run_id=decided.run_id,
        detail="You starred it.",
    )


def _deleted(desk: Desk) -> list[Truth]:
    """Mails that left the inbox for the trash: right, where Gainful had called them unwanted."""
    trash = desk.mailbox.folder(Role.TRASH)
    records = _watched(desk)
    if trash is None or not records:
        return []
    here = desk.mailbox.flags(desk.inbox, [record.place.uid for record in records])
    acts = []
    for record in [record for record in records if record.place.uid not in here][:DELETED_AT_MOST]:
        decided = desk.mails.latest_decision(record.id)
        unwanted = decided is not None and decided.decision.label in desk.labels
        if decided is None or not unwanted or not desk.labels[decided.decision.label].archive:
            continue
        if record.message_id and desk.mailbox.find(trash, record.message_id):
            acts.append(_thrown_away(desk, decided))
    return acts


def _thrown_away(desk: Desk, decided: Decided) -> Truth:
    return Truth(
        key=f"deleted:{decided.record.id}",
        mail_id=decided.record.id,
        standing=Standing.ACCEPTED,
        source=Source.DELETED,
        at=desk.clock(),
        label=decided.decision.label,
        run_id=decided.run_id,
        detail="You deleted it.",
    )


def _watched(desk: Desk) -> list[MailRecord]:
    """Settled mails that should still lie in the inbox."""
    inbox = desk.inbox
    validity = desk.mailbox.validity(inbox)
    records = desk.mails.in_folder(desk.account, inbox, settled=True, since=desk.clock() - MEMORY)
    return [record for record in records if record.place.validity == validity]
