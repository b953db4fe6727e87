"""What people's own Gainfuls report of outcomes, in the API: facts about the reporter's own work, and nobody else's."""

# Without `annotations` from `__future__`: FastAPI reads them, and some name what is made within a function.

from typing import Annotated, Literal

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from gainful.app import Gainful
from gainful.app.console import Access, Right, SignedIn
from gainful.web.api_rights import needs

MOST_FACTS = 500
"""Facts of a request."""


class ReportedFact(BaseModel):
    """A fact as docs/reference/events.md has it, of a kind and with the fields that a report may tell."""

    model_config = ConfigDict(extra="allow")

    kind: Literal["agent", "work_item", "run", "human_time", "claim", "verdict", "evidence", "reversal"]
    at: str = Field(max_length=40, description="An instant with its zone.")
    key: str = Field(min_length=1, max_length=200, description="The same key from the same person is the same fact.")


class Reports(BaseModel):
    """Facts, in any order."""

    model_config = ConfigDict(extra="forbid")

    facts: list[ReportedFact] = Field(min_length=1, max_length=MOST_FACTS)


class RefusedOne(BaseModel):
    """A fact that was not booked; sending it again does not help."""

    place: int = Field(description="Of the fact in the request, from 0.")
    why: str


class Acknowledged(BaseModel):
    """What became of the facts. What is booked or known is durable."""

    booked: int
    known: int
    refused: list[RefusedOne]
    prefix: str = Field(description="What ids of this person's items begin with here.")


def reports_api(made: FastAPI, app: Gainful, access: Access) -> None:
    """Their route."""
    reports = needs(access, Right.REPORT)

    @made.post("/v1/reports", summary="Tell what became of work on your own machine", tags=["reports"])
    def report(who: Annotated[SignedIn, Depends(reports)], given: Reports) -> Acknowledged:
        """Facts are bound to the token's person, whatever they say. Usable ones are booked, others come back."""
        taken = app.reported.take(who.person, [one.model_dump() for one in given.facts])
        refused = [RefusedOne(place=one.place, why=one.why) for one in taken.refused]
        return Acknowledged(booked=taken.booked, known=taken.known, refused=refused, prefix=taken.prefix)
