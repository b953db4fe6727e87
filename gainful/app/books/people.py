"""The people of an organisation, as a personnel system lists them: what a list would change, and the change.

    plan = people.plan(read_people(file, columns), whole=True)
    plan.changes, plan.problems
    people.apply(plan)

A list is trusted in what it says, and not where it contradicts itself or would make two people one. Whether somebody
stands on boards by themselves is their own wish, and no list changes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gainful.core.clock import Clock
from gainful.core.fact import SYSTEM, Fact, Person, Team
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.intake.people import PeopleFile, PersonRow, Problem
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import DirectoryStore, spelled
from gainful.storage.facts.fact_store import Appended, FactStore
from gainful.storage.facts.usage_store import EPOCH
from gainful.storage.gate.audit_store import AuditStore
from gainful.worth.record import Organisation

SOURCE = "people"


@dataclass(frozen=True, slots=True)
class Change:
    """What a list says that was not known.

    Args:
        what: In a few words: `new in shop`, `desk → shop`, `left on 2026-11-20`.
    """

    person: str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list of people would change.

    Args:
        facts: That say it.
        problems: What of the list is left out.
        teams: That were not known.
        same: People of whom it says nothing new.
        missing: People who are not on it; where it is the whole list, they have left.
    """

    facts: tuple[Fact, ...]
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    teams: tuple[str, ...]
    same: int
    missing: int


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is known.

    Args:
        names: All of them, the one that is shown first; empty for whoever was forgotten.
    """

    pseudonym: str
    names: tuple[str, ...]
    person: Person


class People:
    """The people of one installation.

    Args:
        owner: Who changes them.
    """

    def __init__(
        self, facts: FactStore, directory: DirectoryStore, audit: AuditStore, clock: Clock, owner: str
    ) -> None:
        self._facts = facts
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._owner = owner

    def plan(self, file: PeopleFile, *, whole: bool) -> Plan:
        """What this list would change.

        Args:
            whole: It has everybody: whoever is not on it has left.
        """
        now, who = self._clock(), self._organisation()
        rows, problems = _agreed(file.rows)
        known = self._directory.known(name for row in rows for name in (row.id, *row.identities))
        facts, changes, seen = list[Fact](), list[Change](), set[str]()
        for row in rows:
            usable, wrong = _usable(row, known, who)
            problems += wrong
            mine = known.get(row.id, "")
            seen.add(mine)
            before, after = who.people.get(mine), _after(usable, who.people.get(mine), now)
            said = _difference(
                before, after, [name for name in usable.identities if not mine or known.get(name) != mine], now
            )
            if said:
                facts.append(after)
                changes.append(Change(row.id, said))
        missing = [one for id_, one in who.people.items() if id_ not in seen and not _gone(one, now)]
        if whole:
            names = self._directory.names(one.id for one in missing)
            left = [replace(one, id=names[one.id], at=now, left_at=now) for one in missing if one.id in names]
            facts += left
            changes += [Change(one.id, "is not on the list: has left") for one in left]
        teams = {fact.team for fact in facts if isinstance(fact, Person)} - {"", *who.teams}
        return Plan(
            facts=(*(Team(at=now, id=team) for team in sorted(teams)), *facts),
            changes=tuple(changes),
            problems=tuple(sorted((*file.problems, *problems), key=lambda one: one.line)),
            teams=tuple(sorted(teams)),
            same=len(rows) + (len(missing) if whole else 0) - len(changes),
            missing=len(missing),
        )

    def apply(self, plan: Plan) -> Appended:
        """Book what a list says; that it was, and by whom, is in the audit log."""
        if not plan.facts:
            return Appended()
        detail = {"people": len(plan.changes), "new teams": len(plan.teams)}
        event = AuditEvent(self._clock(), AuditKind.PRIVACY, actor=self._owner, verdict="imported", detail=detail)
        with transaction(self._facts.engine) as connection:
            self._audit.append_in(connection, [event])
            return self._facts.append_in(connection, plan.facts, SOURCE)

    def listed(self) -> list[Known]:
        """Everybody, by team and name."""
        names = self._directory.everybodys_names()
        people = self._organisation().people
        found = [Known(id_, tuple(names.get(id_, ())), person) for id_, person in people.items()]
        return sorted(found, key=lambda one: (one.person.team, one.names or (one.pseudonym,)))

    def _organisation(self) -> Organisation:
        return self._facts.record(EPOCH, self._clock() + timedelta(microseconds=1)).organisation()


# --- what a list says -------------------------------------------------------------------------------------------------


def _agreed(rows: Sequence[PersonRow]) -> tuple[list[PersonRow], list[Problem]]:
    """One row a person, and the lines that contradict each other."""
    by_id: defaultdict[str, list[PersonRow]] = defaultdict(list)
    for row in rows:
        by_id[spelled(row.id)].append(row)
    agreed, problems = list[PersonRow](), list[Problem]()
    for mine in by_id.values():
        # Of somebody who left and came back, the row without an end holds.
        there = [row for row in mine if row.left_at is None] or [max(mine, key=lambda row: (row.left_at, row.line))]
        others = {(row.team, row.eligible) for row in there}
        if len(others) > 1:
            lines = " and ".join(str(row.line) for row in there)
            reason = f"Lines {lines} disagree about '{there[0].id}', and are left out."
            problems.append(Problem(there[-1].line, reason))
            continue
        names = tuple(dict.fromkeys(name for row in mine for name in row.identities))
        since = min((row.since for row in mine if row.since is not None), default=None)
        agreed.append(replace(there[-1], identities=names, since=since))
    shared = _shared(agreed)
    for row in agreed:
        twice = [name for name in row.identities if spelled(name) in shared]
        problems += [Problem(row.line, f"'{name}' stands for others too, and is left out.") for name in twice]
    kept = [
        replace(row, identities=tuple(name for name in row.identities if spelled(name) not in shared)) for row in agreed
    ]
    return kept, problems


def _shared(rows: Sequence[PersonRow]) -> set[str]:
    """Names that several people of a list have: a mailbox of a team, a slip."""
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in (row.id, *row.identities):
            whose[spelled(name)].add(spelled(row.id))
    return {name for name, people in whose.items() if len(people) > 1}


def _usable(row: PersonRow, known: Mapping[str, str], who: Organisation) -> tuple[PersonRow, list[Problem]]:
    """The row with those names alone that belong to nobody else."""
    mine, kept, problems = known.get(row.id, ""), list[str](), list[Problem]()
    for name in row.identities:
        other = known.get(name, "")
        taken = other != mine and (other in who.people or other in who.accounts)
        if taken or name in who.agents or name.startswith(SYSTEM):
            whose = "an account" if other in who.accounts else "somebody else" if taken else "no person"
            problems.append(Problem(row.line, f"'{name}' is known as {whose}, and is left out."))
        else:
            kept.append(name)
    return replace(row, identities=tuple(kept)), problems


def _after(row: PersonRow, before: Person | None, now: datetime) -> Person:
    """The person as the row has them; of what it does not say, as they were."""
    known = before or Person(at=row.since or now, id=row.id)
    return Person(
        at=now if before is not None else known.at,
        id=row.id,
        team=known.team if row.team is None else row.team,
        identities=row.identities,
        eligible=known.eligible if row.eligible is None else row.eligible,
        on_board=known.on_board,
        left_at=row.left_at if row.tells_left else known.left_at,
    )


def _difference(before: Person | None, after: Person, names: Sequence[str], now: datetime) -> str:
    """What is new about a person, in a few words; empty where nothing is."""
    if before is None:
        gone = f", left on {after.left_at:%Y-%m-%d}" if after.left_at is not None else ""
        return f"new in {after.team or 'no team'}{gone}"
    said = []
    if before.team != after.team:
        said.append(f"{before.team or 'no team'} → {after.team or 'no team'}")
    if before.eligible != after.eligible:
        said.append("eligible" if after.eligible else "not eligible any more")
    if before.left_at != after.left_at:
        said.append("is back" if after.left_at is None else f"{_leaves(after.left_at, now)} {after.left_at:%Y-%m-%d}")
    if names:
        said.append(f"also known as {', '.join(names)}")
    return "; ".join(said)


def _leaves(at: datetime, now: datetime) -> str:
    return "left on" if at <= now else "leaves on"


def _gone(person: Person, now: datetime) -> bool:
    return person.left_at is not None and person.left_at <= now
