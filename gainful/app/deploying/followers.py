"""Who follows the deployments of one installation: its books at once, its chats a moment later, each by itself.

followers = installed_followers(stores, people, chats, calendars, state)
followers.told(deployment, event)      # a `Teller`
followers.watchers(complain)           # for a server
followers.close()                      # what is left to be said is said, or waits in the outbox
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

from gainful.app.chat.desk import ChatDesk
from gainful.app.deploying.herald import Herald
from gainful.app.deploying.rota import Rota
from gainful.app.deploying.services import Services
from gainful.app.deploying.survival import Survival, look_for
from gainful.app.deploying.teller import Channel, ChatTeller
from gainful.app.stores import Stores
from gainful.app.tooling.calendars import Calendars
from gainful.core.deploy_event import Deployment, Event
from gainful.core.deployment import TargetState
from gainful.core.errors import GainfulError
from gainful.runs.watch import Watcher
from gainful.sdk.calendar import Agenda
from gainful.storage.settings.services import ServiceSetting
from gainful.storage.worth.waste_store import WasteStore

SURVIVAL_EVERY = 60.0
"""Seconds between two looks for deployments that have survived, or have not."""


def silent(_error: GainfulError) -> None:
    """Where nobody is told of trouble: what could not be said waits for a server."""


class Followers:
    """The `Teller` of an installation. Safe to share between threads; making it reaches nothing."""

    def __init__(self, books: Survival, chats: ChatTeller, send: Callable[[str], object]) -> None:
        self._books = books
        self._chats = chats
        self._send = send
        self._herald: Herald | None = None
        self._guard = threading.Lock()

    def told(self, deployment: Deployment, event: Event) -> None:
        """Let them know; the chats are left to a thread of their own."""
        self._chats.told(deployment, event)
        self._begin(silent)
        self._books.told(deployment, event)

    def look(self) -> list[str]:
        """Judge what is due, now. Returns the work items whose outcome went on; see `Survival.look`."""
        return self._books.look()

    def watchers(self, complain: Callable[[GainfulError], None]) -> list[Watcher]:
        """What a server watches for, not started; what other processes have left unsaid is said from here on."""
        self._begin(complain)
        return [Watcher("survival of deployments", look_for(self._books, time.sleep, SURVIVAL_EVERY), complain)]

    def close(self) -> None:
        """Say what is left, for a moment."""
        with self._guard:
            if self._herald is not None:
                self._herald.stop()
            self._herald = None

    def _begin(self, complain: Callable[[GainfulError], None]) -> None:
        with self._guard:
            if self._herald is None:
                self._herald = Herald(self._chats, self._send, complain)
                self._herald.start()


def installed_followers(
    stores: Stores, chats: ChatDesk, calendars: Callable[[], Calendars], state: Callable[[str], TargetState]
) -> Followers:
    """Those who follow the deployments of this installation.

    Args:
        calendars: Gives the calendars of the settings.
        state: What the target of a service runs now; raises where it cannot be asked.
    """
    services = {one.name: one for one in stores.config.services}

    def agenda(name: str, start: datetime, end: datetime) -> Agenda:
        return calendars().agenda(name, start, end)

    def persons() -> set[str]:
        return {*chats.people.trusted, *(link.person for link in chats.people.links())}

    def survives(service: str) -> timedelta | None:
        return services[service].survival if service in services else None

    wastes = WasteStore(stores.database, stores.audit, stores.ledger)
    books = Survival(stores.deployments_kept, stores.work, stores.ledger, wastes, state, survives, stores.clock)
    teller = ChatTeller(
        lambda service: _channel(services.get(service)),
        stores.deployments_kept,
        chats.connections,
        chats.people,
        stores.outbox,
        lambda person: calendars().busy_until(person),
        Rota(agenda, persons, stores.clock).on_call,
        stores.clock,
    )
    return Followers(books, teller, chats.send)


def state_of(services: Services, service: str) -> TargetState:
    """What the target of a service runs now.

    Raises:
        NoSuchService, Invalid: Its settings are gone, or cannot be used.
        TargetUnreachable, TargetRefused: It cannot be asked.
    """
    with closing(services.target(services.named(service))) as target:
        return target.state()


def _channel(setting: ServiceSetting | None) -> Channel:
    return Channel(setting.chat, setting.on_call) if setting is not None else Channel()
