"""The latest of each kind is found by an index, however many there are: open pages ask for it all the time."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates every index."""
    op.create_index("runs_by_start", "runs", ["started_at", "job"])
    op.create_index("runs_by_end", "runs", ["ended_at"])
    op.create_index("approvals_by_time", "approvals", ["asked_at"])
    op.create_index("approvals_by_answer", "approvals", ["answered_at"])
    op.create_index("deployment_events_by_time", "deployment_events", ["at"])
