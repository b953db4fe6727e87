"""Whether a deployment would change anything: facts in, a verdict with its proof out.

Compared is always with what is *live*, and not with what was written down last. What cannot be told for certain counts
as a real change: to refuse one would cost more than to carry out a pointless one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gainful.core.deployment import Action, Intent, Kind, Release
from gainful.core.errors import Invalid
from gainful.core.visible import visible
from gainful.jobs.deploy.planning.difference import Difference

REMEMBERED = 10
"""Outcomes that are looked at for what comes back."""

MOST_LINES = 12
LONGEST_LINE = 200


class ReasonMissing(Invalid):
    """Nothing that ships changes, and nobody has said why it should be deployed all the same."""

    code = "reason-missing"


class Ended(StrEnum):
    """How a deployment ended."""

    LIVE = "live"
    """It was promoted, and is live or was until another one took its place."""
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    """It never got as far as traffic."""
    STOPPED = "stopped"
    """A person ended it, or a newer one took its turn, before it was promoted."""


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier deployment of the service.

    Args:
        release: `Release.id` of what was deployed: its content with its settings.
    """

    release: str
    ended: Ended
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a plan comes to.

    Args:
        proof: Why, in lines that name paths and digests, for a person.
    """

    kind: Kind
    action: Action
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a plan is judged.

    Args:
        live: None where nothing was ever deployed.
        drift: What of it is not as it was deployed.
        difference: Of the files that ship, between the two.
        past: Earlier deployments of the service, in any order.
        newer: Newer plans of the service that wait or are under way, by name.
    """

    live: Release | None
    candidate: Release
    difference: Difference
    drift: tuple[str, ...] = ()
    past: Sequence[Past] = field(default=())
    newer: Sequence[str] = ()


def judged(facts: Facts, intent: Intent = Intent.CHANGE, reason: str = "") -> Verdict:
    """The verdict.

    Raises:
        ReasonMissing: A restart without a reason.
    """
    if intent is Intent.RESTART and not reason.strip():
        raise ReasonMissing("A restart changes nothing that ships.", "Say what it is for, with a reason.")
    found = _judged_as_change(facts)
    if intent is not Intent.CHANGE:
        first = f"{_NEVER_REFUSED[intent]}, and is never refused."
        return _verdict(found.kind, Action.PROCEED, first, *found.proof)
    return found


_NEVER_REFUSED = {
    Intent.ROLLBACK: "It goes back to what ran before",
    Intent.RESTART: "It clears the state of what runs",
    Intent.SECRETS: "It renews secrets or settings that lie outside the repository",
    Intent.REBUILD: "It is built anew on what it stands on: a base image, or dependencies solved again",
    Intent.REPAIR: "It puts back what was deployed",
}


def _judged_as_change(facts: Facts) -> Verdict:
    live, candidate, difference = facts.live, facts.candidate, facts.difference
    hurt = _last(facts.past, candidate.id)
    if hurt is not None and hurt.ended is Ended.ROLLED_BACK and (live is None or live.id != candidate.id):
        first = f"Exactly this content with these settings was rolled back on {hurt.at:%Y-%m-%d %H:%M} UTC."
        return _verdict(Kind.ROLLED_BACK_BEFORE, Action.REFUSE, first, _content(candidate))
    if live is None:
        return _verdict(Kind.REAL, Action.PROCEED, "Nothing was ever deployed here.")
    if facts.drift:
        told = [f"drifted: {part}" for part in facts.drift]
        return _verdict(Kind.REAL, Action.PROCEED, "What runs is not what was deployed.", *told)
    if live.config == candidate.config and difference.none:
        return _nothing_changes(live, candidate, difference)
    if live.config == candidate.config and not difference.real:
        kind = Kind.VERSION_ONLY if difference.versions else Kind.COMMENTS_ONLY
        return _verdict(kind, Action.FLAG, *_told_of_form(difference))
    return _of_real_change(facts, live)


def _nothing_changes(live: Release, candidate: Release, difference: Difference) -> Verdict:
    settings = "The settings are the same." if live.config else ""
    if live.commit and live.commit == candidate.commit:
        return _verdict(Kind.SAME_TREE, Action.REFUSE, f"Commit {live.commit[:12]} is live already.", settings)
    if live.tree and live.tree == candidate.tree:
        first = f"Commits {live.commit[:12]} and {candidate.commit[:12]} are the same tree {live.tree[:12]}."
        return _verdict(Kind.SAME_TREE, Action.REFUSE, first, settings)
    first = "No file that ships is different." if difference.known else "What ships has the digest of what is live."
    aside = [f"does not ship: {path}" for path in difference.aside]
    return _verdict(Kind.NOTHING_SHIPPED, Action.REFUSE, first, _content(candidate), settings, *aside)


def _of_real_change(facts: Facts, live: Release) -> Verdict:
    told = []
    if live.config != facts.candidate.config:
        told.append("The settings that are given to it differ.")
    told += facts.difference.real
    recent = sorted(facts.past, key=lambda past: past.at, reverse=True)[:REMEMBERED]
    back = next((past for past in recent if past.release == facts.candidate.id and past.ended is Ended.LIVE), None)
    if back is not None:
        first = f"It went live on {back.at:%Y-%m-%d %H:%M} UTC, was replaced, and comes back."
        return _verdict(Kind.LOOP, Action.FLAG, first, _content(facts.candidate), *told)
    if facts.newer:
        first = f"A newer plan is under way: {', '.join(facts.newer)}."
        return _verdict(Kind.SUPERSEDED, Action.FLAG, first, *told)
    return _verdict(Kind.REAL, Action.PROCEED, *told)


def _told_of_form(difference: Difference) -> list[str]:
    versions = [f"only the version, {change.before} to {change.after}: {path}" for path, change in difference.versions]
    return [*versions, *(f"only comments or form: {path}" for path in difference.form)]


def _last(past: Sequence[Past], release: str) -> Past | None:
    return max((one for one in past if one.release == release), key=lambda one: one.at, default=None)


def _content(release: Release) -> str:
    return f"Content {release.digest[:19]}." if release.digest else ""


def _verdict(kind: Kind, action: Action, *proof: str) -> Verdict:
    told = [line for line in proof if line]
    if len(told) > MOST_LINES:
        told = [*told[: MOST_LINES - 1], f"and {len(told) - MOST_LINES + 1} more"]
    # Names are somebody's words: what hides in them is shown, and none is longer than a line.
    lines = (visible(line[:LONGEST_LINE]).replace("\n", " ")[:LONGEST_LINE] for line in told)
    return Verdict(kind, action, tuple(lines))
