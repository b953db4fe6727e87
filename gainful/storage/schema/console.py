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
    Column("sealed", Text, nullable=False),
    Index("console_sessions_by_person", "person"),
)
"""`digest`: of the cookie. `confirmed_at`: when the password was given last. `flash`: what the next page says once.
`sealed`: what the identity provider is shown when they sign out there, under a key that the cookie alone gives."""

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

console_identities = Table(
    "console_identities",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("linked_at", String, nullable=False),
    Column("barred_at", String, nullable=False),
    Index("console_identities_by_person", "person"),
)
"""Who somebody is at an identity provider. `barred_at`: when their account was taken away; empty while it is there."""

console_flows = Table(
    "console_flows",
    metadata,
    Column("digest", String, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("redirect_uri", String, nullable=False),
    Column("state", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("session", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("begun_at", String, nullable=False),
    Index("console_flows_by_begun", "begun_at"),
)
"""Sign-ins under way at an identity provider, each for some minutes and one use. `digest`: of the browser's cookie."""
