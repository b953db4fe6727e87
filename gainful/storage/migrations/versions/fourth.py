"""Deployments: what was planned and what became of it, their events, and who holds each service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
    _deployments()
    _deployment_events()
    _deploy_locks()


def _deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.String(), nullable=False),
        sa.Column("begun_at", sa.String(), nullable=False),
        sa.Column("shifted_at", sa.String(), nullable=False),
        sa.Column("promoted_at", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("wished_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deployments_by_service", "deployments", ["service", "asked_at"], unique=False)


def _deployment_events() -> None:
    op.create_table(
        "deployment_events",
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("deployment", "key"),
    )
    op.create_index("deployment_events_in_order", "deployment_events", ["deployment", "seq"], unique=False)


def _deploy_locks() -> None:
    op.create_table(
        "deploy_locks",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("service"),
    )
