"""The watch over a candidate that has traffic: once a second the counters are read and compared. No model is asked.

What it knows it reads anew at every look (the counters, what a person asks of it, who holds the lock), so a process
that dies loses nothing: the next one goes on from the counters as they stood before traffic moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from gainful.core.deploy_event import EventKind
from gainful.core.errors import GainfulError, Unavailable
from gainful.jobs.deploy.desk import Baseline, Desk, Look, Watch
from gainful.jobs.deploy.diary import Diary
from gainful.jobs.deploy.watching import Counted, Verdict
from gainful.jobs.deploy.watching.counted import totals_from, totals_json
from gainful.sdk.metrics import NOTHING, MetricSource, Totals

EVERY = 1.0
"""Seconds between two looks."""

NOTED_EVERY = 2
"""Seconds between two looks that are written down, at first."""

NOTED = 120
"""So many at that distance; then it doubles, and again after half as many more. A week comes to some 800."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a watch ended.

    Args:
        what: `good`, `bad`, `not-enough`, `blind`, `wish-promote`, `wish-rollback`, or `lost`: the lock is another's.
        numbers: Of the last look.
    """

    what: str
    why: str
    by: str = ""
    numbers: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """As a step returns it."""
        return {"what": self.what, "why": self.why, "by": self.by, "numbers": dict(self.numbers or {})}


class Watched(Protocol):
    """One way of looking at the candidate."""

    def look(self, elapsed: timedelta) -> Look:
        """What can be said now.

        Raises:
            GainfulError: Nothing can be said now.
        """


class Measured:
    """Looks at the counters of a source.

    Args:
        begun: Totals by slot as they were before traffic moved.
        live: Slot of what was live; empty where the candidate stands in its place.
        warm_up: How long the candidate may be slow at first.
    """

    def __init__(
        self,
        source: MetricSource,
        watch: Watch,
        begun: Mapping[str, Totals],
        live: str,
        candidate: str,
        warm_up: timedelta = timedelta(0),
    ) -> None:
        self._source = source
        self._watch = watch
        self._live = live
        self._candidate = candidate
        # From the beginning again where another process has died: a counter that fell meanwhile counts from there.
        self._counted = {slot: Counted(begun.get(slot, NOTHING)) for slot in (live, candidate) if slot}
        self._heard: list[Totals] = []
        self._warm_up = warm_up
        self._warm: tuple[Totals, Totals] | None = None

    def look(self, elapsed: timedelta) -> Look:
        """What the counters since then say."""
        now = self._source.read(list(self._counted))
        self._counted = {slot: counted.then(now.get(slot, NOTHING)) for slot, counted in self._counted.items()}
        live, candidate = (
            self._counted[slot].total if slot in self._counted else NOTHING for slot in (self._live, self._candidate)
        )
        if self._warm_up and self._warm is None and elapsed >= self._warm_up:
            # Another process that goes on later judges by what comes later still: by less, and never by a cold start.
            self._warm = (live, candidate)
        if not candidate.requests:
            live = self._while_silent(live)
        return self._watch.look(live, candidate, elapsed.total_seconds(), self._warm)

    def _while_silent(self, live: Totals) -> Totals:
        """What was live has answered while the candidate surely had its share and was surely read.

        A source such as Prometheus reads slots now and then, one after the other. The first news of the live slot may
        be from before traffic moved, and of the last the candidate's part may not have come yet: both are left out.
        """
        if live.requests and (not self._heard or self._heard[-1].requests != live.requests):
            self._heard.append(live)
        return self._heard[-2].since(self._heard[0]) if len(self._heard) > 2 else NOTHING


@dataclass(frozen=True, slots=True)
class Answering:
    """Looks whether the candidate answers, where nothing else is measured."""

    desk: Desk
    window: timedelta

    def look(self, elapsed: timedelta) -> Look:
        """Good once it has answered for so long."""
        state = self.desk.target.state()
        running = next((one for one in (state.candidate, state.live) if one is not None), None)
        health = self.desk.target.health(running.release) if running is not None else None
        if health is None or not health.well:
            return Said(Verdict.BAD, f"It does not answer as it should: {health.why if health else 'it is gone'}")
        if elapsed >= self.window:
            return Said(Verdict.GOOD, "It has answered all the time; nothing else is measured.")
        return Said(Verdict.GO_ON, "It answers; nothing else is measured.")


@dataclass(frozen=True, slots=True)
class Said:
    """A look without numbers."""

    verdict: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """The sentence."""
        return {"why": self.why}


class Vigil:
    """Looks until the candidate's fate is settled.

    Args:
        since: When traffic moved.
    """

    def __init__(self, desk: Desk, diary: Diary, watched: Watched, since: datetime, deployment: str) -> None:
        self._desk = desk
        self._diary = diary
        self._watched = watched
        self._since = since
        self._deployment = deployment
        self._blind_since: datetime | None = None
        self._noted: set[str] = set()
        self._settled = False

    def keep(self) -> Ending:
        """Look every second until somebody or the numbers settle it."""
        while (ending := self.once()) is None:
            self._desk.sleep(EVERY)
        return ending

    def once(self, *, settled: bool = False) -> Ending | None:
        """One look; None while it may go on.

        Args:
            settled: The numbers have been good enough; only what is bad still counts.
        """
        self._settled = settled
        return self._asked() or self._lost() or self._looked()

    def _asked(self) -> Ending | None:
        wish = self._desk.records.wish(self._deployment)
        return Ending(f"wish-{wish.what}", f"{wish.by} said so.", wish.by) if wish is not None else None

    def _lost(self) -> Ending | None:
        held = self._desk.records.lock(self._desk.service.name)
        if held is not None and held.deployment == self._deployment:
            return None
        return Ending("lost", "Its lock was taken.")

    def _looked(self) -> Ending | None:
        now = self._desk.clock()
        elapsed = max(now - self._since, timedelta(0))
        try:
            look = self._watched.look(elapsed)
        except (GainfulError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            # What cannot be looked at, for whatever reason, is not left alone with people's requests.
            return self._blind(error, now)
        self._blind_since = None
        self._desk.on_look(look, elapsed)
        self._note(look, elapsed)
        verdict = look.verdict
        if verdict == Verdict.BAD or (verdict in (Verdict.GOOD, Verdict.NOT_ENOUGH) and not self._settled):
            return Ending(str(verdict), look.why, numbers=look.as_json())
        return None

    def _blind(self, error: Exception, now: datetime) -> Ending | None:
        self._blind_since = self._blind_since or now
        service = self._desk.service
        what = str(error) if isinstance(error, GainfulError) else f"The numbers cannot be read: {type(error).__name__}."
        stays = service.blind == "stay" and isinstance(error, Unavailable)
        after = f"If that lasts {service.blind_after.total_seconds():g} s, it is rolled back."
        move = "It keeps its traffic until they come back, or somebody says what to do." if stays else after
        self._once(f"blind {self._blind_since:%H%M%S}", EventKind.HELD, f"{what} {move}")
        if stays or now - self._blind_since < service.blind_after:
            return None
        return Ending("blind", f"Nothing could be measured for {service.blind_after.total_seconds():g} s: {what}")

    def _note(self, look: Look, elapsed: timedelta) -> None:
        # By the time alone: a process that goes on where another one died writes no look down twice.
        number = noted_at(elapsed)
        if look.verdict == Verdict.HOLD:
            self._once(f"held {number}", EventKind.HELD, look.why, **look.as_json())
        elif number:
            self._once(f"looked {number}", EventKind.LOOKED, look.why, **look.as_json())

    def _once(self, key: str, kind: EventKind, text: str, /, **detail: Any) -> None:
        if key not in self._noted:
            self._noted.add(key)
            self._diary.note(key, kind, text, **detail)


def noted_at(elapsed: timedelta) -> int:
    """Second of the last look, at or before this time, that is written down: dense at first, sparser later on."""
    apart = NOTED_EVERY
    while elapsed.total_seconds() >= apart * NOTED:
        apart *= 2
    return int(elapsed.total_seconds() // apart) * apart


def baseline_json(first: Mapping[str, Totals], then: Mapping[str, Totals], lasted: timedelta) -> dict[str, Any]:
    """What was measured before traffic moved, as a step returns it."""
    return {
        "first": {slot: totals_json(totals) for slot, totals in first.items()},
        "then": {slot: totals_json(totals) for slot, totals in then.items()},
        "seconds": lasted.total_seconds(),
    }


def baseline_from(stored: Mapping[str, Any], live: str, *, canary: bool) -> Baseline:
    """The baseline of the live slot that `baseline_json` wrote."""
    first, then = (_totals(stored[part], live) for part in ("first", "then"))
    return Baseline(then.since(first), timedelta(seconds=stored["seconds"]), canary)


def begun_from(stored: Mapping[str, Any]) -> dict[str, Totals]:
    """The counters by slot right before traffic moved."""
    return {slot: totals_from(totals) for slot, totals in stored["then"].items()}


def _totals(stored: Mapping[str, Any], slot: str) -> Totals:
    return totals_from(stored[slot]) if slot in stored else NOTHING
