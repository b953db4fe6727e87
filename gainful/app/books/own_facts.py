"""Gainful's own work as facts: what its ledger holds, told in the same words as other systems report theirs.

    own.report()        # books what the ledger has got since it was called last

A call that was shared out over several work items is told as one call for each, so that every item bears its part.
What a person's mailbox, a deployment's target or a chat showed of an outcome is told as that system's word and
evidence. What a person said by hand is told as theirs, so that an owner's word about their own agent counts for
nothing; and where nobody said anything in time, nobody has accepted it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from gainful.core.fact import (
    SYSTEM,
    Agent,
    Call,
    Claim,
    Evidence,
    Fact,
    HumanTime,
    Reversal,
    Run,
    Trigger,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens
from gainful.core.run import Run as OwnRun
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import OUTCOME, USD
from gainful.ledger.outcome import Outcome
from gainful.ledger.report import Spending, is_tool, spending_of
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.database import transaction
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.runs.run_store import RunStore

SOURCE = "gainful"
MARK = "own-facts"
BATCH = 2000
_CLOCKS = frozenset({"schedule", "cron", "nightly"})
_BY_HAND = frozenset({"manual", "person", "command", "cli"})
_SILENCE, _BY_PERSON, _BY_ASKER, _TOLD = "days", "hand", "asker", "verdict"
"""What the evidence of an outcome begins with where no system says it."""

_WHAT = {"correct": "rework", "approve": "review", "review": "review"}


class OwnFacts:
    """Tells the facts of one installation's ledger.

    Args:
        owner: Who answers for its agents.
    """

    def __init__(
        self,
        ledger: LedgerStore,
        runs: RunStore,
        work: WorkItemStore,
        facts: FactStore,
        marks: MarkStore,
        owner: str,
    ) -> None:
        self._ledger = ledger
        self._runs = runs
        self._work = work
        self._facts = facts
        self._marks = marks
        self._owner = owner

    def report(self) -> int:
        """Book what the ledger has got since. Returns how many facts were new.

        It goes by the time of entries and not by their number, and begins with the last one again: what was told is
        known.
        """
        last = self._marks.get(MARK)
        since = datetime.fromisoformat(last) if last else None
        new, batch = 0, list[Recorded]()
        for entry in self._ledger.rows(since=since):
            batch.append(entry)
            if len(batch) >= BATCH:
                new += self._told(batch)
                batch = []
        return new + (self._told(batch) if batch else 0)

    def facts_of(self, entries: Sequence[Recorded], *, by_hand: bool = False) -> list[Fact]:
        """What these entries come to.

        Args:
            by_hand: Also what somebody answered by `gainful outcome`, which is booked as a fact when they do.
        """
        runs = {id_: self._runs.find(id_) for id_ in {entry.run_id for entry in entries if entry.run_id}}
        opened = self._work.opened([entry.work_item for entry in entries if entry.work_item])
        facts: list[Fact] = []
        for entry in entries:
            run = runs.get(entry.run_id)
            if entry.kind == "settle":
                facts += self._spent(entry, run)
            elif entry.kind == "attention":
                facts += self._gave(entry)
            elif entry.kind == "outcome":
                facts += self._came(entry, run, opened.get(entry.work_item), by_hand=by_hand)
            elif entry.kind == "waste":
                facts += _wasted(entry)
        return facts

    def _told(self, entries: Sequence[Recorded]) -> int:
        facts = self.facts_of(entries)
        with transaction(self._facts.engine) as connection:
            done = self._facts.append_in(connection, facts, SOURCE) if facts else None
            self._marks.set_in(connection, MARK, entries[-1].at)
        return done.new if done is not None else 0

    def _spent(self, entry: Recorded, run: OwnRun | None) -> Iterator[Fact]:
        """The calls of a settlement, one for each item that bears a part of it."""
        parts: defaultdict[str, Spending] = defaultdict(Spending)
        what = ""
        for posting in entry.postings:
            part = spending_of(posting)
            if part is not None:
                parts[posting.work_item] += part
                what = posting.account.partition(":")[2] or what
        # How often it was called is said once, and of no item; it adds no call of its own.
        costing = {item: part for item, part in parts.items() if item or len(parts) == 1}
        for item, part in costing.items():
            yield from self._call(entry, run, item, what, part)

    def _call(self, entry: Recorded, run: OwnRun | None, item: str, what: str, part: Spending) -> Iterator[Fact]:
        at, agent = datetime.fromisoformat(entry.at), run.job if run is not None else SOURCE
        run_id = f"{entry.run_id}:{item}" if item else entry.run_id
        provider, _, name = what.partition(":")
        yield self._agent(agent, at)
        if run_id:
            yield Run(
                at=run.started_at if run is not None else at,
                id=run_id,
                agent=agent,
                person=self._owner,
                work_item=item,
                trigger=_trigger(run),
                ended_at=run.ended_at if run is not None else None,
                status="failed" if run is not None and run.state == "failed" else "ok",
            )
        tool = is_tool(what)
        yield Call(
            at=at,
            key=f"ledger:{entry.key}:{item}",
            id=f"{entry.key}:{item}",
            run=run_id,
            agent=agent,
            person=self._owner,
            tool=SOURCE,
            provider="" if tool else provider,
            model="" if tool else name,
            name=name if tool else "",
            tokens=part.tokens if not tool else Tokens(),
            cost=part.cost.amount if part.cost.currency == USD else None,
        )

    def _gave(self, entry: Recorded) -> Iterator[Fact]:
        """The time that a person measurably gave."""
        for posting in entry.postings:
            root, _, what = posting.account.partition(":")
            if root == "time" and posting.amount > 0 and posting.work_item:
                yield HumanTime(
                    at=datetime.fromisoformat(entry.at),
                    key=f"ledger:{entry.key}:{posting.work_item}",
                    work_item=posting.work_item,
                    person=self._owner,
                    what=_WHAT.get(what, "review"),  # type: ignore[arg-type]
                    seconds=Decimal(posting.amount),
                )

    def _came(self, entry: Recorded, run: OwnRun | None, opened: WorkItem | None, *, by_hand: bool) -> Iterator[Fact]:
        """What an entry says of an outcome."""
        at, key, item = datetime.fromisoformat(entry.at), f"ledger:{entry.key}", entry.work_item
        after = next((p.account.partition(":")[2] for p in entry.postings if p.unit == OUTCOME and p.amount > 0), "")
        system = _system(item)
        if after == Outcome.CLAIMED:
            if opened is not None:
                yield self._asked(opened, run)
            agent = run.job if run is not None else SOURCE
            # It may have asked no model and called no tool: then nothing else tells whose it is.
            yield self._agent(agent, at)
            yield Claim(at=at, key=key, work_item=item, claimant=agent, run=entry.run_id)
        elif after in (Outcome.ACCEPTED, Outcome.REJECTED):
            yield from _judged(entry, Outcome(after), by_hand=by_hand)
        elif after == Outcome.VERIFIED:
            yield Evidence(at=at, key=key, work_item=item, system=system, what="survived")
        elif after == Outcome.REVERSED:
            by = _person_of(entry, Outcome.REVERSED) or system
            yield Reversal(at=at, key=_key(entry, Outcome.REVERSED), work_item=item, by=by, why=entry.memo[:200])

    def _agent(self, agent: str, at: datetime) -> Agent:
        """Whose an agent is; told once a day, as of its beginning."""
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return Agent(at=day, id=agent, owner=self._owner, tool=SOURCE)

    def _asked(self, opened: WorkItem, run: OwnRun | None) -> WorkItem:
        """The item with its requester: what nothing but a trigger of the agent's file asked for, its owner did."""
        alone = opened.id.startswith("occurrence:") and run is not None and opened.requester == run.trigger
        return replace(opened, requester=self._owner) if alone else opened


def _judged(entry: Recorded, after: Outcome, *, by_hand: bool) -> Iterator[Fact]:
    """A verdict in the name of whoever gave it: a person's word stays theirs, and silence is nobody's."""
    at, key, item = datetime.fromisoformat(entry.at), _key(entry, after), entry.work_item
    word = _evidence(entry, after).partition(":")[0]
    accepted, system = after == Outcome.ACCEPTED, _system(item)
    if word == _SILENCE:
        if accepted:
            yield Evidence(at=at, key=key, work_item=item, system=system, what="survived")
        return
    person = _person_of(entry, after)
    if word == _TOLD:
        # It was booked as a fact, in that person's name, when they answered by `gainful outcome`.
        if by_hand:
            yield Verdict(at=at, key=key, work_item=item, by=entry.key.rpartition(":")[2], accepted=accepted)
    else:
        yield Verdict(at=at, key=key, work_item=item, by=person or system, accepted=accepted)
    if accepted:
        effect = Evidence(
            at=at, key=f"{key}:effect", work_item=item, system=system, what="effect", after=entry.digest, by=person
        )
        yield effect


def _key(entry: Recorded, after: Outcome) -> str:
    """An entry's key as a fact's. One that names a person is told by the entry's digest, to be forgotten with them."""
    return f"ledger:{entry.digest if _person_of(entry, after) else entry.key}"


def _evidence(entry: Recorded, after: Outcome) -> str:
    return entry.key.removeprefix(f"outcome:{entry.work_item}:{after}:")


def _person_of(entry: Recorded, after: Outcome) -> str:
    """Who said it; empty where no person did."""
    word, _, rest = _evidence(entry, after).partition(":")
    return rest.rpartition(":")[0] if word in (_BY_PERSON, _BY_ASKER) else ""


def _wasted(entry: Recorded) -> Iterator[Fact]:
    """What was deployed although it ran already: the same before and after."""
    item = entry.work_item
    if item:
        release = item.rpartition(":")[2]
        yield Evidence(
            at=datetime.fromisoformat(entry.at),
            key=f"ledger:{entry.key}",
            work_item=item,
            system=_system(item),
            what="effect",
            before=release,
            after=release,
        )


def _system(item: str) -> str:
    """The system of record of an item of Gainful's own, which its id begins with."""
    return f"{SYSTEM}{item.partition(':')[0]}"


def _trigger(run: OwnRun | None) -> Trigger:
    """What set a run off, in the words of facts."""
    name = run.trigger.partition(":")[0] if run is not None else ""
    if name in _CLOCKS:
        return "schedule"
    return "person" if not name or name in _BY_HAND else "event"
