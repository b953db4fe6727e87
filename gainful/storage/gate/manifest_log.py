"""What the audit log says about manifests and the organisation's policy: the witness against an edited database."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, text

from gainful.gate.audit import Recorded, digest
from gainful.storage.schema import audit_entries

# Spelled out, not bound: SQLite uses a partial index only where it can see that the condition is the index's own.
_OF_MANIFESTS = text("audit_entries.kind = 'manifest'")
# Asked before each call of a model, so it is put together once.
_LAST = (
    select(*(audit_entries.c[name] for name in Recorded.__slots__))
    .where(
        _OF_MANIFESTS,
        audit_entries.c.agent == bindparam("agent"),
        audit_entries.c.tool == bindparam("tool"),
        audit_entries.c.verdict.in_(bindparam("verdicts", expanding=True)),
    )
    .order_by(audit_entries.c.seq.desc())
    .limit(1)
)


def last_entry(connection: Connection, agent: str, tool: str, verdicts: tuple[str, ...]) -> Recorded | None:
    """The last entry about this agent's manifest, or about a policy, that ended in one of these ways.

    An entry that was changed, and does not have its own digest any more, is passed on with an empty `effect`: it
    vouches for nothing.
    """
    row = connection.execute(_LAST, {"agent": agent, "tool": tool, "verdicts": verdicts}).first()
    if row is None:
        return None
    recorded = Recorded(*row)
    if digest(recorded) == recorded.digest:
        return recorded
    return Recorded(**{**{name: getattr(recorded, name) for name in Recorded.__slots__}, "effect": ""})


def changes(connection: Connection, limit: int) -> list[Recorded]:
    """The last so many entries about manifests and the organisation's policy, newest first."""
    query = select(*(audit_entries.c[name] for name in Recorded.__slots__)).where(_OF_MANIFESTS)
    return [Recorded(*row) for row in connection.execute(query.order_by(audit_entries.c.seq.desc()).limit(limit))]
