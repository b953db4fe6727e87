"""Runs, their effects, and the books."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from gainful.storage.schema.tables import metadata

# --- runs and effects -------------------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("job", String, nullable=False),
    Column("account", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("applied", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("ended_at", String, nullable=False, default=""),
    Column("summary", Text, nullable=False, default="{}"),
    Index("runs_by_account", "account", "started_at"),
    Index("runs_by_start", "started_at", "job"),
    Index("runs_by_end", "ended_at"),
)

effects = Table(
    "effects",
    metadata,
    Column("key", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("run_id", String, nullable=False),
    Column("account", String, nullable=False),
    Column("mail_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("before", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("after", Text, nullable=False, default="{}"),
    Column("note", Text, nullable=False, default=""),
    Column("intended_at", String, nullable=False),
    Column("settled_at", String, nullable=False, default=""),
    Index("effects_by_state", "account", "state"),
    Index("effects_by_mail", "mail_id"),
    Index("effects_by_run", "run_id"),
)
"""The journal: each effect is written here before it is tried, and settled after."""

# --- the books --------------------------------------------------------------------------------------------------------

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("at", String, nullable=False),
    Column("run_id", String, nullable=False, default=""),
    Column("work_item", String, nullable=False, default=""),
    Column("memo", Text, nullable=False, default=""),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
    Index("entries_by_run", "run_id"),
    Index("entries_by_work_item", "work_item"),
)
"""Ledger entries, append-only; `digest` covers the entry, its postings and `previous`."""

postings = Table(
    "postings",
    metadata,
    Column("entry_seq", Integer, ForeignKey("entries.seq"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("account", String, nullable=False),
    Column("amount", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("work_item", String, nullable=False, default=""),
    Index("postings_by_work_item", "work_item"),
)

balances = Table(
    "balances",
    metadata,
    Column("day", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("amount", String, nullable=False),
    Index("balances_by_account", "account", "unit"),
)
"""Daily rollup of `postings`, updated in the transaction that appends them."""

budgets = Table(
    "budgets",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("scope", String, nullable=False),
    Column("period", String, nullable=False),
    Column("cap", String, nullable=True),
    Column("calls", Integer, nullable=True),
    Column("removed", Boolean, nullable=False),
    Column("set_by", String, nullable=False),
    Column("set_at", String, nullable=False),
    Index("budgets_by_scope", "scope", "period", "seq"),
)
"""The caps that people set, append-only: the latest row of a scope and period stands. The books say what was spent."""

work_items = Table(
    "work_items",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("opened_at", String, nullable=False),
    Column("settled_at", String, nullable=False, default=""),
)
"""What work was for, and how far its outcome has come: claimed, accepted, rejected, verified, reversed."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_at", String, nullable=False),
)
