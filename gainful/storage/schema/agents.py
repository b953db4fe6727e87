"""Agents that people make: their versions, what wakes them, what they remember."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from gainful.storage.schema.tables import metadata

agent_versions = Table(
    "agent_versions",
    metadata,
    Column("agent", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("skills", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Every version of an agent's file that was ever enabled, named by the SHA-256 of its content and of its skills."""

agents = Table(
    "agents",
    metadata,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Which version of each agent stands, and whether it is woken."""

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("claimed_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("input_digest", String, nullable=False),
    Column("input", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("settled_at", String, nullable=False),
    Index("occurrences_by_trigger", "agent", "trigger", "due_at"),
    Index("occurrences_by_state", "state", "claimed_at"),
)
"""What has woken an agent, or would have. A row is the claim: whoever writes it dispatches it, once."""

trigger_marks = Table(
    "trigger_marks",
    metadata,
    Column("agent", String, primary_key=True),
    Column("trigger", String, primary_key=True),
    Column("considered_to", String, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", String, nullable=False),
)
"""How far each trigger has been looked after: slots up to this instant, files as they were seen."""

memories = Table(
    "memories",
    metadata,
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", String, nullable=False),
    Column("label", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("at", String, nullable=False),
    Column("forgotten_at", String, nullable=False, default=""),
    Index("memories_by_agent", "agent", "at"),
)
"""What agents were told to remember, each with its source and label."""
