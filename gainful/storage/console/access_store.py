"""Accounts of the console, their sessions, and tokens of programs, in SQL. Of cookies and tokens it holds digests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from gainful.gate.audit import AuditEvent
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import api_tokens, console_accounts, console_identities, console_sessions


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may open the console.

    Args:
        role: As written down; what it allows is not known here.
        password: Its hash; empty where another system signs them in.
    """

    person: str
    role: str
    password: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in.

    Args:
        confirmed_at: When they gave their password last.
        sealed: What the identity provider is shown at the end, as the cookie alone opens it; empty where it is not.
    """

    digest: str
    person: str
    begun_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows instead of a password.

    Args:
        expires_at: From when on it is worth nothing.
    """

    digest: str
    name: str
    person: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime


Check = Callable[[Sequence[Account]], None]
"""Raises where a change may not be, given every account as it is then: nobody else changes any before it is made."""


def _any(_accounts: Sequence[Account]) -> None:
    """Any change may be."""


class AccessStore:
    """Accounts, sessions and tokens of one installation. Each change is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore) -> None:
        self._engine = engine
        self.audit = audit

    # --- accounts -----------------------------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        """Every account, by name."""
        with reading(self._engine) as connection:
            return _accounts(connection)

    def account(self, person: str) -> Account | None:
        """The account of this person."""
        with reading(self._engine) as connection:
            row = connection.execute(select(console_accounts).where(console_accounts.c.person == person)).first()
        return _account(row) if row is not None else None

    def add(self, account: Account, event: AuditEvent, *, first: bool = False) -> bool:
        """Keep a new account. False: there is one of this name; or, of the first one, there is any.

        Who was barred under this name at an identity provider may show anew who they are.
        """
        table = console_accounts
        with transaction(self._engine) as connection:
            query = select(func.count()).select_from(table)
            if connection.scalar(query if first else query.where(table.c.person == account.person)):
                return False
            row = {
                "person": account.person,
                "role": account.role,
                "password": account.password,
                "made_at": _text(account.made_at),
            }
            connection.execute(insert(table), [row])
            known = console_identities
            same = func.lower(known.c.person) == func.lower(account.person)
            connection.execute(delete(known).where(same, known.c.barred_at != ""))
            self.audit.append_in(connection, [event])
        return True

    def change(
        self,
        person: str,
        event: AuditEvent,
        *,
        role: str | None = None,
        password: str | None = None,
        check: Check = _any,
    ) -> bool:
        """Give an account another role or password; whoever is signed in there must sign in again. False: none."""
        values = {name: value for name, value in (("role", role), ("password", password)) if value is not None}
        with transaction(self._engine) as connection:
            check(_accounts(connection))
            found = connection.execute(
                update(console_accounts).where(console_accounts.c.person == person).values(**values)
            ).rowcount
            if found:
                connection.execute(delete(console_sessions).where(console_sessions.c.person == person))
                self.audit.append_in(connection, [event])
        return bool(found)

    def remove(self, person: str, event: AuditEvent, check: Check = _any) -> bool:
        """Let somebody in no more: their sessions and tokens end with the account. False: there is no such account.

        An identity provider would let them in again at once, so who they are there is barred, and so is their name.
        """
        with transaction(self._engine) as connection:
            check(_accounts(connection))
            found = connection.execute(delete(console_accounts).where(console_accounts.c.person == person)).rowcount
            if found:
                connection.execute(delete(console_sessions).where(console_sessions.c.person == person))
                connection.execute(delete(api_tokens).where(api_tokens.c.person == person))
                identities = update(console_identities).where(console_identities.c.person == person)
                connection.execute(identities.values(barred_at=_text(event.at)))
                connection.execute(insert(console_identities), [_barred(person, event.at)])
                self.audit.append_in(connection, [event])
        return bool(found)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def begin(
        self,
        digest: str,
        person: str,
        at: datetime,
        event: AuditEvent,
        confirmed_at: datetime | None = None,
        sealed: str = "",
    ) -> None:
        """Keep a new session; who begins it has shown who they are at `confirmed_at`, by default just now."""
        now, confirmed = _text(at), _text(confirmed_at or at)
        begun = {"begun_at": now, "seen_at": now, "confirmed_at": confirmed}
        row = {"digest": digest, "person": person, **begun, "flash": "", "sealed": sealed}
        with transaction(self._engine) as connection:
            connection.execute(insert(console_sessions), [row])
            self.audit.append_in(connection, [event])

    def session(self, digest: str) -> Session | None:
        """The session with this digest, however old."""
        with reading(self._engine) as connection:
            row = connection.execute(select(console_sessions).where(console_sessions.c.digest == digest)).first()
        if row is None:
            return None
        times = _at(row.begun_at), _at(row.seen_at), _at(row.confirmed_at)
        return Session(row.digest, row.person, *times, row.sealed)

    def seen(self, digest: str, at: datetime, *, confirmed: bool = False) -> None:
        """Note that a session is used; with `confirmed`, that the password was given again."""
        values = {"seen_at": _text(at)} | ({"confirmed_at": _text(at)} if confirmed else {})
        with transaction(self._engine) as connection:
            connection.execute(update(console_sessions).where(console_sessions.c.digest == digest).values(**values))

    def end(self, digest: str) -> None:
        """Forget a session."""
        with transaction(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.digest == digest))

    def end_all(self, person: str) -> None:
        """Forget every session of this person."""
        with transaction(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.person == person))

    def drop_old(self, begun_before: datetime) -> None:
        """Forget sessions that began earlier."""
        with transaction(self._engine) as connection:
            connection.execute(delete(console_sessions).where(console_sessions.c.begun_at < _text(begun_before)))

    def flash(self, digest: str, text: str) -> None:
        """Let the next page of this session say something once."""
        with transaction(self._engine) as connection:
            connection.execute(update(console_sessions).where(console_sessions.c.digest == digest).values(flash=text))

    def take_flash(self, digest: str) -> str:
        """What the next page is to say, which is said with that."""
        with reading(self._engine) as connection:
            query = select(console_sessions.c.flash).where(console_sessions.c.digest == digest)
            text = connection.scalar(query) or ""
        if text:
            self.flash(digest, "")
        return text

    # --- tokens -------------------------------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """Every token, by name."""
        with reading(self._engine) as connection:
            return [_token(row) for row in connection.execute(select(api_tokens).order_by(api_tokens.c.name))]

    def token(self, digest: str) -> Token | None:
        """The token with this digest, also where it is over."""
        with reading(self._engine) as connection:
            row = connection.execute(select(api_tokens).where(api_tokens.c.digest == digest)).first()
        return _token(row) if row is not None else None

    def add_token(self, token: Token, event: AuditEvent) -> bool:
        """Keep a new token. False: there is one of this name."""
        row = {
            "digest": token.digest,
            "name": token.name,
            "person": token.person,
            "scopes": " ".join(token.scopes),
            "made_at": _text(token.made_at),
            "expires_at": _text(token.expires_at),
        }
        with transaction(self._engine) as connection:
            if connection.scalar(select(func.count()).select_from(api_tokens).where(api_tokens.c.name == token.name)):
                return False
            connection.execute(insert(api_tokens), [row])
            self.audit.append_in(connection, [event])
        return True

    def remove_token(self, name: str, event: AuditEvent) -> bool:
        """Let a token be worth nothing from now on. False: there is none of this name."""
        with transaction(self._engine) as connection:
            found = connection.execute(delete(api_tokens).where(api_tokens.c.name == name)).rowcount
            if found:
                self.audit.append_in(connection, [event])
        return bool(found)


def _barred(person: str, at: datetime) -> dict[str, str]:
    """That nobody comes in under this name, whoever issues it."""
    return {"issuer": "", "subject": person, "person": person, "linked_at": _text(at), "barred_at": _text(at)}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _accounts(connection: Connection) -> list[Account]:
    return [_account(row) for row in connection.execute(select(console_accounts).order_by(console_accounts.c.person))]


def _account(row: Any) -> Account:
    return Account(row.person, row.role, row.password, _at(row.made_at))


def _token(row: Any) -> Token:
    return Token(row.digest, row.name, row.person, tuple(row.scopes.split()), _at(row.made_at), _at(row.expires_at))
