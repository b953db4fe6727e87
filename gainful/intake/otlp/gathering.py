"""Gathers what a request tells by who tells it and how."""

from __future__ import annotations

from gainful.core.fact import Call, Fact
from gainful.core.telemetry import Channel, Content, Reported, Source
from gainful.intake.otlp.attributes import Found, person, text


def source_of(found: Found, resource: Found) -> Source:
    """Who reports something with these attributes.

    Tools that run on a person's machine say whose it is with each record and not in the resource.
    """
    instance = text(resource, "instance") or text(found, "instance")
    return Source(text(resource, "service"), instance, person(found, resource))


class Gathering:
    """Facts by source and channel, and how many records cannot be used."""

    def __init__(self) -> None:
        self.rejected = 0
        self._facts: dict[tuple[Source, Channel], list[Fact]] = {}

    def add(self, source: Source, channel: Channel, fact: Fact) -> None:
        """A fact that somebody reports by some channel."""
        self._facts.setdefault((source, channel), []).append(fact)

    def content(self) -> Content:
        """All that was added."""
        return Content(
            tuple(
                Reported(source, channel, tuple(facts), any(isinstance(one, Call) and one.model for one in facts))
                for (source, channel), facts in self._facts.items()
            ),
            rejected=self.rejected,
        )
