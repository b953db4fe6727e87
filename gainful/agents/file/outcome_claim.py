"""The outcome that an agent claims for each piece of work, and who or what judges whether it came about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gainful.agents.file.restriction import Part

Judge = Literal["hand", "reaction", "survives"]


class OutcomeClaim(Part):
    """What an agent's work is good for. A claim is no proof: it counts once it was judged.

    Args:
        claims: In a few words, such as `A question answered`.
        judged_by: `reaction`: whoever asked marks the answer, 👍 or 👎. `survives`: nobody has taken it back.
            `hand`: a person says so, by `gainful agent judge`.
        days: After so many days without a judgement it is settled: as survived, or as not accepted.
    """

    claims: Annotated[str, Field(min_length=1, max_length=200)]
    judged_by: Judge = "hand"
    days: Annotated[int, Field(ge=1, le=365)] = 14
