"""What agents and other AI tools used: runs, their calls, and the sums that pages show.

Instants are microseconds since 1970 and money is billionths of a dollar, both as whole numbers: these tables grow by
millions of rows, and are added up by the database.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table

from gainful.storage.schema.tables import metadata

reported_runs = Table(
    "reported_runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("agent", String, nullable=False),
    Column("person", String, nullable=False),
    Column("work_item", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("caused_by", String, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("status", String, nullable=False),
    Column("input_hash", String, nullable=False),
    Column("output_hash", String, nullable=False),
    Column("exploration", String, nullable=False),
    Index("reported_runs_by_item", "work_item", "id"),
    Index("reported_runs_by_time", "at"),
)
"""What is known of each run, all facts about it together."""

reported_calls = Table(
    "reported_calls",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("batch", Integer, nullable=False),
    Column("id", String, nullable=False),
    Column("run", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("model", String, nullable=False),
    Column("name", String, nullable=False),
    Column("fresh", BigInteger, nullable=False),
    Column("cache_read", BigInteger, nullable=False),
    Column("cache_write", BigInteger, nullable=False),
    Column("output", BigInteger, nullable=False),
    Column("nano_usd", BigInteger, nullable=True),
    Column("seconds", Float, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("input_hash", String, nullable=False),
    Column("retry_of", String, nullable=False),
    Column("team", String, nullable=False),
    Index("reported_calls_by_run", "run"),
    Index("reported_calls_by_batch", "batch"),
    Index("reported_calls_by_time", "at"),
)
"""Calls of models and tools, never changed but for `team`: where the call is summed. `nano_usd` is empty where nobody
knows the price."""

spending = Table(
    "spending",
    metadata,
    Column("dimension", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),
    Column("fresh", BigInteger, nullable=False),
    Column("cache_read", BigInteger, nullable=False),
    Column("cache_write", BigInteger, nullable=False),
    Column("output", BigInteger, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    Index("spending_by_period", "dimension", "period"),
)
"""Sums of `reported_calls` by one dimension, updated with the rows: by day for models, teams and tools, by month for
teams and for agents, of which there may be as many as people."""

run_spending = Table(
    "run_spending",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("run", String, primary_key=True),
    Column("agent", String, primary_key=True),
    Column("team", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    Index("run_spending_by_agent", "agent", "day"),
    Index("run_spending_by_team", "team", "day"),
)
"""Sums of `reported_calls` by run and day, updated with the rows: days since 1970, UTC, and the run's first call there.
Calls of no run stand together."""
