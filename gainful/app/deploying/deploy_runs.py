"""Runs of deployments: from an order to how it ended, each run durable.

runs.start(order)                  # soon, in the server
runs.run(order, listener)          # now, here
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gainful.app.deploying.services import Services, service_of
from gainful.app.guarding.guards import Guards
from gainful.app.stores import Stores
from gainful.core.deploy_event import Deployment, Event, State
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.gate.approval import Approvers
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.jobs.deploy.desk import Baseline, Desk, Look, Planner, Watch, nobody_listens, nobody_looks
from gainful.jobs.deploy.events import Teller
from gainful.jobs.deploy.explaining import Explainer
from gainful.jobs.deploy.order import Order
from gainful.jobs.deploy.run import DeployJob
from gainful.policy.organisation import OrganisationRule
from gainful.runs.parked import ParkedRun
from gainful.runs.steps import Json, Steps
from gainful.sdk.tool import Tool
from gainful.storage.settings.services import ServiceSetting

if TYPE_CHECKING:
    from gainful.runs.engine import Engine

JOB = "deploy"

MakeWatch = Callable[[ServiceSetting, Baseline], Watch]


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody at a terminal who looks on."""

    on_event: Callable[[Event], None] = nobody_listens
    on_look: Callable[[Look, timedelta], None] = nobody_looks


class DeployRuns:
    """Starts runs of deployments, and is what the engine calls to do one.

    Args:
        teller: Told what happens.
        engine: Gives the process's engine.
        sleep: Between two looks; as the engine rests, unless given.
        explainer: Asks a language model what broke a release, for services whose settings want that.
    """

    def __init__(
        self,
        stores: Stores,
        guards: Guards,
        services: Services,
        planner: Planner[Any],
        watch: MakeWatch,
        teller: Teller,
        engine: Callable[[], Engine],
        sleep: Callable[[float], None] | None = None,
        explainer: Explainer | None = None,
    ) -> None:
        self._explainer = explainer
        self._sleep = sleep
        self._stores = stores
        self._guards = guards
        self._services = services
        self._planner = planner
        self._watch = watch
        self._teller = teller
        self._engine = engine
        self._listeners: dict[str, Listener] = {}
        self._job = DeployJob(self._desk)

    # --- starting -----------------------------------------------------------------------------------------------------

    def start(self, order: Order, deployment: str = "") -> Deployment:
        """The deployment that a server makes of it, soon. The same id is the same deployment.

        Raises:
            Stopped: A person has stopped deployments.
            NoSuchService: There is no such service.
        """
        fresh = self._fresh(order, deployment or random_id())
        self._engine().start(JOB, fresh.id, order.as_json())
        # Only now: without a run it would stand in the record for ever. Whoever asks for it finds it at once.
        return self._stores.deployments_kept.begin(fresh)

    def run(self, order: Order, listener: Listener | None = None) -> tuple[Deployment, ParkedRun | None]:
        """The deployment, made now and in this process; with the approval that it waits for, where it does.

        Raises:
            Stopped: A person has stopped deployments.
            NoSuchService: There is no such service.
            GainfulError: What stopped it.
        """
        fresh = self._fresh(order, random_id())
        self._listeners[fresh.id] = listener or Listener()
        try:
            result = self._engine().run(JOB, fresh.id, order.as_json())
        finally:
            del self._listeners[fresh.id]
        kept = self._stores.deployments_kept.find(fresh.id) or fresh
        return kept, result if isinstance(result, ParkedRun) else None

    def _fresh(self, order: Order, deployment: str) -> Deployment:
        if order.intent != "rollback":
            self._guards.check(JOB)
        self._services.named(order.service)
        return Deployment(
            deployment, order.service, order.revision, order.intent, order.person, order.by, State.PLANNED,
            order.asked_at, reason=order.reason,
        )  # fmt: skip

    # --- doing --------------------------------------------------------------------------------------------------------

    def job(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """What the engine calls."""
        runs, clock = self._stores.runs, self._stores.clock
        account = f"service:{arguments['service']}"
        runs.start(run_id, JOB, account, str(arguments["by"]), applied=True, at=clock())
        try:
            summary = self._job(steps, run_id, arguments)
        except GainfulError as error:
            runs.end(run_id, "failed", error.as_json(), clock())
            raise
        went_well = summary["state"] == State.PROMOTED
        runs.end(run_id, "done" if went_well else str(summary["state"]), {**summary, "text": summary["why"]}, clock())
        return summary

    @contextmanager
    def _desk(self, order: Order, run_id: str) -> Iterator[Desk]:
        setting = self._services.named(order.service)
        listener = self._listeners.get(run_id) or Listener()
        target = self._services.target(setting)
        try:
            source = self._services.source(setting)
            try:
                yield Desk(
                    service=service_of(setting, self._stores.config.approvals.terms.to_answer),
                    target=target,
                    source=source,
                    planner=self._planner,
                    watch=lambda baseline: self._watch(setting, baseline),
                    records=self._stores.deployments_kept,
                    open_door=lambda tools, rules, back: self._door(order, run_id, tools, rules, back=back),
                    teller=self._teller,
                    clock=self._stores.clock,
                    # Of the engine that carries this run: asked for later, it might be another one.
                    sleep=self._sleep or self._engine().rest,
                    answered_by=self._answered_by,
                    explainer=self._explainer if setting.explain else None,
                    on_look=listener.on_look,
                    on_event=listener.on_event,
                )
            finally:
                if source is not None:
                    source.close()
        finally:
            target.close()

    def _door(
        self, order: Order, run_id: str, tools: Mapping[str, Tool], rules: Sequence[OrganisationRule], *, back: bool
    ) -> ToolDoor:
        guards, stores = self._guards, self._stores
        return ToolDoor(
            Running(run_id, order.person, "", order.asked_at),
            guards.way_back(JOB) if back else guards.stricter(JOB, rules),
            tools,
            stores.calls,
            stores.book,
            Spending(),
            stores.clock,
            approvers=Approvers(frozenset({guards.person, *guards.team})),
            terms=stores.config.approvals.terms,
        )

    def _answered_by(self, approval: str) -> str:
        return self._stores.book.find(approval, self._stores.clock()).answered_by
