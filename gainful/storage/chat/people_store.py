"""Which person of Gainful each member of a chat is, and the codes by which people show it.

people = PeopleStore(engine, audit)
code = people.new_code("slack", "ada", by="ada", at=now)       # shown once, kept as a digest
people.redeem("slack", code, member="U012AB3CD", at=now)       # "ada"; the code is spent
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from gainful.core.ids import IdFactory, random_id
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.chat.chat_rows import instant
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import chat_codes, chat_people

GOOD_FOR = timedelta(minutes=15)
"""How long a code can be used: long enough to change windows, too short to be found lying about."""

CODE_LENGTH = 12
"""Digits of a code, five bits each."""

_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})


@dataclass(frozen=True, slots=True)
class Link:
    """One member of a chat is this person.

    Args:
        by: Who said so; the person themselves where they sent a code.
    """

    chat: str
    member: str
    person: str
    by: str
    at: datetime


class PeopleStore:
    """Members and people. Each change is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore, new_code: IdFactory = lambda: random_id(CODE_LENGTH)) -> None:
        self._engine = engine
        self._audit = audit
        self._new_code = new_code

    def person(self, chat: str, member: str) -> str:
        """Who this member is; empty when nobody said."""
        query = select(chat_people.c.person).where(chat_people.c.chat == chat, chat_people.c.member == member)
        with reading(self._engine) as connection:
            return connection.scalar(query) or ""

    def links(self) -> list[Link]:
        """Everybody who is known, by chat and person."""
        query = select(chat_people).order_by(chat_people.c.chat, chat_people.c.person, chat_people.c.member)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Link(row.chat, row.member, row.person, row.by, datetime.fromisoformat(row.at)) for row in rows]

    def link(self, link: Link) -> None:
        """This member is this person from now on, whoever they were before."""
        with transaction(self._engine) as connection:
            self._link(connection, link)

    def unlink(self, link: Link) -> bool:
        """This member is nobody from now on; who says so, and when, is in `link`. False: they were nobody."""
        here = (chat_people.c.chat == link.chat) & (chat_people.c.member == link.member)
        with transaction(self._engine) as connection:
            gone = connection.execute(delete(chat_people).where(here)).rowcount
            if gone:
                self._audit.append_in(connection, [_event(link, "unlinked")])
        return bool(gone)

    def new_code(self, chat: str, person: str, *, by: str, at: datetime) -> str:
        """A code that shows in this chat that somebody is this person: once, and not for long."""
        code = self._new_code()
        row = {
            "digest": _digest(chat, code),
            "chat": chat,
            "person": person,
            "by": by,
            "at": instant(at),
            "expires_at": instant(at + GOOD_FOR),
            "used_at": "",
        }
        with transaction(self._engine) as connection:
            # Spent and expired ones are of no use to anybody.
            connection.execute(delete(chat_codes).where(chat_codes.c.expires_at < instant(at)))
            connection.execute(insert(chat_codes), [row])
        half = len(code) // 2
        return f"{code[:half]}-{code[half:]}"

    def redeem(self, chat: str, code: str, member: str, at: datetime) -> str:
        """The person whom this code shows the member to be, which is now written down; empty when it is no good.

        Asked again with the same code by the same member, as after a crash, the answer is the same.
        """
        here = chat_codes.c.digest == _digest(chat, code)
        with transaction(self._engine) as connection:
            row = connection.execute(select(chat_codes).where(here)).first()
            if row is None:
                return ""
            good = here & (chat_codes.c.used_at == "") & (chat_codes.c.expires_at >= instant(at))
            if connection.execute(update(chat_codes).where(good).values(used_at=instant(at))).rowcount != 1:
                here_too = (chat_people.c.chat == chat) & (chat_people.c.member == member)
                known = connection.execute(select(chat_people).where(here_too)).first()
                same = known is not None and known.person == row.person and known.at == row.used_at
                return str(row.person) if same else ""
            self._link(connection, Link(chat, member, row.person, row.person, at))
            return str(row.person)

    def _link(self, connection: Connection, link: Link) -> None:
        here = (chat_people.c.chat == link.chat) & (chat_people.c.member == link.member)
        connection.execute(delete(chat_people).where(here))
        row = {"chat": link.chat, "member": link.member, "person": link.person, "by": link.by, "at": instant(link.at)}
        connection.execute(insert(chat_people), [row])
        self._audit.append_in(connection, [_event(link, "linked")])


def _event(link: Link, verdict: str) -> AuditEvent:
    detail = {"chat": link.chat, "member": link.member, "person": link.person}
    return AuditEvent(link.at, AuditKind.PERSON, actor=link.by, verdict=verdict, detail=detail)


def _digest(chat: str, code: str) -> str:
    """As it is kept: of a code that somebody typed by hand, with letters that are easily misread."""
    plain = "".join(char for char in code.lower() if char.isalnum()).translate(_MISREAD)
    return hashlib.sha256(f"gainful code, version 1\x00{chat}\x00{plain}".encode()).hexdigest()
