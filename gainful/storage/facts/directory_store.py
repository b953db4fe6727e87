"""Who stands behind each pseudonym: the one place where people stand by name, and where they can be forgotten.

    directory = DirectoryStore(engine)
    with transaction(engine) as connection:
        directory.pseudonyms_in(connection, ["ann@example.org"])   # {"ann@example.org": "p-7h2k9…"}

Facts keep pseudonyms alone. Erasing a person's names here leaves all sums and the chain as they are, and nobody can
tell any more whose work it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from gainful.core.fact import SYSTEM, Person
from gainful.core.ids import IdFactory, random_id
from gainful.storage.database import reading
from gainful.storage.schema import members, pseudonyms, same_people

CHUNK = 500
PSEUDONYM = "p-"

_KNOWN = select(pseudonyms.c.identity, pseudonyms.c.pseudonym).where(
    pseudonyms.c.identity.in_(bindparam("identities", expanding=True))
)
_SAME = select(same_people).where(same_people.c.pseudonym.in_(bindparam("people", expanding=True)))
_TEAMS = select(members.c.pseudonym, members.c.team).where(members.c.pseudonym.in_(bindparam("people", expanding=True)))


def spelled(identity: str) -> str:
    """The identity in the one spelling that is kept: addresses in small letters."""
    found = identity.strip()
    return found.lower() if "@" in found else found


def acts_by_itself(identity: str) -> bool:
    """Whether it is no person, and stands as it is: a system, or nobody."""
    return not identity or identity.startswith(SYSTEM)


class DirectoryStore:
    """The people of one installation."""

    def __init__(self, engine: Engine, new_id: IdFactory = lambda: random_id(12)) -> None:
        self._engine = engine
        self._new_id = new_id

    # --- pseudonyms ---------------------------------------------------------------------------------------------------

    def pseudonyms_in(self, connection: Connection, identities: Iterable[str]) -> dict[str, str]:
        """A pseudonym for each of these identities, made where there is none; systems stand for themselves."""
        wanted = dict.fromkeys(identities)
        found = {identity: identity for identity in wanted if acts_by_itself(identity)}
        by_spelling: dict[str, list[str]] = {}
        for identity in wanted:
            if identity not in found:
                by_spelling.setdefault(spelled(identity), []).append(identity)
        known = _looked_up(connection, list(by_spelling))
        fresh = {name: PSEUDONYM + self._new_id() for name in by_spelling if name not in known}
        if fresh:
            rows = [{"identity": name, "pseudonym": made, "main": 1} for name, made in fresh.items()]
            connection.execute(insert(pseudonyms), rows)
        for name, given in by_spelling.items():
            found.update(dict.fromkeys(given, known.get(name) or fresh[name]))
        return found

    def pseudonym(self, identity: str) -> str:
        """The pseudonym of somebody who is known, and of the one they turned out to be; empty where there is none."""
        with reading(self._engine) as connection:
            found = _looked_up(connection, [spelled(identity)]).get(spelled(identity), "")
            return self.survivors_in(connection).get(found, found)

    def known(self, identities: Iterable[str]) -> dict[str, str]:
        """The pseudonym of each of these identities that has one, of the one they turned out to be."""
        wanted = list(dict.fromkeys(identities))
        with reading(self._engine) as connection:
            found = _looked_up(connection, list({spelled(one) for one in wanted}))
            same = self.survivors_in(connection)
        return {one: same.get(found[key], found[key]) for one in wanted if (key := spelled(one)) in found}

    def everybodys_names(self) -> dict[str, list[str]]:
        """All names, by the pseudonym that they turned out to be; the main one first."""
        names: dict[str, list[str]] = {}
        with reading(self._engine) as connection:
            same = self.survivors_in(connection)
            query = select(pseudonyms).order_by(pseudonyms.c.main.desc(), pseudonyms.c.identity)
            for row in connection.execute(query):
                names.setdefault(same.get(row.pseudonym, row.pseudonym), []).append(row.identity)
        return names

    def all_of(self, person: str) -> list[str]:
        """This pseudonym, and those that turned out to be the same person."""
        with reading(self._engine) as connection:
            return [person, *(one for one, kept in self.survivors_in(connection).items() if kept == person)]

    def names(self, people: Iterable[str]) -> dict[str, str]:
        """The main name of each of these pseudonyms that has one."""
        wanted = list(dict.fromkeys(people))
        names: dict[str, str] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), CHUNK):
                query = select(pseudonyms).where(pseudonyms.c.pseudonym.in_(wanted[start : start + CHUNK]))
                for row in connection.execute(query.order_by(pseudonyms.c.main, pseudonyms.c.identity)):
                    names[row.pseudonym] = row.identity
        return names

    def identities(self, person: str) -> list[str]:
        """Every name of a pseudonym, and of those that turned out to be the same person."""
        query = select(pseudonyms.c.identity).where(pseudonyms.c.pseudonym.in_(self.all_of(person)))
        with reading(self._engine) as connection:
            return sorted(connection.scalars(query))

    def survivors_in(self, connection: Connection) -> dict[str, str]:
        """Of each pseudonym that turned out to be somebody else's, whose."""
        known = {row.pseudonym: row.survivor for row in connection.execute(select(same_people))}
        return {one: _followed(one, known) for one in known}

    # --- what facts say -----------------------------------------------------------------------------------------------

    def learn_in(self, connection: Connection, people: Sequence[Person], given: Mapping[str, str]) -> None:
        """Take note of people's other names and teams; what is older than what is known of a team changes nothing.

        Args:
            given: The pseudonyms of their identities.
        """
        if not people:
            return
        survivors = self.survivors_in(connection)
        joined: list[dict[str, str]] = []
        others: list[dict[str, str]] = []
        teams: dict[str, tuple[int, str]] = {}
        for person in people:
            mine, at = _followed(given[person.id], survivors), microseconds(person.at)
            for identity in person.identities:
                other = _followed(given[identity], survivors)
                if other != mine and not acts_by_itself(other):
                    joined.append({"pseudonym": other, "survivor": mine})
                    survivors[other] = mine
                if spelled(identity) != spelled(person.id):
                    others.append({"name": spelled(identity)})
            if mine not in teams or teams[mine][0] <= at:
                teams[mine] = (at, person.team)
        if joined:
            connection.execute(insert(same_people), joined)
        if others:
            connection.execute(
                update(pseudonyms).where(pseudonyms.c.identity == bindparam("name")).values(main=0), others
            )
        _into_teams(connection, teams)

    def teams_in(self, connection: Connection, people: Sequence[str]) -> dict[str, str]:
        """The team of each of these pseudonyms that has one now, by itself or as whoever they turned out to be."""
        same: dict[str, str] = {}
        for start in range(0, len(people), CHUNK):
            rows = connection.execute(_SAME, {"people": people[start : start + CHUNK]})
            same.update((row.pseudonym, row.survivor) for row in rows)
        if same:
            every = self.survivors_in(connection)
            same = {one: every[one] for one in same}
        wanted = list({same.get(one, one) for one in people})
        teams: dict[str, str] = {}
        for start in range(0, len(wanted), CHUNK):
            rows = connection.execute(_TEAMS, {"people": wanted[start : start + CHUNK]})
            teams.update((row.pseudonym, row.team) for row in rows)
        return {one: teams[same.get(one, one)] for one in people if same.get(one, one) in teams}

    # --- forgetting ---------------------------------------------------------------------------------------------------

    def forget_in(self, connection: Connection, person: str) -> list[str]:
        """Erase every name of this pseudonym. Returns the names that were erased; their work stays, as nobody's.

        What systems report about them later begins a new pseudonym.
        """
        if connection.dialect.name == "sqlite":
            # Deleted rows are overwritten with zeros, so that no name stays behind in a free page.
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        same = [one for one, survivor in self.survivors_in(connection).items() if survivor == person]
        here = pseudonyms.c.pseudonym.in_([person, *same])
        names = sorted(connection.scalars(select(pseudonyms.c.identity).where(here)))
        connection.execute(delete(pseudonyms).where(here))
        return names


def _into_teams(connection: Connection, teams: Mapping[str, tuple[int, str]]) -> None:
    """Note when somebody came into a team, unless something later is known."""
    people, known = list(teams), dict[str, int]()
    for start in range(0, len(people), CHUNK):
        query = select(members).where(members.c.pseudonym.in_(people[start : start + CHUNK]))
        known.update((row.pseudonym, row.at) for row in connection.execute(query))
    rows = [
        {"person": person, "into": team, "since": at}
        for person, (at, team) in teams.items()
        if person not in known or known[person] <= at
    ]
    fresh = [row for row in rows if row["person"] not in known]
    changed = [row for row in rows if row["person"] in known]
    values: dict[str, Any] = {"team": bindparam("into"), "at": bindparam("since")}
    if fresh:
        connection.execute(insert(members).values(pseudonym=bindparam("person"), **values), fresh)
    if changed:
        connection.execute(update(members).where(members.c.pseudonym == bindparam("person")).values(**values), changed)


def _looked_up(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    known: dict[str, str] = {}
    for start in range(0, len(names), CHUNK):
        rows = connection.execute(_KNOWN, {"identities": names[start : start + CHUNK]})
        known.update((row.identity, row.pseudonym) for row in rows)
    return known


def _followed(one: str, known: Mapping[str, str]) -> str:
    seen = {one}
    while (one := known.get(one, one)) in known and one not in seen:
        seen.add(one)
    return one


def microseconds(at: datetime) -> int:
    """An instant as whole microseconds since 1970."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond
