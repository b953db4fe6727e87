"""What has woken agents, or would have: claimed before it is dispatched, so that it is dispatched once.

claimed = store.claim([Candidate(occurrence, digest)], at)      # those that are this caller's to start
for occurrence in claimed:
    start(occurrence)                                           # the same occurrence is the same run
    store.started(occurrence.id, at)
store.unfinished()                                              # claimed by somebody who died before starting

A row is the claim. Whoever writes it dispatches it, and nobody else does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, delete, insert, or_, select, update

from gainful.core.ids import stable_id
from gainful.core.occurrence import Occurrence, occurrence_from
from gainful.core.redaction import redact
from gainful.core.value import Json
from gainful.storage.database import reading, transaction
from gainful.storage.schema import calls, object_labels, occurrences, trigger_marks


class OccurrenceState(StrEnum):
    """What has become of an occurrence."""

    CLAIMED = "claimed"
    """It is to be started, by whoever claimed it or, if they died, by whoever looks after them."""
    STARTED = "started"
    UNCHANGED = "unchanged"
    """What the run would have been told was the same as the last time: nothing was started, and nothing was paid."""
    MISSED = "missed"
    """Gainful did not run at that time, and the trigger does not make up for it."""
    REFUSED = "refused"
    LEFT = "left"
    """Chance left it to be done by hand, to measure what the agent saves."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An occurrence that is to be dispatched if nobody else has done so.

    Args:
        digest: Of what tells whether anything is new; empty when that is not asked.
        missed: Why it is written down only, and not started.
        refused: The same, where it was not to be started at any time.
    """

    occurrence: Occurrence
    digest: str = ""
    missed: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one trigger has been looked after.

    Args:
        considered_to: Everything up to this instant has been.
        state: What the trigger remembers besides, as JSON.
    """

    agent: str
    trigger: str
    considered_to: datetime
    state: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    """An occurrence with what has become of it.

    Args:
        run_id: Of the run that it is, or would have been.
    """

    occurrence: Occurrence
    state: OccurrenceState
    run_id: str
    claimed_at: datetime
    note: str = ""
    settled_at: datetime | None = None


class OccurrenceStore:
    """Occurrences and how far triggers have been looked after. Safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- claiming ---

    def claim(self, candidates: Sequence[Candidate], at: datetime) -> list[Occurrence]:
        """Those that are this caller's to start, as they were written down. What is known already is left out."""
        if not candidates:
            return []
        with transaction(self._engine) as connection:
            return _claim(connection, candidates, at)

    def advance(
        self, seen: Mark | None, mark: Mark, candidates: Sequence[Candidate], at: datetime
    ) -> list[Occurrence] | None:
        """As `claim`, and note at the same time how far the trigger has been looked after.

        Args:
            seen: What stood there when the candidates were found.

        Returns:
            None when something else stands there now: somebody else looked after it. Nothing was changed.
        """
        with transaction(self._engine) as connection:
            if _mark(connection, mark.agent, mark.trigger) != seen:
                return None
            _put_mark(connection, mark, at)
            return _claim(connection, candidates, at)

    def started(self, occurrence_id: str, at: datetime) -> None:
        """Note that its run has begun. Noting it again changes nothing."""
        with transaction(self._engine) as connection:
            row = connection.execute(
                select(occurrences).where(occurrences.c.id == occurrence_id, occurrences.c.state == _CLAIMED)
            ).first()
            if row is not None:
                _settle(connection, row.id, OccurrenceState.STARTED, "", at)
                if row.input_digest:
                    _remember(connection, row, at)

    def refused(self, occurrence_id: str, note: str, at: datetime) -> None:
        """Note why it was not started."""
        with transaction(self._engine) as connection:
            _settle(connection, occurrence_id, OccurrenceState.REFUSED, redact(note), at)

    def left(self, occurrence_id: str, at: datetime) -> None:
        """Note that chance left it to be done by hand."""
        with transaction(self._engine) as connection:
            _settle(connection, occurrence_id, OccurrenceState.LEFT, "", at)

    def unfinished(self, before: datetime | None = None, after: datetime | None = None) -> list[Occurrence]:
        """Those that were claimed and not started, oldest first.

        Args:
            before, after: Only those that were claimed before the one, or after the other: not by somebody who is
                just about to start them. After now lies what was claimed before a clock was set back.
        """
        query = select(occurrences).where(occurrences.c.state == _CLAIMED)
        bounds = []
        if before is not None:
            bounds.append(occurrences.c.claimed_at < _instant(before))
        if after is not None:
            bounds.append(occurrences.c.claimed_at > _instant(after))
        if bounds:
            query = query.where(or_(*bounds))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(occurrences.c.due_at, occurrences.c.id)).all()
        return [_record(row).occurrence for row in rows]

    def is_claimed(self, occurrence_id: str) -> bool:
        """Whether it is claimed, and neither started nor refused yet."""
        query = select(occurrences.c.state).where(occurrences.c.id == occurrence_id)
        with reading(self._engine) as connection:
            return connection.scalar(query) == _CLAIMED

    # --- marks ---

    def marks(self) -> dict[tuple[str, str], Mark]:
        """How far each trigger has been looked after, by agent and trigger."""
        with reading(self._engine) as connection:
            found = [_mark_of(row) for row in connection.execute(select(trigger_marks))]
        return {(mark.agent, mark.trigger): mark for mark in found}

    def mark(self, agent: str, trigger: str) -> Mark | None:
        """How far one trigger has been looked after; None when it never was."""
        with reading(self._engine) as connection:
            return _mark(connection, agent, trigger)

    # --- looking ---

    def find(self, occurrence_id: str) -> OccurrenceRecord | None:
        """One occurrence with what has become of it."""
        return self._one(occurrences.c.id == occurrence_id)

    def of_run(self, run_id: str) -> OccurrenceRecord | None:
        """The occurrence that a run is for; None when the run is for none."""
        return self._one(occurrences.c.run_id == run_id)

    def recent(self, agent: str, limit: int = 20) -> list[OccurrenceRecord]:
        """The last ones of an agent, newest first."""
        query = select(occurrences).where(occurrences.c.agent == agent)
        query = query.order_by(occurrences.c.claimed_at.desc(), occurrences.c.due_at.desc(), occurrences.c.id)
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query.limit(limit))]

    def left_since(self, at: datetime) -> list[OccurrenceRecord]:
        """Those that chance left to be done by hand since then, oldest first."""
        here = (occurrences.c.state == OccurrenceState.LEFT, occurrences.c.claimed_at >= _instant(at))
        query = select(occurrences).where(*here).order_by(occurrences.c.claimed_at, occurrences.c.id)
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query)]

    # --- how far from a person ---

    def hops_of_mail(self, message_id: str, since: datetime) -> int:
        """How many agents' messages lie between a mail and a person: 0 when no run of ours has sent it since then."""
        if not _OWN_MAIL.fullmatch(message_id):
            return 0
        sent = and_(calls.c.tool == "mail.send", calls.c.intended_at >= _instant(since))
        query = select(calls.c.run_id).where(sent, calls.c.result.contains(message_id[1:41], autoescape=True)).limit(1)
        with reading(self._engine) as connection:
            return _after(connection, connection.scalar(query))

    def hops_of_object(self, name: str, changed_at: datetime) -> int:
        """How many agents' writings lie between an object and a person: 0 when somebody else has changed it since.

        Args:
            name: Such as `file:notes/todo.md`.
        """
        with reading(self._engine) as connection:
            row = connection.execute(select(object_labels).where(object_labels.c.object == name)).first()
            if row is None or changed_at > datetime.fromisoformat(row.at) + _WRITTEN_DOWN:
                return 0
            return _after(connection, row.run_id)

    def _one(self, condition: Any) -> OccurrenceRecord | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(occurrences).where(condition).limit(1)).first()
        return _record(row) if row is not None else None


def run_id_of(occurrence: Occurrence) -> str:
    """Id of the run that an occurrence is: started again after a crash, it is the same run."""
    return stable_id("occurrence", occurrence.id)


_OWN_MAIL = re.compile(r"<[0-9a-f]{40}@[^<>\s]{1,250}>")
"""A Message-ID as our letters have it."""

_WRITTEN_DOWN = timedelta(seconds=2)
"""How long after a tool has written an object its run may note that it did."""

_CLAIMED = OccurrenceState.CLAIMED
_INPUT = "input"
_KEPT = "kept"


def _claim(connection: Connection, candidates: Sequence[Candidate], at: datetime) -> list[Occurrence]:
    mine = []
    for candidate in candidates:
        occurrence = _without_secrets(candidate.occurrence)
        known = connection.scalar(select(occurrences.c.state).where(occurrences.c.id == occurrence.id))
        # What was passed over may come again: its time does when a clock that had run ahead is set right.
        if known is not None and (known != OccurrenceState.MISSED or candidate.missed):
            continue
        state, note = _state(connection, candidate)
        if known is not None:
            connection.execute(delete(occurrences).where(occurrences.c.id == occurrence.id))
        connection.execute(insert(occurrences), [_row(occurrence, candidate.digest, state, note, at)])
        if state is OccurrenceState.CLAIMED:
            mine.append(occurrence)
    return mine


def _state(connection: Connection, candidate: Candidate) -> tuple[OccurrenceState, str]:
    if candidate.refused:
        return OccurrenceState.REFUSED, candidate.refused
    if candidate.missed:
        return OccurrenceState.MISSED, candidate.missed
    occurrence = candidate.occurrence
    if candidate.digest and candidate.digest == _last_input(connection, occurrence.agent, occurrence.trigger):
        return OccurrenceState.UNCHANGED, ""
    return OccurrenceState.CLAIMED, ""


def _last_input(connection: Connection, agent: str, trigger: str) -> str:
    """The digest of what the trigger's last run was told, or the one that is about to begin."""
    here = and_(occurrences.c.agent == agent, occurrences.c.trigger == trigger, occurrences.c.state == _CLAIMED)
    query = select(occurrences.c.input_digest).where(here).order_by(occurrences.c.due_at.desc()).limit(1)
    waiting = connection.scalar(query)
    if waiting:
        return str(waiting)
    found = connection.scalar(select(trigger_marks.c.state).where(_of(agent, trigger)))
    return str(json.loads(found).get(_INPUT, "")) if found is not None else ""


def _remember(connection: Connection, row: Row[Any], at: datetime) -> None:
    """Keep the digest of what a run was told. With the mark, and not found by time: clocks are set back."""
    mark = _mark(connection, row.agent, row.trigger)
    found = mark or Mark(row.agent, row.trigger, datetime.fromisoformat(row.due_at))
    _put_mark(connection, found, at, row.input_digest)


def _of(agent: str, trigger: str) -> Any:
    return and_(trigger_marks.c.agent == agent, trigger_marks.c.trigger == trigger)


def _mark(connection: Connection, agent: str, trigger: str) -> Mark | None:
    row = connection.execute(select(trigger_marks).where(_of(agent, trigger))).first()
    return _mark_of(row) if row is not None else None


def _mark_of(row: Row[Any]) -> Mark:
    return Mark(row.agent, row.trigger, datetime.fromisoformat(row.considered_to), json.loads(row.state)[_KEPT])


def _put_mark(connection: Connection, mark: Mark, at: datetime, last_input: str | None = None) -> None:
    before = connection.scalar(select(trigger_marks.c.state).where(_of(mark.agent, mark.trigger)))
    if last_input is None:
        last_input = str(json.loads(before).get(_INPUT, "")) if before is not None else ""
    values = {
        "considered_to": _instant(mark.considered_to),
        "state": json.dumps({_INPUT: last_input, _KEPT: dict(mark.state)}),
        "at": _instant(at),
    }
    if before is not None:
        connection.execute(update(trigger_marks).where(_of(mark.agent, mark.trigger)).values(**values))
    else:
        connection.execute(insert(trigger_marks), [{"agent": mark.agent, "trigger": mark.trigger, **values}])


def _after(connection: Connection, run_id: str | None) -> int:
    """How far from a person that is which this run has made."""
    if run_id is None:
        return 0
    found = connection.scalar(select(occurrences.c.input).where(occurrences.c.run_id == run_id).limit(1))
    return 1 + (occurrence_from(json.loads(found)).hops if found is not None else 0)


def _settle(connection: Connection, occurrence_id: str, state: OccurrenceState, note: str, at: datetime) -> None:
    here = and_(occurrences.c.id == occurrence_id, occurrences.c.state == _CLAIMED)
    values = {"state": state, "note": note, "settled_at": _instant(at)}
    connection.execute(update(occurrences).where(here).values(**values))


def _row(occurrence: Occurrence, digest: str, state: OccurrenceState, note: str, at: datetime) -> dict[str, str]:
    return {
        "id": occurrence.id,
        "agent": occurrence.agent,
        "trigger": occurrence.trigger,
        "due_at": _instant(occurrence.at),
        "claimed_at": _instant(at),
        "state": state,
        "run_id": run_id_of(occurrence),
        "input_digest": digest,
        "input": json.dumps(occurrence.as_json()),
        "note": note,
        "settled_at": "" if state is OccurrenceState.CLAIMED else _instant(at),
    }


def _record(row: Row[Any]) -> OccurrenceRecord:
    return OccurrenceRecord(
        occurrence=occurrence_from(json.loads(row.input)),
        state=OccurrenceState(row.state),
        run_id=row.run_id,
        claimed_at=datetime.fromisoformat(row.claimed_at),
        note=row.note,
        settled_at=datetime.fromisoformat(row.settled_at) if row.settled_at else None,
    )


def _without_secrets(occurrence: Occurrence) -> Occurrence:
    """The occurrence as it may lie in the database: a password that somebody typed into a chat is not kept."""
    about = {name: _redacted(value) for name, value in occurrence.about.items()}
    return replace(occurrence, about=about, words=redact(occurrence.words))


def _redacted(value: Json) -> Json:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(name)): _redacted(part) for name, part in value.items()}
    if isinstance(value, Iterable):
        return [_redacted(part) for part in value]
    return value


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
