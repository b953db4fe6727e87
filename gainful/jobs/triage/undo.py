"""Taking effects back: mails return to their folder and flags, drafts go to the trash, and what the person has
changed since is left alone and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gainful.core.ids import stable_id
from gainful.core.mail import MailRecord, Place, Role
from gainful.gate.journal import Effect, Kind, Settled, State
from gainful.jobs.triage.act import work_item
from gainful.jobs.triage.desk import Desk
from gainful.ledger.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Left:
    """One mail that was not put back as it had been, and why."""

    mail_id: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did.

    Args:
        restored: Ids of mails that are again in the folder and have the keywords they had.
        left: Mails that the person has changed since, or that could not be put back.
    """

    restored: tuple[str, ...]
    left: tuple[Left, ...]


def undo(desk: Desk, run_id: str, standing: Sequence[Settled]) -> Undone:
    """Take these standing effects back, moves first, so that keywords are taken off where the mail then lies.

    Args:
        run_id: Of the undo itself. Repeating it after a crash goes on where it stopped.
    """
    done = [item for item in standing if item.state is State.DONE]
    left: list[Left] = []
    # An undo that died half way finds the rest standing; what it had restored then still counts as restored.
    before = [item.effect.mail_id for item in desk.effects.done_in(run_id) if item.effect.mail_id]
    ids = list(dict.fromkeys([*before, *(item.effect.mail_id for item in done)]))
    desk.prepare(run_id, ids)
    for kinds in ((Kind.MOVE,), (Kind.KEYWORDS,), (Kind.DRAFT,)):
        chosen = [item for item in done if item.effect.kind in kinds]
        records = desk.mails.get([item.effect.mail_id for item in chosen])
        effects = _reversals(desk, run_id, chosen, records, left)
        for outcome in desk.door.perform(effects):
            if outcome.state is not State.DONE:
                left.append(_left(records, done, outcome.effect, outcome.note))
    unhappy = {item.mail_id: item for item in reversed(left)}
    restored = tuple(mail_id for mail_id in ids if mail_id not in unhappy)
    _reverse_claims(desk, run_id, restored)
    return Undone(restored, tuple(unhappy.values()))


def _reversals(
    desk: Desk, run_id: str, chosen: Sequence[Settled], records: dict[str, MailRecord], left: list[Left]
) -> list[Effect]:
    """The effects that take these back; what cannot be taken back is added to `left`."""
    present = _present(desk, [_place_now(item, records) for item in chosen])
    effects = []
    for item in chosen:
        place = _place_now(item, records)
        flags = present.get(place) if place else None
        if place is None or flags is None:
            left.append(Left(item.effect.mail_id, _subject(records, item), _gone(item)))
            continue
        back = _reversal(desk, run_id, item, place, flags)
        if back is not None:
            effects.append(back)
    return sorted(effects, key=lambda effect: (effect.place.folder, effect.to, effect.add, effect.remove))


def _reversal(desk: Desk, run_id: str, item: Settled, place: Place, flags: frozenset[str]) -> Effect | None:
    effect = item.effect
    back = replace(
        effect,
        key=stable_id(run_id, effect.key, length=20),
        run_id=run_id,
        place=place,
        flags=flags,
        add=(),
        remove=(),
        to="",
        draft=b"",
        reverses=effect.key,
    )
    if effect.kind is Kind.MOVE:
        return replace(back, to=effect.place.folder)
    if effect.kind is Kind.KEYWORDS:
        # Only what was added then: a keyword that the mail had before, or got from the person, is not ours.
        return replace(back, remove=effect.add, add=effect.remove)
    trash = desk.mailbox.folder(Role.TRASH)
    # A draft is not the mail it answers, so its move must not change where the books think that mail lies.
    return replace(back, kind=Kind.MOVE, to=trash, mail_id="") if trash else None


def _present(desk: Desk, places: Sequence[Place | None]) -> dict[Place, frozenset[str]]:
    """The flags of the mails that are still at their places, asked for folder by folder."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for place in places:
        if place is not None:
            wanted.setdefault((place.folder, place.validity), []).append(place.uid)
    found = {}
    for (folder, validity), uids in wanted.items():
        flags = desk.mailbox.flags(folder, uids)
        if flags and desk.mailbox.validity(folder) == validity:
            found.update({Place(folder, validity, uid): flags[uid] for uid in uids if uid in flags})
    return found


def _place_now(item: Settled, records: dict[str, MailRecord]) -> Place | None:
    """Where the mail (or the draft) was left."""
    if item.effect.kind is Kind.KEYWORDS:
        record = records.get(item.effect.mail_id)
        return record.place if record else None
    return item.after


def _gone(item: Settled) -> str:
    if item.effect.kind is Kind.DRAFT:
        return "You edited, sent or deleted the draft since."
    return "You moved or deleted it since."


def _subject(records: dict[str, MailRecord], item: Settled) -> str:
    record = records.get(item.effect.mail_id)
    return record.subject if record else ""


def _left(records: dict[str, MailRecord], done: Sequence[Settled], effect: Effect, note: str) -> Left:
    mail_id = effect.mail_id or next(item.effect.mail_id for item in done if item.effect.key == effect.reverses)
    record = records.get(mail_id)
    return Left(mail_id, record.subject if record else "", note)


def _reverse_claims(desk: Desk, run_id: str, mail_ids: Sequence[str]) -> None:
    """Book that these results did not stand: a claim is rejected, an accepted one reversed."""
    for mail_id in mail_ids:
        for outcome in (Outcome.REJECTED, Outcome.REVERSED):
            if desk.work.judge(work_item(mail_id), outcome, f"undo:{run_id}", desk.clock(), run_id, "Undone."):
                break
