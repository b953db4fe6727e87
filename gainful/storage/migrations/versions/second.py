"""The door's tables: manifests, approvals, calls, labels of objects, stops, budgets, the audit log."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every table."""
