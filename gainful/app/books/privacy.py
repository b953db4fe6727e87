"""What people may ask of the books about themselves, and how long anything is kept.

    privacy.export("ann@example.org")       # everything about them, a JSON object each
    privacy.forget("ann@example.org")       # their work stays, as nobody's
    privacy.delete_old()                    # what the settings do not keep any longer

Each of these is written into the audit log, under the pseudonym.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.fact import Person
from gainful.core.value import Json
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.personal_store import PersonalStore
from gainful.storage.facts.retention_store import RetentionStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.worth.assessment_store import AssessmentStore
from gainful.worth.json import standing_json


class PersonUnknown(Invalid):
    """Nobody is known by this name, or not any more."""

    code = "person-unknown"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a kind of fact is kept.

    Args:
        over: How many are older, and go next.
    """

    kind: str
    days: int
    before: datetime
    over: int


class Privacy:
    """What one installation keeps about people.

    Args:
        keep_days: How long, by kind of fact; others are kept for good.
        owner: Who acts.
    """

    def __init__(
        self,
        facts: FactStore,
        directory: DirectoryStore,
        tellings: AssessmentStore,
        audit: AuditStore,
        keep_days: Mapping[str, int],
        clock: Clock,
        owner: str,
    ) -> None:
        self._facts = facts
        self._directory = directory
        self._tellings = tellings
        self._audit = audit
        self._personal = PersonalStore(facts.engine)
        self._retention = RetentionStore(facts.engine)
        self._keep_days = keep_days
        self._clock = clock
        self._owner = owner

    def export(self, name: str) -> Iterator[dict[str, Any]]:
        """Everything that is kept about somebody: names, facts, their row of the last telling, and who looked at it.

        Facts are as `gainful import events` reads them. Others stand in them under pseudonyms.

        Raises:
            PersonUnknown: Nobody is known by this name.
        """
        person = self._person(name)
        names, people = self._directory.identities(person), self._directory.all_of(person)
        self._audit.append([self._event("exported", {"person": person})])
        shown = self._directory.names([person]).get(person, names[0])
        yield from ({"kind": "name", "name": one} for one in names)
        for fact in self._personal.facts_about(people):
            yield {key: shown if value in people else value for key, value in fact.items()}
        told = self._tellings.latest()
        standing = self._tellings.standing(told.id, "person", person) if told is not None else None
        if standing is not None:
            yield {**standing_json(standing), "kind": "standing", "unit": shown}
        yield from ({"kind": "look", **look} for look in self._personal.looks([*people, *names]))

    def forget(self, name: str) -> int:
        """Erase all names of somebody, and let them have left; their work stays, as nobody's. Returns how many names.

        What systems report of them later is about somebody new. Reported again, what was reported before is, too.

        Raises:
            PersonUnknown: Nobody is known by this name.
        """
        person, now = self._person(name), self._clock()
        people = self._directory.all_of(person)
        known = self._facts.record(now - timedelta(days=1), now + timedelta(days=1)).organisation().people.get(person)
        with transaction(self._facts.engine) as connection:
            if known is not None:
                left = Person(at=now, id=name, team=known.team, eligible=False, left_at=known.left_at or now)
                self._facts.append_in(connection, [left], "people")
            names = self._directory.forget_in(connection, person)
            self._personal.unname_in(connection, person, people, names)
            self._audit.append_in(connection, [self._event("forgotten", {"person": person, "names": len(names)})])
        return len(names)

    def keeping(self) -> list[Keeping]:
        """What is kept for how long, and how much of it is older."""
        now = self._clock()
        return [
            Keeping(kind, days, now - timedelta(days=days), self._retention.count(kind, now - timedelta(days=days)))
            for kind, days in sorted(self._keep_days.items())
        ]

    def delete_old(self) -> dict[str, int]:
        """Delete what the settings do not keep any longer. Returns how many of each kind; none where none are over."""
        gone = {one.kind: self._retention.forget(one.kind, one.before) for one in self.keeping() if one.over}
        if gone:
            self._audit.append([self._event("deleted", dict(gone))])
        return gone

    def _person(self, name: str) -> str:
        person = self._directory.pseudonym(name)
        if not person:
            raise PersonUnknown(f"Nobody is known as '{name[:80]}'.", "`gainful people list` shows who is.")
        return person

    def _event(self, verdict: str, detail: Mapping[str, Json]) -> AuditEvent:
        return AuditEvent(self._clock(), AuditKind.PRIVACY, actor=self._owner, verdict=verdict, detail=detail)
