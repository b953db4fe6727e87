"""`[report]`: to which team's server this installation reports what its agents cost, and what became of their work."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from gainful.storage.settings.section import Line, Section


class Report(Section):
    """What is reported to a team's server; see [report to a team](../how-to/report-to-a-team.md)."""

    server: Line = Field(
        default="",
        description="The server: `https://HOST`, or the name of a remote (`gainful remote list`). Empty: none. Its "
        "token is the secret `report`.",
    )
    outcomes: bool = Field(
        default=False,
        description="Whether it is also told what became of the work: which items were claimed, accepted, refused or "
        "undone. Items stand under digests; nobody but you is named. Needs a token of yours with the scope `report`.",
    )
    on: bool = Field(
        default=False,
        description="Whether `gainful serve` reports by itself. Otherwise `gainful report now` does, at your word.",
    )
    minutes: int = Field(default=15, ge=1, le=1440, description="Between two reports of `gainful serve`.")
    person: Annotated[str, Field(max_length=200)] = Field(
        default="", description="Who you are to the server: an address or a name. Empty: the name in `[owner]`."
    )
    since: date | None = Field(default=None, description="The first day that is reported, UTC. Unset: all there is.")

    @field_validator("person")
    @classmethod
    def _in_a_line(cls, text: str) -> str:
        if not text.isprintable():
            raise ValueError("must not hold control characters")
        return text
