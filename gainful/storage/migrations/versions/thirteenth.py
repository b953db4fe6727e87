"""Who people are at an identity provider, and sign-ins under way there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FLOW = ("purpose", "redirect_uri", "state", "nonce", "verifier", "session")
PROVEN = ("issuer", "subject", "person", "role", "begun_at")


def upgrade() -> None:
    """Creates every table and index."""
    op.create_table(
        "console_identities",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("linked_at", sa.String(), nullable=False),
        sa.Column("barred_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    op.create_index("console_identities_by_person", "console_identities", ["person"])
    op.create_table(
        "console_flows",
        sa.Column("digest", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*FLOW, *PROVEN)),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("console_flows_by_begun", "console_flows", ["begun_at"])
