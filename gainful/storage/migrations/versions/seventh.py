"""What worth came to, second looks that wait, and who looked at whose numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
    _assessments()
    _standings()
    _useful_weeks()
    _waste_findings()
    _audit_queue()
    _looked_at()


def _assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _standings() -> None:
    op.create_table(
        "standings",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("low_nano", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "kind", "unit"),
    )
    op.create_index("standings_by_rank", "standings", ["assessment", "kind", "low_nano"], unique=False)


def _useful_weeks() -> None:
    op.create_table(
        "useful_weeks",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "week", "team"),
    )


def _waste_findings() -> None:
    op.create_table(
        "waste_findings",
        sa.Column("assessment", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "id"),
    )
    op.create_index("waste_findings_by_money", "waste_findings", ["assessment", "nano_usd"], unique=False)


def _audit_queue() -> None:
    op.create_table(
        "audit_queue",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("probability", sa.String(), nullable=False),
        sa.Column("drawn_at", sa.String(), nullable=False),
        sa.Column("auditor", sa.String(), nullable=False),
        sa.Column("answered_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("item", "round"),
    )


def _looked_at() -> None:
    op.create_table(
        "looked_at",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("viewer", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("whom", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("looked_at_by_whom", "looked_at", ["whom", "at"], unique=False)
