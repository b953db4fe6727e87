"""Deployments that happen step by step, told in a chat in memory by a teller whose authors have calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from gainful.app.deploying.teller import Channel, ChatTeller
from gainful.core.busy import Presence
from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.deployment import Intent
from gainful.sdk.testing.memory_chat import Kept
from gainful.storage.runs.deployment_store import DeploymentStore
from tests.unit.app.chat.world import World
from tests.unit.jobs.deploy.courses import PLAN, after


class Town:
    """One installation with the chat `team`, and the service `shop` that is told in its room `help`."""

    def __init__(self, database: Engine, folder: Path, **settings: Any) -> None:
        self.world = World(database, folder, **settings)
        self.clock = self.world.clock
        self.records = DeploymentStore(database)
        self.busy: dict[str, datetime] = {}
        self.asked: list[str] = []
        self.on_call: dict[str, tuple[str, ...]] = {"bo": ("bo",)}
        self.channels = {"shop": Channel("team:#help", "bo"), "till": Channel("team:#help", "bo")}
        self.teller = self.new_teller()

    def new_teller(self) -> ChatTeller:
        """A teller as a new process has it."""
        desk = self.world.desk
        self.teller = ChatTeller(
            lambda service: self.channels.get(service, Channel()),
            self.records,
            desk.connections,
            desk.people,
            self.world.outbox,
            self._presence,
            lambda setting: self.on_call.get(setting, ()),
            self.clock,
        )
        return self.teller

    def _presence(self, person: str) -> Presence:
        self.asked.append(person)
        until = self.busy.get(person)
        return Presence(until if until is not None and until > self.clock() else None)

    def meets(self, person: str, **span: float) -> None:
        """This person is in a meeting for so long, from now on."""
        self.busy[person] = self.clock() + timedelta(**span)

    # --- what happens -------------------------------------------------------------------------------------------------

    def deploy(self, deployment: str = "dep1", **more: Any) -> str:
        """A deployment begins to be planned."""
        given = {"service": "shop", "revision": "main", "author": "ada", "by": "hand", "plan": PLAN, **more}
        intent = given.pop("intent", Intent.CHANGE)
        now = self.clock()
        self.records.begin(Deployment(deployment, intent=intent, state=State.PLANNED, asked_at=now, **given))
        return deployment

    def happens(self, *kinds: EventKind | tuple[EventKind, dict[str, Any]], of: str = "dep1", **span: float) -> None:
        """These things happen, one after the other, each told and posted."""
        for one in kinds:
            kind, detail = one if isinstance(one, tuple) else (one, {})
            self.note(of, kind, detail)
            self.say()
            self.clock.wait(**(span or {"seconds": 10}))

    def note(self, of: str, kind: EventKind, detail: dict[str, Any] | None = None) -> None:
        """One thing happens, and is told to the teller."""
        present = self.records.find(of)
        assert present is not None
        number = len(self.records.events(of))
        event = Event(f"{kind} {number}", kind, self.clock(), f"It is {kind}.", detail or {})
        self.records.record(after(present, event), event)
        self.teller.told(replace(after(present, event)), event)

    def say(self) -> None:
        """The teller looks, and what may be posted is."""
        self.teller.look()
        self.world.send()

    # --- what is there ------------------------------------------------------------------------------------------------

    def room(self) -> list[Kept]:
        """The messages of the room."""
        return self.world.seen()

    def told_alone(self, person: str) -> list[Kept]:
        """What this person was told alone."""
        return self.world.seen(self.world.direct(person))

    def threads(self) -> set[str]:
        """The threads that there are in the room."""
        return {one.message.place.thread or one.message.place.message for one in self.room()}
