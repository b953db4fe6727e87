"""Reproducers of what the hold-out, work by hand and cold months can fail with."""

from __future__ import annotations

from datetime import UTC, datetime

from gainful.core.fact import Claim, WorkItem
from tests.errors.registry import Place, reproduces

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@reproduces("item-begun")
def _an_item_that_an_agent_has_begun(place: Place) -> None:
    with place.app() as app:
        opened = WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann")
        app.facts.append([opened, Claim(at=NOW, work_item="T-1", claimant="helper")], "test")
        app.hold_outs.deal("T-1", "ticket", "ann")


@reproduces("other-class")
def _an_item_of_another_class(place: Place) -> None:
    with place.app() as app:
        app.hold_outs.deal("T-1", "ticket", "ann")
        app.hold_outs.deal("T-1", "pull-request", "ann")


@reproduces("not-measuring")
def _the_end_of_what_nobody_began(place: Place) -> None:
    with place.app() as app:
        app.by_hand.done("T-1", "bo")


@reproduces("measuring-already")
def _the_same_work_begun_twice(place: Place) -> None:
    with place.app() as app:
        app.hold_outs.deal("T-1", "ticket", "ann")
        app.by_hand.start("T-1", "bo")
        app.by_hand.start("T-1", "bo")
