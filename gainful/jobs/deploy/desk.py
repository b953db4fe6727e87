"""What lies on the desk of one deployment: its service's settings, target and source, and who keeps the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from gainful.core.clock import Clock
from gainful.core.deploy_event import DeployLock, Deployment, Event, Wish
from gainful.core.deployment import Action, Kind, Release
from gainful.core.freeze import Freeze
from gainful.gate.door import ToolDoor
from gainful.jobs.deploy.events import Teller
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.deploy.order import Order
from gainful.policy.organisation import OrganisationRule
from gainful.sdk.deploy_target import DeployTarget
from gainful.sdk.metrics import MetricSource, Totals
from gainful.sdk.tool import Tool


class Judged(Protocol):
    """A plan's verdict."""

    @property
    def kind(self) -> Kind:
        """What the candidate is."""

    @property
    def action(self) -> Action:
        """What becomes of the plan."""

    @property
    def proof(self) -> Sequence[str]:
        """Why, in short lines."""


class Planned(Protocol):
    """A plan, as far as its course depends on it."""

    @property
    def hash(self) -> str:
        """Of what is to happen."""

    @property
    def live(self) -> Release | None:
        """What was live when it was planned."""

    @property
    def candidate(self) -> Release:
        """What is to be live."""

    @property
    def migrations(self) -> Sequence[str]:
        """Paths of migrations in it: they break the instant rollback."""

    @property
    def verdict(self) -> Judged:
        """Whether it is worth it."""

    def as_json(self) -> dict[str, Any]:
        """Everything, as it is kept."""


P = TypeVar("P", bound=Planned)


class Planner(Protocol[P]):
    """Makes plans of one kind by pure reads."""

    def plan(self, order: Order) -> P:
        """The plan of this order as things stand now.

        Raises:
            GainfulError: It cannot be made; the message says what is wrong with the order, or what is not there.
        """

    def keep(self, planned: P) -> None:
        """Keep what a later plan is compared with, beside what the target runs. Done twice, it is done once."""

    def read(self, stored: Mapping[str, Any]) -> P:
        """The plan that `as_json` wrote."""

    def summary(self, planned: P) -> str:
        """What a person is shown who is asked about it: several lines, with what hides made visible."""


class Look(Protocol):
    """One look at the numbers."""

    @property
    def verdict(self) -> str:
        """One of `gainful.jobs.deploy.watching.Verdict`."""

    @property
    def why(self) -> str:
        """In a sentence."""

    def as_json(self) -> dict[str, Any]:
        """The numbers."""


class Watch(Protocol):
    """Compares the candidate with what is live. Pure: the same counters give the same answer."""

    def look(self, live: Totals, candidate: Totals, elapsed: float, warm: tuple[Totals, Totals] | None = None) -> Look:
        """What the counters say that have been counted in so many seconds since traffic moved.

        Args:
            warm: What both had counted when the candidate was warm; None where it was so at once, or is not yet.
        """


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was measured before traffic moved.

    Args:
        before: Of the live slot, in `lasted`.
        canary: Whether the live slot goes on beside the candidate; otherwise the candidate stands in its place.
    """

    before: Totals
    lasted: timedelta
    canary: bool


class Records(Protocol):
    """Where deployments are kept; see `gainful.storage.runs.deployment_store`. Each method is one transaction."""

    def begin(self, deployment: Deployment) -> Deployment:
        """The deployment of this id as it stands; this one, where it is new."""

    def record(self, deployment: Deployment, event: Event) -> bool:
        """Whether this event is new; it is written down, and how the deployment stands now, both or neither."""

    def find(self, prefix: str) -> Deployment | None:
        """The deployment with this id."""

    def events(self, deployment: str) -> list[Event]:
        """What has happened in it, in order."""

    def wish(self, deployment: str) -> Wish | None:
        """What a person asks of it; None when nobody does."""

    def lock(self, service: str) -> DeployLock | None:
        """Who may touch the service's target now."""

    def take_lock(self, wanted: DeployLock, *, steal: bool = False) -> DeployLock | None:
        """Who held the service's lock when it was asked for; None: nobody, or this deployment, which has it now."""

    def leave_lock(self, service: str, deployment: str) -> bool:
        """Whether this deployment held the service's lock; nobody does now."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the settings say of a service, as far as its deployments depend on it.

    Args:
        approval: `start`: whoever starts it by hand has said so; `always`; `four-eyes`: somebody else than the author.
        share: Percent of the traffic that a candidate is watched with.
        baseline: How long is measured before traffic moves.
        warm_up: How long a candidate may be slow at first; its errors count at once.
        unmeasured: How long a candidate is looked at where nothing is measured but its health.
        not_enough: After a window with too little traffic: `ask` a person, `promote`, or `rollback`.
        blind: When the source of metrics does not come back within `blind_after`: `rollback`, or `stay` and wait.
        patience: How long a person has for a question while the candidate has traffic; then it is rolled back.
        to_answer: How long a person has before anything is done.
    """

    name: str
    approval: str = "start"
    freezes: tuple[Freeze, ...] = ()
    share: int = 10
    baseline: timedelta = timedelta(seconds=30)
    warm_up: timedelta = timedelta(0)
    unmeasured: timedelta = timedelta(seconds=60)
    not_enough: str = "ask"
    blind: str = "rollback"
    blind_after: timedelta = timedelta(seconds=60)
    patience: timedelta = timedelta(hours=1)
    to_answer: timedelta = timedelta(days=7)


def nobody_looks(_look: Look, _elapsed: timedelta) -> None:
    """Where nobody looks on."""


def nobody_listens(_event: Event) -> None:
    """Where nobody looks on."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that one deployment needs.

    Args:
        source: None where nothing is measured.
        watch: Makes the watch of a baseline.
        open_door: The door to these tools, with these rules besides; the last argument: no stop holds it up, since
            taking back is what a person who stops deployments wants.
        sleep: Sleeps between two looks; the run may end there, and be gone on with elsewhere.
        pause: Sleeps within a call, which is not cut short.
        answered_by: Who answered an approval, by its id; empty when nobody did.
        explainer: Asks a model once what broke a release that did badly; None where the settings do not want that.
        on_look, on_event: Told each look and each event, for somebody at a terminal.
    """

    service: Service
    target: DeployTarget
    source: MetricSource | None
    planner: Planner[Any]
    watch: Callable[[Baseline], Watch]
    records: Records
    open_door: Callable[[Mapping[str, Tool], Sequence[OrganisationRule], bool], ToolDoor]
    teller: Teller
    clock: Clock
    sleep: Callable[[float], None]
    answered_by: Callable[[str], str]
    pause: Callable[[float], None] = time.sleep
    explainer: Explainer | None = None
    on_look: Callable[[Look, timedelta], None] = nobody_looks
    on_event: Callable[[Event], None] = nobody_listens


def release_json(release: Release | None) -> dict[str, str] | None:
    """A release as JSON."""
    if release is None:
        return None
    return {"commit": release.commit, "digest": release.digest, "config": release.config, "id": release.id}


def instant(at: datetime) -> str:
    """An instant for people: `2026-11-29 08:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
