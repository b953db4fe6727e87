"""Writes down what happens in one deployment, and tells it on. Whatever crashes, each event stands there once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from gainful.core.clock import Clock
from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.errors import Broken
from gainful.jobs.deploy.desk import Records
from gainful.jobs.deploy.events import Teller

_STATES = {
    EventKind.ASKED: State.WAITING,
    EventKind.BEGUN: State.STAGING,
    EventKind.SHIFTED: State.WATCHING,
    EventKind.PROMOTED: State.PROMOTED,
    EventKind.ROLLED_BACK: State.ROLLED_BACK,
    EventKind.REFUSED: State.REFUSED,
    EventKind.DECLINED: State.DECLINED,
    EventKind.FAILED: State.FAILED,
}
"""The state that a deployment is in from this event on."""

_TIMES = {
    EventKind.BEGUN: "begun_at",
    EventKind.SHIFTED: "shifted_at",
    EventKind.PROMOTED: "promoted_at",
}


class Diary:
    """One deployment's record.

    Args:
        on_event: Told each event that is new, for somebody at a terminal.
    """

    def __init__(
        self,
        deployment: str,
        records: Records,
        teller: Teller,
        clock: Clock,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._id = deployment
        self._records = records
        self._teller = teller
        self._clock = clock
        self._on_event = on_event

    @property
    def deployment(self) -> Deployment:
        """As it stands.

        Raises:
            Broken: It was never written down.
        """
        found = self._records.find(self._id)
        if found is None:
            raise Broken(f"Deployment {self._id} is not in the record.", "Please report this.")
        return found

    def has(self, key: str) -> Event | None:
        """The event with this key; None when it has not happened."""
        return next((event for event in self._records.events(self._id) if event.key == key), None)

    def note(self, key: str, kind: EventKind, text: str, /, **detail: Any) -> None:
        """Write down that this happened, and tell it. The same key again only tells it again."""
        self.change(key, kind, text, {}, **detail)

    def change(self, key: str, kind: EventKind, text: str, changes: dict[str, Any], /, **detail: Any) -> None:
        """As `note`; the deployment stands differently from here on."""
        now = self._clock()
        event = Event(key, kind, now, text, detail)
        present = self.deployment
        after = replace(present, **_consequences(present, event), **changes)
        if self._records.record(after, event):
            self._on_event(event)
        else:
            event, after = self.has(key) or event, present
        # Whoever is told has troubles of their own: a chat that is down holds up no rollback.
        with suppress(Exception):
            self._teller.told(after, event)


def _consequences(present: Deployment, event: Event) -> dict[str, Any]:
    state = _STATES.get(event.kind, present.state)
    found: dict[str, Any] = {"state": state}
    if event.kind in _TIMES:
        found[_TIMES[event.kind]] = event.at
    if event.kind in _STATES and replace(present, state=state).ended:
        # Not what is said of one that has ended: that changes nothing in how it did.
        found |= {"ended_at": event.at, "why": event.text}
    return found
