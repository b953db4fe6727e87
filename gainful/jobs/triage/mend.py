"""After a correction: the mail gets the label that the person gave, and comes back if it should not be out of sight."""

from __future__ import annotations

from dataclasses import replace

from gainful.core.ids import stable_id
from gainful.core.mail import MailRecord
from gainful.gate.journal import Effect, Kind
from gainful.jobs.triage.deciding.labels import Label
from gainful.jobs.triage.desk import Desk
from gainful.jobs.triage.undo import undo


def mend(desk: Desk, run_id: str, mail_id: str, label: Label) -> bool:
    """Put a mail right that was corrected after a run had acted; whether anything was changed."""
    standing = desk.effects.done_to(mail_id)
    moves = [item for item in standing if item.effect.kind is Kind.MOVE and not item.effect.reverses]
    if moves and not label.archive:
        undo(desk, run_id, moves)
    record = desk.mails.get([mail_id])[mail_id]
    given = {name for item in standing if item.effect.kind is Kind.KEYWORDS for name in item.effect.add}
    effect = _relabel(desk, run_id, record, given, label.name)
    return bool(moves and not label.archive) or (effect is not None and bool(desk.door.perform([effect])))


def _relabel(desk: Desk, run_id: str, record: MailRecord, given: set[str], name: str) -> Effect | None:
    """The effect that takes Gainful's own keywords off and puts the right one on; None when it is so already."""
    flags = desk.holds(record.place)
    if flags is None:
        return None
    effect = Effect(
        key=stable_id(run_id, record.id, "relabel", length=20),
        run_id=run_id,
        account=desk.account,
        mail_id=record.id,
        kind=Kind.KEYWORDS,
        place=record.place,
        message_id=record.message_id,
        sha256=record.sha256,
        flags=flags,
    )
    add, remove = {name} - flags, (given & flags) - {name}
    return replace(effect, add=tuple(sorted(add)), remove=tuple(sorted(remove))) if add or remove else None
