"""What each run cost on each day, so that the dearest runs of a day, an agent or a team are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_DAY = 86_400_000_000
"""Microseconds."""


def upgrade() -> None:
    """Creates the table, and sums up what was reported before."""
    op.create_table(
        "run_spending",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("nano_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "run", "agent", "team"),
    )
    op.execute(
        f"""INSERT INTO run_spending (day, run, agent, team, at, calls, nano_usd)
        SELECT c.at / {_DAY}, c.run, CASE WHEN c.agent <> '' THEN c.agent ELSE COALESCE(r.agent, '') END, c.team,
            MIN(c.at), COUNT(*), COALESCE(SUM(c.nano_usd), 0)
        FROM reported_calls c LEFT JOIN reported_runs r ON r.id = c.run
        GROUP BY 1, 2, 3, 4"""  # noqa: S608  (a number of this file)
    )
    op.create_index("run_spending_by_agent", "run_spending", ["agent", "day"])
    op.create_index("run_spending_by_team", "run_spending", ["team", "day"])
