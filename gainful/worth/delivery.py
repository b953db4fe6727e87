"""DORA's four keys over effective deployments alone: deploying often for nothing improves none of them. Pure.

    found = delivery_keys(deliveries, since, until)
    found.frequency            # effective deployments a week
    found.lead_time            # median; None where there were none

Effective is a deployment that went live, whose plan was real, and that was not taken back within its survival window.
Not: one that changes nothing that ships, forced or confirmed; a restart, renewed secrets, a rebuild, a repair; a
rollback; and the same release once more. Adding one of these never improves any key:

- Frequency counts effective ones alone.
- Lead time is measured from the oldest commit that waited to when it was live: once for each real change, also for one
  that was taken back later, since that made it no faster. Commits that a pointless deployment took along are counted
  with the next real one: else an empty deployment in between would hide how long they waited.
- Failures count whatever failed after it had traffic, also what was pointless: it hurt all the same. They are set
  against effective deployments.
- Time to restore is measured on failures of real changes alone, so that a failure made to be restored quickly counts
  only as a failure.

Source: dora.dev/guides/dora-metrics: deployment frequency, lead time for changes, change fail rate, time to restore.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gainful.core.deploy_event import State
from gainful.core.deployment import Intent, Kind

WEEK = timedelta(weeks=1)


class Standing(StrEnum):
    """What a deployment counts as."""

    EFFECTIVE = "effective"
    FAILED = "failed"
    """It had traffic and went back, or was taken back within its survival window."""
    POINTLESS = "pointless"
    """It went live and changed nothing that ships; somebody forced or confirmed it."""
    UPKEEP = "upkeep"
    """A restart, renewed secrets, a rebuild, a repair."""
    REPEATED = "repeated"
    """The release had been counted before."""
    ROLLBACK = "rollback"
    REFUSED = "refused"
    """Refused or declined: nothing was done."""
    ABORTED = "aborted"
    """It never had traffic."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One deployment, as far as it counts.

    Args:
        release: What was to be live; the same content with the same settings has the same.
        kind: What its plan said; None where there was none.
        ended_at: None while it is under way.
        shifted_at: When it first had traffic; None where it never had.
        oldest: When the oldest of the commits that it shipped was made; None where it shipped none.
        survival: How long it has to stay live before it counts as not taken back.
    """

    id: str
    service: str
    release: str
    intent: Intent
    kind: Kind | None
    state: State
    asked_at: datetime
    ended_at: datetime | None = None
    shifted_at: datetime | None = None
    oldest: datetime | None = None
    survival: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Keys:
    """The four keys of a time, and what they were counted from.

    Args:
        frequency: Effective deployments a week; per week, so that times of different length compare.
        lead_time: Median from the oldest commit that waited to live; None without a real change with commits.
        failure_rate: Failed ones out of failed and effective ones, 0 to 1; None where there was neither.
        restore_time: Median from when traffic moved to when what was good had it all again; None without a failure of a
            real change.
        counts: How many deployments count as what; every one is in exactly one place.
    """

    since: datetime
    until: datetime
    frequency: float
    lead_time: timedelta | None
    failure_rate: float | None
    restore_time: timedelta | None
    counts: dict[Standing, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Judged:
    delivery: Delivery
    standing: Standing
    lead: timedelta | None = None
    restored: timedelta | None = None


def delivery_keys(deliveries: Sequence[Delivery], since: datetime, until: datetime) -> Keys:
    """The four keys of what ended from one moment up to another.

    Args:
        deliveries: Of any services, in any order. Those before `since` are looked at for what they took along, and for
            releases that were counted already.

    Raises:
        ValueError: The time is empty.
    """
    if until <= since:
        raise ValueError("the time must end after it begins")
    services = dict.fromkeys(one.service for one in deliveries)
    every = [judged for service in services for judged in _judged([d for d in deliveries if d.service == service])]
    within = [one for one in every if since <= (one.delivery.ended_at or one.delivery.asked_at) < until]
    effective = [one for one in within if one.standing is Standing.EFFECTIVE]
    failed = sum(one.standing is Standing.FAILED for one in within)
    tried = len(effective) + failed
    return Keys(
        since=since,
        until=until,
        frequency=len(effective) / ((until - since) / WEEK),
        lead_time=_median([one.lead for one in within if one.lead is not None]),
        failure_rate=failed / tried if tried else None,
        restore_time=_median([one.restored for one in within if one.restored is not None]),
        counts={standing: sum(one.standing is standing for one in within) for standing in Standing},
    )


def _judged(deliveries: Sequence[Delivery]) -> Iterator[_Judged]:
    """What each deployment of one service counts as, in the order in which they ended."""
    ordered = sorted(deliveries, key=lambda one: (_ended(one), one.id))
    leads, counted = _leads(ordered), set[str]()
    for number, one in enumerate(ordered):
        standing, later = _standing(one), ordered[number + 1 :]
        if standing is Standing.EFFECTIVE and _taken_back(one, later, (Kind.LOOP,)) is not None:
            standing = Standing.FAILED
        elif standing is Standing.EFFECTIVE and one.release in counted:
            standing = Standing.REPEATED
        if standing is Standing.EFFECTIVE:
            counted.add(one.release)
        restored = _restored(one, later) if standing is Standing.FAILED and one.kind is Kind.REAL else None
        yield _Judged(one, standing, leads.get(one.id), restored)


def _leads(ordered: Sequence[Delivery]) -> dict[str, timedelta]:
    """How long the oldest commit of each real change waited, by the deployment that first made it live."""
    found: dict[str, timedelta] = {}
    seen: set[str] = set()
    waited: datetime | None = None
    for one in ordered:
        if one.state is not State.PROMOTED or one.intent is Intent.ROLLBACK or one.oldest is None:
            continue
        oldest = min(waited or one.oldest, one.oldest)
        if _standing(one) is Standing.EFFECTIVE and one.release not in seen:
            found[one.id] = _ended(one) - oldest
            seen.add(one.release)
            waited = None
        else:
            waited = oldest
    return found


def _restored(one: Delivery, later: Sequence[Delivery]) -> timedelta | None:
    """How long a failure lasted: until its own watch took it back, or a rollback did. A loop restores nothing."""
    back = one if one.state is not State.PROMOTED else _taken_back(one, later)
    return _ended(back) - (one.shifted_at or _ended(one)) if back is not None else None


def _standing(one: Delivery) -> Standing:
    """What it counts as by itself."""
    if one.ended_at is None:
        return Standing.OPEN
    if one.state in (State.REFUSED, State.DECLINED):
        return Standing.REFUSED
    if one.intent is Intent.ROLLBACK:
        return Standing.ROLLBACK
    if one.state is not State.PROMOTED:
        return Standing.FAILED if one.shifted_at is not None else Standing.ABORTED
    if one.intent is not Intent.CHANGE:
        return Standing.UPKEEP
    return Standing.EFFECTIVE if one.kind is Kind.REAL else Standing.POINTLESS


def _taken_back(one: Delivery, later: Sequence[Delivery], also: Sequence[Kind] = ()) -> Delivery | None:
    """The rollback that took this release away within its survival window; None where none did.

    Going back to it, or to what was built upon it, leaves it live.

    Args:
        also: Kinds that take away as well: a loop brings back what was live before.
    """
    upon = {one.release}
    for other in later:
        if other.state is not State.PROMOTED or _ended(other) - _ended(one) > one.survival:
            continue
        if other.intent is Intent.ROLLBACK or other.kind in also:
            if other.release not in upon:
                return other
        elif other.kind is not Kind.LOOP:
            upon.add(other.release)
    return None


def _ended(one: Delivery) -> datetime:
    return one.ended_at or one.asked_at


def _median(spans: Sequence[timedelta]) -> timedelta | None:
    ordered = sorted(spans)
    if not ordered:
        return None
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
