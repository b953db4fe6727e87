"""The hours in which an agent posts nothing that nobody asked it for, as its file says them."""

from __future__ import annotations

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from gainful.agents.restriction import Part

TimeOfDay = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHours(Part):
    """When it is quiet, each day anew. What is held back by then is posted when it is over.

    Args:
        from: When it begins, such as `"20:00"`.
        to: When it ends, such as `"08:00"`; earlier than `from`, it is on the next day.
        zone: IANA time zone of the clock that is meant, such as `Europe/Berlin`.
    """

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):
            raise ValueError("is no time zone; write it like Europe/Berlin") from None

    @model_validator(mode="after")
    def _some_time(self) -> QuietHours:
        if self.from_ == self.to:
            raise ValueError("begins when it ends")
        return self

    @property
    def begins(self) -> time:
        """When it begins, by the clock on the wall."""
        return time.fromisoformat(self.from_)

    @property
    def ends(self) -> time:
        """When it ends, by the clock on the wall."""
        return time.fromisoformat(self.to)
