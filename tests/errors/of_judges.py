"""Reproducers of what judges of outcomes can fail with."""

from __future__ import annotations

from gainful.core.clock import system_clock
from gainful.intake.judges.event import read
from tests.errors.registry import Place, reproduces


@reproduces("outcome-invalid")
def _an_event_that_there_is_none_of(place: Place) -> None:
    read({"id": "e-1", "event": "celebrate", "item": "T-1"}, "desk", system_clock())
