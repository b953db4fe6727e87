"""A desk for deployments: a real database, a target that is a file, a clock that sleeping moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.app.guarding.guards import built_in
from gainful.core.deploy_event import Deployment, Event
from gainful.gate.approval import Answer, Approvers, Verdict
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.jobs.deploy.desk import Desk, Service
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.run import DeployJob
from gainful.policy.organisation import OrganisationRule
from gainful.runs.parked import Parked
from gainful.runs.steps import Steps
from gainful.sdk.tool import Tool
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.runs.deployment_store import DeploymentStore
from tests.unit.jobs.deploy.world import OLD, FileTarget, Plans, Simple, Traffic

BEGINNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


class Clock:
    """Moved by sleeping."""

    def __init__(self) -> None:
        self.now = BEGINNING
        self.on_sleep: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.on_sleep()


class Told:
    """Remembers what it was told, and passes the key of each event on."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.heard: Callable[[str], None] = lambda key: None

    def told(self, deployment: Deployment, event: Event) -> None:
        self.events.append((deployment.id, event.key))
        self.heard(event.key)


class Stops:
    """Who is stopped."""

    def __init__(self) -> None:
        self.why = ""

    def reason(self, agent: str) -> str:
        return self.why


@dataclass
class World:
    """Everything around deployments of one service."""

    target: FileTarget
    records: DeploymentStore
    book: ApprovalStore
    calls: CallStore
    audit: AuditStore
    clock: Clock = field(default_factory=Clock)
    traffic: Traffic = field(default_factory=Traffic)
    measured: bool = True
    service: Service = field(default_factory=lambda: Service("shop", patience=timedelta(minutes=2)))
    told: Told = field(default_factory=Told)
    stops: Stops = field(default_factory=Stops)
    organisation: Sequence[OrganisationRule] = ()
    least: int = 1
    explainer: Explainer | None = None
    recorded: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plans = Plans(self.target)

    def deploy(self, deployment: str = "d1", **more: Any) -> dict[str, Any]:
        """How it ended."""
        order = Order(
            **{"service": "shop", "revision": "main", "person": "ada", "by": "hand", "asked_at": self.clock(), **more}
        )
        ended: dict[str, Any] = DeployJob(self.desk)(self.steps(deployment), deployment, order.as_json())
        return ended

    def parked(self, deployment: str = "d1", **more: Any) -> str:
        """The id of the approval for which it waits."""
        with pytest.raises(Parked) as parked:
            self.deploy(deployment, **more)
        return parked.value.approval_id

    def kept(self, deployment: str = "d1") -> Deployment:
        """How it stands in the records."""
        found = self.records.find(deployment)
        assert found is not None
        return found

    def steps(self, deployment: str) -> Steps:
        """Steps that are recorded, as the engine does: a step that raises leaves no record."""

        def step(name: str, function: Callable[[], Any]) -> Any:
            if (deployment, name) not in self.recorded:
                self.recorded[deployment, name] = json.dumps(function())
            return json.loads(self.recorded[deployment, name])

        return step

    def answer(self, approval: str, verdict: Verdict, by: str = "bo") -> None:
        """Somebody's answer."""
        card = self.book.find(approval, self.clock()).card
        self.book.answer(approval, Answer(verdict, by, self.clock(), card))

    def kinds(self, deployment: str = "d1") -> list[str]:
        return [str(event.kind) for event in self.records.events(deployment)]

    @property
    def waiting(self) -> list[str]:
        return [approval.id for approval in self.book.waiting(self.clock())]

    @contextmanager
    def desk(self, order: Order, run_id: str) -> Iterator[Desk]:
        def door(tools: Mapping[str, Tool], rules: Sequence[OrganisationRule], back: bool) -> ToolDoor:
            stops = Stops() if back else self.stops
            asking = () if back else (*self.organisation, *rules)
            guard = Guard("deploy", built_in("deploy"), stops, self.audit, asking)
            running = Running(run_id, order.person, "", order.asked_at)
            return ToolDoor(
                running, guard, tools, self.calls, self.book, Spending(), self.clock,
                approvers=Approvers(frozenset({"ada", "bo"})),
            )  # fmt: skip

        yield Desk(
            service=self.service,
            target=self.target,
            source=self.traffic if self.measured else None,
            planner=self.plans,
            watch=lambda baseline: Simple(baseline, least=self.least),
            records=self.records,
            open_door=door,
            teller=self.told,
            clock=self.clock,
            sleep=self.clock.sleep,
            pause=self.clock.sleep,
            answered_by=lambda approval: self.book.find(approval, self.clock()).answered_by,
            explainer=self.explainer,
        )


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> World:
    """A service 'shop' whose target runs the old release."""
    clock = Clock()
    audit = AuditStore(database, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", clock)
    books = LedgerStore(database, clock)
    return World(
        FileTarget(tmp_path).run(OLD),
        DeploymentStore(database),
        ApprovalStore(database),
        CallStore(database, audit, books),
        audit,
        clock,
    )
