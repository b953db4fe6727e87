"""What the audit log says about manifests and the organisation's policy: the witness against an edited database."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from gainful.gate.audit import Recorded, digest
from gainful.storage.schema import audit_entries

# Spelled out, not bound: SQLite uses a partial index only where it can see that the condition is the index's own.
_OF_MANIFESTS = text("audit_entries.kind = 'manifest'")


def last_entry(connection: Connection, agent: str, tool: str, verdicts: tuple[str, ...]) -> Recorded | None:
    """The last entry about this agent's manifest, or about a policy, that ended in one of these ways.

    An entry that was changed, and does not have its own digest any more, is passed on with an empty `effect`: it
    vouches for nothing.
    """
    columns = [audit_entries.c[name] for name in Recorded.__slots__]
    entry = audit_entries.c
    query = (
        select(*columns)
        .where(_OF_MANIFESTS, entry.agent == agent, entry.tool == tool, entry.verdict.in_(verdicts))
        .order_by(entry.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    recorded = Recorded(*row)
    if digest(recorded) == recorded.digest:
        return recorded
    return Recorded(**{**{name: getattr(recorded, name) for name in Recorded.__slots__}, "effect": ""})
