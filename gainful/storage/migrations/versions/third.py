"""Agents' tables: versions of agents, occurrences of triggers, what was heard and what is to be posted, memory."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table; those that others refer to come first."""
