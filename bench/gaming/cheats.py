"""What each kind of gaming adds to a week.

Nothing here knows how worth is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import exp

from bench.gaming.honest import Honest
from bench.gaming.making import BY_NAME, CLASSES, LARGE, PRICE, Truth, Work
from bench.gaming.people import Worker
from gainful.core.fact import Call, Claim, Evidence, Reversal, Verdict


class Cheats(Honest):
    """Everybody's gaming, kind by kind."""

    def gaming(self, kind: str, dose: float, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        """What one kind of gaming adds to a week."""
        make = getattr(self, "_game_" + kind.replace("-", "_"), None)
        if make is not None:
            for work in make(worker, dose, week, monday):
                work.truth.fake, work.truth.kind = True, kind
                yield work

    # --- to look busy -------------------------------------------------------------------------------------------------

    def _game_agents_talking(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(3 * dose)):
            at, before, trigger = self.moment(monday), "", "schedule"
            for turn in range(self.chance.randint(5, 12)):
                work = self.aside(worker, at + timedelta(minutes=turn), trigger, read=False, cause=before, size=9000)  # type: ignore[arg-type]
                before, trigger = work.id, "agent"
                yield work

    def _game_unrelated_tasks(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(25 * dose)):
            yield self.aside(worker, self.moment(monday), "person", read=False)

    def _game_prototypes(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(10 * dose)):
            yield self.aside(worker, self.moment(monday), "person", read=False, size=60_000, calls=8)

    def _game_re_runs(self, worker: Worker, dose: float, week: int, monday: datetime) -> Iterator[Work]:
        for number in range(self.poisson(12 * dose)):
            same = f"{worker.id}-{week // 4}-{number % 2}"
            yield self.aside(worker, self.moment(monday), "person", read=False, given=same)

    def _game_many_prompts(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(dose * worker.items)):
            at = self.moment(monday)
            work = self.real(worker, self.kind(), at)
            cost = sum(
                self.run(work, worker, at + timedelta(minutes=5 * turn), work.id, 1, 4000, person=worker.id)
                for turn in range(1, 7)
            )
            work.truth.net -= cost
            yield work

    def _game_binge(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for day in range(7):
            at = monday + timedelta(days=day, hours=10)
            if (at + timedelta(days=4)).month != at.month:
                for _ in range(self.poisson(8 * dose)):
                    yield self.aside(worker, at + timedelta(minutes=self.chance.randrange(400)), "person", read=False)

    def _game_padding(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(max(1.0, 0.5 * worker.items))):
            at = self.moment(monday)
            work = self.real(worker, self.kind(), at)
            more = int(150_000 * dose)
            work.facts = [self.padded(fact, more) if isinstance(fact, Call) else fact for fact in work.facts]
            work.truth.net -= more * sum(isinstance(fact, Call) for fact in work.facts) * float(PRICE["large"])
            yield work

    def _game_cron(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for number in range(int(40 * dose)):
            at = monday + timedelta(hours=4 * number)
            yield self.aside(worker, at, "schedule", read=False, output=f"{worker.id}-same")

    def _game_ping(self, worker: Worker, _dose: float, week: int, monday: datetime) -> Iterator[Work]:
        yield self.aside(worker, monday + timedelta(days=week % 5, hours=9), "person", read=False)

    # --- to look useful -----------------------------------------------------------------------------------------------

    def _game_pointless_deployments(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        kind = BY_NAME["deployment"]
        for _ in range(self.poisson(6 * dose)):
            work, done = self.made_up(worker, kind, self.moment(monday), worker.id)
            work.facts.append(
                Evidence(at=done, work_item=work.id, system="system:cluster", what="effect", before="s", after="s")
            )
            work.facts.append(self.verdict(worker, work.id, done, accepted=True))
            yield work

    def _game_documented(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(5 * dose)):
            work, done = self.made_up(worker, BY_NAME["ticket"], self.moment(monday), self.acquainted(worker))
            work.facts += [
                self.verdict(worker, work.id, done, accepted=True), self.effect(work.id, BY_NAME["ticket"], done),
                Evidence(at=done, work_item=work.id, system="system:handbook", what="documented"),
            ]  # fmt: skip
            yield work

    def _game_auto_replies(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(20 * dose)):
            yield self.made_up(worker, BY_NAME["mail"], self.moment(monday), self.other(worker).id)[0]

    def _game_careless_merges(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        kind = BY_NAME["pull-request"]
        for _ in range(self.poisson(3 * dose)):
            work, done = self.made_up(worker, kind, self.moment(monday), self.acquainted(worker), shows=0.8)
            work.facts += [self.verdict(worker, work.id, done, accepted=True), self.effect(work.id, kind, done)]
            if self.chance.random() < 0.85:
                harm = 60 * exp(self.chance.gauss(0, 0.5))
                work.facts += [
                    Reversal(at=done + timedelta(days=self.chance.uniform(1, 12)), work_item=work.id, by="system:host"),
                    self.time(self.other(worker), work.id, "rework", harm, done + timedelta(days=12)),
                ]  # fmt: skip
                work.truth.net -= harm
            yield work

    def _game_split(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        kind = BY_NAME["ticket"]
        for _ in range(self.poisson(max(1.0, 0.4 * worker.items * dose))):
            at = self.moment(monday)
            whole = self.real(worker, kind, at)
            yield whole
            for _ in range(self.chance.randint(3, 6)):
                part, done = self.made_up(worker, kind, at, self.acquainted(worker), part_of=whole.id)
                part.facts += [self.verdict(worker, part.id, done, accepted=True), self.effect(part.id, kind, done)]
                yield part

    def _game_own_word(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        for _ in range(self.poisson(8 * dose)):
            kind = self.kind()
            work, done = self.made_up(worker, kind, self.moment(monday), worker.id)
            by = self.chance.choice((worker.id, f"svc-{worker.id}"))
            work.facts += [
                Verdict(at=done + timedelta(minutes=3), work_item=work.id, by=by, accepted=True),
                self.effect(work.id, kind, done),
            ]  # fmt: skip
            yield work

    def _game_sock_puppet(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """A second identity that nobody has declared asks for the work and accepts it; or a script that says that it
        is a system."""
        sock = f"system:sock-{worker.id}" if worker.large else f"sock-{worker.id}"
        yield from self._fakes(worker, dose, monday, lambda: sock)

    def _game_ring(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Partners ask each other for work that nobody needs, and accept it."""
        if worker.partners:
            yield from self._fakes(worker, dose, monday, lambda: self.chance.choice(worker.partners))

    def _game_aliases(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Every fake is claimed under another name that nobody has declared; colleagues who do not look accept it."""
        yield from self._fakes(worker, dose, monday, lambda: self.acquainted(worker), aliases=True)

    def _fakes(
        self, worker: Worker, dose: float, monday: datetime, other: Callable[[], str], *, aliases: bool = False
    ) -> Iterator[Work]:
        for _ in range(self.poisson(8 * dose)):
            kind, by = self.kind(LARGE if worker.large else CLASSES), other()
            alias = f"x-{self.id('n')}" if aliases else ""
            work, done = self.made_up(worker, kind, self.moment(monday), by, claimant=alias)
            # Who hides well waits as long, and gives as much time, as for real work.
            later = done + timedelta(
                minutes=self.chance.uniform(600, 3000) if worker.hides else self.chance.uniform(2, 600)
            )
            review = kind.review if worker.hides else self.chance.uniform(0.2, 2)
            work.facts += [
                Verdict(at=later, work_item=work.id, by=by, accepted=True), self.effect(work.id, kind, done),
                self.time(worker, work.id, "review", review, done),
            ]  # fmt: skip
            work.truth.net -= review
            yield work

    def _game_trivial(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Real work for others, a tenth as large as its class; a third as large for whoever hides."""
        for _ in range(self.poisson(10 * dose)):
            kind = self.kind(LARGE)
            minutes = (0.3 if worker.hides else 0.1) * self.minutes(kind)
            work, done = self.made_up(worker, kind, self.moment(monday), self.acquainted(worker), minutes=minutes)
            work.facts += [self.verdict(worker, work.id, done, accepted=True), self.effect(work.id, kind, done)]
            yield work

    def _game_stolen_credit(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """What somebody did by hand is claimed for the agent; the hours are not reported. The work is there, wanted and
        done, so that many who look at it cannot tell."""
        for _ in range(self.poisson(5 * dose)):
            kind = self.kind(LARGE if worker.large else CLASSES)
            work, done = self.made_up(worker, kind, self.moment(monday), self.acquainted(worker), shows=0.75)
            work.facts += [self.verdict(worker, work.id, done, accepted=True), self.effect(work.id, kind, done)]
            yield work

    def _game_second_opinion(self, worker: Worker, dose: float, _week: int, monday: datetime) -> Iterator[Work]:
        """Whoever asked for it refuses what is no good; a friend accepts it after all."""
        friend = worker.peers[0] if worker.peers else self.other(worker).id
        for _ in range(self.poisson(4 * dose)):
            kind, at = self.kind(LARGE if worker.large else CLASSES), self.moment(monday)
            work, done = self.made_up(worker, kind, at, self.other(worker).id, shows=0.9)
            refused = self.verdict(worker, work.id, done, accepted=False, by=self.other(worker).id)
            accepted = Verdict(at=refused.at + timedelta(hours=2), work_item=work.id, by=friend, accepted=True)
            work.facts += [refused, accepted, self.effect(work.id, kind, done)]
            yield work

    # --- instead of honest work ---------------------------------------------------------------------------------------

    def failing(self, worker: Worker, at: datetime) -> Work:
        """An agent by default: it fails, and the person does it by hand after all."""
        kind = self.kind()
        work, requester = self.opened(worker, kind, at, "agent")
        cost = sum(
            self.run(work, worker, at + timedelta(minutes=9 * turn), work.id, 4, 9000, person=worker.id)
            for turn in range(2)
        )
        minutes = self.minutes(kind) * worker.pace * worker.size
        review = kind.review * worker.care
        who = "" if requester.startswith("system:") else requester
        work.facts += [
            self.time(worker, work.id, "prompt", 2.0, at), self.time(worker, work.id, "review", review, at),
            Claim(at=at + timedelta(hours=1), work_item=work.id, claimant=worker.agent),
            self.verdict(worker, work.id, at + timedelta(hours=1), accepted=False, by=who),
            self.time(worker, work.id, "rework", minutes, at + timedelta(days=1)),
        ]  # fmt: skip
        work.truth = Truth(worker.id, -cost - 2 - review - minutes, fake=True, kind="failing-default")
        return work
