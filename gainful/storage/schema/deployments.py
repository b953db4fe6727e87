"""Deployments: what was planned and what became of it, event by event, and who holds each service."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from gainful.storage.schema.tables import metadata

deployments = Table(
    "deployments",
    metadata,
    Column("id", String, primary_key=True),
    Column("service", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("intent", String, nullable=False),
    Column("author", String, nullable=False),
    Column("by", String, nullable=False),
    Column("state", String, nullable=False),
    Column("plan", Text, nullable=False),
    Column("plan_hash", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("approved_by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("shifted_at", String, nullable=False),
    Column("promoted_at", String, nullable=False),
    Column("ended_at", String, nullable=False),
    Column("wish", String, nullable=False),
    Column("wished_by", String, nullable=False),
    Index("deployments_by_service", "service", "asked_at"),
)
"""One row a deployment, under the id of its run. `wish` is what a person asks of it meanwhile: promote, or rollback."""

deployment_events = Table(
    "deployment_events",
    metadata,
    Column("deployment", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("deployment_events_in_order", "deployment", "seq"),
    Index("deployment_events_by_time", "at"),
)
"""What happened, in order; only ever added to."""

deploy_locks = Table(
    "deploy_locks",
    metadata,
    Column("service", String, primary_key=True),
    Column("deployment", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("since", String, nullable=False),
)
"""Which deployment may touch a service's target, and whose it is; no row where nobody's may."""
