"""The tables. One file in SQLite, one schema in PostgreSQL; `migrations/` builds exactly these.

Instants are stored as ISO 8601 UTC text and amounts as decimal text: both sort, and neither loses a digit in SQLite.
"""

from __future__ import annotations

from gainful.storage.schema.agents import agent_versions, agents, memories, occurrences, trigger_marks
from gainful.storage.schema.books import balances, budgets, effects, entries, postings, runs, secrets, work_items
from gainful.storage.schema.chat import chat_cards, chat_codes, chat_people, inbox, outbox
from gainful.storage.schema.console import (
    api_tokens,
    console_accounts,
    console_flows,
    console_identities,
    console_sessions,
)
from gainful.storage.schema.deployments import deploy_locks, deployment_events, deployments
from gainful.storage.schema.facts import batches, facts, forgotten, members, pseudonyms, same_people
from gainful.storage.schema.gate import (
    approval_effects,
    approvals,
    audit_checkpoints,
    audit_entries,
    calls,
    manifests,
    object_labels,
    parked,
    stops,
    turns,
)
from gainful.storage.schema.mail import answers, correspondents, decisions, folders, mails, models, sent, truths
from gainful.storage.schema.signals import marks, usage_series, usage_signals
from gainful.storage.schema.tables import metadata
from gainful.storage.schema.team import leases, workers
from gainful.storage.schema.usage import reported_calls, reported_runs, run_spending, spending
from gainful.storage.schema.worth import (
    assessments,
    audit_queue,
    looked_at,
    month_standings,
    published_months,
    published_people,
    published_weeks,
    standings,
    useful_weeks,
    waste_findings,
)

__all__ = [
    "agent_versions",
    "agents",
    "answers",
    "api_tokens",
    "approval_effects",
    "approvals",
    "assessments",
    "audit_checkpoints",
    "audit_entries",
    "audit_queue",
    "balances",
    "batches",
    "budgets",
    "calls",
    "chat_cards",
    "chat_codes",
    "chat_people",
    "console_accounts",
    "console_flows",
    "console_identities",
    "console_sessions",
    "correspondents",
    "decisions",
    "deploy_locks",
    "deployment_events",
    "deployments",
    "effects",
    "entries",
    "facts",
    "folders",
    "forgotten",
    "inbox",
    "leases",
    "looked_at",
    "mails",
    "manifests",
    "marks",
    "members",
    "memories",
    "metadata",
    "models",
    "month_standings",
    "object_labels",
    "occurrences",
    "outbox",
    "parked",
    "postings",
    "pseudonyms",
    "published_months",
    "published_people",
    "published_weeks",
    "reported_calls",
    "reported_runs",
    "run_spending",
    "runs",
    "same_people",
    "secrets",
    "sent",
    "spending",
    "standings",
    "stops",
    "trigger_marks",
    "truths",
    "turns",
    "usage_series",
    "usage_signals",
    "useful_weeks",
    "waste_findings",
    "work_items",
    "workers",
]
