"""Deployments as the command line, the console, agents and chats can ask for them.

plan = app.deployments.plan("shop", "main")
deployment, waits = app.deployments.run(app.deployments.order("shop", "main"))
app.deployments.rollback("shop")
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gainful.app.deploying.deploy_runs import DeployRuns, Listener
from gainful.app.deploying.planner import ServicePlanner
from gainful.app.deploying.services import Services
from gainful.core.clock import Clock
from gainful.core.deploy_event import DeployLock, Deployment, Event, EventKind, State, Wish
from gainful.core.deployment import Intent, TargetState
from gainful.core.errors import GainfulError, Invalid
from gainful.jobs.deploy.order import HAND, Order
from gainful.jobs.deploy.planning import Plan
from gainful.runs.parked import ParkedRun
from gainful.storage.runs.deployment_store import DeploymentStore

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

SOON = 0.3
"""Seconds between two looks at a deployment that another process carries out."""


class NothingUnderWay(Invalid):
    """No deployment of the service is in a state in which that could be done with it."""

    code = "nothing-under-way"


@dataclass(frozen=True, slots=True)
class Status:
    """How a service stands.

    Args:
        last: Its newest deployment; None where there was none.
        events: What has happened in that one.
        lock: Who may touch its target now.
        state: What its target says that it runs; None where it could not be asked.
        trouble: Why not.
    """

    service: str
    last: Deployment | None
    events: tuple[Event, ...] = ()
    lock: DeployLock | None = None
    state: TargetState | None = None
    trouble: str = ""


class Deployments:
    """What one person can ask of the deployments.

    Args:
        person: Who asks.
    """

    def __init__(
        self,
        services: Services,
        planner: ServicePlanner,
        runs: DeployRuns,
        kept: DeploymentStore,
        person: str,
        clock: Clock,
        engine: Callable[[], Engine],
    ) -> None:
        self.services = services
        self.runs = runs
        self.kept = kept
        self._planner = planner
        self._person = person
        self._clock = clock
        self._engine = engine

    def acting(self, person: str) -> Deployments:
        """The same as another person has them: what they ask for is in their name."""
        other = copy(self)
        other._person = person
        return other

    # --- asking -------------------------------------------------------------------------------------------------------

    def order(self, service: str, revision: str = "", intent: Intent = Intent.CHANGE, reason: str = "") -> Order:
        """An order of this person's, by hand; without a revision that of the service's settings.

        Raises:
            NoSuchService: There is no such service.
        """
        setting = self.services.named(service)
        wanted = revision or ("" if intent is Intent.ROLLBACK else setting.revision)
        return Order(service, wanted, self._person, HAND, self._clock(), intent, reason)

    def plan(self, order: Order) -> Plan:
        """What it would do, and whether that is worth it. A pure read.

        Raises:
            NoSuchService, NoSuchCommit, ReasonMissing, TargetUnreachable: As they say.
        """
        self.services.named(order.service)
        return self._planner.plan(order)

    def run(self, order: Order, listener: Listener | None = None) -> tuple[Deployment, ParkedRun | None]:
        """The deployment, made now; with what it waits for, where it does. See `DeployRuns.run`."""
        return self.runs.run(order, listener)

    def start(self, order: Order) -> Deployment:
        """The deployment, which a server makes soon. See `DeployRuns.start`."""
        return self.runs.start(order)

    def status(self, service: str = "") -> list[Status]:
        """How this service stands, or each of them.

        Raises:
            NoSuchService: There is no such service.
        """
        names = [self.services.named(service).name] if service else self.services.names
        return [self._status(name) for name in names]

    def _status(self, service: str) -> Status:
        last = next(iter(self.kept.of_service(service, 1)), None)
        events = tuple(self.kept.events(last.id)) if last is not None else ()
        state, trouble = self._runs_now(service)
        return Status(service, last, events, self.kept.lock(service), state, trouble)

    def _runs_now(self, service: str) -> tuple[TargetState | None, str]:
        try:
            target = self.services.target(self.services.named(service))
            try:
                return target.state(), ""
            finally:
                target.close()
        except GainfulError as error:
            return None, str(error)

    def history(self, service: str, limit: int = 20) -> list[Deployment]:
        """The service's last deployments, newest first.

        Raises:
            NoSuchService: There is no such service.
        """
        return self.kept.of_service(self.services.named(service).name, limit)

    # --- what is under way --------------------------------------------------------------------------------------------

    def carried_out(self, service: str) -> Deployment | None:
        """The deployment that has touched the service's target and has not ended; None where none has."""
        running = [one for one in self.kept.under_way(service) if one.state in (State.STAGING, State.WATCHING)]
        return running[-1] if running else None

    def promote(self, service: str, patience: timedelta) -> Deployment:
        """The deployment under way, promoted at this person's word, whatever the watch still waits for.

        Raises:
            NothingUnderWay: None has traffic.
        """
        running = self.carried_out(self.services.named(service).name)
        if running is None or running.state is not State.WATCHING:
            raise NothingUnderWay(
                f"No deployment of '{service}' is being watched.", f"See `gainful deploy status {service}`."
            )
        return self._wished(running, Wish("promote", self._person), patience)

    def rollback(self, service: str, reason: str, patience: timedelta, to: str = "") -> Deployment:
        """The deployment that has gone back: the one under way, or a new one that returns to the release before.

        Raises:
            NoSuchService, ReleaseInvalid, TargetUnreachable: As they say.
        """
        running = self.carried_out(self.services.named(service).name)
        if running is not None and not to:
            return self._wished(running, Wish("rollback", self._person), patience)
        order = self.order(service, to, Intent.ROLLBACK, reason)
        return self.runs.run(order)[0]

    def _wished(self, running: Deployment, wish: Wish, patience: timedelta) -> Deployment:
        self.kept.ask_for(running.id, wish)
        if running.id in self._engine().interrupted():
            # Whoever carried it out has died: what is left is done here.
            self._engine().resume(running.id)
        return self.followed(running, patience)

    def followed(self, deployment: Deployment, patience: timedelta, listener: Listener | None = None) -> Deployment:
        """The deployment once it has ended, or as it stands when patience is at its end."""
        until, told = time.monotonic() + patience.total_seconds(), 0
        while True:
            now = self.kept.find(deployment.id) or deployment
            events = self.kept.events(deployment.id)
            for event in events[told:] if listener is not None else ():
                listener.on_event(event)  # type: ignore[union-attr]
            told = len(events)
            if now.ended or time.monotonic() > until:
                return now
            time.sleep(SOON)

    def unlock(self, service: str, reason: str) -> DeployLock:
        """The lock that was taken away; whose deployment held it goes no further, and leaves what runs as it is.

        Raises:
            NothingUnderWay: Nobody holds it.
        """
        held = self.kept.lock(self.services.named(service).name)
        if held is None:
            raise NothingUnderWay(f"Nobody holds the lock of '{service}'.", "There is nothing to open.")
        deployment = self.kept.find(held.deployment)
        if deployment is not None:
            text = f"{self._person} has opened the lock: {reason}"
            self.kept.record(deployment, Event("unlocked", EventKind.STOLEN, self._clock(), text))
        self.kept.leave_lock(service, held.deployment)
        return held
