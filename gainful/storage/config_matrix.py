"""Settings of Matrix homeservers where agents chat."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from gainful.storage.config_section import Line, Section

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")
_WHOSE = re.compile(r"@[^\s:@]+:[A-Za-z0-9.:*?\[\]-]+")


class Matrix(Section):
    """An account on a Matrix homeserver. Its access token is sealed as `matrix:NAME`."""

    url: Line = Field(
        description="The homeserver's address: `https://matrix.example.org`. It may be in your own network."
    )
    invites: tuple[Annotated[str, Field(max_length=300)], ...] = Field(
        default=(),
        description="Whose invites into rooms are accepted: `@ada:example.org`, or `@*:example.org` for everybody "
        "there. Others are left unanswered.",
    )

    @field_validator("url")
    @classmethod
    def _is_origin(cls, url: str) -> str:
        if not _ORIGIN.fullmatch(url.rstrip("/")):
            raise ValueError("must be scheme, host and port alone, in small letters: https://matrix.example.org")
        return url.rstrip("/")

    @field_validator("invites")
    @classmethod
    def _are_people(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if not _WHOSE.fullmatch(pattern):
                raise ValueError(f"must be like @ada:example.org or @*:example.org, and not {pattern[:60]!r}")
        return patterns


MatrixName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""What stands before the colon where agents name a room, such as `matrix:!room:example.org`."""
