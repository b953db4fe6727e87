"""The hours in which an agent posts nothing that nobody asked it for, as its file says them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from gainful.agents.file.restriction import Part
from gainful.core.quiet_hours import QuietHours, time_of_day

TimeOfDay = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]


class Quiet(Part):
    """When it is quiet, each day anew. What is held back by then is posted when it is over.

    Args:
        from: When it begins, such as `"20:00"`.
        to: When it ends, such as `"08:00"`; earlier than `from`, it is on the next day.
        zone: IANA time zone of the clock that is meant, such as `Europe/Berlin`.
    """

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay
    zone: str = "UTC"

    @model_validator(mode="after")
    def _can_be(self) -> Quiet:
        try:
            self.hours  # noqa: B018 -- making them checks them
        except ValueError as error:
            raise ValueError(f"cannot be: {error}") from None
        return self

    @property
    def hours(self) -> QuietHours:
        """The hours themselves."""
        return QuietHours(time_of_day(self.from_), time_of_day(self.to), self.zone)
