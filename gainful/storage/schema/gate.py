"""Approvals, the audit log, and what the doors write down."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from gainful.storage.schema.tables import metadata

# --- approvals --------------------------------------------------------------------------------------------------------

approvals = Table(
    "approvals",
    metadata,
    Column("id", String, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("answered_by", String, nullable=False, default=""),
    Column("answered_at", String, nullable=False, default=""),
    Column("text", Text, nullable=False, default=""),
    Index("approvals_by_state", "state", "asked_at"),
    Index("approvals_by_run", "run_id"),
    Index("approvals_by_time", "asked_at"),
    Index("approvals_by_answer", "answered_at"),
)
"""Questions to people before effects, and what they said."""

approval_effects = Table(
    "approval_effects",
    metadata,
    Column("approval_id", String, ForeignKey("approvals.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("asked_digest", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("edit", Text, nullable=False, default=""),
    Column("used_at", String, nullable=False, default=""),
    Index("approval_effects_by_digest", "digest"),
    Index("approval_effects_by_asked_digest", "asked_digest"),
    Index(
        "one_use_of_a_digest",
        "digest",
        unique=True,
        sqlite_where=text("used_at <> ''"),
        postgresql_where=text("used_at <> ''"),
    ),
)
"""The exact effects that an approval covers. `digest`: of what may happen, which is the person's `edit` where there is
one. `used_at`: when it was taken; empty until then, and never empty again. No digest is taken twice, by whatever
approval."""

parked = Table(
    "parked",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("approval_id", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Runs that wait for a person, each for one approval. A run that goes on has no row."""

# --- the audit log ----------------------------------------------------------------------------------------------------

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("step", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("rules", Text, nullable=False),
    Column("approval", String, nullable=False),
    Column("effect", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
    Index("audit_entries_by_run", "run_id"),
    Index(
        "audit_entries_of_manifests",
        "agent",
        "seq",
        sqlite_where=text("kind = 'manifest'"),
        postgresql_where=text("kind = 'manifest'"),
    ),
)
"""Who did what, and what was decided: append-only; `digest` covers every other column. See `gate.audit.Recorded`."""

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("at", String, nullable=False),
    Column("public_key", String, nullable=False),
    Column("signature", String, nullable=False),
)
"""Signed statements that the audit log had this digest at this entry."""

# --- the door ---------------------------------------------------------------------------------------------------------

stops = Table(
    "stops",
    metadata,
    Column("agent", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
)
"""Agents that may do nothing; `all` for every one."""

manifests = Table(
    "manifests",
    metadata,
    Column("agent", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("proposed_by", String, nullable=False),
    Column("proposed_at", String, nullable=False),
    Column("approved_by", Text, nullable=False, default="[]"),
    Column("settled_at", String, nullable=False, default=""),
)
"""What each agent may do, every version. `state`: proposed, active, replaced, refused."""

calls = Table(
    "calls",
    metadata,
    Column("key", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("run_id", String, nullable=False),
    Column("step", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("approval", String, nullable=False, default=""),
    Column("state", String, nullable=False),
    Column("result", Text, nullable=False, default="null"),
    Column("note", Text, nullable=False, default=""),
    Column("intended_at", String, nullable=False),
    Column("settled_at", String, nullable=False, default=""),
    Index("calls_by_run", "run_id", "seq"),
    Index("calls_by_tool", "agent", "tool", "intended_at"),
    Index("calls_by_state", "state"),
)
"""The journal of tool calls: each is written here before it is tried, and settled after."""

object_labels = Table(
    "object_labels",
    metadata,
    Column("object", String, primary_key=True),
    Column("label", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Labels of what agents wrote on objects of the world, such as `file:7`: they are read with them ever after."""

turns = Table(
    "turns",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("model", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("answer", Text, nullable=False),
    Column("tokens", String, nullable=False),
    Column("cost", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("settled_at", String, nullable=False),
)
"""What language models said in runs. Written before each is asked, and with what it cost after."""
