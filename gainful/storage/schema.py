"""The tables. One file in SQLite, one schema in PostgreSQL; `migrations/` builds exactly these.

Instants are stored as ISO 8601 UTC text and amounts as decimal text: both sort, and neither loses a digit in SQLite.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# --- mail -----------------------------------------------------------------------------------------------------------

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

# --- runs and effects -----------------------------------------------------------------------------------------------

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

# --- the books ------------------------------------------------------------------------------------------------------

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

# --- approvals ------------------------------------------------------------------------------------------------------

approvals = Table(
    "approvals",
    metadata,
    Column("id", String, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("answered_by", String, nullable=False, default=""),
    Column("answered_at", String, nullable=False, default=""),
    Column("text", Text, nullable=False, default=""),
    Index("approvals_by_state", "state", "asked_at"),
    Index("approvals_by_run", "run_id"),
)
"""Questions to people before effects, and what they said."""

approval_effects = Table(
    "approval_effects",
    metadata,
    Column("approval_id", String, ForeignKey("approvals.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("asked_digest", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("edit", Text, nullable=False, default=""),
    Column("used_at", String, nullable=False, default=""),
    Index("approval_effects_by_digest", "digest"),
    Index("approval_effects_by_asked_digest", "asked_digest"),
    Index(
        "one_use_of_a_digest",
        "digest",
        unique=True,
        sqlite_where=text("used_at <> ''"),
        postgresql_where=text("used_at <> ''"),
    ),
)
"""The exact effects that an approval covers. `digest`: of what may happen, which is the person's `edit` where there is
one. `used_at`: when it was taken; empty until then, and never empty again. No digest is taken twice, by whatever
approval."""

parked = Table(
    "parked",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("approval_id", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Runs that wait for a person, each for one approval. A run that goes on has no row."""

# --- the audit log --------------------------------------------------------------------------------------------------

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("step", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("rules", Text, nullable=False),
    Column("approval", String, nullable=False),
    Column("effect", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
    Index("audit_entries_by_run", "run_id"),
    Index(
        "audit_entries_of_manifests",
        "agent",
        "seq",
        sqlite_where=text("kind = 'manifest'"),
        postgresql_where=text("kind = 'manifest'"),
    ),
)
"""Who did what, and what was decided: append-only; `digest` covers every other column. See `gate.audit.Recorded`."""

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("at", String, nullable=False),
    Column("public_key", String, nullable=False),
    Column("signature", String, nullable=False),
)
"""Signed statements that the audit log had this digest at this entry."""

# --- the door -------------------------------------------------------------------------------------------------------

stops = Table(
    "stops",
    metadata,
    Column("agent", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
)
"""Agents that may do nothing; `all` for every one."""

manifests = Table(
    "manifests",
    metadata,
    Column("agent", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("proposed_by", String, nullable=False),
    Column("proposed_at", String, nullable=False),
    Column("approved_by", Text, nullable=False, default="[]"),
    Column("settled_at", String, nullable=False, default=""),
)
"""What each agent may do, every version. `state`: proposed, active, replaced, refused."""

calls = Table(
    "calls",
    metadata,
    Column("key", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("run_id", String, nullable=False),
    Column("step", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("approval", String, nullable=False, default=""),
    Column("state", String, nullable=False),
    Column("result", Text, nullable=False, default="null"),
    Column("note", Text, nullable=False, default=""),
    Column("intended_at", String, nullable=False),
    Column("settled_at", String, nullable=False, default=""),
    Index("calls_by_run", "run_id", "seq"),
    Index("calls_by_tool", "agent", "tool", "intended_at"),
    Index("calls_by_state", "state"),
)
"""The journal of tool calls: each is written here before it is tried, and settled after."""

object_labels = Table(
    "object_labels",
    metadata,
    Column("object", String, primary_key=True),
    Column("label", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Labels of what agents wrote on objects of the world, such as `file:7`: they are read with them ever after."""

turns = Table(
    "turns",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("model", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("answer", Text, nullable=False),
    Column("tokens", String, nullable=False),
    Column("cost", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("settled_at", String, nullable=False),
)
"""What language models said in runs. Written before each is asked, and with what it cost after."""

# --- agents that people make ---------------------------------------------------------------------------------------

agent_versions = Table(
    "agent_versions",
    metadata,
    Column("agent", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("skills", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Every version of an agent's file that was ever enabled, named by the SHA-256 of its content and of its skills."""

agents = Table(
    "agents",
    metadata,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Which version of each agent stands, and whether it is woken."""

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("claimed_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("input_digest", String, nullable=False),
    Column("input", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("settled_at", String, nullable=False),
    Index("occurrences_by_trigger", "agent", "trigger", "due_at"),
    Index("occurrences_by_state", "state", "claimed_at"),
)
"""What has woken an agent, or would have. A row is the claim: whoever writes it dispatches it, once."""

trigger_marks = Table(
    "trigger_marks",
    metadata,
    Column("agent", String, primary_key=True),
    Column("trigger", String, primary_key=True),
    Column("considered_to", String, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", String, nullable=False),
)
"""How far each trigger has been looked after: slots up to this instant, files as they were seen."""

memories = Table(
    "memories",
    metadata,
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", String, nullable=False),
    Column("label", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("at", String, nullable=False),
    Column("forgotten_at", String, nullable=False, default=""),
    Index("memories_by_agent", "agent", "at"),
)
"""What agents were told to remember, each with its source and label."""

# --- chat -----------------------------------------------------------------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    Column("chat", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("event", Text, nullable=False),
    Column("received_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("settled_at", String, nullable=False, default=""),
    Index("inbox_by_state", "state", "received_at"),
)
"""What was heard, written down before it is acknowledged: an event has one row, however often it is sent."""

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("chat", String, nullable=False),
    Column("room", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", String, nullable=False),
    Column("place", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", String, nullable=False),
    Column("settled_at", String, nullable=False),
    Index("outbox_by_state", "state", "due_at"),
    Index("outbox_by_run", "run_id"),
)
"""What is to be said, each once by its key, whatever crashes; `due_at` later than `at` where quiet hours hold it."""

chat_people = Table(
    "chat_people",
    metadata,
    Column("chat", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Which person of Gainful each member of a chat is."""

chat_codes = Table(
    "chat_codes",
    metadata,
    Column("digest", String, primary_key=True),
    Column("chat", String, nullable=False),
    Column("person", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("used_at", String, nullable=False, default=""),
)
"""Codes with which people show in a chat who they are: their SHA-256. Each is good once, for a quarter of an hour."""

chat_cards = Table(
    "chat_cards",
    metadata,
    Column("nonce", String, primary_key=True),
    Column("approval_id", String, nullable=False),
    Column("card", String, nullable=False),
    Column("chat", String, nullable=False),
    Column("outbox_key", String, nullable=False),
    Column("at", String, nullable=False),
    Column("closed_at", String, nullable=False, default=""),
    Index("chat_cards_by_approval", "approval_id"),
)
"""Approvals shown in chat: which card, by digest, stands behind a button's nonce."""
