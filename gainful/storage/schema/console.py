"""Who may open the console, their sessions, and the tokens of programs. Nothing here can be used to sign in."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from gainful.storage.schema.tables import metadata

console_accounts = Table(
    "console_accounts",
    metadata,
    Column("person", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("made_at", String, nullable=False),
)
"""`password`: its argon2 hash; empty where another system signs the person in."""

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("seen_at", String, nullable=False),
    Column("confirmed_at", String, nullable=False),
    Column("flash", Text, nullable=False),
    Index("console_sessions_by_person", "person"),
)
"""`digest`: of the cookie. `confirmed_at`: when the password was given last. `flash`: what the next page says once."""

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("digest", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("person", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
)
