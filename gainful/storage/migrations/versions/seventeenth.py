"""What an identity provider is shown when somebody signs out there too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column. Sessions that began before end here alone."""
    with op.batch_alter_table("console_sessions") as table:
        table.add_column(sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("console_sessions") as table:
        table.alter_column("sealed", existing_type=sa.Text(), existing_nullable=False, server_default=None)
