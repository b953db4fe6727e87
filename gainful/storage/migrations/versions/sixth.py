"""Facts, the chain of all that is reported, and who stands behind each pseudonym."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
    _facts()
    _batches()
    _pseudonyms()
    _same_people()
    _members()


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("work_item", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("facts_by_batch", "facts", ["batch"], unique=False)
    op.create_index("facts_by_item", "facts", ["work_item", "at"], unique=False)
    op.create_index("facts_by_kind", "facts", ["kind", "at"], unique=False)
    op.create_index("facts_by_run", "facts", ["run"], unique=False)


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )


def _pseudonyms() -> None:
    op.create_table(
        "pseudonyms",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("main", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
    )
    op.create_index("pseudonyms_by_pseudonym", "pseudonyms", ["pseudonym"], unique=False)


def _same_people() -> None:
    op.create_table(
        "same_people",
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("survivor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym"),
    )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("pseudonym", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym"),
    )
