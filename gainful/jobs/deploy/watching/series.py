"""How a watch went, read back from a deployment's record: for pages that draw it, also long after it ended.

found = series_of(deployment.shifted_at, events)
found.lines[0].points[-1].high          # the most by which its rate of errors may exceed the live one's
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gainful.core.deploy_event import ENDED, Event, State

_LOOKS = ("looked", "held")
_ENDS = frozenset(str(state) for state in ENDED)


@dataclass(frozen=True, slots=True)
class Point:
    """One look at one respect: by how much the candidate's rate exceeds the live one's, as shares of 1.

    Args:
        elapsed: Seconds since traffic moved.
        low, high: Between what the difference lies, with 95 % at all looks together.
        middle: As the counts have it.
        allowed: The margin; None where the record is from before it was written down.
    """

    elapsed: float
    low: float
    middle: float
    high: float
    allowed: float | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one release: so many of so many."""

    of: float
    hits: float

    @property
    def rate(self) -> float:
        """Share of 1."""
        return self.hits / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence against a claim, as a natural logarithm.

    Args:
        claim: `worse`: that it is no worse at all; `beyond_margin`: that it is worse by no more than the margin.
        needed: From here on the claim has fallen.
    """

    claim: str
    now: float
    needed: float


@dataclass(frozen=True, slots=True)
class Line:
    """One respect over time.

    Args:
        what: `errors` or `latency`.
        live, candidate: As last counted.
        proofs: As of the last look; empty where the record is from before they were written down.
    """

    what: str
    points: tuple[Point, ...]
    live: Rate
    candidate: Rate
    proofs: tuple[Proof, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A watch.

    Args:
        verdict: Of the last look, a value of `Verdict`; empty where only its health was looked at.
        why: In one sentence.
        seen, sample: Requests that the candidate has answered, and that it must have answered before it can be good.
        window: Seconds after which it can be good; 0 where the record is from before that was written down.
        decided: Seconds after which the watch ended; None while it goes on.
        state: How the deployment ended then; empty while it goes on.
        bound: Seconds beyond which an answer counts as slow; None where the latency is not watched.
        unwatched: Why not.
    """

    verdict: str
    why: str
    elapsed: float
    seen: int
    sample: int
    window: float
    lines: tuple[Line, ...]
    decided: float | None
    state: str
    bound: float | None
    unwatched: str

    @property
    def missing(self) -> int:
        """Requests that it must still answer before it can be good."""
        return max(0, self.sample - self.seen)

    @property
    def left(self) -> float:
        """Seconds of the window that are left."""
        return max(0.0, self.window - self.elapsed)


def series_of(shifted_at: datetime | None, events: Sequence[Event]) -> Series | None:
    """The watch that these events tell of; None where it has not been looked at with traffic yet.

    Args:
        shifted_at: When traffic moved.
        events: Of one deployment, in order.
    """
    ended = next((event for event in events if str(event.kind) in _ENDS), None)
    looks = [event.detail for event in events if str(event.kind) in _LOOKS and "elapsed" in event.detail]
    final = ended.detail.get("numbers") if ended is not None else None
    if final and "elapsed" in final:
        looks = [one for one in looks if one["elapsed"] < final["elapsed"]] + [final]
    if not looks or shifted_at is None:
        return None
    last = looks[-1]
    return Series(
        verdict=str(last.get("verdict", "")),
        why=str(last["why"]),
        elapsed=float(last["elapsed"]),
        seen=int(last.get("seen", 0)),
        sample=int(last.get("sample", 0)),
        window=float(last.get("window", 0.0)),
        lines=tuple(line for what in ("errors", "latency") if (line := _line(what, looks)) is not None),
        decided=(ended.at - shifted_at).total_seconds() if ended is not None else None,
        state=str(State(str(ended.kind))) if ended is not None else "",
        bound=last.get("bound"),
        unwatched=str(last.get("unwatched", "")),
    )


def _line(what: str, looks: Sequence[Mapping[str, Any]]) -> Line | None:
    found = [(float(look["elapsed"]), look[what]) for look in looks if look.get(what)]
    if not found:
        return None
    last = found[-1][1]
    needed = last.get("needed", {})
    return Line(
        what=what,
        points=tuple(_point(elapsed, one) for elapsed, one in found),
        live=Rate(last["live"]["of"], last["live"]["hits"]),
        candidate=Rate(last["candidate"]["of"], last["candidate"]["hits"]),
        proofs=tuple(Proof(claim, last["evidence"][claim], bar) for claim, bar in needed.items()),
        proven=bool(last["proven"]),
    )


def _point(elapsed: float, one: Mapping[str, Any]) -> Point:
    difference = one["difference"]
    middle = one["candidate"]["rate"] - one["live"]["rate"]
    return Point(elapsed, difference["low"], middle, difference["high"], one.get("allowed"))
