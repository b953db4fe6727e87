"""From decisions to effects: keywords, drafts, moves, in this order, through the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from gainful.core.ids import stable_id
from gainful.core.mail import Action, Decided, Mail, Role
from gainful.gate.journal import Effect, Kind, Settled, State
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.draft import compose, draft_message_id
from gainful.jobs.triage.settings import Drafts
from gainful.ledger.outcome import WorkItem
from gainful.sdk.mail import Ability


class Writer(Protocol):
    """Writes the body of a reply, such as a language model within its budget."""

    def __call__(self, mail_id: str, mail: Mail) -> str | None:
        """The body, or None when it cannot be had; a skeleton is written then."""


def act_portion(desk: Desk, run_id: str, ids: Sequence[str], writer: Writer | None) -> list[Settled]:
    """Carry out what this run decided about these mails, and mark them as done with."""
    decided = desk.mails.decided_in(run_id, ids)
    effects = [*_keywords(desk, decided), *_drafts(desk, decided, writer), *_moves(desk, decided)]
    settled = desk.door.perform(effects)
    # What certainly did not happen is tried again by the next run.
    failed = {item.effect.mail_id for item in settled if item.state in (State.FAILED, State.STOPPED)}
    held_back = {item.effect.mail_id for item in settled if item.state is State.STOPPED}
    # Undecided mail stays open: tomorrow's model, or tomorrow's budget, may know better.
    finished = [item.record for item in decided if item.decision.labels or item.record.problem]
    desk.mails.settle([record.id for record in finished if record.id not in failed])
    _claim(desk, run_id, [item for item in decided if item.record.id not in held_back])
    return settled


def _effect_key(run_id: str, mail_id: str, kind: Kind) -> str:
    return stable_id(run_id, mail_id, kind, length=20)


def _effect(run_id: str, item: Decided, kind: Kind) -> Effect:
    record = item.record
    return Effect(
        key=_effect_key(run_id, record.id, kind),
        run_id=run_id,
        account=record.account,
        mail_id=record.id,
        kind=kind,
        place=record.place,
        message_id=record.message_id,
        sha256=record.sha256,
        flags=record.flags,
    )


def _keywords(desk: Desk, decided: Sequence[Decided]) -> list[Effect]:
    """Labels as keywords, sorted so that mails with the same labels share one command."""
    if Ability.KEYWORDS not in desk.mailbox.abilities:
        return []
    effects = []
    for item in decided:
        names = [desk.labels[key].name for key in item.decision.labels if key in desk.labels]
        missing = tuple(sorted(set(names) - item.record.flags))
        if missing:
            effects.append(replace(_effect(item.run_id, item, Kind.KEYWORDS), add=missing))
    return sorted(effects, key=lambda effect: effect.add)


def _moves(desk: Desk, decided: Sequence[Decided]) -> list[Effect]:
    target = desk.mailbox.folder(Role.ARCHIVE)
    if Ability.MOVE not in desk.mailbox.abilities or target is None:
        return []
    return [
        replace(_effect(item.run_id, item, Kind.MOVE), to=target)
        for item in decided
        if item.decision.action is Action.ARCHIVE
    ]


def _drafts(desk: Desk, decided: Sequence[Decided], writer: Writer | None) -> list[Effect]:
    """One reply draft for each mail that waits for an answer; never a second one for the same mail."""
    wanted = {item.record.id: item for item in decided if item.decision.action is Action.DRAFT}
    if not wanted or Ability.DRAFTS not in desk.mailbox.abilities or desk.settings.drafts is Drafts.OFF:
        return []
    known = desk.door.known([_effect_key(item.run_id, id_, Kind.DRAFT) for id_, item in wanted.items()])
    texts = desk.read_records([item.record for item in wanted.values()])
    effects = []
    for mail_id, item in wanted.items():
        effect = _effect(item.run_id, item, Kind.DRAFT)
        if effect.key in known:
            # Written before a crash: the same draft again, or the model would be paid twice for other words.
            effects.append(known[effect.key].effect)
        elif mail_id in texts and not _drafted_before(desk, mail_id):
            effects.append(_draft(desk, effect, texts[mail_id], writer))
    return effects


def _drafted_before(desk: Desk, mail_id: str) -> bool:
    return any(done.effect.kind is Kind.DRAFT for done in desk.effects.done_to(mail_id))


def _draft(desk: Desk, effect: Effect, mail: Mail, writer: Writer | None) -> Effect:
    owner = desk.settings.owner[0] if desk.settings.owner else _addressed(mail)
    raw = compose(
        mail,
        owner_addr=owner,
        owner_name=desk.settings.owner_name,
        mail_id=effect.mail_id,
        now=desk.clock(),
        body=writer(effect.mail_id, mail) if writer else None,
    )
    return replace(effect, draft=raw, message_id=draft_message_id(effect.mail_id, owner))


def _addressed(mail: Mail) -> str:
    """The address at which the mail reached its owner, where the settings do not name one."""
    return mail.headers.get("delivered-to", "") or (mail.to[0] if mail.to else "owner@localhost.invalid")


def _claim(desk: Desk, run_id: str, decided: Sequence[Decided]) -> None:
    """Book each decided mail as a claimed outcome: the agent's own word, worth nothing until somebody accepts it."""
    items = [
        WorkItem(work_item(item.record.id), "mail", item.record.from_addr, item.record.received_at)
        for item in decided
        if item.decision.labels
    ]
    desk.work.claim(items, run_id, desk.clock())


def work_item(mail_id: str) -> str:
    """The id under which the books know a mail."""
    return f"mail:{mail_id}"


def failures(settled: Sequence[Settled]) -> list[tuple[str, State, str]]:
    """Mail id, state and note of the effects that did not simply happen."""
    odd = (State.DENIED, State.FAILED, State.UNCERTAIN)
    return [(item.effect.mail_id, item.state, item.note) for item in settled if item.state in odd]
