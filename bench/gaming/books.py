"""Lays a world's facts out as a record, has them assessed in rounds of audits, and as if every cheat were known."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bench.gaming.audits import Auditors
from bench.gaming.making import BY_NAME, Work
from bench.gaming.world import World
from gainful.core.fact import (
    Account,
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Exploration,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Read,
    Reversal,
    Run,
    Team,
    Verdict,
    WorkItem,
)
from gainful.worth.assess import examine
from gainful.worth.assessment import Assessment
from gainful.worth.auditing import Claimed, next_audits
from gainful.worth.record import Case, HeldRecord, Organisation, Use
from gainful.worth.settings import WorthSettings

SETTINGS = WorthSettings()
LATER = timedelta(weeks=3)
"""After so long, what is to be known of an item is known, and it can be drawn for a look."""
AFTER = timedelta(weeks=6)
"""The books are closed so long after the last week."""


class Books:
    """A world as its record.

    Args:
        budget: Looks, as a share of the claimed items.
        works: What was done; None: what the world makes.
    """

    def __init__(
        self, world: World, seed: int, budget: float, rounds: int, works: dict[str, Work] | None = None
    ) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.auditors = Auditors(world, self.chance)
        self.works = {work.id: work for work in world.work()} if works is None else works
        self.who = organisation(world.directory())
        self.budget = budget
        self.rounds = rounds
        self.looks: dict[str, list[Audit]] = {}
        self.looked_by_chance = self.looked_by_stake = 0
        self._cases = {id_: case_of(work) for id_, work in self.works.items() if work.item}
        self._loose = [use_of(work) for work in self.works.values() if not work.item]
        planted: dict[str, list[Audit]] = {}
        for audit in self.auditors.planted():
            planted.setdefault(audit.work_item, []).append(audit)
        self._planted = [Case(id_, audits=tuple(found)) for id_, found in planted.items()]

    def assessed(self) -> Assessment:
        """The books at the end, after all rounds of audits."""
        for number in range(self.rounds):
            until = self.world.since + (number + 1) * (self.world.until - self.world.since) / self.rounds + LATER
            _, claimed = examine(self.record(until), SETTINGS)
            self._look(claimed)
        return examine(self.record(self.end), SETTINGS)[0]

    def _look(self, claimed: list[Claimed]) -> None:
        """Spend what the budget leaves until then. A failed look is confirmed at once, as the queue asks."""
        done = sum(len(found) for found in self.looks.values())
        left = round(self.budget * len(claimed)) - done
        for pick in next_audits(claimed, max(0, left), self.chance):
            if left <= 0:
                return
            said = self.looks.setdefault(pick.item, [])
            said.append(self.auditors.look(self.works[pick.item], said))
            while _unsettled(said):
                said.append(self.auditors.look(self.works[pick.item], said))
            left -= len(said)

    @property
    def end(self) -> datetime:
        """When the books are closed."""
        return self.world.until + AFTER

    def record(self, until: datetime) -> HeldRecord:
        """What is known at a time, with the looks so far."""
        opened = until - LATER
        cases = [
            replace(case, audits=tuple(self.looks[id_])) if id_ in self.looks else case
            for id_, case in self._cases.items()
            if self.works[id_].at < opened
        ]
        loose = [use for use in self._loose if use.run.at < until]
        return HeldRecord(self.world.since, until, self.who, [*cases, *self._planted], loose)

    def unaudited(self) -> Assessment:
        """The books without any second look."""
        looks, self.looks = self.looks, {}
        try:
            return examine(self.record(self.end), SETTINGS)[0]
        finally:
            self.looks = looks

    def ceiling(self) -> Assessment:
        """The books of somebody who knows every cheat: what is made up is not claimed, what is small is as small as it
        is, and times that were drawn out are not there. All costs stay."""
        cases = [known(case, self.works[id_]) for id_, case in self._cases.items()]
        record = HeldRecord(self.world.since, self.end, self.who, cases, self._loose)
        return examine(record, SETTINGS)[0]


def _unsettled(said: list[Audit]) -> bool:
    """Whether a failed look waits to be confirmed, or two auditors disagree."""
    failed = sum(not one.passed for one in said)
    return bool(failed) and failed < 2 and len(said) < 3


def known(case: Case, work: Work) -> Case:
    """An item as somebody sees it who knows what it is."""
    if not work.truth.fake or work.truth.kind in ("many-prompts", "padding"):
        return case
    if work.truth.kind == "slow-by-hand":
        return replace(case, times=())
    if work.truth.minutes <= 0 or work.truth.kind != "trivial":
        return replace(case, claims=()) if work.truth.minutes <= 0 else case
    share = min(1.0, work.truth.minutes / BY_NAME[case.item.work_class if case.item else "odd"].minutes)
    small = Evidence(
        at=work.at + timedelta(days=15), work_item=case.id, system="system:all", what="survived", share=share
    )
    return replace(case, evidence=(*case.evidence, small))


def organisation(directory: Iterable[Fact]) -> Organisation:
    """Who is who."""
    held: dict[type[Fact], dict[str, Any]] = {kind: {} for kind in (Person, Team, Agent, Account, Exploration)}
    for fact in directory:
        held[type(fact)][fact.id] = fact  # type: ignore[attr-defined]
    return Organisation(held[Person], held[Team], held[Agent], held[Account], held[Exploration])


def use_of(work: Work) -> Use:
    """A run of no item."""
    (run,) = (fact for fact in work.facts if isinstance(fact, Run))
    calls = tuple(fact for fact in work.facts if isinstance(fact, Call))
    return Use(run, calls, tuple(fact for fact in work.facts if isinstance(fact, Read)))


def case_of(work: Work) -> Case:
    """An item with everything about it, each in the order of time."""
    held: dict[type[Fact], list[Any]] = {}
    for fact in work.facts:
        held.setdefault(type(fact), []).append(fact)
    calls: dict[str, list[Call]] = {}
    for call in held.get(Call, ()):
        calls.setdefault(call.run, []).append(call)

    def ordered(kind: type[Fact]) -> tuple[Any, ...]:
        return tuple(sorted(held.get(kind, ()), key=lambda fact: fact.at))

    return Case(
        id=work.id,
        item=next(iter(held.get(WorkItem, ())), None),
        arm=next(iter(held.get(HoldOut, ())), None),
        uses=tuple(Use(run, tuple(calls.get(run.id, ()))) for run in ordered(Run)),
        times=ordered(HumanTime),
        claims=ordered(Claim),
        verdicts=ordered(Verdict),
        evidence=ordered(Evidence),
        reversals=ordered(Reversal),
    )
