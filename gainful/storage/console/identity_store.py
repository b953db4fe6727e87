"""Who people are at an identity provider, and sign-ins under way there, in SQL. Of cookies it holds digests."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from gainful.gate.audit import AuditEvent
from gainful.storage.console.access_store import Account
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import console_accounts, console_flows, console_identities

MOST = 10_000
"""Sign-ins that can be under way at once; beyond it the oldest are forgotten, so that a flood fills no disk."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at an identity provider.

    Args:
        barred: Their account was taken away, and is not to come back by itself.
    """

    issuer: str
    subject: str
    person: str
    linked_at: datetime
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in under way.

    Args:
        digest: Of the browser's cookie.
        purpose: As written down; what it means is not known here.
        session: Digest of the session for which somebody shows again who they are.
        issuer, subject, person, role: Of who has proven who they are, and is asked for their password once.
    """

    digest: str
    purpose: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    begun_at: datetime
    session: str = ""
    issuer: str = ""
    subject: str = ""
    person: str = ""
    role: str = ""


class IdentityStore:
    """Identities and flows of one installation. A link is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore) -> None:
        self._engine = engine
        self.audit = audit

    # --- identities ---------------------------------------------------------------------------------------------------

    def identity(self, issuer: str, subject: str) -> Identity | None:
        """Who this is, also where they are barred."""
        table = console_identities
        query = select(table).where(table.c.issuer == issuer, table.c.subject == subject)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _identity(row) if row is not None else None

    def of_person(self, person: str) -> list[Identity]:
        """Every identity of this person, barred ones among them; small and capital letters are the same."""
        table = console_identities
        same = func.lower(table.c.person) == func.lower(person)
        query = select(table).where(same).order_by(table.c.issuer, table.c.subject)
        with reading(self._engine) as connection:
            return [_identity(row) for row in connection.execute(query)]

    def link(self, identity: Identity, event: AuditEvent) -> bool:
        """Let this identity be the account's of the same name. False: it has one, or there is no such account."""
        with transaction(self._engine) as connection:
            if not _has_account(connection, identity.person) or not _new(connection, identity):
                return False
            connection.execute(insert(console_identities), [_row(identity)])
            self.audit.append_in(connection, [event])
        return True

    def admit(self, account: Account, identity: Identity, event: AuditEvent) -> bool:
        """Keep a new account together with its identity. False: one of them is there already."""
        with transaction(self._engine) as connection:
            if _has_account(connection, account.person) or not _new(connection, identity):
                return False
            row = {"person": account.person, "role": account.role, "password": account.password}
            made_at = account.made_at.astimezone(UTC).isoformat()
            connection.execute(insert(console_accounts), [{**row, "made_at": made_at}])
            connection.execute(insert(console_identities), [_row(identity)])
            self.audit.append_in(connection, [event])
        return True

    # --- flows --------------------------------------------------------------------------------------------------------

    def begin(self, flow: Flow, forget_before: datetime) -> None:
        """Keep a new flow, and forget those that began earlier."""
        table = console_flows
        row = {**asdict(flow), "begun_at": flow.begun_at.astimezone(UTC).isoformat()}
        old = forget_before.astimezone(UTC).isoformat()
        with transaction(self._engine) as connection:
            connection.execute(delete(table).where(table.c.begun_at < old))
            if (connection.scalar(select(func.count()).select_from(table)) or 0) >= MOST:
                oldest = select(table.c.digest).order_by(table.c.begun_at).limit(1)
                connection.execute(delete(table).where(table.c.digest.in_(oldest)))
            connection.execute(insert(table), [row])

    def take(self, digest: str) -> Flow | None:
        """The flow of this cookie, which is gone with that: of two who ask, one gets it."""
        table = console_flows
        with transaction(self._engine) as connection:
            row = connection.execute(select(table).where(table.c.digest == digest)).first()
            gone = connection.execute(delete(table).where(table.c.digest == digest)).rowcount
        if row is None or not gone:
            return None
        return Flow(**{**row._mapping, "begun_at": datetime.fromisoformat(row.begun_at)})


def _has_account(connection: Connection, person: str) -> bool:
    table = console_accounts
    return bool(connection.scalar(select(func.count()).select_from(table).where(table.c.person == person)))


def _new(connection: Connection, identity: Identity) -> bool:
    table = console_identities
    same = select(func.count()).select_from(table).where(table.c.issuer == identity.issuer)
    return not connection.scalar(same.where(table.c.subject == identity.subject))


def _row(identity: Identity) -> dict[str, str]:
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "person": identity.person,
        "linked_at": identity.linked_at.astimezone(UTC).isoformat(),
        "barred_at": "",
    }


def _identity(row: Any) -> Identity:
    linked_at = datetime.fromisoformat(row.linked_at)
    return Identity(row.issuer, row.subject, row.person, linked_at, barred=bool(row.barred_at))
