"""Useful weeks and people who asked to be shown, as they were published; whose and of what time a finding is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ALWAYS = 2**62
_CHUNK = 2000
_FINDINGS = sa.table(
    "waste_findings",
    *(sa.column(name) for name in ("assessment", "id", "body", "agent", "since", "until")),
)


def upgrade() -> None:
    """Creates the tables, columns and indexes, and fills in what the findings of the last telling say."""
    op.create_table(
        "published_weeks",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week"),
    )
    op.create_index("published_weeks_by_month", "published_weeks", ["month"])
    op.create_table(
        "published_people",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "unit"),
    )
    # With defaults: a process of the version before goes on writing rows without these columns while a team upgrades.
    op.add_column("waste_findings", sa.Column("agent", sa.String(), nullable=False, server_default=""))
    op.add_column("waste_findings", sa.Column("since", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("waste_findings", sa.Column("until", sa.BigInteger(), nullable=False, server_default=str(_ALWAYS)))
    _fill(op.get_bind())
    op.create_index("waste_findings_by_time", "waste_findings", ["assessment", "since", "until"])
    op.create_index("waste_findings_by_agent", "waste_findings", ["assessment", "agent", "since", "until"])


def _fill(connection: sa.Connection) -> None:
    """Only the last telling: nobody reads the findings of those before it."""
    columns = _FINDINGS.c
    last = connection.scalar(sa.select(sa.func.max(columns.assessment)))
    rows = connection.execute(sa.select(columns.id, columns.body).where(columns.assessment == last)).all()
    statement = (
        sa.update(_FINDINGS)
        .where(columns.assessment == last, columns.id == sa.bindparam("of"))
        .values(agent=sa.bindparam("whose"), since=sa.bindparam("begin"), until=sa.bindparam("end"))
    )
    for start in range(0, len(rows), _CHUNK):
        connection.execute(statement, [_said(row.id, json.loads(row.body)) for row in rows[start : start + _CHUNK]])


def _said(id_: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"of": id_, "whose": body["agent"], "begin": _stored(body["since"]), "end": _stored(body["until"])}


def _stored(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
