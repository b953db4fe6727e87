"""Agents by version. Which one stands, and whether it is woken, is what the audit log says, or none does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from gainful.core.clock import Clock
from gainful.core.errors import Broken, Invalid
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.manifest_log import last_entry
from gainful.storage.schema import agent_versions, agents

TOOL = "agent"
"""Under which the audit log knows versions of agents: beside what they may do stands what they are."""

ENABLED, DISABLED = "enabled", "disabled"


class AgentDamaged(Broken):
    """An agent is not the one that was enabled: somebody changed the database."""

    code = "agent-damaged"


class AgentNotEnabled(Invalid):
    """An agent was never enabled, so there is nothing to be taken back or run."""

    code = "agent-not-enabled"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of an agent as it was enabled.

    Args:
        digest: Its name; whoever made it says how it is computed.
        number: From 1 on, by agent.
        text: Of its file.
        pins: SHA-256 (hex) by skill.
        by: Who enabled it first.
    """

    agent: str
    digest: str
    number: int
    text: str
    pins: Mapping[str, str]
    owner: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Which version of an agent stands.

    Args:
        enabled: Whether it is woken.
        by, at: Who enabled or disabled it last, and when.
    """

    version: StoredVersion
    enabled: bool
    by: str
    at: datetime


class AgentStore:
    """Every version of every agent that was ever enabled. Each change is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore, clock: Clock) -> None:
        self._engine = engine
        self._audit = audit
        self._clock = clock

    # --- reading ----------------------------------------------------------------------------------------------------

    def current(self, agent: str) -> Standing | None:
        """The version that stands; None when the agent was never enabled.

        Raises:
            AgentDamaged: It is not the one that was enabled.
        """
        with reading(self._engine) as connection:
            return _standing(connection, agent)

    def all(self) -> list[Standing]:
        """The version of each agent that stands, by name.

        Raises:
            AgentDamaged: One of them is not the one that was enabled.
        """
        with reading(self._engine) as connection:
            names = connection.scalars(select(agents.c.name).order_by(agents.c.name)).all()
            found = [_standing(connection, name) for name in names]
        return [standing for standing in found if standing is not None]

    def names(self) -> list[str]:
        """The agents that were ever enabled."""
        with reading(self._engine) as connection:
            return list(connection.scalars(select(agents.c.name).order_by(agents.c.name)))

    def version(self, agent: str, digest: str) -> StoredVersion | None:
        """The version with this digest, or one that begins with it; None when there is none, or several."""
        query = select(agent_versions).where(agent_versions.c.agent == agent)
        chosen = query.where(agent_versions.c.digest.startswith(digest.lower(), autoescape=True)).limit(2)
        with reading(self._engine) as connection:
            rows = connection.execute(chosen).all() if digest else []
        return _version(rows[0]) if len(rows) == 1 else None

    def history(self, agent: str) -> list[StoredVersion]:
        """Every version that was ever enabled, in the order in which they first were."""
        query = select(agent_versions).where(agent_versions.c.agent == agent).order_by(agent_versions.c.number)
        with reading(self._engine) as connection:
            return [_version(row) for row in connection.execute(query)]

    # --- changing ---------------------------------------------------------------------------------------------------

    def enable(self, agent: str, digest: str, text: str, pins: Mapping[str, str], owner: str, by: str) -> StoredVersion:
        """The version, kept, and standing from now on; the same content is the same version.

        Raises:
            AgentDamaged: What stood before is not what was enabled.
        """
        with transaction(self._engine) as connection:
            before = _standing(connection, agent)
            version = self._put(connection, StoredVersion(agent, digest, 0, text, pins, owner, by, self._clock()))
            if before is None or not before.enabled or before.version.digest != digest:
                self._stand(connection, version, by, enabled=True)
        return version

    def disable(self, agent: str, by: str) -> bool:
        """Let nothing wake this agent. False: nothing did.

        Raises:
            AgentNotEnabled: It never was.
            AgentDamaged: As it says.
        """
        with transaction(self._engine) as connection:
            before = _standing(connection, agent)
            if before is None:
                raise AgentNotEnabled(f"'{agent[:80]}' was never enabled.", "`gainful agent list` shows which are.")
            if before.enabled:
                self._stand(connection, before.version, by, enabled=False)
        return before.enabled

    # --- inside a transaction ---------------------------------------------------------------------------------------

    def _put(self, connection: Connection, version: StoredVersion) -> StoredVersion:
        mine = agent_versions.c.agent == version.agent
        same = select(agent_versions).where(mine, agent_versions.c.digest == version.digest)
        known = connection.execute(same).first()
        if known is not None:
            return _version(known)
        last = connection.scalar(select(func.coalesce(func.max(agent_versions.c.number), 0)).where(mine)) or 0
        row = {
            "agent": version.agent,
            "digest": version.digest,
            "number": last + 1,
            "content": version.text,
            "skills": json.dumps(dict(version.pins), sort_keys=True),
            "owner": version.owner,
            "by": version.by,
            "at": version.at.isoformat(),
        }
        connection.execute(insert(agent_versions), [row])
        return _version(connection.execute(same).one())

    def _stand(self, connection: Connection, version: StoredVersion, by: str, *, enabled: bool) -> None:
        at = self._clock()
        values = {"digest": version.digest, "enabled": enabled, "by": by, "at": at.isoformat()}
        changed = connection.execute(update(agents).where(agents.c.name == version.agent).values(**values))
        if not changed.rowcount:
            connection.execute(insert(agents), [{"name": version.agent, **values}])
        detail = {"version": version.number, "owner": version.owner, "skills": dict(version.pins)}
        event = AuditEvent(
            at,
            AuditKind.MANIFEST,
            agent=version.agent,
            actor=by,
            tool=TOOL,
            verdict=ENABLED if enabled else DISABLED,
            effect=version.digest,
            detail=detail,
        )
        self._audit.append_in(connection, [event])


def _standing(connection: Connection, agent: str) -> Standing | None:
    """The version that stands, if the tables and the audit log agree about it."""
    row = connection.execute(select(agents).where(agents.c.name == agent)).first()
    entry = last_entry(connection, agent, TOOL, (ENABLED, DISABLED))
    witnessed = (entry.effect, entry.verdict == ENABLED) if entry is not None else None
    if (None if row is None else (row.digest, bool(row.enabled))) != witnessed:
        raise damaged(agent)
    if row is None:
        return None
    same = (agent_versions.c.agent == agent) & (agent_versions.c.digest == row.digest)
    version = connection.execute(select(agent_versions).where(same)).first()
    if version is None:
        raise damaged(agent)
    return Standing(_version(version), bool(row.enabled), row.by, datetime.fromisoformat(row.at))


def _version(row: Row[Any]) -> StoredVersion:
    return StoredVersion(
        agent=row.agent,
        digest=row.digest,
        number=row.number,
        text=row.content,
        pins=json.loads(row.skills),
        owner=row.owner,
        by=row.by,
        at=datetime.fromisoformat(row.at),
    )


def damaged(agent: str) -> AgentDamaged:
    """The error that says that an agent is not the one that was enabled."""
    return AgentDamaged(
        f"'{agent}' is not the agent that was enabled: the database was changed from outside.",
        "It may not run. Find out who can write the database, run `gainful audit verify`, and restore a backup.",
    )
