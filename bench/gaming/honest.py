"""Honest work, with all that looks odd and is not.

Items differ in what they take, people in how fast they are; results are refused, undone later, judged late or never;
evidence is missing; verifiers take for good what is not. A dollar is a minute: the rate is 60 an hour.

Nothing here knows how worth is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import exp

from bench.gaming.making import Class, Making, Truth, Work
from bench.gaming.people import Worker
from gainful.core.fact import Claim, Reversal

REFUSED = 0.7
"""Part of the bad results that whoever wanted them refuses; of the others, as many are undone later, and the rest is
never noticed."""
SILENT = 0.03
NO_EVIDENCE = 0.02
UNDONE = 0.02
STORM = 0.3
"""Part of the items in a storm on which one sitting takes run after run."""


class Honest(Making):
    """Everybody's honest work."""

    def by_hand(self, worker: Worker, kind: Class, at: datetime) -> Work:
        """An item that chance left to be done without an agent."""
        work, _ = self.opened(worker, kind, at, "hand")
        minutes = self.minutes(kind) * worker.pace * worker.size
        if "slow-by-hand" in worker.kinds:
            minutes *= 1 + 2.5 * worker.kinds["slow-by-hand"]
            work.truth.fake, work.truth.kind = True, "slow-by-hand"
        work.facts.append(self.time(worker, work.id, "hand", minutes, at))
        return work

    def real(self, worker: Worker, kind: Class, at: datetime, *, storm: bool = False) -> Work:
        """An item that somebody wanted, done by the worker's agent."""
        chance = self.chance
        work, requester = self.opened(worker, kind, at, "agent")
        minutes = self.minutes(kind) * worker.size
        cost = self._runs(work, worker, kind, at, storm=storm)
        prompt, review = (
            1.5 * worker.care * exp(chance.gauss(0, 0.4)),
            kind.review * worker.care * exp(chance.gauss(0, 0.4)),
        )
        work.facts += [
            self.time(worker, work.id, "prompt", prompt, at), self.time(worker, work.id, "review", review, at),
        ]  # fmt: skip
        good = chance.random() < worker.quality
        done = at + timedelta(hours=chance.uniform(0.5, 30))
        work.facts.append(Claim(at=done, work_item=work.id, claimant=worker.agent))
        # Whoever asked for it says most often whether it is good.
        by = requester if chance.random() < 0.6 and not requester.startswith("system:") else ""
        net = -prompt - review - cost
        if not good and chance.random() < REFUSED:
            work.facts.append(self.verdict(worker, work.id, done, accepted=False, by=by))
        elif chance.random() < SILENT:
            # Nobody ever says anything about it, useful as it may be.
            net += minutes if good else 0
        else:
            work.facts.append(self.verdict(worker, work.id, done, accepted=True, by=by))
            net += self._accepted(work, worker, kind, done, minutes, good=good)
        work.truth = Truth(worker.id, net, minutes=minutes if good else 0.0, shows=good or chance.random() < 0.8)
        return work

    def _runs(self, work: Work, worker: Worker, kind: Class, at: datetime, *, storm: bool) -> float:
        """The runs that it takes: one, or one after the other."""
        chance, size = self.chance, 5000 * kind.context * worker.context
        cost = self.run(work, worker, at, work.id, chance.randint(1, 4), size, person=worker.id)
        apart = timedelta(hours=chance.uniform(0.2, 12))
        more = 0
        if storm and chance.random() < STORM:
            more, apart = chance.randint(3, 6), timedelta(minutes=chance.uniform(3, 15))
        else:
            while chance.random() < worker.iterates:
                more += 1
        for number in range(1, more + 1):
            given = work.id if chance.random() < 0.1 else ""
            later = at + number * apart
            cost += self.run(
                work, worker, later, work.id, chance.randint(1, 3), size, given=given, person=worker.id
            )  # fmt: skip
        return cost

    def _accepted(
        self, work: Work, worker: Worker, kind: Class, done: datetime, minutes: float, *, good: bool
    ) -> float:
        """What it is worth that it was taken."""
        chance = self.chance
        if chance.random() > NO_EVIDENCE:
            work.facts.append(self.effect(work.id, kind, done))
        if good and chance.random() > UNDONE:
            if chance.random() < 0.25:
                rework = 0.15 * minutes * exp(chance.gauss(0, 0.4))
                work.facts.append(self.time(worker, work.id, "rework", rework, done))
                return minutes - rework
            return minutes
        if not good and chance.random() > REFUSED:
            return 0.0
        harm = 0.3 * minutes * exp(chance.gauss(0, 0.5))
        work.facts.append(
            Reversal(at=done + timedelta(days=chance.uniform(0.5, 10)), work_item=work.id, by="system:record")
        )
        work.facts.append(self.time(worker, work.id, "rework", harm, done))
        return -harm

    # --- habits -------------------------------------------------------------------------------------------------------

    def habits(self, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        """What looks odd and is not."""
        chance = self.chance
        for _ in range(self.poisson(worker.asks)):
            # Everybody asks something aside now and then, and most read the answer.
            yield self.aside(worker, self.moment(monday), "person", read=chance.random() < 0.75, fake=False)
        if worker.habit == "research" and week % 3 == 0:
            for _ in range(6):
                yield self.aside(
                    worker, self.moment(monday), "person", read=False, fake=False, exploration=f"x-{worker.id}"
                )
        if worker.habit == "nightly":
            # It says the same for weeks. It is read when it says something else, sometimes besides, and not on holiday.
            away = chance.random() < 1 / 13
            for day in range(7):
                at = monday + timedelta(days=day, hours=2)
                new = week % 3 == 0 and day == 0
                read = not away and chance.random() < (0.9 if new else 0.25)
                yield self.aside(worker, at, "schedule", read=read, fake=False, output=f"{worker.id}-{week // 3}")
