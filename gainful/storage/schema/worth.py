"""What worth came to when it was last told, which items wait for a second look, and who looked at whose numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from gainful.storage.schema.tables import metadata

ALWAYS = 2**62
"""Microseconds since 1970 after which nothing comes."""

assessments = Table(
    "assessments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("made_at", String, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String, nullable=False),
    Column("head", String, nullable=False),
    Column("summary", Text, nullable=False),
)
"""Each telling of worth. `head`: the digest of the last batch of facts that it knew."""

standings = Table(
    "standings",
    metadata,
    Column("assessment", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("people", Integer, nullable=False),
    Column("low_nano", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("standings_by_rank", "assessment", "kind", "low_nano"),
)
"""Where each unit stood. `low_nano`: the low end of its net, billionths of a dollar; boards are sorted by it."""

month_standings = Table(
    "month_standings",
    metadata,
    Column("month", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("body", Text, nullable=False),
)
"""Where each unit stood in each month, by the last telling of all that is known; told anew with it."""

published_months = Table(
    "published_months",
    metadata,
    Column("month", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", String, nullable=False),
)
"""The groups of each month as everybody sees them: written once, and never told otherwise."""

published_weeks = Table(
    "published_weeks",
    metadata,
    Column("week", String, primary_key=True),
    Column("month", String, nullable=False),
    Column("eligible", Integer, nullable=False),
    Column("useful", Integer, nullable=False),
    Index("published_weeks_by_month", "month"),
)
"""Useful weeks of everybody together, published with the month in which each begins."""

published_people = Table(
    "published_people",
    metadata,
    Column("month", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("body", Text, nullable=False),
)
"""People who had asked to be shown, in months that were published. Without a unit: the month is settled."""

useful_weeks = Table(
    "useful_weeks",
    metadata,
    Column("assessment", Integer, primary_key=True),
    Column("week", String, primary_key=True),
    Column("team", String, primary_key=True),
    Column("eligible", Integer, nullable=False),
    Column("useful", Integer, nullable=False),
)

waste_findings = Table(
    "waste_findings",
    metadata,
    Column("assessment", Integer, primary_key=True),
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("agent", String, nullable=False, server_default=""),
    Column("since", BigInteger, nullable=False, server_default="0"),
    Column("until", BigInteger, nullable=False, server_default=str(ALWAYS)),
    Index("waste_findings_by_money", "assessment", "nano_usd"),
    Index("waste_findings_by_time", "assessment", "since", "until"),
    Index("waste_findings_by_agent", "assessment", "agent", "since", "until"),
)
"""What was found. `since` and `until` are microseconds since 1970. A process from before these columns leaves them and
the agent out: what it finds lies in every time, until worth is told anew."""

audit_queue = Table(
    "audit_queue",
    metadata,
    Column("item", String, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("by", String, nullable=False),
    Column("probability", String, nullable=False),
    Column("drawn_at", String, nullable=False),
    Column("auditor", String, nullable=False),
    Column("answered_at", String, nullable=False),
)
"""Items that were drawn for a second look; `answered_at` is empty while they wait."""

looked_at = Table(
    "looked_at",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("viewer", String, nullable=False),
    Column("what", String, nullable=False),
    Column("whom", String, nullable=False),
    Index("looked_at_by_whom", "whom", "at"),
)
"""Who looked at what about whom; whoever it was about can read it."""
