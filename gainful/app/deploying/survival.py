"""Books what came of deployments: claims, what survived, and what was spent for nothing.

    survival.told(deployment, event)      # a `Teller`: books what an event says at once
    survival.look()                       # judges what is due, and books what a process that died did not

Everything is booked under keys that follow from the record, so that a second look, or a late one, books nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gainful.core.clock import Clock
from gainful.core.deploy_event import Deployment, Event, State
from gainful.core.deployment import TargetState
from gainful.core.errors import GainfulError
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.jobs.deploy.change import change_of
from gainful.jobs.deploy.surviving import KIND, counts, next_step, pointless, source, work_item
from gainful.ledger.outcome import Outcome, WorkItem
from gainful.ledger.report import total
from gainful.ledger.waste import waste
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.runs.deployment_store import DeploymentStore
from gainful.storage.worth.waste_store import WasteStore

REMEMBERED = timedelta(days=90)
"""How far back it is looked; whatever was not judged by then stays as it is."""

WASTE = "pointless-deployment"

UNKNOWN = "What its target and its build used is not known here."

JOB = "deploy"


class Incidents(Protocol):
    """Where incidents are reported."""

    def about(self, service: str, since: datetime, until: datetime) -> Sequence[str]:
        """What was reported about a service in a time, such as addresses of issues; empty where nothing was."""


class NoIncidents:
    """Nobody reports incidents."""

    def about(self, service: str, since: datetime, until: datetime) -> Sequence[str]:  # noqa: ARG002 -- the protocol
        """Nothing."""
        return ()


class Survival:
    """The outcomes of deployments.

    Args:
        state: What the target of a service runs now; raises where it cannot be asked.
        survives: For how long a service's releases have to stay live; None where the service is in no settings.
    """

    def __init__(
        self,
        records: DeploymentStore,
        work: WorkItemStore,
        books: LedgerStore,
        wastes: WasteStore,
        state: Callable[[str], TargetState],
        survives: Callable[[str], timedelta | None],
        clock: Clock,
        incidents: Incidents | None = None,
    ) -> None:
        self._records = records
        self._work = work
        self._books = books
        self._wastes = wastes
        self._state = state
        self._survives = survives
        self._incidents = incidents or NoIncidents()
        self._clock = clock

    def told(self, deployment: Deployment, event: Event) -> None:
        """Book what this event says."""
        del event
        self._book(deployment)

    def look(self) -> list[str]:
        """Book what is due. Returns the work items whose outcome went on, in words.

        Raises:
            GainfulError: The first target that could not be asked; all others were judged, and it is asked again.
        """
        found = self._records.since(self._clock() - REMEMBERED)
        for deployment in found:
            self._book(deployment)
        # Of several deployments of one release the last one stands for it.
        mine = list({work_item(one): one for one in reversed(found) if counts(one)}.values())
        standing = self._books.outcomes([work_item(one) for one in mine])
        open_ = [one for one in mine if standing.get(work_item(one)) in (Outcome.CLAIMED, Outcome.ACCEPTED)]
        moved, problems = [], []
        for service in dict.fromkeys(one.service for one in open_):
            try:
                live = self._live(service)
            except GainfulError as error:
                live = None
                problems.append(error)
            moved += self._judge([one for one in open_ if one.service == service], found, live)
        if problems:
            raise problems[0]
        return moved

    # --- claims and waste ---------------------------------------------------------------------------------------------

    def _book(self, deployment: Deployment) -> None:
        if counts(deployment) and deployment.promoted_at is not None:
            self._claim(deployment, deployment.promoted_at)
        if pointless(deployment):
            self._waste(deployment)

    def _claim(self, deployment: Deployment, at: datetime) -> None:
        """Claim it; the claim of one deployment is booked once, whatever became of it since."""
        item = WorkItem(work_item(deployment), KIND, source(deployment), deployment.asked_at)
        self._work.claim([item], deployment.id, at)

    def _waste(self, deployment: Deployment) -> None:
        change, spent = change_of(deployment.plan), total(self._books.rows(run=deployment.id))
        forced = deployment.forced
        how = f"Forced: {deployment.reason[:200]}." if forced else "Refused before anything was done."
        proof = " ".join(change.proof[:1])[:300]
        entry = waste(
            deployment.id,
            spent,
            WASTE,
            self._clock(),
            work_item=work_item(deployment),
            run_id=deployment.id,
            memo=f"{change.kind}: {proof} {how}{f' {UNKNOWN}' if forced else ''}",
        )
        finding = AuditEvent(
            self._clock(),
            AuditKind.FINDING,
            run_id=deployment.id,
            agent=JOB,
            actor=deployment.author,
            tool="deploy.begin",
            verdict="forced" if forced else "refused",
            detail={
                "service": deployment.service,
                "kind": str(change.kind),
                "proof": list(change.proof),
                "plan": deployment.plan_hash,
                "reason": deployment.reason,
            },
        )
        self._wastes.book(entry, [finding])

    # --- what survives ------------------------------------------------------------------------------------------------

    def _live(self, service: str) -> str | None:
        if self._survives(service) is None:
            return None
        state = self._state(service)
        return state.live.release.id if state.live is not None else ""

    def _judge(self, mine: Sequence[Deployment], every: Sequence[Deployment], live: str | None) -> list[str]:
        moved = []
        for deployment in mine:
            survival = self._survives(deployment.service)
            while survival is not None and self._step(deployment, every, live, survival):
                moved.append(f"{work_item(deployment)} is {self._books.outcome(work_item(deployment))}")
        return moved

    def _step(self, mine: Deployment, every: Sequence[Deployment], live: str | None, survival: timedelta) -> bool:
        """Whether the outcome went a step on."""
        since = mine.promoted_at or mine.asked_at
        later = [one for one in every if one.service == mine.service and _ended(one) > since and one.id != mine.id]
        reported = self._incidents.about(mine.service, since, since + survival)
        item, now = work_item(mine), self._clock()
        step = next_step(self._books.outcome(item), mine, later, live, reported, now, survival)
        return step is not None and self._work.judge(item, step.after, step.evidence, now, mine.id, step.why)


def _ended(deployment: Deployment) -> datetime:
    """When it became what it is."""
    if deployment.state is State.PROMOTED and deployment.promoted_at is not None:
        return deployment.promoted_at
    return deployment.ended_at or deployment.asked_at


def look_for(survival: Survival, sleep: Callable[[float], None], seconds: float) -> Callable[[], None]:
    """Looks, then waits so long; for a `Watcher`."""

    def look() -> None:
        try:
            survival.look()
        finally:
            sleep(seconds)

    return look
