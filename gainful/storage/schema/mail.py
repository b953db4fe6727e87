"""Mail as triage knows it: where it lies, what was decided, what the person made of it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gainful.storage.schema.tables import metadata

folders = Table(
    "folders",
    metadata,
    Column("account", String, primary_key=True),
    Column("folder", String, primary_key=True),
    Column("validity", String, nullable=False),
    Column("last_uid", String, nullable=False, default=""),
)
"""How far each folder was read, and under which UIDVALIDITY."""

mails = Table(
    "mails",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("folder", String, nullable=False),
    Column("validity", String, nullable=False),
    Column("uid", String, nullable=False),
    Column("message_id", String, nullable=False, default=""),
    Column("sha256", String, nullable=False),
    Column("thread", String, nullable=False, default=""),
    Column("from_addr", String, nullable=False, default=""),
    Column("from_name", String, nullable=False, default=""),
    Column("subject", String, nullable=False, default=""),
    Column("received_at", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("flags", Text, nullable=False, default="[]"),
    Column("problem", String, nullable=False, default=""),
    Column("settled", Boolean, nullable=False, default=False),
    UniqueConstraint("account", "folder", "validity", "uid", name="one_mail_a_place"),
    Index("mails_by_hash", "account", "sha256"),
    Index("mails_by_message_id", "account", "message_id"),
    Index("mails_by_thread", "account", "thread"),
    Index("mails_by_sender", "account", "from_addr"),
)
"""Every mail seen, where it lies now. `settled`: a run with `--apply` is done with it."""

decisions = Table(
    "decisions",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("mail_id", String, ForeignKey("mails.id"), primary_key=True),
    Column("labels", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("needs_reply", Float, nullable=False),
    Column("priority", String, nullable=False),
    Column("action", String, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tokens", Text, nullable=False, default="[0,0,0,0]"),
    Column("cost_usd", String, nullable=False, default="0"),
    Column("scores", Text, nullable=False, default="{}"),
    Column("features", LargeBinary, nullable=False, default=b""),
    Column("decided_at", String, nullable=False),
    Index("decisions_by_mail", "mail_id", "decided_at"),
)
"""What each run decided. `scores`: probability by label, kept as it was then, so that calibration is on later truth.
`features`: the hashed features, so that a correction can teach the model without the text being kept."""

sent = Table(
    "sent",
    metadata,
    Column("account", String, primary_key=True),
    Column("message_id", String, primary_key=True),
    Column("in_reply_to", String, nullable=False, default=""),
    Column("thread", String, nullable=False, default=""),
    Column("draft_of", String, nullable=False, default=""),
    Column("body_digest", String, nullable=False, default=""),
    Column("at", String, nullable=False),
    Index("sent_by_reply", "account", "in_reply_to"),
    Index("sent_by_thread", "account", "thread"),
)
"""The owner's own sent mail, as far as triage needs it: what it answered, and the digest of its text."""

correspondents = Table(
    "correspondents",
    metadata,
    Column("account", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("written", Integer, nullable=False, default=0),
)
"""People the owner has written to, and how often. Mail from them is never archived."""

truths = Table(
    "truths",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("mail_id", String, ForeignKey("mails.id"), nullable=False),
    Column("run_id", String, nullable=False, default=""),
    Column("label", String, nullable=False, default=""),
    Column("verdict", String, nullable=False),
    Column("source", String, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("key", String, nullable=False, unique=True),
    Column("at", String, nullable=False),
    Index("truths_by_mail", "mail_id"),
)
"""What the person did: corrected, moved back, replied, starred, deleted, edited the draft. Evidence, append-only.
`verdict`: accepted or rejected. `key` makes seeing the same act twice harmless."""

models = Table(
    "models",
    metadata,
    Column("account", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    Column("trained_to", Integer, nullable=False, default=0),
    Column("updated_at", String, nullable=False),
)
"""What was learned for one account; `trained_to` is the last `truths.seq` it has seen."""

answers = Table(
    "answers",
    metadata,
    Column("digest", String, primary_key=True),
    Column("model", String, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", String, nullable=False),
)
"""What language models answered, by the digest of model, instructions and text."""
