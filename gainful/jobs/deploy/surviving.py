"""What a deployment was worth doing for: claimed when it is live, accepted and verified by what runs. Pure.

    claimed ──▶ accepted ──▶ verified
       │            ╰──────▶ reversed      it was taken back, or what runs is something else
       ╰──▶ rejected                       the same, before anybody had looked

Nobody's word counts here, not even that of the deployment itself: the target says what runs, the record says what was
taken back. Where the target cannot be asked nothing is decided, and it is asked again later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gainful.core.deploy_event import Deployment, State
from gainful.core.deployment import Action, Intent, Kind
from gainful.jobs.deploy.change import change_of
from gainful.ledger.outcome import Outcome

KIND = "deployment"
"""Kind of the work items."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an outcome.

    Args:
        evidence: Key of what shows it.
        why: In a sentence.
    """

    after: Outcome
    evidence: str
    why: str


def work_item(deployment: Deployment) -> str:
    """Id of the work that this deployment carries out; empty where it is none.

    It is that of what ships: the same release, deployed again, is the same work and counts once.
    """
    change = change_of(deployment.plan)
    return f"{KIND}:{deployment.service}:{change.release}" if change.release else ""


def source(deployment: Deployment) -> str:
    """From whom the work came: the authors of the change; whoever asked, where the plan names none."""
    authors = change_of(deployment.plan).authors
    return ", ".join(authors)[:200] or deployment.author


def counts(deployment: Deployment) -> bool:
    """Whether it can be worth anything: something that ships is different, and it went live for that."""
    kind = change_of(deployment.plan).kind
    real = deployment.intent is Intent.CHANGE and kind is Kind.REAL
    return real and deployment.state is State.PROMOTED and bool(work_item(deployment))


def pointless(deployment: Deployment) -> bool:
    """Whether its plan would have been refused: what was spent on it is waste, forced or not."""
    plan = deployment.plan.get("verdict")
    action = plan.get("action") if isinstance(plan, dict) else None
    return deployment.intent is Intent.CHANGE and action == Action.REFUSE and deployment.ended


def next_step(
    standing: Outcome,
    mine: Deployment,
    later: Sequence[Deployment],
    live: str | None,
    incidents: Sequence[str],
    now: datetime,
    survival: timedelta,
) -> Step | None:
    """How the outcome goes on; None where it rests, or nothing can be said yet.

    Args:
        standing: Where it stands. Only claimed and accepted ones go on.
        mine: The deployment that claimed it, which was promoted.
        later: Deployments of the same service that were asked for after it.
        live: Id of the release that the target runs now; None where it cannot be asked.
        incidents: What was reported about the service since, such as addresses of issues.
        survival: For how long it has to stay live.
    """
    if mine.promoted_at is None or standing not in (Outcome.CLAIMED, Outcome.ACCEPTED):
        return None
    ends = mine.promoted_at + survival
    gone = Outcome.REJECTED if standing is Outcome.CLAIMED else Outcome.REVERSED
    back = next((one for one in taken_back(mine, later) if one.promoted_at and one.promoted_at <= ends), None)
    if back is not None:
        return Step(gone, f"rollback:{back.id}", f"Deployment {back.id} took it back.")
    if incidents:
        return Step(gone, f"incident:{incidents[0]}", f"It was reported as an incident: {incidents[0][:200]}")
    if live is None:
        return None
    if live not in {_release(mine), *(_release(one) for one in _promoted(later))}:
        why = "What runs is something else, and no deployment put it there."
        return Step(gone, f"live:{live}", why) if now >= ends else None
    if standing is Outcome.CLAIMED:
        return Step(Outcome.ACCEPTED, f"live:{mine.id}", "The target runs it, or what was built upon it.")
    hours = survival / timedelta(hours=1)
    why = f"It has been live for {hours:g} hours, and nobody took it back."
    return Step(Outcome.VERIFIED, f"survived:{mine.id}", why) if now >= ends else None


def taken_back(mine: Deployment, later: Sequence[Deployment]) -> Iterator[Deployment]:
    """The deployments that took this one's release away, in order: rollbacks, and loops to what was live before.

    Going back to it, or to something that was built upon it, leaves it live.
    """
    upon = {_release(mine)}
    for one in _promoted(later):
        if one.intent is not Intent.ROLLBACK and change_of(one.plan).kind is not Kind.LOOP:
            upon.add(_release(one))
        elif _release(one) not in upon:
            yield one


def _promoted(later: Sequence[Deployment]) -> list[Deployment]:
    found = [one for one in later if one.state is State.PROMOTED and one.promoted_at is not None]
    return sorted(found, key=_when)


def _release(deployment: Deployment) -> str:
    return change_of(deployment.plan).release


def _when(deployment: Deployment) -> datetime:
    return deployment.promoted_at or deployment.asked_at
