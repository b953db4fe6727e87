"""Settings of where everything is kept."""

from __future__ import annotations

from pydantic import Field, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gainful.core.errors import Invalid
from gainful.storage.settings.section import Line, Section


class DatabaseUrlInvalid(Invalid):
    """What was given is not the address of a database that a team can share."""

    code = "database-url-invalid"


def fault_of(url: str) -> str:
    """Why this cannot be the address of a team's database; empty where it can. It never repeats a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The latter where a port is no number.
        return "is no address; write it like postgresql://gainful@db.example.org:5432/gainful"
    if parsed.get_backend_name() != "postgresql":
        return "must begin with postgresql://"
    if parsed.password is not None or "password" in parsed.query:
        return "must not hold a password; store it with `gainful secrets set database`, or use PGPASSFILE"
    if parsed.port is not None and not 0 < parsed.port < 2**16:
        return "has a port that no server can have"
    if not parsed.database:
        return "names no database"
    return ""


class Storage(Section):
    """Where everything is kept: `gainful.sqlite` in Gainful's home, unless a team shares a PostgreSQL."""

    database: Line = Field(
        default="",
        description="`postgresql://USER@HOST[:PORT]/NAME`, never with a password; empty: the file. "
        "`GAINFUL_DATABASE` and `gainful serve --database` come before it.",
    )

    @field_validator("database")
    @classmethod
    def _can_be_shared(cls, url: str) -> str:
        fault = fault_of(url) if url else ""
        if fault:
            raise ValueError(fault)
        return url
